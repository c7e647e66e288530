//! Discarding a draft: a cart that will not be sold.

use kassa_proto::v1::{self as pb, JournalKind, OrderState, journal_record::Entry};
use uuid::Uuid;

use super::{Read, again, draft_to_pb, end};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    counters,
    encoding::counter::{Counter, Figures},
    error::Error,
    input,
    shifts::selling,
    store::entity::{
        branch, draft,
        shift::{self, ShiftIndex},
    },
};

const REASON: usize = 200;

/// A draft to be ended without a sale.
#[derive(Debug)]
pub struct DiscardDraft {
    read: Read,
    reason: String,
}

impl DiscardDraft {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::DiscardDraftRequest) -> Result<Self, Error> {
        if request.reason.trim().is_empty() {
            return Err(Error::invalid("reason", "is required"));
        }
        Ok(Self {
            read: Read::parse(&request.draft_id, (request.version, "version"))?,
            reason: input::free_line(request.reason, REASON, || "reason".to_owned())?,
        })
    }
}

impl Posting for DiscardDraft {
    const METHOD: &'static str = "kassa.v1.Orders/DiscardDraft";
    type Reply = pb::DiscardDraftResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<branch::Model>(caller.branch_id);
        read_set.row::<draft::Model>(self.read.id);
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
        selling::read_set(known, caller.register_id, None, read_set);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        self.read.find(books, context.caller)?;
        let ended = end(books, context, self.read.id, |draft| {
            draft.state = OrderState::Cancelled.into();
            draft.reason.clone_from(&self.reason);
        })?;
        let draft = draft_to_pb(&ended)?;
        let shift_id = count(books, context.caller)?;
        let entry = pb::DraftDiscardedEntry {
            draft: Some(draft.clone()),
            shift_id: shift_id.map(|id| id.to_string()).unwrap_or_default(),
        };
        let entry = Entry::DraftDiscarded(entry);
        journal::append(books, context, context.caller.register_id, entry)?;
        Ok(Decision::Done(pb::DiscardDraftResponse { draft: Some(draft) }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::DiscardDraftResponse { draft: Some(again(books, document.id)?) })
    }
}

/// Counts it in the shift that is open where it is discarded. A cart may also go when none is.
fn count(books: &mut WorkingSet, caller: &Caller) -> Result<Option<Uuid>, Stop> {
    let open = books.find_one::<shift::Model>(&ShiftIndex::OpenOn(caller.register_id))?;
    let shift_id = open.map(|shift| shift.id);
    if let Some(id) = shift_id {
        counters::count(books, id, &Counter::Corrections, Figures { count: 1, amount: 0, tax: 0 })?;
    }
    Ok(shift_id)
}
