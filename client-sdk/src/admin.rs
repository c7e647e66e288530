//! `kassa.v1.Admin`.

use kassa_proto::v1::{
    GetSettingsRequest, GetSettingsResponse, GetStatusRequest, GetStatusResponse,
    LookUpIdempotencyKeyRequest, LookUpIdempotencyKeyResponse, PutSettingsRequest, PutSettingsResponse,
};

use crate::{Call, Kassa};

/// Running the shop's server.
#[derive(Debug, Clone)]
pub struct Admin(pub(crate) Kassa);

impl Admin {
    /// Says how the server is.
    pub fn get_status(&self, request: GetStatusRequest) -> Call<GetStatusRequest, GetStatusResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/GetStatus", request)
    }

    /// Says what became of an idempotency key of this terminal.
    pub fn look_up_idempotency_key(
        &self,
        request: LookUpIdempotencyKeyRequest,
    ) -> Call<LookUpIdempotencyKeyRequest, LookUpIdempotencyKeyResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/LookUpIdempotencyKey", request)
    }

    /// Reads the shop's settings.
    pub fn get_settings(&self, request: GetSettingsRequest) -> Call<GetSettingsRequest, GetSettingsResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/GetSettings", request)
    }

    /// Changes the settings that `update_mask` names.
    pub fn put_settings(&self, request: PutSettingsRequest) -> Call<PutSettingsRequest, PutSettingsResponse> {
        Call::change(&self.0, "/kassa.v1.Admin/PutSettings", request)
    }
}
