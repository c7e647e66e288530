//! Ending a shift: it takes no more sales, and its count is owed. The server ends those that nobody uses.

use kassa_proto::v1::{
    self as pb, DocumentKind, ErrorReason as Reason, JournalKind, MovementType, Role, ShiftState,
    journal_record::Entry,
};
use uuid::Uuid;

use super::{
    convert::{shift_for, shift_to_pb},
    owner::{NamedShift, owner_or_supervisor, same_version, version},
};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    counters,
    drawer::{Movement, convert::movement_to_pb, move_counted},
    error::Error,
    settings::{currency, shop_of_branch},
    store::entity::{branch, business, cash_movement, register, shift},
};

/// A shift to be ended by somebody.
#[derive(Debug)]
pub struct EndShift {
    shift: NamedShift,
    expected_version: i64,
}

impl EndShift {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(request: pb::EndShiftRequest) -> Result<Self, Error> {
        Ok(Self {
            shift: NamedShift::parse(&request.shift_id, &request.register_id)?,
            expected_version: version(request.expected_version)?,
        })
    }
}

impl Posting for EndShift {
    const METHOD: &'static str = "kassa.v1.Shifts/EndShift";
    type Reply = pb::EndShiftResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        self.shift.read_set(known, caller, read_set);
        if let Some(shift) = self.shift.known(known, caller) {
            end_read_set(known, shift, read_set);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let shift = self.shift.unclosed(books, context.caller)?.clone();
        owner_or_supervisor(context.caller, &shift)?;
        let state = ShiftState::try_from(shift.state).unwrap_or_default();
        let shift = match state {
            ShiftState::Closed | ShiftState::Unspecified => return Err(shift_closed(&shift).into()),
            // Ended already: pressing the button twice is no mistake, and nothing to record.
            ShiftState::Ended => {
                books.note_document(Document { kind: DocumentKind::Shift, id: shift.id });
                shift
            }
            ShiftState::Open => {
                same_version(self.expected_version, &shift)?;
                end(books, context, shift.id)?
            }
        };
        let business = shop_of_branch(books, shift.branch_id)?;
        let shown = shift_for(context.caller, business, &shift, currency(business)?);
        Ok(Decision::Done(pb::EndShiftResponse { shift: Some(shown) }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::EndShiftResponse { shift: Some(shift_of_document(books, document.id)?) })
    }
}

/// A shift to be ended by the server, if nobody has used it since.
pub struct EndIdleShift {
    /// The shift.
    pub shift_id: Uuid,
    /// The last activity from which on it stays open, in microseconds.
    pub idle_before: i64,
}

impl Posting for EndIdleShift {
    const METHOD: &'static str = "kassa.server/EndIdleShift";
    type Reply = pb::EndShiftResponse;

    fn read_set(&self, known: &WorkingSet, _caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<shift::Model>(self.shift_id);
        if let Some(shift) = known.known::<shift::Model>(&self.shift_id) {
            end_read_set(known, shift, read_set);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let shift = books.get::<shift::Model>(&self.shift_id)?;
        let idle = shift.filter(|it| it.state == shift::OPEN && it.last_activity_time < self.idle_before);
        if let Some(shift) = idle {
            let id = shift.id;
            end(books, context, id)?;
        }
        Ok(Decision::Done(pb::EndShiftResponse::default()))
    }
}

/// Names what ending a shift needs.
pub fn end_read_set(known: &WorkingSet, shift: &shift::Model, read_set: &mut ReadSet) {
    read_set.row::<register::Model>(shift.register_id);
    read_set.row::<branch::Model>(shift.branch_id);
    if let Some(branch) = known.known::<branch::Model>(&shift.branch_id) {
        read_set.row::<business::Model>(branch.business_id);
    }
    counters::read_set(shift.id, read_set);
    journal::read_set(read_set, shift.register_id, JournalKind::Shifts);
}

/// Ends an open shift: an entry in the journal of its own.
fn end(books: &mut WorkingSet, context: &Context, shift_id: Uuid) -> Result<shift::Model, Stop> {
    let (shift, marker) = mark_end(books, context, shift_id)?;
    let currency = currency(shop_of_branch(books, shift.branch_id)?)?;
    let entry = Entry::ShiftEnded(pb::ShiftEndedEntry {
        shift: Some(shift_to_pb(&shift, currency)),
        movements: vec![movement_to_pb(&marker, currency)],
    });
    journal::append(books, context, shift.register_id, entry)?;
    Ok(shift)
}

/// Ends an open shift that is the caller's to end, with a marker in the drawer. The server itself has no user.
pub fn mark_end(
    books: &mut WorkingSet,
    context: &Context,
    shift_id: Uuid,
) -> Result<(shift::Model, cash_movement::Model), Stop> {
    let missing = || Error::internal("the shift to be ended is gone");
    let open = books.require::<shift::Model>(&shift_id, missing)?.clone();
    let movement = Movement { kind: MovementType::ShiftEnd, amount: 0, ..Movement::default() };
    let marker = move_counted(books, context, &open, movement)?;
    let user = Some(context.caller.user_id).filter(|user| !user.is_nil());
    let shift = books.update::<shift::Model, _>(&shift_id, |shift| {
        shift.state = shift::ENDED;
        shift.version = shift.version.saturating_add(1);
        shift.end_time = Some(to_micros(context.now));
        shift.ended_by_user_id = user;
        shift.ended_automatically = user.is_none();
        Ok(shift.clone())
    })?;
    Ok((shift, marker))
}

/// A closed shift takes nothing more.
pub fn shift_closed(shift: &shift::Model) -> Error {
    let message = format!("the shift {} is closed", shift.number);
    Error::new(Reason::ShiftClosed, message).with("shift_number", &shift.number)
}

/// The shift of an answer that has expired, as it is now, and as everybody may see it.
///
/// # Errors
/// [`Stop::MissingRows`] until it is loaded.
pub fn shift_of_document(books: &WorkingSet, id: Uuid) -> Result<pb::Shift, Stop> {
    let missing = || Error::internal(format_args!("a key names the shift {id}, which is not there"));
    let shift = books.require::<shift::Model>(&id, missing)?;
    let business = shop_of_branch(books, shift.branch_id)?;
    let somebody = Caller { role: Role::Cashier, ..Caller::server() };
    Ok(shift_for(&somebody, business, shift, currency(business)?))
}
