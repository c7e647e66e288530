//! The backup to go back to, looked for while the database is damaged.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch::{self, Receiver, Sender},
    time::timeout,
};

use crate::backup::{BackupError, Backups, Name, Watch};

/// How soon it is tried again while somebody else is at work on the backups.
const A_TURN: Duration = Duration::from_secs(1);

/// What can be said of the backup to go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// It is being looked for: the backups are proved one after the other, which takes minutes where they are large.
    Looking,
    /// There is none.
    None,
    /// It is sound.
    Backup(Name),
}

impl Offer {
    /// The backup, if one was found.
    pub fn backup(self) -> Option<Name> {
        match self {
            Self::Backup(name) => Some(name),
            Self::Looking | Self::None => None,
        }
    }
}

/// The search for it. Dropping it ends it.
#[derive(Debug)]
pub struct Search {
    offer: Receiver<Offer>,
    stop: Sender<bool>,
}

impl Search {
    /// Begins it. `begun` is the last epoch that books of this folder have begun; where nothing is found it looks
    /// again `every` so often, for a backup that was put into the folder, or can be read by then.
    pub fn begin(backups: Arc<Backups>, begun: i64, every: Duration) -> Self {
        let (tell, offer) = watch::channel(Offer::Looking);
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(search(backups, begun, every, tell, stopped));
        Self { offer, stop }
    }

    /// What can be said now.
    pub fn offer(&self) -> Offer {
        *self.offer.borrow()
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn search(
    backups: Arc<Backups>,
    begun: i64,
    every: Duration,
    tell: Sender<Offer>,
    mut stop: Receiver<bool>,
) {
    let watch = Watch::until(stop.clone());
    loop {
        let wait = match backups.newest_sound(begun, &watch).await {
            Ok(Some(name)) => {
                tracing::info!(%name, "the backup to go back to");
                tell.send_replace(Offer::Backup(name));
                return;
            }
            Ok(None) => {
                tell.send_replace(Offer::None);
                every
            }
            Err(BackupError::Running) => A_TURN,
            Err(BackupError::Stopped) => return,
            Err(error) => {
                tracing::warn!(%error, "the backups can't be looked through");
                tell.send_replace(Offer::None);
                every
            }
        };
        // Told to stop, or nobody is left who could.
        if timeout(wait, stop.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}
