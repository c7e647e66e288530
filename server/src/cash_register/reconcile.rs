//! Counting the drawer in the middle of a shift: what is over or short becomes a movement, so that the
//! books have what is there.

use kassa_proto::v1::{self as pb, MovementType, journal_record::Entry};
use uuid::Uuid;

use super::till::{PostedMovement, REASON, Till, TillName};
use crate::{
    access::approvals,
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    drawer::{Movement, convert::movement_to_pb, leave::approve_count, move_approved, signed},
    error::Error,
    input::{self, Amount},
    store::entity::cash_movement,
};

/// A count to be compared with the books.
#[derive(Debug)]
pub struct Reconcile {
    till: TillName,
    counted: Amount,
    reason: String,
    grant_ids: Vec<Uuid>,
}

impl Reconcile {
    /// Checks the fields. A reason is asked for before anybody knows whether there is a difference.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::ReconcileRequest) -> Result<Self, Error> {
        Ok(Self {
            till: TillName::parse(&request.register_id, &request.shift_id)?,
            counted: input::required_sum(request.counted, || "counted".to_owned())?,
            reason: input::required_free_line(request.reason, REASON, || "reason".to_owned())?,
            grant_ids: approvals::parse(&request.grant_ids)?,
        })
    }

    fn adjust(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        till: &Till,
        variance: i64,
    ) -> Result<(Option<cash_movement::Model>, Vec<pb::Approval>), Stop> {
        let kind = match variance {
            0 => {
                till.note_activity(books, context)?;
                return Ok((None, approve_count(books, context, &till.shift, &self.grant_ids)?));
            }
            1.. => MovementType::Over,
            _ => MovementType::Short,
        };
        let (amount, reason) = (variance.saturating_abs(), self.reason.clone());
        let movement = Movement { kind, amount, reason, ..Movement::default() };
        let (row, approvals) = move_approved(books, context, &till.shift, movement, &self.grant_ids)?;
        Ok((Some(row), approvals))
    }
}

impl Posting for Reconcile {
    const METHOD: &'static str = "kassa.v1.CashRegister/Reconcile";
    type Reply = pb::ReconcileResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.till.read_set(known, caller, read_set);
        approvals::read_set(&self.grant_ids, known, caller, read_set);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let till = self.till.open(books, context.caller)?;
        let counted = till.minor(&self.counted, "counted")?;
        let expected = till.register.drawer_balance;
        let variance = counted.saturating_sub(expected);
        let (row, approvals) = self.adjust(books, context, &till, variance)?;
        let money = |minor| Some(pb::Money::new(till.currency, minor));
        let entry = pb::DrawerReconciledEntry {
            shift_id: till.shift.id.to_string(),
            expected: money(expected),
            counted: money(counted),
            reason: self.reason.clone(),
            movement: row.as_ref().map(|row| movement_to_pb(row, till.currency)),
            approvals,
        };
        till.journal(books, context, Entry::DrawerReconciled(entry))?;
        let (movement, drawer) = match &row {
            Some(row) => till.moved(row),
            None => (None, Some(till.drawer())),
        };
        let reply = pb::ReconcileResponse {
            drawer,
            expected: money(expected),
            counted: money(counted),
            variance: money(variance),
            movement,
            figures_withheld: false,
        };
        let reply = if till.is_blind { withhold(reply) } else { reply };
        Ok(Decision::Done(reply))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let PostedMovement { row, currency, is_blind, movement, drawer } =
            PostedMovement::find(books, document.id)?;
        let variance = signed(row)?;
        let money = |minor| Some(pb::Money::new(currency, minor));
        let reply = pb::ReconcileResponse {
            drawer,
            expected: money(row.balance.saturating_sub(variance)),
            counted: money(row.balance),
            variance: money(variance),
            movement,
            figures_withheld: false,
        };
        Ok(if is_blind { withhold(reply) } else { reply })
    }
}

