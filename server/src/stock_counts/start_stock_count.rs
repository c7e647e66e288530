//! Starting a count: one at a time in a branch.

use kassa_proto::v1::{
    self as pb, ErrorReason as Reason, JournalKind, StockCountState, journal_record::Entry,
};
use uuid::Uuid;

use super::{again, convert::count_to_pb};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    error::Error,
    input,
    store::entity::stock_count::{self, StockCountIndex},
};

const NOTE: usize = 1_000;

/// A count to be started.
#[derive(Debug)]
pub struct StartStockCount {
    count_id: Option<Uuid>,
    note: String,
}

impl StartStockCount {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::StartStockCountRequest) -> Result<Self, Error> {
        Ok(Self {
            count_id: input::id(&request.count_id, || "count_id".to_owned())?,
            note: input::free_lines(request.note, NOTE, || "note".to_owned())?,
        })
    }

    fn free_id(&self, books: &WorkingSet, context: &Context) -> Result<Uuid, Stop> {
        let Some(id) = self.count_id else { return Ok(context.new_id()) };
        if books.get::<stock_count::Model>(&id)?.is_none() {
            return Ok(id);
        }
        let message = format!("the stock count {id} is in the books already");
        Err(Error::of_field(Reason::StockCountExists, "count_id", message).into())
    }
}

impl Posting for StartStockCount {
    const METHOD: &'static str = "kassa.v1.Stock/StartStockCount";
    type Reply = pb::StartStockCountResponse;

    fn read_set(&self, _: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        journal::read_set(read_set, caller.register_id, JournalKind::Stock);
        read_set.all::<stock_count::Model>(StockCountIndex::OpenAt(caller.branch_id));
        if let Some(id) = self.count_id {
            read_set.row::<stock_count::Model>(id);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let id = self.free_id(books, context)?;
        let open_at = StockCountIndex::OpenAt(caller.branch_id);
        if let Some(open) = books.find_one::<stock_count::Model>(&open_at)? {
            let message = "the branch is being counted: finish or cancel that count first";
            return Err(Error::new(Reason::StockCountOpen, message).with("count_id", open.id).into());
        }
        let row = stock_count::Model {
            id,
            branch_id: caller.branch_id,
            state: StockCountState::Open.into(),
            note: self.note.clone(),
            version: 1,
            line_count: 0,
            start_user_id: caller.user_id,
            start_time: to_micros(context.now),
            end_user_id: None,
            end_time: None,
            cancel_reason: String::new(),
            changed_count: 0,
        };
        let count = Some(count_to_pb(&row));
        books.insert(row)?;
        let entry = Entry::StockCountStarted(pb::StockCountStartedEntry { count: count.clone() });
        journal::append(books, context, caller.register_id, entry)?;
        Ok(Decision::Done(pb::StartStockCountResponse { count }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::StartStockCountResponse { count: Some(count_to_pb(again(document, books)?)) })
    }
}
