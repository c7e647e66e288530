//! Stock counts: from the start to the end as their records say, and the differences that a finish moved.
//!
//! Registers have chains of their own, so the order of records says nothing: a count's version does.

use std::collections::{BTreeMap, HashMap};

use kassa_proto::v1::{self as pb, StockCause, StockCountState, journal_record::Entry};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Table, load, table_name},
    cost::Moved,
    journal::Record,
    record::{Unreadable, id, optional_id, optional_time, quantity, time},
    stock::{Goods, Moving, StockLedgers},
};
use crate::store::{
    cell::Cell,
    conditions::Found as _,
    entity::{stock_change, stock_count::Model, stock_count_line},
};

/// Lines whose expected quantities are looked up together.
const CHUNK: usize = 256;

/// The stock counts that the journal has.
#[derive(Default)]
pub struct StockCounts {
    steps: BTreeMap<Uuid, Vec<Step>>,
}

/// A record of a count.
struct Step {
    kind: Kind,
    /// The count since.
    row: Model,
    /// What was entered, or at the finish all there is.
    lines: Vec<stock_count_line::Model>,
    /// Whose record it is: branch, user, time.
    by: (Option<Uuid>, Uuid, i64),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Started,
    Entered,
    Finished,
    Cancelled,
}

impl StockCounts {
    /// Reads a record of a count at a branch: the count, and what its finish moved.
    pub fn apply(
        &mut self,
        line: &mut CheckLine,
        (record, branch_id): (&Record, Option<Uuid>),
        stock_ledgers: &mut StockLedgers,
    ) -> Result<(Uuid, Vec<stock_change::Model>), Unreadable> {
        let (kind, count, effects) = match &record.entry {
            Entry::StockCountStarted(entry) => (Kind::Started, &entry.count, [].as_slice()),
            Entry::StockCountEntered(entry) => (Kind::Entered, &entry.count, [].as_slice()),
            Entry::StockCountFinished(entry) => (Kind::Finished, &entry.count, entry.stock.as_slice()),
            Entry::StockCountCancelled(entry) => (Kind::Cancelled, &entry.count, [].as_slice()),
            _ => return Err(Unreadable::new("entry", "is not of a stock count")),
        };
        let count = count.as_ref().ok_or_else(|| Unreadable::new("count", "is missing"))?;
        let row = count_row(count)?;
        let lines = count.lines.iter().map(|line| line_row(row.id, line));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        line.examine(1);
        let by = (branch_id, id(&record.header.user_id, "user_id")?, record.time()?);
        let moving = Moving { branch_id: row.branch_id, document_id: row.id, create_time: by.2 };
        let differing = lines.iter().filter(|line| kind == Kind::Finished && line.difference() != 0);
        let goods = differing.map(|line| Goods {
            product_id: line.product_id,
            moved: Moved { cause: StockCause::Count.into(), quantity: line.difference(), cost: None },
        });
        let changes = stock_ledgers.moved(line, &moving, &goods.collect::<Vec<_>>(), effects)?;
        let id = row.id;
        self.steps.entry(id).or_default().push(Step { kind, row, lines, by });
        Ok((id, changes))
    }

    /// Whether the journal has a count.
    pub fn contains(&self, id: Uuid) -> bool {
        self.steps.contains_key(&id)
    }

    /// Puts the records of each count together, and compares counts and lines with their tables.
    pub fn compare(self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        for steps in self.steps.into_values() {
            let Some((row, of_count)) = together(line, steps) else { continue };
            prove_expected(database, line, row.branch_id, &of_count)?;
            rows.push(row);
            lines.extend(of_count);
        }
        Table::compare_all(database, line, rows)?;
        Table::compare_all(database, line, lines)
    }
}

/// The count as its records make it, one after the other.
fn together(line: &mut CheckLine, mut steps: Vec<Step>) -> Option<(Model, Vec<stock_count_line::Model>)> {
    steps.sort_by_key(|step| step.row.version);
    let (mut count, mut lines) = (None, BTreeMap::new());
    for step in steps {
        if step.kind == Kind::Entered {
            lines.extend(step.lines.iter().map(|line| (line.product_id, line.clone())));
        }
        if step.kind == Kind::Finished && !step.lines.iter().eq(lines.values()) {
            fault(line, &step.row, "was finished with other lines than were entered");
        }
        if step.kind == Kind::Entered && !step.lines.iter().all(|entered| step.could_enter(entered)) {
            fault(line, &step.row, "has lines of somebody else than its record, or of another time");
        }
        let right = step.after(count.as_ref(), lines.values());
        if right.as_ref() != Some(&step.row) || step.by.0 != Some(step.row.branch_id) {
            let version = step.row.version;
            fault(line, &step.row, &format!("version {version} does not follow from what was before"));
        }
        count = Some(step.row);
    }
    Some((count?, lines.into_values().collect()))
}

