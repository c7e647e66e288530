//! `kassa refund` and `kassa void`: give back a part of a sale, or take it back whole.

use clap::Args;
use kassa_client::proto::{
    decimal::Quantity,
    pricing::{CashBack, CashMode, CashRounding, Rounding, Rules, TaxRounding, cash_back, returned_worth},
    v1::{
        CashRoundingMode, Decimal, GetOrderByNumberRequest, GetReceiptRequest, Money, Order, OrderLine,
        RefundLine, RefundSaleRequest, RoundingMode, Settings, Tender, TenderType, VoidSaleRequest,
    },
};
use serde_json::json;

use super::order;
use crate::{amount, failure::Failure, message, output::Output, receipt_line::ReceiptLine, shop, shop::Shop};

#[derive(Debug, Args)]
#[command(
    after_help = "A LINE is a quantity, x, and the barcode or SKU that was sold: 1x6224074096064. Without \
a LINE all that is left comes back.\nThe money goes back the way it came; where that was more than one \
way, say with --cash and --card how much of it."
)]
pub struct Refund {
    /// The sale's receipt number, such as INV-202611-R1-000042
    number: String,
    /// What comes back
    #[arg(value_name = "LINE")]
    lines: Vec<ReceiptLine>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The goods do not go back on the shelf
    #[arg(long)]
    no_restock: bool,
    /// Paid out of the drawer
    #[arg(long, value_name = "AMOUNT")]
    cash: Option<String>,
    /// Paid back to the card
    #[arg(long, value_name = "AMOUNT")]
    card: Option<String>,
}

#[derive(Debug, Args)]
pub struct Void {
    /// The sale's receipt number, such as INV-202611-R1-000042
    number: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub async fn run(shop: &Shop, refund: Refund, yes: bool, output: Output) -> Result<(), Failure> {
    let sale = sale(shop, &refund.number).await?;
    let settings = shop.settings().await?;
    let currency = shop::currency(&settings)?;
    let (lines, total) = lines(&sale, &refund.lines, (&refund.reason, !refund.no_restock))?;
    let tenders = tenders(&sale, (refund.cash.as_deref(), refund.card.as_deref()), total, &settings)?;
    let words = tenders
        .iter()
        .map(|tender| format!("{} {}", amount::show(tender.amount.as_ref()), order::tender_name(tender)));
    let question = format!(
        "Shop {}, {}: give back {} ({})?",
        settings.name,
        sale.receipt_number,
        amount::show(Some(&Money::new(currency, total))),
        words.collect::<Vec<_>>().join(", ")
    );
    if !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }
    let request = RefundSaleRequest {
        order_id: sale.order_id.clone(),
        lines,
        tenders,
        expected_total: Some(Money::new(currency, total)),
        register_id: shop.register.clone(),
        grant_ids: shop.grants.clone(),
        ..Default::default()
    };
    let answer = shop.call(shop.kassa.orders().refund_sale(request)).await?;
    let replayed = answer.replayed();
    print(shop, answer.into_inner().order.unwrap_or_default(), replayed, output).await
}

pub async fn void(shop: &Shop, void: Void, yes: bool, output: Output) -> Result<(), Failure> {
    let sale = sale(shop, &void.number).await?;
    let name = shop.settings().await?.name;
    let total = amount::show(sale.total.as_ref());
    let question = format!("Shop {name}, {}: take back the whole sale of {total}?", sale.receipt_number);
    if !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }
    let request = VoidSaleRequest {
        order_id: sale.order_id,
        reason: void.reason,
        grant_ids: shop.grants.clone(),
        ..Default::default()
    };
    let answer = shop.call(shop.kassa.orders().void_sale(request)).await?;
    let replayed = answer.replayed();
    print(shop, answer.into_inner().order.unwrap_or_default(), replayed, output).await
}

/// Reads the sale that a number names.
pub async fn sale(shop: &Shop, number: &str) -> Result<Order, Failure> {
    let request = GetOrderByNumberRequest { receipt_number: number.to_owned() };
    let answer = shop.call(shop.kassa.orders().get_order_by_number(request)).await?;
    Ok(answer.into_inner().order.unwrap_or_default())
}

async fn print(shop: &Shop, order: Order, replayed: bool, output: Output) -> Result<(), Failure> {
    let request = GetReceiptRequest { order_id: order.order_id.clone(), ..Default::default() };
    let receipt = shop.call(shop.kassa.orders().get_receipt(request)).await?.into_inner().text;
    output.json(|| {
        let order = message::to_json("Order", &order)?;
        Ok(json!({ "order": order, "receipt": receipt, "replayed": replayed }))
    })?;
    output.text(receipt.trim_end())?;
    if replayed {
        output.remark("this had been done before: nothing was given back twice");
    }
    Ok(())
}

