//! Running the shop's server: status, settings, keys.

pub(crate) mod audit;
pub(crate) mod decimals;
pub mod directory;
pub(crate) mod once;
pub mod put_branches;
pub mod put_registers;
pub mod put_settings;
pub mod put_users;
pub mod queries;
pub mod sales_report;
