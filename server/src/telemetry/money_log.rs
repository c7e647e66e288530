//! What happened to money, a JSON line a document, in files of its own: for whoever looks for a sale with
//! a text editor. A copy for convenience, written after the commit: the journal is the truth.

use std::io::Write as _;

use kassa_proto::{
    money::Currency,
    v1::{self as pb, JournalRecord},
};
use serde::Serialize;
use tracing::{
    Event,
    field::{Field, Visit},
};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::{Layer, layer::Context};

use crate::journal::entries::about;

/// The target of the events that become lines; no level of the log silences it.
pub const TARGET: &str = "kassa_money";

/// A document about money, in the order in which people look for it.
#[derive(Serialize)]
struct DocumentLine<'a> {
    time: &'a str,
    what: &'a str,
    number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    register: &'a str,
    user_id: &'a str,
    terminal_id: &'a str,
    method: &'a str,
    request_id: &'a str,
}

/// Whether somebody keeps the lines.
pub fn is_kept() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::INFO)
}

/// Writes a line that [`lines`] made.
pub fn write(line: &str) {
    tracing::info!(target: TARGET, line);
}

/// The lines of a record: one for each document about money in it. Of people there are ids alone.
pub fn lines(record: &JournalRecord, time: &str, request_id: &str, register_code: &str) -> Vec<String> {
    let Some(entry) = &record.entry else { return Vec::new() };
    let about = about(entry);
    let kind = about.event.as_str_name().trim_start_matches("EVENT_KIND_");
    let line = about.money.into_iter().map(|(number, money)| {
        let line = DocumentLine {
            time,
            what: kind,
            number,
            amount: money.map(amount),
            currency: money.map(|money| money.currency_code.as_str()),
            register: register_code,
            user_id: &record.user_id,
            terminal_id: &record.terminal_id,
            method: &record.method,
            request_id,
        };
        serde_json::to_string(&line).unwrap_or_default()
    });
    line.collect()
}

fn amount(money: &pb::Money) -> String {
    Currency::from_code(&money.currency_code)
        .map_or_else(|| money.amount_minor.to_string(), |currency| currency.format(money.amount_minor))
}

/// Where the lines go.
pub struct MoneyLog {
    writer: NonBlocking,
}

impl MoneyLog {
    /// Writes to the files behind `writer`.
    pub fn new(writer: NonBlocking) -> Self {
        Self { writer }
    }
}

impl<S: tracing::Subscriber> Layer<S> for MoneyLog {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        // It is handed to a thread. What that is too slow to take is lost, and nobody waits: the journal has it.
        let _ = self.writer.clone().write_all(line.0.as_bytes());
    }
}

/// The line in an event.
#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "line" {
            self.0 = format!("{value}\n");
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}
