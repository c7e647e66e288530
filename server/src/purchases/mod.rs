//! Purchases: what suppliers deliver to a branch. A draft moves nothing; its approval puts the goods on the
//! shelf, once; cancelling it takes them off again.

pub mod approve_purchase;
pub mod cancel_purchase;
pub mod put_purchase;
pub mod queries;

use kassa_proto::{
    decimal::Quantity,
    money::Currency,
    v1::{self as pb, ErrorReason as Reason, JournalKind, PurchaseState, journal_record::Entry},
};
use prost::Message as _;
use uuid::Uuid;

use crate::{
    books::{Context, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    encoding::time::{date, stored_timestamp},
    error::Error,
    input,
    settings::{currency, shop_of_branch},
    store::entity::{branch, business, purchase},
};

/// Goods of one line.
pub struct Delivered {
    /// What.
    pub product_id: Uuid,
    /// How much.
    pub quantity: Quantity,
    /// What they cost together, in minor units.
    pub cost: i64,
}

/// A purchase as a request names it: with the version that was read.
#[derive(Clone, Copy, Debug)]
struct Read {
    id: Uuid,
    version: i64,
}

impl Read {
    /// Checks `purchase_id` and `version`.
    fn parse(purchase_id: &str, version: i64) -> Result<Self, Error> {
        let id = input::required_id(purchase_id, || "purchase_id".to_owned())?;
        if version <= 0 {
            return Err(Error::invalid("version", "is required: the version of the purchase that was read"));
        }
        Ok(Self { id, version })
    }

    /// Names what is needed of it; `goods` names what moving its goods needs.
    fn read_set(
        &self,
        (known, caller): (&WorkingSet, &Caller),
        read_set: &mut ReadSet,
        goods: impl FnOnce(&purchase::Model, &[Delivered], &mut ReadSet),
    ) {
        self::read_set(caller, read_set);
        read_set.row::<purchase::Model>(self.id);
        let row = known.known::<purchase::Model>(&self.id);
        if let Some(row) = row.filter(|row| row.branch_id == caller.branch_id)
            && let Ok(delivered) = delivered(row)
        {
            goods(row, &delivered, read_set);
        }
    }

    /// The purchase, whatever its state.
    fn find(&self, books: &WorkingSet, caller: &Caller) -> Result<purchase::Model, Stop> {
        Ok(of_branch(books, caller, self.id)?.ok_or_else(|| not_found(&self.id.to_string()))?.clone())
    }

    /// Refuses what somebody else changed since it was read.
    fn still_at_version(&self, row: &purchase::Model) -> Result<(), Error> {
        if row.version == self.version {
            return Ok(());
        }
        Err(Error::version_mismatch("version", "the purchase is", self.version, row.version))
    }
}

/// Names what every change of a purchase needs.
fn read_set(caller: &Caller, read_set: &mut ReadSet) {
    read_set.row::<business::Model>(caller.business_id);
    read_set.row::<branch::Model>(caller.branch_id);
    journal::read_set(read_set, caller.register_id, JournalKind::Stock);
}

/// A purchase of the caller's branch: others are none of the caller's business.
fn of_branch<'a>(
    books: &'a WorkingSet,
    caller: &Caller,
    id: Uuid,
) -> Result<Option<&'a purchase::Model>, Stop> {
    match books.get::<purchase::Model>(&id)? {
        Some(row) if row.branch_id != caller.branch_id => Err(not_found(&id.to_string()).into()),
        found => Ok(found),
    }
}

/// There is no such purchase, or not in this branch.
fn not_found(named: &str) -> Error {
    Error::of_field(Reason::PurchaseNotFound, "purchase_id", format!("there is no purchase {named}"))
}

fn state(row: &purchase::Model) -> PurchaseState {
    PurchaseState::try_from(row.state).unwrap_or_default()
}

