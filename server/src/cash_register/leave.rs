//! Who moves the cash of a drawer, and how much of it without anybody else's word.
//!
//! A cashier moves the drawer of their own terminal's register only. While a colleague's shift is open there
//! they sell, give back and receive cash in it; what else goes in or out, and what it is counted for, is the
//! colleague's to answer for, and a supervisor's, who acts from any terminal of the branch. In their own shift a
//! role has limits. Beyond either it takes a grant for just that movement.
//!
//! [`super::drawer`] asks it of every movement, so that no posting can forget it.

use kassa_proto::v1::{self as pb, ApprovalAction as Action, MovementType};
use uuid::Uuid;

use super::{
    drawer::Movement,
    kinds::{is_difference, is_grantable, is_paid_out},
};
use crate::{
    access::{
        approvals::{self, Wanted},
        limits,
    },
    admin::settings::shop,
    books::{Caller, Context, Stop, WorkingSet},
    shifts::{
        convert::withheld_from,
        owner::{at_its_register, is_owners_or_supervisors},
    },
    store::entity::shift,
};

/// What has to be granted for a movement of the drawer of a shift; nothing if it is the caller's to make.
///
/// # Errors
/// `WRONG_BRANCH` at another register's terminal; [`Stop::NeedMore`] if the limits of the caller's role are needed, and not loaded.
pub fn needed_grant(
    books: &WorkingSet,
    caller: &Caller,
    shift: &shift::Model,
    movement: &Movement,
) -> Result<Option<Action>, Stop> {
    at_its_register(caller, shift.register_id)?;
    if !is_grantable(movement.kind) {
        return Ok(None);
    }
    if !is_owners_or_supervisors(caller, shift) {
        return Ok(Some(Action::Drawer));
    }
    // What takes back a mistake takes nothing out, and a count at an opening is never refused for its difference.
    if movement.reverses_movement_id.is_some() || movement.at_opening {
        return Ok(None);
    }
    let limits = limits::of(books, caller.business_id, caller.role)?;
    Ok(if limits::allow_movement(limits, movement.kind, movement.amount) {
        None
    } else if is_paid_out(movement.kind) {
        Some(Action::PaidOut)
    } else {
        Some(Action::Drawer)
    })
}

/// A movement of a drawer that somebody else has to approve.
pub struct Approvable {
    /// What has to be granted.
    pub action: Action,
    /// Its type.
    pub kind: MovementType,
    /// How much.
    pub amount: i64,
    /// The movement; of a count without a difference, its shift.
    pub document_id: Uuid,
}

/// Uses up the grant for a movement of the drawer of a shift's register.
///
/// # Errors
/// `APPROVAL_REQUIRED`, `APPROVAL_INVALID`, `APPROVAL_EXPIRED`, `APPROVAL_USED`; [`Stop::NeedMore`].
pub fn use_grant(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    grant_ids: &[Uuid],
    approvable: &Approvable,
) -> Result<pb::Approval, Stop> {
    let Approvable { action, kind, amount, document_id } = *approvable;
    let is_of_drawer = action == Action::Drawer;
    let withheld = withheld_from(context.caller, shop(books, context.caller)?, shift);
    let wanted = Wanted {
        action,
        order_id: is_of_drawer.then_some(shift.register_id),
        movement: is_of_drawer.then_some(kind),
        amount,
        withheld: withheld && is_difference(kind),
        document_id,
        ..Wanted::default()
    };
    approvals::consume(books, context, grant_ids, &wanted)
}

/// Has a count without a difference approved, which moves nothing and tells what is in the drawer all the same:
/// in a colleague's shift it needs the word that one with a difference needs.
///
/// # Errors
/// As [`needed_grant`] and [`use_grant`].
pub fn approve_count(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    grant_ids: &[Uuid],
) -> Result<Vec<pb::Approval>, Stop> {
    let nothing = Movement { kind: MovementType::Short, ..Movement::default() };
    let Some(action) = needed_grant(books, context.caller, shift, &nothing)? else { return Ok(Vec::new()) };
    let count = Approvable { action, kind: nothing.kind, amount: 0, document_id: shift.id };
    Ok(vec![use_grant(books, context, shift, grant_ids, &count)?])
}
