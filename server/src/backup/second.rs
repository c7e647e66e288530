//! The copy on another drive. That it is missing, or fails, is a warning: the backup itself is made. It may lie on
//! a share whose server is gone, where every question waits for ever: no task waits with it.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{Semaphore, watch::Receiver},
    time::timeout,
};

use super::{Backup, BackupError, Phase, Place, Reason, Step, Watch, claim, files, retain};
use crate::store::folder::sync_folder;

/// How long a look into the folder may take. A drive that slept needs a moment.
const A_LOOK: Duration = Duration::from_secs(3);
/// How long a copy may take from one step to the next; a step is a megabyte.
const A_STEP: Duration = Duration::from_secs(60);

/// What became of the copy in the second folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondFolder {
    /// There is none in the configuration.
    NotConfigured,
    /// It has the copy.
    Ready,
    /// The folder is not there. It is never made: where a drive is missing, its folder would be one on the
    /// system's own disk.
    Absent,
    /// The copy failed; the words name no paths.
    Failed(String),
}

/// Looks into the second folder.
#[derive(Debug)]
pub struct Looks {
    folder: Option<PathBuf>,
    one_at_a_time: Arc<Semaphore>,
}

impl Looks {
    /// At a folder, if there is one in the configuration.
    pub fn at(folder: Option<PathBuf>) -> Self {
        Self { folder, one_at_a_time: Arc::new(Semaphore::new(1)) }
    }

    /// Looks; nothing if there is no such folder, or no answer in time.
    pub async fn look<T: Send + 'static>(&self, look: impl FnOnce(&Path) -> T + Send + 'static) -> Option<T> {
        let (folder, turns) = (self.folder.clone()?, Arc::clone(&self.one_at_a_time));
        let looked = async move {
            let turn = turns.acquire_owned().await.ok()?;
            let look = tokio::task::spawn_blocking(move || {
                // It is kept until the answer is there: what hangs takes one thread, and not all of them.
                let _turn = turn;
                look(&folder)
            });
            look.await.ok()
        };
        let answer = timeout(A_LOOK, looked).await.ok().flatten();
        if answer.is_none() {
            tracing::warn!("the second folder for backups does not answer");
        }
        answer
    }
}

/// Copies a backup to the second folder.
pub async fn copy(place: &Place, backup: &Backup, watch: &Watch) -> SecondFolder {
    let Some(folder) = place.second.clone() else { return SecondFolder::NotConfigured };
    let work = (place.clone(), backup.clone(), watch.clone());
    let copying = files::blocking(move || {
        let (place, backup, watch) = work;
        copy_alone(&place, &backup, (&folder, &watch))
    });
    let (cause, words) = match unless_stuck(copying, watch.steps(), A_STEP).await {
        Some(Ok(state)) => return state,
        Some(Err(BackupError::Running)) => told("the copy before it is still under way"),
        Some(Err(error)) => (error.to_string(), error.words()),
        None => told("the folder does not answer any more"),
    };
    tracing::warn!(name = %backup.name, cause, "the backup could not be copied to the second folder");
    SecondFolder::Failed(words)
}

fn told(words: &str) -> (String, String) {
    (words.to_owned(), words.to_owned())
}

/// Waits for work for as long as it makes steps.
async fn unless_stuck<T>(
    work: impl Future<Output = T>,
    mut steps: Receiver<Step>,
    a_step: Duration,
) -> Option<T> {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Some(done),
            step = timeout(a_step, steps.changed()) => if !matches!(step, Ok(Ok(()))) { return None },
        }
    }
}

fn copy_alone(
    place: &Place,
    backup: &Backup,
    (folder, watch): (&Path, &Watch),
) -> Result<SecondFolder, BackupError> {
    let _turn = claim::claim_second(&place.folder)?;
    if !folder.is_dir() {
        tracing::warn!(folder = %folder.display(), "the second folder for backups is not there; plug the drive in");
        return Ok(SecondFolder::Absent);
    }
    let copied = copy_to(place, backup, (folder, watch));
    if let Err(error) = claim::tidy(folder) {
        tracing::warn!(%error, "the second folder for backups could not be tidied");
    }
    copied?;
    if backup.name.reason == Reason::Daily {
        retain::daily(folder, backup.name, place.keep);
    }
    Ok(SecondFolder::Ready)
}

fn copy_to(place: &Place, backup: &Backup, (folder, watch): (&Path, &Watch)) -> Result<(), BackupError> {
    let missing = || BackupError::Fault("a backup without a manifest".to_owned());
    let manifest = backup.manifest.as_ref().ok_or_else(missing)?;
    let name = backup.name.to_string();
    claim::tidy(folder).map_err(BackupError::file("tidying the second folder"))?;
    let taken =
        folder.join(&name).try_exists().map_err(BackupError::file("looking into the second folder"))?;
    if taken {
        return Err(BackupError::Fault(format!("the second folder has another {name}")));
    }
    place.has_room(folder, backup.bytes)?;
    let unfinished = claim::unfinished(folder);
    let mut file = files::create(&unfinished).map_err(BackupError::file("making the second copy"))?;
    let phase = (watch, Phase::CopyingToSecond);
    files::sha256(&place.file(&backup.name), phase, |bytes| {
        file.write_all(bytes)?;
        file.sync_data()
    })?;
    file.sync_all().map_err(BackupError::file("syncing the second copy"))?;
    drop(file);
    if files::sha256(&unfinished, phase, |_| Ok(()))? != manifest.sha256 {
        return Err(BackupError::Damaged(vec!["the second folder gives back other bytes".to_owned()]));
    }
    let named = manifest
        .write(folder, &backup.name)
        .and_then(|()| fs::rename(&unfinished, folder.join(&name)))
        .and_then(|()| sync_folder(Some(folder)));
    named.map_err(BackupError::file("giving the second copy its name"))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::watch;

    use super::*;

    #[tokio::test]
    async fn a_folder_that_does_not_answer_is_asked_by_one_at_a_time_and_nobody_waits_long() {
        let looks = Looks::at(Some("/mnt/share".into()));
        let (answer, hanging) = mpsc::channel::<()>();
        assert_eq!(looks.look(move |_| hanging.recv().is_ok()).await, None);
        assert_eq!(looks.look(|_| true).await, None, "the first one hangs, and no other follows it there");
        answer.send(()).unwrap();
        assert_eq!(looks.look(|folder| folder.ends_with("share")).await, Some(true));
        assert_eq!(Looks::at(None).look(|_| true).await, None);
    }

    #[tokio::test]
    async fn a_copy_is_waited_for_while_it_makes_steps_and_given_up_when_it_makes_none() {
        let at = |done| Step { phase: Phase::CopyingToSecond, done, total: 600 };
        let (steps, seen) = watch::channel(at(0));
        let copy = async {
            for done in 1..=600 {
                steps.send_replace(at(done));
                tokio::task::yield_now().await;
            }
            "done"
        };
        assert_eq!(unless_stuck(copy, seen.clone(), A_STEP).await, Some("done"));
        let hanging = std::future::pending::<()>();
        assert_eq!(unless_stuck(hanging, seen, Duration::from_millis(1)).await, None);
    }
}
