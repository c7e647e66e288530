//! Leaving work. A shift of the register that is open stays open.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, journal_record::Entry};
use uuid::Uuid;

use super::{
    WORDS, Whose,
    convert::{attendance_of_document, named},
    is_in,
};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    error::Error,
    input,
    store::{engine::Scope, entity::attendance},
};

const TIME: &str = "clock_out_time";

/// Somebody who left.
#[derive(Debug)]
pub struct ClockOut {
    whose: Whose,
    /// When, if it is said afterwards.
    time: Option<i64>,
    reason: String,
}

impl ClockOut {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::ClockOutRequest) -> Result<Self, Error> {
        let time = input::time(request.clock_out_time.as_ref(), TIME)?;
        let words = if time.is_some() { input::required_free_line } else { input::free_line };
        let reason = words(request.reason, WORDS, || "reason".to_owned())?;
        Ok(Self { whose: Whose::parse(&request.user_id)?, time, reason })
    }

    /// When somebody left who came at `clock_in_time`.
    fn end(&self, caller: &Caller, user_id: Uuid, clock_in_time: i64, now: i64) -> Result<i64, Error> {
        let Some(time) = self.time else {
            // The clock may have been set back since they came.
            return Ok(now.max(clock_in_time));
        };
        if user_id == caller.user_id {
            let message = "nobody says afterwards when they left themselves; have another supervisor say it";
            return Err(Error::of_field(Reason::OwnClockOut, TIME, message));
        }
        if time <= clock_in_time {
            return Err(Error::invalid(TIME, "is not after they came"));
        }
        if time > now {
            return Err(Error::invalid(TIME, "is in the future"));
        }
        Ok(time)
    }
}

impl Posting for ClockOut {
    const METHOD: &'static str = "kassa.v1.Shifts/ClockOut";
    type Reply = pb::ClockOutResponse;

    fn scope(&self, caller: &Caller) -> Scope {
        self.whose.scope(caller)
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.whose.read_set(known, caller, read_set);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let (user, open) = self.whose.find(books, caller)?;
        let Some(open) = open else {
            let message = format!("{} is not clocked in", user.name);
            return Err(Error::new(Reason::NotClockedIn, message).with("user_id", user.id).into());
        };
        if open.branch_id != caller.branch_id {
            let refuse = |message| {
                Error::of_field(
                    Reason::WrongBranch,
                    "user_id",
                    format!("{message}, and is clocked out there"),
                )
            };
            return Err(is_in(books, caller, (user, open), refuse)?.into());
        }
        let end = self.end(caller, user.id, open.clock_in_time, to_micros(context.now))?;
        let id = open.id;
        let row = books.update::<attendance::Model, _>(&id, |row| {
            row.clock_out_time = Some(end);
            row.out_terminal_id = Some(caller.terminal_id);
            row.out_by_user_id = Some(caller.user_id);
            row.reason.clone_from(&self.reason);
            row.corrected = self.time.is_some();
            Ok(row.clone())
        })?;
        let attendance = Some(named(books, &row)?);
        let entry = Entry::ClockedOut(pb::ClockedOutEntry { attendance: attendance.clone() });
        journal::append(books, context, caller.register_id, entry)?;
        Ok(Decision::Done(pb::ClockOutResponse { attendance }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::ClockOutResponse {
            attendance: Some(named(books, attendance_of_document(books, document.id)?)?),
        })
    }
}
