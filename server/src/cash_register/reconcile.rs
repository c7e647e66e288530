//! Counting the drawer in the middle of a shift: what is over or short becomes a movement, so that the
//! books have what is there.

use kassa_proto::v1::{self as pb, DocumentKind, MovementType, journal_record::Entry};

use super::{
    convert::movement_to_pb,
    drawer::{Movement, move_cash, signed},
    leave::may_move,
    till::{Made, REASON, Till, TillName},
};
use crate::{
    books::{Caller, Context, Decision, Document, Needs, Posting, Stop, WorkingSet},
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
}

impl Reconcile {
    /// Checks the fields. A reason is asked for before anybody knows whether there is a difference.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::ReconcileRequest) -> Result<Self, Error> {
        Ok(Self {
            till: TillName::parse(&request.register_id, &request.shift_id)?,
            counted: input::required_amount(request.counted, || "counted".to_owned())?,
            reason: input::required_free_text(request.reason, REASON, || "reason".to_owned())?,
        })
    }

    fn adjust(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        till: &Till,
        variance: i64,
    ) -> Result<Option<cash_movement::Model>, Stop> {
        let kind = match variance {
            0 => return till.note_activity(books, context).map(|()| None),
            1.. => MovementType::Over,
            _ => MovementType::Short,
        };
        let (amount, reason) = (variance.saturating_abs(), self.reason.clone());
        let movement = Movement { kind, amount, reason, ..Movement::default() };
        move_cash(books, context, &till.shift, movement).map(Some)
    }
}

impl Posting for Reconcile {
    const METHOD: &'static str = "kassa.v1.CashRegister/Reconcile";
    type Reply = pb::ReconcileResponse;

    fn needs(&self, known: &WorkingSet, caller: &Caller, needs: &mut Needs) {
        self.till.needs(known, caller, needs);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let till = self.till.open(books, context.caller)?;
        // A count without a difference moves nothing, and tells what is in the drawer all the same.
        may_move(context.caller, &till.shift, MovementType::Short)?;
        let counted = till.minor(&self.counted, "counted")?;
        let expected = till.register.drawer_balance;
        let variance = counted.saturating_sub(expected);
        let row = self.adjust(books, context, &till, variance)?;
        let money = |minor| Some(pb::Money::new(till.currency, minor));
        let entry = pb::DrawerReconciledEntry {
            shift_id: till.shift.id.to_string(),
            expected: money(expected),
            counted: money(counted),
            reason: self.reason.clone(),
            movement: row.as_ref().map(|row| movement_to_pb(row, till.currency)),
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
        let made = row.map(|row| Document { kind: DocumentKind::CashMovement, id: row.id });
        Ok(Decision::Done { reply, made })
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let Made { row, currency, is_blind, movement, drawer } = Made::find(books, document.id)?;
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
    use crate::{books::testing::Desk, store::entity::register};

    fn count(desk: &mut Desk, minor: i64) -> pb::ReconcileResponse {
        let counted = Some(pb::Money { amount_minor: minor, ..Default::default() });
        let reason = "the noon count".to_owned();
        let request = pb::ReconcileRequest { counted, reason, ..Default::default() };
        desk.decide(&Reconcile::parse(request).unwrap()).unwrap()
    }

    #[test]
    fn a_count_is_what_the_books_have_from_then_on() {
        let mut desk = Desk::with_shift();
        for (counted, variance, kind) in [
            (103_00, 3_00, Some(MovementType::Over)),
            (95_50, -7_50, Some(MovementType::Short)),
            (95_50, 0, None),
        ] {
            let done = count(&mut desk, counted);
            let minor = |money: Option<pb::Money>| money.unwrap().amount_minor;
            assert_eq!(minor(done.variance), variance);
            assert_eq!(minor(done.expected), counted - variance);
            assert_eq!(done.movement.map(|movement| movement.r#type()), kind);
            let register: &register::Model = desk.row(&desk.caller.register_id);
            assert_eq!(register.drawer_balance, counted);
        }
        assert_eq!(desk.stops, 0, "what is not named costs a round trip of the whole batch");
    }
}
