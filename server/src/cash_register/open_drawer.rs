//! Opening the drawer without a sale: nothing is moved, and it is written down.

use kassa_proto::v1::{self as pb, ApprovalAction, journal_record::Entry};
use uuid::Uuid;

use super::till::{REASON, TillName};
use crate::{
    access::approvals::{self, Wanted},
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    counters,
    encoding::{
        counter::{Counter, Figures},
        time::timestamp,
    },
    error::Error,
    input,
};

/// A drawer to be opened.
#[derive(Debug)]
pub struct OpenDrawer {
    till: TillName,
    reason: String,
    grant_ids: Vec<Uuid>,
}

const ONE: Figures = Figures { count: 1, amount: 0, tax: 0 };

impl OpenDrawer {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::OpenDrawerRequest) -> Result<Self, Error> {
        Ok(Self {
            till: TillName::parse(&request.register_id, &request.shift_id)?,
            reason: input::required_free_line(request.reason, REASON, || "reason".to_owned())?,
            grant_ids: approvals::parse(&request.grant_ids)?,
        })
    }
}

impl Posting for OpenDrawer {
    const METHOD: &'static str = "kassa.v1.CashRegister/OpenDrawer";
    type Reply = pb::OpenDrawerResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.till.read_set(known, caller, read_set);
        approvals::read_set(&self.grant_ids, known, caller, read_set);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let till = self.till.open(books, context.caller)?;
        let wanted =
            Wanted { action: ApprovalAction::OpenDrawer, document_id: till.shift.id, ..Wanted::default() };
        let approval = approvals::require(books, context, &self.grant_ids, &wanted)?;
        counters::count(books, till.shift.id, &Counter::DrawerOpenings, ONE)?;
        till.note_activity(books, context)?;
        let shift_id = till.shift.id.to_string();
        let approvals = approval.into_iter().collect();
        let opened = pb::DrawerOpenedEntry { shift_id, reason: self.reason.clone(), approvals };
        till.journal(books, context, Entry::DrawerOpened(opened))?;
        let reply =
            pb::OpenDrawerResponse { drawer: Some(till.drawer()), open_time: Some(timestamp(context.now)) };
        Ok(Decision::Done(reply))
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{ErrorReason as Reason, JournalKind};

    use super::*;
    use crate::{books::testing::TestShop, store::entity::shift_counter};

    fn open(reason: &str) -> Result<OpenDrawer, Error> {
        OpenDrawer::parse(pb::OpenDrawerRequest { reason: reason.to_owned(), ..Default::default() })
    }

    #[test]
    fn an_opening_is_written_down_and_counted_and_moves_nothing() {
        let mut shop = TestShop::with_shift();
        for count in 1..=2 {
            let opened = shop.decide(&open("change for the parking meter").unwrap()).unwrap();
            assert_eq!(opened.drawer.unwrap().balance.unwrap().amount_minor, 100_00);
            let (kind, key) = Counter::DrawerOpenings.stored();
            let shift_id = Uuid::from_u128(6);
            assert_eq!(shop.row::<shift_counter::Model>(&(shift_id, kind, key)).count, count);
        }
        let Entry::DrawerOpened(entry) = shop.last_entry(JournalKind::Drawer) else { panic!("no opening") };
        assert_eq!(entry.reason, "change for the parking meter");
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
    }

    #[test]
    fn a_cashier_opens_it_with_a_grant() {
        let mut shop = TestShop::with_shift();
        shop.seat_cashier();
        let reason = "change for the parking meter".to_owned();
        let request = pb::OpenDrawerRequest { reason, ..Default::default() };
        let refused = shop.decide(&OpenDrawer::parse(request.clone()).unwrap()).unwrap_err();
        assert_eq!(refused.reason(), Reason::ApprovalRequired);
        let grant = shop.grant(ApprovalAction::OpenDrawer, "", 0, |_| ());
        let granted =
            OpenDrawer::parse(pb::OpenDrawerRequest { grant_ids: vec![grant.clone()], ..request }).unwrap();
        shop.decide(&granted).unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        let Entry::DrawerOpened(entry) = shop.last_entry(JournalKind::Drawer) else { panic!("no opening") };
        assert_eq!(entry.approvals[0].grant_id, grant);
        assert_eq!(shop.decide(&granted).unwrap_err().reason(), Reason::ApprovalUsed);
    }

    #[test]
    fn an_opening_has_a_reason_without_card_numbers_and_a_shift() {
        assert_eq!(open("").unwrap_err().fields()[0].0, "reason");
        assert_eq!(open("4111 1111 1111 1111").unwrap_err().reason(), Reason::CardNumberRefused);
        let mut shop = TestShop::founded();
        assert_eq!(shop.decide(&open("test").unwrap()).unwrap_err().reason(), Reason::NoOpenShift);
    }
}
