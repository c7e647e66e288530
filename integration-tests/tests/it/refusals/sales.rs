//! Sales: lines, quantities, ids, notes, totals, shifts.

use kassa_client::proto::v1::{self as pb, line_item::Item};
use kassa_client::{Code, Reason};
use kassa_integration_tests::Shop;

use super::{Refusing, Spoilt, decimal, minor};

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_name_no_product_are_refused() {
    use Reason::{InvalidField, ProductNotFound};
    let refusing = Refusing::open().await;
    refusing
        .refuse_carts(&[
            Spoilt("no lines", |sale| sale.lines.clear(), InvalidField, "lines"),
            Spoilt("no item", |sale| sale.lines[1].item = None, InvalidField, "lines[1].product_id"),
            Spoilt(
                "an unknown product",
                |sale| sale.lines[1].item = Some(Item::ProductId(kassa_client::new_id())),
                ProductNotFound,
                "lines[1].product_id",
            ),
            Spoilt(
                "a product id of zeros",
                |sale| sale.lines[1].item = Some(Item::ProductId(uuid_of("0"))),
                InvalidField,
                "lines[1].product_id",
            ),
            Spoilt(
                "a product id that is no UUID",
                |sale| sale.lines[1].item = Some(Item::ProductId("bread".to_owned())),
                InvalidField,
                "lines[1].product_id",
            ),
            Spoilt(
                "an empty product id",
                |sale| sale.lines[0].item = Some(Item::ProductId(String::new())),
                InvalidField,
                "lines[0].product_id",
            ),
            Spoilt(
                "an unknown barcode",
                |sale| sale.lines[0].item = Some(Item::Barcode("4006381333931".to_owned())),
                ProductNotFound,
                "lines[0].barcode",
            ),
            Spoilt(
                "an empty barcode",
                |sale| sale.lines[0].item = Some(Item::Barcode(String::new())),
                InvalidField,
                "lines[0].barcode",
            ),
            Spoilt(
                "a barcode of 65 characters",
                |sale| sale.lines[0].item = Some(Item::Barcode("6".repeat(65))),
                InvalidField,
                "lines[0].barcode",
            ),
            Spoilt("501 lines", |sale| sale.lines = vec![sale.lines[0].clone(); 501], InvalidField, "lines"),
        ])
        .await;
}

fn uuid_of(digit: &str) -> String {
    [8, 4, 4, 4, 12].map(|length| digit.repeat(length)).join("-")
}

