//! Sending cash from one drawer to another: it leaves the one now, and is in transit until it is received.

use kassa_proto::v1::{
    self as pb, CashTransferState, ErrorReason as Reason, MovementType, journal_record::Entry,
};
use uuid::Uuid;

use super::till::{PostedMovement, REASON, REFERENCE, TillName, positive};
use crate::{
    access::{approvals, scope::Named},
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    clock::to_micros,
    drawer::{
        Movement,
        convert::{movement_to_pb, transfer_to_pb},
        holds,
        leave::may_move,
        move_approved,
    },
    error::Error,
    input::{self, Amount},
    store::entity::{cash_transfer, register},
};

/// Cash to be sent.
#[derive(Debug)]
pub struct TransferCash {
    transfer_id: Option<Uuid>,
    till: TillName,
    to: Named,
    amount: Amount,
    reason: String,
    reference: String,
    grant_ids: Vec<Uuid>,
}

impl TransferCash {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::TransferCashRequest) -> Result<Self, Error> {
        if request.to_register_id.is_empty() {
            return Err(Error::invalid(TO, "is required"));
        }
        Ok(Self {
            transfer_id: input::id(&request.transfer_id, || "transfer_id".to_owned())?,
            till: TillName::parse(&request.register_id, &request.shift_id)?,
            to: Named::parse(&request.to_register_id),
            amount: positive(request.amount, "amount")?,
            reason: input::free_line(request.reason, REASON, || "reason".to_owned())?,
            reference: input::free_line(request.reference, REFERENCE, || "reference".to_owned())?,
            grant_ids: approvals::parse(&request.grant_ids)?,
        })
    }

    fn free_id(&self, books: &WorkingSet, context: &Context) -> Result<Uuid, Stop> {
        let Some(id) = self.transfer_id else { return Ok(context.new_id()) };
        if books.get::<cash_transfer::Model>(&id)?.is_none() {
            return Ok(id);
        }
        let message = format!("the transfer {id} is in the books already");
        Err(Error::of_field(Reason::TransferExists, "transfer_id", message).into())
    }
}

const TO: &str = "to_register_id";

impl Posting for TransferCash {
    const METHOD: &'static str = "kassa.v1.CashRegister/TransferCash";
    type Reply = pb::TransferCashResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.till.read_set(known, caller, read_set);
        self.to.register_read_set(caller, read_set);
        approvals::read_set(&self.grant_ids, known, caller, read_set);
        if let Some(id) = self.transfer_id {
            read_set.row::<cash_transfer::Model>(id);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let till = self.till.open(books, context.caller)?;
        let to = self.to.register_at(TO, books, context.caller)?.clone();
        if to.id == till.register.id {
            return Err(Error::invalid(TO, "is the register that the cash comes from").into());
        }
        let amount = till.minor(&self.amount, "amount")?;
        let mut movement = Movement {
            kind: MovementType::TransferOut,
            amount,
            reason: self.reason.clone(),
            reference: self.reference.clone(),
            ..Movement::default()
        };
        may_move(books, context, &till.shift, &movement, &self.grant_ids)?;
        till.in_coins(MovementType::TransferOut, amount)?;
        holds(books, context.caller, &till.shift, amount)?;
        let id = self.free_id(books, context)?;
        movement.transfer_id = Some(id);
        let (out, approvals) = move_approved(books, context, &till.shift, movement, &self.grant_ids)?;
        let row = cash_transfer::Model {
            id,
            branch_id: till.register.branch_id,
            from_register_id: till.register.id,
            to_register_id: to.id,
            amount,
            state: CashTransferState::InTransit.into(),
            out_movement_id: out.id,
            in_movement_id: None,
            sender_user_id: context.caller.user_id,
            receiver_user_id: None,
            send_time: to_micros(context.now),
            receive_time: None,
        };
        let transfer = Some(transfer_to_pb(&row, (&till.register.code, &to.code), till.currency));
        let movement = Some(movement_to_pb(&out, till.currency));
        books.insert(row)?;
        let sent = pb::CashSentEntry { transfer: transfer.clone(), movement, approvals };
        till.journal(books, context, Entry::CashSent(sent))?;
        let (movement, drawer) = till.moved(&out);
        Ok(Decision::Done(pb::TransferCashResponse { transfer, movement, drawer }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let (row, codes) = sent(books, document.id)?;
        let PostedMovement { movement, drawer, currency, .. } =
            PostedMovement::find(books, row.out_movement_id)?;
        let transfer = Some(transfer_to_pb(row, codes, currency));
        Ok(pb::TransferCashResponse { transfer, movement, drawer })
    }
}

/// A transfer that is in the books, with the codes of its registers.
///
/// # Errors
/// `TRANSFER_NOT_FOUND`; [`Stop::MissingRows`] if the rows are not loaded.
pub fn sent(books: &WorkingSet, id: Uuid) -> Result<(&cash_transfer::Model, (&str, &str)), Stop> {
    let row = books.require::<cash_transfer::Model>(&id, || not_found(id))?;
    let code = |id: &Uuid| -> Result<&str, Stop> {
        let missing = || Error::internal(format_args!("the register {id} of a transfer is gone"));
        Ok(&books.require::<register::Model>(id, missing)?.code)
    };
    Ok((row, (code(&row.from_register_id)?, code(&row.to_register_id)?)))
}

/// There is no such transfer, or not in this branch.
pub fn not_found(id: Uuid) -> Error {
    Error::of_field(Reason::TransferNotFound, "transfer_id", format!("there is no transfer {id}"))
}
