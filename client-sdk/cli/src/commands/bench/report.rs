//! What was measured: for people in a few lines, for programs as a document.

use std::{fmt::Write as _, time::Duration};

use comfy_table::Cell;
use kassa_load::{
    FileSystem,
    latencies::{self, Latencies},
};
use serde_json::{Value, json};

use super::verdict::{self, BETWEEN_CUSTOMERS, Verdict};
use crate::{
    count,
    table::{facts, table},
};

/// The parts of all times that a document tells.
const QUANTILES: [(&str, f64); 5] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999), ("max", 1.0)];

pub struct Report {
    pub terminals: u16,
    pub lines: u16,
    /// Of the sales that all terminals made together.
    pub latencies: Latencies,
    /// Of those that one terminal made before; none where there is one alone.
    pub alone: Option<Latencies>,
    /// Of the disk's syncs, before there was a server.
    pub syncs: Latencies,
    /// How long all of them sold.
    pub selling: Duration,
    /// How long the server took at the end until all of them were in its database.
    pub log_emptied: Duration,
    pub costs: Costs,
    pub disk: Option<FileSystem>,
}

/// What the sales cost, as far as the system tells.
pub struct Costs {
    /// The server's processor time.
    pub server: Option<Duration>,
    pub terminals: Option<Duration>,
    /// In bytes.
    pub peak_memory: Option<u64>,
}

impl Report {
    pub fn sales_per_second(&self) -> f64 {
        // More than 2^52 sales are not made.
        self.latencies.len() as f64 / (self.selling + self.log_emptied).as_secs_f64()
    }

    /// What as many busy tills sell.
    pub fn needed_per_second(&self) -> f64 {
        f64::from(self.terminals) / BETWEEN_CUSTOMERS.as_secs_f64()
    }

    pub fn is_in_memory(&self) -> bool {
        self.disk.as_ref().is_some_and(FileSystem::is_in_memory)
    }

    fn per_sale(&self, cpu: Option<Duration>) -> Option<u64> {
        cpu.and_then(|cpu| latencies::micros(cpu).checked_div(self.latencies.len()))
    }

    pub fn text(&self) -> String {
        let terminals = count::show(self.terminals, "terminal");
        let mut text = Verdict::of(self).headline(&terminals);
        // Writing to a string can't fail.
        if let Some(advice) = verdict::advice(self) {
            let _ = write!(text, "\n-> {advice}");
        }
        let _ = write!(
            text,
            "\n\nIt made {} sales a second: {terminals} that never paused, {} a sale.\n\
             Needed by {terminals} with a customer every {} seconds: {}.\n\n\
             {}\n\n{}",
            rate(self.sales_per_second()),
            count::show(self.lines, "line"),
            BETWEEN_CUSTOMERS.as_secs(),
            rate(self.needed_per_second()),
            self.times(),
            self.circumstances(),
        );
        text
    }

    fn times(&self) -> String {
        let together = match self.alone {
            Some(_) => format!("a sale, {} at once", count::show(self.terminals, "terminal")),
            None => "a sale".to_owned(),
        };
        let alone = self.alone.as_ref().map(|alone| ("a sale, one terminal alone", alone));
        let rows = alone.into_iter().chain([(together.as_str(), &self.latencies)]);
        // In memory there is no disk to tell of.
        let syncs = (!self.is_in_memory()).then_some(("the disk's sync", &self.syncs));
        let mut times = table(&["how long it takes", ">half within", ">99 % within", ">all within"]);
        for (name, latencies) in rows.chain(syncs) {
            let within = [0.5, 0.99, 1.0].map(|part| milliseconds(latencies::at(latencies, part)));
            times.add_row([name.to_owned()].into_iter().chain(within).map(Cell::new));
        }
        let why = "A sale is answered once the disk has it (a sync): a power cut loses none.";
        match syncs {
            Some(_) => format!("{}\n{why}", times.trim_fmt()),
            None => times.trim_fmt(),
        }
    }

    fn circumstances(&self) -> String {
        let micros = |who, cpu| self.per_sale(cpu).map(|micros| (who, format!("{micros} µs a sale")));
        let memory = self.costs.peak_memory.and_then(|bytes| i64::try_from(bytes).ok());
        let measured = format!(
            "{} in {:.1} s; server and terminals on this PC",
            count::show(self.latencies.len(), "sale"),
            (self.selling + self.log_emptied).as_secs_f64()
        );
        let told = [
            Some(("measured", measured)),
            self.disk.as_ref().map(|disk| ("disk", disk.to_string())),
            micros("server's processor", self.costs.server),
            memory.map(|bytes| ("server's memory", count::bytes(bytes))),
            micros("terminals' processor", self.costs.terminals),
        ];
        facts(told.into_iter().flatten())
    }

