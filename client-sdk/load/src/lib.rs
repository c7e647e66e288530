//! Terminals that sell as fast as they are answered, in a shop that was founded for it.
//!
//! `kassa bench` and the benchmarks have this one load, so that what a shop measures is what the project does:
//!
//! - [`Server`]: the real program on a data folder, in a process of its own
//! - [`LoadShop`]: goods, and a register, a cashier, a terminal and an open shift for each that will sell
//! - [`Selling`]: terminals at work, each with a connection of its own; [`Sold`]: what they sold
//! - [`latencies`]: how long the answers took; [`usage`]: what it cost the machine

mod error;
pub mod latencies;
mod place;
mod selling;
mod server;
mod shop;
pub mod usage;

pub use crate::{
    error::LoadError,
    place::{FileSystem, file_system},
    selling::{Sale, Selling, Sold, Terminal, Until},
    server::{Server, Stopped, beside_this_program},
    shop::{Basket, LoadShop, PRODUCTS, Till},
};
