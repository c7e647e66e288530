//! What somebody else has to allow, and whose word is good for it.

use kassa_proto::{
    money::MAX_AMOUNT_MINOR,
    v1::{self as pb, ApprovalAction as Action, ErrorReason as Reason, MovementType, Role},
};
use uuid::Uuid;

use super::{Judge, Verdict, id, is_within, no};
use crate::store::entity::role_limit;

/// What a request needs somebody's word for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub action: Action,
    /// The sale, the register or the shift.
    pub of: Option<Uuid>,
    pub movement: Option<MovementType>,
    pub amount: i64,
}

impl Wanted {
    /// The request of GrantApproval for it.
    pub fn to_request(self) -> pb::GrantApprovalRequest {
        pb::GrantApprovalRequest {
            action: self.action.into(),
            order_id: self.of.map(|id| id.to_string()).unwrap_or_default(),
            movement_type: self.movement.unwrap_or_default().into(),
            amount: Some(pb::Money { amount_minor: self.amount, ..pb::Money::default() }),
            ..pb::GrantApprovalRequest::default()
        }
    }

    /// Whether a role may give its word for it.
    pub(super) fn is_allowed_by(&self, limits: &role_limit::Model) -> bool {
        let supervises = limits.role >= i32::from(Role::Supervisor);
        match self.action {
            Action::RefundTender => limits.refund_other_tender,
            Action::CloseShift => supervises,
            Action::PaidOut => is_within(self.amount, limits.most_paid_out),
            Action::Drawer => {
                let most = self.movement.map_or(MAX_AMOUNT_MINOR, |kind| most_of(kind, limits));
                supervises && is_within(self.amount, most)
            }
            action => unreachable!("nothing in the model's shops needs a grant of {action:?}"),
        }
    }
}

/// How much of a movement a role makes at once in its own drawer.
pub(super) fn most_of(kind: MovementType, limits: &role_limit::Model) -> i64 {
    match kind {
        MovementType::PaidOut | MovementType::Expense => limits.most_paid_out,
        MovementType::SafeDrop | MovementType::BankDrop | MovementType::TransferOut => limits.most_drop,
        MovementType::Over | MovementType::Short if limits.role < i32::from(Role::Supervisor) => {
            limits.most_variance
        }
        MovementType::Over
        | MovementType::Short
        | MovementType::PaidIn
        | MovementType::FloatIn
        | MovementType::SaleCash
        | MovementType::Change
        | MovementType::RefundCash
        | MovementType::TransferIn
        | MovementType::ShiftEnd
        | MovementType::Unspecified => MAX_AMOUNT_MINOR,
    }
}

impl Judge<'_> {
    /// Whether a request has the grant that it needs. It has one at most.
    pub(super) fn granted(&self, grant_ids: &[String], wanted: Wanted) -> Verdict {
        self.wanted.set(Some(wanted));
        match grant_ids.first().map(|id| self.fault_of(id, &wanted)) {
            None => no(Reason::ApprovalRequired),
            Some(Some(reason)) => no(reason),
            Some(None) => Ok(()),
        }
    }

    fn fault_of(&self, grant_id: &str, wanted: &Wanted) -> Option<Reason> {
        let grant = id(grant_id).and_then(|id| self.ledger.grants.get(&id));
        let Some(grant) = grant.filter(|grant| grant.branch_id == self.caller.branch_id) else {
            return Some(Reason::ApprovalInvalid);
        };
        if grant.action != i32::from(wanted.action) {
            return Some(Reason::ApprovalRequired);
        }
        let is_difference = |kind: MovementType| matches!(kind, MovementType::Over | MovementType::Short);
        let granted = grant.movement.map(|kind| MovementType::try_from(kind).unwrap_or_default());
        // Who counts blind is not told which way the count differs, and has either way allowed.
        let counts_blind = self.ledger.shop().blind_close && self.caller.role < Role::Supervisor;
        let either_way =
            counts_blind && granted.is_some_and(is_difference) && wanted.movement.is_some_and(is_difference);
        let approver = self.people.iter().find(|(user, _)| *user == grant.approver_user_id);
        let is_allowed = approver.is_some_and(|(_, role)| wanted.is_allowed_by(&self.ledger.limits[role]));
        if grant.order_id != wanted.of
            || !(granted == wanted.movement || either_way)
            || grant.requester_user_id != self.caller.user_id
        {
            Some(Reason::ApprovalInvalid)
        } else if grant.used_time.is_some() {
            Some(Reason::ApprovalUsed)
        } else if grant.expire_time <= self.now {
            Some(Reason::ApprovalExpired)
        } else if grant.amount < wanted.amount || !is_allowed {
            Some(Reason::ApprovalInvalid)
        } else {
            None
        }
    }

    /// Somebody's word is as good as what they may do themselves.
    pub(super) fn grant(&self, approver: Uuid, wanted: &Wanted) -> Verdict {
        let role = self.people.iter().find(|(user, _)| *user == approver).map(|(_, role)| role);
        let is_allowed = role.is_some_and(|role| wanted.is_allowed_by(&self.ledger.limits[role]));
        if is_allowed { Ok(()) } else { no(Reason::RoleRequired) }
    }
}