/// Refuses what is no draft any more.
fn still_a_draft(row: &purchase::Model) -> Result<(), Error> {
    match state(row) {
        PurchaseState::Approved => {
            let number = row.number.as_deref().unwrap_or_default();
            let message = format!("the purchase is approved as {number}; cancel it, and put another");
            Err(Error::new(Reason::PurchaseApproved, message).with("number", number))
        }
        PurchaseState::Cancelled => Err(cancelled(row)),
        PurchaseState::Draft | PurchaseState::Unspecified => Ok(()),
    }
}

fn cancelled(row: &purchase::Model) -> Error {
    let message = format!("the purchase was cancelled: {}", row.reason.as_deref().unwrap_or_default());
    let error = Error::new(Reason::PurchaseCancelled, message);
    row.number.iter().fold(error, |error, number| error.with("number", number))
}

/// Writes a purchase: a version later, with what `entry` records of it.
fn write(
    books: &mut WorkingSet,
    context: &Context,
    mut row: purchase::Model,
    entry: impl FnOnce(pb::Purchase) -> Entry,
) -> Result<pb::Purchase, Stop> {
    row.version = row.version.saturating_add(1);
    row.update_time = to_micros(context.now);
    let purchase = purchase_to_pb(&row, currency(shop_of_branch(books, row.branch_id)?)?)?;
    books.put(row)?;
    let entry = entry(purchase.clone());
    journal::append(books, context, context.caller.register_id, entry)?;
    Ok(purchase)
}

/// The purchase that a key has changed, for an answer that has expired: as it is now.
fn again(books: &WorkingSet, id: Uuid) -> Result<pb::Purchase, Stop> {
    let missing = || Error::internal(format_args!("a key names the purchase {id}, which is not there"));
    let row = books.require::<purchase::Model>(&id, missing)?;
    Ok(purchase_to_pb(row, currency(shop_of_branch(books, row.branch_id)?)?)?)
}

fn lines(row: &purchase::Model) -> Result<Vec<pb::PurchaseLine>, Error> {
    Ok(pb::Purchase::decode(row.lines.as_slice()).map_err(Error::internal)?.lines)
}

/// The goods of a purchase, line by line.
///
/// # Errors
/// INTERNAL if its lines can't be read.
fn delivered(row: &purchase::Model) -> Result<Vec<Delivered>, Error> {
    lines(row)?.iter().map(|line| goods(line).map_err(Error::internal)).collect()
}

/// The goods of a line that is in the books.
///
/// # Errors
/// What is wrong with it.
pub fn goods(line: &pb::PurchaseLine) -> Result<Delivered, String> {
    let wrong = || format!("the line {:?} can't be read", line.line_id);
    let quantity = line.quantity.as_ref().and_then(|quantity| Quantity::try_from(quantity).ok());
    Ok(Delivered {
        product_id: Uuid::try_parse(&line.product_id).map_err(|_| wrong())?,
        quantity: quantity.ok_or_else(wrong)?,
        cost: line.cost.as_ref().ok_or_else(wrong)?.amount_minor,
    })
}

/// A purchase as the contract sends it.
///
/// # Errors
/// INTERNAL if its lines can't be read.
fn purchase_to_pb(row: &purchase::Model, currency: Currency) -> Result<pb::Purchase, Error> {
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    Ok(pb::Purchase {
        purchase_id: row.id.to_string(),
        number: row.number.clone().unwrap_or_default(),
        state: row.state,
        version: row.version,
        branch_id: row.branch_id.to_string(),
        supplier: row.supplier.clone(),
        document_number: row.document_number.clone(),
        document_date: row.document_date.map(date),
        note: row.note.clone(),
        lines: lines(row)?,
        line_count: row.line_count,
        cost_total: Some(pb::Money::new(currency, row.cost_total)),
        business_date: row.business_date.map(date),
        reason: row.reason.clone().unwrap_or_default(),
        created_by_user_id: row.created_by_user_id.to_string(),
        create_time: Some(stored_timestamp(row.create_time)),
        update_time: Some(stored_timestamp(row.update_time)),
        approved_by_user_id: text(row.approved_by_user_id),
        approve_time: row.approve_time.map(stored_timestamp),
        cancelled_by_user_id: text(row.cancelled_by_user_id),
        cancel_time: row.cancel_time.map(stored_timestamp),
    })
}