#[tokio::test(flavor = "multi_thread")]
async fn quantities_that_are_none_are_refused() {
    let refusing = Refusing::open().await;
    let good = refusing.sale().await;
    let none = ["", "0", "0.000", "-0", "-1", "-0.001"];
    let unreadable =
        ["1.2345", "1.0000", "ten", "1e3", "1E3", "1,5", " 1", "1 ", "+1", ".5", "5.", "NaN", "∞"];
    let more = ["0x10", "1_000", "٢", "1/2", "--1", "1.2.3"];
    for text in none.into_iter().chain(unreadable).chain(more) {
        let mut sale = good.clone();
        sale.lines[1].quantity = decimal(text);
        let refusal = refusing.refuse(text, "Orders/CompleteSale", &sale).await;
        assert_eq!(refusal.place(), (Reason::InvalidField, "lines[1].quantity"), "{text:?}");
    }
    let mut sale = good;
    sale.lines[1].quantity = None;
    let refusal = refusing.refuse("no quantity", "Orders/CompleteSale", &sale).await;
    assert_eq!(refusal.place(), (Reason::InvalidField, "lines[1].quantity"));
    refusing.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_are_no_uuids_and_texts_that_are_too_long_are_refused() {
    use Reason::{CardNumberRefused, InvalidField, RegisterNotFound, ShiftNotFound};
    let refusing = Refusing::open().await;
    refusing
        .refuse_sales(&[
            Spoilt("an order id", |sale| sale.order_id = "42".to_owned(), InvalidField, "order_id"),
            Spoilt("an order id of zeros", |sale| sale.order_id = uuid_of("0"), InvalidField, "order_id"),
            Spoilt("a shift id", |sale| sale.shift_id = "today".to_owned(), InvalidField, "shift_id"),
            Spoilt("an unknown shift", |sale| sale.shift_id = uuid_of("7"), ShiftNotFound, "shift_id"),
            Spoilt(
                "a line id",
                |sale| sale.lines[1].line_id = "2".to_owned(),
                InvalidField,
                "lines[1].line_id",
            ),
            Spoilt(
                "two lines with one id",
                |sale| sale.lines.iter_mut().for_each(|line| line.line_id = uuid_of("7")),
                InvalidField,
                "lines",
            ),
            Spoilt(
                "an unknown register",
                |sale| sale.register_id = "R9".to_owned(),
                RegisterNotFound,
                "register_id",
            ),
            Spoilt(
                "a register's id that nobody has",
                |sale| sale.register_id = uuid_of("7"),
                RegisterNotFound,
                "register_id",
            ),
            Spoilt(
                "a receipt number",
                |sale| sale.receipt_number = "INV-202611-R1-000001".to_owned(),
                InvalidField,
                "receipt_number",
            ),
            Spoilt("a note of 1,001 characters", |sale| sale.note = "ن".repeat(1_001), InvalidField, "note"),
            Spoilt("a note that rings a bell", |sale| sale.note = "\u{7}".to_owned(), InvalidField, "note"),
            Spoilt(
                "a note with a card's number",
                |sale| sale.note = "paid with 4111 1111 1111 1111".to_owned(),
                CardNumberRefused,
                "note",
            ),
            Spoilt(
                "a card's number in Arabic digits, on lines of its own",
                |sale| sale.note = "paid with\n٤١١١\n١١١١\n١١١١\n١١١١".to_owned(),
                CardNumberRefused,
                "note",
            ),
            Spoilt(
                "a discount that begins a line",
                |sale| {
                    sale.discounts.push(pb::Discount {
                        name: "Promo\nTOTAL 99.00".to_owned(),
                        value: Some(pb::discount::Value::Percent(pb::Decimal { value: "1".to_owned() })),
                    });
                },
                InvalidField,
                "discounts[0].name",
            ),
        ])
        .await;
    let told = refusing.shop.kassa.orders().list_orders(pb::ListOrdersRequest::default()).await.unwrap();
    assert_eq!(told.orders, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_that_is_not_what_the_customer_was_told_is_refused_with_both_figures() {
    let refusing = Refusing::open().await;
    let mut sale = refusing.sale().await;
    for told in [7_98, 8_00, 0] {
        sale.expected_total = minor(told);
        let refusal = refusing.refuse("a wrong total", "Orders/CompleteSale", &sale).await;
        assert_eq!(refusal.place(), (Reason::TotalMismatch, "expected_total"));
        assert_eq!(refusal.code, Code::FailedPrecondition);
        assert_eq!(refusal.variable("total_minor"), Some("799"));
        assert_eq!(refusal.variable("expected_minor"), Some(told.to_string().as_str()));
        assert_eq!(refusal.variable("currency"), Some("USD"));
    }
    refusing.assert_untouched().await;
    refusing
        .refuse_sales(&[
            Spoilt(
                "no expected total",
                |sale| sale.expected_total = None,
                Reason::InvalidField,
                "expected_total",
            ),
            Spoilt(
                "a total below zero",
                |sale| sale.expected_total = minor(-7_99),
                Reason::InvalidField,
                "expected_total",
            ),
        ])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_without_a_shift_is_refused() {
    let refusing = Refusing::new(Shop::found().await);
    let sale = refusing.sale().await;
    let refusal = refusing.refuse("no shift", "Orders/CompleteSale", &sale).await;
    assert_eq!((refusal.reason, refusal.code), (Reason::NoOpenShift, Code::FailedPrecondition));
    assert_eq!(refusal.variable("register"), Some("R1"));
    assert_eq!(refusing.shop.orders().await, []);
}
