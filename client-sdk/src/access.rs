//! `kassa.v1.Access`.

use kassa_proto::v1::{
    GrantApprovalRequest, GrantApprovalResponse, PairTerminalRequest, PairTerminalResponse, SetPinRequest,
    SetPinResponse, SignInRequest, SignInResponse, SignOutRequest, SignOutResponse, UnlockUserRequest,
    UnlockUserResponse, WhoAmIRequest, WhoAmIResponse,
};

use crate::{Call, Kassa};

/// Who is calling: terminals, and the users who sign in on them.
#[derive(Debug, Clone)]
pub struct Access(pub(crate) Kassa);

impl Access {
    /// Says whom the token stands for.
    pub fn who_am_i(&self, request: WhoAmIRequest) -> Call<WhoAmIRequest, WhoAmIResponse> {
        Call::read(&self.0, "/kassa.v1.Access/WhoAmI", request)
    }

    /// Makes the caller a terminal, with a code that an admin had made; needs no token. The answer has
    /// the terminal's token: build a new [`Kassa`] with it. Attempted again only where nothing can have
    /// happened: a code works once.
    pub fn pair_terminal(
        &self,
        request: PairTerminalRequest,
    ) -> Call<PairTerminalRequest, PairTerminalResponse> {
        Call::once(&self.0, "/kassa.v1.Access/PairTerminal", request)
    }

    /// Signs a user in on this terminal: build a new [`Kassa`] with the token that the answer has.
    pub fn sign_in(&self, request: SignInRequest) -> Call<SignInRequest, SignInResponse> {
        Call::once(&self.0, "/kassa.v1.Access/SignIn", request)
    }

    /// Ends the session on this terminal.
    pub fn sign_out(&self, request: SignOutRequest) -> Call<SignOutRequest, SignOutResponse> {
        Call::read(&self.0, "/kassa.v1.Access/SignOut", request)
    }

    /// Sets a PIN: one's own, or another user's.
    pub fn set_pin(&self, request: SetPinRequest) -> Call<SetPinRequest, SetPinResponse> {
        Call::once(&self.0, "/kassa.v1.Access/SetPin", request)
    }

    /// Has somebody with their PIN let the signed-in user do one thing, once: the grant's id goes into
    /// `grant_ids` of what it is for.
    pub fn grant_approval(
        &self,
        request: GrantApprovalRequest,
    ) -> Call<GrantApprovalRequest, GrantApprovalResponse> {
        Call::once(&self.0, "/kassa.v1.Access/GrantApproval", request)
    }

    /// Forgives a user's wrong PINs.
    pub fn unlock_user(&self, request: UnlockUserRequest) -> Call<UnlockUserRequest, UnlockUserResponse> {
        Call::change(&self.0, "/kassa.v1.Access/UnlockUser", request)
    }
}
