//! Opening a shift: the one way to do it, and it hands back the shift that is open already.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, JournalKind, MovementType, journal_record::Entry};
use uuid::Uuid;

use super::{
    close_shift::{count_at_next_opening, next_opening_read_set},
    convert::{shift_for, shift_to_pb},
    end_shift::shift_of_document,
};
use crate::{
    access::scope::{Named, at_its_register},
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    drawer::{Movement, convert::movement_to_pb, move_cash},
    encoding::time::business_date,
    error::Error,
    input::{self, Amount},
    numbers::Series,
    settings::{currency, shop, time_zone},
    store::{
        engine::Scope,
        entity::{
            business, cash_movement, register,
            shift::{self, ShiftIndex},
        },
    },
};

/// A shift to be opened or joined.
#[derive(Debug)]
pub struct OpenShift {
    /// The id that the terminal chose.
    pub shift_id: Option<Uuid>,
    /// Where.
    pub register: Named,
    /// The cash counted in the drawer, if it was.
    pub opening_float: Option<Amount>,
}

impl OpenShift {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW` with the field's path.
    pub fn parse(request: pb::OpenShiftRequest) -> Result<Self, Error> {
        Ok(Self {
            shift_id: input::id(&request.shift_id, || "shift_id".to_owned())?,
            register: Named::parse(&request.register_id),
            opening_float: input::sum(request.opening_float, || "opening_float".to_owned())?,
        })
    }
}

impl Posting for OpenShift {
    const METHOD: &'static str = "kassa.v1.Shifts/OpenShift";
    type Reply = pb::OpenShiftResponse;

    fn scope(&self, caller: &Caller) -> Scope {
        Scope::People(vec![caller.user_id], caller.branch_id)
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        self.register.register_read_set(caller, read_set);
        if let Some(register) = self.register.known_register(known, caller) {
            read_set.all::<shift::Model>(ShiftIndex::OpenOn(register.id));
            next_opening_read_set(known, register.id, read_set);
            Series::Shifts.read_set(register.id, read_set);
            journal::read_set(read_set, register.id, JournalKind::Shifts);
        }
        read_set.all::<shift::Model>(ShiftIndex::OpenBy(caller.user_id));
        if let Some(id) = self.shift_id {
            read_set.row::<shift::Model>(id);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let business = shop(books, caller)?.clone();
        let currency = currency(&business)?;
        let register = self.register.register(books, caller)?.clone();
        at_its_register(caller, register.id)?;
        if let Some(open) = books.find_one::<shift::Model>(&ShiftIndex::OpenOn(register.id))? {
            let shift = Some(shift_for(caller, &business, open, currency));
            let reply = pb::OpenShiftResponse { shift, joined: true };
            return Ok(Decision::Done(reply));
        }
        self.refuse_a_second_shift(books, caller)?;
        let id = self.free_id(books, context)?;
        let uncounted = books.find_one::<shift::Model>(&ShiftIndex::UncountedOn(register.id))?.cloned();
        let float = self.float(currency.code(), uncounted.as_ref())?;

        let date = business_date(context.now, time_zone(&business)?);
        let number = Series::Shifts.next(books, &register, date)?;
        let shift = shift::Model {
            id,
            number,
            branch_id: register.branch_id,
            register_id: register.id,
            user_id: caller.user_id,
            terminal_id: caller.terminal_id,
            open_time: to_micros(context.now),
            business_date: date,
            opening_float: float,
            opened_by_user_id: Some(caller.user_id),
            last_activity_time: to_micros(context.now),
            expected_cash: float,
            ..shift::Model::unused()
        };
        books.insert(shift.clone())?;
        let (counted_shift, count, movements) = match &uncounted {
            // The float is the count that the last shift was owed: what differs is of its days.
            Some(last) => {
                let (last, count, movements) = count_at_next_opening(books, context, last, float)?;
                (Some(last), Some(count), movements)
            }
            None => (None, None, bring_to_float(books, context, &shift, &register)?.into_iter().collect()),
        };
        let shown = Some(shift_for(caller, &business, &shift, currency));
        let opened = pb::ShiftOpenedEntry {
            shift: Some(shift_to_pb(&shift, currency)),
            movements: movements.iter().map(|row| movement_to_pb(row, currency)).collect(),
            counted_shift: counted_shift.map(|shift| shift_to_pb(&shift, currency)),
            count,
        };
        journal::append(books, context, register.id, Entry::ShiftOpened(opened))?;
        let reply = pb::OpenShiftResponse { shift: shown, joined: false };
        Ok(Decision::Done(reply))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::OpenShiftResponse { shift: Some(shift_of_document(books, document.id)?), joined: false })
    }
}

impl OpenShift {
    /// What the shift begins with.
    fn float(&self, currency: &str, uncounted: Option<&shift::Model>) -> Result<i64, Error> {
        match (&self.opening_float, uncounted) {
            (Some(float), _) => float.in_currency(currency, || "opening_float".to_owned()),
            (None, None) => Ok(0),
            (None, Some(last)) => {
                let message = format!("the shift {} ended uncounted: count the drawer first", last.number);
                Err(Error::new(Reason::CountRequired, message)
                    .field("opening_float", "is required")
                    .with("shift_number", &last.number))
            }
        }
    }

    fn refuse_a_second_shift(&self, books: &WorkingSet, caller: &Caller) -> Result<(), Stop> {
        match books.find_one::<shift::Model>(&ShiftIndex::OpenBy(caller.user_id))? {
            None => Ok(()),
            Some(other) => {
                let message = format!("this user has the shift {} open on another register", other.number);
                let error = Error::new(Reason::UserHasOpenShift, message);
                Err(error.with("shift_id", other.id).with("shift_number", &other.number).into())
            }
        }
    }

    fn free_id(&self, books: &WorkingSet, context: &Context) -> Result<Uuid, Stop> {
        let Some(id) = self.shift_id else { return Ok(context.new_id()) };
        match books.get::<shift::Model>(&id)? {
            None => Ok(id),
            Some(shift) => {
                let message = format!("the shift {id} is in the books already, as {}", shift.number);
                Err(Error::new(Reason::ShiftExists, message).with("shift_number", &shift.number).into())
            }
        }
    }
}

/// The counted float against what the books have in the drawer: a difference is a movement of its own.
fn bring_to_float(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    register: &register::Model,
) -> Result<Option<cash_movement::Model>, Stop> {
    let difference = shift.opening_float.saturating_sub(register.drawer_balance);
    let kind = match difference {
        0 => return Ok(None),
        // A drawer that was never used can't be over: somebody put the float in.
        1.. if register.last_movement_sequence == 0 => MovementType::FloatIn,
        1.. => MovementType::Over,
        _ => MovementType::Short,
    };
    let amount = difference.saturating_abs();
    let movement = Movement { kind, amount, at_opening: true, ..Movement::default() };
    move_cash(books, context, shift, movement).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::testing::TestShop;

    fn opening(register: &str, float: i64) -> OpenShift {
        let opening_float = Some(pb::Money { amount_minor: float, ..Default::default() });
        let register_id = register.to_owned();
        OpenShift::parse(pb::OpenShiftRequest { register_id, opening_float, ..Default::default() }).unwrap()
    }

    fn movements(shop: &TestShop) -> Vec<(MovementType, i64)> {
        let Entry::ShiftOpened(opened) = shop.last_entry(JournalKind::Shifts) else { panic!("no opening") };
        let movement =
            |movement: &pb::CashMovement| (movement.r#type(), movement.amount.as_ref().unwrap().amount_minor);
        opened.movements.iter().map(movement).collect()
    }

    #[test]
    fn the_first_float_is_put_in_and_a_shift_that_is_open_is_joined() {
        let mut shop = TestShop::founded();
        let opened = shop.decide(&opening("", 50_00)).unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        assert_eq!(opened.shift.as_ref().unwrap().number, "SHF-202611-R1-000001");
        assert_eq!(movements(&shop), [(MovementType::FloatIn, 50_00)]);
        let rows = shop.books.dirty();
        let joined = shop.decide(&opening("R1", 99_00)).unwrap();
        assert!(joined.joined && !opened.joined);
        assert_eq!((joined.shift, shop.books.dirty()), (opened.shift, rows));
    }

    #[test]
    fn a_float_that_differs_from_the_drawer_is_over_or_short() {
        for (counted, expected) in [
            (120_00, vec![(MovementType::Over, 20_00)]),
            (70_00, vec![(MovementType::Short, 30_00)]),
            (100_00, vec![]),
        ] {
            let mut shop = TestShop::founded();
            let register = shop.caller.register_id;
            shop.change::<register::Model>(&register, |register| {
                (register.drawer_balance, register.last_movement_sequence) = (100_00, 7);
            });
            shop.decide(&opening("", counted)).unwrap();
            assert_eq!(movements(&shop), expected, "{counted} counted");
            assert_eq!(shop.row::<register::Model>(&register).drawer_balance, counted);
        }
    }

    #[test]
    fn a_user_has_one_open_shift() {
        let mut shop = TestShop::with_shift();
        shop.put_register(Uuid::from_u128(30), "R2", shop.caller.branch_id);
        let refused = shop.decide(&opening("R2", 0)).unwrap_err();
        assert_eq!(refused.reason(), Reason::UserHasOpenShift);
    }

    #[test]
    fn a_register_of_another_branch_is_out_of_reach() {
        let mut shop = TestShop::founded();
        shop.put_register(Uuid::from_u128(30), "R9", Uuid::from_u128(99));
        assert_eq!(shop.decide(&opening("R9", 0)).unwrap_err().reason(), Reason::WrongBranch);
        assert_eq!(shop.decide(&opening("R8", 0)).unwrap_err().reason(), Reason::RegisterNotFound);
    }
}
