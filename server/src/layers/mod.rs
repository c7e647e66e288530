//! What every request passes before its RPC, from the outside in: [`request`] gives it an id,
//! [`method`] knows the method and its size limit, [`access`] the caller, [`key`] the idempotency key.

pub mod access;
pub mod key;
pub mod method;
pub mod request;

use axum::{body::Body, response::Response};
use tonic::Status;

use crate::error::Error;

/// A refusal as a response.
fn refuse(error: Error) -> Response {
    Status::from(error).into_http::<Body>()
}
