//! Adjustments of the stock: goods that went or came without a sale or a purchase.

pub mod adjust_stock;
pub mod convert;
pub mod queries;
