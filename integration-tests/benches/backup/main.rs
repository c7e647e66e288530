//! What a backup costs those who sell meanwhile, how long it takes, and how long nobody sells while it is restored.
//!
//! ```text
//! cargo build --release && cargo bench -p kassa-integration-tests --bench backup
//! ```
//!
//! Eight terminals sell as fast as they are answered, each with a connection of its own. Their sales are
//! measured for some seconds, and then while a backup is made of a database of 100 MB: in one run, so that
//! both stand on the same machine in the same minute. A shop of 5 MB is backed up while nobody sells. Before, both
//! are restored while one terminal tries to sell without a pause: the downtime is its longest wait between two sales
//! that were made.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints what it measured, and fails loudly where it measured nothing"
)]

#[expect(dead_code, reason = "the benchmark of sales uses all of it")]
#[path = "../sales/folders.rs"]
mod folders;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser;
use kassa_client::{Kassa, proto::v1 as pb};
use kassa_integration_tests::Run;
use kassa_load::{LoadShop, Selling, Server, Sold, Until, latencies::Latencies};
use tempfile::TempDir;

use crate::folders::copy_folder;

/// How many terminals fill a database.
const FILLERS: usize = 64;

/// Measures sales before and during a backup.
#[derive(Parser)]
struct Options {
    /// How often everything is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long sales are measured before the backup.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How large the database is, in megabytes.
    #[arg(long, default_value_t = 100)]
    megabytes: i64,
    /// How many terminals sell.
    #[arg(long, default_value_t = 8)]
    terminals: usize,
    /// The server's program, where it is not the one that was built beside the benchmark.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Only sees whether it works; the numbers are worth little.
    #[arg(long)]
    quick: bool,
    /// `cargo bench` says this, `cargo test --all-targets` does not.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let mut options = Options::parse();
    if !options.bench {
        println!("nothing is measured unless `cargo bench` runs this");
        return;
    }
    if options.quick {
        (options.rounds, options.seconds, options.megabytes) = (1, 0.5, 8);
    }
    let program = folders::program(options.program.clone());
    // Beside the build, for /tmp is no disk on many machines.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the measurements");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure(&options, program, folder.path()));
}

async fn measure(options: &Options, program: PathBuf, folder: &Path) {
    let (small, large) = (folder.join("small"), folder.join("large"));
    let founded = Founded::found(program, &small).await;
    copy_folder(&small, &large);
    founded.fill(&small, 5).await;
    founded.fill(&large, options.megabytes).await;
    println!("| database | check |");
    println!("| --- | --- |");
    let began = Instant::now();
    let check = Run::of(Command::new(&founded.program).arg("--data-dir").arg(&large).arg("check"));
    assert_eq!(check.status, 0, "the books are sound: {}", check.output);
    let orders = check.output.lines().find(|line| line.contains("orders")).unwrap_or_default();
    println!("| {} MB: {orders} | {:.2?} |", options.megabytes, began.elapsed());
    println!();
    println!("| round | database | restore | downtime |");
    println!("| --- | --- | --- | --- |");
    for round in 1..=options.rounds {
        for data in [&small, &large] {
            restore(&founded, data, round).await;
        }
    }
    println!();
    println!("| round | database | | sales | p50 | p99 | slowest | backup |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for round in 1..=options.rounds {
        while_selling(&founded, &large, (options, round)).await;
        let server = founded.start(&small).await;
        let took = back_up(&server.local().expect("a client")).await;
        println!("| {round} | 5 MB | nobody sells | | | | | {took:.2?} |");
        server.stop().await.expect("the server stops");
    }
}

