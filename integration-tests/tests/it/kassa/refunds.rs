//! `kassa refund`, `kassa exchange --back` and `kassa void`: the line that was meant, money the way it came, and
//! what screens and papers say of it.

use kassa_client::{
    Kassa, cash, money, product_line,
    proto::v1::{self as pb, CompleteSaleRequest, Discount, LineItem, Order, Tender, TenderType},
};
use serde_json::Value;

use super::{Till, minor};
use crate::papers::assert_adds_up;

/// A shop with EUR, coins of 0.05, an open shift, shirts at 20.00, socks at 7.50 and cheese at 12.40 a kilogram.
struct Counter {
    till: Till,
    kassa: Kassa,
    products: Vec<String>,
}

const SHIRT: usize = 0;
const SOCKS: usize = 1;
const CHEESE: usize = 2;

impl Counter {
    async fn open() -> Self {
        let till = Till::open();
        till.done(&["settings", "set", "currency_code=EUR", "cash_rounding=0.05"]);
        till.done(&["shift", "open", "--float", "100.00"]);
        let kassa = till.program().client(&till.place.data());
        let goods = [("SHIRT", 20_00, "pc"), ("SOCKS", 7_50, "pc"), ("CHEESE", 12_40, "kg")];
        let products = goods.map(|(sku, price, unit)| pb::PutProduct {
            product: Some(pb::Product {
                sku: sku.to_owned(),
                name: sku.to_lowercase(),
                name_ar: "قميص".to_owned(),
                price: Some(money(price)),
                unit: unit.to_owned(),
                tax_rate: Some(pb::Decimal { value: "14".to_owned() }),
                ..Default::default()
            }),
            opening_stock: None,
        });
        let put = pb::PutProductsRequest { products: products.into(), ..Default::default() };
        let products = kassa.catalog().put_products(put).await.unwrap().into_inner().product_ids;
        Self { till, kassa, products }
    }

    fn line(&self, product: usize, quantity: &str, off: Option<&str>) -> LineItem {
        let mut line = product_line(self.products[product].clone(), quantity);
        line.discounts.extend(off.map(percent));
        line
    }

    /// A sale that is paid with a voucher, and the rest in cash.
    async fn sell(&self, lines: Vec<LineItem>, discounts: Vec<Discount>, voucher: i64) -> Order {
        let quote = pb::QuoteOrderRequest {
            lines: lines.clone(),
            discounts: discounts.clone(),
            ..Default::default()
        };
        let quote = self.kassa.orders().quote_order(quote).await.unwrap().into_inner();
        let total = quote.cash_total.as_ref().unwrap().amount_minor;
        let mut tenders = vec![Tender {
            r#type: TenderType::Voucher.into(),
            amount: Some(money(voucher)),
            ..Default::default()
        }];
        tenders.push(cash(money(total - voucher)));
        tenders.retain(|tender| tender.amount.as_ref().unwrap().amount_minor > 0);
        let sale = CompleteSaleRequest {
            lines,
            discounts,
            tenders,
            expected_total: quote.total,
            ..Default::default()
        };
        self.kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap()
    }

    /// Two shirts on two lines, the second at half price.
    async fn two_shirts(&self) -> Order {
        let lines = vec![self.line(SHIRT, "1", None), self.line(SHIRT, "1", Some("50"))];
        self.sell(lines, Vec::new(), 0).await
    }

    fn refund(&self, sale: &Order, rest: &[&str]) -> Value {
        let command = [&["refund", &sale.receipt_number, "--reason", "too small"], rest].concat();
        self.till.json(&command)["order"].clone()
    }

    /// What is said to a refund that can't be meant.
    fn asked(&self, sale: &Order, rest: &[&str]) -> String {
        let command = [&["refund", &sale.receipt_number, "--reason", "too small"], rest].concat();
        let run = self.till.run_with_yes(&command);
        assert_eq!((run.status, run.output.as_str()), (2, ""), "{run:?}");
        run.complaints
    }

