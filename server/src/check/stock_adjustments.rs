//! Adjustments: worth what their lines are, and moving what they say.

use std::collections::BTreeMap;

use kassa_proto::{
    money::MAX_AMOUNT_MINOR,
    v1::{self as pb, StockCause},
};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Table, table_name},
    cost::Moved,
    journal::Record,
    record::{Unreadable, date, id, money, quantity, time},
    stock::{Goods, Moving, StockLedgers},
};
use crate::{
    encoding::lines::adjustment_lines,
    store::entity::{stock_adjustment::Model, stock_change},
};

/// The adjustments that the journal has.
#[derive(Default)]
pub struct StockAdjustments {
    rows: BTreeMap<Uuid, Model>,
}

impl StockAdjustments {
    /// The stock was adjusted at a branch: what that moved.
    pub fn adjusted(
        &mut self,
        line: &mut CheckLine,
        (record, branch_id): (&Record, Option<Uuid>),
        entry: &pb::StockAdjustedEntry,
        stock_ledgers: &mut StockLedgers,
    ) -> Result<(Model, Vec<stock_change::Model>), Unreadable> {
        line.examine(1);
        let missing = || Unreadable::new("adjustment", "is missing");
        let adjustment = entry.adjustment.as_ref().ok_or_else(missing)?;
        let row = adjustment_row(adjustment)?;
        let by = (Some(row.branch_id), row.user_id, row.create_time);
        if by != (branch_id, id(&record.header.user_id, "user_id")?, record.time()?) {
            fault(line, &row, "does not belong to the record that it stands in");
        }
        if !adds_up(adjustment)? {
            fault(line, &row, "is not worth what its lines are");
        }
        let moving = Moving { branch_id: row.branch_id, document_id: row.id, create_time: row.create_time };
        let changes = stock_ledgers.moved(line, &moving, &goods(adjustment)?, &entry.stock)?;
        let reasons = adjustment.lines.iter().map(reason);
        if !reasons.eq(changes.iter().map(|change| change.reason.clone())) {
            fault(line, &row, "moved goods for other reasons than its lines say");
        }
        if let Some(twice) = self.rows.insert(row.id, row.clone()) {
            fault(line, &twice, "stands twice in the journal");
        }
        Ok((row, changes))
    }

    /// Whether the journal has an adjustment.
    pub fn contains(&self, id: Uuid) -> bool {
        self.rows.contains_key(&id)
    }

    /// Compares the adjustments with their rows.
    pub fn compare(self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        Table::compare_all(database, line, self.rows.into_values())
    }
}

/// Whether each line is worth its quantity at its price, and all together what the adjustment says.
fn adds_up(adjustment: &pb::StockAdjustment) -> Result<bool, Unreadable> {
    let mut together: i64 = 0;
    for line in &adjustment.lines {
        let quantity = quantity(line.quantity.as_ref(), "lines.quantity")?;
        let price = money(line.unit_price.as_ref(), "lines.unit_price")?;
        let worth = money(line.value.as_ref(), "lines.value")?;
        if worth_of(price, quantity) != Some(worth) {
            return Ok(false);
        }
        together = together.saturating_add(worth);
    }
    let count = usize::try_from(adjustment.line_count).unwrap_or_default();
    Ok((together, adjustment.lines.len()) == (money(adjustment.value.as_ref(), "value")?, count))
}

/// What the lines must have moved.
fn goods(adjustment: &pb::StockAdjustment) -> Result<Vec<Goods>, Unreadable> {
    let lines = adjustment.lines.iter().map(|line| {
        let quantity = quantity(line.quantity.as_ref(), "lines.quantity")?;
        let moved = Moved { cause: StockCause::Adjustment.into(), quantity, cost: None };
        Ok(Goods { product_id: id(&line.product_id, "lines.product_id")?, moved })
    });
    lines.collect()
}

/// What so much is worth at its price, whether it comes or goes: half away from zero, and none beyond what an amount
/// may be.
fn worth_of(price: i64, quantity: i64) -> Option<i64> {
    let exact = i128::from(price) * i128::from(quantity.unsigned_abs());
    let (whole, rest) = (exact / 1_000, exact % 1_000);
    let worth = whole + i128::from(rest >= 500);
    i64::try_from(worth).ok().filter(|worth| *worth <= MAX_AMOUNT_MINOR)
}

/// What the shelf's journal says of why a line was adjusted, such as `DAMAGED: fell down`.
fn reason(line: &pb::StockAdjustmentLine) -> String {
    let name = line.reason().as_str_name();
    let word = name.strip_prefix("STOCK_ADJUSTMENT_REASON_").unwrap_or(name);
    if line.note.is_empty() { word.to_owned() } else { format!("{word}: {}", line.note) }
}

fn fault(line: &mut CheckLine, row: &Model, what: &str) {
    line.fault(table_name::<Model>(), row.id.to_string(), what);
}

fn adjustment_row(adjustment: &pb::StockAdjustment) -> Result<Model, Unreadable> {
    Ok(Model {
        id: id(&adjustment.adjustment_id, "adjustment.adjustment_id")?,
        branch_id: id(&adjustment.branch_id, "adjustment.branch_id")?,
        user_id: id(&adjustment.user_id, "adjustment.user_id")?,
        business_date: date(adjustment.business_date, "adjustment.business_date")?,
        lines: adjustment_lines(&adjustment.lines),
        line_count: adjustment.line_count,
        note: adjustment.note.clone(),
        value: money(adjustment.value.as_ref(), "adjustment.value")?,
        create_time: time(adjustment.create_time.as_ref(), "adjustment.create_time")?,
    })
}
