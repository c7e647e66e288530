//! Closing the books and opening them again.

use std::sync::Arc;

use kassa_proto::v1 as pb;

use super::Lifecycle;
use crate::{error::Error, input, storing};

const REASON: usize = 200;

/// Closes the books, or opens them. What is so already is so again.
///
/// # Errors
/// `INVALID_FIELD`; `MAINTENANCE` if they are being closed or opened, or can't be opened; `DATABASE_CORRUPT`.
pub async fn set_maintenance(
    lifecycle: &Arc<Lifecycle>,
    request: pb::SetMaintenanceRequest,
) -> Result<pb::SetMaintenanceResponse, Error> {
    let reason = input::line(request.reason, REASON, || "reason".to_owned())?;
    // Whoever asked may hang up: the books are not left between open and closed.
    let lifecycle = Arc::clone(lifecycle);
    let changing = async move {
        if !request.maintenance {
            return lifecycle.end_maintenance().await;
        }
        if reason.trim().is_empty() {
            return Err(Error::invalid("reason", "must say why the shop has to wait"));
        }
        lifecycle.begin_maintenance(&reason).await
    };
    storing::begins();
    tokio::spawn(changing).await.map_err(Error::internal)??;
    Ok(pb::SetMaintenanceResponse {})
}
