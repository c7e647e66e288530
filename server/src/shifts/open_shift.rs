//! Opening a shift: the one way to do it, and it hands back the shift that is open already.

use kassa_proto::v1::{
    self as pb, DocumentKind, ErrorReason as Reason, JournalKind, MovementType, ShiftState,
    journal_record::Entry,
};
use uuid::Uuid;

use super::convert::shift_to_pb;
use crate::{
    access::scope::Named,
    admin::settings::{currency, shop, shop_of_branch, time_zone},
    books::{Caller, Context, Decision, Document, Needs, Posting, Stop, WorkingSet, journal},
    cash_register::{
        convert::movement_to_pb,
        drawer::{Movement, move_cash},
    },
    clock::to_micros,
    error::Error,
    input::{self, Amount},
    numbers::Series,
    store::entity::{
        business, cash_movement, register,
        shift::{self, ShiftIndex},
    },
    timestamp::business_date,
};

/// A shift to be opened or joined.
#[derive(Debug)]
pub struct OpenShift {
    /// The id that the terminal chose.
    pub shift_id: Option<Uuid>,
    /// Where.
    pub register: Named,
    /// The cash counted in the drawer.
    pub opening_float: Amount,
}

impl OpenShift {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW` with the field's path.
    pub fn parse(request: pb::OpenShiftRequest) -> Result<Self, Error> {
        let none = Amount { currency: String::new(), minor: 0 };
        Ok(Self {
            shift_id: input::id(&request.shift_id, || "shift_id".to_owned())?,
            register: Named::parse(&request.register_id),
            opening_float: input::amount(request.opening_float, || "opening_float".to_owned())?
                .unwrap_or(none),
        })
    }
}

impl Posting for OpenShift {
    const METHOD: &'static str = "kassa.v1.Shifts/OpenShift";
    type Reply = pb::OpenShiftResponse;

    fn needs(&self, known: &WorkingSet, caller: &Caller, needs: &mut Needs) {
        needs.row::<business::Model>(caller.business_id);
        self.register.register_needs(caller, needs);
        if let Some(register) = self.register.known_register(known, caller) {
            needs.all::<shift::Model>(ShiftIndex::OpenOn(register.id));
            Series::Shifts.needs(register.id, needs);
            journal::needs(needs, register.id, JournalKind::Shifts);
        }
        needs.all::<shift::Model>(ShiftIndex::OpenBy(caller.user_id));
        if let Some(id) = self.shift_id {
            needs.row::<shift::Model>(id);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let business = shop(books, caller)?.clone();
        let currency = currency(&business)?;
        let register = self.register.register(books, caller)?.clone();
        if let Some(open) = books.find_one::<shift::Model>(&ShiftIndex::OpenOn(register.id))? {
            let reply = pb::OpenShiftResponse { shift: Some(shift_to_pb(open, currency)), joined: true };
            return Ok(Decision::Done { reply, made: None });
        }
        self.refuse_a_second_shift(books, caller)?;
        let id = self.free_id(books, context)?;
        let float = self.opening_float.in_currency(currency.code(), || "opening_float".to_owned())?;

        let date = business_date(context.now, time_zone(&business)?);
        let number = Series::Shifts.next(books, &register, date)?;
        let shift = shift::Model {
            id,
            number,
            branch_id: register.branch_id,
            register_id: register.id,
            user_id: caller.user_id,
            terminal_id: caller.terminal_id,
            state: ShiftState::Open.into(),
            version: 1,
            open_time: to_micros(context.now),
            business_date: date,
            opening_float: float,
            sale_count: 0,
            sales_total: 0,
            cash_received: 0,
            change_given: 0,
        };
        books.insert(shift.clone())?;
        let movement = bring_to_float(books, context, &shift, &register)?;
        let reply = pb::OpenShiftResponse { shift: Some(shift_to_pb(&shift, currency)), joined: false };
        let opened = pb::ShiftOpenedEntry {
            shift: reply.shift.clone(),
            movements: movement.iter().map(|row| movement_to_pb(row, currency)).collect(),
        };
        journal::append(books, context, register.id, JournalKind::Shifts, Entry::ShiftOpened(opened))?;
        Ok(Decision::Done { reply, made: Some(Document { kind: DocumentKind::Shift, id }) })
    }

    fn again(&self, made: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let missing =
            || Error::internal(format_args!("a key names the shift {}, which is not there", made.id));
        let shift = books.require::<shift::Model>(&made.id, missing)?;
        let currency = currency(shop_of_branch(books, shift.branch_id)?)?;
        Ok(pb::OpenShiftResponse { shift: Some(shift_to_pb(shift, currency)), joined: false })
    }
}

impl OpenShift {
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
    move_cash(books, context, shift, Movement { kind, amount, order_id: None, at_opening: true }).map(Some)
}
