//! Sales: the first one after a start, those of many terminals, and those beside a Z.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use kassa_client::{Kassa, money, proto::v1 as pb};
use kassa_load::{LoadShop, Selling, Server, Sold, Terminal, Until, latencies};

use crate::{CLOSING, SELLERS, shown};

/// How often the server is started.
const STARTS: usize = 3;
/// Terminals that sell into the shift of a till that will be closed.
const PER_TILL: usize = 8;
/// Terminals that sell while shifts are closed.
const BESIDE: usize = 8;

/// From the start of the program until its first sale is answered.
pub async fn from_start_to_sale(program: &Path, data: &Path, shop: &LoadShop) -> (&'static str, String) {
    let mut took = Vec::new();
    for start in 0..STARTS {
        let began = Instant::now();
        let server = Server::start(program, data).await.expect("the server starts");
        let till = shop.terminal(&server, 0).expect("a terminal");
        let sale = shop.sale(start).request;
        till.kassa().orders().complete_sale(sale).await.expect("the sale is made");
        took.push(began.elapsed());
        drop(till);
        server.stop().await.expect("the server stops");
    }
    took.sort();
    ("from the start to the first sale's answer, ms", shown(took[STARTS / 2]))
}

/// Sales a second of many terminals.
pub async fn measure(server: &Server, shop: &Arc<LoadShop>, span: Duration) -> Vec<(&'static str, String)> {
    let terminals = sellers(server, shop, SELLERS);
    let sold = sell(shop, &terminals, Until::Time(span)).await;
    let latencies = sold.within(sold.began + span / 6, sold.ended);
    let rate = latencies.len() as f64 / (sold.ended - sold.began - span / 6).as_secs_f64();
    let at = |quantile| shown(latencies::at(&latencies, quantile));
    vec![
        ("sales a second, 64 terminals", format!("{rate:.0}")),
        ("of these p50 and p99 ms", format!("{}, {}", at(0.5), at(0.99))),
    ]
}

/// Closes shifts of so many sales, one after the other, while others sell.
pub async fn close_shifts(
    server: &Server,
    shop: &Arc<LoadShop>,
    (sales, span): (usize, Duration),
) -> Vec<(&'static str, String)> {
    let closing: Vec<Terminal> =
        (SELLERS..SELLERS + CLOSING).map(|till| shop.terminal(server, till).expect("a terminal")).collect();
    // As many at each till, so that each shift gets its share.
    for till in &closing {
        let terminals = vec![till.clone(); PER_TILL];
        sell(shop, &terminals, Until::Sales(sales)).await;
    }
    let selling = Selling::begin(shop, &sellers(server, shop, BESIDE), Until::Told);
    tokio::time::sleep(span / 6).await;
    let from = Instant::now();
    tokio::time::sleep(span).await;
    let (middle, mut took) = (Instant::now(), Vec::new());
    for till in &closing {
        took.push(close(till.kassa()).await);
    }
    let end = Instant::now();
    let sold = selling.stop().await.expect("no sale fails");
    let (normal, beside) = (sold.within(from, middle), sold.overlapping(middle, end));
    took.sort();
    let at = |latencies, quantile| shown(latencies::at(latencies, quantile));
    vec![
        (
            "Z of a shift, median and slowest of 8, ms",
            format!("{}, {}", shown(took[CLOSING / 2]), shown(took[CLOSING - 1])),
        ),
        ("sales of 8 others, p50 and p99 ms", format!("{}, {}", at(&normal, 0.5), at(&normal, 0.99))),
        ("the same while shifts are closed", format!("{}, {}", at(&beside, 0.5), at(&beside, 0.99))),
    ]
}

/// Counts the drawer right, and closes the shift.
async fn close(till: &Kassa) -> Duration {
    let drawer = till.cash_register().get_drawer(pb::GetDrawerRequest::default()).await;
    let drawer = drawer.expect("there is a drawer").into_inner().drawer.expect("a drawer");
    let cash = pb::TenderCount {
        r#type: pb::TenderType::Cash.into(),
        amount: Some(money(drawer.balance.expect("a balance").amount_minor)),
        ..Default::default()
    };
    let close = pb::CloseShiftRequest { counts: vec![cash], ..Default::default() };
    let asked = Instant::now();
    till.shifts().close_shift(close).await.expect("the shift is closed");
    asked.elapsed()
}

/// Terminals at the first tills, which are never closed.
fn sellers(server: &Server, shop: &LoadShop, count: usize) -> Vec<Terminal> {
    (0..count).map(|till| shop.terminal(server, till).expect("a terminal")).collect()
}

async fn sell(shop: &Arc<LoadShop>, terminals: &[Terminal], until: Until) -> Sold {
    Selling::begin(shop, terminals, until).ended().await.expect("no sale fails")
}
