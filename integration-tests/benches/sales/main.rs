//! How many five-line sales a second: Kassa behind gRPC, beside a bare loop over the same SQLite that commits every sale
//! durably, which is the floor.
//!
//! ```text
//! cargo build --release --workspace && cargo bench -p kassa-integration-tests --bench sales
//! ```
//!
//! What is measured and how to read it: `docs/performance.md`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints what it measured, and fails loudly where it measured nothing"
)]

mod floor;
mod folders;
mod frozen;
mod kassa;
mod machine;
mod report;
mod slow_disk;
mod written;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Parser;
use tempfile::TempDir;

use crate::{
    floor::Rows as _,
    folders::{database, remove},
    frozen::Frozen,
    kassa::{Founded, Who},
    report::{FLOORS, Report, Span},
    written::{Written, copied},
};

/// How long the floor runs once, to say how many sales a measurement of it needs.
const TRY: Span = Span { warm_up: Duration::from_millis(200), measured: Duration::from_secs(1) };
/// So many times that number are made ready: a disk is faster at one time than at another.
const RESERVE: f64 = 1.5;

/// Measures sales a second beside a bare loop over SQLite.
#[derive(Parser)]
struct Options {
    /// How often everything is measured; the medians count.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long one measurement takes; a sixth of it goes before.
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// How many terminals sell at once, each at a register of its own.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64, 128, 256])]
    terminals: Vec<usize>,
    /// How many terminals sell at once, all at one register.
    #[arg(long, value_delimiter = ',', default_values_t = [64])]
    one_register: Vec<usize>,
    /// Adds so much to each sync of the disk, on both sides; 0 counts the syncs alone.
    #[arg(long)]
    sync_delay_ms: Option<f64>,
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
        (options.rounds, options.seconds) = (1, 0.3);
    }
    // Beside the build, for /tmp is no disk on many machines.
    let beside = Path::new(env!("CARGO_TARGET_TMPDIR"));
    if let Some(delay) = options.sync_delay_ms {
        slow_disk::begin(delay, &beside.join("slow-disk"));
        println!("each sync takes {delay} ms longer, on both sides\n");
    }
    let program = folders::program(options.program.clone());
    let folder = TempDir::new_in(beside).expect("a folder for the measurements");
    println!("{}\n", machine::describe(folder.path(), &program));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("\n{}", runtime.block_on(measure(&options, program, folder.path())));
}

async fn measure(options: &Options, program: PathBuf, folder: &Path) -> Report {
    let span = Span::new(Duration::from_secs_f64(options.seconds));
    let tills = options.terminals.iter().copied().max().unwrap_or(1).max(64);
    let founded = Founded::found(program, folder, tills).await;
    let one_round = floor::measure(&frozen::found(&folder.join("floor")), &mut Frozen::new(), TRY);
    let sales = one_round.rate * span.end().as_secs_f64() * RESERVE;
    let mut written = make_rows(&founded, folder, sales as usize).await;
    tell_sizes(&mut written);
    let each = |terminals: &usize| Who { terminals: *terminals, one_register: false };
    let at_one = |terminals: &usize| Who { terminals: *terminals, one_register: true };
    let sellers = options.terminals.iter().map(each).chain(options.one_register.iter().map(at_one));
    let sellers: Vec<Who> = sellers.collect();
    let mut report = Report::default();
    for round in 1..=options.rounds {
        let mut add = |name: &str, measured| {
            println!("round {round}: {name}: {measured}");
            report.add(name, measured);
        };
        let at = folder.join("floor");
        add(FLOORS[0], floor::measure(&frozen::found(&at), &mut Frozen::new(), span));
        written.rewind();
        add(FLOORS[1], floor::measure(&copied(&founded.database(), &at), &mut written, span));
        for who in &sellers {
            let data = founded.copy(&folder.join("data"));
            add(&who.name(), founded.measure(&data, *who, span).await);
            remove(&data);
        }
    }
    report
}

/// Has Kassa make the rows that the floor replays.
async fn make_rows(founded: &Founded, folder: &Path, sales: usize) -> Written {
    let data = founded.copy(&folder.join("sold"));
    founded.sell(&data, sales).await;
    let sold = database(&data);
    let mut written = Written::open(&founded.database(), &sold);
    written.prove(&sold, &folder.join("proof"));
    remove(&folder.join("proof"));
    println!("the floor replays up to {} sales; their rows equal Kassa's, value by value", written.sales());
    written
}

/// Says how large a sale's rows are, so that both floors can be compared.
fn tell_sizes(written: &mut Written) {
    const SAMPLE: usize = 1_000;
    let size = |sales: Vec<floor::SaleRows>| {
        let (rows, bytes) =
            (sales.iter().map(Vec::len).sum::<usize>(), sales.iter().map(|it| floor::bytes(it)));
        (rows as f64 / sales.len() as f64, bytes.sum::<usize>() / sales.len())
    };
    for (name, (rows, bytes)) in
        FLOORS.into_iter().zip([size(Frozen::new().next(SAMPLE)), size(written.next(SAMPLE))])
    {
        println!("{name}: {rows:.1} writes a sale, with values of {bytes} bytes");
    }
}