impl Step {
    /// Whether a line is of who entered it, and counted while the count was open.
    fn could_enter(&self, line: &stock_count_line::Model) -> bool {
        let (_, user_id, time) = self.by;
        let start = self.row.start_time;
        line.user_id == user_id && (start..=time.max(start)).contains(&line.count_time)
    }

    /// The count that the record makes of what was before; none if it can't.
    fn after<'a>(
        &self,
        before: Option<&Model>,
        lines: impl Iterator<Item = &'a stock_count_line::Model>,
    ) -> Option<Model> {
        let (_, user_id, time) = self.by;
        let Some(before) = before else {
            return (self.kind == Kind::Started).then(|| Model {
                id: self.row.id,
                branch_id: self.row.branch_id,
                state: StockCountState::Open.into(),
                note: self.row.note.clone(),
                version: 1,
                line_count: 0,
                start_user_id: user_id,
                start_time: time,
                end_user_id: None,
                end_time: None,
                cancel_reason: String::new(),
                changed_count: 0,
            });
        };
        let (entered, different) = lines.fold((0, 0), |(entered, different), line| {
            (entered + 1, different + i32::from(line.difference() != 0))
        });
        let after = Model { version: before.version.saturating_add(1), ..before.clone() };
        let ended = |state: StockCountState| Model {
            state: state.into(),
            end_user_id: Some(user_id),
            end_time: Some(time),
            ..after.clone()
        };
        let after = match self.kind {
            Kind::Started => return None,
            Kind::Entered => Model { line_count: entered, ..after },
            Kind::Finished => Model { changed_count: different, ..ended(StockCountState::Finished) },
            Kind::Cancelled => {
                let cancel_reason = self.row.cancel_reason.clone();
                Model { cancel_reason, ..ended(StockCountState::Cancelled) }
            }
        };
        before.is_open().then_some(after)
    }
}

/// Proves that the books had what the lines say, after the changes that they name.
fn prove_expected(
    database: &Inspection,
    line: &mut CheckLine,
    branch_id: Uuid,
    lines: &[stock_count_line::Model],
) -> Result<(), Failure> {
    for chunk in lines.chunks(CHUNK) {
        let keys: Vec<_> =
            chunk.iter().map(|line| (branch_id, line.product_id, line.stock_sequence)).collect();
        let stored = load::<stock_change::Model>(database, stock_change::Model::by_keys(&keys))?;
        let balances: HashMap<Vec<Cell>, Option<i64>> = stored
            .iter()
            .map(|row| {
                let balance = row.get::<stock_change::Model>(stock_change::Column::Balance).number();
                (row.key::<stock_change::Model>(), balance)
            })
            .collect();
        for counted in chunk {
            line.examine(1);
            let key =
                [Cell::Id(branch_id), Cell::Id(counted.product_id), Cell::Number(counted.stock_sequence)];
            let nothing = (counted.stock_sequence == 0).then_some(0);
            let right = balances.get(key.as_slice()).copied().flatten().or(nothing);
            if right != Some(counted.expected) {
                let what = format!(
                    "expected {} of product {}, which the stock's journal does not say",
                    counted.expected, counted.product_id
                );
                line.fault(table_name::<Model>(), counted.count_id.to_string(), what);
            }
        }
    }
    Ok(())
}

fn fault(line: &mut CheckLine, row: &Model, what: &str) {
    line.fault(table_name::<Model>(), row.id.to_string(), what);
}

fn count_row(count: &pb::StockCount) -> Result<Model, Unreadable> {
    Ok(Model {
        id: id(&count.count_id, "count.count_id")?,
        branch_id: id(&count.branch_id, "count.branch_id")?,
        state: count.state,
        note: count.note.clone(),
        version: count.version,
        line_count: count.line_count,
        start_user_id: id(&count.start_user_id, "count.start_user_id")?,
        start_time: time(count.start_time.as_ref(), "count.start_time")?,
        end_user_id: optional_id(&count.end_user_id, "count.end_user_id")?,
        end_time: optional_time(count.end_time.as_ref(), "count.end_time")?,
        cancel_reason: count.cancel_reason.clone(),
        changed_count: count.changed_count,
    })
}

fn line_row(count_id: Uuid, line: &pb::StockCountLine) -> Result<stock_count_line::Model, Unreadable> {
    Ok(stock_count_line::Model {
        count_id,
        product_id: id(&line.product_id, "count.lines.product_id")?,
        counted: quantity(line.counted.as_ref(), "count.lines.counted")?,
        expected: quantity(line.expected.as_ref(), "count.lines.expected")?,
        stock_sequence: line.stock_sequence,
        user_id: id(&line.user_id, "count.lines.user_id")?,
        count_time: time(line.count_time.as_ref(), "count.lines.count_time")?,
    })
}
