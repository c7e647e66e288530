//! What holds for every order, every payment and every text, checked on random ones.
#![expect(clippy::expect_used, reason = "a test fails by it")]

mod inputs;
mod panics;
mod pricing;
mod settling;
mod sharing;
mod texts;
