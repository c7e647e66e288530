//! What each kind of movement does to its drawer: said a second time, so that a fault in the rules shows.

use kassa_proto::v1::MovementType as Kind;

use crate::store::entity::cash_movement::Model;

/// Whether it puts cash in (1) or takes it out (-1); none for what is no kind.
pub fn sign(kind: Kind) -> Option<i64> {
    match kind {
        Kind::SaleCash | Kind::PaidIn | Kind::FloatIn | Kind::TransferIn | Kind::Over => Some(1),
        Kind::Change | Kind::RefundCash | Kind::PaidOut | Kind::Expense => Some(-1),
        Kind::SafeDrop | Kind::BankDrop | Kind::TransferOut | Kind::Short => Some(-1),
        // The mark of a shift's end, which has no amount.
        Kind::ShiftEnd => Some(1),
        Kind::Unspecified => None,
    }
}

/// By how much a movement changes its drawer.
pub fn signed(movement: &Model) -> Option<i64> {
    sign(movement.kind()).map(|sign| movement.amount.saturating_mul(sign))
}

/// Whether it is what a count differed by, which changes nothing that should be there.
pub fn is_difference(kind: Kind) -> bool {
    matches!(kind, Kind::Over | Kind::Short)
}

/// Whether it pays somebody.
pub fn is_paid_out(kind: Kind) -> bool {
    matches!(kind, Kind::PaidOut | Kind::Expense)
}

/// Those that people record, each with what takes it back.
pub const RECORDED: [(Kind, Kind); 6] = [
    (Kind::PaidIn, Kind::PaidOut),
    (Kind::PaidOut, Kind::PaidIn),
    (Kind::Expense, Kind::PaidIn),
    (Kind::FloatIn, Kind::SafeDrop),
    (Kind::SafeDrop, Kind::FloatIn),
    (Kind::BankDrop, Kind::FloatIn),
];

/// What takes a movement back that somebody recorded; none for the others.
pub fn reversal(kind: i32) -> Option<i32> {
    let of_kind = |(own, _): &&(Kind, Kind)| i32::from(*own) == kind;
    RECORDED.iter().find(of_kind).map(|(_, reversal)| i32::from(*reversal))
}
