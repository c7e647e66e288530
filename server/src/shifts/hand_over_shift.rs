//! Handing a shift over: the drawer goes on under another name, and who made each sale stays known.

use kassa_proto::v1::{
    self as pb, ErrorReason as Reason, ShiftCountPurpose, TenderType, journal_record::Entry,
};

use super::{
    close_shift::bring_drawer_to,
    convert::{shift_for, shift_to_pb},
    counting::{self, Counts},
    end_shift::{end_read_set, shift_of_document},
    owner::{NamedShift, owner_or_supervisor, same_version, version},
    selling::still_open,
};
use crate::{
    access::named_user::NamedUser,
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    counters,
    drawer::convert::movement_to_pb,
    error::Error,
    input::{self, Amount},
    settings::{currency, shop},
    store::{
        engine::Scope,
        entity::{
            business,
            shift::{self, ShiftIndex},
            shift_counter::{self, ShiftCounterIndex},
        },
    },
};

/// Where the request names who takes over.
const TO: &str = "to_user_id";

/// A shift to be handed over.
#[derive(Debug)]
pub struct HandOverShift {
    shift: NamedShift,
    to: NamedUser,
    expected_version: i64,
    counted_cash: Option<Amount>,
}

impl HandOverShift {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW` with the field's path.
    pub fn parse(request: pb::HandOverShiftRequest) -> Result<Self, Error> {
        Ok(Self {
            shift: NamedShift::parse(&request.shift_id, &request.register_id)?,
            to: NamedUser::parse_at(TO, &request.to_user_id)?,
            expected_version: version(request.expected_version)?,
            counted_cash: input::sum(request.counted_cash, || "counted_cash".to_owned())?,
        })
    }
}

impl Posting for HandOverShift {
    const METHOD: &'static str = "kassa.v1.Shifts/HandOverShift";
    type Reply = pb::HandOverShiftResponse;

    fn scope(&self, caller: &Caller) -> Scope {
        self.to.scope(caller)
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        self.shift.read_set(known, caller, read_set);
        if let Some(shift) = self.shift.known(known, caller) {
            end_read_set(known, shift, read_set);
        }
        self.to.read_set(read_set);
        if let Some(user) = self.to.known(known) {
            read_set.all::<shift::Model>(ShiftIndex::OpenBy(user));
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let business = shop(books, caller)?.clone();
        let currency = currency(&business)?;
        let shift = self.shift.open(books, caller)?.clone();
        owner_or_supervisor(caller, &shift)?;
        still_open(&shift)?;
        same_version(self.expected_version, &shift)?;
        let to = self.to.colleague_at(TO, books, caller)?.clone();
        if to.id == shift.user_id {
            return Err(Error::invalid(TO, "is whose shift it is already").into());
        }
        if to.branch_id.is_some_and(|branch_id| branch_id != shift.branch_id) {
            let what = "works in another branch alone; hand it to somebody who works in this one";
            return Err(Error::of_field(Reason::WrongBranch, TO, what).into());
        }
        if let Some(other) = books.find_one::<shift::Model>(&ShiftIndex::OpenBy(to.id))? {
            let message = format!("{} has the shift {} open on another register", to.name, other.number);
            return Err(Error::new(Reason::UserHasOpenShift, message)
                .with("shift_id", other.id)
                .with("shift_number", &other.number)
                .into());
        }

        let (mut count, mut movements) = (None, Vec::new());
        if let Some(amount) = &self.counted_cash {
            let tally = Counts::of_cash(amount.clone()).tally(currency.code())?;
            let rows = books.find::<shift_counter::Model>(&ShiftCounterIndex::Shift(shift.id))?;
            let expected = counting::expected(&shift, &counters::of_rows(rows));
            let of = (&tally, &expected);
            let rows = counting::write_down(books, context, shift.id, ShiftCountPurpose::HandOver, of)?;
            count = counting::count_to_pb(&rows, &tally.denominations, currency);
            let cash = tally.tenders.get(&TenderType::Cash.into()).copied().unwrap_or_default();
            movements.extend(bring_drawer_to(books, context, &shift, cash)?);
        }
        let shift = books.update::<shift::Model, _>(&shift.id, |shift| {
            shift.user_id = to.id;
            shift.version = shift.version.saturating_add(1);
            Ok(shift.clone())
        })?;
        let entry = Entry::ShiftHandedOver(pb::ShiftHandedOverEntry {
            shift: Some(shift_to_pb(&shift, currency)),
            count,
            movements: movements.iter().map(|row| movement_to_pb(row, currency)).collect(),
        });
        journal::append(books, context, shift.register_id, entry)?;
        Ok(Decision::Done(pb::HandOverShiftResponse {
            shift: Some(shift_for(caller, &business, &shift, currency)),
        }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::HandOverShiftResponse { shift: Some(shift_of_document(books, document.id)?) })
    }
}
