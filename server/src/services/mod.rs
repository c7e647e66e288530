//! The services of the contract: each method to its rule or its reading.

pub mod access;
pub mod admin;
pub mod backups;
pub mod cash_register;
pub mod catalog;
pub mod customers;
pub mod orders;
pub mod purchases;
pub mod shifts;
pub mod stock;
