//! Who may do what: the local terminal, tokens, roles, branches.

pub mod approvals;
pub mod convert;
pub mod create_pairing_code;
pub mod doorkeeper;
pub mod limits;
pub mod opening;
pub mod pair_terminal;
pub mod pairing_guard;
pub mod revoke_terminal;
pub mod rpcs;
pub mod scope;
pub mod secrets;

use kassa_proto::v1::{self as pb, Role, access_server::Access};
use sea_orm::EntityTrait;
use tonic::{Request, Response, Status};

use self::pair_terminal::PairTerminal;
use crate::{
    app::SharedApp,
    books::Caller,
    error::Error,
    store::entity::{branch, register, terminal, user},
};

/// A role in a message to people: `supervisor`.
pub fn role_name(role: Role) -> String {
    role.as_str_name().trim_start_matches("ROLE_").to_lowercase()
}

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

    async fn pair_terminal(
        &self,
        request: Request<pb::PairTerminalRequest>,
    ) -> Result<Response<pb::PairTerminalResponse>, Status> {
        let app = &self.0;
        let posting = PairTerminal::parse(request.get_ref(), app.clock.as_ref(), &app.pepper)?;
        app.pairing_guard.attempt(app.clock.now())?;
        let caller = posting.caller(&app.readers, app.clock.as_ref()).await?;
        let paired = app.change_the_door(caller, None, posting).await?;
        app.pairing_guard.forgive();
        Ok(Response::new(paired.reply))
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
        let user = user::Entity::find_by_id(caller.user_id).one(readers).await?;
        Ok(pb::WhoAmIResponse {
            terminal_id: terminal.id.to_string(),
            terminal_name: terminal.name,
            register_id: register.id.to_string(),
            register_code: register.code,
            branch_id: branch.id.to_string(),
            branch_code: branch.code,
            user_id: user.as_ref().map(|user| user.id.to_string()).unwrap_or_default(),
            user_name: user.map(|user| user.name).unwrap_or_default(),
            role: caller.role.into(),
        })
    }
}
