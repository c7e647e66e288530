//! What the model knows of adjustments and counts of the stock.

use std::collections::BTreeMap;

use kassa_proto::v1::{self as pb, StockCause, StockCountState};
use prost::Message as _;
use uuid::Uuid;

use super::{
    change_set::ChangeSet,
    ledger::{Checked, ensure, same},
    predict::quantity,
};
use crate::store::entity::{stock_count, stock_count_line};

/// Of a product at a branch: its changes, and what there is.
type StockLedgers = BTreeMap<(Uuid, Uuid), [i64; 2]>;

/// The counts of all branches.
#[derive(Debug, Default)]
pub struct Counting {
    pub counts: BTreeMap<Uuid, stock_count::Model>,
    lines: BTreeMap<(Uuid, Uuid), stock_count_line::Model>,
}

impl Counting {
    /// The count that is open at a branch.
    pub fn open_at(&self, branch_id: Uuid) -> Option<&stock_count::Model> {
        self.counts.values().find(|count| count.branch_id == branch_id && count.is_open())
    }

    /// Takes in what a posting changed. `stock_ledgers` are as it left them.
    ///
    /// # Errors
    /// What does not hold.
    pub fn take(&mut self, changes: &ChangeSet, stock_ledgers: &StockLedgers) -> Checked {
        for (before, row) in &changes.stock_counts {
            same(|| "the count before".to_owned(), before.as_ref(), self.counts.get(&row.id))?;
            let version = before.as_ref().map_or(1, |before| before.version + 1);
            same(|| "the version of a count".to_owned(), row.version, version)?;
            ensure!(before.as_ref().is_none_or(stock_count::Model::is_open), "a count goes on after its end");
            self.counts.insert(row.id, row.clone());
        }
        for (_, row) in &changes.stock_count_lines {
            let count = self.counts.get(&row.count_id).ok_or("a line of no count")?;
            let known = stock_ledgers.get(&(count.branch_id, row.product_id)).copied().unwrap_or_default();
            same(|| format!("the expected of {row:?}"), [row.stock_sequence, row.expected], known)?;
            self.lines.insert((row.count_id, row.product_id), row.clone());
        }
        for (_, row) in &changes.stock_counts {
            let of_count = self.of_count(row.id).count();
            same(|| "the lines of a count".to_owned(), usize::try_from(row.line_count), Ok(of_count))?;
        }
        self.moved(changes)
    }

    fn of_count(&self, id: Uuid) -> impl Iterator<Item = &stock_count_line::Model> {
        self.lines.values().filter(move |line| line.count_id == id)
    }

    /// Goods were moved by adjustments and by the differences of counts that were finished, and by no other.
    fn moved(&self, changes: &ChangeSet) -> Checked {
        let mut right = Vec::new();
        for (before, row) in &changes.adjustments {
            ensure!(before.is_none(), "an adjustment was changed: {row:?}");
            let lines = pb::StockAdjustment::decode(row.lines.as_slice()).map_err(|it| it.to_string())?.lines;
            for line in lines {
                let product = Uuid::try_parse(&line.product_id).map_err(|error| error.to_string())?;
                right.push((
                    i32::from(StockCause::Adjustment),
                    row.id,
                    product,
                    quantity(line.quantity.as_ref()),
                ));
            }
        }
        let finished =
            changes.stock_counts.iter().filter(|(_, row)| row.state == i32::from(StockCountState::Finished));
        for line in finished.flat_map(|(_, row)| self.of_count(row.id)).filter(|line| line.difference() != 0)
        {
            right.push((StockCause::Count.into(), line.count_id, line.product_id, line.difference()));
        }
        let causes = [StockCause::Adjustment, StockCause::Count].map(i32::from);
        let moved = changes.stock_changes.iter().filter(|(_, row)| causes.contains(&row.cause));
        let moved = moved
            .map(|(_, row)| (row.cause, row.document_id.unwrap_or_default(), row.product_id, row.quantity));
        let mut moved: Vec<_> = moved.collect();
        moved.sort_unstable();
        right.sort_unstable();
        same(|| "the goods of adjustments and counts".to_owned(), moved, right)
    }
}
