//! Grants: given once, used once at most, and for just what they were given for.

use std::collections::BTreeMap;

use kassa_proto::v1::{self as pb, ApprovalAction as Action, MovementType, OrderKind};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::Table,
    journal::Record,
    movement_kinds::{is_difference, is_paid_out},
    record::{Unreadable, id, money, optional_id, time},
};
use crate::{
    encoding::order::OrderRows,
    store::entity::{cash_movement, grant, stock_adjustment},
};

/// What was done with somebody's approval.
pub enum Deed<'a> {
    /// Goods were sold.
    Sale(&'a OrderRows),
    /// Goods came back, or a sale was taken back.
    Return(&'a OrderRows),
    /// A drawer was moved.
    Movement(&'a cash_movement::Model),
    /// A register's drawer was counted in a shift, and held what it should.
    Count { shift_id: Uuid, register_id: Uuid },
    /// A drawer was opened in a shift.
    Opening { shift_id: Uuid },
    /// The stock was adjusted.
    Adjustment(&'a stock_adjustment::Model),
    /// A shift was closed.
    Close { shift_id: Uuid },
}

impl Deed<'_> {
    /// The document that a grant was used for.
    fn document_id(&self) -> Uuid {
        match *self {
            Self::Sale(rows) | Self::Return(rows) => rows.order.id,
            Self::Movement(movement) => movement.id,
            Self::Adjustment(adjustment) => adjustment.id,
            Self::Count { shift_id, .. } | Self::Opening { shift_id } | Self::Close { shift_id } => shift_id,
        }
    }

    /// Whether a grant is for just this, and covers as much. How much less somebody paid, and how much went back
    /// another way, no record says by itself: there the order has to be the grant's.
    fn is_granted_by(&self, grant: &grant::Model) -> bool {
        let action = Action::try_from(grant.action).unwrap_or_default();
        let movement = grant.movement.and_then(|kind| MovementType::try_from(kind).ok());
        let (of, covers) = (grant.order_id, |amount: i64| grant.amount >= amount);
        match *self {
            Self::Sale(rows) => {
                let has = |line_id: Uuid| rows.lines.iter().any(|line| line.line_id == line_id);
                matches!(action, Action::Discount | Action::PriceOverride)
                    && of == Some(rows.order.id)
                    && grant.line_id.is_none_or(has)
            }
            Self::Return(rows) => {
                let is_void = rows.order.kind == i32::from(OrderKind::Void);
                let is_right = if is_void {
                    action == Action::VoidSale && covers(rows.order.total)
                } else {
                    action == Action::RefundTender
                };
                is_right && of.is_some() && of == rows.order.original_order_id
            }
            Self::Movement(row) if action == Action::Drawer => {
                // Who counts blind asks for one way of a difference that may be the other.
                let is_right = movement == Some(row.kind())
                    || (is_difference(row.kind()) && movement.is_some_and(is_difference));
                is_right && of == Some(row.register_id) && covers(row.amount)
            }
            Self::Movement(row) => {
                action == Action::PaidOut && is_paid_out(row.kind()) && of.is_none() && covers(row.amount)
            }
            Self::Count { register_id, .. } => {
                let is_right = movement.is_some_and(is_difference);
                action == Action::Drawer && is_right && of == Some(register_id)
            }
            Self::Opening { .. } => action == Action::OpenDrawer && of.is_none(),
            Self::Adjustment(row) => {
                action == Action::StockAdjustment && of == Some(row.id) && covers(row.value)
            }
            Self::Close { shift_id } => action == Action::CloseShift && of == Some(shift_id),
        }
    }
}

/// The grants that the journal has.
#[derive(Default)]
pub struct Approvals {
    grants: BTreeMap<Uuid, grant::Model>,
}

impl Approvals {
    /// A grant was given.
    pub fn given(
        &mut self,
        line: &mut CheckLine,
        record: &Record,
        branch_id: Uuid,
        entry: &pb::GrantGivenEntry,
    ) -> Result<(), Unreadable> {
        line.examine(1);
        let approval = entry.approval.as_ref().ok_or_else(|| Unreadable::new("approval", "is missing"))?;
        let grant = grant::Model {
            branch_id,
            register_id: record.register_id,
            terminal_id: id(&record.header.terminal_id, "terminal_id")?,
            create_time: time(record.header.create_time.as_ref(), "create_time")?,
            expire_time: time(entry.expire_time.as_ref(), "expire_time")?,
            ..grant_row(approval)?
        };
        if let Some(twice) = self.grants.insert(grant.id, grant) {
            line.fault("grants", twice.id.to_string(), "stands twice in the journal");
        }
        Ok(())
    }

    /// Something was done with what somebody approved.
    pub fn used(
        &mut self,
        line: &mut CheckLine,
        record: &Record,
        deed: &Deed<'_>,
        approvals: &[pb::Approval],
    ) -> Result<(), Unreadable> {
        let now = time(record.header.create_time.as_ref(), "create_time")?;
        if let Deed::Sale(rows) | Deed::Return(rows) = deed {
            proves_who_allowed(line, record, rows, approvals)?;
        }
        for approval in approvals {
            let approved = grant_row(approval)?;
            let name = approved.id.to_string();
            let Some(given) = self.grants.get_mut(&approved.id) else {
                line.fault("grants", name, "was used, and never given");
                continue;
            };
            if given.used_time.is_some() {
                line.fault("grants", name.clone(), "was used twice");
            }
            if given.expire_time <= now {
                line.fault("grants", name.clone(), "was used after it had expired");
            }
            let as_given = grant::Model {
                branch_id: given.branch_id,
                register_id: given.register_id,
                terminal_id: given.terminal_id,
                create_time: given.create_time,
                expire_time: given.expire_time,
                used_time: given.used_time,
                used_by_id: given.used_by_id,
                ..approved
            };
            let is_theirs = record.header.user_id == approval.requester_user_id;
            if as_given != *given || !is_theirs || !deed.is_granted_by(given) {
                line.fault("grants", name, "was used for something else than it was given for");
            }
            (given.used_time, given.used_by_id) = (Some(now), Some(deed.document_id()));
        }
        Ok(())
    }

    /// Compares the grants with their rows.
    pub fn compare(self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        Table::compare_all(database, line, self.grants.into_values())
    }
}

/// Proves whom an order names as having allowed cash for what another tender had paid: whoever approved it, or who
/// gave it back.
fn proves_who_allowed(
    line: &mut CheckLine,
    record: &Record,
    rows: &OrderRows,
    approvals: &[pb::Approval],
) -> Result<(), Unreadable> {
    let Some(allowed_by) = rows.order.paid_back_in_cash_by_user_id else { return Ok(()) };
    let approval = approvals.iter().find(|approval| approval.action() == Action::RefundTender);
    let right = approval.map_or(&record.header.user_id, |approval| &approval.approver_user_id);
    let is_return = rows.order.kind == i32::from(OrderKind::Return);
    if !is_return || allowed_by != id(right, "user_id")? {
        let what = "names somebody who did not allow its cash for what another tender had paid";
        line.fault("orders", rows.order.id.to_string(), what);
    }
    Ok(())
}

/// The row of a grant, as far as what it was given for.
fn grant_row(approval: &pb::Approval) -> Result<grant::Model, Unreadable> {
    let nobody = Uuid::nil();
    Ok(grant::Model {
        id: id(&approval.grant_id, "approval.grant_id")?,
        action: approval.action,
        order_id: optional_id(&approval.order_id, "approval.order_id")?,
        line_id: optional_id(&approval.line_id, "approval.line_id")?,
        movement: Some(approval.movement_type).filter(|kind| *kind != 0),
        amount: money(approval.amount.as_ref(), "approval.amount")?,
        requester_user_id: id(&approval.requester_user_id, "approval.requester_user_id")?,
        approver_user_id: id(&approval.approver_user_id, "approval.approver_user_id")?,
        branch_id: nobody,
        register_id: nobody,
        terminal_id: nobody,
        create_time: 0,
        expire_time: 0,
        used_time: None,
        used_by_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entity::order;

    const REGISTER: Uuid = Uuid::from_u128(1);
    const SHIFT: Uuid = Uuid::from_u128(2);
    const OTHER: Uuid = Uuid::from_u128(3);
    const ORDER: Uuid = Uuid::from_u128(6);
    const SALE: Uuid = Uuid::from_u128(7);
    const MOST: i64 = 5_00;

    fn moved(kind: MovementType) -> cash_movement::Model {
        cash_movement::Model {
            register_id: REGISTER,
            sequence: 1,
            id: Uuid::from_u128(4),
            branch_id: OTHER,
            kind: kind.into(),
            amount: MOST,
            balance: 0,
            shift_id: SHIFT,
            order_id: None,
            user_id: OTHER,
            business_date: 1,
            at_opening: false,
            create_time: 1,
            reason: String::new(),
            reference: String::new(),
            transfer_id: None,
            reverses_movement_id: None,
        }
    }

    fn order(kind: OrderKind, original_order_id: Option<Uuid>) -> OrderRows {
        let order = order::Model {
            id: ORDER,
            kind: kind.into(),
            state: 1,
            receipt_number: String::new(),
            branch_id: OTHER,
            sequence: 1,
            register_id: REGISTER,
            shift_id: SHIFT,
            user_id: OTHER,
            terminal_id: OTHER,
            subtotal: MOST,
            discount_total: 0,
            total: MOST,
            rounding_adjustment: 0,
            tip_total: 0,
            change: 0,
            note: String::new(),
            prices_include_tax: true,
            tax_rounding: 1,
            rounding_mode: 1,
            business_date: 1,
            create_time: 1,
            utc_offset_minutes: 0,
            original_order_id,
            exchange_order_id: None,
            training: false,
            customer_id: None,
            paid_back_in_cash: 0,
            paid_back_in_cash_by_user_id: None,
        };
        OrderRows { order, lines: Vec::new(), discounts: Vec::new(), tenders: Vec::new() }
    }

    fn grant(action: Action, of: Option<Uuid>, movement: Option<MovementType>) -> grant::Model {
        grant::Model {
            id: Uuid::from_u128(5),
            branch_id: OTHER,
            action: action.into(),
            order_id: of,
            line_id: None,
            movement: movement.map(i32::from),
            amount: MOST,
            requester_user_id: OTHER,
            approver_user_id: OTHER,
            register_id: REGISTER,
            terminal_id: OTHER,
            create_time: 1,
            expire_time: 2,
            used_time: None,
            used_by_id: None,
        }
    }

    #[test]
    fn a_grant_is_for_its_action_drawer_movement_and_amount_or_its_shift_alone() {
        let [dropped, paid, short] =
            [MovementType::SafeDrop, MovementType::PaidOut, MovementType::Short].map(moved);
        let of_drawer = |kind| grant(Action::Drawer, Some(REGISTER), Some(kind));
        let good = [
            (Deed::Movement(&dropped), of_drawer(MovementType::SafeDrop)),
            (Deed::Movement(&short), of_drawer(MovementType::Short)),
            (Deed::Movement(&short), of_drawer(MovementType::Over)),
            (Deed::Movement(&paid), grant(Action::PaidOut, None, None)),
            (Deed::Count { shift_id: SHIFT, register_id: REGISTER }, of_drawer(MovementType::Short)),
            (Deed::Opening { shift_id: SHIFT }, grant(Action::OpenDrawer, None, None)),
            (Deed::Close { shift_id: SHIFT }, grant(Action::CloseShift, Some(SHIFT), None)),
        ];
        for (number, (deed, grant)) in good.into_iter().enumerate() {
            assert!(deed.is_granted_by(&grant), "{number}");
            let less = grant::Model { amount: MOST - 1, ..grant.clone() };
            assert_eq!(deed.is_granted_by(&less), number > 3, "{number}: an amount is of movements alone");
            for of in [Some(OTHER), grant.order_id.xor(Some(SHIFT))] {
                let elsewhere = grant::Model { order_id: of, ..grant.clone() };
                assert!(!deed.is_granted_by(&elsewhere), "{number} {of:?}");
            }
            for action in [Action::VoidSale, Action::StockAdjustment] {
                let another = grant::Model { action: action.into(), ..grant.clone() };
                assert!(!deed.is_granted_by(&another), "{number}");
            }
            let otherwise = grant::Model { movement: Some(MovementType::PaidIn.into()), ..grant.clone() };
            assert_eq!(deed.is_granted_by(&otherwise), grant.movement.is_none(), "{number}");
        }
    }

    #[test]
    fn a_grant_is_for_its_order_line_and_adjustment_alone() {
        let sold = order(OrderKind::Sale, None);
        let (back, void) = (order(OrderKind::Return, Some(SALE)), order(OrderKind::Void, Some(SALE)));
        let adjustment = stock_adjustment::Model {
            id: ORDER,
            branch_id: OTHER,
            user_id: OTHER,
            business_date: 1,
            lines: Vec::new(),
            value: MOST,
            note: String::new(),
            line_count: 1,
            create_time: 1,
        };
        let good = [
            (Deed::Sale(&sold), grant(Action::Discount, Some(ORDER), None)),
            (Deed::Sale(&sold), grant(Action::PriceOverride, Some(ORDER), None)),
            (Deed::Return(&back), grant(Action::RefundTender, Some(SALE), None)),
            (Deed::Return(&void), grant(Action::VoidSale, Some(SALE), None)),
            (Deed::Adjustment(&adjustment), grant(Action::StockAdjustment, Some(ORDER), None)),
        ];
        for (number, (deed, grant)) in good.into_iter().enumerate() {
            assert!(deed.is_granted_by(&grant), "{number}");
            for of in [None, Some(OTHER), Some(REGISTER)] {
                assert!(!deed.is_granted_by(&grant::Model { order_id: of, ..grant.clone() }), "{number}");
            }
            let less = grant::Model { amount: MOST - 1, ..grant.clone() };
            assert_eq!(deed.is_granted_by(&less), number < 3, "{number}: an amount that no record says");
            for action in [Action::OpenDrawer, Action::Drawer, Action::CloseShift, Action::PaidOut] {
                let another = grant::Model { action: action.into(), ..grant.clone() };
                assert!(!deed.is_granted_by(&another), "{number} {action:?}");
            }
        }
        let of_no_line = grant::Model { line_id: Some(OTHER), ..grant(Action::Discount, Some(ORDER), None) };
        assert!(!Deed::Sale(&sold).is_granted_by(&of_no_line));
        assert!(!Deed::Return(&void).is_granted_by(&grant(Action::RefundTender, Some(SALE), None)));
        assert!(!Deed::Return(&back).is_granted_by(&grant(Action::VoidSale, Some(SALE), None)));
    }
}
