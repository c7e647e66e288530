//! The daily one. (When it is due is proved in `kassa_server::backup::schedule`.)

use chrono::TimeDelta;
use kassa_client::proto::v1::{self as pb, BackupReason, BackupState};
use kassa_integration_tests::Shop;

use super::{backup, files, folder, list, status, until};

/// A shop at noon that looks for what is due all the time.
async fn shop() -> Shop {
    Shop::found_with(|config| config.limits.backup_check_ms = 5).await
}

async fn daily(shop: &Shop) -> Vec<pb::Backup> {
    let mut all = list(shop).await;
    all.retain(|backup| backup.reason() == BackupReason::Daily);
    all
}

async fn until_there_are(shop: &Shop, count: usize) {
    let ended = async || !status(shop).await.backup_running;
    until("the daily backup", async || daily(shop).await.len() == count && ended().await).await;
}

/// The time of the next one, in hours since midnight of 20 November 2026 UTC.
async fn next(shop: &Shop) -> f64 {
    let next = status(shop).await.next_backup_time.expect("it is planned");
    (next.seconds - 1_795_132_800) as f64 / 3_600.0
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_made_once_a_day_from_two_on_and_caught_up() {
    let shop = shop().await;
    // At noon the first day's is overdue.
    until_there_are(&shop, 1).await;
    let first = daily(&shop).await.remove(0);
    assert_eq!(first.name, "kassa-backup-20261120-120000-daily-scheduled.db");
    assert_eq!(first.state(), BackupState::Verified);
    assert_eq!(next(&shop).await, 26.0);
    shop.clock.advance(TimeDelta::minutes(13 * 60 + 59));
    backup(&shop).await;
    assert_eq!(daily(&shop).await.len(), 1, "it is a minute to two, and one by hand is no daily one");
    shop.clock.advance(TimeDelta::minutes(1));
    until_there_are(&shop, 2).await;
    // The machine is off for three days.
    shop.clock.advance(TimeDelta::hours(77));
    until_there_are(&shop, 3).await;
    assert_eq!(daily(&shop).await[0].name, "kassa-backup-20261124-070000-daily-scheduled.db");
    assert_eq!(next(&shop).await, 24.0 * 5.0 + 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_and_tried_again_after_an_hour() {
    let shop = Shop::found_with(|config| {
        config.limits.backup_check_ms = 5;
        config.faults.damage_backups(1);
    })
    .await;
    until("the failure", async || !status(&shop).await.last_backup_failure.is_empty()).await;
    assert_eq!(next(&shop).await, 13.0, "it failed at noon");
    shop.clock.advance(TimeDelta::minutes(59));
    assert_eq!(next(&shop).await, 13.0);
    assert_eq!(daily(&shop).await, []);
    shop.clock.advance(TimeDelta::minutes(1));
    until_there_are(&shop, 1).await;
    assert_eq!(status(&shop).await.last_backup_failure, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn fourteen_stay_and_all_that_are_not_daily() {
    let drive = tempfile::tempdir().unwrap();
    let shop = Shop::found_with(|config| {
        config.limits.backup_check_ms = 5;
        config.backup.second_dir = Some(drive.path().to_owned());
    })
    .await;
    until_there_are(&shop, 1).await;
    let by_hand = backup(&shop).await;
    for name in
        ["kassa-backup-20200101-000000-pre-migration.db", "kassa-backup-20200101-000000-pre-restore.db"]
    {
        std::fs::copy(folder(&shop).join(&by_hand.name), folder(&shop).join(name)).unwrap();
    }
    for day in 1..=16 {
        shop.clock.advance(TimeDelta::days(1));
        let date = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap() + TimeDelta::days(day);
        let newest = format!("kassa-backup-{}-120000-daily-scheduled.db", date.format("%Y%m%d"));
        until("the day's", async || daily(&shop).await.first().is_some_and(|first| first.name == newest))
            .await;
    }
    let kept: Vec<String> = daily(&shop).await.into_iter().map(|backup| backup.name).collect();
    assert_eq!(kept.len(), 14, "{kept:?}");
    assert_eq!(kept[13], "kassa-backup-20261123-120000-daily-scheduled.db");
    assert_eq!(list(&shop).await.len(), 17);
    until("the second folder", async || files(drive.path()).len() == 15 * 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_26_hours_without_one_are_told() {
    let shop = Shop::found().await;
    assert!(!status(&shop).await.backup_overdue, "the shop is new");
    shop.clock.advance(TimeDelta::hours(27));
    assert!(status(&shop).await.backup_overdue);
    backup(&shop).await;
    assert!(!status(&shop).await.backup_overdue);
    shop.clock.advance(TimeDelta::hours(26));
    assert!(!status(&shop).await.backup_overdue);
    shop.clock.advance(TimeDelta::seconds(1));
    assert!(status(&shop).await.backup_overdue);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_under_way_does_not_keep_the_server_from_stopping() {
    let mut shop = Shop::open().await;
    for _ in 0..3 {
        drop(shop.kassa.backups().create_backup(pb::CreateBackupRequest {}).await.unwrap());
        shop.restart().await;
        let rest = files(&folder(&shop));
        assert!(rest.iter().all(|file| file.starts_with("kassa-backup-")), "{rest:?}");
        assert_eq!(rest.len() % 2, 0, "{rest:?}");
    }
}
