//! How far a backup is, and whether it has to stop.

use std::sync::Arc;

use tokio::sync::watch::{self, Receiver, Sender};

use super::BackupError;
use crate::{
    caller::Class,
    check::Beside,
    readings::{Turn, Turns},
};

/// What a backup is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The books are copied.
    Copying,
    /// The copy is proved.
    Verifying,
    /// The copy goes to the second folder.
    CopyingToSecond,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is at.
    pub phase: Phase,
    /// How many bytes of it are done.
    pub done: u64,
    /// How many there are.
    pub total: u64,
}

/// Through it work tells how far it is, hears that it has to stop, and waits for its turn to prove.
#[derive(Clone)]
pub struct Watch {
    steps: Sender<Step>,
    stop: Receiver<bool>,
    turns: Arc<Turns>,
    beside: Beside,
}

impl Watch {
    /// Work that stops as soon as `stop` says so.
    pub fn until(stop: Receiver<bool>) -> Self {
        let (steps, _) = watch::channel(Step { phase: Phase::Copying, done: 0, total: 0 });
        Self { steps, stop, turns: Arc::default(), beside: Beside::Tills }
    }

    /// The same for work in a server, in which others prove, too.
    pub fn in_line(self, turns: Arc<Turns>) -> Self {
        Self { turns, ..self }
    }

    /// The same while the shop is closed: it takes the whole machine.
    pub fn while_closed(self) -> Self {
        Self { beside: Beside::Nobody, ..self }
    }

    /// Who else needs the machine.
    pub fn beside(&self) -> Beside {
        self.beside
    }

    /// Waits for its turn to prove.
    ///
    /// # Errors
    /// [`BackupError::Stopped`].
    pub async fn proof_turn(&self) -> Result<Turn, BackupError> {
        self.unless_stopped(async {
            self.turns.take(None, Class::Proof).await.map_err(|_| BackupError::Stopped)
        })
        .await
    }

    /// Work that nobody stops.
    pub fn to_the_end() -> Self {
        Self::until(watch::channel(false).1)
    }

    /// For whoever wants to see how far it is; the newest step alone is kept.
    pub fn steps(&self) -> Receiver<Step> {
        self.steps.subscribe()
    }

    /// Tells how far it is.
    ///
    /// # Errors
    /// [`BackupError::Stopped`].
    pub fn tell(&self, phase: Phase, done: u64, total: u64) -> Result<(), BackupError> {
        self.steps.send_replace(Step { phase, done, total });
        if *self.stop.borrow() { Err(BackupError::Stopped) } else { Ok(()) }
    }

    /// Carries on until it is told to stop.
    ///
    /// # Errors
    /// [`BackupError::Stopped`], and what the work fails with.
    pub async fn unless_stopped<T, E: Into<BackupError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, BackupError> {
        let mut stop = self.stop.clone();
        let stopped = async {
            // Nobody is left who could stop it.
            if stop.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            done = work => done.map_err(Into::into),
            () = stopped => Err(BackupError::Stopped),
        }
    }
}
