//! Transfers of goods from one branch to another: off the one shelf when they are sent, on the other once
//! they are received, and in transit in between. Each branch sees the transfers that it has a half of.

pub mod convert;
pub mod named_transfer;
pub mod queries;
pub mod receive_stock;
pub mod send_stock;
