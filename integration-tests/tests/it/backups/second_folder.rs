//! The copy on another drive.

use std::fs;

use kassa_client::proto::v1::SecondFolderState;
use kassa_integration_tests::Shop;
use tempfile::TempDir;

use super::{back_up, backup, faults, files, folder, list, status};

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