/// Restores a backup of what is there, and tells for how long nothing could be sold.
async fn restore(founded: &Founded, data: &Path, round: usize) {
    let server = founded.start(data).await;
    let kassa = server.local().expect("a client");
    let size = bytes(&kassa).await / 1_000_000;
    let made = kassa.backups().create_backup(pb::CreateBackupRequest {}).await.expect("it begins");
    let name = made.last().await.expect("it is made").backup.expect("a backup").name;
    let builder = Kassa::builder(server.address()).attempts(1).token(&founded.shop.tills[0].token);
    let till = builder.build().expect("a client");
    let restoring = tokio::spawn(async move {
        let began = Instant::now();
        let request = pb::RestoreBackupRequest { name, dry_run: false };
        let parts = kassa.backups().restore_backup(request).await.expect("it begins");
        parts.last().await.expect("it is restored");
        began.elapsed()
    });
    let (mut last, mut downtime, mut restored) = (Instant::now(), Duration::ZERO, false);
    // Once more after the end: the wait that the restore ended counts.
    for number in 1.. {
        let sale = founded.shop.sale(number).request;
        if till.orders().complete_sale(sale).await.is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        }
        downtime = downtime.max(last.elapsed());
        last = Instant::now();
        if restored {
            break;
        }
        restored = restoring.is_finished();
    }
    let took = restoring.await.expect("it does not panic");
    println!("| {round} | {size} MB | {took:.2?} | {downtime:.2?} |");
    server.stop().await.expect("the server stops");
}

/// A shop that sells, and its program.
struct Founded {
    program: PathBuf,
    shop: Arc<LoadShop>,
}

impl Founded {
    async fn found(program: PathBuf, data: &Path) -> Self {
        let server = Server::start(&program, data).await.expect("the server starts");
        let shop = LoadShop::found(&server, FILLERS, 5).await.expect("the shop is founded");
        server.stop().await.expect("the server stops");
        Self { program, shop: Arc::new(shop) }
    }

    async fn start(&self, data: &Path) -> Server {
        Server::start(&self.program, data).await.expect("the server starts")
    }

    fn sell(&self, server: &Server, terminals: usize) -> Selling {
        let terminals = self.shop.terminals(server, terminals, false).expect("terminals");
        Selling::begin(&self.shop, &terminals, Until::Told)
    }

    /// Sells until the database has so many megabytes.
    async fn fill(&self, data: &Path, megabytes: i64) {
        let server = self.start(data).await;
        let first = server.local().expect("a client");
        let selling = self.sell(&server, FILLERS);
        while bytes(&first).await < megabytes * 1_000_000 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        selling.stop().await.expect("no sale fails");
        server.stop().await.expect("the server stops");
    }
}

async fn bytes(kassa: &Kassa) -> i64 {
    kassa.admin().get_status(pb::GetStatusRequest::default()).await.expect("a status").database_bytes
}

async fn while_selling(founded: &Founded, data: &Path, (options, round): (&Options, usize)) {
    let server = founded.start(data).await;
    let kassa = server.local().expect("a client");
    let selling = founded.sell(&server, options.terminals);
    // The first sales load what they need.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs_f64(options.seconds)).await;
    let middle = Instant::now();
    let took = back_up(&kassa).await;
    let end = Instant::now();
    let sold = selling.stop().await.expect("no sale fails");
    let size = format!("{} MB", bytes(&kassa).await / 1_000_000);
    server.stop().await.expect("the server stops");
    let before = within(&sold, began, middle);
    let during = within(&sold, middle, end);
    println!("| {round} | {size} | before | {} |", shown(&before, middle - began));
    println!("| {round} | {size} | during | {} {took:.2?} |", shown(&during, end - middle));
    let ratio = during.value_at_quantile(0.99) as f64 / before.value_at_quantile(0.99) as f64;
    println!("| {round} | | during / before | | | {ratio:.2} | | |");
}

async fn back_up(kassa: &Kassa) -> Duration {
    let began = Instant::now();
    let parts = kassa.backups().create_backup(pb::CreateBackupRequest {}).await.expect("it begins");
    let made = parts.last().await.expect("it is made");
    assert!(made.backup.is_some(), "the last part has the backup");
    began.elapsed()
}

/// The sales that were answered in a span of time.
fn within(sold: &Sold, from: Instant, to: Instant) -> Latencies {
    let within = sold.within(from, to);
    assert!(!within.is_empty(), "nothing was sold");
    within
}

fn shown(sales: &Latencies, span: Duration) -> String {
    let ms = |micros: u64| format!("{:.1} ms", micros as f64 / 1_000.0);
    let rate = sales.len() as f64 / span.as_secs_f64();
    let (half, most) = (ms(sales.value_at_quantile(0.5)), ms(sales.value_at_quantile(0.99)));
    format!("{rate:.0}/s | {half} | {most} | {} |", ms(sales.max()))
}
