//! Kassa's server.
#![allow(missing_docs)]
pub mod access;
pub mod admin;
pub mod app;
pub mod books;
pub mod cash_register;
pub mod catalog;
pub mod clock;
pub mod config;
pub mod error;
mod input;
mod numbers;
pub mod orders;
mod page;
pub mod shifts;
pub mod store;
pub mod timestamp;
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
