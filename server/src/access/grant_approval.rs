//! Approving: somebody with a PIN lets the signed-in user do one thing, once, within five minutes.

use chrono::TimeDelta;
use kassa_proto::v1::{
    self as pb, ApprovalAction as Action, ErrorReason as Reason, JournalKind, MovementType,
    journal_record::Entry,
};
use uuid::Uuid;

use super::{
    approvals::{role_of, to_pb},
    limits,
    named_user::NamedUser,
    pin::{Settled, Typed, settle},
    scope::in_reach,
};
use crate::{
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    encoding::time::timestamp,
    error::Error,
    input::{self, Amount},
    movement_kinds::is_grantable,
    settings::{currency, shop},
    store::{
        engine::Scope,
        entity::{business, grant, role_limit, user},
    },
};

/// Long enough to walk back to the keys, too short to be kept for later.
pub(super) const GOOD_FOR: TimeDelta = TimeDelta::minutes(5);

/// What is to be approved.
#[derive(Debug)]
pub struct GrantWanted {
    action: Action,
    order_id: Option<Uuid>,
    line_id: Option<Uuid>,
    movement: Option<MovementType>,
    amount: Amount,
}

impl GrantWanted {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW` with the field's path.
    pub fn parse(request: pb::GrantApprovalRequest) -> Result<Self, Error> {
        let action = request.action();
        if action == Action::Unspecified {
            return Err(Error::invalid("action", "is required"));
        }
        let is_of_order = !matches!(action, Action::OpenDrawer | Action::PaidOut);
        let order_id = input::id(&request.order_id, || "order_id".to_owned())?;
        let line_id = input::id(&request.line_id, || "line_id".to_owned())?;
        match (action, order_id, line_id) {
            (_, None, _) if is_of_order => return Err(Error::invalid("order_id", "is required")),
            (_, Some(_), _) if !is_of_order => {
                return Err(Error::invalid("order_id", "must be empty: this is of no order"));
            }
            (Action::PriceOverride, _, None) => return Err(Error::invalid("line_id", "is required")),
            (Action::PriceOverride | Action::Discount, _, _) | (_, _, None) => {}
            _ => return Err(Error::invalid("line_id", "must be empty: this is of no line")),
        }
        let movement = movement(action, request.movement_type)?;
        let path = || "amount".to_owned();
        let amount = match input::sum(request.amount, path)? {
            None if matches!(action, Action::OpenDrawer | Action::CloseShift) => {
                Amount { currency: String::new(), minor: 0 }
            }
            None => return Err(Error::invalid("amount", "is required")),
            Some(amount) => amount,
        };
        Ok(Self { action, order_id, line_id, movement, amount })
    }
}

/// How the drawer is moved, if that is to be approved.
fn movement(action: Action, kind: i32) -> Result<Option<MovementType>, Error> {
    let invalid = |words| Err(Error::invalid("movement_type", words));
    match MovementType::try_from(kind) {
        Ok(MovementType::Unspecified) if action != Action::Drawer => Ok(None),
        Ok(_) | Err(_) if action != Action::Drawer => {
            invalid("must be empty: this is no movement of a drawer")
        }
        Ok(kind) if is_grantable(kind) => Ok(Some(kind)),
        Ok(_) | Err(_) => invalid(
            "must be PAID_IN, PAID_OUT, EXPENSE, FLOAT_IN, SAFE_DROP, BANK_DROP, TRANSFER_OUT, OVER or SHORT",
        ),
    }
}

/// An approval with a PIN that was compared.
pub struct GrantApproval {
    /// Who approves.
    pub typed: Typed,
    /// What.
    pub wanted: GrantWanted,
}

impl Posting for GrantApproval {
    const METHOD: &'static str = "kassa.v1.Access/GrantApproval";
    type Reply = pb::GrantApprovalResponse;

    fn scope(&self, caller: &Caller) -> Scope {
        Scope::People(vec![self.typed.user_id, caller.user_id], caller.branch_id)
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.typed.read_set(read_set);
        read_set.row::<business::Model>(caller.business_id);
        limits::read_set(read_set, caller.business_id, caller.role);
        if let Some(approver) = known.known::<user::Model>(&self.typed.user_id) {
            limits::read_set(read_set, caller.business_id, role_of(approver));
        }
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let approver = NamedUser::Id(self.typed.user_id).user(books)?.clone();
        // Said before the PIN is looked at, so that it says nothing of it.
        if let Some(branch_id) = approver.branch_id {
            in_reach(caller, branch_id, "user_id")?;
        }
        let pin = match settle(books, context, &self.typed)? {
            Settled::Right(forgiven) => forgiven,
            Settled::Wrong(error) => return Ok(Decision::RejectedAndCommitted(error)),
        };
        let currency = currency(shop(books, caller)?)?;
        let amount = self.wanted.amount.in_currency(currency.code(), || "amount".to_owned())?;
        let own = limits::of(books, caller.business_id, caller.role)?;
        let theirs = limits::of(books, caller.business_id, role_of(&approver))?;
        if !self.may_approve(theirs, own, amount) {
            let message = format!("{} may not do this either; ask somebody who may", approver.name);
            return Err(Error::of_field(Reason::RoleRequired, "user_id", message).into());
        }
        let expires = context.now + GOOD_FOR;
        let grant = grant::Model {
            id: context.new_id(),
            branch_id: caller.branch_id,
            action: self.wanted.action.into(),
            order_id: self.wanted.order_id,
            line_id: self.wanted.line_id,
            movement: self.wanted.movement.map(i32::from),
            amount,
            requester_user_id: caller.user_id,
            approver_user_id: approver.id,
            register_id: caller.register_id,
            terminal_id: caller.terminal_id,
            create_time: to_micros(context.now),
            expire_time: to_micros(expires),
            used_time: None,
            used_by_id: None,
        };
        let reply = pb::GrantApprovalResponse {
            grant_id: grant.id.to_string(),
            expire_time: Some(timestamp(expires)),
            approver_user_id: approver.id.to_string(),
            approver_user_name: approver.name,
        };
        let given = pb::GrantGivenEntry {
            approval: Some(to_pb(&grant, currency)),
            expire_time: Some(timestamp(expires)),
            pin,
        };
        books.insert(grant)?;
        journal::append(books, context, caller.register_id, Entry::GrantGiven(given))?;
        Ok(Decision::Done(reply))
    }
}

impl GrantApproval {
    /// Whether the approver may do it alone. How much a discount may be is known when it is given; until
    /// then the approver must be allowed more than the one who asks.
    fn may_approve(&self, theirs: &role_limit::Model, own: &role_limit::Model, amount: i64) -> bool {
        let more = self.wanted.action != Action::Discount || theirs.most_discount > own.most_discount;
        let all = theirs.most_discount >= limits::WHOLE;
        limits::allow(theirs, (self.wanted.action, self.wanted.movement), amount, None) && (more || all)
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::Role;

    use super::*;
    use crate::{
        books::testing::{CASHIER, NOON, SUPERVISOR, TestShop},
        store::entity::user_pin,
    };

    const ORDER: Uuid = Uuid::from_u128(77);

    fn request(action: Action) -> pb::GrantApprovalRequest {
        let line =
            if action == Action::PriceOverride { Uuid::from_u128(78).to_string() } else { String::new() };
        let order_id = match action {
            Action::OpenDrawer | Action::PaidOut => String::new(),
            _ => ORDER.to_string(),
        };
        let movement =
            if action == Action::Drawer { MovementType::SafeDrop } else { MovementType::Unspecified };
        pb::GrantApprovalRequest {
            action: action.into(),
            order_id,
            line_id: line,
            movement_type: movement.into(),
            amount: Some(pb::Money { amount_minor: 5_00, ..Default::default() }),
            ..Default::default()
        }
    }

    /// A cashier at the register, and a supervisor who typed a PIN.
    fn approve(
        shop: &mut TestShop,
        user_id: Uuid,
        right: bool,
        request: pb::GrantApprovalRequest,
    ) -> Result<pb::GrantApprovalResponse, Error> {
        let row: &user_pin::Model = shop.row(&user_id);
        let typed = Typed::of(row, right);
        shop.decide(&GrantApproval { typed, wanted: GrantWanted::parse(request)? })
    }

    fn shop() -> TestShop {
        let mut shop = TestShop::with_shift();
        shop.seat_cashier();
        for user_id in [CASHIER, SUPERVISOR] {
            let (hash, failed_count, delay_time) = (user_id.to_string(), 0, None);
            shop.put(user_pin::Model { user_id, hash, failed_count, delay_time, version: 1 });
        }
        shop
    }

    #[test]
    fn a_supervisors_pin_gives_a_grant_that_the_journal_has() {
        let mut shop = shop();
        let given = approve(&mut shop, SUPERVISOR, true, request(Action::VoidSale)).unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        assert_eq!(given.approver_user_id, SUPERVISOR.to_string());
        let id = Uuid::try_parse(&given.grant_id).unwrap();
        let grant: &grant::Model = shop.row(&id);
        assert_eq!((grant.requester_user_id, grant.approver_user_id), (CASHIER, SUPERVISOR));
        assert_eq!((grant.order_id, grant.line_id, grant.amount), (Some(ORDER), None, 5_00));
        assert_eq!((grant.create_time, grant.expire_time), (NOON, NOON + 300_000_000));
        assert_eq!((grant.used_time, grant.used_by_id), (None, None));
        let Entry::GrantGiven(entry) = shop.last_entry(JournalKind::Audit) else { panic!("no grant") };
        assert_eq!(entry.approval.unwrap().grant_id, given.grant_id);
    }

    #[test]
    fn a_wrong_pin_counts_like_at_the_sign_in_and_gives_nothing() {
        let mut shop = shop();
        for count in 1..=3 {
            let refused = approve(&mut shop, SUPERVISOR, false, request(Action::VoidSale)).unwrap_err();
            assert_eq!(refused.reason(), Reason::PinWrong);
            assert_eq!(shop.row::<user_pin::Model>(&SUPERVISOR).failed_count, count);
        }
        let refused = approve(&mut shop, SUPERVISOR, true, request(Action::VoidSale)).unwrap_err();
        assert_eq!(refused.reason(), Reason::PinDelayed);
        let Entry::PinFailed(_) = shop.last_entry(JournalKind::Audit) else { panic!("no wrong PIN") };
        // After the delay the right one forgives, and the grant's record says so.
        shop.change::<user_pin::Model>(&SUPERVISOR, |row| row.delay_time = None);
        approve(&mut shop, SUPERVISOR, true, request(Action::VoidSale)).unwrap();
        let Entry::GrantGiven(entry) = shop.last_entry(JournalKind::Audit) else { panic!("no grant") };
        assert_eq!(entry.pin.unwrap().failed_count, 0);
    }

    #[test]
    fn who_may_not_do_it_approves_nothing_not_even_for_themselves() {
        for action in [
            Action::Discount,
            Action::PriceOverride,
            Action::VoidSale,
            Action::RefundTender,
            Action::OpenDrawer,
            Action::PaidOut,
            Action::Drawer,
            Action::CloseShift,
        ] {
            let refused = approve(&mut shop(), CASHIER, true, request(action)).unwrap_err();
            assert_eq!(refused.reason(), Reason::RoleRequired, "{action:?}");
            approve(&mut shop(), SUPERVISOR, true, request(action)).unwrap();
        }
        let mut shop = shop();
        let business = shop.caller.business_id;
        shop.change::<role_limit::Model>(&(business, Role::Cashier.into()), |limits| limits.void_sale = true);
        approve(&mut shop, CASHIER, true, request(Action::VoidSale)).unwrap();
    }

    #[test]
    fn who_drops_no_more_than_this_approves_no_more_either() {
        let with_most = |most: i64, kind: MovementType| {
            let mut shop = shop();
            let business = shop.caller.business_id;
            shop.change::<role_limit::Model>(&(business, Role::Supervisor.into()), |limits| {
                limits.most_drop = most;
            });
            let wanted = pb::GrantApprovalRequest { movement_type: kind.into(), ..request(Action::Drawer) };
            approve(&mut shop, SUPERVISOR, true, wanted).err().map(|error| error.reason())
        };
        for kind in [MovementType::SafeDrop, MovementType::BankDrop, MovementType::TransferOut] {
            assert_eq!(with_most(4_99, kind), Some(Reason::RoleRequired), "{kind:?}");
            assert_eq!(with_most(5_00, kind), None, "{kind:?}");
        }
        for kind in [MovementType::PaidIn, MovementType::FloatIn, MovementType::Over, MovementType::Short] {
            assert_eq!(with_most(0, kind), None, "{kind:?}");
        }
    }

    #[test]
    fn somebody_of_another_branch_or_gone_approves_nothing() {
        let mut elsewhere = shop();
        elsewhere.change::<user::Model>(&SUPERVISOR, |user| user.branch_id = Some(Uuid::from_u128(99)));
        let refused = approve(&mut elsewhere, SUPERVISOR, true, request(Action::VoidSale)).unwrap_err();
        assert_eq!(refused.reason(), Reason::WrongBranch);
        let mut gone = shop();
        gone.change::<user::Model>(&SUPERVISOR, |user| user.active = false);
        let refused = approve(&mut gone, SUPERVISOR, true, request(Action::VoidSale)).unwrap_err();
        assert_eq!(refused.reason(), Reason::UserInactive);
    }

    #[test]
    fn a_request_that_means_nothing_is_refused_by_its_field() {
        let with = |action: Action, change: fn(&mut pb::GrantApprovalRequest)| {
            let mut request = request(action);
            change(&mut request);
            GrantWanted::parse(request).unwrap_err().fields()[0].0.clone()
        };
        assert_eq!(with(Action::Unspecified, |_| ()), "action");
        assert_eq!(with(Action::VoidSale, |request| request.order_id.clear()), "order_id");
        assert_eq!(with(Action::VoidSale, |request| request.line_id = ORDER.to_string()), "line_id");
        assert_eq!(with(Action::PriceOverride, |request| request.line_id.clear()), "line_id");
        assert_eq!(with(Action::Discount, |request| request.amount = None), "amount");
        assert_eq!(with(Action::PaidOut, |request| request.order_id = ORDER.to_string()), "order_id");
        assert_eq!(with(Action::PaidOut, |request| request.line_id = ORDER.to_string()), "line_id");
        assert_eq!(with(Action::PaidOut, |request| request.amount = None), "amount");
        assert_eq!(with(Action::Drawer, |request| request.order_id.clear()), "order_id");
        assert_eq!(with(Action::Drawer, |request| request.amount = None), "amount");
        let kind = |kind: MovementType| kind.into();
        for wrong in [0, 99, kind(MovementType::SaleCash), kind(MovementType::ShiftEnd), -1] {
            let request = pb::GrantApprovalRequest { movement_type: wrong, ..request(Action::Drawer) };
            assert_eq!(GrantWanted::parse(request).unwrap_err().fields()[0].0, "movement_type", "{wrong}");
        }
        for wrong in [99, kind(MovementType::PaidOut)] {
            let request = pb::GrantApprovalRequest { movement_type: wrong, ..request(Action::PaidOut) };
            assert_eq!(GrantWanted::parse(request).unwrap_err().fields()[0].0, "movement_type", "{wrong}");
        }
        let opening = pb::GrantApprovalRequest { amount: None, ..request(Action::OpenDrawer) };
        GrantWanted::parse(opening).unwrap();
    }
}
