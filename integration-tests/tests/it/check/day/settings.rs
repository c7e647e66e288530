//! Settings.

use chrono::TimeDelta;
use kassa_client::proto::v1::{self as pb, CashRounding, CashRoundingMode, Settings};
use kassa_integration_tests::{Shop, usd};

pub async fn put_settings(shop: &Shop, paths: &[&str]) {
    shop.clock.advance(TimeDelta::seconds(61));
    let mode = |mode: CashRoundingMode| i32::from(mode);
    let settings = Settings {
        name: "Corner shop".to_owned(),
        time_zone: "Africa/Cairo".to_owned(),
        prices_include_tax: false,
        tax_rounding: pb::TaxRounding::PerRate.into(),
        rounding_mode: pb::RoundingMode::HalfEven.into(),
        cash_rounding: Some(CashRounding {
            unit_minor: 5,
            total: mode(CashRoundingMode::HalfUp),
            change: mode(CashRoundingMode::HalfDown),
            refund: mode(CashRoundingMode::HalfUp),
            small_coins: true,
        }),
        role_limits: vec![pb::RoleLimits {
            role: pb::Role::Cashier.into(),
            most_discount_percent: Some(pb::Decimal { value: "12.5".to_owned() }),
            void_sale: true,
            most_paid_out: Some(usd("20.00")),
            most_variance: Some(usd("1.50")),
            most_stock_adjustment: Some(usd("2.50")),
            most_drop: Some(usd("300.00")),
            ..Default::default()
        }],
        blind_close: true,
        idle_limit: Some(prost_types::Duration { seconds: 7_200, nanos: 0 }),
        receipt_header: "Welcome".to_owned(),
        receipt_footer: "Thank you".to_owned(),
        modules: Some(pb::Modules { attendance: Some(true), ..Default::default() }),
        ..Settings::default()
    };
    let mut request = pb::PutSettingsRequest { settings: Some(settings), ..Default::default() };
    request.update_mask.get_or_insert_default().paths = paths.iter().map(|path| (*path).to_owned()).collect();
    shop.kassa.admin().put_settings(request).await.unwrap();
}
