//! Kassa's server: the map.
//!
//! A request comes in over one of the `connections`, through [`server`] (the index of layers and services), passes the
//! [`layers`], and reaches its service in `services`, which asks the rules of its noun: [`orders`], [`shifts`],
//! [`cash_register`], [`catalog`], [`stock`], [`purchases`], [`customers`], [`access`], [`admin`]. A reading goes straight
//! to the tables ([`readings`], [`store`]); a change is a posting and goes through the [`books`], the one write path. What it
//! records is told by one table, in `journal`. What several nouns keep up stands below them: the `drawer`, the shift's
//! `counters`, the `stock_ledger`, the `numbers`, the `settings`; and, for reports, the
//! [`sales_sums`]. [`check`] proves what the books say, by rules of its own; it shares how things are written (`encoding`,
//! `hashes`) with the others. [`backup`] copies the books. [`lifecycle`] opens and closes them as a whole: maintenance,
//! restoring, upgrades; the [`jobs`] run while they are open. What everybody needs names nobody in turn: [`caller`],
//! [`clock`], [`error`], [`rpcs`] (what the contract says of each RPC).
//!
//! # What never happens here
//!
//! - Nothing but the [`books`] writes a table of the shop.
//! - A rule (a posting's `decide`) has no I/O, no clock, no randomness but its context's; operation
//!   files name neither `tonic` nor `sea_orm`.
//! - Only `services`, [`app`], [`server`], [`error`] and the [`layers`] name `tonic`; only [`error`] and the
//!   [`layers`] name gRPC codes.
//! - Time and randomness come from the injected [`clock`]; `clippy.toml` bans the others.
//! - Money is a count of minor units in an `i64`; what can overflow is checked.
//! - The writer's loop knows no database: it writes through [`store::engine`].
//! - Only [`store::sqlite`] knows what only SQLite understands, and the copying of it in [`backup`].
//! - No top module imports itself through others: a file can be read with what lies below it. A test, `arrows`, holds the
//!   sources to what of this list can be read off them.
//! - Every queue, batch, page, message and retry has a limit.

pub mod access;
pub mod admin;
mod amounts;
pub mod app;
#[cfg(test)]
mod arrows;
pub mod backup;
pub mod books;
pub mod caller;
pub mod cash_register;
pub mod catalog;
pub mod check;
pub mod clock;
pub mod commands;
pub mod config;
mod connections;
mod counters;
pub mod customers;
pub mod diagnostics;
pub mod disk;
mod drawer;
mod encoding;
pub mod error;
mod faults;
mod hashes;
mod input;
mod integrity;
pub mod jobs;
mod journal;
pub mod layers;
pub mod lifecycle;
pub mod messages;
#[cfg(test)]
mod model;
pub mod modules;
mod movement_kinds;
mod numbers;
pub mod orders;
mod page;
mod paper;
pub mod purchases;
pub mod readings;
pub mod rpcs;
pub mod sales_sums;
mod search;
pub mod server;
#[cfg(unix)]
pub mod service_manager;
mod services;
mod settings;
pub mod shifts;
pub mod stock;
pub mod stock_adjustments;
pub mod stock_counts;
mod stock_ledger;
pub mod stock_transfers;
pub mod store;
mod storing;
pub mod telemetry;

pub use server::run;

/// The program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
