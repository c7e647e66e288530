//! Counts between the wire and the rows.

use kassa_proto::{decimal::Quantity, v1 as pb};

use crate::{
    encoding::time::stored_timestamp,
    store::entity::{product, stock_count, stock_count_line},
};

/// A count without its lines.
pub fn count_to_pb(row: &stock_count::Model) -> pb::StockCount {
    pb::StockCount {
        count_id: row.id.to_string(),
        branch_id: row.branch_id.to_string(),
        state: row.state,
        note: row.note.clone(),
        version: row.version,
        line_count: row.line_count,
        lines: Vec::new(),
        start_user_id: row.start_user_id.to_string(),
        start_time: Some(stored_timestamp(row.start_time)),
        end_user_id: row.end_user_id.map(|id| id.to_string()).unwrap_or_default(),
        end_time: row.end_time.map(stored_timestamp),
        cancel_reason: row.cancel_reason.clone(),
        changed_count: row.changed_count,
    }
}

/// A line with what is expected, as the journal has it and supervisors see it.
pub fn line_to_pb(row: &stock_count_line::Model, product: &product::Model) -> pb::StockCountLine {
    let decimal = |thousandths| pb::Decimal::from(Quantity::from_thousandths(thousandths));
    pb::StockCountLine {
        product_id: row.product_id.to_string(),
        sku: product.sku.clone(),
        name: product.name.clone(),
        unit: product.unit.clone(),
        counted: Some(decimal(row.counted)),
        expected: Some(decimal(row.expected)),
        difference: Some(decimal(row.difference())),
        stock_sequence: row.stock_sequence,
        user_id: row.user_id.to_string(),
        count_time: Some(stored_timestamp(row.count_time)),
    }
}

/// The same for whoever counts blind.
pub fn blind(line: pb::StockCountLine) -> pb::StockCountLine {
    pb::StockCountLine { expected: None, difference: None, stock_sequence: 0, ..line }
}
