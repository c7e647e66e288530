//! Putting cash into the drawer and taking it out for another reason than a sale, and reversing what was
//! recorded by mistake.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, MovementType, journal_record::Entry};
use uuid::Uuid;

use super::till::{PostedMovement, REASON, REFERENCE, Till, TillName, positive};
use crate::{
    access::approvals,
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    drawer::{Movement, convert::movement_to_pb, holds, leave::may_move, move_approved},
    error::Error,
    input::{self, Amount},
    movement_kinds::{opposite, sign},
    store::entity::cash_movement::{self, CashMovementIndex},
};

/// A movement to be recorded.
#[derive(Debug)]
pub struct RecordMovement {
    till: TillName,
    what: What,
    reason: String,
    reference: String,
    grant_ids: Vec<Uuid>,
}

/// A movement of its own, or the reversal of one.
#[derive(Debug)]
enum What {
    Move { kind: MovementType, amount: Amount },
    Reverse { movement_id: Uuid, kind: Option<MovementType>, amount: Option<Amount> },
}

impl RecordMovement {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::RecordMovementRequest) -> Result<Self, Error> {
        let kind = match MovementType::try_from(request.r#type) {
            Ok(MovementType::Unspecified) => None,
            Ok(kind) if opposite(kind).is_some() => Some(kind),
            Ok(_) | Err(_) => return Err(Error::invalid("type", TYPES)),
        };
        let reverses = input::id(&request.reverses_movement_id, || "reverses_movement_id".to_owned())?;
        let what = match (reverses, kind) {
            (None, None) => return Err(Error::invalid("type", TYPES)),
            (None, Some(kind)) => What::Move { kind, amount: positive(request.amount, "amount")? },
            (Some(movement_id), kind) => {
                let amount = input::sum(request.amount, || "amount".to_owned())?;
                What::Reverse { movement_id, kind, amount }
            }
        };
        let path = || "reason".to_owned();
        let reason = if what.speaks_for_itself() {
            input::free_line(request.reason, REASON, path)?
        } else {
            input::required_free_line(request.reason, REASON, path)?
        };
        Ok(Self {
            till: TillName::parse(&request.register_id, &request.shift_id)?,
            what,
            reason,
            reference: input::free_line(request.reference, REFERENCE, || "reference".to_owned())?,
            grant_ids: approvals::parse(&request.grant_ids)?,
        })
    }
}

const TYPES: &str = "must be PAID_IN, PAID_OUT, EXPENSE, FLOAT_IN, SAFE_DROP or BANK_DROP";

impl What {
    /// Between drawer, safe and bank the type says enough.
    fn speaks_for_itself(&self) -> bool {
        matches!(
            self,
            Self::Move { kind: MovementType::FloatIn | MovementType::SafeDrop | MovementType::BankDrop, .. }
        )
    }

    fn reverses(&self) -> Option<Uuid> {
        match self {
            Self::Move { .. } => None,
            Self::Reverse { movement_id, .. } => Some(*movement_id),
        }
    }

    fn kind_and_amount(&self, books: &WorkingSet, till: &Till) -> Result<(MovementType, i64), Stop> {
        let (movement_id, kind, amount) = match self {
            Self::Move { kind, amount } => return Ok((*kind, till.minor(amount, "amount")?)),
            Self::Reverse { movement_id, kind, amount } => (movement_id, kind, amount),
        };
        let (right_kind, right_amount) = reversal_of(books, till, *movement_id)?;
        if kind.is_some_and(|kind| kind != right_kind) {
            let name = right_kind.as_str_name().trim_start_matches("MOVEMENT_TYPE_");
            return Err(Error::invalid("type", format!("it is reversed by {name}")).into());
        }
        if let Some(amount) = amount
            && till.minor(amount, "amount")? != right_amount
        {
            let words = format!("it is reversed whole: {}", till.currency.format(right_amount));
            return Err(Error::invalid("amount", words).into());
        }
        Ok((right_kind, right_amount))
    }
}

