//! What is read while the shop sells agrees with itself: all of an answer is of one moment.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use kassa_client::{
    Kassa,
    proto::v1::{self as pb, ShiftCountPurpose, ShiftState},
};
use kassa_integration_tests::{Shop, usd};
use kassa_server::{
    readings::{Readers, Reading},
    store::{Synchronous, entity::order},
};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _};
use tokio::task::JoinHandle;

/// Changes among which is read, and readings at least.
const CHANGES: usize = 150;
const READINGS: usize = 200;

/// Terminals that change something again and again, until enough was read.
struct Busy {
    over: Arc<AtomicBool>,
    changes: Arc<AtomicUsize>,
    terminals: Vec<JoinHandle<()>>,
}

impl Busy {
    /// Each terminal changes something until it is over or says itself that there is nothing left to do.
    fn with<F: Future<Output = bool> + Send + 'static>(
        terminals: impl IntoIterator<Item = Kassa>,
        change: impl Fn(Kassa) -> F + Clone + Send + Sync + 'static,
    ) -> Self {
        let (over, changes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let terminals = terminals.into_iter().map(|terminal| {
            let (over, changes, change) = (Arc::clone(&over), Arc::clone(&changes), change.clone());
            tokio::spawn(async move {
                while !over.load(SeqCst) && change(terminal.clone()).await {
                    changes.fetch_add(1, SeqCst);
                }
            })
        });
        Self { terminals: terminals.collect(), over, changes }
    }

    /// Reads until enough has happened meanwhile. Gives how many readings there were, and what those said that do
    /// not agree with themselves.
    async fn while_read<F: Future<Output = Option<String>>>(
        self,
        read: impl Fn() -> F,
    ) -> (usize, Vec<String>) {
        let (mut readings, mut torn) = (0, Vec::new());
        while readings < READINGS || self.changes.load(SeqCst) < CHANGES {
            assert!(self.terminals.iter().any(|terminal| !terminal.is_finished()), "nobody is busy any more");
            // As many as there are connections, so that they get into each other's way.
            let read = [read(), read(), read(), read()];
            let told = futures_util::future::join_all(read).await;
            readings += told.len();
            torn.extend(told.into_iter().flatten());
        }
        self.over.store(true, SeqCst);
        for terminal in self.terminals {
            terminal.await.unwrap();
        }
        (readings, torn)
    }
}

fn assert_whole((readings, torn): (usize, Vec<String>)) {
    assert!(torn.is_empty(), "{} of {readings} readings are of several moments: {}", torn.len(), torn[0]);
}

fn minor(money: Option<&pb::Money>) -> i64 {
    money.map_or(0, |money| money.amount_minor)
}

