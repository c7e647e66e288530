//! What has to hold of a shop's backups, whatever happened.

use std::{collections::BTreeSet, fs, path::Path};

use kassa_client::{
    Error, Kassa,
    proto::v1::{self as pb, BackupState},
};
use kassa_integration_tests::back_up;

/// Makes one, and gives its name.
///
/// # Errors
/// The refusal.
pub async fn make(kassa: &Kassa) -> Result<String, Error> {
    Ok(back_up(kassa).await?.backup.expect("the backup that was made").name)
}

/// All of them.
///
/// # Errors
/// The refusal.
pub async fn list(kassa: &Kassa) -> Result<Vec<pb::Backup>, Error> {
    let request = pb::ListBackupsRequest { page_size: 500, ..Default::default() };
    Ok(kassa.backups().list_backups(request).await?.into_inner().backups)
}

/// Has the server prove one. Gives its state, and what is wrong with it.
///
/// # Errors
/// The refusal.
pub async fn verify(kassa: &Kassa, name: &str) -> Result<(BackupState, Vec<String>), Error> {
    let request = pb::VerifyBackupRequest { name: name.to_owned() };
    let verified = kassa.backups().verify_backup(request).await?.last().await?;
    Ok((verified.backup.expect("the backup that was proved").state(), verified.faults))
}

/// What does not hold: every one is offered as verified, and is sound, and nothing half-made lies beside them. They
/// are removed afterwards.
pub async fn prove_and_remove(kassa: &Kassa, data: &Path) -> Vec<String> {
    let mut findings = Vec::new();
    let listed = match list(kassa).await {
        Ok(listed) => listed,
        Err(error) => return vec![format!("the backups are not listed: {error}")],
    };
    for backup in &listed {
        let name = &backup.name;
        match verify(kassa, name).await {
            Ok((BackupState::Verified, faults)) if faults.is_empty() => {}
            found => findings.push(format!("{name}, {:?}, is found to be {found:?}", backup.state())),
        }
        if backup.state() != BackupState::Verified {
            findings.push(format!("{name} is listed as {:?}", backup.state()));
        }
    }
    let names = listed.iter().map(|backup| backup.name.clone());
    let manifests = listed.iter().map(|backup| backup.name.replace(".db", ".json"));
    let known: BTreeSet<String> = names.chain(manifests).collect();
    for file in files(data) {
        if !known.contains(&file) {
            findings.push(format!("{file} lies among the backups"));
        } else if findings.is_empty() {
            fs::remove_file(data.join("backups").join(file)).expect("a backup can be removed");
        }
    }
    findings
}

/// The files of the backups, but for their lock.
pub fn files(data: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(data.join("backups")) else { return Vec::new() };
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name != "lock").collect()
}
