//! Receiving cash that was sent from another drawer, or taking it back: once, and as it was sent.

use kassa_proto::v1::{
    self as pb, CashTransferState, DocumentKind, ErrorReason as Reason, MovementType, journal_record::Entry,
};
use uuid::Uuid;

use super::{
    convert::{drawer_after, movement_to_pb, transfer_to_pb},
    drawer::{Movement, move_cash},
    till::{REASON, Till, TillName, made},
    transfer_cash::{not_found, sent},
};
use crate::{
    books::{Caller, Context, Decision, Document, Needs, Posting, Stop, WorkingSet},
    clock::to_micros,
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
            amount: input::amount(request.amount, || "amount".to_owned())?,
            reason: input::free_text(request.reason, REASON, || "reason".to_owned())?,
        })
    }

    /// How a transfer ends when its cash comes into this till.
    fn end(&self, transfer: &cash_transfer::Model, till: &Till) -> Result<CashTransferState, Error> {
        let state = CashTransferState::try_from(transfer.state).unwrap_or_default();
        if state != CashTransferState::InTransit {
            let how = if state == CashTransferState::TakenBack { "taken back" } else { "received" };
            let error = Error::of_field(Reason::TransferReceived, "transfer_id", format!("was {how} already"));
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

    fn needs(&self, known: &WorkingSet, caller: &Caller, needs: &mut Needs) {
        self.till.needs(known, caller, needs);
        needs.row::<cash_transfer::Model>(self.transfer_id);
        if let Some(transfer) = known.known::<cash_transfer::Model>(&self.transfer_id) {
            needs.row::<register::Model>(transfer.from_register_id);
            needs.row::<register::Model>(transfer.to_register_id);
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
        let entry = pb::CashReceivedEntry { transfer: transfer.clone(), movement: movement.clone() };
        till.journal(books, context, Entry::CashReceived(entry))?;
        let drawer = Some(drawer_after(&row, &till.register, till.currency));
        Ok(Decision::Done {
            reply: pb::ReceiveCashResponse { transfer, movement, drawer },
            made: Some(Document { kind: DocumentKind::CashTransfer, id: self.transfer_id }),
        })
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let (row, codes) = sent(books, document.id)?;
        let gone = || Error::internal(format_args!("the transfer {} was never received", document.id));
        let (movement, register, currency) = made(books, row.in_movement_id.ok_or_else(gone)?)?;
        Ok(pb::ReceiveCashResponse {
            transfer: Some(transfer_to_pb(row, codes, currency)),
            movement: Some(movement_to_pb(movement, currency)),
            drawer: Some(drawer_after(movement, register, currency)),
        })
    }
}
