//! Carts.

use chrono::TimeDelta;
use kassa_client::{
    product_line,
    proto::v1::{self as pb, CompleteSaleRequest},
};
use kassa_integration_tests::Shop;

use super::percent;

/// Three carts: one is sold, one discarded, and one is still being rung up.
pub async fn keep_carts(shop: &Shop) {
    let save = async |version: i64, draft_id: String| {
        let request = pb::SaveDraftRequest {
            draft_id,
            version,
            label: "by the window".to_owned(),
            lines: vec![product_line(shop.product("bread"), "2")],
            discounts: vec![percent("Friday", "10")],
            note: "waits for a friend".to_owned(),
            customer_id: String::new(),
        };
        shop.clock.advance(TimeDelta::seconds(5));
        shop.kassa.orders().save_draft(request).await.unwrap().into_inner().draft.unwrap()
    };
    let discarded = save(0, String::new()).await;
    let request =
        pb::DiscardDraftRequest { draft_id: discarded.draft_id, version: 1, reason: "went away".to_owned() };
    shop.kassa.orders().discard_draft(request).await.unwrap();
    let open = save(0, String::new()).await;
    save(1, open.draft_id).await;
    let sold = save(0, String::new()).await;
    let take_over = pb::TakeOverDraftRequest { draft_id: sold.draft_id.clone(), version: 1 };
    shop.kassa.orders().take_over_draft(take_over).await.unwrap();
    let sale = CompleteSaleRequest {
        draft_id: sold.draft_id,
        draft_version: 2,
        ..shop.sale("2 x bread, cash 20.00").await
    };
    shop.kassa.orders().complete_sale(sale).await.unwrap();
}
