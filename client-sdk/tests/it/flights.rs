//! The same request in flight is sent once.

use std::sync::Arc;

use kassa_client::{
    new_id,
    proto::v1::{CompleteSaleRequest, GetOrderRequest, PutProduct, PutProductsRequest},
};
use tokio::sync::Notify;

use crate::scripted::{Scripted, Step};

fn sale() -> CompleteSaleRequest {
    CompleteSaleRequest { order_id: new_id(), ..Default::default() }
}

fn held(server: &Scripted) -> Arc<Notify> {
    let go = Arc::<Notify>::default();
    server.then(Step::Hold(Arc::clone(&go)));
    go
}

#[tokio::test(start_paused = true)]
async fn a_double_click_is_one_request_with_one_answer() {
    let server = Scripted::start();
    let go = held(&server);
    let kassa = server.client();
    let sale = sale();
    let click = || tokio::spawn(kassa.clone().orders().complete_sale(sale.clone()).into_future());
    let (first, second) = (click(), click());
    server.attempts(1).await;
    go.notify_one();
    let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap().unwrap());
    assert_eq!(first, second);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_without_an_id_is_shared_too() {
    let server = Scripted::start();
    let go = held(&server);
    let kassa = server.client();
    let import = PutProductsRequest { products: vec![PutProduct::default()], ..Default::default() };
    let put = || tokio::spawn(kassa.catalog().put_products(import.clone()).into_future());
    let (first, second) = (put(), put());
    server.attempts(1).await;
    go.notify_one();
    let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap().unwrap());
    assert_eq!(first.key(), second.key(), "both know the key that was sent");
    assert_eq!(server.keys(), [first.key().unwrap()]);
}

#[tokio::test(start_paused = true)]
async fn the_first_caller_may_go_away() {
    let server = Scripted::start();
    let go = held(&server);
    let kassa = server.client();
    let sale = sale();
    let first = tokio::spawn(kassa.orders().complete_sale(sale.clone()).into_future());
    server.attempts(1).await;
    let second = tokio::spawn(kassa.orders().complete_sale(sale).into_future());
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    go.notify_one();
    assert!(!second.await.unwrap().unwrap().replayed());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_that_differ_are_calls_that_differ() {
    let server = Scripted::start();
    let kassa = server.client();
    let sale = sale();
    let first = kassa.orders().complete_sale(sale.clone()).key("one").into_future();
    let second = kassa.orders().complete_sale(sale).key("two").into_future();
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    second.unwrap();
    let mut keys = server.keys();
    keys.sort();
    assert_eq!(keys, ["one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn empty_ids_are_filled_and_two_carts_stay_two_sales() {
    let server = Scripted::start();
    let kassa = server.client();
    let sell = || kassa.orders().complete_sale(CompleteSaleRequest::default()).into_future();
    let (first, second) = tokio::join!(sell(), sell());
    assert_ne!(first.unwrap().key(), second.unwrap().key());
    assert_eq!(server.sales(), 2);
    assert!(server.seen().iter().all(|seen| seen.key.as_ref() == Some(&seen.order_id)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_ended_is_not_shared() {
    let server = Scripted::start();
    let kassa = server.client();
    let sale = sale();
    let first = kassa.orders().complete_sale(sale.clone()).await.unwrap();
    let second = kassa.orders().complete_sale(sale).await.unwrap();
    assert!(!first.replayed() && second.replayed());
    assert_eq!(first.order, second.order);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_reads_after_his_sale_sees_it() {
    let server = Scripted::start();
    let go = held(&server);
    let kassa = server.client();
    let read = || kassa.orders().get_order(GetOrderRequest { order_id: "any".to_owned() }).into_future();
    let early = tokio::spawn(read());
    server.attempts(1).await;
    kassa.orders().complete_sale(sale()).await.unwrap();
    let late = read().await.unwrap();
    assert_eq!(late.order.as_ref().unwrap().sequence, 1);
    go.notify_one();
    early.await.unwrap().unwrap();
    assert_eq!(server.seen().len(), 3);
}
