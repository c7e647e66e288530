//! `kassa.v1.Access`.

use kassa_proto::v1::{WhoAmIRequest, WhoAmIResponse};

use crate::{Call, Kassa};

/// Who is calling.
#[derive(Debug, Clone)]
pub struct Access(pub(crate) Kassa);

impl Access {
    /// Says whom the token stands for.
    pub fn who_am_i(&self, request: WhoAmIRequest) -> Call<WhoAmIRequest, WhoAmIResponse> {
        Call::read(&self.0, "/kassa.v1.Access/WhoAmI", request)
    }
}
