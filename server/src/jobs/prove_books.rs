//! Proves the whole books once after they were opened, while the shop sells, and again whenever somebody meets damage.
//! A start looks at the ends of the chains only; each backup is proved whole as well.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    app::{App, SharedApp},
    caller::Class,
    lifecycle::Lifecycle,
};

/// Waits, proves, and waits for a suspicion. Damage that a proof does not see must not keep a core busy: it is told by
/// every proof, and there is `after` between two of them.
pub async fn run(app: SharedApp, lifecycle: Arc<Lifecycle>, after: Duration) {
    loop {
        // A start has better things to do.
        sleep(after).await;
        prove_once(&app, &lifecycle).await;
        app.integrity.suspected().await;
    }
}

/// A file that is damaged closes the books; figures that do not add up are told, and the shop sells on: the records are
/// there, and it is the owner's to decide.
async fn prove_once(app: &App, lifecycle: &Arc<Lifecycle>) {
    let proved = match lifecycle.turns.take(None, Class::Proof).await {
        Ok(turn) => app.integrity.prove(&app.backups, app.clock.as_ref(), turn).await,
        // The server is stopping.
        Err(_) => return,
    };
    match proved {
        Ok(report) if report.is_sound() => tracing::info!("the books were proved, and hold"),
        Ok(report) => {
            if let Some(fault) = report.file_faults().next() {
                let (lifecycle, reason) = (Arc::clone(lifecycle), fault.to_string());
                // A task of its own: closing the books ends this one.
                tokio::spawn(async move { lifecycle.close_damaged(&reason).await });
            }
        }
        Err(error) => tracing::error!(%error, "the books could not be proved"),
    }
}
