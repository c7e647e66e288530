//! A shop for tests: a real server in this process, a real client, a clock that the test holds.
//!
//! ```no_run
//! # use kassa_integration_tests::Shop;
//! # async fn day() {
//! let shop = Shop::open().await;
//! let sale = shop.sell("2 x bread, 0.5 x cheese, cash 20.00").await;
//! assert_eq!(sale.receipt_number, "INV-202611-R1-000001");
//! # } // dropping the shop proves its books, and fails the test if they are not sound
//! ```
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "this is test code: what does not hold must fail loudly"
)]

mod backup;
pub mod chance;
mod clock;
mod cutter;
mod load;
pub mod place;
mod program;
mod proof;
mod script;
mod shop;
pub mod template;

pub use backup::back_up;
pub use clock::TestClock;
pub use cutter::Cutter;
pub use load::{Known, Selling, Tills};
pub use place::Place;
pub use program::{Program, Run, binary, command};
pub use proof::{LeftOut, Proof};
pub use script::{PRODUCTS, half_up, usd};
pub use shop::{PIN, Shop};
