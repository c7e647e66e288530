//! By hand.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use chrono::TimeDelta;
use kassa_client::{
    Code, Reason,
    proto::v1::{self as pb, BackupPhase, BackupReason, BackupState, Role, SecondFolderState},
};
use kassa_integration_tests::{PRODUCTS, Shop};
use kassa_server::backup::Claim;

use super::{back_up, backup, faults, files, folder, list, prove, status, until};

#[tokio::test(flavor = "multi_thread")]
async fn it_is_made_while_eight_terminals_sell_and_holds_what_was_sold_before() {
    let shop = Arc::new(Shop::open().await);
    for _ in 0..20 {
        shop.sell("1 x bread, cash 2.00").await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let sellers: Vec<_> = (0..8)
        .map(|_| {
            let (shop, stop, kassa) = (Arc::clone(&shop), Arc::clone(&stop), shop.second_terminal());
            tokio::spawn(async move {
                let mut sold = 0;
                while !stop.load(SeqCst) {
                    let sale = shop.sale("1 x bread, cash 2.00").await;
                    kassa.orders().complete_sale(sale).await.expect("no sale fails");
                    sold += 1;
                }
                sold
            })
        })
        .collect();
    // They are all at it.
    until("sales", async || status(&shop).await.order_count >= 60).await;
    let before = status(&shop).await.order_count;
    let made = backup(&shop).await;
    let after = status(&shop).await.order_count;
    stop.store(true, SeqCst);
    let mut sold = 20;
    for seller in sellers {
        sold += seller.await.unwrap();
    }
    assert_eq!(status(&shop).await.order_count, sold, "every sale was made");
    let held = made.order_count;
    assert!((before..=after).contains(&held), "{before} sold before, {after} after, {held} are in it");
    assert_eq!(faults(&folder(&shop).join(&made.name)).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn its_name_and_the_list_tell_when_why_how_large_and_whether_it_was_proved() {
    let shop = Shop::open().await;
    shop.sell("2 x bread, cash 20.00").await;
    let made = backup(&shop).await;
    assert_eq!(made.name, "kassa-backup-20261120-120000.db");
    assert_eq!((made.reason(), made.state()), (BackupReason::ByHand, BackupState::Verified));
    assert_eq!((made.order_count, made.shift_count, made.epoch), (1, 1, 1));
    assert_eq!(made.product_count, i64::try_from(PRODUCTS.len()).unwrap());
    assert!(made.journal_record_count > 3, "{made:?}");
    assert_eq!(made.schema, status(&shop).await.schema);
    assert_eq!(made.program_version, kassa_server::VERSION);
    assert_eq!(made.create_time.map(|time| time.seconds), Some(1_795_176_000));
    assert_eq!(list(&shop).await, std::slice::from_ref(&made));

    let file = folder(&shop).join(&made.name);
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(i64::try_from(bytes.len()).unwrap(), made.size_bytes);
    let manifest = std::fs::read_to_string(file.with_extension("json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&bytes);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((manifest["sha256"].as_str(), made.sha256.as_str()), (Some(digest.as_str()), digest.as_str()));
    assert_eq!(manifest["file"], made.name);
    assert_eq!(manifest["rows"]["orders"], 1);
    assert_eq!(manifest["create_time"], "2026-11-20T12:00:00.000000Z");
    assert_eq!(made.pepper_id.len(), 16);
    let secrets = ["pepper", "local.token"].map(|file| shop.data().join("keys").join(file));
    for secret in secrets.map(|file| std::fs::read_to_string(file).unwrap()) {
        assert!(!manifest.to_string().contains(secret.trim()), "it has no secret");
    }
    assert_eq!(
        files(&folder(&shop)),
        ["kassa-backup-20261120-120000.db", "kassa-backup-20261120-120000.json"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_local_time_and_one_that_is_taken_gives_way_to_the_next_second() {
    let shop = Shop::found().await;
    let settings = pb::Settings { time_zone: "Africa/Cairo".to_owned(), ..Default::default() };
    let mask = prost_types::FieldMask { paths: vec!["time_zone".to_owned()] };
    let put = pb::PutSettingsRequest { settings: Some(settings), update_mask: Some(mask) };
    shop.kassa.admin().put_settings(put).await.unwrap();
    assert_eq!(backup(&shop).await.name, "kassa-backup-20261120-140000.db");
    assert_eq!(backup(&shop).await.name, "kassa-backup-20261120-140001.db");
    shop.clock.advance(TimeDelta::hours(11));
    assert_eq!(backup(&shop).await.name, "kassa-backup-20261121-010000.db", "it is tomorrow in Cairo");
    let names: Vec<String> = list(&shop).await.into_iter().map(|backup| backup.name).collect();
    let newest_first = ["20261121-010000", "20261120-140001", "20261120-140000"];
    assert_eq!(names, newest_first.map(|time| format!("kassa-backup-{time}.db")));

    let mut request = pb::ListBackupsRequest { page_size: 2, ..Default::default() };
    let page = shop.kassa.backups().list_backups(request.clone()).await.unwrap().into_inner();
    assert_eq!(page.backups.len(), 2);
    request.page_token = page.next_page_token;
    let rest = shop.kassa.backups().list_backups(request).await.unwrap().into_inner();
    assert_eq!((rest.backups[0].name.as_str(), rest.next_page_token.as_str()), (names[2].as_str(), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_tell_how_far_it_is() {
    let shop = Shop::open().await;
    let mut parts = shop.kassa.backups().create_backup(pb::CreateBackupRequest {}).await.unwrap();
    let mut last = None;
    while let Some(part) = parts.next().await.unwrap() {
        assert!(part.done_bytes <= part.total_bytes, "{part:?}");
        let under_way = part.phase() != BackupPhase::Unspecified;
        assert_eq!(under_way, part.backup.is_none(), "the last part alone has it");
        last = Some(part);
    }
    let last = last.unwrap();
    assert_eq!(last.second_folder_state(), SecondFolderState::NotConfigured);
    assert!(last.backup.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_stops_nothing() {
    let shop = Shop::open().await;
    drop(shop.kassa.backups().create_backup(pb::CreateBackupRequest {}).await.unwrap());
    until("the backup", async || !list(&shop).await.is_empty()).await;
    assert_eq!(list(&shop).await[0].state(), BackupState::Verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_made_at_a_time() {
    let shop = Shop::open().await;
    let made = backup(&shop).await;
    let claim = Claim::take(&folder(&shop)).unwrap();
    let refused = back_up(&shop.kassa).await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::BackupRunning), Code::FailedPrecondition));
    assert!(prove(&shop, &made.name).await.unwrap_err().is(Reason::BackupRunning));
    drop(claim);
    backup(&shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_and_owners_make_and_see_them_and_supervisors_do_not() {
    let shop = Shop::open().await;
    shop.user("sana", Role::Supervisor).await;
    shop.user("adam", Role::Admin).await;
    let (sana, adam) = (shop.signed_in("sana", "R1").await, shop.signed_in("adam", "R1").await);
    let name = back_up(&adam).await.unwrap().backup.unwrap().name;
    back_up(&shop.kassa).await.unwrap();
    assert!(back_up(&sana).await.unwrap_err().is(Reason::RoleRequired));
    let all = pb::ListBackupsRequest::default();
    assert_eq!(adam.backups().list_backups(all.clone()).await.unwrap().backups.len(), 2);
    assert!(sana.backups().list_backups(all).await.unwrap_err().is(Reason::RoleRequired));
    let request = pb::VerifyBackupRequest { name };
    let found = adam.backups().verify_backup(request.clone()).await.unwrap().last().await.unwrap();
    assert!(found.faults.is_empty() && found.backup.is_some());
    assert!(sana.backups().verify_backup(request).await.unwrap_err().is(Reason::RoleRequired));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_space_there_is_none_and_nothing_is_left_of_it() {
    let shop = Shop::open().await;
    shop.config().faults.report_free(Some(1 << 20));
    let refused = back_up(&shop.kassa).await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::BackupNoSpace), Code::ResourceExhausted));
    assert_eq!(refused.metadata("free_bytes"), Some("1048576"));
    assert!(refused.message().ends_with(" MB of free space, and there are 1"), "{refused:?}");
    assert!(refused.request_id().is_some() || refused.metadata("request_id").is_some(), "{refused:?}");
    assert_eq!(files(&folder(&shop)), Vec::<String>::new());
    assert!(status(&shop).await.last_backup_failure.contains("free space"));
    shop.sell("1 x bread, cash 2.00").await;
    shop.config().faults.report_free(None);
    backup(&shop).await;
    assert_eq!(status(&shop).await.last_backup_failure, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none_or_of_no_backup_is_refused() {
    let shop = Shop::open().await;
    for name in ["", "kassa.db", "../gen-000001/kassa.db", "/etc/passwd"] {
        let refused = prove(&shop, name).await.unwrap_err();
        assert!(refused.is(Reason::InvalidField), "{name}: {refused:?}");
        assert_eq!(refused.field_violations()[0].path, "name");
    }
    // With its ending and, as people say it, without.
    for name in ["kassa-backup-20250101-000000.db", "kassa-backup-20250101-000000"] {
        let refused = prove(&shop, name).await.unwrap_err();
        assert_eq!((refused.reason(), refused.code()), (Some(Reason::BackupNotFound), Code::NotFound));
        assert_eq!(refused.metadata("name"), Some("kassa-backup-20250101-000000.db"));
    }
}
