//! The client library against a server that is told how to fail.
//!
//! Client and server talk through pipes in memory and the clock is paused, so that a minute of
//! retries takes no time and nothing depends on a sleep.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod building;
mod contract;
mod errors;
#[path = "../fake/mod.rs"]
mod fake;
mod flights;
mod retries;
mod scripted;
