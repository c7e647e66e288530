//! Lines and carts as columns hold them: as the message that they came in, with nothing else in it.

use kassa_proto::v1 as pb;
use prost::{DecodeError, Message as _};

use super::time::stored_timestamp;
use crate::store::entity::{draft, stock_transfer};

/// The lines of a transfer of goods.
pub fn transfer_content(lines: Vec<pb::StockTransferLine>) -> Vec<u8> {
    pb::StockTransfer { lines, ..pb::StockTransfer::default() }.encode_to_vec()
}

/// The lines of a transfer's row.
///
/// # Errors
/// That they can't be read.
pub fn transfer_lines(row: &stock_transfer::Model) -> Result<Vec<pb::StockTransferLine>, DecodeError> {
    pb::StockTransfer::decode(row.content.as_slice()).map(|content| content.lines)
}

/// The lines of an adjustment of the stock.
pub fn adjustment_lines(lines: &[pb::StockAdjustmentLine]) -> Vec<u8> {
    pb::StockAdjustment { lines: lines.to_vec(), ..pb::StockAdjustment::default() }.encode_to_vec()
}

/// The lines of a purchase.
pub fn purchase_lines(lines: Vec<pb::PurchaseLine>) -> Vec<u8> {
    pb::Purchase { lines, ..pb::Purchase::default() }.encode_to_vec()
}

/// The cart of a draft.
pub fn draft_content(lines: Vec<pb::LineItem>, discounts: Vec<pb::Discount>, customer_id: String) -> Vec<u8> {
    pb::Draft { lines, discounts, customer_id, ..pb::Draft::default() }.encode_to_vec()
}

/// A draft without its cart.
pub fn draft_head_to_pb(draft: &draft::Model) -> pb::Draft {
    pb::Draft {
        draft_id: draft.id.to_string(),
        label: draft.label.clone(),
        state: draft.state,
        version: draft.version,
        branch_id: draft.branch_id.to_string(),
        terminal_id: draft.terminal_id.to_string(),
        user_id: draft.user_id.to_string(),
        lines: Vec::new(),
        discounts: Vec::new(),
        note: draft.note.clone(),
        order_id: draft.order_id.map(|id| id.to_string()).unwrap_or_default(),
        reason: draft.reason.clone(),
        create_time: Some(stored_timestamp(draft.create_time)),
        update_time: Some(stored_timestamp(draft.update_time)),
        sequence: draft.sequence,
        customer_id: String::new(),
    }
}
