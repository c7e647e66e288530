//! From the copy to a backup under its final name.

use std::{fs, path::Path};

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::{
    Backup, BackupError, Claim, Manifest, Name, Place, Reason, SecondFolder, Watch, files, retain, second,
    snapshot,
    verify::{self, Findings},
};
use crate::{clock::SharedClock, store::folder::sync_folder};

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct CreatedBackup {
    /// It.
    pub backup: Backup,
    /// What became of the copy in the second folder.
    pub second: SecondFolder,
}

/// Makes a backup: it is on the disk, and was proved, when this returns. Where the future is dropped, nothing
/// is left of it.
///
/// # Errors
/// [`BackupError`] says why there is none.
pub async fn create(
    place: &Place,
    reason: Reason,
    clock: &SharedClock,
    watch: &Watch,
) -> Result<CreatedBackup, BackupError> {
    let folder = place.folder.clone();
    let claim = files::blocking(move || Claim::take(&folder)).await?;
    let backup = create_in(place, &claim, reason, (clock, watch)).await?;
    // The second folder may take its time, and others may make theirs meanwhile.
    drop(claim);
    let second = second::copy(place, &backup, watch).await;
    Ok(CreatedBackup { backup, second })
}

/// The same in a folder that is claimed already, without the copy in the second folder.
///
/// # Errors
/// As [`create`].
pub async fn create_in(
    place: &Place,
    claim: &Claim,
    reason: Reason,
    (clock, watch): (&SharedClock, &Watch),
) -> Result<Backup, BackupError> {
    let (unfinished, now) = (claim.unfinished(), clock.now());
    let copying = (place.clone(), unfinished.clone(), watch.clone());
    files::blocking(move || {
        let (place, target, watch) = copying;
        place.has_room(&place.folder, place.live_bytes())?;
        snapshot::copy(&place, &target, &watch)?;
        #[cfg(feature = "fault-injection")]
        if place.take_damage() {
            snapshot::damage(&target)?;
        }
        Ok(())
    })
    .await?;
    let found = verify::verify(unfinished.clone(), None, watch.clone()).await?;
    if !found.faults.is_empty() {
        return Err(BackupError::Damaged(found.faults));
    }
    let place = place.clone();
    files::blocking(move || {
        let backup = finish(&place, &unfinished, found, (reason, now))?;
        if reason == Reason::Daily {
            retain::daily(&place.folder, backup.name, place.keep);
        }
        Ok(backup)
    })
    .await
}

/// Gives the copy its name: the moment from which it counts.
fn finish(
    place: &Place,
    unfinished: &Path,
    found: Findings,
    (reason, now): (Reason, DateTime<Utc>),
) -> Result<Backup, BackupError> {
    let facts = found.facts.ok_or_else(|| BackupError::Fault("a sound copy tells nothing".to_owned()))?;
    let name = place.free_name(Name { time: local(now, &found.time_zone), reason });
    let name = name.map_err(BackupError::file("looking for a free name"))?;
    let manifest = Manifest {
        file: name.to_string(),
        sha256: found.sha256,
        bytes: found.bytes,
        facts,
        program: crate::VERSION.to_owned(),
        create_time: now,
        reason,
        pepper_id: place.pepper_id.clone(),
        verify_time: now,
        damaged: false,
    };
    let named = manifest
        .write(&place.folder, &name)
        .and_then(|()| fs::rename(unfinished, place.file(&name)))
        .and_then(|()| sync_folder(Some(&place.folder)));
    named.map_err(BackupError::file("giving the copy its name"))?;
    super::list::one(&place.folder, name)
}

/// The time in the name is that of the shop's own clock, which is in the copy.
fn local(now: DateTime<Utc>, time_zone: &str) -> NaiveDateTime {
    now.with_timezone(&time_zone.parse::<Tz>().unwrap_or(Tz::UTC)).naive_local()
}
