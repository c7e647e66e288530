//! Receipts on paper: the original once, then numbered copies; whatever is on them adds up, and fits.

use std::collections::BTreeSet;

use kassa_client::{
    Reason,
    proto::v1::{self as pb, PrintReceiptRequest, PrintReceiptResponse},
};
use kassa_integration_tests::{Shop, usd};

/// What a reader does with a receipt in cents: price times quantity less what is taken off is what was paid for a
/// line, the lines are the total, and so are the tenders and the taxes.
pub fn assert_adds_up(paper: &str) {
    let sections: Vec<Vec<&str>> = paper
        .split_inclusive('\n')
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .split(|line| line.starts_with("-----"))
        .map(<[&str]>::to_vec)
        .collect();
    let [_, lines, totals, taxes, ..] = sections.as_slice() else { panic!("no receipt:\n{paper}") };
    let (mut sum, mut paid) = (0, 0);
    for (label, amount) in lines.iter().filter_map(|line| amount(line)) {
        if let Some((quantity, price)) = label.split_once(" x ") {
            let quantity = quantity.split_whitespace().next().unwrap();
            let exact = thousandths(quantity) * cents(price.trim()).unwrap();
            assert_eq!((exact + 500) / 1000, amount, "{label}:\n{paper}");
            (sum, paid) = (sum + paid, amount);
        } else if label.trim().starts_with("Paid") {
            assert_eq!(paid, amount, "{label}:\n{paper}");
        } else {
            paid += amount;
        }
    }
    sum += paid;
    let (mut total, mut owed) = (None, 0);
    for (label, amount) in totals.iter().filter_map(|line| amount(line)) {
        match label.trim() {
            "Subtotal" => assert_eq!(sum, amount, "{label}:\n{paper}"),
            label if label.starts_with("TOTAL") => {
                assert_eq!(sum, amount, "{label}:\n{paper}");
                (total, owed) = (Some(amount), amount);
            }
            _ if total.is_none() => sum += amount,
            "Rounding" | "Tip" | "Change" => owed += amount,
            _ => owed -= amount,
        }
    }
    assert_eq!(owed, 0, "what was paid is what was owed:\n{paper}");
    let mut gross = 0;
    for row in taxes.iter().skip(1) {
        let amounts: Vec<i64> = row.split_whitespace().skip(1).filter_map(cents).collect();
        let [net, tax, all] = amounts[..] else { panic!("no taxes: {row}:\n{paper}") };
        assert_eq!(net + tax, all, "{row}:\n{paper}");
        gross += all;
    }
    assert_eq!(Some(gross), total, "{paper}");
}

/// As a refund's paper was once.
#[test]
#[should_panic(expected = "1 pc x 20.00")]
fn a_line_that_does_not_add_up_is_noticed() {
    let rule = "-".repeat(32);
    assert_adds_up(&format!(
        "REFUND\n{rule}\nshirt\n  1 pc x 20.00             10.00\n{rule}\nTOTAL EUR  10.00\nCash  10.00\n{rule}\n\
         Tax Net Tax Gross\n14% 8.77 1.23 10.00\n"
    ));
}

/// The label and the cents of a line that ends with an amount.
fn amount(line: &str) -> Option<(&str, i64)> {
    let (label, amount) = line.rsplit_once(' ')?;
    Some((label, cents(amount)?))
}

fn cents(text: &str) -> Option<i64> {
    let (_, places) = text.split_once('.')?;
    if places.len() == 2 { text.replace('.', "").parse().ok() } else { None }
}

fn thousandths(text: &str) -> i64 {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{places:0<3}").parse().unwrap()
}

