//! Grants: somebody's word that somebody else may do one thing, once.
//!
//! A grant is bound to its action, its order and line, or its drawer and movement, an amount, the user who asked
//! for it and its branch. It is used in the commit of what it was given for, or it stays what it is.

use kassa_proto::v1::{self as pb, ApprovalAction as Action, ErrorReason as Reason, MovementType, Role};
use uuid::Uuid;

use super::{grant_approval::GOOD_FOR, limits};
use crate::{
    books::{Context, ReadSet, Stop, WorkingSet},
    caller::{Caller, role_name},
    clock::{from_micros, is_good, to_micros},
    error::Error,
    input,
    movement_kinds::is_difference,
    settings::{currency, shop},
    store::entity::{grant, role_limit, user},
};

/// More things than this are nothing to be approved one by one.
const MOST_GRANTS: usize = 20;

/// What somebody wants to do.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// What it is.
    pub action: Action,
    /// The order it is done to: the one that is sold, or the sale that is given back; or the adjustment, the
    /// register of a drawer, or the shift.
    pub order_id: Option<Uuid>,
    /// The line it is done to; none is the whole order.
    pub line_id: Option<Uuid>,
    /// How a drawer is moved.
    pub movement: Option<MovementType>,
    /// How much of it.
    pub amount: i64,
    /// Whether the caller counts blind, and is not told how much a count differs by, nor which way.
    pub withheld: bool,
    /// What a discount is taken off, line by line.
    pub of: &'a [i64],
    /// The document that is made; of an opening of the drawer, its shift.
    pub document_id: Uuid,
}

/// Reads `grant_ids`.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn parse(ids: &[String]) -> Result<Vec<Uuid>, Error> {
    input::at_most(ids, MOST_GRANTS, "grant_ids")?;
    let parse = |(number, id): (usize, &String)| input::required_id(id, || format!("grant_ids[{number}]"));
    ids.iter().enumerate().map(parse).collect()
}

/// Names what [`require`] needs.
pub fn read_set(ids: &[Uuid], known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
    limits::read_set(read_set, caller.business_id, caller.role);
    for id in ids {
        read_set.row::<grant::Model>(*id);
        let Some(grant) = known.known::<grant::Model>(id) else { continue };
        read_set.row::<user::Model>(grant.approver_user_id);
        if let Some(approver) = known.known::<user::Model>(&grant.approver_user_id) {
            limits::read_set(read_set, caller.business_id, role_of(approver));
        }
    }
}

/// Lets the caller do something alone if their role's limits allow it. If not, uses up the grant for it,
/// and says what was approved.
///
/// # Errors
/// `APPROVAL_REQUIRED` without a grant for it; `APPROVAL_INVALID`, `APPROVAL_EXPIRED` and
/// `APPROVAL_USED` with one that is no good.
pub fn require(
    books: &mut WorkingSet,
    context: &Context,
    ids: &[Uuid],
    wanted: &Wanted,
) -> Result<Option<pb::Approval>, Stop> {
    if is_allowed(books, context, wanted)? {
        return Ok(None);
    }
    consume(books, context, ids, wanted).map(Some)
}

/// Whether the caller may do something alone.
///
/// # Errors
/// [`Stop::MissingRows`] if the limits of the caller's role are not loaded.
pub fn is_allowed(books: &WorkingSet, context: &Context, wanted: &Wanted) -> Result<bool, Stop> {
    let own = limits::of(books, context.caller.business_id, context.caller.role)?;
    Ok(wanted.is_within(own))
}

