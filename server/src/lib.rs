//! Kassa's server.
#![allow(missing_docs)]
pub mod books;
pub mod clock;
pub mod config;
pub mod error;
pub mod store;
pub mod timestamp;
