//! The copy on another drive.

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    process::Command,
};

use kassa_client::proto::v1::{self as pb, SecondFolderState};
use kassa_integration_tests::Shop;
use tempfile::TempDir;

use super::{back_up, backup, faults, files, folder, list, status, until};

async fn shop_with_a_drive() -> (Shop, TempDir) {
    let drive = tempfile::tempdir().unwrap();
    let second = drive.path().join("kassa");
    fs::create_dir(&second).unwrap();
    let shop = Shop::found_with(|config| config.backup.second_dir = Some(second)).await;
    (shop, drive)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_gets_the_same_bytes() {
    let (shop, drive) = shop_with_a_drive().await;
    let made = back_up(&shop.kassa).await.unwrap();
    assert_eq!(made.second_folder_state(), SecondFolderState::Ready);
    let made = made.backup.unwrap();
    assert!(made.in_second_folder);
    let second = drive.path().join("kassa");
    assert_eq!(files(&second), [made.name.clone(), made.name.replace(".db", ".json")]);
    for file in files(&second) {
        assert_eq!(fs::read(second.join(&file)).unwrap(), fs::read(folder(&shop).join(&file)).unwrap());
    }
    assert_eq!(faults(&second.join(&made.name)).await, Vec::<String>::new());
    assert_eq!(status(&shop).await.second_folder_state(), SecondFolderState::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn that_it_is_missing_is_a_warning_and_it_is_never_made() {
    let (shop, drive) = shop_with_a_drive().await;
    let second = drive.path().join("kassa");
    fs::remove_dir(&second).unwrap();
    let made = back_up(&shop.kassa).await.unwrap();
    assert_eq!(made.second_folder_state(), SecondFolderState::Absent);
    assert!(!second.exists());
    let told = status(&shop).await;
    assert_eq!(told.second_folder_state(), SecondFolderState::Absent);
    assert_eq!((told.last_backup_name, told.last_backup_failure.as_str()), (made.backup.unwrap().name, ""));
    // The drive is back.
    fs::create_dir(&second).unwrap();
    assert!(backup(&shop).await.in_second_folder);
    let held: Vec<bool> = list(&shop).await.iter().map(|backup| backup.in_second_folder).collect();
    assert_eq!(held, [true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_fails_is_a_warning_and_leaves_nothing() {
    let (shop, drive) = shop_with_a_drive().await;
    let second = drive.path().join("kassa");
    let taken = second.join("kassa-backup-20261120-120000.db");
    fs::write(&taken, "another shop's").unwrap();
    let made = back_up(&shop.kassa).await.unwrap();
    assert_eq!(made.second_folder_state(), SecondFolderState::Failed);
    assert_eq!(fs::read_to_string(&taken).unwrap(), "another shop's");
    assert_eq!(files(&second).len(), 1);
    assert_eq!(status(&shop).await.second_folder_state(), SecondFolderState::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_owner_keeps_beside_the_copies_stays() {
    let (shop, drive) = shop_with_a_drive().await;
    let second = drive.path().join("kassa");
    fs::write(second.join("unfinished-accounts.xlsx"), "the owner's").unwrap();
    fs::create_dir(second.join("unfinished pictures")).unwrap();
    fs::write(second.join("kassa-backup-notes.new"), "the owner's").unwrap();
    fs::write(second.join("unfinished.db"), "half of a copy").unwrap();
    let made = back_up(&shop.kassa).await.unwrap();
    assert_eq!(made.second_folder_state(), SecondFolderState::Ready);
    let name = made.backup.unwrap().name;
    let rest = ["kassa-backup-notes.new", "unfinished pictures", "unfinished-accounts.xlsx"];
    let copies = [name.clone(), name.replace(".db", ".json")];
    assert_eq!(files(&second), [&copies[..], &rest.map(str::to_owned)].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_gets_the_books_that_a_restore_replaces_too() {
    let (shop, drive) = shop_with_a_drive().await;
    let name = backup(&shop).await.name;
    let request = pb::RestoreBackupRequest { name, dry_run: false };
    shop.kassa.backups().restore_backup(request).await.unwrap().last().await.unwrap();
    let second = drive.path().join("kassa");
    let copied = "kassa-backup-20261120-120000-pre-restore.db".to_owned();
    until("the copy", async || files(&second).contains(&copied)).await;
    assert_eq!(faults(&second.join(&copied)).await, Vec::<String>::new());
}

/// An old copy whose manifest lets nobody go who reads it: as on a share whose server is gone.
struct Hanging(PathBuf);

impl Hanging {
    fn in_folder(second: &Path) -> Self {
        let old = second.join("kassa-backup-20250101-020000-daily-scheduled.db");
        fs::write(&old, "an old one").unwrap();
        let manifest = old.with_extension("json");
        assert!(Command::new("mkfifo").arg(&manifest).status().unwrap().success());
        Self(manifest)
    }
}

/// The share is back: whoever reads comes to an end.
impl Drop for Hanging {
    fn drop(&mut self) {
        drop(OpenOptions::new().read(true).write(true).open(&self.0));
    }
}

/// The copy of the day's backup hangs when it looks which ones are old.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_answers_no_more_holds_up_neither_backups_nor_sales() {
    let drive = tempfile::tempdir().unwrap();
    let second = drive.path().join("kassa");
    fs::create_dir(&second).unwrap();
    let hanging = Hanging::in_folder(&second);
    let mut shop = Shop::found_with(|config| {
        config.backup.second_dir = Some(second.clone());
        config.limits.backup_check_ms = 5;
    })
    .await;
    shop.open_shift("100.00").await;
    let daily = "kassa-backup-20261120-120000-daily-scheduled.db".to_owned();
    until("the day's copy", async || files(&second).contains(&daily)).await;

    let made = back_up(&shop.kassa).await.unwrap();
    assert_eq!(
        made.second_folder_state(),
        SecondFolderState::Failed,
        "the one before it still has the drive"
    );
    shop.sell("1 x bread, cash 20.00").await;
    assert_eq!(status(&shop).await.last_backup_name, made.backup.unwrap().name);
    // Nor the server's end.
    shop.stop().await.unwrap();
    drop(hanging);
    shop.start().await;
    until("a copy again", async || backup(&shop).await.in_second_folder).await;
}