    pub fn document(&self) -> Value {
        let quantiles = |latencies: &Latencies| {
            let within = |(name, quantile): (&str, f64)| {
                (name.to_owned(), json!(latencies::micros(latencies::at(latencies, quantile))))
            };
            QUANTILES.map(within).into_iter().collect::<Value>()
        };
        let steps = latencies::steps(&self.latencies).into_iter();
        let steps = steps.map(|step| json!({ "to_us": latencies::micros(step.to), "count": step.count }));
        json!({
            "verdict": Verdict::of(self).name(),
            "advice": verdict::advice(self),
            "terminals": self.terminals,
            "lines": self.lines,
            "sale_count": self.latencies.len(),
            "selling_us": latencies::micros(self.selling),
            "log_emptied_us": latencies::micros(self.log_emptied),
            "sales_per_second": self.sales_per_second(),
            "needed_per_second": self.needed_per_second(),
            "latency_us": quantiles(&self.latencies),
            "latency_steps": steps.collect::<Value>(),
            "alone_latency_us": self.alone.as_ref().map(quantiles),
            "sync_latency_us": quantiles(&self.syncs),
            "server_cpu_us_per_sale": self.per_sale(self.costs.server),
            "terminals_cpu_us_per_sale": self.per_sale(self.costs.terminals),
            "server_peak_memory_bytes": self.costs.peak_memory,
            "disk": self.disk.as_ref().map(FileSystem::to_string),
        })
    }
}

/// `0.8`, `541`: what is after the point counts while there is little before it.
fn rate(per_second: f64) -> String {
    if per_second < 10.0 { format!("{per_second:.1}") } else { format!("{per_second:.0}") }
}

fn milliseconds(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    if millis < 10.0 { format!("{millis:.2} ms") } else { format!("{millis:.0} ms") }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Sales by eight terminals in two seconds, which took so many milliseconds, on a disk that syncs in so many.
    pub fn report(took: &[u64], sync: u64) -> Report {
        let of = |took: &[u64]| {
            let mut latencies = latencies::none();
            for millis in took {
                latencies::count(&mut latencies, Duration::from_millis(*millis));
            }
            latencies
        };
        Report {
            terminals: 8,
            lines: 5,
            latencies: of(took),
            alone: Some(of(&[4])),
            syncs: of(&[sync]),
            selling: Duration::from_millis(1_900),
            log_emptied: Duration::from_millis(100),
            costs: Costs { server: Some(Duration::from_micros(2_000)), terminals: None, peak_memory: None },
            disk: None,
        }
    }

    pub fn in_memory(report: Report) -> Report {
        Report { disk: Some(FileSystem { kind: "tmpfs".to_owned(), device: "tmpfs".to_owned() }), ..report }
    }

    #[test]
    fn the_largest_numbers_fit_80_columns_and_24_rows() {
        let report = Report {
            terminals: 256,
            lines: 500,
            costs: Costs {
                server: Some(Duration::from_secs(999)),
                terminals: Some(Duration::from_secs(999)),
                peak_memory: Some(1_023 << 20),
            },
            ..in_memory(report(&[1, 3_600_000], 3_600_000))
        };
        let text = report.text();
        assert!(text.lines().all(|line| line.trim_end().chars().count() <= 80), "{text}");
        assert!(text.lines().count() <= 22, "{text}");
    }

    #[test]
    fn the_time_until_the_log_is_empty_counts() {
        let document = report(&[1, 2, 3, 4], 1).document();
        assert_eq!(document["sales_per_second"], 2.0);
        assert_eq!(document["server_cpu_us_per_sale"], 500);
        assert_eq!(document["terminals_cpu_us_per_sale"], Value::Null);
        assert_eq!(document["latency_us"]["max"], 4_001);
        assert_eq!(document["alone_latency_us"]["p50"], 4_001);
    }

    #[test]
    fn of_no_sales_there_is_a_report_too() {
        let report = report(&[], 1);
        assert!(report.text().contains("0 sales in 2.0 s"), "{}", report.text());
        assert_eq!(report.document()["server_cpu_us_per_sale"], Value::Null);
    }
}
