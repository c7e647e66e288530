//! Knows the method, and reads its request within its limit. tonic alone answers a request that is too
//! large with OUT_OF_RANGE and without a reason.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ALLOW, CONTENT_TYPE},
};
use http_body_util::BodyExt as _;
use kassa_proto::v1::ErrorReason as Reason;

use super::{refuse, refuse_as};
use crate::{
    error::Error,
    rpcs::{Rpc, rpc},
};

/// gRPC's frame: a flag byte and the message's length in four.
const PREFIX: usize = 5;
/// What a request's content may be called.
const GRPC: [&str; 2] = ["application/grpc", "application/grpc+proto"];

/// Lets known methods through, with their whole request and its rules.
pub async fn known(request: Request, next: Next) -> Response {
    if let Some(refused) = no_call(&request) {
        return refused;
    }
    let path = request.uri().path();
    let Some(rpc) = rpc(path) else {
        let message = format!("there is no method {}", path.trim_start_matches('/'));
        return refuse(Error::new(Reason::UnknownMethod, message));
    };
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(rpc);
    // Reflection's requests are streams, which end when their client pleases.
    if rpc.path.starts_with("/grpc.reflection.") {
        return next.run(Request::from_parts(parts, body)).await;
    }
    match read(body, rpc).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(error) => refuse(error),
    }
}

/// What is no call of gRPC's: the library looks at neither, and would carry it out.
fn no_call(request: &Request) -> Option<Response> {
    if request.method() != Method::POST {
        let message = format!("a method is called with POST, not with {}", request.method());
        let mut refused =
            refuse_as(StatusCode::METHOD_NOT_ALLOWED, Error::new(Reason::UnknownMethod, message));
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return Some(refused);
    }
    if !is_grpc(request.headers()) {
        let error = Error::of_field(
            Reason::InvalidMetadata,
            CONTENT_TYPE.as_str(),
            "must be application/grpc, which is protobuf",
        );
        return Some(refuse_as(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
    }
    None
}

/// Whether the content is gRPC's, in protobuf: other encodings (`+json`) and gRPC-Web are not spoken here.
fn is_grpc(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).into_iter();
    let (Some(Ok(text)), None) = (types.next().map(HeaderValue::to_str), types.next()) else { return false };
    let media_type = text.split(';').next().unwrap_or_default().trim();
    GRPC.iter().any(|grpc| media_type.eq_ignore_ascii_case(grpc))
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
        // The library takes the first message and forgets the others: whoever sent them would believe in all.
        if announced(&bytes).is_some_and(|length| bytes.len() > length.saturating_add(PREFIX)) {
            let message = "this method takes one message, and more came after it";
            return Err(Error::new(Reason::InvalidMessage, message));
        }
    }
    Ok(Bytes::from(bytes))
}

fn announced(bytes: &[u8]) -> Option<usize> {
    let length: [u8; 4] = bytes.get(1..PREFIX)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(length)).ok()
}
