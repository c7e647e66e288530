//! How many five-line sales a second: Kassa behind gRPC, beside a bare loop over the same SQLite that
//! commits every sale durably, which is the floor.
//!
//! ```text
//! cargo build --release && cargo bench -p kassa-integration-tests --bench sales
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
mod machine;
mod report;
mod shop;
mod terminals;

use std::{path::Path, sync::Arc, time::Duration};

use clap::Parser;
use tempfile::TempDir;

use crate::{
    floor::Script,
    report::{Report, Span},
    shop::Founded,
};

/// The floor replays at most so many sales a second; few disks commit more one by one.
const MOST_OF_THE_FLOOR: f64 = 6_000.0;

/// Measures sales a second beside a bare loop over SQLite.
#[derive(Parser)]
struct Options {
    /// How often everything is measured; the medians count.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long one measurement takes.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How many terminals sell at once.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64])]
    terminals: Vec<usize>,
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
    let program = shop::program();
    // Beside the build, for /tmp is no disk on many machines.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the measurements");
    println!("{}\n", machine::describe(folder.path(), &program));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("\n{}", runtime.block_on(measure(&options, folder.path())));
}

async fn measure(options: &Options, folder: &Path) -> Report {
    let measured = Duration::from_secs_f64(options.seconds);
    let span = Span { warm_up: measured / 6, measured };
    let founded = Arc::new(Founded::found(folder).await);
    let most = span.end().as_secs_f64() * MOST_OF_THE_FLOOR;
    let script = script(&founded, folder, most as usize).await;
    println!("the floor replays up to {} sales; their rows equal Kassa's, value by value", script.sales());
    let mut report = Report::default();
    for round in 1..=options.rounds {
        let floor = floor::measure(&founded.database(), &script, &folder.join("floor"), span);
        println!("round {round}: the floor: {floor}");
        report.add("the floor", floor);
        for terminals in options.terminals.iter().copied() {
            let data = founded.copy(&folder.join("data"));
            let kassa = terminals::measure(&founded, &data, terminals, span).await;
            remove(&data);
            let name = format!("{terminals} terminal{}", if terminals == 1 { "" } else { "s" });
            println!("round {round}: {name}: {kassa}");
            report.add(&name, kassa);
        }
    }
    report
}

/// Has Kassa make the rows that the floor replays.
async fn script(founded: &Arc<Founded>, folder: &Path, sales: usize) -> Script {
    let data = founded.copy(&folder.join("sold"));
    terminals::sell(founded, &data, sales).await;
    let (founded, sold) = (founded.database(), shop::database(&data));
    let script = Script::read(&founded, &sold);
    script.prove(&founded, &sold, &folder.join("proof"));
    remove(&data);
    remove(&folder.join("proof"));
    script
}

fn remove(folder: &Path) {
    std::fs::remove_dir_all(folder).expect("a folder of the benchmark's own can be removed");
}