/// What comes back, and what it is worth: the server's own arithmetic. Without a line all that is left.
pub fn lines(
    sale: &Order,
    asked: &[ReceiptLine],
    (reason, restock): (&str, bool),
) -> Result<(Vec<RefundLine>, i64), Failure> {
    let mut chosen: Vec<(&OrderLine, Quantity)> = Vec::new();
    for line in asked {
        let sold = sale.lines.iter().find(|sold| sold.barcode == line.code || sold.sku == line.code);
        let sold = sold.ok_or_else(|| {
            Failure::Refused(format!("{} has no {}; see `kassa order {0}`", sale.receipt_number, line.code))
        })?;
        chosen.push((sold, line.quantity));
    }
    if asked.is_empty() {
        chosen.extend(sale.lines.iter().map(|sold| (sold, left(sold))));
        chosen.retain(|(_, quantity)| quantity.thousandths() > 0);
    }
    let rounding = match sale.rounding_mode() {
        RoundingMode::HalfEven => Rounding::HalfEven,
        RoundingMode::HalfAwayFromZero | RoundingMode::Unspecified => Rounding::HalfAwayFromZero,
    };
    let mut total = 0_i64;
    for (sold, quantity) in &chosen {
        let whole = read(sold.quantity.as_ref());
        let before = read(sold.returned_quantity.as_ref());
        let after = Quantity::from_thousandths(before.thousandths().saturating_add(quantity.thousandths()));
        // More than is left is for the server to refuse, with its own words.
        let of = |returned: Quantity| {
            returned_worth(amount::minor(sold.total.as_ref()), returned.min(whole), whole, rounding)
                .unwrap_or_default()
        };
        total = total.saturating_add(of(after).saturating_sub(of(before)));
    }
    let lines = chosen.into_iter().map(|(sold, quantity)| RefundLine {
        line_id: sold.line_id.clone(),
        quantity: Some(quantity.into()),
        reason: reason.to_owned(),
        restock,
    });
    Ok((lines.collect(), total))
}

fn left(sold: &OrderLine) -> Quantity {
    let left =
        read(sold.quantity.as_ref()).thousandths() - read(sold.returned_quantity.as_ref()).thousandths();
    Quantity::from_thousandths(left)
}

fn read(decimal: Option<&Decimal>) -> Quantity {
    decimal.and_then(|decimal| Quantity::try_from(decimal).ok()).unwrap_or_default()
}

/// How the money goes back: as was asked, or to the one tender that paid.
pub fn tenders(
    sale: &Order,
    (cash, card): (Option<&str>, Option<&str>),
    total: i64,
    settings: &Settings,
) -> Result<Vec<Tender>, Failure> {
    let currency = shop::currency(settings)?;
    let tender = |kind: TenderType, amount: Money| Tender {
        r#type: kind.into(),
        amount: Some(amount),
        ..Default::default()
    };
    let mut asked = Vec::new();
    for (name, kind, text) in [("--cash", TenderType::Cash, cash), ("--card", TenderType::Card, card)] {
        if let Some(text) = text {
            asked.push(tender(kind, amount::read(name, text, currency)?));
        }
    }
    if !asked.is_empty() {
        return Ok(asked);
    }
    let kinds: std::collections::BTreeSet<i32> = sale.tenders.iter().map(|tender| tender.r#type).collect();
    match (kinds.first(), kinds.len()) {
        (Some(kind), 1) if *kind == i32::from(TenderType::Cash) => {
            Ok(vec![tender(TenderType::Cash, Money::new(currency, cash_now(sale, total, settings)?))])
        }
        (Some(kind), 1) => {
            let kind = TenderType::try_from(*kind).unwrap_or_default();
            Ok(vec![tender(kind, Money::new(currency, total))])
        }
        _ => {
            Err(Failure::Usage("this sale was paid in more than one way: give --cash and --card".to_owned()))
        }
    }
}

/// What a sale that was paid in cash gives back, by the server's own arithmetic.
fn cash_now(sale: &Order, total: i64, settings: &Settings) -> Result<i64, Failure> {
    let cash = settings.cash_rounding.unwrap_or_default();
    let mode = match cash.refund() {
        CashRoundingMode::HalfUp | CashRoundingMode::Unspecified => CashMode::HalfUp,
        CashRoundingMode::HalfDown => CashMode::HalfDown,
        CashRoundingMode::Up => CashMode::Up,
        CashRoundingMode::Down => CashMode::Down,
    };
    let rules = Rules {
        prices_include_tax: true,
        tax_rounding: TaxRounding::PerLine,
        rounding: Rounding::HalfAwayFromZero,
        cash: CashRounding { unit: cash.unit_minor, total: mode, change: mode, refund: mode },
    };
    let paid: i64 = sale
        .tenders
        .iter()
        .map(|tender| {
            amount::minor(tender.amount.as_ref()).saturating_sub(amount::minor(tender.tip.as_ref()))
        })
        .sum();
    let kept = paid.saturating_sub(amount::minor(sale.change.as_ref()));
    let so_far = |returned_exact: i64, returned: i64| {
        let exact = amount::minor(sale.total.as_ref());
        cash_back(&rules, &CashBack { exact, kept, returned_exact, returned })
            .map_err(|error| Failure::Refused(error.to_string()))
    };
    let before = amount::minor(sale.returned_total.as_ref());
    so_far(before.saturating_add(total), so_far(before, 0)?)
}
