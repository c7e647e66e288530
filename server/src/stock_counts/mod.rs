//! Counts of what is on the shelves, while the shop goes on selling.
//!
//! What is entered notes what the books had when the goods were counted. The finish changes the stock by
//! the differences: what was sold in between is accounted for by itself. A branch has one open count, so
//! that nobody's count corrects what another one is correcting.

pub mod cancel_stock_count;
pub mod convert;
pub mod enter_stock_count;
pub mod finish_stock_count;
pub mod history;
pub mod queries;
pub mod start_stock_count;

use kassa_proto::v1::{ErrorReason as Reason, JournalKind, StockCountState};
use uuid::Uuid;

use crate::{
    books::{Context, Document, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    error::Error,
    store::entity::stock_count,
};

/// Names what [`open`] needs, and the journal.
fn read_set(count_id: Uuid, caller: &Caller, read_set: &mut ReadSet) {
    read_set.row::<stock_count::Model>(count_id);
    journal::read_set(read_set, caller.register_id, JournalKind::Stock);
}

/// An open count of the caller's branch: others are none of the caller's business.
fn open<'a>(books: &'a WorkingSet, caller: &Caller, id: Uuid) -> Result<&'a stock_count::Model, Stop> {
    let found = books.get::<stock_count::Model>(&id)?.filter(|count| count.branch_id == caller.branch_id);
    let count = found.ok_or_else(|| not_found(&id.to_string()))?;
    if count.is_open() {
        return Ok(count);
    }
    let state = StockCountState::try_from(count.state).unwrap_or_default();
    let what = if state == StockCountState::Cancelled { "cancelled" } else { "finished" };
    let message = format!("was {what} already; start a new count");
    let error = Error::of_field(Reason::StockCountFinished, "count_id", message);
    Err(error.with("state", state.as_str_name()).into())
}

/// Changes a count: its version grows.
fn change(
    books: &mut WorkingSet,
    id: Uuid,
    change: impl FnOnce(&mut stock_count::Model),
) -> Result<stock_count::Model, Stop> {
    books.update::<stock_count::Model, _>(&id, |count| {
        change(count);
        count.version = count.version.saturating_add(1);
        Ok(count.clone())
    })
}

/// Ends a count.
fn end(
    books: &mut WorkingSet,
    context: &Context,
    id: Uuid,
    state: StockCountState,
    how: impl FnOnce(&mut stock_count::Model),
) -> Result<stock_count::Model, Stop> {
    change(books, id, |count| {
        count.state = state.into();
        count.end_user_id = Some(context.caller.user_id);
        count.end_time = Some(to_micros(context.now));
        how(count);
    })
}

/// The count that a key has made or changed, as it is now.
fn again(document: Document, books: &WorkingSet) -> Result<&stock_count::Model, Stop> {
    books.require(&document.id, || Error::internal(format_args!("the stock count {} is gone", document.id)))
}

/// There is no such count, or not in this branch.
fn not_found(name: &str) -> Error {
    Error::of_field(Reason::StockCountNotFound, "count_id", format!("there is no stock count {name}"))
}
