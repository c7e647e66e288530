//! Who moves the cash of a drawer.
//!
//! A cashier moves the drawer of their own terminal's register only. While a colleague's shift is open there
//! they sell, give back and receive cash in it; what else goes in or out, and what it is counted for, is the
//! colleague's to answer for, and a supervisor's, who acts from any terminal of the branch.
//!
//! [`super::drawer`] asks it of every movement, so that no posting can forget it. Postings that would tell
//! something on the way to their movement ask before.

use kassa_proto::v1::MovementType;

use crate::{
    books::Caller,
    error::Error,
    shifts::owner::{at_its_register, owner_or_supervisor},
    store::entity::shift,
};

/// Whether a movement is made with a grant in a colleague's shift: what is paid out, for which there are grants.
pub fn needs_a_grant(caller: &Caller, shift: &shift::Model, kind: MovementType) -> bool {
    let is_paid_out = matches!(kind, MovementType::PaidOut | MovementType::Expense);
    is_paid_out && owner_or_supervisor(caller, shift).is_err()
}

/// Refuses a movement of the drawer of a shift that is not the caller's to make.
///
/// # Errors
/// `WRONG_BRANCH` at another register's terminal, `NOT_YOUR_SHIFT`; INTERNAL for a type that moves nothing.
pub fn may_move(caller: &Caller, shift: &shift::Model, kind: MovementType) -> Result<(), Error> {
    match kind {
        MovementType::SaleCash
        | MovementType::Change
        | MovementType::RefundCash
        | MovementType::TransferIn => at_its_register(caller, shift.register_id),
        MovementType::PaidIn
        | MovementType::PaidOut
        | MovementType::Expense
        | MovementType::FloatIn
        | MovementType::SafeDrop
        | MovementType::BankDrop
        | MovementType::TransferOut
        | MovementType::Over
        | MovementType::Short
        | MovementType::ShiftEnd => owner_or_supervisor(caller, shift),
        MovementType::Unspecified => Err(Error::internal("a movement without a type")),
    }
}
