//! The `kassa` program as a shell sees it, against a shop that is played by the test.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod exit_codes;
mod import;
mod shop;
