//! A busy terminal keeps its own requests waiting, and nobody else's. What is read is held up while it has its turn, so
//! that nothing here depends on how fast a machine is.

use std::time::Duration;

use futures_util::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use kassa_client::{
    Code, Error, Kassa, Reason,
    proto::v1::{self as pb, Role},
};
use kassa_integration_tests::{Shop, back_up};
use kassa_server::caller::Class;
use tokio::task::JoinHandle;

/// As many calls of a terminal as a connection bears.
const OF_A_CONNECTION: i64 = 64;
/// As many of them as may wait in a line.
const IN_LINE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(30);

type Listed = JoinHandle<Result<(), Error>>;

/// A list of orders. A client sends a request once however often it is asked for, so each names another time.
fn list(terminal: &Kassa, number: i64) -> Listed {
    let start_time = Some(prost_types::Timestamp { seconds: number, nanos: 0 });
    let request = pb::ListOrdersRequest { page_size: 500, start_time, ..Default::default() };
    let call = terminal.orders().list_orders(request);
    tokio::spawn(async move { call.await.map(|_| ()) })
}

fn lists(terminal: &Kassa, count: i64) -> Vec<Listed> {
    (1..=count).map(|number| list(terminal, number)).collect()
}

fn answered(lists: &[Listed]) -> usize {
    lists.iter().filter(|list| list.is_finished()).count()
}

async fn all_are_answered(lists: Vec<Listed>) {
    for list in join_all(lists).await {
        list.unwrap().expect("the list is answered");
    }
}

/// A supervisor who is signed in on a terminal of their own.
async fn supervisor(shop: &Shop, name: &str) -> Kassa {
    shop.user(name, Role::Supervisor).await;
    shop.signed_in(name, "R1").await
}

/// A client that asks once, and waits so long.
fn once(shop: &Shop, token: &str, patience: Duration) -> Kassa {
    let builder = Kassa::builder(format!("http://{}", shop.address)).token(token);
    builder.timeout(patience).attempts(1).build().expect("a client")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_terminals_lists_keep_no_quote_and_no_sale_of_another_waiting() {
    let shop = Shop::open().await;
    let busy = supervisor(&shop, "basma").await;
    shop.config().faults.hold_up(Class::Report);
    let lists = lists(&busy, 120);
    shop.config().faults.are_held_up(1).await;
    for _ in 0..5 {
        shop.sell("1 x bread, cash 2.00").await;
        assert_eq!(answered(&lists), 0);
    }
    assert_eq!(shop.config().faults.let_go(), 1, "a terminal has one list read at a time");
    all_are_answered(lists).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_terminals_lists_keep_no_report_of_another_waiting() {
    let shop = Shop::open().await;
    let (busy, neighbour) = (supervisor(&shop, "basma").await, supervisor(&shop, "nadia").await);
    shop.config().faults.hold_up(Class::Report);
    let lists = lists(&busy, 20);
    shop.config().faults.are_held_up(1).await;
    let theirs = list(&neighbour, 1);
    shop.config().faults.are_held_up(2).await;
    assert_eq!(answered(&lists), 0);
    assert_eq!(shop.config().faults.let_go(), 2);
    all_are_answered(lists.into_iter().chain([theirs]).collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_asks_for_too_much_at_once_is_told_and_its_neighbour_is_not() {
    let shop = Shop::open().await;
    shop.user("basma", Role::Supervisor).await;
    let token = shop.session("basma", "R1").await;
    shop.config().faults.hold_up(Class::Report);
    // From two connections, because one bears no more calls than may wait.
    let (one, other) = (once(&shop, &token, PATIENCE), once(&shop, &token, PATIENCE));
    let mut lists: FuturesUnordered<_> =
        lists(&one, OF_A_CONNECTION).into_iter().chain(lists(&other, OF_A_CONNECTION)).collect();
    let too_many = lists.len() - IN_LINE - 1;
    for _ in 0..too_many {
        let refused = lists.next().await.unwrap().unwrap().unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::Overloaded), "{refused}");
        assert!(refused.is_retryable());
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(1)));
    }
    let neighbour = list(&shop.kassa, 1);
    shop.config().faults.are_held_up(2).await;
    shop.config().faults.let_go();
    all_are_answered(vec![neighbour]).await;
    all_are_answered(lists.into_iter().collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_its_caller_gave_up_leaves_its_place_to_the_next() {
    let shop = Shop::open().await;
    shop.user("basma", Role::Supervisor).await;
    let token = shop.session("basma", "R1").await;
    shop.config().faults.hold_up(Class::Report);
    let hurried = once(&shop, &token, Duration::from_millis(50));
    // It is in line or has its turn when its time is over: neither may leave something behind.
    for list in lists(&hurried, 5) {
        assert_eq!(list.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
    }
    shop.config().faults.are_held_up(0).await;
    let next = list(&once(&shop, &token, PATIENCE), 1);
    shop.config().faults.are_held_up(1).await;
    shop.config().faults.let_go();
    all_are_answered(vec![next]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_are_proved_once_at_a_time_and_whoever_sells_meanwhile_does_not_wait() {
    let shop = Shop::open().await;
    shop.config().faults.hold_up(Class::Proof);
    let check =
        |kassa: Kassa| async move { kassa.admin().check_integrity(pb::CheckIntegrityRequest {}).await };
    // A client sends the same request once: each has a client of its own.
    let proofs: Vec<_> = (0..5).map(|_| tokio::spawn(check(shop.second_terminal()))).collect();
    let kassa = shop.second_terminal();
    let backup = tokio::spawn(async move { back_up(&kassa).await });
    shop.config().faults.are_held_up(1).await;
    shop.sell("1 x bread, cash 2.00").await;
    all_are_answered(vec![list(&shop.kassa, 1)]).await;
    assert!(proofs.iter().all(|proof| !proof.is_finished()));
    assert_eq!(shop.config().faults.let_go(), 1);
    for proof in join_all(proofs).await {
        assert!(proof.unwrap().unwrap().sound);
    }
    backup.await.unwrap().expect("the backup is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_books_is_proved_and_the_books_themselves_where_it_has_no_room() {
    let shop = Shop::open().await;
    shop.sell("1 x bread, cash 20.00").await;
    // What a power cut left of another copy.
    let rest = shop.data().join("proof").join("kassa.db");
    std::fs::create_dir(rest.parent().unwrap()).unwrap();
    std::fs::write(&rest, "a half").unwrap();
    for (free, stays) in [(Some(1 << 20), true), (None, false)] {
        shop.config().faults.report_free(free);
        let proved = shop.kassa.admin().check_integrity(pb::CheckIntegrityRequest {}).await.unwrap();
        assert!(proved.sound, "{proved:?}");
        assert_eq!(rest.exists(), stays);
    }
    assert!(!shop.data().join("proof").exists(), "something is left of the copy that was proved");
}
