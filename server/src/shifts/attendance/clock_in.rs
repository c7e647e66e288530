//! Coming to work.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, journal_record::Entry};
use uuid::Uuid;

use super::{
    WORDS, Whose,
    convert::{attendance_of_document, named},
    is_in,
};
use crate::{
    access::scope::in_reach,
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    error::Error,
    input,
    store::{engine::Scope, entity::attendance},
};

/// Somebody who came.
#[derive(Debug)]
pub struct ClockIn {
    attendance_id: Option<Uuid>,
    whose: Whose,
    note: String,
}

impl ClockIn {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::ClockInRequest) -> Result<Self, Error> {
        Ok(Self {
            attendance_id: input::id(&request.attendance_id, || "attendance_id".to_owned())?,
            whose: Whose::parse(&request.user_id)?,
            note: input::free_lines(request.note, WORDS, || "note".to_owned())?,
        })
    }

    fn free_id(&self, books: &WorkingSet, context: &Context) -> Result<Uuid, Stop> {
        let Some(id) = self.attendance_id else { return Ok(context.new_id()) };
        if books.get::<attendance::Model>(&id)?.is_none() {
            return Ok(id);
        }
        let message = format!("the attendance {id} is in the books already");
        Err(Error::of_field(Reason::AttendanceExists, "attendance_id", message).into())
    }
}

impl Posting for ClockIn {
    const METHOD: &'static str = "kassa.v1.Shifts/ClockIn";
    type Reply = pb::ClockInResponse;

    fn scope(&self, caller: &Caller) -> Scope {
        self.whose.scope(caller)
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.whose.read_set(known, caller, read_set);
        if let Some(id) = self.attendance_id {
            read_set.row::<attendance::Model>(id);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let (user, open) = self.whose.find(books, caller)?;
        self.whose.named(caller).colleague_at("user_id", books, caller)?;
        if let Some(only) = user.branch_id {
            in_reach(caller, only, "user_id")?;
        }
        let id = self.free_id(books, context)?;
        if let Some(open) = open {
            let refuse = |message| Error::new(Reason::AlreadyClockedIn, message);
            return Err(is_in(books, caller, (user, open), refuse)?.into());
        }
        let row = attendance::Model {
            id,
            branch_id: caller.branch_id,
            user_id: user.id,
            clock_in_time: to_micros(context.now),
            clock_out_time: None,
            in_terminal_id: caller.terminal_id,
            out_terminal_id: None,
            in_by_user_id: caller.user_id,
            out_by_user_id: None,
            note: self.note.clone(),
            reason: String::new(),
            corrected: false,
        };
        let attendance = Some(named(books, &row)?);
        books.insert(row)?;
        let entry = Entry::ClockedIn(pb::ClockedInEntry { attendance: attendance.clone() });
        journal::append(books, context, caller.register_id, entry)?;
        Ok(Decision::Done(pb::ClockInResponse { attendance }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let row = attendance_of_document(books, document.id)?.clone().before_leaving();
        Ok(pb::ClockInResponse { attendance: Some(named(books, &row)?) })
    }
}
