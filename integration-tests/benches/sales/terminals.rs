//! Kassa over gRPC: the real program in its own process, and terminals that each have a connection of
//! their own and sell as fast as they are answered.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use kassa_client::{Kassa, proto::v1 as pb};
use kassa_integration_tests::Program;

use crate::{
    machine::Cpu,
    report::{Latencies, Measured, Span, latencies},
    shop::{Founded, in_the_drawer, stop},
};

/// How many terminals make the sales that the floor replays.
const SELLERS: usize = 64;

/// From the first sale on, without an end.
const WHOLE: Span = Span { warm_up: Duration::ZERO, measured: Duration::MAX };

/// What was acknowledged.
struct Sold {
    /// Of the sales whose answers came in the time that is measured.
    latencies: Latencies,
    count: i64,
    /// In minor units.
    total: i64,
}

/// Has `count` sales made, for the sake of their rows.
pub async fn sell(founded: &Arc<Founded>, data: &Path, count: usize) {
    let server = Program::start(data);
    let kassas: Vec<Kassa> = (0..SELLERS).map(|_| server.client(data)).collect();
    let sold = sell_while(founded, &kassas, WHOLE, move |number| number <= count).await;
    verify(founded, &kassas, &sold).await;
    stop(server);
}

/// Measures that many terminals on a folder of their own.
pub async fn measure(founded: &Arc<Founded>, data: &Path, terminals: usize, span: Span) -> Measured {
    let before = Cpu::used();
    let server = Program::start(data);
    let kassas: Vec<Kassa> = (0..terminals).map(|_| server.client(data)).collect();
    let began = Instant::now();
    let sold = sell_while(founded, &kassas, span, move |_| began.elapsed() < span.end()).await;
    verify(founded, &kassas, &sold).await;
    stop(server);
    let mut all = latencies();
    for terminal in &sold {
        all.add(&terminal.latencies).expect("histograms of one kind");
    }
    let count = sold.iter().map(|terminal| terminal.count).sum();
    Measured::new(&all, span, Cpu::used().per_sale_since(before, count))
}

/// Lets every terminal sell, one sale after the other, as long as `go_on` says so of its number.
async fn sell_while(
    founded: &Arc<Founded>,
    kassas: &[Kassa],
    span: Span,
    go_on: impl Fn(usize) -> bool + Clone + Send + 'static,
) -> Vec<Sold> {
    let next = Arc::new(AtomicUsize::new(1));
    let began = Instant::now();
    let terminals = kassas.iter().cloned().map(|kassa| {
        let (founded, next, go_on) = (Arc::clone(founded), Arc::clone(&next), go_on.clone());
        tokio::spawn(async move {
            let mut sold = Sold { latencies: latencies(), count: 0, total: 0 };
            loop {
                let number = next.fetch_add(1, Relaxed);
                if !go_on(number) {
                    return sold;
                }
                let (request, total) = founded.sale(number);
                let asked = Instant::now();
                let answer = kassa.orders().complete_sale(request).await.expect("every sale is made");
                span.record(&mut sold.latencies, began, asked);
                assert!(!answer.replayed(), "every sale is a new one");
                sold.count += 1;
                sold.total += total;
            }
        })
    });
    let terminals = join_all(terminals.collect::<Vec<_>>()).await;
    terminals.into_iter().map(|sold| sold.expect("a terminal does not panic")).collect()
}

/// What was acknowledged is in the books: not a sale more, not a cent less.
async fn verify(founded: &Founded, kassas: &[Kassa], sold: &[Sold]) {
    let newest = pb::ListOrdersRequest { page_size: 1, ..Default::default() };
    let newest = kassas[0].orders().list_orders(newest).await.expect("the orders are listed").into_inner();
    let newest = newest.orders.first().expect("the shop has sold");
    // The shop's first sale was made when it was founded.
    let count = 1 + sold.iter().map(|terminal| terminal.count).sum::<i64>();
    let number = newest.receipt_number.rsplit('-').next().and_then(|number| number.parse().ok());
    assert_eq!((newest.sequence, number), (count, Some(count)), "numbers without gaps, one for each sale");
    let cash = founded.drawer + sold.iter().map(|terminal| terminal.total).sum::<i64>();
    assert_eq!(in_the_drawer(&kassas[0]).await, cash, "the drawer holds what was acknowledged");
}
