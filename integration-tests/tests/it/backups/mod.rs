//! Backups: made while the shop sells, proved before they count, kept as long as they should be.

mod damage;
mod making;
mod program;
mod schedule;
mod second_folder;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use kassa_client::{Error, proto::v1 as pb};
use kassa_integration_tests::{Shop, back_up};
use kassa_server::backup::{Watch, verify::verify};

/// How long what must happen may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes a backup that must be good.
async fn backup(shop: &Shop) -> pb::Backup {
    back_up(&shop.kassa).await.expect("the backup is made").backup.expect("a backup")
}

/// Has a backup proved, and gives it with its faults.
async fn prove(shop: &Shop, name: &str) -> Result<(pb::Backup, Vec<String>), Error> {
    let request = pb::VerifyBackupRequest { name: name.to_owned() };
    let found = shop.kassa.backups().verify_backup(request).await?.last().await?;
    Ok((found.backup.expect("a backup"), found.faults))
}

async fn list(shop: &Shop) -> Vec<pb::Backup> {
    let listed = shop.kassa.backups().list_backups(pb::ListBackupsRequest::default()).await;
    listed.expect("the backups are listed").into_inner().backups
}

async fn status(shop: &Shop) -> pb::GetStatusResponse {
    shop.kassa.admin().get_status(pb::GetStatusRequest::default()).await.expect("a status").into_inner()
}

fn folder(shop: &Shop) -> PathBuf {
    shop.data().join("backups")
}

/// The names in a folder, but for the locks.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("lock")).collect();
    names.sort_unstable();
    names
}

/// What `check` finds wrong with a copy.
async fn faults(file: &Path) -> Vec<String> {
    verify(file.to_owned(), None, Watch::to_the_end()).await.expect("the copy can be proved").faults
}

/// Waits until something holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "it never came: {what}");
        tokio::task::yield_now().await;
    }
}
