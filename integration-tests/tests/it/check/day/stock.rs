//! What is on the shelves: levels, counts, and goods for the other branch.

use chrono::TimeDelta;
use kassa_client::proto::v1 as pb;
use kassa_integration_tests::Shop;
use kassa_server::clock::Clock as _;

/// One product is low after its next sale, one is not, and one is never low any more.
pub async fn put_levels(shop: &Shop) {
    for levels in [&[("cheese", "25.4"), ("juice", "10"), ("milk", "1")][..], &[("milk", "")]] {
        let levels = levels.iter().map(|(sku, low)| pb::StockLevel {
            product_id: (*sku).to_owned(),
            low_quantity: (!low.is_empty()).then(|| pb::Decimal { value: (*low).to_owned() }),
        });
        let request = pb::PutStockLevelsRequest { levels: levels.collect() };
        shop.kassa.stock().put_stock_levels(request).await.unwrap();
    }
}

/// Counts in every state: one that changes the stock, with a recount and goods that were counted some time
/// ago; one that was given up; one that goes on.
pub async fn count_the_shelves(shop: &Shop) {
    let stock = shop.kassa.stock();
    let start = async |note: &str| {
        shop.clock.advance(TimeDelta::minutes(1));
        let request = pb::StartStockCountRequest { note: note.to_owned(), ..Default::default() };
        stock.start_stock_count(request).await.unwrap().into_inner().count.unwrap()
    };
    let enter = async |count: &pb::StockCount, sku: &str, quantity: &str, minutes_ago: i64| {
        shop.clock.advance(TimeDelta::minutes(3));
        let time = shop.clock.now() - TimeDelta::minutes(minutes_ago);
        let line = pb::EnterStockCountLine {
            product_id: sku.to_owned(),
            counted: Some(pb::Decimal { value: quantity.to_owned() }),
            count_time: Some(prost_types::Timestamp { seconds: time.timestamp(), nanos: 0 }),
        };
        let request = pb::EnterStockCountRequest { count_id: count.count_id.clone(), lines: vec![line] };
        stock.enter_stock_count(request).await.unwrap().into_inner().count.unwrap()
    };
    let count = start("everything").await;
    enter(&count, "bread", "7", 0).await;
    enter(&count, "juice", "1002", 0).await;
    shop.sell("1 x juice, cash 20.00").await;
    let count = enter(&count, "juice", "1001", 4).await;
    shop.clock.advance(TimeDelta::minutes(2));
    let request = pb::FinishStockCountRequest { count_id: count.count_id, expected_version: count.version };
    stock.finish_stock_count(request).await.unwrap();
    let count_id = start("the cold shelf").await.count_id;
    shop.clock.advance(TimeDelta::minutes(1));
    let reason = "the delivery came".to_owned();
    stock.cancel_stock_count(pb::CancelStockCountRequest { count_id, reason }).await.unwrap();
    let open = start("the window").await;
    enter(&open, "honey", "3.5", 1).await;
}

/// Goods for the other branch: some arrive, short and damaged, some are taken back, and some are on their way.
pub async fn send_goods(shop: &Shop) {
    let (here, there) = (shop.kassa.stock(), shop.signed_in("ziad", "R2").await);
    let line = |sku: &str, quantity: &str| pb::SendStockLine {
        product_id: sku.to_owned(),
        quantity: Some(pb::Decimal { value: quantity.to_owned() }),
        ..Default::default()
    };
    let mut sent = Vec::new();
    for note in ["on the blue van", "on the bus", "on foot"] {
        shop.clock.advance(TimeDelta::minutes(9));
        let request = pb::SendStockRequest {
            to_branch_id: "B2".to_owned(),
            lines: vec![line("juice", "12"), line("cheese", "1.5")],
            note: note.to_owned(),
            ..Default::default()
        };
        sent.push(here.send_stock(request).await.unwrap().into_inner().transfer.unwrap());
    }
    shop.clock.advance(TimeDelta::minutes(20));
    let short = pb::ReceiveStockLine {
        line_id: sent[0].lines[0].line_id.clone(),
        received_quantity: Some(pb::Decimal { value: "10".to_owned() }),
        damaged_quantity: Some(pb::Decimal { value: "1".to_owned() }),
        reason: "a bottle broke, and one is missing".to_owned(),
    };
    let receive = |transfer: &pb::StockTransfer, reason: &str| pb::ReceiveStockRequest {
        transfer_id: transfer.number.clone(),
        reason: reason.to_owned(),
        ..Default::default()
    };
    let request = pb::ReceiveStockRequest { lines: vec![short], ..receive(&sent[0], "the van was late") };
    there.stock().receive_stock(request).await.unwrap();
    here.receive_stock(receive(&sent[1], "the bus did not come")).await.unwrap();
}
