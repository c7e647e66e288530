//! Saving a draft: after each line, with the version that was read.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, OrderState};
use uuid::Uuid;

use super::{change, draft_to_pb, not_found, of_branch, still_open, version_mismatch};
use crate::{
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    clock::to_micros,
    encoding::lines::draft_content,
    error::Error,
    hashes::draft_seal,
    input,
    orders::cart::Cart,
    store::entity::{branch, draft},
};

const LABEL: usize = 100;
const NOTE: usize = 1_000;
/// Open drafts of a branch: more than any shop has carts.
const MOST_OPEN: i64 = 200;

/// A cart to be kept.
#[derive(Debug)]
pub struct SaveDraft {
    draft_id: Option<Uuid>,
    version: i64,
    label: String,
    content: Vec<u8>,
    note: String,
}

impl SaveDraft {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::SaveDraftRequest) -> Result<Self, Error> {
        if request.version < 0 {
            return Err(Error::invalid("version", "must not be negative"));
        }
        // Checked like a sale's cart, and stored as it was sent.
        Cart::parse_unfinished(request.lines.clone(), request.discounts.clone(), Vec::new())?;
        let customer_id = input::id(&request.customer_id, || "customer_id".to_owned())?;
        let customer_id = customer_id.map(|id| id.to_string()).unwrap_or_default();
        Ok(Self {
            draft_id: input::id(&request.draft_id, || "draft_id".to_owned())?,
            version: request.version,
            label: input::free_line(request.label, LABEL, || "label".to_owned())?,
            content: draft_content(request.lines, request.discounts, customer_id),
            note: input::free_lines(request.note, NOTE, || "note".to_owned())?,
        })
    }
}

impl Posting for SaveDraft {
    const METHOD: &'static str = "kassa.v1.Orders/SaveDraft";
    type Reply = pb::SaveDraftResponse;

    fn read_set(&self, _: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<branch::Model>(caller.branch_id);
        if let Some(id) = self.draft_id {
            read_set.row::<draft::Model>(id);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let found = match self.draft_id {
            Some(id) => of_branch(books, context.caller, id)?.cloned(),
            None => None,
        };
        let draft = match found {
            None => self.begin(books, context)?,
            Some(draft) => self.go_on(books, context, draft)?,
        };
        let reply = pb::SaveDraftResponse { draft: Some(draft_to_pb(&draft)?) };
        Ok(Decision::Done(reply))
    }
}

impl SaveDraft {
    fn begin(&self, books: &mut WorkingSet, context: &Context) -> Result<draft::Model, Stop> {
        let id = self.draft_id.unwrap_or_else(|| context.new_id());
        if self.version != 0 {
            return Err(not_found(id).into());
        }
        let caller = context.caller;
        let sequence = books.update::<branch::Model, _>(&caller.branch_id, |branch| {
            if branch.open_drafts >= MOST_OPEN {
                return Err(too_many());
            }
            branch.open_drafts = branch.open_drafts.saturating_add(1);
            branch.last_draft_sequence = branch.last_draft_sequence.saturating_add(1);
            Ok(branch.last_draft_sequence)
        })?;
        let now = to_micros(context.now);
        let mut draft = draft::Model {
            id,
            branch_id: caller.branch_id,
            sequence,
            state: OrderState::Draft.into(),
            version: 1,
            label: self.label.clone(),
            terminal_id: caller.terminal_id,
            user_id: caller.user_id,
            content: self.content.clone(),
            note: self.note.clone(),
            order_id: None,
            reason: String::new(),
            create_time: now,
            update_time: now,
            seal: Vec::new(),
        };
        draft.seal = draft_seal(&draft);
        books.insert(draft.clone())?;
        Ok(draft)
    }

    fn go_on(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        draft: draft::Model,
    ) -> Result<draft::Model, Stop> {
        still_open(&draft)?;
        let of_terminal = draft.terminal_id == context.caller.terminal_id;
        // The answer was lost, and the terminal asks once more.
        if of_terminal && draft.version == self.version.saturating_add(1) && self.is_saved_in(&draft) {
            return Ok(draft);
        }
        if draft.version != self.version {
            return Err(version_mismatch(&draft, self.version).into());
        }
        if !of_terminal {
            return Err(held(&draft).into());
        }
        change(books, context, draft.id, |draft| {
            draft.user_id = context.caller.user_id;
            draft.label.clone_from(&self.label);
            draft.content.clone_from(&self.content);
            draft.note.clone_from(&self.note);
        })
    }

