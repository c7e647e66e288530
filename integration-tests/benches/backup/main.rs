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
#[path = "../sales/shop.rs"]
mod shop;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use clap::Parser;
use futures_util::future::join_all;
use hdrhistogram::Histogram;
use kassa_client::{Kassa, proto::v1 as pb};
use kassa_integration_tests::{Program, Run, command};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::shop::{Founded, stop};

/// How long a part of an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
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
    /// Only sees whether it works; the numbers are worth little.
    #[arg(long)]
    quick: bool,
    /// `cargo bench` says this, `cargo test --all-targets` does not.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A sale: when it was asked for, and how long the answer took.
type Sale = (Instant, Duration);

fn main() {
    let mut options = Options::parse();
    if !options.bench {
        println!("nothing is measured unless `cargo bench` runs this");
        return;
    }
    if options.quick {
        (options.rounds, options.seconds, options.megabytes) = (1, 0.5, 8);
    }
    shop::program();
    // Beside the build, for /tmp is no disk on many machines.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the measurements");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure(&options, folder.path()));
}

async fn measure(options: &Options, folder: &Path) {
    let founded = Arc::new(Founded::found(folder).await);
    let (small, large) = (folder.join("small"), folder.join("large"));
    fill(&founded, &founded.copy(&small), 5).await;
    fill(&founded, &founded.copy(&large), options.megabytes).await;
    println!("| database | check |");
    println!("| --- | --- |");
    let began = Instant::now();
    let check = Run::of(command("kassa-server").arg("--data-dir").arg(&large).arg("check"));
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
        let server = Program::start(&small);
        let took = back_up(&server.client(&small)).await;
        println!("| {round} | 5 MB | nobody sells | | | | | {took:.2?} |");
        stop(server);
    }
}

/// Restores a backup of what is there, and tells for how long nothing could be sold.
async fn restore(founded: &Founded, data: &Path, round: usize) {
    let server = Program::start(data);
    let builder = Kassa::builder(format!("http://{}", server.address)).timeout(PATIENCE);
    let kassa = builder.token_file(data.join("keys/local.token")).build().expect("a client");
    let size = bytes(&kassa).await / 1_000_000;
    let made = kassa.backups().create_backup(pb::CreateBackupRequest {}).await.expect("it begins");
    let name = made.last().await.expect("it is made").backup.expect("a backup").name;
    let builder = Kassa::builder(format!("http://{}", server.address)).attempts(1);
    let till = builder.token_file(data.join("keys/local.token")).build().expect("a client");
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
        let (sale, _) = founded.sale(number);
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
    stop(server);
}

/// Sells until the database has so many megabytes.
async fn fill(founded: &Arc<Founded>, data: &Path, megabytes: i64) {
    let server = Program::start(data);
    let first = server.client(data);
    let selling = Selling::begin(founded, &server, (data, FILLERS));
    while bytes(&first).await < megabytes * 1_000_000 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    selling.end().await;
    stop(server);
}

async fn bytes(kassa: &Kassa) -> i64 {
    kassa.admin().get_status(pb::GetStatusRequest::default()).await.expect("a status").database_bytes
}

async fn while_selling(founded: &Arc<Founded>, data: &Path, (options, round): (&Options, usize)) {
    let server = Program::start(data);
    let kassa = server.client(data);
    let selling = Selling::begin(founded, &server, (data, options.terminals));
    // The first sales load what they need.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs_f64(options.seconds)).await;
    let middle = Instant::now();
    let took = back_up(&kassa).await;
    let end = Instant::now();
    let sales = selling.end().await;
    let size = format!("{} MB", bytes(&kassa).await / 1_000_000);
    stop(server);
    let before = within(&sales, began, middle);
    let during = within(&sales, middle, end);
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

/// Terminals that sell, one sale after the other.
struct Selling {
    stop: Arc<AtomicBool>,
    terminals: Vec<JoinHandle<Vec<Sale>>>,
}

impl Selling {
    fn begin(founded: &Arc<Founded>, server: &Program, (data, terminals): (&Path, usize)) -> Self {
        let (stop, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(1)));
        let terminal = |_| {
            let (founded, kassa) = (Arc::clone(founded), server.client(data));
            let (stop, next) = (Arc::clone(&stop), Arc::clone(&next));
            tokio::spawn(async move {
                let mut sales = Vec::new();
                while !stop.load(SeqCst) {
                    let (request, _) = founded.sale(next.fetch_add(1, SeqCst));
                    let asked = Instant::now();
                    kassa.orders().complete_sale(request).await.expect("no sale fails");
                    sales.push((asked, asked.elapsed()));
                }
                sales
            })
        };
        let terminals = (0..terminals).map(terminal).collect();
        Self { stop, terminals }
    }

    async fn end(self) -> Vec<Sale> {
        self.stop.store(true, SeqCst);
        let terminals = join_all(self.terminals).await;
        terminals.into_iter().flat_map(|sales| sales.expect("a terminal does not panic")).collect()
    }
}

/// The sales that were asked for in a span of time, in microseconds.
fn within(sales: &[Sale], from: Instant, to: Instant) -> Histogram<u64> {
    let mut histogram = Histogram::new(3).expect("a histogram");
    for (_, took) in sales.iter().filter(|(asked, _)| (from..to).contains(asked)) {
        histogram.record(u64::try_from(took.as_micros()).expect("a short time")).expect("it has room");
    }
    assert!(!histogram.is_empty(), "nothing was sold");
    histogram
}

fn shown(sales: &Histogram<u64>, span: Duration) -> String {
    let ms = |micros: u64| format!("{:.1} ms", micros as f64 / 1_000.0);
    let rate = sales.len() as f64 / span.as_secs_f64();
    let (half, most) = (ms(sales.value_at_quantile(0.5)), ms(sales.value_at_quantile(0.99)));
    format!("{rate:.0}/s | {half} | {most} | {} |", ms(sales.max()))
}
