//! Drafts: carts on the server while they are rung up. They belong to the branch, every change carries
//! their version, and completing or discarding them is final.

pub mod discard_draft;
pub mod queries;
pub mod save_draft;
pub mod take_over_draft;

use kassa_proto::v1::{self as pb, ErrorReason as Reason, OrderState};
use prost::Message as _;
use uuid::Uuid;

use crate::{
    books::{Context, Stop, WorkingSet},
    caller::Caller,
    clock::to_micros,
    encoding::lines::draft_head_to_pb,
    error::Error,
    hashes::draft_seal,
    input::{self, writing::on_one_line},
    store::entity::{branch, draft},
};

/// A draft as a request names it: with the version that was read.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// The draft.
    pub id: Uuid,
    /// More than zero.
    pub version: i64,
}

impl Read {
    /// Checks `draft_id` and the version, whose field is named.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(draft_id: &str, (version, path): (i64, &str)) -> Result<Self, Error> {
        let id = input::required_id(draft_id, || "draft_id".to_owned())?;
        if version <= 0 {
            return Err(Error::invalid(path, "is required: the version of the draft that was read"));
        }
        Ok(Self { id, version })
    }

    /// The draft, if it is open and still as it was read.
    ///
    /// # Errors
    /// `DRAFT_NOT_FOUND`, also for another branch's; `DRAFT_ENDED`, `VERSION_MISMATCH`.
    pub fn find<'a>(&self, books: &'a WorkingSet, caller: &Caller) -> Result<&'a draft::Model, Stop> {
        let draft = of_branch(books, caller, self.id)?.ok_or_else(|| not_found(self.id))?;
        still_open(draft)?;
        if draft.version != self.version {
            return Err(version_mismatch(draft, self.version).into());
        }
        Ok(draft)
    }
}

/// A draft of the caller's branch: others are none of the caller's business.
fn of_branch<'a>(books: &'a WorkingSet, caller: &Caller, id: Uuid) -> Result<Option<&'a draft::Model>, Stop> {
    match books.get::<draft::Model>(&id)? {
        Some(draft) if draft.branch_id != caller.branch_id => Err(not_found(id).into()),
        found => Ok(found),
    }
}

fn is_open(draft: &draft::Model) -> bool {
    draft.state == i32::from(OrderState::Draft)
}

fn still_open(draft: &draft::Model) -> Result<(), Error> {
    if is_open(draft) {
        return Ok(());
    }
    let (what, state) = match draft.order_id {
        Some(_) => ("was sold", OrderState::Completed),
        None => ("was discarded", OrderState::Cancelled),
    };
    let error = Error::new(Reason::DraftEnded, format!("the draft {what}; begin a new one"));
    let error = error.with("state", state.as_str_name());
    Err(match draft.order_id {
        Some(order_id) => error.with("order_id", order_id),
        None => error,
    })
}

/// There is no such draft.
pub fn not_found(id: Uuid) -> Error {
    Error::of_field(Reason::DraftNotFound, "draft_id", format!("there is no draft {id}"))
}

fn version_mismatch(draft: &draft::Model, given: i64) -> Error {
    let current = draft.version;
    let message = format!("the draft is at version {current}, not {given}; read it again");
    Error::new(Reason::VersionMismatch, message)
        .field("version", format!("is {current} now"))
        .with("current_version", current)
        .with("terminal_id", draft.terminal_id)
}

/// Changes a draft: its version grows, and its seal is made anew.
///
/// # Errors
/// [`Stop::MissingRows`] if it is not loaded.
fn change(
    books: &mut WorkingSet,
    context: &Context,
    id: Uuid,
    change: impl FnOnce(&mut draft::Model),
) -> Result<draft::Model, Stop> {
    books.update::<draft::Model, _>(&id, |draft| {
        change(draft);
        draft.version = draft.version.saturating_add(1);
        draft.update_time = to_micros(context.now);
        draft.seal = draft_seal(draft);
        Ok(draft.clone())
    })
}

/// Ends a draft.
///
/// # Errors
/// [`Stop::MissingRows`] if draft or branch is not loaded.
fn end(
    books: &mut WorkingSet,
    context: &Context,
    id: Uuid,
    how: impl FnOnce(&mut draft::Model),
) -> Result<draft::Model, Stop> {
    books.update::<branch::Model, _>(&context.caller.branch_id, |branch| {
        branch.open_drafts = branch.open_drafts.saturating_sub(1);
        Ok(())
    })?;
    change(books, context, id, how)
}

/// Makes a draft the sale that it became, in the sale's own commit.
///
/// # Errors
/// What [`Read::find`] refuses.
pub fn complete(
    books: &mut WorkingSet,
    context: &Context,
    read: Read,
    order_id: Uuid,
) -> Result<draft::Model, Stop> {
    read.find(books, context.caller)?;
    end(books, context, read.id, |draft| {
        draft.state = OrderState::Completed.into();
        draft.order_id = Some(order_id);
    })
}

/// A draft as the contract sends it, and takes it back: what was stored before there were rules for names
/// must not keep a cart from being sold.
///
/// # Errors
/// INTERNAL if its cart can't be read.
pub fn draft_to_pb(draft: &draft::Model) -> Result<pb::Draft, Error> {
    let cart = pb::Draft::decode(draft.content.as_slice()).map_err(Error::internal)?;
    let pb::Draft { mut lines, mut discounts, customer_id, .. } = cart;
    let of_lines = lines.iter_mut().flat_map(|line| &mut line.discounts);
    for discount in of_lines.chain(&mut discounts) {
        discount.name = on_one_line(&discount.name);
    }
    let head = draft_head_to_pb(draft);
    Ok(pb::Draft { lines, discounts, customer_id, label: on_one_line(&head.label), ..head })
}

/// The draft that a key has changed, for an answer that has expired: as it is now.
fn again(books: &WorkingSet, id: Uuid) -> Result<pb::Draft, Stop> {
    let missing = || Error::internal(format_args!("a key names the draft {id}, which is not there"));
    Ok(draft_to_pb(books.require::<draft::Model>(&id, missing)?)?)
}
