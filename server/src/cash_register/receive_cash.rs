//! Receiving cash that was sent from another drawer, or taking it back: once, and as it was sent.

use kassa_proto::v1::{
    self as pb, CashTransferState, ErrorReason as Reason, MovementType, journal_record::Entry,
};
use uuid::Uuid;

use super::{
    till::{PostedMovement, REASON, Till, TillName},
    transfer_cash::{not_found, sent},
};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    clock::to_micros,
    drawer::{
        Movement,
        convert::{movement_to_pb, transfer_to_pb},
        move_cash,
    },
    error::Error,
    input::{self, Amount},
    store::entity::{cash_transfer, register},
};

/// Cash to be received.
#[derive(Debug)]
pub struct ReceiveCash {
    transfer_id: Uuid,
    till: TillName,
    amount: Option<Amount>,
    reason: String,
}

impl ReceiveCash {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::ReceiveCashRequest) -> Result<Self, Error> {
        Ok(Self {
            transfer_id: input::required_id(&request.transfer_id, || "transfer_id".to_owned())?,
            till: TillName::parse(&request.register_id, &request.shift_id)?,
            amount: input::sum(request.amount, || "amount".to_owned())?,
            reason: input::free_line(request.reason, REASON, || "reason".to_owned())?,
        })
    }

    /// How a transfer ends when its cash comes into this till.
    fn end(&self, transfer: &cash_transfer::Model, till: &Till) -> Result<CashTransferState, Error> {
        let state = CashTransferState::try_from(transfer.state).unwrap_or_default();
        if state != CashTransferState::InTransit {
            let how = if state == CashTransferState::TakenBack { "taken back" } else { "received" };
            let error =
                Error::of_field(Reason::TransferReceived, "transfer_id", format!("was {how} already"));
            return Err(error.with("state", state.as_str_name()));
        }
        if let Some(amount) = &self.amount
            && till.minor(amount, "amount")? != transfer.amount
        {
            let sent = till.currency.format(transfer.amount);
            let words = format!("{sent} was sent and is received; a difference is found at the count");
            return Err(Error::invalid("amount", words));
        }
        if transfer.to_register_id == till.register.id {
            Ok(CashTransferState::Received)
        } else if transfer.from_register_id == till.register.id {
            Ok(CashTransferState::TakenBack)
        } else {
            Err(Error::invalid("register_id", "the transfer neither goes to this register nor comes from it"))
        }
    }
}

