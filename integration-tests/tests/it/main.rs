//! Kassa's tests: the real server through the real client, a module per noun.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code: what does not hold must fail loudly"
)]

mod books;
mod check;
mod keys;
mod kill;
mod orders;
mod returns;
mod shifts;
