//! Knows the caller: nobody comes past here without a token that is valid and a role that suffices.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::header::AUTHORIZATION;
use kassa_proto::v1::{ErrorReason as Reason, Role};

use super::refuse;
use crate::{
    access::rpcs::{Access, Rpc},
    app::SharedApp,
    books::Caller,
    error::Error,
};

/// Lets callers through who may call the method.
pub async fn admitted(State(app): State<SharedApp>, mut request: Request, next: Next) -> Response {
    match admit(&app, &request) {
        Ok(Some(caller)) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Ok(None) => next.run(request).await,
        Err(error) => refuse(error),
    }
}

/// The caller; nobody for a method that is open to everybody.
fn admit(app: &SharedApp, request: &Request) -> Result<Option<Caller>, Error> {
    let rpc = request.extensions().get::<&'static Rpc>();
    // A request that came past the method layer is refused like a method that nobody may call.
    let role = match rpc.map(|rpc| rpc.access) {
        Some(Access::Open) => return Ok(None),
        Some(Access::From(role)) => Some(role),
        None => None,
    };
    let authorization = request.headers().get(AUTHORIZATION).map(http::HeaderValue::as_bytes);
    let caller = app.doorkeeper.admit(authorization)?;
    match role {
        Some(role) if caller.role >= role && caller.role != Role::Unspecified => Ok(Some(caller.clone())),
        _ => Err(role_required(role.unwrap_or(Role::Owner))),
    }
}

fn role_required(role: Role) -> Error {
    let name = role.as_str_name().trim_start_matches("ROLE_").to_lowercase();
    Error::new(Reason::RoleRequired, format!("this needs the role {name} or a higher one")).with("role", name)
}
