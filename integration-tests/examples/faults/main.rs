//! Strikes the real server program while terminals sell through the real client, and proves each time that every
//! acknowledged sale is there, once and whole.
//!
//! ```text
//! scripts/faults                              every fault at length, as root
//! scripts/faults --short                      a short version of each, within four minutes
//! scripts/faults --rounds 1000 kill power-cut
//! scripts/faults --seed 7 clock               the same moments, places and jumps once more
//! ```
//!
//! A fault is a [`Fault`]: where the shop's folder lies and how it is struck. What is proved afterwards is the same for
//! all ([`round`]). How to read the table at the end: `docs/reliability.md`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a harness prints what it found, and fails loudly where it can't strike"
)]

mod backup_bits;
mod backups;
mod bits;
mod clock;
mod cut_backup;
mod cut_restore;
mod cut_start;
#[path = "../../tests/it/check/day/mod.rs"]
#[expect(clippy::unwrap_used, reason = "it is the tests' own, where that is allowed")]
mod day;
mod full;
mod heard;
mod inject;
mod kill;
mod moment;
mod old;
mod pages;
mod power;
mod round;
mod tally;
mod work;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::{Parser, ValueEnum};
use kassa_integration_tests::{chance, place as disk};

use crate::{
    bits::Books,
    inject::{Call, Inject, Injury},
    round::{Fault, strike_again_and_again},
    tally::Tally,
    work::Work,
};

/// Strikes the server while terminals sell, and proves that nothing is lost.
#[derive(Parser)]
pub struct Options {
    /// What to strike with; everything where none is named.
    faults: Vec<Kind>,
    /// How many rounds of each fault; for `inject`, how many N.
    #[arg(long)]
    rounds: Option<usize>,
    /// A few rounds of each, within four minutes.
    #[arg(long)]
    short: bool,
    /// Repeats the moments, places and jumps of a run.
    #[arg(long)]
    seed: Option<u64>,
    /// Where the shops lie; a folder on a disk.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    work: PathBuf,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Kind {
    /// `kill -9` under load.
    Kill,
    /// The file system is shut down under load, as by a power cut.
    PowerCut,
    /// The power goes while a backup is made and terminals sell.
    CutBackup,
    /// The power goes while a backup is restored, by the server and by `kassa-server restore`.
    CutRestore,
    /// The power goes, or `kill -9`, while an older database is brought up to date.
    CutUpgrade,
    /// The power goes, or `kill -9`, while a shop is founded.
    CutFirstStart,
    /// Power cuts of a server that does not sync, to see the harness find what is lost. Only if it is named.
    Control,
    /// SIGKILL, EIO and ENOSPC at the Nth write, sync, truncation of the database files, for every N.
    Inject,
    /// The same at the Nth write, sync, renaming of a backup's files, while it is made.
    InjectBackup,
    /// The same of the copy's files, while an older database is brought up to date.
    InjectUpgrade,
    /// The disk is full, has space again, and then `kill -9`.
    FullDisk,
    /// One bit of the database is another one.
    BitFlip,
    /// One bit of a backup, or of its manifest, is another one.
    FlipBackup,
    /// The clock of the machine jumps under load.
    Clock,
}

impl Options {
    /// How many rounds a fault gets: as asked for, or its own number.
    fn rounds(&self, short: usize, long: usize) -> usize {
        self.rounds.unwrap_or(if self.short { short } else { long })
    }

    fn has(&self, kind: Kind) -> bool {
        (self.faults.is_empty() && kind != Kind::Control) || self.faults.contains(&kind)
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(chance::seed);
    println!("seed {seed}; server {}", kassa_integration_tests::binary("kassa-server").display());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let start = Instant::now();
    let tallies = runtime.block_on(async {
        tokio::select! {
            tallies = strike_with_all(&options, seed) => Some(tallies),
            // Stopped from outside it still ends its servers and unmounts its disks.
            _ = tokio::signal::ctrl_c() => None,
        }
    });
    let Some(tallies) = tallies else { return ExitCode::FAILURE };
    println!("\nseed {seed}, {:.0} s\n\n{}", start.elapsed().as_secs_f64(), tally::table(&tallies));
    if tallies.iter().all(Tally::holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn strike_with_all(options: &Options, seed: u64) -> Vec<Tally> {
    let mut tallies = Vec::new();
    let run = Run { options, seed };
    if options.has(Kind::Kill) {
        tallies.push(run.of(kill::KillNine, options.rounds(8, 1_000)).await);
    }
    if options.has(Kind::PowerCut) {
        tallies.push(run.of(power::PowerCut::Honest, options.rounds(8, 1_000)).await);
    }
    if options.has(Kind::CutBackup) {
        tallies.push(run.of(cut_backup::CutBackup::new(), options.rounds(6, 200)).await);
    }
    if options.has(Kind::CutRestore) {
        tallies.push(run.of(cut_restore::CutRestore::new(), options.rounds(7, 200)).await);
    }
    if options.has(Kind::CutUpgrade) {
        tallies.push(run.of(cut_start::CutUpgrade::new(), options.rounds(6, 200)).await);
    }
    if options.has(Kind::CutFirstStart) {
        tallies.push(run.of(cut_start::CutFirstStart::new(), options.rounds(6, 200)).await);
    }
    if options.has(Kind::Control) {
        let control = run.of(power::PowerCut::Control, options.rounds(5, 40)).await;
        tallies.push(control.of_control());
    }
    let works = [
        (Kind::Inject, Work::Sales),
        (Kind::InjectBackup, Work::Backup),
        (Kind::InjectUpgrade, Work::Upgrade),
    ];
    for (_, work) in works.into_iter().filter(|(kind, _)| options.has(*kind)) {
        for (injury, call) in
            Injury::every().flat_map(|injury| Call::every(work).map(move |call| (injury, call)))
        {
            let short = match (call.is_frequent(), work) {
                (true, Work::Sales) => 12,
                (true, _) => 4,
                (false, _) => 3,
            };
            let most = options.rounds(short, usize::MAX);
            tallies.push(run.of(Inject::new(work, injury, call, options.short), most).await);
        }
    }
    if options.has(Kind::FullDisk) {
        tallies.push(run.of(full::FullDisk, options.rounds(3, 200)).await);
    }
    if options.has(Kind::Clock) {
        tallies.push(run.of(clock::Jumps, options.rounds(4, 200)).await);
    }
    if options.has(Kind::BitFlip) {
        for books in [Books::Sales, Books::Day] {
            tallies.push(bits::flip(books, options.rounds(60, 20_000), seed, &options.work).await);
        }
    }
    if options.has(Kind::FlipBackup) {
        tallies.push(backup_bits::flip(options.rounds(40, 5_000), seed, &options.work).await);
    }
    tallies
}

struct Run<'a> {
    options: &'a Options,
    seed: u64,
}

impl Run<'_> {
    async fn of(&self, fault: impl Fault, rounds: usize) -> Tally {
        strike_again_and_again(fault, rounds, self.seed, &self.options.work).await
    }
}
