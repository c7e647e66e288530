//! Notices that a caller met damage: no start and no nightly proof saw it, and others would sell on.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use kassa_proto::v1::ErrorReason as Reason;

use crate::{app::SharedApp, error::REASON_TRAILER};

/// Has the books proved once somebody was told that they are damaged.
pub async fn noticed(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let reason = response.headers().get(REASON_TRAILER);
    if reason.is_some_and(|reason| reason == Reason::DatabaseCorrupt.wire_name()) {
        app.integrity.suspect();
    }
    response
}
