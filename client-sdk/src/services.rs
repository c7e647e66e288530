//! A handle per service of the contract with a method per RPC, written by `build.rs` from the contract's descriptors:
//! the option of an RPC says whether it may be sent again, under which key, and which id is filled.

use kassa_proto::v1;

use crate::{Call, Kassa, PartsCall};

include!(concat!(env!("OUT_DIR"), "/services.rs"));
