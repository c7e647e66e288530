//! Receipts that were given out: the original once, and copies without gaps.

use std::collections::{BTreeMap, BTreeSet};

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::Table,
    orders::Orders,
    record::{self, Unreadable},
};
use crate::store::entity::receipt_print::Model;

/// The papers of each order, as the journal has them.
#[derive(Default)]
pub struct Copies {
    papers: BTreeMap<Uuid, BTreeSet<i64>>,
}

impl Copies {
    /// A receipt was given out.
    pub fn printed(
        &mut self,
        line: &mut CheckLine,
        entry: &pb::ReceiptPrintedEntry,
    ) -> Result<(), Unreadable> {
        line.examine(1);
        let order_id = record::id(&entry.order_id, "order_id")?;
        if !self.papers.entry(order_id).or_default().insert(entry.copy_number) {
            let what = format!("copy {} stands twice in the journal", entry.copy_number);
            line.fault("receipt_prints", name(order_id), what);
        }
        Ok(())
    }

    /// Compares what the journal makes of them with their table.
    pub fn compare(
        self,
        database: &Inspection,
        line: &mut CheckLine,
        orders: &Orders,
    ) -> Result<(), Failure> {
        let mut rows = Vec::with_capacity(self.papers.len());
        for (order_id, papers) in self.papers {
            let print_count = i64::try_from(papers.len()).unwrap_or(i64::MAX);
            if papers != (0..print_count).collect() {
                line.fault("receipt_prints", name(order_id), "its copies are not numbered without gaps");
            }
            if !orders.contains(order_id) {
                line.fault("receipt_prints", name(order_id), "is of no order of the journal's");
            }
            rows.push(Model { order_id, print_count });
        }
        Table::compare_all(database, line, rows)
    }
}

fn name(order_id: Uuid) -> String {
    format!("order {order_id}")
}