    fn paper(&self, number: &str, width: &str) -> String {
        let text = self.till.done(&["receipt", number, "--width", width]);
        assert_adds_up(&text);
        text
    }
}

fn percent(percent: &str) -> Discount {
    let percent = pb::Decimal { value: percent.to_owned() };
    Discount { name: String::new(), value: Some(pb::discount::Value::Percent(percent)) }
}

/// Line of the sale, quantity and worth of each line of a refund.
fn lines(refund: &Value) -> Vec<(String, String, i64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = refund["lines"].as_array().unwrap().iter();
    let line = |line: &Value| {
        (text(&line["original_line_id"]), text(&line["quantity"]["value"]), minor(&line["total"]))
    };
    lines.map(line).collect()
}

fn tenders(refund: &Value) -> Vec<(&str, i64)> {
    let tenders = refund["tenders"].as_array().unwrap().iter();
    tenders.map(|it| (it["type"].as_str().unwrap(), minor(&it["amount"]))).collect()
}

fn of(sale: &Order, line: usize, quantity: &str, worth: i64) -> (String, String, i64) {
    (sale.lines[line].line_id.clone(), quantity.to_owned(), worth)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_lines_that_pay_differently_the_one_that_is_named_comes_back() {
    let counter = Counter::open().await;
    let sale = counter.two_shirts().await;
    let asked = counter.asked(&sale, &["1xSHIRT"]);
    for line in ["1x#1  pays 20.00 EUR", "1x#2  pays 10.00 EUR", "instead of 1xSHIRT"] {
        assert!(asked.contains(line), "{line}: {asked}");
    }
    let shown = counter.till.done(&["order", &sale.receipt_number]);
    assert!(shown.contains("#1") && shown.contains("#2"), "{shown}");

    let cheap = counter.refund(&sale, &["1x#2"]);
    assert_eq!(lines(&cheap), [of(&sale, 1, "1", 10_00)]);
    let shown = counter.till.done(&["order", &sale.receipt_number]);
    assert!(shown.contains("CAME BACK"), "{shown}");
    // Now there is one that can be meant.
    assert_eq!(lines(&counter.refund(&sale, &["1xSHIRT"])), [of(&sale, 0, "1", 20_00)]);
    let refused = counter.till.refused(&["refund", &sale.receipt_number, "1xSHIRT", "--reason", "small"]);
    assert!(refused["message"].as_str().unwrap().contains("0 x SHIRT left to return"), "{refused}");
    let refused = counter.till.refused(&["refund", &sale.receipt_number, "1x#1", "--reason", "small"]);
    assert_eq!(refused["reason"], "REFUND_EXCEEDS_SALE");
    let refused = counter.till.refused(&["refund", &sale.receipt_number, "1x#3", "--reason", "small"]);
    assert!(refused["message"].as_str().unwrap().contains("has no #3"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_left_and_lines_that_pay_the_same_are_spread() {
    let counter = Counter::open().await;
    for all in [&["2xSHIRT"][..], &["1xSHIRT", "1xSHIRT"], &["1xSHIRT", "1x#2"], &[]] {
        let sale = counter.two_shirts().await;
        assert_eq!(lines(&counter.refund(&sale, all)), [of(&sale, 0, "1", 20_00), of(&sale, 1, "1", 10_00)]);
    }
    let three = vec![counter.line(SHIRT, "2", None), counter.line(SHIRT, "1", None)];
    let sale = counter.sell(three.clone(), Vec::new(), 0).await;
    assert_eq!(lines(&counter.refund(&sale, &["1xSHIRT"])), [of(&sale, 1, "1", 20_00)], "as it was sold");
    assert_eq!(lines(&counter.refund(&sale, &["1xSHIRT"])), [of(&sale, 0, "1", 20_00)]);
    let twice = vec![counter.line(SHIRT, "2", None), counter.line(SHIRT, "2", None)];
    let sale = counter.sell(twice, Vec::new(), 0).await;
    let spread = counter.refund(&sale, &["3xSHIRT"]);
    assert_eq!(lines(&spread), [of(&sale, 0, "2", 40_00), of(&sale, 1, "1", 20_00)]);

    let bags = vec![counter.line(CHEESE, "0.532", None), counter.line(CHEESE, "0.716", None)];
    let sale = counter.sell(bags, Vec::new(), 0).await;
    assert_eq!(lines(&counter.refund(&sale, &["0.716xCHEESE"])), [of(&sale, 1, "0.716", 8_88)]);
    assert_eq!(lines(&counter.refund(&sale, &["0.532xCHEESE"])), [of(&sale, 0, "0.532", 6_60)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_takes_the_line_that_was_meant_too() {
    let counter = Counter::open().await;
    let sale = counter.two_shirts().await;
    let exchange =
        |back: &'static str| ["exchange", &sale.receipt_number, "SOCKS", "--back", back, "--reason", "x"];
    let asked = counter.till.run_with_yes(&exchange("1xSHIRT"));
    assert_eq!(asked.status, 2);
    assert!(asked.complaints.contains("1x#2  pays 10.00 EUR"), "{asked:?}");
    let done = counter.till.json(&exchange("1x#2"));
    assert_eq!(lines(&done["returned"]), [of(&sale, 1, "1", 10_00)]);
    assert_eq!(tenders(&done["returned"])[0], ("TENDER_TYPE_CASH", 2_50));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_free_comes_back_for_nothing() {
    let counter = Counter::open().await;
    let sale = counter.sell(vec![counter.line(SHIRT, "2", None)], vec![percent("100")], 0).await;
    let refund = counter.refund(&sale, &["1xSHIRT"]);
    assert_eq!((minor(&refund["total"]), tenders(&refund)), (0, vec![]));
    let paper = counter.paper(refund["receipt_number"].as_str().unwrap(), "42");
    for line in ["1 pc x 20.00 20.00", "Discount -20.00", "Paid 0.00", "TOTAL EUR 0.00"] {
        assert!(words(&paper).contains(line), "{line}: {paper}");
    }
    counter.refund(&sale, &[]);
}

/// A text without its columns.
fn words(text: &str) -> String {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_sale_paid_with_a_voucher_and_cash_each_gets_its_own_and_the_advice_works() {
    let counter = Counter::open().await;
    let socks = || vec![counter.line(SOCKS, "2", None)];
    let sale = counter.sell(socks(), Vec::new(), 10_00).await;
    let whole = counter.refund(&sale, &[]);
    assert_eq!(tenders(&whole), [("TENDER_TYPE_VOUCHER", 10_00), ("TENDER_TYPE_CASH", 5_00)]);

    let sale = counter.sell(socks(), Vec::new(), 10_00).await;
    let asked = counter.asked(&sale, &["1xSOCKS"]);
    let advice: Vec<&str> = asked.trim_end().rsplit_once("such as ").unwrap().1.split(' ').collect();
    assert_eq!(advice, ["--voucher", "7.50"]);
    let half = counter.refund(&sale, &[&["1xSOCKS"], &advice[..]].concat());
    assert_eq!(tenders(&half), [("TENDER_TYPE_VOUCHER", 7_50)]);
    // What the voucher has left is not all of the rest, and the order does not tell it.
    let asked = counter.asked(&sale, &[]);
    assert!(asked.contains("--voucher") && asked.contains("`kassa orders --kind return`"), "{asked}");
    let wrong =
        ["--yes", "refund", &sale.receipt_number, "--reason", "x", "--voucher", "2.50", "--cash", "4"];
    for (language, words) in [("en", "5.00"), ("ar", "5.00")] {
        let wrong = counter.till.run(&[&wrong[..], &["--language", language]].concat());
        assert_eq!(wrong.status, 1);
        assert!(wrong.complaints.contains(&format!("--cash {words}")), "{wrong:?}");
    }
    let rest = counter.refund(&sale, &["--voucher", "2.50", "--cash", "5.00"]);
    assert_eq!(tenders(&rest), [("TENDER_TYPE_CASH", 5_00), ("TENDER_TYPE_VOUCHER", 2_50)]);

    // 2.48 of cheese, of which coins made 2.50; 0.03 above the voucher made 0.05.
    let sale = counter.sell(vec![counter.line(CHEESE, "0.2", None)], Vec::new(), 2_45).await;
    assert_eq!(
        tenders(&counter.refund(&sale, &[])),
        [("TENDER_TYPE_VOUCHER", 2_45), ("TENDER_TYPE_CASH", 5)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goods_paid_goes_back_as_money_by_the_advice() {
    let counter = Counter::open().await;
    let sale = counter.sell(vec![counter.line(SHIRT, "1", None)], Vec::new(), 0).await;
    let exchange = ["exchange", &sale.receipt_number, "SHIRT", "--reason", "another colour"];
    let sold = counter.till.json(&exchange)["sold"].clone();
    let number = sold["receipt_number"].as_str().unwrap();
    let refund = ["--yes", "refund", number, "--reason", "x"];
    let asked = counter.till.run(&refund);
    assert_eq!(asked.status, 2);
    let advice: Vec<&str> =
        asked.complaints.trim_end().rsplit_once("such as ").unwrap().1.split(' ').collect();
    let back = counter.till.json(&[&refund[1..], &advice[..]].concat());
    assert_eq!(tenders(&back["order"]), [("TENDER_TYPE_CASH", 20_00)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_of_a_discounted_line_adds_up_on_paper_and_on_the_screen() {
    let counter = Counter::open().await;
    let lines = vec![counter.line(SHIRT, "2", Some("50")), counter.line(CHEESE, "1.235", None)];
    let sale = counter.sell(lines, vec![percent("10")], 0).await;
    let refund = counter.refund(&sale, &["1xSHIRT", "0.617xCHEESE"]);
    let number = refund["receipt_number"].as_str().unwrap();
    for width in ["32", "42"] {
        let paper = words(&counter.paper(number, width));
        for line in [
            &format!("REFUND OF {}", sale.receipt_number),
            "1 pc x 20.00 20.00\nDiscount -11.00\nPaid 9.00",
            "0.617 kg x 12.40 7.65",
        ] {
            assert!(paper.contains(line), "{line}: {paper}");
        }
        counter.paper(&sale.receipt_number, width);
    }
    let shown = words(&counter.till.done(&["order", number]));
    for line in [
        &format!("kind REFUND OF {}", sale.receipt_number),
        "#1 1 pc 20.00 EUR -11.00 EUR 14% 9.00 EUR shirt",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voided_sale_and_its_void_say_so_on_paper_and_on_the_screens() {
    let counter = Counter::open().await;
    let sale = counter.two_shirts().await;
    let number = sale.receipt_number.as_str();
    let void = counter.till.json(&["void", number, "--reason", "rung up twice"])["order"].clone();
    let void = void["receipt_number"].as_str().unwrap();
    let (voided_by, void_of) = (format!("VOIDED BY {void}"), format!("VOID OF {number}"));
    assert!(!counter.till.done(&["print", number]).contains("COPY"));
    let copy = counter.till.done(&["print", number]);
    assert!(copy.contains("COPY 1") && copy.contains(&voided_by), "{copy}");
    for width in ["32", "42"] {
        assert!(counter.paper(number, width).contains(&voided_by));
        assert!(counter.paper(void, width).contains(&void_of));
    }
    let shown = words(&counter.till.done(&["order", number]));
    for line in [&format!("kind sale, {voided_by}"), "state voided"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let shown = words(&counter.till.done(&["order", void]));
    assert!(shown.contains(&format!("kind {void_of}\nstate completed\nvoided 20")), "{shown}");
    let listed = counter.till.done(&["orders"]);
    for (number, kind) in [(number, &voided_by), (void, &void_of)] {
        let line = listed.lines().find(|line| line.starts_with(number)).unwrap();
        assert!(line.trim_end().ends_with(kind.as_str()), "{listed}");
    }
}
