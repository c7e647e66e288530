//! `kassa bench`: is this PC fast enough? It sells in a shop that is founded for it and gone afterwards.

mod disk;
mod interrupt;
mod measure;
mod report;
mod verdict;

use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::TempDir;

use crate::{failure::Failure, output::Output};

#[derive(Debug, Args)]
pub struct Bench {
    /// How many terminals sell at once, each at a register of its own: as many as the shop has
    #[arg(long, default_value_t = 8, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=256))]
    terminals: u16,
    /// How many lines each sale has
    #[arg(long, default_value_t = 5, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=500))]
    lines: u16,
    /// How long they are measured; a few seconds go before
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=3_600))]
    seconds: u16,
    /// A folder on the disk to be tried, where the shop's books are or will be [default: this one]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The server's program [default: kassa-server beside this one]
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

pub async fn run(bench: &Bench, output: Output) -> Result<(), Failure> {
    if cfg!(not(unix)) {
        // The end of a measurement is a server that has stopped as an init system stops it.
        return Err(Failure::Refused("bench runs on Linux and other Unixes only".to_owned()));
    }
    let place = bench.folder.as_deref().unwrap_or(Path::new("."));
    let folder = throw_away_folder(place)?;
    // Whoever interrupts it leaves no server and no folder behind: both go when they are dropped.
    let report = tokio::select! {
        biased;
        interrupted = interrupt::interrupted() => {
            interrupted?;
            return Err(Failure::Refused("interrupted: nothing was measured, and nothing is left of it".to_owned()));
        }
        report = measure::measure(bench, folder.path(), output) => report?,
    };
    folder.close()?;
    output.text(report.text())?;
    output.json(|| Ok(report.document()))
}

/// A new folder in a place that is no shop's.
fn throw_away_folder(place: &Path) -> Result<TempDir, Failure> {
    let refused = |why: String| Failure::Refused(format!("{why}: name another folder with --folder"));
    let whole = place.canonicalize().map_err(|error| refused(format!("{}: {error}", place.display())))?;
    if let Some(shop) = whole.ancestors().find(|folder| is_data_folder(folder)) {
        let around = shop.parent().unwrap_or(shop).display();
        return Err(refused(format!(
            "{} holds a shop's books; {around} is on the same disk",
            shop.display()
        )));
    }
    TempDir::with_prefix_in("kassa-bench-", &whole)
        .map_err(|error| refused(format!("no folder can be made in {}: {error}", whole.display())))
}

/// Whether a server keeps its data there.
fn is_data_folder(folder: &Path) -> bool {
    folder.join("CURRENT").is_file() && folder.join("keys").is_dir()
}
