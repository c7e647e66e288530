//! What stays: the last daily backups, and all others until somebody removes them.

use std::path::Path;

use super::{Backup, BackupError, Name, Reason, files, list};
use crate::store::folder::sync_folder;

/// Removes the daily backups before the last `keep` good ones. The one that was made just now stays in any
/// case: under a clock that was set back it sorts before the others. What can't be removed is tried again the
/// next day.
pub fn daily(folder: &Path, made: Name, keep: usize) {
    let removed = list::all(folder).and_then(|all| {
        let old = superseded(&all, made, keep);
        let removed =
            old.iter().try_for_each(|name| remove(folder, name)).and_then(|()| sync_folder(Some(folder)));
        removed.map_err(BackupError::file("removing an old backup"))
    });
    if let Err(error) = removed {
        tracing::warn!(%error, "old daily backups could not be removed");
    }
}

/// Which daily backups go. A damaged one that is younger than the oldest that stays is left for who looks
/// into it; it takes no good one's place.
fn superseded(newest_first: &[Backup], made: Name, keep: usize) -> Vec<Name> {
    let mut good = 0;
    let mut old = Vec::new();
    for backup in newest_first.iter().filter(|backup| backup.name.reason == Reason::Daily) {
        if good >= keep && backup.name != made {
            old.push(backup.name);
        }
        good += usize::from(backup.is_good());
    }
    old
}

/// The database goes first: a manifest alone is rubbish that the next start removes.
fn remove(folder: &Path, name: &Name) -> std::io::Result<()> {
    tracing::info!(%name, "removing an old daily backup");
    files::remove(&folder.join(name.to_string()))?;
    files::remove(&folder.join(name.manifest()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::State;

    fn backup(name: &str, state: State) -> Backup {
        Backup { name: name.parse().unwrap(), bytes: 0, manifest: None, state }
    }

    fn day(day: u32, state: State) -> Backup {
        backup(&format!("kassa-backup-202611{day:02}-020000-daily-scheduled.db"), state)
    }

    #[test]
    fn the_last_good_daily_ones_stay_and_all_others_that_are_not_daily() {
        let mut all: Vec<Backup> = (1..=20).rev().map(|number| day(number, State::Verified)).collect();
        all[2].state = State::Damaged;
        all.push(backup("kassa-backup-20250101-020000.db", State::Verified));
        all.push(backup("kassa-backup-20250101-020000-pre-migration.db", State::Verified));
        all.push(backup("kassa-backup-20250101-020000-pre-restore.db", State::Verified));
        let old: Vec<Name> = (1..=5).rev().map(|number| day(number, State::Verified).name).collect();
        assert_eq!(superseded(&all, all[0].name, 14), old);
        assert_eq!(superseded(&all, day(3, State::Verified).name, 14).len(), 4, "the one just made stays");
        assert_eq!(superseded(&all, all[0].name, 100), []);
    }
}
