//! The contract of Kassa.
//!
//! - [`v1`]: the messages, clients and servers of `kassa.v1`, generated from `kassa/v1/*.proto`.
//!   They are plain data; nothing in them is validated.
//! - [`FILE_DESCRIPTOR_SET`]: the same as descriptors, with each RPC's facts (`kassa/v1/options.proto`).
//! - [`money`] and [`decimal`]: what amounts, quantities and rates are, read and written exactly.
//! - [`goods`] and [`signs`]: which codes of goods are the same, and which signs make texts look so.
//! - [`pricing`]: from lines to totals and from tenders to change, the same for server and SDK.
//!
//! No number here is ever a float, and no input makes this arithmetic panic or wrap around.

pub mod decimal;
pub mod goods;
pub mod money;
pub mod pricing;
mod reason;
mod secrets;
pub mod signs;

/// The generated code of `kassa.v1`, fenced here.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::allow_attributes, unused_qualifications)]
pub mod v1 {
    tonic::include_proto!("kassa.v1");
}

/// The encoded `FileDescriptorSet` of the contract, of all that it imports and of the error details it sends. Read it
/// with `prost-reflect`: the types of `prost-types` drop the options.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