    fn is_saved_in(&self, draft: &draft::Model) -> bool {
        (&draft.label, &draft.content, &draft.note) == (&self.label, &self.content, &self.note)
    }
}

fn too_many() -> Error {
    let message = format!("the branch has {MOST_OPEN} open drafts; complete or discard some");
    Error::new(Reason::TooManyDrafts, message).with("open_drafts", MOST_OPEN)
}

fn held(draft: &draft::Model) -> Error {
    let message = "another terminal holds this draft; take it over first";
    Error::new(Reason::DraftHeld, message)
        .with("terminal_id", draft.terminal_id)
        .with("user_id", draft.user_id)
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::line_item::Item;

    use super::*;
    use crate::{
        books::testing::TestShop,
        orders::drafts::{discard_draft::DiscardDraft, take_over_draft::TakeOverDraft},
    };

    fn save(version: i64, pieces: &str) -> SaveDraft {
        let line = pb::LineItem {
            item: Some(Item::Barcode("bread".to_owned())),
            quantity: Some(pb::Decimal { value: pieces.to_owned() }),
            ..Default::default()
        };
        SaveDraft::parse(pb::SaveDraftRequest {
            draft_id: Uuid::from_u128(77).to_string(),
            version,
            label: "table 4".to_owned(),
            lines: vec![line],
            ..Default::default()
        })
        .unwrap()
    }

    fn saved(shop: &mut TestShop, version: i64, pieces: &str) -> Result<pb::Draft, Error> {
        let reply = shop.decide(&save(version, pieces));
        reply.map(|reply| reply.draft.unwrap())
    }

    #[test]
    fn a_draft_grows_by_versions_and_names_all_it_needs() {
        let mut shop = TestShop::founded();
        let first = saved(&mut shop, 0, "1").unwrap();
        assert_eq!((first.version, first.sequence, first.state()), (1, 1, OrderState::Draft));
        let second = saved(&mut shop, 1, "2").unwrap();
        assert_eq!((second.version, second.sequence), (2, 1));
        assert_eq!(second.lines[0].quantity.as_ref().unwrap().value, "2");
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        let branch: &branch::Model = shop.row(&shop.caller.branch_id);
        assert_eq!((branch.open_drafts, branch.last_draft_sequence), (1, 1));
    }

    #[test]
    fn a_stale_version_is_refused_unless_it_is_the_same_save_again() {
        let mut shop = TestShop::founded();
        let first = saved(&mut shop, 0, "1").unwrap();
        let dirty = shop.books.dirty();
        assert_eq!(saved(&mut shop, 0, "1").unwrap(), first, "an answer that was lost");
        for (version, pieces) in [(0, "2"), (2, "1"), (7, "1")] {
            let refused = saved(&mut shop, version, pieces).unwrap_err();
            assert_eq!(refused.reason(), Reason::VersionMismatch, "version {version}");
        }
        saved(&mut shop, 1, "3").unwrap();
        assert_eq!(saved(&mut shop, 0, "1").unwrap_err().reason(), Reason::VersionMismatch);
        assert_eq!(shop.books.dirty(), dirty, "a refusal leaves nothing behind");
    }

    #[test]
    fn another_terminal_saves_after_it_has_taken_the_draft_over() {
        let mut shop = TestShop::founded();
        saved(&mut shop, 0, "1").unwrap();
        let door = shop.caller.terminal_id;
        shop.caller.terminal_id = Uuid::from_u128(55);
        assert_eq!(saved(&mut shop, 1, "2").unwrap_err().reason(), Reason::DraftHeld);
        assert_eq!(saved(&mut shop, 0, "1").unwrap_err().reason(), Reason::VersionMismatch);
        let request = pb::TakeOverDraftRequest { draft_id: Uuid::from_u128(77).to_string(), version: 1 };
        let taken = shop.decide(&TakeOverDraft::parse(request).unwrap()).unwrap().draft.unwrap();
        assert_eq!(
            (taken.version, taken.terminal_id.as_str()),
            (2, Uuid::from_u128(55).to_string().as_str())
        );
        saved(&mut shop, 2, "2").unwrap();
        // The terminal by the door goes on with what it knows.
        shop.caller.terminal_id = door;
        assert_eq!(saved(&mut shop, 1, "3").unwrap_err().reason(), Reason::VersionMismatch);
        assert_eq!(saved(&mut shop, 3, "3").unwrap_err().reason(), Reason::DraftHeld);
        assert_eq!(shop.stops, 0);
    }

    #[test]
    fn a_branch_has_two_hundred_open_drafts_at_most_and_a_discarded_one_makes_room() {
        let mut shop = TestShop::founded();
        saved(&mut shop, 0, "1").unwrap();
        let branch = shop.caller.branch_id;
        shop.change::<branch::Model>(&branch, |branch| branch.open_drafts = MOST_OPEN);
        let other = SaveDraft { draft_id: None, ..save(0, "1") };
        assert_eq!(shop.decide(&other).unwrap_err().reason(), Reason::TooManyDrafts);
        let request = pb::DiscardDraftRequest {
            draft_id: Uuid::from_u128(77).to_string(),
            version: 1,
            reason: "went away".to_owned(),
        };
        shop.decide(&DiscardDraft::parse(request).unwrap()).unwrap();
        shop.decide(&other).unwrap();
        assert_eq!(saved(&mut shop, 2, "1").unwrap_err().reason(), Reason::DraftEnded);
    }
}
