//! The client library of Kassa, a point-of-sale backend.
//!
//! A sale, from an address and a token to a receipt number:
//!
//! ```no_run
//! use kassa_client::{Kassa, cash, line, proto::v1};
//!
//! # async fn sell() -> Result<(), Box<dyn std::error::Error>> {
//! let kassa = Kassa::builder("http://127.0.0.1:50051").token_file("kassa-data/keys/local.token").build()?;
//!
//! kassa.shifts().open_shift(v1::OpenShiftRequest::default()).await?;
//! let lines = vec![line("6224074096064", "2")];
//! let quote =
//!     kassa.orders().quote_order(v1::QuoteOrderRequest { lines: lines.clone(), ..Default::default() }).await?;
//! let sale = v1::CompleteSaleRequest {
//!     order_id: kassa_client::new_id(), // keep it with the cart: the same id again is the same sale
//!     lines,
//!     tenders: vec![cash(quote.cash_total.clone().unwrap_or_default())],
//!     expected_total: quote.total.clone(),
//!     ..Default::default()
//! };
//! let sold = kassa.orders().complete_sale(sale).await?;
//! println!("{}", sold.order.as_ref().map_or("", |order| &order.receipt_number));
//! # Ok(())
//! # }
//! ```
//!
//! # What it does by itself
//!
//! - **Keys.** Every call that changes something carries an idempotency key, kept through all its
//!   attempts. A sale's key is its `order_id`, so a double click, or a terminal that crashed and
//!   sends the same order again, gets the first answer ([`Answer::replayed`]) and no second sale.
//! - **Retries**, with jittered exponential backoff and a total time, only where repeating is safe:
//!   see [`Builder::attempts`]. A server's hint on when to come back is obeyed.
//! - **One call at a time**: the same request that is on its way already is not sent again; both
//!   callers get its answer.
//! - **Errors** that say what to do: [`Error::reason`], [`Error::field_violations`],
//!   [`Error::is_outcome_unknown`].
//!
//! A call runs on a task of its own: dropping its future does not take back a sale that is on its way.
//!
//! # Where things are
//!
//! [`Kassa`] gives one handle per service ([`Orders`], [`Shifts`], [`CashRegister`], [`Catalog`], [`Stock`],
//! [`Purchases`], [`Customers`], [`Access`], [`Admin`], [`Backups`]) with a method per RPC, as the contract
//! declares them; each returns a [`Call`] to await. The messages are in [`proto`]. What takes a while is
//! answered in [`Parts`], and goes on if nobody waits. What pairing a terminal and signing in answer is a
//! token: build a new [`Kassa`] with it. Nothing here prints.

mod answer;
mod attempt;
mod builder;
mod bytewise;
mod call;
mod error;
mod flights;
mod kassa;
mod key;
mod line;
mod parts;
mod retry;
mod services;

pub use kassa_proto as proto;
/// Why the server refused, as the contract names it.
pub use kassa_proto::v1::ErrorReason as Reason;
/// The gRPC status code of an [`Error`].
pub use tonic::Code;

pub use crate::{
    answer::Answer,
    builder::{BuildError, Builder},
    call::Call,
    error::{Error, FieldViolation},
    kassa::Kassa,
    key::new_id,
    line::{card, cash, line, money, product_line},
    parts::{Parts, PartsCall},
    services::*,
};
