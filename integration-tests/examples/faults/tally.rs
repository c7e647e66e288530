//! What was counted, and the table at the end.

use std::{fmt::Write as _, time::Instant};

use kassa_integration_tests::Proof;

use crate::round::Strike;

/// The counts of one fault.
#[derive(Default)]
pub struct Tally {
    /// The fault.
    pub name: String,
    /// How many rounds.
    pub rounds: usize,
    /// How often the fault really struck.
    pub hits: usize,
    /// Acknowledged sales.
    pub acknowledged: usize,
    /// How often the server answered that it can't.
    pub refused: usize,
    /// Sales that were stored though nobody had heard an answer, as their keys showed.
    pub stored: usize,
    lost: usize,
    doubled: usize,
    half: usize,
    /// What did not hold, in words.
    pub findings: Vec<String>,
    /// What stands behind the counts.
    pub remarks: Vec<String>,
    skipped: Option<String>,
    is_control: bool,
    told: usize,
    began: Option<Instant>,
}

impl Tally {
    /// Nothing is counted yet.
    pub fn new(name: String) -> Self {
        println!("\n{name}");
        Self { name, began: Some(Instant::now()), ..Self::default() }
    }

    /// The machine can't do it.
    pub fn skipped(mut self, missing: &str) -> Self {
        println!("  skipped: {missing}");
        self.skipped = Some(missing.to_owned());
        self
    }

    /// Its name as a file's.
    pub fn file_name(&self) -> String {
        self.name.split(|letter: char| !letter.is_alphanumeric()).collect::<Vec<_>>().join("-")
    }

    /// Counts a strike.
    pub fn count(&mut self, strike: Strike) {
        self.rounds += 1;
        self.hits += strike.hits;
        strike.findings.into_iter().for_each(|finding| self.finding(finding));
    }

    /// Counts what became of the sales.
    pub fn prove(&mut self, proof: Proof) {
        self.lost += proof.lost.len();
        self.doubled += proof.doubled.len();
        self.half += proof.half.len();
        for finding in [proof.lost, proof.doubled, proof.half].into_iter().flatten() {
            self.finding(finding);
        }
    }

    /// Notes what does not hold.
    pub fn finding(&mut self, finding: String) {
        self.findings.push(finding);
    }

    /// Tells what a round found, and now and then that it goes on.
    pub fn tell(&mut self, round: usize) {
        for finding in self.findings.iter().skip(self.told) {
            println!("  round {round}: {finding}");
        }
        self.told = self.findings.len();
        if (round + 1).is_multiple_of(20) {
            println!("  {} rounds", round + 1);
        }
    }

    /// Tells what came of it.
    pub fn done(&self) {
        let seconds = self.began.map_or(0, |began| began.elapsed().as_secs());
        println!(
            "  {} rounds, {} hits, {} findings, {seconds} s",
            self.rounds,
            self.hits,
            self.findings.len()
        );
        self.remarks.iter().for_each(|remark| println!("  {remark}"));
    }

    /// It must lose sales: else the harness sees nothing.
    pub fn of_control(self) -> Self {
        Self { is_control: true, ..self }
    }

    /// Whether nothing is wrong. What was skipped shows nothing, and is no failure.
    pub fn holds(&self) -> bool {
        let right = if self.is_control { self.lost > 0 } else { self.findings.is_empty() };
        right || self.skipped.is_some()
    }
}

/// The table at the end, as it stands in `docs/reliability.md`.
pub fn table(tallies: &[Tally]) -> String {
    let mut table = String::from(
        "| fault | rounds | hits | acknowledged | refused | stored unheard | lost | doubled | half | findings |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for tally in tallies {
        let name = &tally.name;
        let written = match &tally.skipped {
            Some(missing) => writeln!(table, "| {name} | skipped: {missing} | | | | | | | | |"),
            None => writeln!(
                table,
                "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                tally.rounds,
                tally.hits,
                tally.acknowledged,
                tally.refused,
                tally.stored,
                tally.lost,
                tally.doubled,
                tally.half,
                tally.findings.len(),
            ),
        };
        written.expect("a string takes everything");
    }
    table
}
