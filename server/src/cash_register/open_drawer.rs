//! Opening the drawer without a sale: nothing is moved, and it is written down.

use kassa_proto::v1::{self as pb, journal_record::Entry};

use super::{
    convert::drawer_to_pb,
    till::{REASON, TillName},
};
use crate::{
    books::{Caller, Context, Decision, Needs, Posting, Stop, WorkingSet},
    error::Error,
    input,
    timestamp::timestamp,
};

/// A drawer to be opened.
#[derive(Debug)]
pub struct OpenDrawer {
    till: TillName,
    reason: String,
}

impl OpenDrawer {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::OpenDrawerRequest) -> Result<Self, Error> {
        Ok(Self {
            till: TillName::parse(&request.register_id, &request.shift_id)?,
            reason: input::required_free_text(request.reason, REASON, || "reason".to_owned())?,
        })
    }
}

impl Posting for OpenDrawer {
    const METHOD: &'static str = "kassa.v1.CashRegister/OpenDrawer";
    type Reply = pb::OpenDrawerResponse;

    fn needs(&self, known: &WorkingSet, caller: &Caller, needs: &mut Needs) {
        self.till.needs(known, caller, needs);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let till = self.till.open(books, context.caller)?;
        let shift_id = till.shift.id.to_string();
        let opened = pb::DrawerOpenedEntry { shift_id, reason: self.reason.clone() };
        till.journal(books, context, Entry::DrawerOpened(opened))?;
        let drawer = Some(drawer_to_pb(&till.register, Some(till.shift.id), till.currency));
        let reply = pb::OpenDrawerResponse { drawer, open_time: Some(timestamp(context.now)) };
        Ok(Decision::Done { reply, made: None })
    }
}
