//! Knows the caller: nobody comes past here without a token that is valid and a role that suffices, and to
//! nothing that the shop has switched off.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::header::AUTHORIZATION;
use kassa_proto::v1::{ErrorReason as Reason, Role};

use super::refuse;
use crate::{
    app::SharedApp,
    books::belongs::whole_shop,
    caller::{Caller, role_name},
    error::Error,
    rpcs::{Access, Branches, Rpc},
};

/// Lets callers through who may call the method.
pub async fn admitted(State(app): State<SharedApp>, mut request: Request, next: Next) -> Response {
    let rpc = request.extensions().get::<&'static Rpc>().copied();
    let authorization = request.headers().get(AUTHORIZATION).cloned();
    match admit(&app, rpc, authorization.as_ref().map(http::HeaderValue::as_bytes)).await {
        Ok(Some(caller)) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Ok(None) => next.run(request).await,
        Err(error) => refuse(error),
    }
}

/// The caller; nobody for a method that is open to everybody.
async fn admit(
    app: &SharedApp,
    rpc: Option<&Rpc>,
    authorization: Option<&[u8]>,
) -> Result<Option<Caller>, Error> {
    if rpc.is_some_and(|rpc| rpc.access == Access::Open) {
        return Ok(None);
    }
    let mut caller = app.session_cache.admit(authorization, &app.readers).await?;
    // A request that came past the method layer is refused like a method that nobody may call.
    let rpc = rpc.ok_or_else(|| role_required(Role::Owner, &caller))?;
    may_call(rpc, &caller)?;
    if let Some(module) = rpc.module
        && !app.session_cache.has_module(&caller, module)
    {
        return Err(module.disabled());
    }
    caller.any_branch &= rpc.branches == Branches::Any;
    caller.class = rpc.class;
    Ok(Some(caller))
}

/// Whether the caller's role suffices, and where they work.
///
/// # Errors
/// `ROLE_REQUIRED`, `WRONG_BRANCH`.
pub(super) fn may_call(rpc: &Rpc, caller: &Caller) -> Result<(), Error> {
    match rpc.access {
        Access::Open | Access::Terminal => {}
        Access::From(role) if caller.role >= role && caller.role != Role::Unspecified => {}
        Access::From(role) => return Err(role_required(role, caller)),
    }
    if rpc.of_whole_shop { whole_shop(caller) } else { Ok(()) }
}

fn role_required(role: Role, caller: &Caller) -> Error {
    let name = role_name(role);
    let message = if caller.role == Role::Unspecified {
        format!("nobody is signed in at this terminal; this needs the role {name}")
    } else {
        format!("this needs the role {name} or a higher one")
    };
    Error::new(Reason::RoleRequired, message).with("role", name)
}
