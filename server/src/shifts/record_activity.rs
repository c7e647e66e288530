//! Somebody is at the register, although nothing is sold: the shift stays open.

use kassa_proto::v1::{self as pb, JournalKind, journal_record::Entry};

use super::{
    convert::shift_for,
    owner::{NamedShift, owner_or_supervisor},
    selling::still_open,
};
use crate::{
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    encoding::time::stored_timestamp,
    error::Error,
    settings::{currency, shop},
    store::entity::{business, shift},
};

/// A terminal may say it every second; the books need it now and then.
const EVERY_MICROS: i64 = 300_000_000;

/// A sign of life.
#[derive(Debug)]
pub struct RecordActivity {
    shift: NamedShift,
}

impl RecordActivity {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(request: pb::RecordActivityRequest) -> Result<Self, Error> {
        Ok(Self { shift: NamedShift::parse(&request.shift_id, &request.register_id)? })
    }
}

impl Posting for RecordActivity {
    const METHOD: &'static str = "kassa.v1.Shifts/RecordActivity";
    type Reply = pb::RecordActivityResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        self.shift.read_set(known, caller, read_set);
        if let Some(shift) = self.shift.known(known, caller) {
            journal::read_set(read_set, shift.register_id, JournalKind::Shifts);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let mut shift = self.shift.open(books, context.caller)?.clone();
        owner_or_supervisor(context.caller, &shift)?;
        still_open(&shift)?;
        let now = to_micros(context.now);
        if now.saturating_sub(shift.last_activity_time) >= EVERY_MICROS {
            shift.last_activity_time = now;
            books.update::<shift::Model, _>(&shift.id, |row| {
                row.last_activity_time = now;
                Ok(())
            })?;
            let entry = Entry::ShiftActivity(pb::ShiftActivityEntry {
                shift_id: shift.id.to_string(),
                last_activity_time: Some(stored_timestamp(now)),
            });
            journal::append(books, context, shift.register_id, entry)?;
        }
        let business = shop(books, context.caller)?;
        let shown = shift_for(context.caller, business, &shift, currency(business)?);
        let reply = pb::RecordActivityResponse { shift: Some(shown) };
        Ok(Decision::Done(reply))
    }
}
