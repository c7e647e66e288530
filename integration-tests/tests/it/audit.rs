//! The audit log.

use kassa_client::proto::v1::{self as pb, EventKind};
use kassa_integration_tests::Shop;

async fn page(
    shop: &Shop,
    page_size: i32,
    page_token: String,
    kinds: &[EventKind],
) -> pb::ListAuditLogResponse {
    let kinds = kinds.iter().map(|kind| i32::from(*kind)).collect();
    let request = pb::ListAuditLogRequest { page_size, page_token, kinds };
    shop.kassa.admin().list_audit_log(request).await.unwrap().into_inner()
}

/// A day with a bit of everything.
async fn shop() -> (Shop, pb::Order) {
    let shop = Shop::open().await;
    let settings = pb::Settings { name: "Corner".to_owned(), ..Default::default() };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["name".to_owned()] });
    let request = pb::PutSettingsRequest { settings: Some(settings), update_mask };
    shop.kassa.admin().put_settings(request).await.unwrap();
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let refund = shop.refund(&sale, "1 x bread, cash 2.00", "2.00");
    shop.kassa.orders().refund_sale(refund).await.unwrap();
    (shop, sale)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_tells_everything_but_sales_in_words_newest_first() {
    let (shop, _) = shop().await;
    let log = page(&shop, 0, String::new(), &[]).await;
    assert_eq!(log.next_page_token, "");
    let words: Vec<&str> = log.entries.iter().map(|entry| entry.words.as_str()).collect();
    assert_eq!(
        words,
        [
            "gave back RET-202611-R1-000001: 2.00",
            "settings changed, now at version 2",
            "shift SHF-202611-R1-000001 opened",
            "products written: bread, milk, cheese, juice, honey",
            "the books were opened",
        ]
    );
    let newest = &log.entries[0];
    assert_eq!((newest.kind(), newest.user_name.as_str()), (EventKind::SaleRefunded, "owner"));
    assert_eq!((newest.register_code.as_str(), newest.method.as_str()), ("R1", "kassa.v1.Orders/RefundSale"));
    assert!(newest.create_time.is_some() && !newest.user_id.is_empty() && !newest.terminal_id.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_audit_log_give_every_entry_once_and_kinds_choose() {
    let (shop, _) = shop().await;
    let whole = page(&shop, 500, String::new(), &[]).await.entries;
    let (mut token, mut entries) = (String::new(), Vec::new());
    loop {
        let page = page(&shop, 1, token, &[]).await;
        entries.extend(page.entries);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(entries, whole);
    assert!(whole.is_sorted_by_key(|entry| -entry.sequence));
    let chosen = page(&shop, 0, String::new(), &[EventKind::SettingsChanged, EventKind::ShiftOpened]).await;
    let kinds: Vec<_> = chosen.entries.iter().map(pb::AuditEntry::kind).collect();
    assert_eq!(kinds, [EventKind::SettingsChanged, EventKind::ShiftOpened]);
    // Sales are listed as orders.
    assert_eq!(page(&shop, 0, String::new(), &[EventKind::SaleCompleted]).await.entries, []);
}
