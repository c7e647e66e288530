//! The services of the contract: each method to its rule or its reading.

pub mod access;
pub mod admin;
pub mod cash_register;
pub mod catalog;
pub mod orders;
pub mod shifts;
