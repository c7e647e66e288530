//! What was measured, and the table of it.

use std::{fmt, time::Duration};

use kassa_load::latencies::{self, Latencies};

/// How a measurement is taken.
#[derive(Clone, Copy)]
pub struct Span {
    /// Not measured: connections are made, statements prepared.
    pub warm_up: Duration,
    /// Measured.
    pub measured: Duration,
}

impl Span {
    /// So long, and a sixth of it before.
    pub fn new(measured: Duration) -> Self {
        Self { warm_up: measured / 6, measured }
    }

    /// When it is over, from its beginning.
    pub fn end(self) -> Duration {
        self.warm_up + self.measured
    }
}

/// One measurement.
#[derive(Clone, Copy)]
pub struct Measured {
    /// Sales a second, the time counted until the log was empty.
    pub rate: f64,
    /// Seconds.
    p50: f64,
    /// Seconds.
    p99: f64,
    /// How long the log took to be emptied at the end, in seconds.
    closing: f64,
    /// Of a sale.
    pub costs: Costs,
}

/// What a sale cost, where that can be told.
#[derive(Clone, Copy, Default)]
pub struct Costs {
    /// The server's processor time, in microseconds.
    pub server: Option<f64>,
    /// The terminals', or the loop's.
    pub terminals: Option<f64>,
    /// Syncs of the disk, where they are counted.
    pub syncs: Option<f64>,
    /// The most memory that the server had, in bytes.
    pub memory: Option<u64>,
}

impl Measured {
    /// Of the sales that were made in that time, after which the log took so long to be emptied.
    pub fn new(latencies: &Latencies, selling: Duration, closing: Duration, costs: Costs) -> Self {
        let quantile = |quantile| latencies::at(latencies, quantile).as_secs_f64();
        Self {
            rate: latencies.len() as f64 / (selling + closing).as_secs_f64(),
            p50: quantile(0.5),
            p99: quantile(0.99),
            closing: closing.as_secs_f64(),
            costs,
        }
    }
}

/// Microseconds of each of `sales`.
pub fn per_sale(cpu: Option<Duration>, sales: u64) -> Option<f64> {
    cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / sales as f64)
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (self.p50 * 1e3, self.p99 * 1e3);
        write!(f, "{:.0} sales/s, p50 {p50:.2} ms, p99 {p99:.2} ms", self.rate)?;
        write!(f, ", log emptied in {:.3} s", self.closing)
    }
}

/// All measurements: the two floors' are the first rows.
#[derive(Default)]
pub struct Report {
    rows: Vec<(String, Vec<Measured>)>,
}

/// The two rows that the others are compared with.
pub const FLOORS: [&str; 2] = ["floor: rows of 2026-12-01", "floor: rows of now"];

impl Report {
    /// Adds a row's measurement of the next round.
    pub fn add(&mut self, name: &str, measured: Measured) {
        match self.rows.iter_mut().find(|(known, _)| known == name) {
            Some((_, rounds)) => rounds.push(measured),
            None => self.rows.push((name.to_owned(), vec![measured])),
        }
    }

    /// The median of the ratios to a floor, each taken inside one round, with the lowest and the highest.
    fn ratio(&self, rounds: &[Measured], floor: &str) -> String {
        let Some((_, floor)) = self.rows.iter().find(|(name, _)| name == floor) else {
            return String::new();
        };
        let mut ratios: Vec<f64> =
            rounds.iter().zip(floor).map(|(row, floor)| row.rate / floor.rate).collect();
        ratios.sort_by(f64::total_cmp);
        let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
        format!("{:.2} ({least:.2} to {most:.2})", median(ratios))
    }
}

/// A table of medians in Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = self.rows.iter().flat_map(|(_, rounds)| rounds).any(|it| it.costs.syncs.is_some());
        let (head, line) = if counted { (" syncs a sale |", " ---: |") } else { ("", "") };
        writeln!(
            f,
            "| | sales/s | p50 ms | p99 ms | p99/p50 | ratio to the rows of 2026-12-01 | to those of now \
             | CPU µs a sale: server | terminals | server's most MiB |{head}"
        )?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |{line}")?;
        for (name, rounds) in &self.rows {
            let of = |value: fn(&Measured) -> f64| median(rounds.iter().map(value).collect());
            let told = |value: fn(&Costs) -> Option<f64>, places: usize| {
                let values: Option<Vec<f64>> = rounds.iter().map(|it| value(&it.costs)).collect();
                values.map(median).map_or_else(String::new, |value| format!("{value:.places$}"))
            };
            let (rate, p50, p99) = (of(|it| it.rate), of(|it| it.p50 * 1e3), of(|it| it.p99 * 1e3));
            let spread = of(|it| it.p99 / it.p50);
            let [frozen, now] = FLOORS.map(|floor| self.ratio(rounds, floor));
            let (server, terminals) = (told(|it| it.server, 0), told(|it| it.terminals, 0));
            let memory = told(|it| it.memory.map(|bytes| bytes as f64 / f64::from(1 << 20)), 0);
            let syncs = if counted { format!(" {} |", told(|it| it.syncs, 2)) } else { String::new() };
            writeln!(
                f,
                "| {name} | {rate:.0} | {p50:.2} | {p99:.2} | {spread:.1} | {frozen} | {now} | {server} | \
                 {terminals} | {memory} |{syncs}"
            )?;
        }
        Ok(())
    }
}

/// The value in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}
