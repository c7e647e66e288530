//! The tables of the books, a file each, in the order in which parents come before children.

pub mod branch;
pub mod business;
pub mod cash_movement;
pub mod event;
pub mod grant;
pub mod idempotency_key;
pub mod journal_chain;
pub mod journal_record;
pub mod number_series;
pub mod order;
pub mod order_discount;
pub mod order_line;
pub mod order_line_return;
pub mod order_return;
pub mod order_tender;
pub mod order_tender_return;
pub mod product;
pub mod product_barcode;
pub mod register;
pub mod role_limit;
pub mod shift;
pub mod stock;
pub mod terminal;
pub mod user;
