//! Who moves the cash of a drawer, and how much of it without anybody else's word.
//!
//! A cashier moves the drawer of their own terminal's register only. While a colleague's shift is open there
//! they sell, give back and receive cash in it; what else goes in or out, and what it is counted for, is the
//! colleague's to answer for, and a supervisor's, who acts from any terminal of the branch. In their own shift a
//! role has limits. Beyond either it takes a grant for just that movement.
//!
//! [`super`] asks it of every movement but those of a count at a close, a hand-over or an opening and of a
//! shift's end, whose deeds ask for themselves: no posting can forget it.

use kassa_proto::v1::{self as pb, ApprovalAction as Action, MovementType};
use uuid::Uuid;

use super::Movement;
use crate::{
    access::{
        approvals::{self, Wanted},
        blind_count::withheld_from,
        limits::{self, allow_movement},
        scope::{at_its_register, is_owners_or_supervisors},
    },
    books::{Context, Stop, WorkingSet},
    caller::Caller,
    movement_kinds::{is_difference, is_grantable, is_paid_out},
    settings::shop,
    store::entity::shift,
};

/// What has to be granted for a movement of the drawer of a shift; nothing if it is the caller's to make.
///
/// # Errors
/// `WRONG_BRANCH` at another register's terminal; [`Stop::MissingRows`] if the shop, or the limits of the caller's
/// role, are needed and not loaded.
pub fn wanted(
    books: &WorkingSet,
    caller: &Caller,
    shift: &shift::Model,
    movement: &Movement,
) -> Result<Option<Wanted<'static>>, Stop> {
    at_its_register(caller, shift.register_id)?;
    let Movement { kind, amount, .. } = *movement;
    if !is_grantable(kind) {
        return Ok(None);
    }
    if is_owners_or_supervisors(caller, shift) {
        // What takes back a mistake takes nothing out, and a count at an opening is never refused for its difference.
        let is_free = movement.reverses_movement_id.is_some() || movement.at_opening;
        if is_free || allow_movement(limits::of(books, caller.business_id, caller.role)?, kind, amount) {
            return Ok(None);
        }
        if is_paid_out(kind) {
            return Ok(Some(Wanted { action: Action::PaidOut, amount, ..Wanted::default() }));
        }
    }
    let withheld = is_difference(kind) && withheld_from(caller, shop(books, caller)?, shift);
    Ok(Some(Wanted {
        action: Action::Drawer,
        order_id: Some(shift.register_id),
        movement: Some(kind),
        amount,
        withheld,
        ..Wanted::default()
    }))
}

/// Refuses a movement that is not the caller's to make, and has no grant. Asked before anything else: the refusal of
/// what a drawer does not hold tells whoever counts blind what it does.
///
/// # Errors
/// As [`wanted`]; `APPROVAL_REQUIRED`, `APPROVAL_INVALID`, `APPROVAL_EXPIRED`, `APPROVAL_USED`.
pub fn may_move(
    books: &WorkingSet,
    context: &Context,
    shift: &shift::Model,
    movement: &Movement,
    grant_ids: &[Uuid],
) -> Result<(), Stop> {
    match wanted(books, context.caller, shift, movement)? {
        Some(wanted) => approvals::find(books, context, grant_ids, &wanted).map(drop),
        None => Ok(()),
    }
}

/// Has a count without a difference approved, which moves nothing and tells what is in the drawer all the same:
/// in a colleague's shift it needs the word that one with a difference needs.
///
/// # Errors
/// As [`may_move`].
pub fn approve_count(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    grant_ids: &[Uuid],
) -> Result<Vec<pb::Approval>, Stop> {
    let nothing = Movement { kind: MovementType::Short, ..Movement::default() };
    let Some(wanted) = wanted(books, context.caller, shift, &nothing)? else { return Ok(Vec::new()) };
    let count = Wanted { document_id: shift.id, ..wanted };
    Ok(vec![approvals::consume(books, context, grant_ids, &count)?])
}