/// What of an X report can't be, where all is sold by card and nothing is given back.
fn torn_report(report: &pb::ShiftReport) -> Option<String> {
    let gross = minor(report.gross_total.as_ref());
    let received: i64 = report.tenders.iter().map(|tender| minor(tender.received.as_ref())).sum();
    let payments: i64 = report.tenders.iter().map(|tender| tender.count).sum();
    let categories: i64 = report.categories.iter().map(|row| minor(row.total.as_ref())).sum();
    let hours: i64 = report.hours.iter().map(|row| row.sale_count).sum();
    let tax: i64 = report.tax_totals.iter().map(|row| minor(row.tax.as_ref())).sum();
    let agrees = (received, categories) == (gross, gross)
        && (payments, hours) == (report.sale_count, report.sale_count)
        && tax == report.sale_count * 49;
    (!agrees).then(|| {
        format!(
            "{} sales of {gross}, {payments} payments of {received}, goods for {categories}, {hours} in the hours, tax {tax}",
            report.sale_count
        )
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_an_x_report_agree_while_four_terminals_sell() {
    let shop = Shop::open().await;
    let sale = shop.sale("1 x juice, card 3.99").await;
    let busy = Busy::with((0..4).map(|_| shop.second_terminal()), move |terminal| {
        let sale = sale.clone();
        async move { terminal.orders().complete_sale(sale).await.is_ok() }
    });
    let read = || async {
        let report = shop.kassa.shifts().get_shift_report(pb::GetShiftReportRequest::default()).await;
        torn_report(&report.unwrap().into_inner().report.unwrap())
    };
    assert_whole(busy.while_read(read).await);
}

/// What of a sale can't be whose pieces come back one by one.
fn torn_returns(sale: &pb::Order) -> Option<String> {
    let returned = minor(sale.returned_total.as_ref());
    let of_lines: i64 = sale.lines.iter().map(|line| minor(line.returned_total.as_ref())).sum();
    (returned != of_lines).then(|| format!("{returned} was given back, and {of_lines} of the lines"))
}

/// A sale of much bread and juice, and terminals that take a piece of each back again and again.
async fn with_refunds(shop: &Shop) -> (pb::Order, Busy) {
    let sale = shop.sell("900 x bread, 900 x juice, card 5391.00").await;
    let refund = shop.refund(&sale, "1 x bread, 1 x juice, card 5.99", "5.99");
    let busy = Busy::with((0..3).map(|_| shop.second_terminal()), move |terminal| {
        let refund = refund.clone();
        async move { terminal.orders().refund_sale(refund).await.is_ok() }
    });
    (sale, busy)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_back_of_an_order_is_what_came_back_of_its_lines_while_more_comes_back() {
    let shop = Shop::open().await;
    let (sale, busy) = with_refunds(&shop).await;
    assert_whole(busy.while_read(|| async { torn_returns(&shop.read(&sale).await) }).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_orders_agrees_with_itself_while_goods_come_back() {
    let shop = Shop::open().await;
    let (_, busy) = with_refunds(&shop).await;
    let read = || async {
        let kind = pb::OrderKind::Sale.into();
        let list = pb::ListOrdersRequest { kind, ..Default::default() };
        let orders = shop.kassa.orders().list_orders(list).await.unwrap().into_inner().orders;
        assert_eq!(orders.len(), 1, "there is the one sale");
        orders.iter().find_map(torn_returns)
    };
    assert_whole(busy.while_read(read).await);
}

/// Opens a shift, says which, and closes it.
async fn open_and_close(terminal: &Kassa, told: &tokio::sync::watch::Sender<String>) -> Option<()> {
    let open = pb::OpenShiftRequest { opening_float: Some(usd("0.00")), ..Default::default() };
    let opened = terminal.shifts().open_shift(open).await.ok()?.into_inner();
    told.send_replace(opened.shift?.shift_id);
    let cash = pb::TenderCount {
        r#type: pb::TenderType::Cash.into(),
        amount: Some(usd("0.00")),
        ..Default::default()
    };
    let close = pb::CloseShiftRequest { counts: vec![cash], ..Default::default() };
    terminal.shifts().close_shift(close).await.ok().map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_is_closed_if_and_only_if_it_has_the_count_of_its_close() {
    let shop = Shop::found().await;
    let (told, shifts) = tokio::sync::watch::channel(String::new());
    let told = Arc::new(told);
    let busy = Busy::with([shop.second_terminal()], move |terminal| {
        let told = Arc::clone(&told);
        async move { open_and_close(&terminal, &told).await.is_some() }
    });
    shifts.clone().wait_for(|shift| !shift.is_empty()).await.unwrap();
    let read = || async {
        let request = pb::GetShiftRequest { shift_id: shifts.borrow().clone() };
        let read = shop.kassa.shifts().get_shift(request).await.unwrap().into_inner();
        let state = read.shift.unwrap().state();
        let counted = read.counts.iter().any(|count| count.purpose() == ShiftCountPurpose::Close);
        let agrees = (state == ShiftState::Closed) == counted;
        (!agrees).then(|| format!("{state:?}, and counted for its close: {counted}"))
    };
    assert_whole(busy.while_read(read).await);
}

/// How many orders a reading sees.
async fn orders(reading: &Reading) -> u64 {
    order::Entity::find().count(reading).await.unwrap()
}

async fn readers_of(shop: &Shop) -> Readers {
    Readers::open(&shop.database(), Synchronous::Full, Arc::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_stays_at_its_moment_and_the_next_one_sees_what_was_answered_since() {
    let shop = Shop::open().await;
    let readers = readers_of(&shop).await;
    let reading = readers.begin().await.unwrap();
    assert_eq!(orders(&reading).await, 0);
    shop.sell("1 x bread, cash 2.00").await;
    assert_eq!(orders(&reading).await, 0);
    assert_eq!(orders(&readers.begin().await.unwrap()).await, 1);
    assert_eq!(orders(&reading).await, 0);
    drop(reading);
    readers.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_the_database_ended_by_itself_leaves_no_old_moment_behind() {
    let shop = Shop::open().await;
    let readers = readers_of(&shop).await;
    for sold in 0..8 {
        // As after an error of the disk: the pool's own ROLLBACK fails, and it counts one transaction too many.
        let ended = readers.begin().await.unwrap();
        assert_eq!(orders(&ended).await, sold);
        ended.execute_unprepared("ROLLBACK").await.unwrap();
        drop(ended);
        shop.sell("1 x bread, cash 2.00").await;
    }
    readers.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_that_nobody_waits_for_any_more_give_their_connections_back() {
    let shop = Shop::open().await;
    let readers = Arc::new(readers_of(&shop).await);
    let long =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n";
    for round in 0..8 {
        let begun = Arc::new(tokio::sync::Semaphore::new(0));
        let given_up: Vec<_> = (0..4)
            .map(|_| {
                let (readers, begun) = (Arc::clone(&readers), Arc::clone(&begun));
                tokio::spawn(async move {
                    let reading = readers.begin().await.unwrap();
                    begun.add_permits(1);
                    let backend = reading.get_database_backend();
                    reading.query_all_raw(sea_orm::Statement::from_string(backend, long)).await.unwrap();
                    orders(&reading).await
                })
            })
            .collect();
        // Dropped in the middle of a statement.
        let _all_begun = begun.acquire_many(4).await.unwrap();
        for reading in given_up {
            reading.abort();
            let _ = reading.await;
        }
        shop.sell("1 x bread, cash 2.00").await;
        let all_four = futures_util::future::join_all((0..4).map(|_| readers.begin())).await;
        for reading in all_four {
            assert_eq!(orders(&reading.unwrap()).await, round + 1);
        }
    }
    readers.close().await.unwrap();
}
