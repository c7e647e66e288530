//! Who may do what: the local terminal, tokens, roles, branches.

pub mod approvals;
pub mod doorkeeper;
pub mod limits;
pub mod opening;
pub mod rpcs;
pub mod scope;

use kassa_proto::v1::{self as pb, access_server::Access};
use sea_orm::EntityTrait;
use tonic::{Request, Response, Status};

use crate::{
    app::SharedApp,
    books::Caller,
    error::Error,
    store::entity::{branch, register, terminal, user},
};

/// `kassa.v1.Access`.
pub struct AccessService(pub SharedApp);

#[tonic::async_trait]
impl Access for AccessService {
    async fn who_am_i(
        &self,
        request: Request<pb::WhoAmIRequest>,
    ) -> Result<Response<pb::WhoAmIResponse>, Status> {
        let (caller, _) = self.0.read(request)?;
        Ok(Response::new(self.who_is(&caller).await?))
    }
}

impl AccessService {
    async fn who_is(&self, caller: &Caller) -> Result<pb::WhoAmIResponse, Error> {
        let readers = &self.0.readers;
        let gone = || Error::internal("the caller's rows are gone");
        let terminal =
            terminal::Entity::find_by_id(caller.terminal_id).one(readers).await?.ok_or_else(gone)?;
        let register =
            register::Entity::find_by_id(caller.register_id).one(readers).await?.ok_or_else(gone)?;
        let branch = branch::Entity::find_by_id(caller.branch_id).one(readers).await?.ok_or_else(gone)?;
        let user = user::Entity::find_by_id(caller.user_id).one(readers).await?.ok_or_else(gone)?;
        Ok(pb::WhoAmIResponse {
            terminal_id: terminal.id.to_string(),
            terminal_name: terminal.name,
            register_id: register.id.to_string(),
            register_code: register.code,
            branch_id: branch.id.to_string(),
            branch_code: branch.code,
            user_id: user.id.to_string(),
            user_name: user.name,
            role: caller.role.into(),
        })
    }
}
