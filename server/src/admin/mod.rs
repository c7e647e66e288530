//! Running the shop's server: status, settings, keys.

pub mod queries;
pub mod settings;

use kassa_proto::v1::{self as pb, admin_server::Admin};
use tonic::{Request, Response, Status};

use self::settings::PutSettings;
use crate::app::SharedApp;

/// `kassa.v1.Admin`.
pub struct AdminService(pub SharedApp);

#[tonic::async_trait]
impl Admin for AdminService {
    async fn get_status(
        &self,
        request: Request<pb::GetStatusRequest>,
    ) -> Result<Response<pb::GetStatusResponse>, Status> {
        let (caller, _) = self.0.read(request)?;
        Ok(Response::new(queries::status(&self.0, &caller).await?))
    }

    async fn look_up_idempotency_key(
        &self,
        request: Request<pb::LookUpIdempotencyKeyRequest>,
    ) -> Result<Response<pb::LookUpIdempotencyKeyResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(queries::look_up_key(&self.0.readers, &caller, request).await?))
    }

    async fn get_settings(
        &self,
        request: Request<pb::GetSettingsRequest>,
    ) -> Result<Response<pb::GetSettingsResponse>, Status> {
        let (caller, _) = self.0.read(request)?;
        let settings = queries::settings(&self.0.readers, &caller).await?;
        Ok(Response::new(pb::GetSettingsResponse { settings: Some(settings) }))
    }

    async fn put_settings(
        &self,
        request: Request<pb::PutSettingsRequest>,
    ) -> Result<Response<pb::PutSettingsResponse>, Status> {
        self.0.post(request, PutSettings::parse).await
    }
}
