//! Who may do what: the local terminal, tokens, roles, branches.

pub mod approvals;
pub mod belongs;
pub mod convert;
pub mod create_pairing_code;
pub mod doorkeeper;
pub mod grant_approval;
pub mod limits;
pub mod modules;
pub mod named_user;
pub mod opening;
pub mod pair_terminal;
pub mod pairing_guard;
pub mod pin;
pub mod pin_hash;
pub mod queries;
pub mod revoke_terminal;
pub mod rpcs;
pub mod scope;
pub mod secrets;
pub mod sessions;
pub mod set_pin;
pub mod sign_in;

use kassa_proto::v1::{self as pb, Role, access_server::Access};
use sea_orm::EntityTrait;
use tonic::{Request, Response, Status};

use self::{
    grant_approval::{GrantApproval, GrantWanted},
    named_user::NamedUser,
    pair_terminal::PairTerminal,
    pin::Typed,
    pin_hash::Pin,
    set_pin::{SetPin, UnlockUser},
    sign_in::{SignIn, SignOut},
};
use crate::{
    app::SharedApp,
    books::Caller,
    clock::to_micros,
    encoding::time::stored_timestamp,
    error::Error,
    store::{
        Reading,
        entity::{branch, register, session, terminal, user},
    },
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
        let (reading, caller, _) = self.0.read(request).await?;
        Ok(Response::new(who_is(&reading, &caller).await?))
    }

    async fn pair_terminal(
        &self,
        request: Request<pb::PairTerminalRequest>,
    ) -> Result<Response<pb::PairTerminalResponse>, Status> {
        let app = &self.0;
        let posting = PairTerminal::parse(request.get_ref(), app.clock.as_ref(), &app.pepper)?;
        app.pairing_guard.attempt(app.clock.now())?;
        let caller = posting.caller(&app.reading(&Caller::stranger()).await?, app.clock.as_ref()).await?;
        let paired = app.change_the_door(caller, None, posting).await?;
        app.pairing_guard.forgive();
        Ok(Response::new(paired.reply))
    }

    async fn sign_in(
        &self,
        request: Request<pb::SignInRequest>,
    ) -> Result<Response<pb::SignInResponse>, Status> {
        let app = &self.0;
        let (caller, request) = app.accept(request)?;
        let (named, pin) = (NamedUser::parse(&request.user_id)?, Pin::parse(request.pin, "pin")?);
        let posting = SignIn::new(self.typed(&caller, &named, pin).await?, app.clock.as_ref());
        Ok(Response::new(app.change_the_door(caller, None, posting).await?.reply))
    }

    async fn sign_out(
        &self,
        request: Request<pb::SignOutRequest>,
    ) -> Result<Response<pb::SignOutResponse>, Status> {
        self.0.post_to_the_door(request, |_| Ok(SignOut)).await
    }

    async fn set_pin(
        &self,
        request: Request<pb::SetPinRequest>,
    ) -> Result<Response<pb::SetPinResponse>, Status> {
        let app = &self.0;
        let (caller, request) = app.accept(request)?;
        let named = match request.user_id.as_str() {
            "" => NamedUser::Id(caller.user_id),
            text => NamedUser::parse(text)?,
        };
        let new = Pin::parse_new(request.new_pin, "new_pin")?;
        let old = match request.old_pin {
            none if none.is_empty() => None,
            old => Some(self.typed(&caller, &named, Pin::parse(old, "old_pin")?).await?),
        };
        let user_id = named.read(&app.reading(&caller).await?).await?.id;
        let posting = SetPin { user_id, hash: app.hasher.hash(new, app.clock.as_ref()).await?, old };
        Ok(Response::new(app.change_the_door(caller, None, posting).await?.reply))
    }

    async fn unlock_user(
        &self,
        request: Request<pb::UnlockUserRequest>,
    ) -> Result<Response<pb::UnlockUserResponse>, Status> {
        self.0.post(request, UnlockUser::parse).await
    }

    async fn grant_approval(
        &self,
        request: Request<pb::GrantApprovalRequest>,
    ) -> Result<Response<pb::GrantApprovalResponse>, Status> {
        let app = &self.0;
        let (caller, mut request) = app.accept(request)?;
        let named = NamedUser::parse(&request.user_id)?;
        let pin = Pin::parse(std::mem::take(&mut request.pin), "pin")?;
        let wanted = GrantWanted::parse(request)?;
        let posting = GrantApproval { typed: self.typed(&caller, &named, pin).await?, wanted };
        Ok(Response::new(app.books.post(caller, None, posting).await?.reply))
    }
}

impl AccessService {
    /// A PIN that was typed for a user, compared with the stored one.
    async fn typed(&self, caller: &Caller, named: &NamedUser, pin: Pin) -> Result<Typed, Error> {
        let app = &self.0;
        let reading = app.reading(caller).await?;
        let user_id = named.read(&reading).await?.id;
        Typed::compare(reading, &app.hasher, (user_id, pin), to_micros(app.clock.now())).await
    }
}

async fn who_is(reading: &Reading, caller: &Caller) -> Result<pb::WhoAmIResponse, Error> {
    let gone = || Error::internal("the caller's rows are gone");
    let terminal = terminal::Entity::find_by_id(caller.terminal_id).one(reading).await?.ok_or_else(gone)?;
    let register = register::Entity::find_by_id(caller.register_id).one(reading).await?.ok_or_else(gone)?;
    let branch = branch::Entity::find_by_id(caller.branch_id).one(reading).await?.ok_or_else(gone)?;
    let user = user::Entity::find_by_id(caller.user_id).one(reading).await?;
    let session = match caller.session_id {
        Some(id) => session::Entity::find_by_id(id).one(reading).await?,
        None => None,
    };
    let (user_name, user_display_name) =
        user.as_ref().map(|user| (user.name.clone(), user.display_name.clone())).unwrap_or_default();
    Ok(pb::WhoAmIResponse {
        terminal_id: terminal.id.to_string(),
        terminal_name: terminal.name,
        register_id: register.id.to_string(),
        register_code: register.code,
        branch_id: branch.id.to_string(),
        branch_code: branch.code,
        user_id: user.map(|user| user.id.to_string()).unwrap_or_default(),
        user_name,
        role: caller.role.into(),
        user_display_name,
        session_expire_time: session.map(|session| stored_timestamp(session.expire_time)),
    })
}