/// What a count is answered with where the shop counts blind: that it is written down.
fn withhold(reply: pb::ReconcileResponse) -> pb::ReconcileResponse {
    pb::ReconcileResponse { expected: None, variance: None, movement: None, figures_withheld: true, ..reply }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kassa_proto::v1::{ApprovalAction, ErrorReason as Reason, JournalKind, Role};

    use crate::{
        books::testing::{CASHIER, TestShop},
        store::entity::{business, register, role_limit, shift},
    };

    fn count(shop: &mut TestShop, minor: i64) -> pb::ReconcileResponse {
        try_count(shop, minor, &[]).unwrap()
    }

    fn try_count(
        shop: &mut TestShop,
        minor: i64,
        grants: &[&String],
    ) -> Result<pb::ReconcileResponse, Error> {
        let counted = Some(pb::Money { amount_minor: minor, ..Default::default() });
        let reason = "the noon count".to_owned();
        let grant_ids = grants.iter().map(|grant| (*grant).clone()).collect();
        let request = pb::ReconcileRequest { counted, reason, grant_ids, ..Default::default() };
        shop.decide(&Reconcile::parse(request)?)
    }

    /// A cashier in their own shift, with 100.00 in the drawer.
    fn of_a_cashier() -> TestShop {
        let mut shop = TestShop::with_shift();
        shop.seat_cashier();
        shop.change::<shift::Model>(&Uuid::from_u128(6), |shift| shift.user_id = CASHIER);
        shop
    }

    fn grant(shop: &mut TestShop, kind: MovementType, amount: i64) -> String {
        let register = shop.caller.register_id.to_string();
        shop.grant(ApprovalAction::Drawer, &register, amount, |it| it.movement = Some(kind.into()))
    }

    fn reason(counted: Result<pb::ReconcileResponse, Error>) -> Option<Reason> {
        counted.err().map(|error| error.reason())
    }

    #[test]
    fn a_cashiers_difference_above_the_limit_needs_a_grant_of_its_way_and_size() {
        let mut shop = of_a_cashier();
        count(&mut shop, 100_00);
        let limits = (shop.caller.business_id, Role::Cashier.into());
        for (most, counted) in [(0, 99_99), (0, 100_01), (2_00, 97_99), (2_00, 102_01)] {
            shop.change::<role_limit::Model>(&limits, |limits| limits.most_variance = most);
            assert_eq!(reason(try_count(&mut shop, counted, &[])), Some(Reason::ApprovalRequired));
        }
        count(&mut shop, 98_00);
        count(&mut shop, 100_00);
        let [over, short] =
            [MovementType::Over, MovementType::Short].map(|kind| grant(&mut shop, kind, 10_00));
        for (counted, bad) in [(89_99, &short), (110_01, &over), (90_00, &over), (110_00, &short)] {
            assert_eq!(reason(try_count(&mut shop, counted, &[bad])), Some(Reason::ApprovalInvalid));
        }
        assert_eq!(shop.row::<register::Model>(&shop.caller.register_id).drawer_balance, 100_00);
        try_count(&mut shop, 90_00, &[&over, &short]).unwrap();
        let Entry::DrawerReconciled(entry) = shop.last_entry(JournalKind::Drawer) else { panic!("no count") };
        assert_eq!(entry.approvals[0].grant_id, short);
        assert_eq!(reason(try_count(&mut shop, 80_00, &[&short])), Some(Reason::ApprovalUsed));
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        // A supervisor answers for it by the count itself.
        shop.caller.role = Role::Supervisor;
        count(&mut shop, 0);
    }

    #[test]
    fn who_counts_blind_has_either_way_approved_and_learns_neither() {
        let mut shop = of_a_cashier();
        let business = shop.caller.business_id;
        shop.change::<business::Model>(&business, |business| business.blind_close = true);
        let over = grant(&mut shop, MovementType::Over, 10_00);
        assert_eq!(reason(try_count(&mut shop, 89_99, &[&over])), Some(Reason::ApprovalInvalid));
        let done = try_count(&mut shop, 90_00, &[&over]).unwrap();
        assert_eq!((done.expected, done.variance, done.movement), (None, None, None));
        let drop = grant(&mut shop, MovementType::SafeDrop, 10_00);
        assert_eq!(reason(try_count(&mut shop, 80_00, &[&drop])), Some(Reason::ApprovalInvalid));
    }

    #[test]
    fn any_count_in_a_colleagues_shift_needs_a_grant_and_one_that_agrees_is_of_nothing() {
        let mut shop = TestShop::with_shift();
        shop.seat_cashier();
        let limits = (shop.caller.business_id, Role::Cashier.into());
        shop.change::<role_limit::Model>(&limits, |limits| limits.most_variance = 9_00);
        for counted in [0, 99_99, 100_00, 100_01] {
            assert_eq!(reason(try_count(&mut shop, counted, &[])), Some(Reason::ApprovalRequired));
        }
        let agrees = grant(&mut shop, MovementType::Short, 0);
        try_count(&mut shop, 100_00, &[&agrees]).unwrap();
        let Entry::DrawerReconciled(entry) = shop.last_entry(JournalKind::Drawer) else { panic!("no count") };
        assert_eq!((entry.movement, entry.approvals[0].grant_id.as_str()), (None, agrees.as_str()));
        assert_eq!(reason(try_count(&mut shop, 100_00, &[&agrees])), Some(Reason::ApprovalUsed));
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
    }

    #[test]
    fn a_count_is_what_the_books_have_from_then_on() {
        let mut shop = TestShop::with_shift();
        for (counted, variance, kind) in [
            (103_00, 3_00, Some(MovementType::Over)),
            (95_50, -7_50, Some(MovementType::Short)),
            (95_50, 0, None),
        ] {
            let done = count(&mut shop, counted);
            let minor = |money: Option<pb::Money>| money.unwrap().amount_minor;
            assert_eq!(minor(done.variance), variance);
            assert_eq!(minor(done.expected), counted - variance);
            assert_eq!(done.movement.map(|movement| movement.r#type()), kind);
            let register: &register::Model = shop.row(&shop.caller.register_id);
            assert_eq!(register.drawer_balance, counted);
        }
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
    }
}
