//! Which backup is offered when the database is damaged, and which ones count while it is not.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use kassa_client::{Error, proto::v1 as pb};
use kassa_integration_tests::{Shop, back_up};
use kassa_server::{backup::Claim, config::TimeOfDay};
use pb::{BackupReason, ErrorReason as Reason};

/// How long what must happen may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

async fn status(shop: &Shop) -> pb::GetStatusResponse {
    shop.kassa.admin().get_status(pb::GetStatusRequest::default()).await.unwrap().into_inner()
}

async fn backup(shop: &Shop) -> String {
    back_up(&shop.kassa).await.unwrap().backup.unwrap().name
}

/// Restores a backup, once nobody is at the backups: the daily one is there a moment before its maker is done.
async fn restore(shop: &Shop, name: &str) {
    let began = Instant::now();
    loop {
        let request = pb::RestoreBackupRequest { name: name.to_owned(), dry_run: false };
        let restoring = async { shop.kassa.backups().restore_backup(request).await?.last().await };
        match restoring.await {
            Err(error) if error.is(Reason::BackupRunning) => {
                assert!(began.elapsed() < PATIENCE, "somebody is at the backups for ever");
            }
            restored => return drop(restored.unwrap()),
        }
    }
}

fn folder(shop: &Shop) -> PathBuf {
    shop.data().join("backups")
}

/// What a till hears while nothing can be sold.
async fn refused(shop: &Shop) -> Error {
    let refused = shop.impatient().orders().list_orders(pb::ListOrdersRequest::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::DatabaseCorrupt));
    refused
}

/// The first page of the live database is gone when the server is started again.
async fn damage(shop: &mut Shop) {
    shop.stop().await.unwrap();
    let mut bytes = fs::read(shop.database()).unwrap();
    bytes[..4_096].fill(0x5A);
    fs::write(shop.database(), &bytes).unwrap();
    shop.start().await;
}

/// The backup that is offered in the end.
async fn offered(shop: &Shop) -> String {
    let began = Instant::now();
    loop {
        let told = status(shop).await;
        assert!(told.damaged, "{told:?}");
        if !told.last_backup_name.is_empty() {
            let name = told.last_backup_name;
            assert!(refused(shop).await.message().contains(name.trim_end_matches(".db")));
            return name;
        }
        assert!(began.elapsed() < PATIENCE, "no backup is offered");
        tokio::task::yield_now().await;
    }
}

