//! The kinds of movements of a drawer, and what follows from each.

use kassa_proto::v1::MovementType;

use crate::error::Error;

/// Whether a movement puts cash in (1) or takes it out (-1); the type decides. The mark of a shift's end
/// has no amount.
///
/// # Errors
/// INTERNAL for a type that moves nothing.
pub fn sign(kind: MovementType) -> Result<i64, Error> {
    match kind {
        MovementType::SaleCash
        | MovementType::PaidIn
        | MovementType::FloatIn
        | MovementType::TransferIn
        | MovementType::Over
        | MovementType::ShiftEnd => Ok(1),
        MovementType::Change
        | MovementType::RefundCash
        | MovementType::PaidOut
        | MovementType::Expense
        | MovementType::SafeDrop
        | MovementType::BankDrop
        | MovementType::TransferOut
        | MovementType::Short => Ok(-1),
        MovementType::Unspecified => Err(Error::internal("a movement without a type")),
    }
}

/// Whether a movement is what a count differs by. It does not change what should be in the drawer.
pub fn is_difference(kind: MovementType) -> bool {
    matches!(kind, MovementType::Over | MovementType::Short)
}

/// Whether a movement takes cash to the safe, the bank or another drawer.
pub fn is_drop(kind: MovementType) -> bool {
    matches!(kind, MovementType::SafeDrop | MovementType::BankDrop | MovementType::TransferOut)
}

/// Whether a movement pays somebody.
pub fn is_paid_out(kind: MovementType) -> bool {
    matches!(kind, MovementType::PaidOut | MovementType::Expense)
}

/// Whether a movement is one that somebody can be granted: not the cash of sales and transfers that arrive, and
/// not the mark of a shift's end.
pub fn is_grantable(kind: MovementType) -> bool {
    match kind {
        MovementType::PaidIn
        | MovementType::PaidOut
        | MovementType::Expense
        | MovementType::FloatIn
        | MovementType::SafeDrop
        | MovementType::BankDrop
        | MovementType::TransferOut
        | MovementType::Over
        | MovementType::Short => true,
        MovementType::SaleCash
        | MovementType::Change
        | MovementType::RefundCash
        | MovementType::TransferIn
        | MovementType::ShiftEnd
        | MovementType::Unspecified => false,
    }
}

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
