//! The drawer: movements are only ever added, and the balance is their sum.

pub mod convert;
pub mod leave;

use kassa_proto::v1::{self as pb, ErrorReason as Reason, MovementType};
use uuid::Uuid;

use self::leave::wanted;
use crate::{
    access::{
        approvals::{self, Wanted},
        blind_count::withheld_from,
        scope::at_its_register,
    },
    amounts::add,
    books::{Context, Stop, WorkingSet},
    caller::Caller,
    clock::to_micros,
    counters,
    encoding::counter::{Counter, Figures},
    error::Error,
    movement_kinds::{is_difference, sign},
    settings::{currency, shop},
    store::entity::{cash_movement, register, shift},
};

/// What a movement adds to its drawer; negative for what it takes out.
///
/// # Errors
/// As [`sign`].
pub fn signed(row: &cash_movement::Model) -> Result<i64, Error> {
    Ok(row.amount.saturating_mul(sign(row.kind())?))
}

/// Counts a movement in its shift, in which it changes what should be there by `expected`.
fn count(
    books: &mut WorkingSet,
    shift_id: Uuid,
    row: &cash_movement::Model,
    expected: i64,
) -> Result<(), Stop> {
    let figures = Figures { count: 1, amount: row.amount, tax: 0 };
    counters::count(books, shift_id, &Counter::movement(row.kind()), figures)?;
    books.update::<shift::Model, _>(&shift_id, |shift| {
        shift.expected_cash = add(shift.expected_cash, expected)?;
        shift.last_activity_time = shift.last_activity_time.max(row.create_time);
        Ok(())
    })
}

/// What moves the cash of a drawer.
#[derive(Default)]
pub struct Movement {
    /// The type; it gives the sign.
    pub kind: MovementType,
    /// Never negative.
    pub amount: i64,
    /// The order, if one causes it.
    pub order_id: Option<Uuid>,
    /// Whether it brings the drawer to the float counted at a shift's opening.
    pub at_opening: bool,
    /// Why, in people's words.
    pub reason: String,
    /// What it refers to.
    pub reference: String,
    /// The transfer that it is a half of.
    pub transfer_id: Option<Uuid>,
    /// The movement that it reverses.
    pub reverses_movement_id: Option<Uuid>,
}

/// Refuses to take more out of the drawer of a shift's register than there is in it. Who counts blind is
/// not told how much that is.
///
/// # Errors
/// `INSUFFICIENT_CASH`; [`Stop::MissingRows`] if the register or the shop is not loaded.
pub fn holds(books: &WorkingSet, caller: &Caller, shift: &shift::Model, amount: i64) -> Result<(), Stop> {
    let missing = || Error::internal("the register of a drawer is gone");
    let in_drawer = books.require::<register::Model>(&shift.register_id, missing)?.drawer_balance;
    if in_drawer >= amount {
        return Ok(());
    }
    let business = shop(books, caller)?;
    if withheld_from(caller, business, shift) {
        let message = "the drawer holds less than is to be paid out";
        return Err(Error::new(Reason::InsufficientCash, message).into());
    }
    let currency = currency(business)?;
    let (has, asked) = (currency.format(in_drawer), currency.format(amount));
    let message = format!("the drawer holds {has}, and {asked} is to be paid out");
    Err(Error::new(Reason::InsufficientCash, message)
        .with("balance_minor", in_drawer)
        .with("currency", currency.code())
        .into())
}

/// Adds a movement to the drawer of a shift's register, and counts it in the shift.
///
/// # Errors
/// `WRONG_BRANCH` and `APPROVAL_REQUIRED` if it is not the caller's to make,
/// [`Stop::MissingRows`] if the register or the shift's counters are not loaded, `AMOUNT_OVERFLOW` if the drawer is
/// full.
pub fn move_cash(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    movement: Movement,
) -> Result<cash_movement::Model, Stop> {
    move_approved(books, context, shift, movement, &[]).map(|(row, _)| row)
}

/// The same with grants, of which the one that the movement needs is used up.
///
/// # Errors
/// As [`move_cash`]; `APPROVAL_INVALID`, `APPROVAL_EXPIRED` and `APPROVAL_USED` with a grant that is no good.
pub fn move_approved(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    movement: Movement,
    grant_ids: &[Uuid],
) -> Result<(cash_movement::Model, Vec<pb::Approval>), Stop> {
    let wanted = wanted(books, context.caller, shift, &movement)?;
    let row = move_counted(books, context, shift, movement)?;
    let Some(wanted) = wanted else { return Ok((row, Vec::new())) };
    let wanted = Wanted { document_id: row.id, ..wanted };
    let approval = approvals::consume(books, context, grant_ids, &wanted)?;
    Ok((row, vec![approval]))
}

/// The same for what a shift's end, close or hand-over makes, and for the count at an opening: who may do that is
/// asked of the whole deed. Who counts at an opening answers for the new shift, and brings the drawer of the last one
/// to the count.
///
/// # Errors
/// As [`move_cash`], but for `APPROVAL_REQUIRED`.
pub fn move_counted(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    movement: Movement,
) -> Result<cash_movement::Model, Stop> {
    let row = add_movement(books, context, shift, movement)?;
    if !row.at_opening {
        let expected = if is_difference(row.kind()) { 0 } else { signed(&row)? };
        count(books, shift.id, &row, expected)?;
    }
    Ok(row)
}

/// Takes cash out for the safe at a shift's close: it was counted before, so that what should be there
/// stays as it was.
///
/// # Errors
/// As [`move_counted`].
pub fn drop_at_close(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    amount: i64,
) -> Result<cash_movement::Model, Stop> {
    let movement = Movement { kind: MovementType::SafeDrop, amount, ..Movement::default() };
    let row = add_movement(books, context, shift, movement)?;
    count(books, shift.id, &row, 0)?;
    Ok(row)
}

fn add_movement(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    movement: Movement,
) -> Result<cash_movement::Model, Stop> {
    at_its_register(context.caller, shift.register_id)?;
    let signed = movement.amount.saturating_mul(sign(movement.kind)?);
    let (sequence, balance) = books.update::<register::Model, _>(&shift.register_id, |register| {
        register.drawer_balance = add(register.drawer_balance, signed)?;
        register.last_movement_sequence = register.last_movement_sequence.saturating_add(1);
        Ok((register.last_movement_sequence, register.drawer_balance))
    })?;
    let row = cash_movement::Model {
        register_id: shift.register_id,
        sequence,
        id: context.new_id(),
        branch_id: shift.branch_id,
        kind: movement.kind.into(),
        amount: movement.amount,
        balance,
        shift_id: shift.id,
        order_id: movement.order_id,
        // What the server does by itself is in the name of whose shift it is.
        user_id: if context.caller.user_id.is_nil() { shift.user_id } else { context.caller.user_id },
        business_date: shift.business_date,
        at_opening: movement.at_opening,
        create_time: to_micros(context.now),
        reason: movement.reason,
        reference: movement.reference,
        transfer_id: movement.transfer_id,
        reverses_movement_id: movement.reverses_movement_id,
    };
    books.insert(row.clone())?;
    Ok(row)
}
