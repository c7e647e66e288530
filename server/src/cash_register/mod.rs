//! The cash drawers of the registers.

pub(crate) mod open_drawer;
pub(crate) mod queries;
pub(crate) mod receive_cash;
pub(crate) mod reconcile;
pub mod record_movement;
pub(crate) mod till;
pub(crate) mod transfer_cash;
pub(crate) mod verify_journal;
