//! Knows the caller while the books are closed: the terminal on this machine by its file, others from memory.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::header::AUTHORIZATION;

use super::{access::may_call, refuse};
use crate::{
    caller::Caller,
    error::Error,
    lifecycle::{Lifecycle, Maintenance, Phase, opened_meanwhile},
    rpcs::{Access, Rpc},
};

/// Lets callers through to what there is in maintenance; others hear why the books are closed.
pub async fn admitted(State(lifecycle): State<Arc<Lifecycle>>, mut request: Request, next: Next) -> Response {
    let rpc = request.extensions().get::<&'static Rpc>().copied();
    let authorization = request.headers().get(AUTHORIZATION).map(http::HeaderValue::as_bytes);
    let maintenance = match lifecycle.phase() {
        Phase::Maintenance(maintenance) => maintenance,
        Phase::Open(_) => return refuse(opened_meanwhile()),
    };
    match admit(&maintenance, rpc, authorization) {
        Ok(Some(caller)) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Ok(None) => next.run(request).await,
        Err(error) => refuse(error),
    }
}

fn admit(
    maintenance: &Maintenance,
    rpc: Option<&Rpc>,
    authorization: Option<&[u8]>,
) -> Result<Option<Caller>, Error> {
    let rpc = rpc.filter(|rpc| rpc.in_maintenance).ok_or_else(|| maintenance.refusal())?;
    if rpc.access == Access::Open {
        return Ok(None);
    }
    let caller = maintenance.caller(authorization)?;
    may_call(rpc, &caller)?;
    Ok(Some(caller))
}
