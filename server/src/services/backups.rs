//! `kassa.v1.Backups`.

use std::sync::Arc;

use kassa_proto::v1::{self as pb, backups_server::Backups};
use tonic::{Request, Response, Status};

use crate::{
    app::{Parts, parts},
    backup,
    lifecycle::{self, Lifecycle},
    storing,
};

/// `kassa.v1.Backups`.
pub struct BackupsService(pub Arc<Lifecycle>);

#[tonic::async_trait]
impl Backups for BackupsService {
    type CreateBackupStream = Parts<pb::CreateBackupResponse>;

    async fn create_backup(
        &self,
        _: Request<pb::CreateBackupRequest>,
    ) -> Result<Response<Self::CreateBackupStream>, Status> {
        storing::begins();
        Ok(parts(backup::queries::create(&self.0.backups()).await?))
    }

    async fn list_backups(
        &self,
        request: Request<pb::ListBackupsRequest>,
    ) -> Result<Response<pb::ListBackupsResponse>, Status> {
        let (request, epoch) = (request.into_inner(), self.0.epoch().unwrap_or_default());
        Ok(Response::new(backup::queries::list(&self.0.backups(), request, epoch).await?))
    }

    type RestoreBackupStream = Parts<pb::RestoreBackupResponse>;

    async fn restore_backup(
        &self,
        request: Request<pb::RestoreBackupRequest>,
    ) -> Result<Response<Self::RestoreBackupStream>, Status> {
        storing::begins();
        Ok(parts(lifecycle::restore(&self.0, request.get_ref())?))
    }

    type VerifyBackupStream = Parts<pb::VerifyBackupResponse>;

    async fn verify_backup(
        &self,
        request: Request<pb::VerifyBackupRequest>,
    ) -> Result<Response<Self::VerifyBackupStream>, Status> {
        Ok(parts(backup::queries::verify(&self.0.backups(), request.into_inner()).await?))
    }
}
