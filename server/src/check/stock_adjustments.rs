//! Adjustments: worth what their lines are, and moving what they say.

use std::collections::BTreeMap;

use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, StockCause},
};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    CheckLine,
    compare::{Table, table_name},
    journal::Record,
    record::{self, Unreadable, id, quantity},
    stock::{Moving, Shelves, prove_goods},
};
use crate::{
    stock_adjustments::convert::{reason_text, value},
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
        shelves: &mut Shelves,
    ) -> Result<(Model, Vec<stock_change::Model>), Unreadable> {
        line.examine(1);
        let missing = || Unreadable::new("adjustment", "is missing");
        let adjustment = entry.adjustment.as_ref().ok_or_else(missing)?;
        let row = record::stock_adjustment(adjustment)?;
        let by = (Some(row.branch_id), row.user_id, row.create_time);
        if by != (branch_id, id(&record.header.user_id, "user_id")?, record.time()?) {
            fault(line, &row, "does not belong to the record that it stands in");
        }
        if !adds_up(adjustment)? {
            fault(line, &row, "is not worth what its lines are");
        }
        let moving = Moving { branch_id: row.branch_id, document_id: row.id, create_time: row.create_time };
        let changes = shelves.moved(line, &moving, &entry.stock)?;
        prove_goods(line, &moving, &changes, &goods(adjustment)?);
        let reasons = adjustment.lines.iter().map(|line| reason_text(line.reason(), &line.note));
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
    pub async fn compare(self, database: &impl ConnectionTrait, line: &mut CheckLine) -> Result<(), DbErr> {
        Table::compare_all(database, line, self.rows.into_values()).await
    }
}

/// Whether each line is worth its quantity at its price, and all together what the adjustment says.
fn adds_up(adjustment: &pb::StockAdjustment) -> Result<bool, Unreadable> {
    let mut together: i64 = 0;
    for line in &adjustment.lines {
        let quantity = Quantity::from_thousandths(quantity(line.quantity.as_ref(), "lines.quantity")?);
        let price = record::money(line.unit_price.as_ref(), "lines.unit_price")?;
        let worth = record::money(line.value.as_ref(), "lines.value")?;
        if value(price, quantity) != Some(worth) {
            return Ok(false);
        }
        together = together.saturating_add(worth);
    }
    let count = usize::try_from(adjustment.line_count).unwrap_or_default();
    Ok((together, adjustment.lines.len()) == (record::money(adjustment.value.as_ref(), "value")?, count))
}

/// What the lines must have moved.
fn goods(adjustment: &pb::StockAdjustment) -> Result<Vec<(i32, Uuid, i64)>, Unreadable> {
    let lines = adjustment.lines.iter().map(|line| {
        let product_id = id(&line.product_id, "lines.product_id")?;
        Ok((StockCause::Adjustment.into(), product_id, quantity(line.quantity.as_ref(), "lines.quantity")?))
    });
    lines.collect()
}

fn fault(line: &mut CheckLine, row: &Model, what: &str) {
    line.fault(table_name::<Model>(), row.id.to_string(), what);
}
