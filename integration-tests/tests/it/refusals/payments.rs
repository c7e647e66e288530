//! Tenders and discounts.

use kassa_client::proto::v1::{self as pb, TenderType};
use kassa_client::{Code, Reason};

use super::{Refusing, Spoilt, minor, off, percent};

#[tokio::test(flavor = "multi_thread")]
async fn tenders_that_are_none_are_refused() {
    use Reason::{CardNumberRefused, ChangeNotCash, InvalidField};
    let refusing = Refusing::open().await;
    refusing
        .refuse_carts(&[
            Spoilt("no type", |sale| sale.tenders[0].r#type = 0, InvalidField, "tenders[0].type"),
            Spoilt("an unknown type", |sale| sale.tenders[0].r#type = 99, InvalidField, "tenders[0].type"),
            Spoilt("no amount", |sale| sale.tenders[0].amount = None, InvalidField, "tenders[0].amount"),
            Spoilt(
                "nothing by card",
                |sale| sale.tenders.insert(0, tender(TenderType::Card, 0)),
                InvalidField,
                "tenders[0]",
            ),
            Spoilt(
                "less than nothing",
                |sale| sale.tenders[0].amount = minor(-1),
                InvalidField,
                "tenders[0].amount",
            ),
            Spoilt(
                "a tip below zero",
                |sale| sale.tenders[0].tip = minor(-1),
                InvalidField,
                "tenders[0].tip",
            ),
            Spoilt(
                "a tip larger than the tender",
                |sale| sale.tenders[0].tip = minor(20_01),
                InvalidField,
                "tenders[0]",
            ),
            Spoilt(
                "change from a card",
                |sale| sale.tenders[0].r#type = TenderType::Card.into(),
                ChangeNotCash,
                "tenders[0]",
            ),
            Spoilt(
                "change from a voucher beside cash",
                |sale| sale.tenders.push(tender(TenderType::Voucher, 8_00)),
                ChangeNotCash,
                "tenders[1]",
            ),
            Spoilt(
                "21 tenders",
                |sale| sale.tenders = vec![tender(TenderType::Cash, 1_00); 21],
                InvalidField,
                "tenders",
            ),
            Spoilt(
                "cash with a card",
                |sale| sale.tenders[0].card = Some(card("", "4242", "")),
                InvalidField,
                "tenders[0].card",
            ),
            Spoilt(
                "the last four of three",
                |sale| pay_by(sale, card("visa", "424", "")),
                InvalidField,
                "tenders[0].card.last_four",
            ),
            Spoilt(
                "a whole number for the last four",
                |sale| pay_by(sale, card("visa", "4111111111111111", "")),
                InvalidField,
                "tenders[0].card.last_four",
            ),
            Spoilt(
                "a whole number for the code",
                |sale| pay_by(sale, card("visa", "", "4111111111111111")),
                CardNumberRefused,
                "tenders[0].card.authorization_code",
            ),
            Spoilt(
                "a brand of 33 characters",
                |sale| pay_by(sale, card(&"v".repeat(33), "", "")),
                InvalidField,
                "tenders[0].card.brand",
            ),
        ])
        .await;
}

fn tender(kind: TenderType, amount: i64) -> pb::Tender {
    pb::Tender { r#type: kind.into(), amount: minor(amount), ..Default::default() }
}

fn card(brand: &str, last_four: &str, code: &str) -> pb::Card {
    let [brand, last_four, authorization_code] = [brand, last_four, code].map(str::to_owned);
    pb::Card { brand, last_four, authorization_code }
}

fn pay_by(sale: &mut pb::CompleteSaleRequest, card: pb::Card) {
    sale.tenders = vec![pb::Tender { card: Some(card), ..tender(TenderType::Card, 7_99) }];
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_does_not_suffice_is_refused_with_what_is_missing() {
    let refusing = Refusing::open().await;
    let mut sale = refusing.sale().await;
    let short = [
        (vec![], "799"),
        (vec![tender(TenderType::Cash, 7_98)], "1"),
        (vec![tender(TenderType::Card, 2_00), tender(TenderType::Cash, 5_00)], "99"),
        // A tip pays for nothing.
        (vec![pb::Tender { tip: minor(1_00), ..tender(TenderType::Cash, 8_00) }], "99"),
    ];
    for (tenders, missing) in short {
        sale.tenders = tenders;
        let refusal = refusing.refuse("too little", "Orders/CompleteSale", &sale).await;
        assert_eq!(refusal.place(), (Reason::TenderShort, "tenders"));
        assert_eq!(refusal.code, Code::FailedPrecondition);
        assert_eq!(refusal.variable("amount_due_minor"), Some(missing));
        assert_eq!(refusal.variable("total_minor"), Some("799"));
    }
    refusing.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn discounts_that_are_none_are_refused() {
    use Reason::{CardNumberRefused, InvalidField};
    let refusing = Refusing::open().await;
    refusing
        .refuse_carts(&[
            Spoilt("no value", |sale| sale.discounts.push(off(None)), InvalidField, "discounts[0].amount"),
            Spoilt("nothing off", |sale| sale.discounts.push(off(minor(0))), InvalidField, "discounts[0]"),
            Spoilt(
                "more for it",
                |sale| sale.discounts.push(off(minor(-1))),
                InvalidField,
                "discounts[0].amount",
            ),
            Spoilt("0 %", |sale| sale.discounts.push(percent("0")), InvalidField, "discounts[0]"),
            Spoilt("no percent", |sale| sale.discounts.push(percent("")), InvalidField, "discounts[0]"),
            Spoilt("-5 %", |sale| sale.discounts.push(percent("-5")), InvalidField, "discounts[0].percent"),
            Spoilt("101 %", |sale| sale.discounts.push(percent("101")), InvalidField, "discounts[0].percent"),
            Spoilt(
                "100.0001 %",
                |sale| sale.discounts.push(percent("100.0001")),
                InvalidField,
                "discounts[0].percent",
            ),
            Spoilt(
                "5 places",
                |sale| sale.discounts.push(percent("1.00001")),
                InvalidField,
                "discounts[0].percent",
            ),
            Spoilt("half", |sale| sale.discounts.push(percent("half")), InvalidField, "discounts[0].percent"),
            Spoilt(
                "101 % of a line",
                |sale| sale.lines[1].discounts.push(percent("101")),
                InvalidField,
                "lines[1].discounts[0].percent",
            ),
            Spoilt(
                "more than the order",
                |sale| sale.discounts.push(off(minor(8_00))),
                InvalidField,
                "discounts[0]",
            ),
            Spoilt(
                "more than the line",
                |sale| sale.lines[1].discounts.push(off(minor(4_00))),
                InvalidField,
                "lines[1].discounts[0]",
            ),
            Spoilt(
                "more than the discounts before left",
                |sale| sale.discounts.extend([percent("50"), off(minor(4_00))]),
                InvalidField,
                "discounts[1]",
            ),
            Spoilt(
                "51 discounts",
                |sale| {
                    sale.discounts = vec![percent("1"); 25];
                    sale.lines[0].discounts = vec![percent("1"); 26];
                },
                InvalidField,
                "discounts",
            ),
            Spoilt(
                "a name of 201 characters",
                |sale| sale.discounts.push(pb::Discount { name: "خ".repeat(201), ..percent("1") }),
                InvalidField,
                "discounts[0].name",
            ),
            Spoilt(
                "a card's number for a name",
                |sale| {
                    let name = "5500-0000-0000-0004".to_owned();
                    sale.lines[0].discounts.push(pb::Discount { name, ..percent("1") });
                },
                CardNumberRefused,
                "lines[0].discounts[0].name",
            ),
        ])
        .await;
}