/// Whether a grant was given for just this, be it good or not.
///
/// # Errors
/// [`Stop::MissingRows`] if the grants are not loaded.
pub fn is_given(books: &WorkingSet, ids: &[Uuid], wanted: &Wanted) -> Result<bool, Stop> {
    for id in ids {
        if books.get::<grant::Model>(id)?.is_some_and(|grant| is_for(grant, wanted)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Uses up the grant for what the caller may not do alone.
///
/// # Errors
/// As [`require`].
pub fn consume(
    books: &mut WorkingSet,
    context: &Context,
    ids: &[Uuid],
    wanted: &Wanted,
) -> Result<pb::Approval, Stop> {
    let grant = find(books, context, ids, wanted)?;
    let now = to_micros(context.now);
    books.update::<grant::Model, _>(&grant.id, |grant| {
        (grant.used_time, grant.used_by_id) = (Some(now), Some(wanted.document_id));
        Ok(())
    })?;
    let currency = currency(shop(books, context.caller)?)?;
    Ok(to_pb(&grant, currency))
}

/// The grant that is good for what the caller may not do alone; of those that are not, the first one's fault.
///
/// # Errors
/// As [`require`].
pub fn find(
    books: &WorkingSet,
    context: &Context,
    ids: &[Uuid],
    wanted: &Wanted,
) -> Result<grant::Model, Stop> {
    let mut fault = None;
    for (number, id) in ids.iter().enumerate() {
        let found = books.get::<grant::Model>(id)?;
        let Some(grant) = found.filter(|grant| grant.branch_id == context.caller.branch_id) else {
            fault.get_or_insert(bad(Reason::ApprovalInvalid, number, "is no grant of this branch"));
            continue;
        };
        if is_for(grant, wanted) {
            match fault_of(books, context, grant, wanted)? {
                None => return Ok(grant.clone()),
                Some((reason, words)) => fault = Some(bad(reason, number, words)),
            }
        } else if grant.action == i32::from(wanted.action)
            && let Some(words) = is_for_another(grant, wanted)
        {
            fault.get_or_insert(bad(Reason::ApprovalInvalid, number, words));
        }
    }
    let error = fault.unwrap_or_else(|| required(context.caller, wanted));
    let currency = currency(shop(books, context.caller)?)?.code();
    Err(wanted.describe(error).with("currency", currency).into())
}

fn is_for(grant: &grant::Model, wanted: &Wanted) -> bool {
    let is = (grant.action, grant.order_id, grant.line_id);
    is == (i32::from(wanted.action), wanted.order_id, wanted.line_id) && is_for_movement(grant, wanted)
}

/// Whether a grant is for how a drawer is moved. Nobody can ask for one way of a difference that they are not told.
fn is_for_movement(grant: &grant::Model, wanted: &Wanted) -> bool {
    let granted = grant.movement.map(|kind| MovementType::try_from(kind).unwrap_or_default());
    granted == wanted.movement || (wanted.withheld && granted.is_some_and(is_difference))
}

/// What is wrong with a grant that is for what is wanted.
fn fault_of(
    books: &WorkingSet,
    context: &Context,
    grant: &grant::Model,
    wanted: &Wanted,
) -> Result<Option<(Reason, &'static str)>, Stop> {
    let invalid = |words| Ok(Some((Reason::ApprovalInvalid, words)));
    if grant.requester_user_id != context.caller.user_id {
        return invalid("was given to somebody else");
    }
    if grant.used_time.is_some() {
        return Ok(Some((Reason::ApprovalUsed, "was used before, and is good for once")));
    }
    if !is_good(from_micros(grant.expire_time), context.now, GOOD_FOR) {
        return Ok(Some((Reason::ApprovalExpired, "has expired; ask for a new one")));
    }
    if grant.amount < wanted.amount {
        return invalid("covers less than this");
    }
    // A discount's size is known only now, and an approver can't allow more than they might do.
    let missing = || Error::internal("a grant's approver is gone");
    let approver = books.require::<user::Model>(&grant.approver_user_id, missing)?;
    let active = approver.active;
    let approver = limits::of(books, context.caller.business_id, role_of(approver))?;
    if !active || !wanted.is_within(approver) {
        return invalid("is of somebody who may not do this either");
    }
    Ok(None)
}

/// What a user may do.
pub(super) fn role_of(user: &user::Model) -> Role {
    Role::try_from(user.role).unwrap_or_default()
}

/// What else a grant of the same action is for; nothing if it is for a line of the same order.
fn is_for_another(grant: &grant::Model, wanted: &Wanted) -> Option<&'static str> {
    if grant.order_id == wanted.order_id {
        return (!is_for_movement(grant, wanted)).then_some("is for another movement of this drawer");
    }
    Some(match wanted.action {
        Action::StockAdjustment => "is for another adjustment",
        Action::Drawer => "is for another register's drawer",
        Action::CloseShift => "is for another shift",
        Action::Discount
        | Action::PriceOverride
        | Action::VoidSale
        | Action::OpenDrawer
        | Action::PaidOut
        | Action::RefundTender
        | Action::Unspecified => "is for another order",
    })
}

fn bad(reason: Reason, number: usize, words: &str) -> Error {
    Error::of_field(reason, format!("grant_ids[{number}]"), words)
}

fn required(caller: &Caller, wanted: &Wanted) -> Error {
    let role = role_name(caller.role);
    let deed = match wanted.action {
        Action::Discount => "give this much off",
        Action::PriceOverride => "sell at another price",
        Action::VoidSale => "take a sale back",
        Action::OpenDrawer => "open the drawer without a sale",
        Action::PaidOut => "pay this much out",
        Action::RefundTender => "refund another way than was paid",
        Action::StockAdjustment => "adjust the stock by this much",
        Action::Drawer => "move the cash of this drawer like this",
        Action::CloseShift => "close a colleague's shift",
        Action::Unspecified => "do this",
    };
    let message = format!("a {role} may not {deed} alone; somebody who may has to approve it");
    Error::new(Reason::ApprovalRequired, message)
}

impl Wanted<'_> {
    /// Whether it is within the limits of a role.
    fn is_within(&self, limits: &role_limit::Model) -> bool {
        limits::allow(limits, (self.action, self.movement), self.amount, Some(self.of))
    }

    /// Says what would have to be granted.
    fn describe(&self, error: Error) -> Error {
        let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let error = error
            .with("action", self.action.as_str_name().trim_start_matches("APPROVAL_ACTION_"))
            .with("order_id", text(self.order_id))
            .with("line_id", text(self.line_id));
        if self.withheld {
            return error;
        }
        let error = error.with("amount_minor", self.amount);
        match self.movement {
            Some(kind) => {
                error.with("movement_type", kind.as_str_name().trim_start_matches("MOVEMENT_TYPE_"))
            }
            None => error,
        }
    }
}

/// A grant as the contract and the journal have it.
pub fn to_pb(grant: &grant::Model, currency: kassa_proto::money::Currency) -> pb::Approval {
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    pb::Approval {
        grant_id: grant.id.to_string(),
        action: grant.action,
        order_id: text(grant.order_id),
        line_id: text(grant.line_id),
        amount: Some(pb::Money::new(currency, grant.amount)),
        requester_user_id: grant.requester_user_id.to_string(),
        approver_user_id: grant.approver_user_id.to_string(),
        movement_type: grant.movement.unwrap_or_default(),
    }
}
