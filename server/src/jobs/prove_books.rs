//! Proves the whole books once after they were opened, while the shop sells. A start looks at the ends of the
//! chains only; each backup is proved whole as well.

use std::{sync::Arc, time::Duration};

use crate::{
    app::SharedApp,
    upkeep::{Upkeep, integrity::prove},
};

/// Waits, proves, and ends. A file that is damaged closes the books; figures that do not add up are told, and
/// the shop sells on: the records are there, and it is the owner's to decide.
pub async fn run(app: SharedApp, upkeep: Arc<Upkeep>, after: Duration) {
    // A start has better things to do.
    tokio::time::sleep(after).await;
    match prove(&app).await {
        Ok(report) if report.is_sound() => tracing::info!("the books were proved, and hold"),
        Ok(report) => {
            if let Some(fault) = report.file_faults().next() {
                let reason = fault.to_string();
                // A task of its own: closing the books ends this one.
                tokio::spawn(async move { upkeep.close_damaged(&reason).await });
            }
        }
        Err(error) => tracing::error!(%error, "the books could not be proved"),
    }
}
