//! The outermost layer: an id for every request, in its answer and in all its log lines, and a
//! reason in every error, whoever made it.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue};
use kassa_proto::v1::ErrorReason as Reason;
use tonic::{Code, Status};
use tracing::Instrument as _;

use super::refuse;
use crate::{
    error::{Asked, Error, REASON_TRAILER, while_asked},
    lifecycle::Lifecycle,
    messages::Language,
    rpcs::rpc,
    telemetry::repeats::{Happening, Repeats},
};

const REQUEST_ID: &str = "x-request-id";
const EPOCH: &str = "kassa-epoch";
/// A request that takes longer is worth a warning.
const SLOW: Duration = Duration::from_secs(1);

/// Runs a request under an id of its own.
pub async fn identify(State(lifecycle): State<Arc<Lifecycle>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = lifecycle.clock.new_id().to_string();
    let method = request.uri().path().trim_start_matches('/').to_owned();
    // What is no method is one cause, or callers could make as many as they like.
    let told_as = rpc(request.uri().path()).map_or("no method", |rpc| rpc.path.as_str());
    // Health and reflection have error codes of their own, which their clients go by.
    let ours = method.starts_with("kassa.");
    let span = tracing::info_span!("request", id, method);
    let asked = Asked { id: id.clone(), language: Language::asked(request.headers()) };
    let answered = async {
        // A panic must not take the other requests of the connection with it.
        let response = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let response = response.unwrap_or_else(|_| refuse(Error::internal("a reading panicked")));
        let response = if ours { explained(response) } else { response };
        log(&lifecycle.repeats, told_as, response.headers(), started.elapsed());
        response
    };
    let mut response = while_asked(asked, answered.instrument(span)).await;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(epoch) = lifecycle.epoch() {
        headers.insert(EPOCH, HeaderValue::from(epoch));
    }
    response
}

fn log(repeats: &Repeats, method: &'static str, headers: &HeaderMap, took: Duration) {
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match headers.get(REASON_TRAILER).and_then(|reason| reason.to_str().ok()) {
        Some(reason) => {
            // They are all ours; one that is not would be told under no name of its own.
            let known = Reason::from_wire_name(reason).unwrap_or_default();
            if repeats.is_news(method, Happening::Refused(known)) {
                tracing::info!(reason, took_ms, "refused");
            }
        }
        None => tracing::debug!(took_ms, "answered"),
    }
    if took > SLOW && repeats.is_news(method, Happening::Slow) {
        tracing::warn!(took_ms, "a slow request");
    }
}

/// Errors of the gRPC library carry no reason: they get one here.
fn explained(response: Response) -> Response {
    let headers = response.headers();
    if headers.contains_key(REASON_TRAILER) {
        return response;
    }
    match Status::from_header_map(headers) {
        Some(status) if status.code() != Code::Ok => refuse(reason_of(&status)),
        _ => response,
    }
}

fn reason_of(status: &Status) -> Error {
    match status.code() {
        Code::Unimplemented => Error::new(Reason::UnknownMethod, status.message()),
        Code::OutOfRange | Code::ResourceExhausted => Error::new(Reason::RequestTooLarge, status.message()),
        // What the codec says of bytes that are no message, of too few of them, and of a call without any.
        Code::Internal if ["rotobuf", "essage", "EOF"].iter().any(|word| status.message().contains(word)) => {
            Error::new(Reason::InvalidMessage, status.message())
        }
        _ => Error::internal(status),
    }
}