/// What reverses a movement of this shift.
fn reversal_of(books: &WorkingSet, till: &Till, id: Uuid) -> Result<(MovementType, i64), Stop> {
    let found = books.find_one::<cash_movement::Model>(&CashMovementIndex::Id(id))?;
    let found = found.filter(|movement| movement.branch_id == till.register.branch_id);
    let movement = found.ok_or_else(|| {
        let message = format!("there is no movement {id}");
        Error::of_field(Reason::MovementNotFound, "reverses_movement_id", message)
    })?;
    let refuse =
        |why: &str| Error::of_field(Reason::MovementNotReversible, "reverses_movement_id", why.to_owned());
    if movement.shift_id != till.shift.id {
        return Err(refuse("is of another shift, whose count settles it").into());
    }
    if movement.at_opening {
        return Err(refuse("is part of the float that was counted at the opening").into());
    }
    if movement.reverses_movement_id.is_some() {
        return Err(refuse("is a reversal itself: record the movement anew").into());
    }
    if books.find_one::<cash_movement::Model>(&CashMovementIndex::Reversing(id))?.is_some() {
        return Err(refuse("is reversed already").into());
    }
    let kind = MovementType::try_from(movement.kind).ok().and_then(opposite);
    let kind = kind.ok_or_else(|| refuse("is of a sale, a transfer, a count or a shift"))?;
    Ok((kind, movement.amount))
}

