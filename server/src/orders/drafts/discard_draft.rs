//! Discarding a draft: a cart that will not be sold.

use kassa_proto::v1::{self as pb, DocumentKind, JournalKind, OrderState, journal_record::Entry};

use super::{Read, again, draft_to_pb, end};
use crate::{
    books::{Caller, Context, Decision, Document, Needs, Posting, Stop, WorkingSet, journal},
    error::Error,
    input,
    store::entity::{branch, draft},
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
            reason: input::free_text(request.reason, REASON, || "reason".to_owned())?,
        })
    }
}

impl Posting for DiscardDraft {
    const METHOD: &'static str = "kassa.v1.Orders/DiscardDraft";
    type Reply = pb::DiscardDraftResponse;

    fn needs(&self, _: &WorkingSet, caller: &Caller, needs: &mut Needs) {
        needs.row::<branch::Model>(caller.branch_id);
        needs.row::<draft::Model>(self.read.id);
        journal::needs(needs, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        self.read.find(books, context.caller)?;
        let ended = end(books, context, self.read.id, |draft| {
            draft.state = OrderState::Cancelled.into();
            draft.reason.clone_from(&self.reason);
        })?;
        let draft = draft_to_pb(&ended)?;
        let entry = Entry::DraftDiscarded(pb::DraftDiscardedEntry { draft: Some(draft.clone()) });
        journal::append(books, context, context.caller.register_id, JournalKind::Audit, entry)?;
        Ok(Decision::Done {
            reply: pb::DiscardDraftResponse { draft: Some(draft) },
            made: Some(Document { kind: DocumentKind::Draft, id: ended.id }),
        })
    }

    fn again(&self, made: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::DiscardDraftResponse { draft: Some(again(books, made.id)?) })
    }
}
