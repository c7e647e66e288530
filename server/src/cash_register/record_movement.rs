//! Putting cash into the drawer and taking it out for another reason than a sale, and reversing what was
//! recorded by mistake.

use kassa_proto::v1::{
    self as pb, DocumentKind, ErrorReason as Reason, MovementType, journal_record::Entry,
};
use uuid::Uuid;

use super::{
    convert::{drawer_after, movement_to_pb},
    drawer::{Movement, holds, move_cash, sign},
    till::{REASON, REFERENCE, Till, TillName, made, positive},
};
use crate::{
    books::{Caller, Context, Decision, Document, Needs, Posting, Stop, WorkingSet},
    error::Error,
    input::{self, Amount},
    store::entity::cash_movement::{self, CashMovementIndex},
};

/// A movement to be recorded.
#[derive(Debug)]
pub struct RecordMovement {
    till: TillName,
    what: What,
    reason: String,
    reference: String,
}

/// A movement of its own, or the reversal of one.
#[derive(Debug)]
enum What {
    Move { kind: MovementType, amount: Amount },
    Reverse { movement_id: Uuid, kind: Option<MovementType>, amount: Option<Amount> },
}

impl RecordMovement {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::RecordMovementRequest) -> Result<Self, Error> {
        let kind = match MovementType::try_from(request.r#type) {
            Ok(MovementType::Unspecified) => None,
            Ok(kind) if opposite(kind).is_some() => Some(kind),
            Ok(_) | Err(_) => return Err(Error::invalid("type", TYPES)),
        };
        let reverses = input::id(&request.reverses_movement_id, || "reverses_movement_id".to_owned())?;
        let what = match (reverses, kind) {
            (None, None) => return Err(Error::invalid("type", TYPES)),
            (None, Some(kind)) => What::Move { kind, amount: positive(request.amount, "amount")? },
            (Some(movement_id), kind) => {
                let amount = input::amount(request.amount, || "amount".to_owned())?;
                What::Reverse { movement_id, kind, amount }
            }
        };
        let path = || "reason".to_owned();
        let reason = if what.speaks_for_itself() {
            input::free_text(request.reason, REASON, path)?
        } else {
            input::required_free_text(request.reason, REASON, path)?
        };
        Ok(Self {
            till: TillName::parse(&request.register_id, &request.shift_id)?,
            what,
            reason,
            reference: input::free_text(request.reference, REFERENCE, || "reference".to_owned())?,
        })
    }
}

const TYPES: &str = "must be PAID_IN, PAID_OUT, EXPENSE, FLOAT_IN, SAFE_DROP or BANK_DROP";

/// What takes a movement back, for those that people record.
pub fn opposite(kind: MovementType) -> Option<MovementType> {
    match kind {
        MovementType::PaidIn => Some(MovementType::PaidOut),
        MovementType::PaidOut | MovementType::Expense => Some(MovementType::PaidIn),
        MovementType::FloatIn => Some(MovementType::SafeDrop),
        MovementType::SafeDrop | MovementType::BankDrop => Some(MovementType::FloatIn),
        MovementType::Unspecified
        | MovementType::SaleCash
        | MovementType::Change
        | MovementType::RefundCash
        | MovementType::TransferOut
        | MovementType::TransferIn
        | MovementType::Over
        | MovementType::Short
        | MovementType::ShiftEnd => None,
    }
}

impl What {
    /// Between drawer, safe and bank the type says enough.
    fn speaks_for_itself(&self) -> bool {
        matches!(
            self,
            Self::Move { kind: MovementType::FloatIn | MovementType::SafeDrop | MovementType::BankDrop, .. }
        )
    }

    fn reverses(&self) -> Option<Uuid> {
        match self {
            Self::Move { .. } => None,
            Self::Reverse { movement_id, .. } => Some(*movement_id),
        }
    }