impl Posting for ReceiveCash {
    const METHOD: &'static str = "kassa.v1.CashRegister/ReceiveCash";
    type Reply = pb::ReceiveCashResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.till.read_set(known, caller, read_set);
        read_set.row::<cash_transfer::Model>(self.transfer_id);
        if let Some(transfer) = known.known::<cash_transfer::Model>(&self.transfer_id) {
            read_set.row::<register::Model>(transfer.from_register_id);
            read_set.row::<register::Model>(transfer.to_register_id);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let till = self.till.open(books, context.caller)?;
        let (transfer, codes) = sent(books, self.transfer_id)?;
        if transfer.branch_id != till.register.branch_id {
            return Err(not_found(self.transfer_id).into());
        }
        let (mut transfer, codes) = (transfer.clone(), (codes.0.to_owned(), codes.1.to_owned()));
        let state = self.end(&transfer, &till)?;

        let movement = Movement {
            kind: MovementType::TransferIn,
            amount: transfer.amount,
            reason: self.reason.clone(),
            transfer_id: Some(transfer.id),
            ..Movement::default()
        };
        let row = move_cash(books, context, &till.shift, movement)?;
        transfer.state = state.into();
        transfer.in_movement_id = Some(row.id);
        transfer.receiver_user_id = Some(context.caller.user_id);
        transfer.receive_time = Some(to_micros(context.now));
        let received = transfer_to_pb(&transfer, (&codes.0, &codes.1), till.currency);
        books.update::<cash_transfer::Model, _>(&self.transfer_id, |stored| {
            *stored = transfer;
            Ok(())
        })?;
        let (transfer, movement) = (Some(received), Some(movement_to_pb(&row, till.currency)));
        let entry = pb::CashReceivedEntry { transfer: transfer.clone(), movement };
        till.journal(books, context, Entry::CashReceived(entry))?;
        let (movement, drawer) = till.moved(&row);
        Ok(Decision::Done(pb::ReceiveCashResponse { transfer, movement, drawer }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let (row, codes) = sent(books, document.id)?;
        let missing = || Error::internal(format_args!("the transfer {} was never received", document.id));
        let PostedMovement { movement, drawer, currency, .. } =
            PostedMovement::find(books, row.in_movement_id.ok_or_else(missing)?)?;
        let transfer = Some(transfer_to_pb(row, codes, currency));
        Ok(pb::ReceiveCashResponse { transfer, movement, drawer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{books::testing::TestShop, cash_register::transfer_cash::TransferCash, store::entity::shift};

    fn money(minor: i64) -> Option<pb::Money> {
        Some(pb::Money { amount_minor: minor, ..Default::default() })
    }

    /// R1 with 100.00, and R2 with nothing, each with a shift.
    fn two_registers() -> TestShop {
        let mut shop = TestShop::with_shift();
        let (branch, r2) = (shop.caller.branch_id, Uuid::from_u128(30));
        shop.put_register(r2, "R2", branch);
        let shift = shop.row::<shift::Model>(&Uuid::from_u128(6)).clone();
        let (id, user_id) = (Uuid::from_u128(31), Uuid::from_u128(32));
        let number = "SHF-202611-R2-000001".to_owned();
        shop.put(shift::Model { id, number, register_id: r2, user_id, opening_float: 0, ..shift });
        shop
    }

    fn send(shop: &mut TestShop, to: &str, minor: i64) -> Result<pb::CashTransfer, Error> {
        let to_register_id = to.to_owned();
        let request = pb::TransferCashRequest { to_register_id, amount: money(minor), ..Default::default() };
        Ok(shop.decide(&TransferCash::parse(request)?)?.transfer.unwrap())
    }

    fn receive(
        shop: &mut TestShop,
        sent: &pb::CashTransfer,
        at: &str,
    ) -> Result<pb::ReceiveCashResponse, Error> {
        let (transfer_id, register_id) = (sent.transfer_id.clone(), at.to_owned());
        shop.decide(&ReceiveCash::parse(pb::ReceiveCashRequest {
            transfer_id,
            register_id,
            ..Default::default()
        })?)
    }

    fn balances(shop: &TestShop) -> [i64; 2] {
        [shop.caller.register_id, Uuid::from_u128(30)]
            .map(|id| shop.row::<register::Model>(&id).drawer_balance)
    }

    #[test]
    fn a_transfer_leaves_one_drawer_and_comes_into_the_other_once() {
        let mut shop = two_registers();
        let sent = send(&mut shop, "R2", 40_00).unwrap();
        assert_eq!((balances(&shop), sent.state()), ([60_00, 0], CashTransferState::InTransit));
        let received = receive(&mut shop, &sent, "R2").unwrap();
        assert_eq!(balances(&shop), [60_00, 40_00]);
        let transfer = received.transfer.unwrap();
        assert_eq!(transfer.state(), CashTransferState::Received);
        assert_eq!(transfer.in_movement_id, received.movement.unwrap().movement_id);
        for at in ["R1", "R2"] {
            let refused = receive(&mut shop, &sent, at).unwrap_err();
            assert_eq!((refused.reason(), balances(&shop)), (Reason::TransferReceived, [60_00, 40_00]));
        }
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
    }

    #[test]
    fn what_nobody_received_is_taken_back_and_no_other_register_gets_it() {
        let mut shop = two_registers();
        shop.put_register(Uuid::from_u128(40), "R3", shop.caller.branch_id);
        let sent = send(&mut shop, "R3", 40_00).unwrap();
        assert_eq!(receive(&mut shop, &sent, "R2").unwrap_err().fields()[0].0, "register_id");
        assert_eq!(receive(&mut shop, &sent, "R3").unwrap_err().reason(), Reason::NoOpenShift);
        let back = receive(&mut shop, &sent, "R1").unwrap();
        assert_eq!(
            (balances(&shop), back.transfer.unwrap().state()),
            ([100_00, 0], CashTransferState::TakenBack)
        );
    }

    #[test]
    fn another_amount_another_branch_and_too_much_are_refused() {
        let mut shop = two_registers();
        shop.put_register(Uuid::from_u128(50), "R9", Uuid::from_u128(99));
        assert_eq!(send(&mut shop, "R9", 1).unwrap_err().reason(), Reason::WrongBranch);
        assert_eq!(send(&mut shop, "R1", 1).unwrap_err().fields()[0].0, "to_register_id");
        assert_eq!(send(&mut shop, "R2", 100_01).unwrap_err().reason(), Reason::InsufficientCash);
        let sent = send(&mut shop, "R2", 40_00).unwrap();
        let request = pb::ReceiveCashRequest {
            transfer_id: sent.transfer_id.clone(),
            register_id: "R2".to_owned(),
            amount: money(39_99),
            ..Default::default()
        };
        let refused = shop.decide(&ReceiveCash::parse(request).unwrap()).unwrap_err();
        assert_eq!(
            refused.message(),
            "amount: 40.00 was sent and is received; a difference is found at the count"
        );
        assert_eq!(balances(&shop), [60_00, 0]);
    }
}
