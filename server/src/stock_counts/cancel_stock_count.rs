//! Giving a count up: nothing changes.

use kassa_proto::v1::{self as pb, StockCountState, journal_record::Entry};
use uuid::Uuid;

use super::{again, convert::count_to_pb, end, open};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    error::Error,
    input,
};

const REASON: usize = 200;

/// A count to be given up.
#[derive(Debug)]
pub struct CancelStockCount {
    count_id: Uuid,
    reason: String,
}

impl CancelStockCount {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::CancelStockCountRequest) -> Result<Self, Error> {
        Ok(Self {
            count_id: input::required_id(&request.count_id, || "count_id".to_owned())?,
            reason: input::required_free_line(request.reason, REASON, || "reason".to_owned())?,
        })
    }
}

impl Posting for CancelStockCount {
    const METHOD: &'static str = "kassa.v1.Stock/CancelStockCount";
    type Reply = pb::CancelStockCountResponse;

    fn read_set(&self, _: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        super::read_set(self.count_id, caller, read_set);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        open(books, context.caller, self.count_id)?;
        let after = end(books, context, self.count_id, StockCountState::Cancelled, |count| {
            count.cancel_reason.clone_from(&self.reason);
        })?;
        let count = Some(count_to_pb(&after));
        let entry = Entry::StockCountCancelled(pb::StockCountCancelledEntry { count: count.clone() });
        journal::append(books, context, context.caller.register_id, entry)?;
        Ok(Decision::Done(pb::CancelStockCountResponse { count }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::CancelStockCountResponse { count: Some(count_to_pb(again(document, books)?)) })
    }
}