impl Posting for RecordMovement {
    const METHOD: &'static str = "kassa.v1.CashRegister/RecordMovement";
    type Reply = pb::RecordMovementResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.till.read_set(known, caller, read_set);
        approvals::read_set(&self.grant_ids, known, caller, read_set);
        if let Some(id) = self.what.reverses() {
            read_set.all::<cash_movement::Model>(CashMovementIndex::Id(id));
            read_set.all::<cash_movement::Model>(CashMovementIndex::Reversing(id));
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let till = self.till.open(books, context.caller)?;
        let (kind, amount) = self.what.kind_and_amount(books, &till)?;
        let movement = Movement {
            kind,
            amount,
            reason: self.reason.clone(),
            reference: self.reference.clone(),
            reverses_movement_id: self.what.reverses(),
            ..Movement::default()
        };
        may_move(books, context, &till.shift, &movement, &self.grant_ids)?;
        if self.what.reverses().is_none() {
            till.in_coins(kind, amount)?;
        }
        if sign(kind)? < 0 {
            holds(books, context.caller, &till.shift, amount)?;
        }
        let (row, approvals) = move_approved(books, context, &till.shift, movement, &self.grant_ids)?;
        let movement = Some(movement_to_pb(&row, till.currency));
        till.journal(books, context, Entry::CashMoved(pb::CashMovedEntry { movement, approvals }))?;
        let (movement, drawer) = till.moved(&row);
        Ok(Decision::Done(pb::RecordMovementResponse { movement, drawer }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let PostedMovement { movement, drawer, .. } = PostedMovement::find(books, document.id)?;
        Ok(pb::RecordMovementResponse { movement, drawer })
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{ApprovalAction, JournalKind, Role};

    use super::*;
    use crate::{
        books::testing::{CASHIER, TestShop},
        store::entity::{business, register, role_limit, shift},
    };

    fn money(minor: i64) -> Option<pb::Money> {
        Some(pb::Money { amount_minor: minor, ..Default::default() })
    }

    fn of(kind: MovementType, minor: i64) -> pb::RecordMovementRequest {
        let reason = "milk for the kitchen".to_owned();
        pb::RecordMovementRequest { r#type: kind.into(), amount: money(minor), reason, ..Default::default() }
    }

    fn record(
        shop: &mut TestShop,
        request: pb::RecordMovementRequest,
    ) -> Result<pb::RecordMovementResponse, Error> {
        shop.decide(&RecordMovement::parse(request)?)
    }

    fn balance(shop: &TestShop) -> i64 {
        shop.row::<register::Model>(&shop.caller.register_id).drawer_balance
    }

    #[test]
    fn every_kind_moves_the_drawer_its_way_and_names_all_it_needs() {
        let mut shop = TestShop::with_shift();
        let mut expected = 100_00;
        for (kind, sign) in [
            (MovementType::PaidIn, 1),
            (MovementType::PaidOut, -1),
            (MovementType::Expense, -1),
            (MovementType::FloatIn, 1),
            (MovementType::SafeDrop, -1),
            (MovementType::BankDrop, -1),
        ] {
            expected += sign * 7_00;
            let done = record(&mut shop, of(kind, 7_00)).unwrap();
            assert_eq!(
                (balance(&shop), done.drawer.unwrap().balance.unwrap().amount_minor),
                (expected, expected)
            );
            let Entry::CashMoved(entry) = shop.last_entry(JournalKind::Drawer) else { panic!("no movement") };
            assert_eq!(entry.movement, done.movement);
        }
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
    }

    #[test]
    fn what_people_do_not_record_and_what_says_nothing_is_refused() {
        for kind in
            [MovementType::Unspecified, MovementType::SaleCash, MovementType::Over, MovementType::TransferIn]
        {
            assert_eq!(RecordMovement::parse(of(kind, 1)).unwrap_err().fields()[0].0, "type", "{kind:?}");
        }
        for kind in [MovementType::PaidIn, MovementType::PaidOut, MovementType::Expense] {
            let request = pb::RecordMovementRequest { reason: " ".to_owned(), ..of(kind, 1) };
            assert_eq!(RecordMovement::parse(request).unwrap_err().fields()[0].0, "reason", "{kind:?}");
        }
        for minor in [0, -1] {
            let refused = RecordMovement::parse(of(MovementType::PaidIn, minor)).unwrap_err();
            assert_eq!(refused.fields()[0].0, "amount");
        }
        RecordMovement::parse(pb::RecordMovementRequest {
            reason: String::new(),
            ..of(MovementType::SafeDrop, 1)
        })
        .unwrap();
    }

    #[test]
    fn above_the_roles_limit_a_cashier_pays_out_of_their_own_drawer_with_a_grant() {
        for kind in [MovementType::PaidOut, MovementType::Expense] {
            let mut shop = TestShop::with_shift();
            shop.seat_cashier();
            shop.change::<shift::Model>(&Uuid::from_u128(6), |shift| shift.user_id = CASHIER);
            assert_eq!(record(&mut shop, of(kind, 5_00)).unwrap_err().reason(), Reason::ApprovalRequired);
            let grant = shop.grant(ApprovalAction::PaidOut, "", 5_00, |_| ());
            let granted =
                |minor| pb::RecordMovementRequest { grant_ids: vec![grant.clone()], ..of(kind, minor) };
            assert_eq!(record(&mut shop, granted(5_01)).unwrap_err().reason(), Reason::ApprovalInvalid);
            record(&mut shop, granted(5_00)).unwrap();
            assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
            let Entry::CashMoved(entry) = shop.last_entry(JournalKind::Drawer) else { panic!("no movement") };
            assert_eq!(entry.approvals[0].grant_id, grant);
            assert_eq!(record(&mut shop, granted(1)).unwrap_err().reason(), Reason::ApprovalUsed);
        }
    }

    #[test]
    fn what_a_cashier_moves_in_a_colleagues_drawer_needs_a_grant_of_just_that() {
        for kind in [
            MovementType::PaidIn,
            MovementType::PaidOut,
            MovementType::Expense,
            MovementType::FloatIn,
            MovementType::SafeDrop,
            MovementType::BankDrop,
        ] {
            let mut shop = TestShop::with_shift();
            shop.seat_cashier();
            // However much the role may pay out, it is not of this drawer; in one's own it is.
            let limits = (shop.caller.business_id, Role::Cashier.into());
            shop.change::<role_limit::Model>(&limits, |limits| limits.most_paid_out = 9_00);
            assert_eq!(record(&mut shop, of(kind, 5_00)).unwrap_err().reason(), Reason::ApprovalRequired);
            let register = shop.caller.register_id.to_string();
            let mut grant = |register: &str, granted: MovementType| {
                shop.grant(ApprovalAction::Drawer, register, 5_00, |it| it.movement = Some(granted.into()))
            };
            let good = grant(&register, kind);
            let elsewhere = grant(&Uuid::from_u128(99).to_string(), kind);
            let otherwise = grant(&register, MovementType::Over);
            let with = |grant: &String, minor| pb::RecordMovementRequest {
                grant_ids: vec![grant.clone()],
                ..of(kind, minor)
            };
            for bad in [with(&elsewhere, 1), with(&otherwise, 1), with(&good, 5_01)] {
                assert_eq!(record(&mut shop, bad).unwrap_err().reason(), Reason::ApprovalInvalid, "{kind:?}");
            }
            record(&mut shop, with(&good, 5_00)).unwrap();
            assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
            let Entry::CashMoved(entry) = shop.last_entry(JournalKind::Drawer) else { panic!("no movement") };
            assert_eq!((&entry.approvals[0].grant_id, entry.approvals[0].movement_type()), (&good, kind));
            assert_eq!(record(&mut shop, with(&good, 1)).unwrap_err().reason(), Reason::ApprovalUsed);
            // In one's own shift it is one's own to move.
            shop.change::<shift::Model>(&Uuid::from_u128(6), |shift| shift.user_id = CASHIER);
            record(&mut shop, of(kind, 5_00)).unwrap();
        }
    }

    #[test]
    fn above_the_roles_limit_a_drop_needs_a_grant_even_in_ones_own_shift() {
        for kind in [MovementType::SafeDrop, MovementType::BankDrop] {
            let mut shop = TestShop::with_shift();
            shop.seat_cashier();
            shop.change::<shift::Model>(&Uuid::from_u128(6), |shift| shift.user_id = CASHIER);
            let limits = (shop.caller.business_id, Role::Cashier.into());
            shop.change::<role_limit::Model>(&limits, |limits| limits.most_drop = 5_00);
            let done = record(&mut shop, of(kind, 5_00)).unwrap();
            assert_eq!(record(&mut shop, of(kind, 5_01)).unwrap_err().reason(), Reason::ApprovalRequired);
            let register = shop.caller.register_id.to_string();
            let grant =
                shop.grant(ApprovalAction::Drawer, &register, 9_00, |it| it.movement = Some(kind.into()));
            record(&mut shop, pb::RecordMovementRequest { grant_ids: vec![grant], ..of(kind, 9_00) })
                .unwrap();
            // What comes back of a mistake, and what goes in, has no limit.
            let reversal = pb::RecordMovementRequest {
                reverses_movement_id: done.movement.unwrap().movement_id,
                reason: "typed 5 for 3".to_owned(),
                ..Default::default()
            };
            record(&mut shop, reversal).unwrap();
            let float = record(&mut shop, of(MovementType::FloatIn, 50_00)).unwrap().movement.unwrap();
            let reversal = pb::RecordMovementRequest {
                reverses_movement_id: float.movement_id,
                reason: "typed 50 for 5".to_owned(),
                ..Default::default()
            };
            record(&mut shop, reversal).unwrap();
        }
    }

    #[test]
    fn within_the_roles_limit_a_cashier_pays_out_alone_and_reverses_a_mistake() {
        let mut shop = TestShop::with_shift();
        shop.seat_cashier();
        shop.change::<shift::Model>(&Uuid::from_u128(6), |shift| shift.user_id = CASHIER);
        let business = shop.caller.business_id;
        shop.change::<role_limit::Model>(&(business, Role::Cashier.into()), |limits| {
            limits.most_paid_out = 5_00;
        });
        record(&mut shop, of(MovementType::PaidOut, 5_00)).unwrap();
        let refused = record(&mut shop, of(MovementType::PaidOut, 5_01)).unwrap_err();
        assert_eq!(refused.reason(), Reason::ApprovalRequired);
        let moved = record(&mut shop, of(MovementType::PaidIn, 30_00)).unwrap().movement.unwrap();
        let reversal = pb::RecordMovementRequest {
            reverses_movement_id: moved.movement_id,
            reason: "typed 30 for 3".to_owned(),
            ..Default::default()
        };
        record(&mut shop, reversal).unwrap();
    }

    #[test]
    fn no_more_goes_out_than_is_there() {
        let mut shop = TestShop::with_shift();
        let refused = record(&mut shop, of(MovementType::SafeDrop, 100_01)).unwrap_err();
        assert_eq!(refused.reason(), Reason::InsufficientCash);
        assert_eq!(refused.message(), "the drawer holds 100.00, and 100.01 is to be paid out");
        record(&mut shop, of(MovementType::SafeDrop, 100_00)).unwrap();
        assert_eq!(balance(&shop), 0);
    }

    #[test]
    fn who_counts_blind_is_not_told_what_is_in_the_drawer() {
        let mut shop = TestShop::with_shift();
        shop.caller.role = Role::Cashier;
        let business = shop.caller.business_id;
        shop.change::<business::Model>(&business, |business| business.blind_close = true);
        let done = record(&mut shop, of(MovementType::SafeDrop, 30_00)).unwrap();
        assert_eq!((done.movement.unwrap().balance, done.drawer.unwrap().balance), (None, None));
        let refused = record(&mut shop, of(MovementType::SafeDrop, 70_01)).unwrap_err();
        assert_eq!(refused.message(), "the drawer holds less than is to be paid out");
        let Entry::CashMoved(entry) = shop.last_entry(JournalKind::Drawer) else { panic!("no movement") };
        assert_eq!(entry.movement.unwrap().balance.unwrap().amount_minor, 70_00, "the journal has it");
    }

    #[test]
    fn a_mistake_is_reversed_once_and_whole() {
        let mut shop = TestShop::with_shift();
        let moved = record(&mut shop, of(MovementType::Expense, 30_00)).unwrap().movement.unwrap();
        let reversal = pb::RecordMovementRequest {
            reverses_movement_id: moved.movement_id.clone(),
            reason: "typed 30 for 3".to_owned(),
            ..Default::default()
        };
        let wrong_kind = of(MovementType::FloatIn, 30_00);
        let wrong_amount = of(MovementType::PaidIn, 29_99);
        for (wrong, field) in [(wrong_kind, "type"), (wrong_amount, "amount")] {
            let wrong =
                pb::RecordMovementRequest { reverses_movement_id: moved.movement_id.clone(), ..wrong };
            assert_eq!(record(&mut shop, wrong).unwrap_err().fields()[0].0, field);
        }
        let reversed = record(&mut shop, reversal.clone()).unwrap().movement.unwrap();
        assert_eq!((reversed.r#type(), balance(&shop)), (MovementType::PaidIn, 100_00));
        assert_eq!(reversed.reverses_movement_id, moved.movement_id);
        let again = record(&mut shop, reversal.clone()).unwrap_err();
        assert_eq!(again.reason(), Reason::MovementNotReversible);
        let back =
            pb::RecordMovementRequest { reverses_movement_id: reversed.movement_id, ..reversal.clone() };
        assert_eq!(record(&mut shop, back).unwrap_err().reason(), Reason::MovementNotReversible);
        let id = Uuid::from_u128(99).to_string();
        let unknown = pb::RecordMovementRequest { reverses_movement_id: id, ..reversal };
        assert_eq!(record(&mut shop, unknown).unwrap_err().reason(), Reason::MovementNotFound);
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
    }
}
