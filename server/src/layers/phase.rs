//! Hands a request to the services of the phase. One that came while the books were open is answered by those
//! books, whatever is opened after them.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
};
use tower::ServiceExt as _;

use crate::lifecycle::{Lifecycle, Phase};

/// The services of each phase.
#[derive(Clone)]
pub struct Phases {
    /// While the books are closed; those over open books are with the books.
    pub closed: Router,
    /// Knows the phase.
    pub lifecycle: Arc<Lifecycle>,
}

/// Answers with the services of the phase.
pub async fn dispatch(State(phases): State<Phases>, request: Request) -> Response {
    let services = match phases.lifecycle.phase() {
        Phase::Open(open) => open.routes.clone(),
        Phase::Maintenance(_) => phases.closed,
    };
    let answered: Result<Response, Infallible> = services.oneshot(request).await;
    answered.unwrap_or_else(|never| match never {})
}
