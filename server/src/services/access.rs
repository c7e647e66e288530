//! `kassa.v1.Access`.

use kassa_proto::v1::{self as pb, access_server::Access};
use tonic::{Request, Response, Status};

use crate::{
    access::{
        grant_approval::{GrantApproval, GrantWanted},
        named_user::NamedUser,
        pair_terminal::PairTerminal,
        pin::Typed,
        pin_hash::Pin,
        queries,
        set_pin::{SetPin, UnlockUser},
        sign_in::{SignIn, SignOut},
    },
    app::SharedApp,
    caller::Caller,
    clock::to_micros,
    error::Error,
};

/// `kassa.v1.Access`.
pub struct AccessService(pub SharedApp);

#[tonic::async_trait]
impl Access for AccessService {
    async fn who_am_i(
        &self,
        request: Request<pb::WhoAmIRequest>,
    ) -> Result<Response<pb::WhoAmIResponse>, Status> {
        let (reading, caller, _) = self.0.read(request).await?;
        Ok(Response::new(queries::who_is(&reading, &caller).await?))
    }

    async fn pair_terminal(
        &self,
        request: Request<pb::PairTerminalRequest>,
    ) -> Result<Response<pb::PairTerminalResponse>, Status> {
        let app = &self.0;
        let posting = PairTerminal::parse(request.get_ref(), app.clock.as_ref(), &app.pepper)?;
        app.pairing_guard.attempt(app.clock.now())?;
        let caller = posting.caller(&app.reading(&Caller::stranger()).await?, app.clock.as_ref()).await?;
        let paired = app.change_access(caller, None, posting).await?;
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
        Ok(Response::new(app.change_access(caller, None, posting).await?.reply))
    }

    async fn sign_out(
        &self,
        request: Request<pb::SignOutRequest>,
    ) -> Result<Response<pb::SignOutResponse>, Status> {
        self.0.post_access_change(request, |_| Ok(SignOut)).await
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
        Ok(Response::new(app.change_access(caller, None, posting).await?.reply))
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