/// As when a sector can't be read: whoever reads the file gets an error of the system.
fn make_unreadable(file: &Path) {
    fs::remove_file(file).unwrap();
    fs::create_dir(file).unwrap();
    let manifest = file.with_extension("json");
    let mut told: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    told["bytes"] = fs::metadata(file).unwrap().len().into();
    fs::write(&manifest, told.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_cant_be_read_does_not_hide_the_one_before() {
    let mut shop = Shop::open().await.with_unsound_books();
    let older = backup(&shop).await;
    shop.clock.advance(TimeDelta::minutes(5));
    make_unreadable(&folder(&shop).join(backup(&shop).await));
    damage(&mut shop).await;
    assert_eq!(offered(&shop).await, older);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_looked_for_nobody_hears_that_there_is_none() {
    let mut shop = Shop::open().await.with_unsound_books();
    let name = backup(&shop).await;
    // As when `kassa-server backup` is at work.
    let claim = Claim::take(&folder(&shop)).unwrap();
    damage(&mut shop).await;
    let told = refused(&shop).await;
    assert!(told.message().contains("is being looked for"), "{told}");
    let to_people = told.localized_message().unwrap_or_default().to_owned();
    assert!(to_people.contains("is being looked for"), "{to_people}");
    assert!(status(&shop).await.looking_for_backup);
    drop(claim);
    assert_eq!(offered(&shop).await, name);
    assert!(!status(&shop).await.looking_for_backup);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_is_found_while_the_shop_sells_is_told_with_the_search() {
    let mut shop = Shop::found_with(|config| config.limits.prove_after_ms = 0).await.with_unsound_books();
    shop.open_shift("100.00").await;
    shop.sell("1 x bread, cash 20.00").await;
    let name = backup(&shop).await;
    shop.stop().await.unwrap();
    let connection = rusqlite::Connection::open(shop.database()).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM orders").unwrap();
    drop(connection);
    let claim = Claim::take(&folder(&shop)).unwrap();
    shop.start().await;
    let began = Instant::now();
    while !status(&shop).await.maintenance {
        assert!(began.elapsed() < PATIENCE, "the damage is not found");
    }
    assert!(refused(&shop).await.message().contains("is being looked for"));
    drop(claim);
    assert_eq!(offered(&shop).await, name);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_put_into_the_folder_later_is_found() {
    let mut shop = Shop::found_with(|config| {
        config.limits.backup_check_ms = 5;
        config.backup.time = TimeOfDay::try_from("23:59".to_owned()).unwrap();
    })
    .await
    .with_unsound_books();
    let name = backup(&shop).await;
    let drive = tempfile::tempdir().unwrap();
    let aside = drive.path().join("backups");
    fs::rename(folder(&shop), &aside).unwrap();
    damage(&mut shop).await;
    let began = Instant::now();
    while status(&shop).await.looking_for_backup {
        assert!(began.elapsed() < PATIENCE, "the search does not end");
        tokio::task::yield_now().await;
    }
    assert!(refused(&shop).await.message().contains("there is no good backup"));
    for file in [name.clone(), name.replace(".db", ".json")] {
        fs::copy(aside.join(&file), folder(&shop).join(&file)).unwrap();
    }
    assert_eq!(offered(&shop).await, name);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_made_under_a_clock_ahead_is_offered_after_the_others() {
    let mut shop = Shop::open().await.with_unsound_books();
    let years = TimeDelta::days(4 * 365);
    shop.clock.advance(years);
    let ahead = backup(&shop).await;
    shop.clock.advance(-years);
    let right = backup(&shop).await;
    assert!(ahead > right);
    damage(&mut shop).await;
    assert_eq!(offered(&shop).await, right);
}

#[tokio::test(flavor = "multi_thread")]
async fn books_that_a_restore_replaced_are_not_offered_before_those_that_were_restored() {
    let mut shop = Shop::open().await.with_unsound_books();
    let good = backup(&shop).await;
    shop.sell("1 x bread, cash 20.00").await;
    restore(&shop, &good).await;
    damage(&mut shop).await;
    assert_eq!(offered(&shop).await, good);
}

/// The newest backup that counts, if there is one.
async fn last(shop: &Shop) -> Option<pb::Backup> {
    let told = status(shop).await;
    let listed = shop.kassa.backups().list_backups(pb::ListBackupsRequest::default()).await.unwrap();
    let mut all = listed.into_inner().backups.into_iter();
    (!told.last_backup_name.is_empty()).then(|| all.find(|it| it.name == told.last_backup_name).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_books_that_a_restore_replaced_does_not_count_for_those_that_are_open() {
    let shop = Shop::open().await;
    let name = backup(&shop).await;
    restore(&shop, &name).await;
    assert_eq!(last(&shop).await, None);
    shop.clock.advance(TimeDelta::hours(1));
    let name = backup(&shop).await;
    assert_eq!(last(&shop).await.map(|last| (last.name, last.epoch)), Some((name, 2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_days_backup_is_made_anew_of_books_that_were_restored() {
    let shop = Shop::found_with(|config| config.limits.backup_check_ms = 5).await;
    let daily = async |epoch: i64| {
        let began = Instant::now();
        loop {
            match last(&shop).await.filter(|last| last.epoch == epoch) {
                Some(last) if last.reason() == BackupReason::Daily => return last.name,
                _ => assert!(began.elapsed() < PATIENCE, "there is no backup of epoch {epoch}"),
            }
        }
    };
    let name = daily(1).await;
    restore(&shop, &name).await;
    assert_ne!(daily(2).await, name);
}
