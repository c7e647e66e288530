//! The `kassa` program as a shell sees it, against a shop that is played by the test.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod exit_codes;
// The one that the client library's own tests have.
#[path = "../../../tests/fake/mod.rs"]
mod fake;
mod import;
mod shop;
