//! Knows the method, and reads its request within its limit. tonic alone answers a request that is too
//! large with OUT_OF_RANGE and without a reason.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use http_body_util::BodyExt as _;
use kassa_proto::v1::ErrorReason as Reason;

use super::refuse;
use crate::{
    access::rpcs::{Rpc, rpc},
    error::Error,
};

/// gRPC's frame: a flag byte and the message's length in four.
const PREFIX: usize = 5;

/// Lets known methods through, with their whole request and its rules.
pub async fn known(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(rpc) = rpc(path) else {
        let message = format!("there is no method {}", path.trim_start_matches('/'));
        return refuse(Error::new(Reason::UnknownMethod, message));
    };
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(rpc);
    // Reflection and health may be streams, which end when their client pleases.
    if !rpc.path.starts_with("/kassa.") {
        return next.run(Request::from_parts(parts, body)).await;
    }
    match read(body, rpc).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(error) => refuse(error),
    }
}

/// Reads a request whole, and stops as soon as it says that it is too large.
async fn read(mut body: Body, rpc: &Rpc) -> Result<Bytes, Error> {
    let most = rpc.most_bytes.saturating_add(PREFIX);
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|cut| Error::new(Reason::InvalidMessage, format!("the request broke off: {cut}")))?;
        if let Some(data) = frame.data_ref() {
            bytes.extend_from_slice(data);
        }
        if bytes.len() > most || announced(&bytes).is_some_and(|length| length > rpc.most_bytes) {
            let message = format!("the request is larger than {} KiB", rpc.most_bytes / 1_024);
            return Err(Error::new(Reason::RequestTooLarge, message).with("most_bytes", rpc.most_bytes));
        }
    }
    Ok(Bytes::from(bytes))
}

fn announced(bytes: &[u8]) -> Option<usize> {
    let length: [u8; 4] = bytes.get(1..PREFIX)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(length)).ok()
}
