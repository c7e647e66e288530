//! What every request passes before its RPC, from the outside in: [`request`] gives it an id,
//! [`deadline`] keeps the caller's, [`method`] knows the method and its size limit, [`phase`] whether the books are
//! open, [`damage`] notices who is told that they are damaged, [`access`] knows the caller ([`maintenance`] while they
//! are closed), [`key`] the idempotency key.

pub mod access;
pub mod damage;
pub mod deadline;
pub mod key;
pub mod maintenance;
pub mod method;
pub mod phase;
pub mod request;

use axum::{body::Body, response::Response};
use http::StatusCode;
use tonic::Status;

use crate::error::Error;

/// A refusal as a response.
fn refuse(error: Error) -> Response {
    Status::from(error).into_http::<Body>()
}

/// The same under an HTTP status, for what is no call of gRPC and comes from another kind of client.
fn refuse_as(status: StatusCode, error: Error) -> Response {
    let mut response = refuse(error);
    *response.status_mut() = status;
    response
}