    fn kind_and_amount(&self, books: &WorkingSet, till: &Till) -> Result<(MovementType, i64), Stop> {
        let (movement_id, kind, amount) = match self {
            Self::Move { kind, amount } => return Ok((*kind, till.minor(amount, "amount")?)),
            Self::Reverse { movement_id, kind, amount } => (movement_id, kind, amount),
        };
        let (right_kind, right_amount) = reversal_of(books, till, *movement_id)?;
        if kind.is_some_and(|kind| kind != right_kind) {
            let name = right_kind.as_str_name().trim_start_matches("MOVEMENT_TYPE_");
            return Err(Error::invalid("type", format!("it is reversed by {name}")).into());
        }
        if let Some(amount) = amount
            && till.minor(amount, "amount")? != right_amount
        {
            let words = format!("it is reversed whole: {}", till.currency.format(right_amount));
            return Err(Error::invalid("amount", words).into());
        }
        Ok((right_kind, right_amount))
    }
}

/// What reverses a movement of this shift.
fn reversal_of(books: &WorkingSet, till: &Till, id: Uuid) -> Result<(MovementType, i64), Stop> {
    let found = books.find_one::<cash_movement::Model>(&CashMovementIndex::Id(id))?;
    let found = found.filter(|movement| movement.branch_id == till.register.branch_id);
    let movement = found.ok_or_else(|| {
        let message = format!("there is no movement {id}");
        Error::of_field(Reason::MovementNotFound, "reverses_movement_id", message)
    })?;
    let refuse =
        |why: &str| Error::of_field(Reason::MovementNotReversible, "reverses_movement_id", why.to_owned());
    if movement.shift_id != till.shift.id {
        return Err(refuse("is of another shift, whose count settles it").into());
    }
    if movement.reverses_movement_id.is_some() {
        return Err(refuse("is a reversal itself: record the movement anew").into());
    }
    if books.find_one::<cash_movement::Model>(&CashMovementIndex::Reversing(id))?.is_some() {
        return Err(refuse("is reversed already").into());
    }
    let kind = MovementType::try_from(movement.kind).ok().and_then(opposite);
    let kind = kind.ok_or_else(|| refuse("is of a sale, a transfer, a count or a shift"))?;
    Ok((kind, movement.amount))
}

impl Posting for RecordMovement {
    const METHOD: &'static str = "kassa.v1.CashRegister/RecordMovement";
    type Reply = pb::RecordMovementResponse;

    fn needs(&self, known: &WorkingSet, caller: &Caller, needs: &mut Needs) {
        self.till.needs(known, caller, needs);
        if let Some(id) = self.what.reverses() {
            needs.all::<cash_movement::Model>(CashMovementIndex::Id(id));
            needs.all::<cash_movement::Model>(CashMovementIndex::Reversing(id));
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let till = self.till.open(books, context.caller)?;
        let (kind, amount) = self.what.kind_and_amount(books, &till)?;
        if sign(kind)? < 0 {
            holds(books, till.register.id, amount, till.currency)?;
        }
        let movement = Movement {
            kind,
            amount,
            reason: self.reason.clone(),
            reference: self.reference.clone(),
            reverses_movement_id: self.what.reverses(),
            ..Movement::default()
        };
        let row = move_cash(books, context, &till.shift, movement)?;
        let movement = Some(movement_to_pb(&row, till.currency));
        let entry = Entry::CashMoved(pb::CashMovedEntry { movement: movement.clone() });
        till.journal(books, context, entry)?;
        let drawer = Some(drawer_after(&row, &till.register, till.currency));
        Ok(Decision::Done {
            reply: pb::RecordMovementResponse { movement, drawer },
            made: Some(Document { kind: DocumentKind::CashMovement, id: row.id }),
        })
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let (row, register, currency) = made(books, document.id)?;
        Ok(pb::RecordMovementResponse {
            movement: Some(movement_to_pb(row, currency)),
            drawer: Some(drawer_after(row, register, currency)),
        })
    }
}
