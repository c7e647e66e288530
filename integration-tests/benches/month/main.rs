//! The report of a month by hour, and what it costs those who sell meanwhile.
//!
//! ```text
//! cargo build --release --workspace && cargo bench -p kassa-integration-tests --bench month
//! ```
//!
//! The tills sell some orders through the server; while it is stopped these are copied into shifts of a whole month, for
//! a report reads nothing else. `kassa-server check` would rightly not accept such books.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints what it measured, and fails loudly where it measured nothing"
)]

mod filling;
#[expect(dead_code, reason = "the benchmark of sales uses all of it")]
#[path = "../sales/folders.rs"]
mod folders;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser;
use kassa_client::{Kassa, proto::v1 as pb};
use kassa_load::{LoadShop, Selling, Server, Until, latencies};
use tempfile::TempDir;

/// Tills, which all sell while reports are asked for.
const TILLS: usize = 8;
/// Sales that are made through the server, and copied.
const MADE: usize = 400;

/// As often a screen that shows the report asks for it again.
const EVERY: Duration = Duration::from_secs(1);

/// Measures the report of a month.
#[derive(Parser)]
struct Options {
    /// How many sales of five lines the month has.
    #[arg(long, default_value_t = 300_000)]
    sales: usize,
    /// How long the tills sell alone, and how long beside reports.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// How often everything is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The server's program, where it is not the one that was built beside the benchmark.
    #[arg(long)]
    program: Option<PathBuf>,
    /// `cargo bench` says this, `cargo test --all-targets` does not.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    if !options.bench {
        println!("nothing is measured unless `cargo bench` runs this");
        return;
    }
    let program = folders::program(options.program.clone());
    // Beside the build, for /tmp is no disk on many machines.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the measurements");
    let data = folder.path().join("shop");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure(&options, &program, &data));
}

async fn measure(options: &Options, program: &Path, data: &Path) {
    let server = Server::start(program, data).await.expect("the server starts");
    let shop = Arc::new(LoadShop::found(&server, TILLS, 5).await.expect("the shop is founded"));
    sell(&shop, &server, Until::Sales(MADE)).ended().await.expect("no sale fails");
    server.stop().await.expect("the server stops");
    filling::fill(&folders::database(data), options.sales);
    println!(
        "| round | | report: first ms | median | slowest | sale of 8 tills: p50 ms | p99 | p99 to alone | memory MiB |"
    );
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for round in 1..=options.rounds {
        // Nothing is added up before it is asked for: the first report is the dearest there is.
        let server = Server::start_with(program, data, |command| {
            command.env("KASSA_LIMITS__IDLE_CHECK_MS", "86400000");
        });
        let server = server.await.expect("the server starts");
        let alone = beside(options, &shop, &server, None).await;
        println!("| {round} | alone | {} |", alone.shown(&alone));
        for by in [pb::SalesGrouping::Hour, pb::SalesGrouping::Day, pb::SalesGrouping::Product] {
            let beside = beside(options, &shop, &server, Some(by)).await;
            println!("| {round} | {} | {} |", by.as_str_name(), beside.shown(&alone));
        }
        server.stop().await.expect("the server stops");
    }
}

/// All tills sell.
fn sell(shop: &Arc<LoadShop>, server: &Server, until: Until) -> Selling {
    let terminals = shop.terminals(server, TILLS, false).expect("terminals");
    Selling::begin(shop, &terminals, until)
}

/// What was seen in one span.
struct Seen {
    /// In the order in which they were asked for.
    reports: Vec<Duration>,
    /// The sales' latencies: p50 and p99.
    sales: [Duration; 2],
    memory: Option<u64>,
}

impl Seen {
    fn shown(&self, alone: &Self) -> String {
        let first = self.reports.first().map_or_else(String::new, |it| shown(*it));
        let mut sorted = self.reports.clone();
        sorted.sort();
        let at = |place: usize| sorted.get(place).map_or_else(String::new, |it| shown(*it));
        let [p50, p99] = self.sales;
        format!(
            "{first} | {} | {} | {} | {} | {:.2} | {}",
            at(sorted.len() / 2),
            at(sorted.len().saturating_sub(1)),
            shown(p50),
            shown(p99),
            p99.as_secs_f64() / alone.sales[1].as_secs_f64(),
            self.memory.map_or_else(|| "?".to_owned(), |bytes| (bytes >> 20).to_string())
        )
    }
}

/// Asks for a report every second while the tills sell.
async fn beside(
    options: &Options,
    shop: &Arc<LoadShop>,
    server: &Server,
    by: Option<pb::SalesGrouping>,
) -> Seen {
    let kassa = server.local().expect("a client");
    let span = Duration::from_secs_f64(options.seconds);
    let selling = sell(shop, server, Until::Told);
    tokio::time::sleep(span / 6).await;
    let (from, mut reports) = (Instant::now(), Vec::new());
    match by {
        None => tokio::time::sleep(span).await,
        Some(by) => {
            while from.elapsed() < span {
                reports.push(report(&kassa, by, options.sales).await);
                tokio::time::sleep(EVERY).await;
            }
        }
    }
    let to = Instant::now();
    let sold = selling.stop().await.expect("no sale fails").overlapping(from, to);
    let sales = [0.5, 0.99].map(|quantile| latencies::at(&sold, quantile));
    Seen { reports, sales, memory: kassa_load::usage::peak_memory(server.id()) }
}

/// The report of the month.
async fn report(kassa: &Kassa, by: pb::SalesGrouping, sales: usize) -> Duration {
    let date = |day| Some(pb::Date { year: filling::YEAR, month: filling::MONTH, day });
    let request = pb::GetSalesReportRequest {
        group_by: by.into(),
        first_business_date: date(1),
        last_business_date: date(filling::DAYS),
        ..Default::default()
    };
    let asked = Instant::now();
    let report = kassa.admin().get_sales_report(request).await.expect("the report is made");
    let took = asked.elapsed();
    let total = report.total.clone().expect("a total");
    assert_eq!(
        usize::try_from(total.sale_count).expect("a count"),
        sales,
        "the report is of the whole month"
    );
    took
}

/// In milliseconds, as the table has them.
fn shown(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}
