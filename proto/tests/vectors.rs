//! Runs the golden cases of `vectors/`, which were not computed by this code.
#![expect(clippy::expect_used, clippy::panic, reason = "a vector that can't be read fails the test")]

use kassa_proto::{
    decimal::{DecimalError, Quantity, Rate},
    money::Currency,
    pricing::{
        CashBack, CashMode, CashRounding, Discount, Line, PricedLine, PricingError, PricingErrorKind,
        Rounding, Rules, TaxRounding, Tender, Totals, cash_back, cash_change, cash_refund, cash_total, price,
        settle,
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// What a case has beside its name and its input, as far as the file is concerned.
const RESULTS: [&str; 5] = ["expect", "error", "rows", "units", "written"];

/// Answers every case of a file and reports all that differ, by name.
fn run<C: DeserializeOwned>(file: &str, at_least: usize, answer: impl Fn(&C) -> Value) {
    let file: Value = serde_json::from_str(file).expect("vectors are JSON");
    let cases = file.get("cases").and_then(Value::as_array).expect("vectors have cases");
    assert!(cases.len() >= at_least, "only {} cases", cases.len());

    let mut differences = Vec::new();
    for case in cases {
        let name = case.get("name").and_then(Value::as_str).expect("a case has a name");
        let input = C::deserialize(case).unwrap_or_else(|error| unreadable(name, &error));
        let got = answer(&input);
        for key in RESULTS {
            let (wanted, got) = (case.get(key), got.get(key));
            if wanted != got {
                let text =
                    |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
                differences.push(format!("{name}: {key}\n  wanted {}\n  got    {}", text(wanted), text(got)));
            }
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

fn unreadable<C>(name: &str, error: &serde_json::Error) -> C {
    panic!("{name}: not a case of its file: {error}")
}

#[derive(Deserialize)]
struct DecimalCase {
    kind: String,
    currency: Option<String>,
    text: String,
}

#[test]
fn decimals_are_read_and_written_exactly() {
    run(include_str!("../vectors/decimals.json"), 50, |case: &DecimalCase| {
        let currency = || {
            let code = case.currency.as_deref().expect("an amount has a currency");
            Currency::from_code(code).expect("a known currency")
        };
        let read = |text: &str| match case.kind.as_str() {
            "QUANTITY" => Quantity::parse(text).map(Quantity::thousandths),
            "RATE" => Rate::parse(text).map(Rate::ten_thousandths),
            _ => currency().parse(text),
        };
        let written = |units: i64| match case.kind.as_str() {
            "QUANTITY" => Quantity::from_thousandths(units).to_string(),
            "RATE" => Rate::from_ten_thousandths(units).to_string(),
            _ => currency().format(units),
        };
        match read(&case.text) {
            Ok(units) => {
                assert_eq!(read(&written(units)), Ok(units), "what was written reads the same");
                json!({ "units": units.to_string(), "written": written(units) })
            }
            Err(DecimalError::NotANumber) => json!({ "error": "NOT_A_NUMBER" }),
            Err(DecimalError::TooManyPlaces { .. }) => json!({ "error": "TOO_MANY_PLACES" }),
            Err(DecimalError::OutOfRange) => json!({ "error": "OUT_OF_RANGE" }),
        }
    });
}

#[derive(Deserialize)]
struct PricingCase {
    rules: RulesJson,
    lines: Vec<LineJson>,
    discounts: Vec<DiscountJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesJson {
    prices_include_tax: bool,
    tax_rounding: String,
    rounding: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineJson {
    unit_price: i64,
    quantity: String,
    tax_rate: String,
    discounts: Vec<DiscountJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum DiscountJson {
    Amount(i64),
    Percent(String),
}

#[test]
fn orders_are_priced_to_the_last_cent() {
    run(include_str!("../vectors/pricing.json"), 90, |case: &PricingCase| {
        let rules = Rules {
            prices_include_tax: case.rules.prices_include_tax,
            tax_rounding: match case.rules.tax_rounding.as_str() {
                "PER_LINE" => TaxRounding::PerLine,
                "PER_RATE" => TaxRounding::PerRate,
                other => panic!("no tax rounding: {other}"),
            },
            rounding: match case.rules.rounding.as_str() {
                "HALF_EVEN" => Rounding::HalfEven,
                "HALF_AWAY_FROM_ZERO" => Rounding::HalfAwayFromZero,
                other => panic!("no rounding: {other}"),
            },
            cash: CashRounding::default(),
        };
        let lines: Vec<Line> = case.lines.iter().map(line).collect();
        answer(price(&rules, &lines, &discounts(&case.discounts)).map(|totals| priced(&totals)))
    });
}

fn line(line: &LineJson) -> Line {
    Line {
        unit_price: line.unit_price,
        quantity: Quantity::parse(&line.quantity).expect("a quantity"),
        tax_rate: Rate::parse(&line.tax_rate).expect("a rate"),
        discounts: discounts(&line.discounts),
    }
}

fn discounts(discounts: &[DiscountJson]) -> Vec<Discount> {
    let discount = |discount: &DiscountJson| match discount {
        DiscountJson::Amount(amount) => Discount::Amount(*amount),
        DiscountJson::Percent(percent) => Discount::Percent(Rate::parse(percent).expect("a percentage")),
    };
    discounts.iter().map(discount).collect()
}

fn priced(totals: &Totals) -> Value {
    let line = |line: &PricedLine| {
        json!({
            "subtotal": line.subtotal,
            "discounts": line.discounts,
            "discount_total": line.discount_total,
            "order_discount_share": line.order_discount_share,
            "net": line.net,
            "tax": line.tax,
            "total": line.total,
        })
    };
    let tax_totals = totals.tax_totals.iter();
    json!({
        "subtotal": totals.subtotal,
        "discount_total": totals.discount_total,
        "total": totals.total,
        "discounts": totals.order_discounts,
        "tax_totals": tax_totals
            .map(|row| json!({ "rate": row.rate.to_string(), "base": row.base, "tax": row.tax }))
            .collect::<Vec<_>>(),
        "lines": totals.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn answer(result: Result<Value, PricingError>) -> Value {
    let error = match result {
        Ok(expect) => return json!({ "expect": expect }),
        Err(error) => error,
    };
    let kind = match error.kind {
        PricingErrorKind::Overflow => "OVERFLOW",
        PricingErrorKind::NotPositive => "NOT_POSITIVE",
        PricingErrorKind::Negative => "NEGATIVE",
        PricingErrorKind::PercentOutOfRange => "PERCENT_OUT_OF_RANGE",
        PricingErrorKind::ExceedsRemainder => "EXCEEDS_REMAINDER",
        PricingErrorKind::ChangeNotCash => "CHANGE_NOT_CASH",
        PricingErrorKind::TipExceedsTender => "TIP_EXCEEDS_TENDER",
        PricingErrorKind::NotInCoins => "NOT_IN_COINS",
    };
    json!({ "error": { "place": error.place.to_string(), "kind": kind } })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CashJson {
    unit: i64,
    total: String,
    change: String,
    refund: String,
    #[serde(default)]
    small_coins: bool,
}

/// The rules of a shop with this cash rounding; the others don't matter where cash is settled.
fn cash_rules(cash: &CashJson) -> Rules {
    let mode = |mode: &str| match mode {
        "HALF_UP" => CashMode::HalfUp,
        "HALF_DOWN" => CashMode::HalfDown,
        "UP" => CashMode::Up,
        "DOWN" => CashMode::Down,
        "NONE" => CashMode::None,
        other => panic!("no cash mode: {other}"),
    };
    Rules {
        prices_include_tax: true,
        tax_rounding: TaxRounding::PerLine,
        rounding: Rounding::HalfAwayFromZero,
        cash: CashRounding {
            unit: cash.unit,
            total: mode(&cash.total),
            change: mode(&cash.change),
            refund: mode(&cash.refund),
            small_coins: cash.small_coins,
        },
    }
}

#[derive(Deserialize)]
struct CashCase {
    cash: CashJson,
    rows: Vec<RowJson>,
}

#[derive(Deserialize)]
struct RowJson {
    amount: i64,
}

#[test]
fn cash_is_rounded_as_the_countries_tables_say() {
    run(include_str!("../vectors/cash_rounding.json"), 12, |case: &CashCase| {
        let rules = cash_rules(&case.cash);
        let row = |row: &RowJson| {
            json!({
                "amount": row.amount,
                "total": cash_total(&rules, row.amount).expect("an amount within the limit"),
                "change": cash_change(&rules, row.amount).expect("an amount within the limit"),
                "refund": cash_refund(&rules, row.amount).expect("an amount within the limit"),
            })
        };
        json!({ "rows": case.rows.iter().map(row).collect::<Vec<_>>() })
    });
}

#[derive(Deserialize)]
struct RefundCase {
    cash: CashJson,
    exact: i64,
    kept: i64,
    amounts: Vec<i64>,
}

#[test]
fn refunds_pay_in_coins_and_never_more_than_cash_brought() {
    run(include_str!("../vectors/refunds.json"), 7, |case: &RefundCase| {
        let rules = cash_rules(&case.cash);
        let (mut returned_exact, mut returned) = (0, 0);
        let pay = |amount: &i64| {
            returned_exact += amount;
            let back = CashBack { exact: case.exact, kept: case.kept, returned_exact, returned };
            let paid = cash_back(&rules, &back).expect("amounts within the limit");
            returned += paid;
            paid
        };
        json!({ "expect": { "paid": case.amounts.iter().map(pay).collect::<Vec<_>>() } })
    });
}

#[derive(Deserialize)]
struct TenderCase {
    cash: CashJson,
    total: i64,
    tenders: Vec<TenderJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TenderJson {
    #[serde(rename = "type")]
    kind: String,
    amount: i64,
    tip: i64,
}

#[test]
fn tenders_settle_a_total() {
    run(include_str!("../vectors/tenders.json"), 60, |case: &TenderCase| {
        let tender = |tender: &TenderJson| Tender {
            cash: tender.kind == "CASH",
            amount: tender.amount,
            tip: tender.tip,
        };
        let tenders: Vec<Tender> = case.tenders.iter().map(tender).collect();
        answer(settle(&cash_rules(&case.cash), case.total, &tenders).map(|settled| {
            json!({
                "amount_due": settled.amount_due,
                "change": settled.change,
                "rounding_adjustment": settled.rounding_adjustment,
                "tip_total": settled.tip_total,
            })
        }))
    });
}
