//! Shifts: who sold on which register, from when to when.

pub(crate) mod attendance;
pub(crate) mod close_shift;
pub mod convert;
pub mod counting;
pub mod end_shift;
pub(crate) mod hand_over_shift;
pub(crate) mod open_shift;
pub(crate) mod owner;
pub mod queries;
pub(crate) mod record_activity;
pub mod report;
pub(crate) mod report_text;
pub mod selling;
