//! Sales and their receipts.

pub(crate) mod approval;
pub mod cart;
pub mod complete_sale;
pub mod convert;
pub mod drafts;
pub mod exceptions;
pub(crate) mod exchange_sale;
pub(crate) mod give_back;
pub mod payback;
pub(crate) mod place;
pub(crate) mod print_receipt;
pub(crate) mod queries;
pub(crate) mod quote_order;
pub mod receipt;
pub(crate) mod refund_sale;
pub mod reversal;
pub(crate) mod rows;
pub(crate) mod sell;
pub(crate) mod void_sale;
