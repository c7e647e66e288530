//! What many orders in the books cost those who sell: a shop with a million of them beside an empty one.
//!
//! ```text
//! cargo build --release --workspace
//! cargo bench -p kassa-integration-tests --bench large -- --orders 1000000 --folder "$PWD/target/a-million"
//! ```
//!
//! The orders are sold through the server, without waiting for the disk, because a row that no server wrote would be none
//! that `kassa-server check` accepts. A folder that is named is kept, and used again.
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
mod reading;
mod selling;
mod sizes;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser;
use kassa_client::{Kassa, proto::v1 as pb};
use kassa_integration_tests::Run;
use kassa_load::{LoadShop, Selling, Server, Until};
use tempfile::TempDir;

/// Terminals that sell while something is measured.
const SELLERS: usize = 64;
/// Tills whose shifts are closed: they sell nothing else.
const CLOSING: usize = 8;
/// Terminals that fill the books.
const FILLERS: usize = 256;

/// Measures a shop with many orders beside an empty one.
#[derive(Parser)]
struct Options {
    /// How many orders of five lines are in the large shop.
    #[arg(long, default_value_t = 1_000_000)]
    orders: usize,
    /// How long sales are measured.
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// How often something is looked up.
    #[arg(long, default_value_t = 5_000)]
    readings: usize,
    /// How many sales a shift has whose Z is made.
    #[arg(long, default_value_t = 2_000)]
    shift: usize,
    /// A folder for the large shop that is kept, and used again. One of 1,000,000 orders takes some 10 GB.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Proves the large shop's books with `kassa-server check`.
    #[arg(long)]
    check: bool,
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
        (options.orders, options.seconds, options.readings, options.shift) = (2_000, 0.5, 200, 50);
    }
    let program = folders::program(options.program.clone());
    // Beside the build, for /tmp is no disk on many machines.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the measurements");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(&options, &program, folder.path()));
}

async fn measure(options: &Options, program: &Path, folder: &Path) {
    let large = options.folder.clone().unwrap_or_else(|| folder.join("large"));
    std::fs::create_dir_all(&large).expect("a folder for the large shop");
    fill(program, &large, options.orders).await;
    let empty = of(options, program, &folder.join("empty")).await;
    let large_figures = of(options, program, &large).await;
    println!("\n| | empty | {} orders |\n| --- | ---: | ---: |", options.orders);
    for ((name, empty), (_, large)) in empty.iter().zip(&large_figures) {
        println!("| {name} | {empty} | {large} |");
    }
    sizes::tell(&folders::database(&large));
    if options.check {
        let began = Instant::now();
        let check = Run::of(Command::new(program).arg("--data-dir").arg(&large).arg("check"));
        assert_eq!(check.status, 0, "the books are sound: {}", check.output);
        println!("\n`kassa-server check`: sound, in {:.1} s", began.elapsed().as_secs_f64());
    }
}

/// Sells until there are so many orders.
async fn fill(program: &Path, data: &Path, orders: usize) {
    let server = Server::start_with(program, data, |command| {
        command.env("KASSA_SQLITE__SYNCHRONOUS", "normal");
    });
    let server = server.await.expect("the server starts");
    let shop = Arc::new(LoadShop::found(&server, SELLERS + CLOSING, 5).await.expect("the shop is founded"));
    let there = usize::try_from(newest(&server.local().expect("a client")).await.sequence).expect("a count");
    let missing = orders.saturating_sub(there);
    let terminals = shop.terminals(&server, FILLERS, false).expect("terminals");
    let began = Instant::now();
    Selling::begin(&shop, &terminals, Until::Sales(missing)).ended().await.expect("no sale fails");
    println!("{there} orders were there; {missing} more took {:.0} s", began.elapsed().as_secs_f64());
    drop(terminals);
    server.stop().await.expect("the server stops");
}

/// The newest order of a shop.
async fn newest(kassa: &Kassa) -> pb::Order {
    let newest = pb::ListOrdersRequest { page_size: 1, ..Default::default() };
    let newest = kassa.orders().list_orders(newest).await.expect("the orders are listed").into_inner();
    newest.orders.into_iter().next().expect("the shop has sold")
}

/// All figures of one shop, each with its name.
async fn of(options: &Options, program: &Path, data: &Path) -> Vec<(&'static str, String)> {
    let server = Server::start(program, data).await.expect("the server starts");
    let shop = Arc::new(LoadShop::found(&server, SELLERS + CLOSING, 5).await.expect("the shop is founded"));
    server.stop().await.expect("the server stops");
    let mut figures = vec![selling::from_start_to_sale(program, data, &shop).await];
    let server = Server::start(program, data).await.expect("the server starts");
    let span = Duration::from_secs_f64(options.seconds);
    figures.extend(reading::measure(&server, &shop, options.readings).await);
    figures.extend(selling::measure(&server, &shop, span).await);
    figures.extend(selling::close_shifts(&server, &shop, (options.shift, span)).await);
    let memory = kassa_load::usage::peak_memory(server.id());
    server.stop().await.expect("the server stops");
    let memory = memory.map_or_else(|| "?".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
    figures.push(("the server's most memory (VmHWM)", memory));
    figures
}

/// In milliseconds, as the table has them.
fn shown(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e3)
}
