//! Taking a draft over: a cart goes on at another terminal, or with another cashier.

use kassa_proto::v1::{self as pb, DocumentKind};

use super::{Read, again, change, draft_to_pb};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    error::Error,
    store::entity::draft,
};

/// A draft to be held by the caller.
#[derive(Debug)]
pub struct TakeOverDraft {
    read: Read,
}

impl TakeOverDraft {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(request: pb::TakeOverDraftRequest) -> Result<Self, Error> {
        Ok(Self { read: Read::parse(&request.draft_id, (request.version, "version"))? })
    }
}

impl Posting for TakeOverDraft {
    const METHOD: &'static str = "kassa.v1.Orders/TakeOverDraft";
    type Reply = pb::TakeOverDraftResponse;

    fn read_set(&self, _: &WorkingSet, _: &Caller, read_set: &mut ReadSet) {
        read_set.row::<draft::Model>(self.read.id);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        self.read.find(books, caller)?;
        let draft = change(books, context, self.read.id, |draft| {
            (draft.terminal_id, draft.user_id) = (caller.terminal_id, caller.user_id);
        })?;
        books.note_document(Document { kind: DocumentKind::Draft, id: draft.id });
        Ok(Decision::Done(pb::TakeOverDraftResponse { draft: Some(draft_to_pb(&draft)?) }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::TakeOverDraftResponse { draft: Some(again(books, document.id)?) })
    }
}
