//! Backups as somebody makes them who waits for the end.

use kassa_client::{Error, Kassa, proto::v1 as pb};

/// Makes a backup, and gives the last part of the answer.
///
/// # Errors
/// Why there is none.
pub async fn back_up(kassa: &Kassa) -> Result<pb::CreateBackupResponse, Error> {
    kassa.backups().create_backup(pb::CreateBackupRequest {}).await?.last().await
}
