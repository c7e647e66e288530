//! What was measured, and the table of it.

use std::{
    fmt,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use crate::machine::CpuPerSale;

/// Microseconds.
pub type Latencies = Histogram<u64>;

/// No latencies yet; a minute is the most that is told apart.
pub fn latencies() -> Latencies {
    Histogram::new_with_max(60_000_000, 3).expect("bounds that fit")
}

/// How a measurement is taken.
#[derive(Clone, Copy)]
pub struct Span {
    /// Not measured: connections are made, statements prepared.
    pub warm_up: Duration,
    /// Measured.
    pub measured: Duration,
}

impl Span {
    /// When it is over, from its beginning.
    pub fn end(self) -> Duration {
        self.warm_up + self.measured
    }

    /// Counts a sale that was asked for at `asked` and is done now, if that is inside the span.
    pub fn record(self, latencies: &mut Latencies, began: Instant, asked: Instant) {
        if began.elapsed().checked_sub(self.warm_up).is_some_and(|at| at < self.measured) {
            let micros = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX);
            latencies.saturating_record(micros);
        }
    }
}

/// One measurement.
#[derive(Clone, Copy)]
pub struct Measured {
    /// Sales a second.
    rate: f64,
    /// Seconds.
    p50: f64,
    /// Seconds.
    p99: f64,
    cpu: CpuPerSale,
}

impl Measured {
    /// Of the sales that were done inside the span.
    pub fn new(latencies: &Latencies, span: Span, cpu: CpuPerSale) -> Self {
        let quantile = |quantile| Duration::from_micros(latencies.value_at_quantile(quantile)).as_secs_f64();
        Self {
            rate: latencies.len() as f64 / span.measured.as_secs_f64(),
            p50: quantile(0.5),
            p99: quantile(0.99),
            cpu,
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} sales/s", self.rate)
    }
}

/// All measurements: the floor's are the first row.
#[derive(Default)]
pub struct Report {
    rows: Vec<(String, Vec<Measured>)>,
}

impl Report {
    /// Adds a row's measurement of the next round.
    pub fn add(&mut self, name: &str, measured: Measured) {
        match self.rows.iter_mut().find(|(known, _)| known == name) {
            Some((_, rounds)) => rounds.push(measured),
            None => self.rows.push((name.to_owned(), vec![measured])),
        }
    }
}

/// A table of medians in Markdown, with the ratios' range: each is taken inside one round.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((_, floor)) = self.rows.first() else { return Ok(()) };
        writeln!(
            f,
            "| | sales/s | p50 ms | p99 ms | ratio to the floor | CPU µs/sale: server | terminals |"
        )?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")?;
        for (name, rounds) in &self.rows {
            let of = |value: fn(&Measured) -> f64| median(rounds.iter().map(value).collect());
            let (rate, p50, p99) = (of(|it| it.rate), of(|it| it.p50 * 1e3), of(|it| it.p99 * 1e3));
            let mut ratios: Vec<f64> =
                rounds.iter().zip(floor).map(|(row, floor)| row.rate / floor.rate).collect();
            ratios.sort_by(f64::total_cmp);
            let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
            let ratio = median(ratios);
            let (server, terminals) = (of(|it| it.cpu.server), of(|it| it.cpu.terminals));
            writeln!(
                f,
                "| {name} | {rate:.0} | {p50:.2} | {p99:.2} | {ratio:.2} ({least:.2} to {most:.2}) | \
                 {server:.0} | {terminals:.0} |"
            )?;
        }
        Ok(())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}
