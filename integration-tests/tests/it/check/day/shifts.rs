//! Shifts.

use chrono::TimeDelta;
use kassa_client::proto::v1::{self as pb, Money};
use kassa_integration_tests::Shop;

/// Shifts in every state: one counted wrong, counted again with its coins and closed; one that ended and
/// was counted at the next opening; one that is open.
pub async fn close(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(10));
    shop.kassa.shifts().record_activity(Default::default()).await.unwrap();
    let drawer = shop.in_the_drawer().await;
    let money = |minor| Some(Money { amount_minor: minor, ..Default::default() });
    let count = |minor, pieces| pb::TenderCount {
        r#type: pb::TenderType::Cash.into(),
        amount: money(minor),
        denominations: vec![pb::Denomination { value: money(minor / pieces), pieces }],
        ..Default::default()
    };
    let mut request = pb::CloseShiftRequest { counts: vec![count(drawer - 5, 1)], ..Default::default() };
    shop.kassa.shifts().close_shift(request.clone()).await.unwrap_err();
    request.reason = "five cents are missing".to_owned();
    request.left_in_drawer = money(20_00);
    shop.kassa.shifts().close_shift(request).await.unwrap();
    shop.open_shift("20.00").await;
    shop.sell("1 x bread, cash 5.00").await;
    shop.clock.advance(TimeDelta::minutes(3));
    shop.kassa.shifts().end_shift(Default::default()).await.unwrap();
    shop.open_shift("22.00").await;
}
