//! `kassa.v1.Access`.

use kassa_proto::v1::{PairTerminalRequest, PairTerminalResponse, WhoAmIRequest, WhoAmIResponse};

use crate::{Call, Kassa};

/// Who is calling.
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
}
