//! The shop's settings.

use kassa_client::{Code, Reason, proto::v1 as pb};
use prost_types::FieldMask;

use super::Refusing;

fn change(paths: &[&str], settings: pb::Settings) -> pb::PutSettingsRequest {
    let mask = FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
    pb::PutSettingsRequest { settings: Some(settings), update_mask: Some(mask) }
}

fn cash_unit(unit_minor: i64) -> pb::Settings {
    pb::Settings {
        cash_rounding: Some(pb::CashRounding { unit_minor, ..Default::default() }),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_none_are_refused() {
    use Reason::{InvalidField, VersionMismatch};
    let refusing = Refusing::open().await;
    let none = pb::Settings::default;
    let text = |text: &str| text.to_owned();
    let cases = [
        ("no settings", pb::PutSettingsRequest::default(), InvalidField, "settings"),
        (
            "no mask",
            pb::PutSettingsRequest { settings: Some(none()), update_mask: None },
            InvalidField,
            "update_mask",
        ),
        ("an empty mask", change(&[], none()), InvalidField, "update_mask"),
        ("a field that is none", change(&["colour"], none()), InvalidField, "update_mask"),
        ("everything", change(&["*"], none()), InvalidField, "update_mask"),
        (
            "a part of a field",
            change(&["cash_rounding.unit_minor"], cash_unit(5)),
            InvalidField,
            "update_mask",
        ),
        ("the version", change(&["version"], none()), InvalidField, "update_mask"),
        (
            "a good field and a bad one",
            change(&["name", "colour"], pb::Settings { name: text("New"), ..none() }),
            InvalidField,
            "update_mask",
        ),
        ("no name", change(&["name"], none()), InvalidField, "settings.name"),
        (
            "blanks",
            change(&["name"], pb::Settings { name: text(" "), ..none() }),
            InvalidField,
            "settings.name",
        ),
        (
            "a long name",
            change(&["name"], pb::Settings { name: "ن".repeat(201), ..none() }),
            InvalidField,
            "settings.name",
        ),
        (
            "a currency that is none",
            change(&["currency_code"], pb::Settings { currency_code: text("XXX"), ..none() }),
            InvalidField,
            "settings.currency_code",
        ),
        (
            "small letters",
            change(&["currency_code"], pb::Settings { currency_code: text("eur"), ..none() }),
            InvalidField,
            "settings.currency_code",
        ),
        (
            "no time zone",
            change(&["time_zone"], pb::Settings { time_zone: text("Africa/Atlantis"), ..none() }),
            InvalidField,
            "settings.time_zone",
        ),
        ("no tax rounding", change(&["tax_rounding"], none()), InvalidField, "settings.tax_rounding"),
        (
            "a rounding that is none",
            change(&["rounding_mode"], pb::Settings { rounding_mode: 9, ..none() }),
            InvalidField,
            "settings.rounding_mode",
        ),
        (
            "a coin without a way to round",
            change(&["cash_rounding"], cash_unit(7)),
            InvalidField,
            "settings.cash_rounding",
        ),
        (
            "a coin of 10,000.00",
            change(&["cash_rounding"], cash_unit(1_000_000)),
            InvalidField,
            "settings.cash_rounding",
        ),
        ("a coin of -5", change(&["cash_rounding"], cash_unit(-5)), InvalidField, "settings.cash_rounding"),
        (
            "a way to round that is none",
            change(
                &["cash_rounding"],
                pb::Settings {
                    cash_rounding: Some(pb::CashRounding {
                        unit_minor: 5,
                        total: 9,
                        change: 0,
                        refund: 0,
                        ..Default::default()
                    }),
                    ..none()
                },
            ),
            InvalidField,
            "settings.cash_rounding",
        ),
        (
            "a long header",
            change(&["receipt_header"], pb::Settings { receipt_header: "h".repeat(1_001), ..none() }),
            InvalidField,
            "settings.receipt_header",
        ),
        (
            "a long footer",
            change(&["receipt_footer"], pb::Settings { receipt_footer: "f".repeat(1_001), ..none() }),
            InvalidField,
            "settings.receipt_footer",
        ),
        (
            "an old version",
            change(&["name"], pb::Settings { name: text("New"), version: 7, ..none() }),
            VersionMismatch,
            "settings.version",
        ),
    ];
    for (what, request, reason, path) in cases {
        let refusal = refusing.refuse(what, "Admin/PutSettings", &request).await;
        assert_eq!(refusal.place(), (reason, path), "{what}: {}", refusal.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_currency_is_frozen_with_the_first_order() {
    let refusing = Refusing::open().await;
    let shop = &refusing.shop;
    let pounds = pb::Settings { currency_code: "EGP".to_owned(), ..Default::default() };
    let dollars = pb::Settings { currency_code: "USD".to_owned(), ..Default::default() };
    let admin = shop.kassa.admin();
    admin.put_settings(change(&["currency_code"], pounds.clone())).await.unwrap();
    admin.put_settings(change(&["currency_code"], dollars.clone())).await.unwrap();
    // Every price would be another: 2.00 would be 0.200 dinars, or 200 yen.
    for other in ["KWD", "JPY"] {
        let other = pb::Settings { currency_code: other.to_owned(), ..Default::default() };
        let refusal =
            refusing.refuse("decimals", "Admin/PutSettings", &change(&["currency_code"], other)).await;
        assert_eq!(refusal.place(), (Reason::CurrencyFrozen, "settings.currency_code"));
    }
    shop.sell("1 x bread, cash 2.00").await;
    let refusal =
        refusing.refuse("a currency", "Admin/PutSettings", &change(&["currency_code"], pounds)).await;
    assert_eq!(refusal.place(), (Reason::CurrencyFrozen, "settings.currency_code"));
    assert_eq!(refusal.code, Code::FailedPrecondition);
    // What it is already is no change.
    admin.put_settings(change(&["currency_code"], dollars)).await.unwrap();
}
