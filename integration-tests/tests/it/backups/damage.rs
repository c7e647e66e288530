//! Backups that are not sound, and what is left of those that were not finished.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kassa_client::{
    Code, Reason,
    proto::v1::{BackupState, SecondFolderState},
};
use kassa_integration_tests::Shop;
use rusqlite::Connection;

use super::{back_up, backup, faults, files, folder, list, prove, status};

/// Flips a bit in the middle of a file.
fn flip(file: &Path, place: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[place] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bit_that_flipped_is_found_and_the_backup_never_counts_again() {
    let shop = Shop::open().await;
    shop.sell("2 x bread, cash 20.00").await;
    let older = backup(&shop).await;
    shop.clock.advance(chrono::TimeDelta::minutes(5));
    let made = backup(&shop).await;
    assert_eq!(status(&shop).await.last_backup_name, made.name);
    let size = usize::try_from(made.size_bytes).unwrap();
    for place in [100, size / 3, size / 2, size - 1] {
        flip(&folder(&shop).join(&made.name), place);
        let (found, faults) = prove(&shop, &made.name).await.unwrap();
        assert_eq!(found.state(), BackupState::Damaged);
        assert_eq!(faults, ["its bytes are not those that were written when it was made"]);
        assert_eq!(list(&shop).await[0].state(), BackupState::Damaged, "it is marked");
        assert_eq!(status(&shop).await.last_backup_name, older.name, "and does not count");
        flip(&folder(&shop).join(&made.name), place);
    }
    // What was a fault of the cable is none any more.
    let (found, faults) = prove(&shop, &made.name).await.unwrap();
    assert_eq!((found.state(), faults.len()), (BackupState::Verified, 0));
    assert_eq!(status(&shop).await.last_backup_name, made.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_of_another_backup_is_refused_each_time() {
    let shop = Shop::open().await;
    let made = backup(&shop).await;
    let manifest = folder(&shop).join(&made.name).with_extension("json");
    let text = fs::read_to_string(&manifest).unwrap().replace("kassa-backup-", "kassa-backuq-");
    fs::write(&manifest, text).unwrap();
    for _ in 0..2 {
        let (found, faults) = prove(&shop, &made.name).await.unwrap();
        assert_eq!((found.state(), faults.len()), (BackupState::Damaged, 1), "{faults:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_cut_or_whose_manifest_was_is_damaged_at_first_sight() {
    let shop = Shop::open().await;
    let made = backup(&shop).await;
    let file = folder(&shop).join(&made.name);
    let manifest = fs::read(file.with_extension("json")).unwrap();
    fs::write(file.with_extension("json"), &manifest[..40]).unwrap();
    assert_eq!(list(&shop).await[0].state(), BackupState::Damaged);
    let (found, faults) = prove(&shop, &made.name).await.unwrap();
    assert_eq!((found.state(), faults.len()), (BackupState::Damaged, 1), "{faults:?}");
    fs::write(file.with_extension("json"), &manifest).unwrap();
    let length = usize::try_from(made.size_bytes).unwrap();
    fs::write(&file, &fs::read(&file).unwrap()[..length - 4_096]).unwrap();
    assert_eq!(list(&shop).await[0].state(), BackupState::Damaged);
    fs::remove_file(file.with_extension("json")).unwrap();
    assert_eq!(list(&shop).await[0].state(), BackupState::Unverified);
    assert_eq!(status(&shop).await.last_backup_name, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_not_sound_is_deleted_and_reported() {
    let shop = Shop::open().await;
    shop.sell("2 x bread, cash 20.00").await;
    shop.config().faults.damage_backups(1);
    let refused = back_up(&shop.kassa).await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::BackupDamaged), Code::DataLoss));
    assert!(refused.message().contains("journal_records"), "{refused:?}");
    assert!(refused.metadata("request_id").is_some(), "{refused:?}");
    assert_eq!(files(&folder(&shop)), Vec::<String>::new());
    let told = status(&shop).await;
    assert!(told.last_backup_failure.contains("not sound"), "{}", told.last_backup_failure);
    assert_eq!((told.last_backup_name.as_str(), told.backup_running), ("", false));
    assert_eq!(told.second_folder_state(), SecondFolderState::NotConfigured);
    backup(&shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_power_cut_left_is_removed_at_the_start_and_before_the_next_one() {
    let mut shop = Shop::open().await;
    let made = backup(&shop).await;
    let leave = |shop: &Shop| {
        for rubbish in [
            "unfinished.db",
            "unfinished.db-wal",
            "kassa-backup-20250101-000000-daily-scheduled.json",
            "kassa-backup-20250101-000000.new",
        ] {
            fs::write(folder(shop).join(rubbish), "half of something").unwrap();
        }
    };
    let whole = [made.name.clone(), made.name.replace(".db", ".json")];
    leave(&shop);
    shop.restart().await;
    assert_eq!(files(&folder(&shop)), whole);
    leave(&shop);
    backup(&shop).await;
    assert_eq!(files(&folder(&shop)).len(), 4, "{:?}", files(&folder(&shop)));
}

/// A backup on its own, to be looked at closely.
async fn alone(shop: &Shop) -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("a backup?.db");
    fs::copy(folder(shop).join(backup(shop).await.name), &file).unwrap();
    (place, file)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proof_writes_nothing_beside_the_backup() {
    let shop = Shop::open().await;
    let (place, file) = alone(&shop).await;
    let mut read_only = fs::metadata(&file).unwrap().permissions();
    read_only.set_readonly(true);
    fs::set_permissions(&file, read_only).unwrap();
    let before = fs::read(&file).unwrap();
    assert_eq!(faults(&file).await, Vec::<String>::new());
    assert_eq!(files(place.path()), ["a backup?.db"]);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_older_schema_the_file_and_the_chains_are_proved() {
    let shop = Shop::open().await;
    shop.sell("2 x bread, cash 20.00").await;
    let (_place, file) = alone(&shop).await;
    let change = |sql: &str| Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    change("DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)");
    assert_eq!(faults(&file).await, Vec::<String>::new());
    change("UPDATE journal_records SET record = x'0a00' WHERE kind = 1 AND sequence = 1");
    let found = faults(&file).await;
    assert!(found.iter().any(|fault| fault.contains("hash")), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_backup_is_told_apart() {
    let shop = Shop::open().await;
    let (place, file) = alone(&shop).await;
    let live = place.path().join("live.db");
    fs::copy(shop.database(), &live).unwrap();
    assert!(faults(&live).await[0].contains("live database"), "{:?}", faults(&live).await);
    fs::write(&live, "a letter").unwrap();
    assert_eq!(faults(&live).await, ["it is no database"]);
    fs::remove_file(&live).unwrap();
    Connection::open(&live).unwrap().execute_batch("CREATE TABLE letters (text TEXT)").unwrap();
    assert_eq!(faults(&live).await.len(), 1, "another program's database");
    let mut bytes = fs::read(&file).unwrap();
    bytes[4_096..8_192].fill(0);
    fs::write(&file, bytes).unwrap();
    assert_ne!(faults(&file).await, Vec::<String>::new(), "a page is gone");
}