async fn print(shop: &Shop, order: &pb::Order) -> PrintReceiptResponse {
    let request = PrintReceiptRequest { order_id: order.order_id.clone(), ..Default::default() };
    shop.kassa.orders().print_receipt(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_is_the_original_and_copies_are_numbered() {
    let shop = Shop::open().await;
    let sale = shop.sell("1 x bread, cash 5.00").await;
    let shown = pb::GetReceiptRequest { order_id: sale.order_id.clone(), ..Default::default() };
    let shown = shop.kassa.orders().get_receipt(shown).await.unwrap().into_inner().text;
    let original = print(&shop, &sale).await;
    assert_eq!((original.copy_number, &original.text), (0, &shown));
    let first = print(&shop, &sale).await;
    assert_eq!(first.copy_number, 1);
    // By its number, and narrower.
    let request =
        PrintReceiptRequest { receipt_number: sale.receipt_number.clone(), width: 32, ..Default::default() };
    let second = shop.kassa.orders().print_receipt(request).await.unwrap().into_inner();
    insta::assert_snapshot!(second.text, @"
            My shop
             COPY 2
      INV-202611-R1-000001
2026-11-20 12:00        R1 owner
--------------------------------
bread
  1 pc x 2.00               2.00
--------------------------------
TOTAL USD                   2.00
Cash                        5.00
Change                      3.00
--------------------------------
Tax          Net     Tax   Gross
0%          2.00    0.00    2.00
");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_print_is_the_same_paper_and_many_at_once_leave_no_gap() {
    let shop = Shop::open().await;
    let sale = shop.sell("1 x bread, cash 2.00").await;
    let request = PrintReceiptRequest { order_id: sale.order_id.clone(), ..Default::default() };
    let orders = shop.kassa.orders();
    let first = orders.print_receipt(request.clone()).key("paper").await.unwrap();
    let again = orders.print_receipt(request.clone()).key("paper").await.unwrap();
    assert!(again.replayed());
    assert_eq!(again.into_inner(), first.into_inner());
    let mut prints = Vec::new();
    for _ in 0..10 {
        let (kassa, request) = (shop.second_terminal(), request.clone());
        prints.push(tokio::spawn(async move {
            kassa.orders().print_receipt(request).await.unwrap().into_inner().copy_number
        }));
    }
    let mut numbers = BTreeSet::new();
    for print in prints {
        numbers.insert(print.await.unwrap());
    }
    assert_eq!(numbers, (1..=10).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refunds_paper_names_its_sale_and_needs_no_shift() {
    let shop = Shop::open().await;
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let refund = shop.refund(&sale, "1 x bread, cash 2.00", "2.00");
    let refund = shop.kassa.orders().refund_sale(refund).await.unwrap().into_inner().order.unwrap();
    let shift_id = refund.shift_id.clone();
    let end = pb::EndShiftRequest { shift_id, ..Default::default() };
    shop.kassa.shifts().end_shift(end).await.unwrap();
    print(&shop, &refund).await;
    let copy = print(&shop, &refund).await;
    assert!(
        copy.text.contains("COPY 1") && copy.text.contains("REFUND OF INV-202611-R1-000001"),
        "{}",
        copy.text
    );
    assert_eq!(refund.total, Some(usd("2.00")));
    let unknown = PrintReceiptRequest { order_id: kassa_client::new_id(), ..Default::default() };
    let refused = shop.kassa.orders().print_receipt(unknown).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::OrderNotFound));
    let wide = PrintReceiptRequest { order_id: sale.order_id, width: 81, ..Default::default() };
    let refused = shop.kassa.orders().print_receipt(wide).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InvalidField));
}

/// A shop that sells tea by the lorry.
async fn shop_with_large_sums(price: i64) -> (Shop, pb::Order) {
    let shop = Shop::open().await;
    let tea = pb::Product {
        sku: "tea".to_owned(),
        name: "锡兰红茶，特浓".to_owned(),
        name_ar: "شَاي سِيلَانِي أسود".to_owned(),
        price: Some(kassa_client::money(price)),
        tax_rate: Some(pb::Decimal { value: "14".to_owned() }),
        unit: "lorry".to_owned(),
        barcodes: vec!["6220000000017".to_owned()],
        ..Default::default()
    };
    let put = pb::PutProduct { product: Some(tea), opening_stock: None };
    let put = pb::PutProductsRequest { products: vec![put], ..Default::default() };
    shop.kassa.catalog().put_products(put).await.unwrap();
    let currency = kassa_client::proto::money::Currency::from_code("USD").unwrap();
    let order = shop.sell(&format!("1 x 6220000000017, card {}", currency.format(price))).await;
    (shop, order)
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_never_run_together_however_large_the_sums() {
    for (price, amounts) in [
        (12_500_00, ["10964.91", "1535.09", "12500.00"]),
        (1_000_000_00, ["877192.98", "122807.02", "1000000.00"]),
        (10_000_000_000_00, ["8771929824.56", "1228070175.44", "10000000000.00"]),
    ] {
        let (shop, order) = shop_with_large_sums(price).await;
        for width in [32, 42, 80] {
            let receipt =
                pb::GetReceiptRequest { order_id: order.order_id.clone(), width, ..Default::default() };
            let receipt = shop.kassa.orders().get_receipt(receipt).await.unwrap().into_inner().text;
            let report = pb::GetShiftReportRequest { width, ..Default::default() };
            let report = shop.kassa.shifts().get_shift_report(report).await.unwrap().into_inner().text;
            for text in [receipt, report] {
                for amount in amounts {
                    assert!(text.split_whitespace().any(|word| word == amount), "{amount}:\n{text}");
                }
                for line in text.lines() {
                    // Each Chinese sign takes two cells, and a vowel above a letter none.
                    let cells: usize = line.chars().map(cells).sum();
                    assert!(cells <= usize::try_from(width).unwrap(), "{line}:\n{text}");
                }
            }
        }
    }
}

fn cells(char: char) -> usize {
    match char {
        '\u{64b}'..='\u{652}' => 0,
        '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ff60}' => 2,
        _ => 1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_with_large_sums_is_readable_on_narrow_paper() {
    let (shop, _) = shop_with_large_sums(1_000_000_00).await;
    let report = pb::GetShiftReportRequest { width: 32, ..Default::default() };
    let text = shop.kassa.shifts().get_shift_report(report).await.unwrap().into_inner().text;
    let taxes: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("Tax")).take(2).collect();
    insta::assert_snapshot!(taxes.join("\n"), @r"
    Tax        Net       Tax
    14%  877192.98 122807.02
    ");
}
