//! Restoring: old books or new ones, never a mix, and no number twice.

use std::{path::PathBuf, sync::mpsc, thread::JoinHandle};

use kassa_client::{Kassa, PartsCall, proto::v1 as pb};
use kassa_integration_tests::Shop;
use kassa_server::{
    backup::{BackupError, Claim},
    store::fault::CommitFault,
};
use pb::{ErrorReason as Reason, RestorePhase, Role};

async fn end<Q, A>(call: PartsCall<Q, A>) -> Result<Vec<A>, kassa_client::Error>
where
    Q: prost::Message + Clone + Send + Sync + 'static,
    A: prost::Message + Default + Send + 'static,
{
    let mut parts = call.await?;
    let mut all = Vec::new();
    while let Some(part) = parts.next().await? {
        all.push(part);
    }
    Ok(all)
}

pub(crate) async fn back_up(kassa: &Kassa) -> String {
    kassa_integration_tests::back_up(kassa).await.unwrap().backup.unwrap().name
}

pub(crate) async fn restore(
    kassa: &Kassa,
    name: &str,
) -> Result<Vec<pb::RestoreBackupResponse>, kassa_client::Error> {
    end(kassa.backups().restore_backup(pb::RestoreBackupRequest { name: name.to_owned(), dry_run: false }))
        .await
}

async fn status(kassa: &Kassa) -> pb::GetStatusResponse {
    kassa.admin().get_status(pb::GetStatusRequest::default()).await.unwrap().into_inner()
}

async fn backups(kassa: &Kassa) -> Vec<pb::Backup> {
    kassa.backups().list_backups(pb::ListBackupsRequest::default()).await.unwrap().into_inner().backups
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_the_shops_books_and_no_number_comes_twice() {
    let shop = Shop::open().await;
    let kept = shop.sell("1 x bread, cash 20.00").await;
    let name = back_up(&shop.kassa).await;
    let lost = shop.sell("2 x bread, cash 20.00").await;
    assert_eq!(lost.receipt_number, "INV-202611-R1-000002");

    let told = restore(&shop.kassa, &name).await.unwrap();
    let mut phases: Vec<RestorePhase> = told.iter().map(pb::RestoreBackupResponse::phase).collect();
    // One that takes more than a second is told again.
    phases.dedup();
    let all =
        [RestorePhase::Verifying, RestorePhase::BackingUp, RestorePhase::Restoring, RestorePhase::Opening];
    assert_eq!(phases, [&all[..], &[RestorePhase::Unspecified]].concat());
    let done = told.last().unwrap();
    assert_eq!((done.epoch, done.backup.as_ref().unwrap().order_count, done.pins_void), (2, 1, false));
    assert_eq!(done.gaps, ["INV 2 to 1001", "SHF 2 to 1001"]);

    let status = status(&shop.kassa).await;
    assert_eq!((status.epoch, status.maintenance, status.order_count), (2, false, 1));
    let orders = shop.orders().await;
    assert_eq!(orders.iter().map(|order| &order.order_id).collect::<Vec<_>>(), [&kept.order_id]);
    let next = shop.sell("1 x bread, cash 20.00").await;
    assert_eq!(next.receipt_number, "INV-202611-R1-001002", "000002 is on paper");
    let made = backups(&shop.kassa).await;
    let before = made.iter().find(|backup| backup.reason() == pb::BackupReason::PreRestore).unwrap();
    assert_eq!(before.order_count, 2, "the books of before are kept");

    // And back: the sale that was lost is there again, and again no number comes twice.
    restore(&shop.kassa, &before.name).await.unwrap();
    let numbers: Vec<String> = shop.orders().await.into_iter().map(|order| order.receipt_number).collect();
    assert_eq!(numbers, [lost.receipt_number, kept.receipt_number]);
    assert_eq!(shop.sell("1 x bread, cash 20.00").await.receipt_number, "INV-202611-R1-002003");
    let audit = shop.kassa.admin().list_audit_log(pb::ListAuditLogRequest::default()).await.unwrap();
    let words = format!("the backup {} was restored, now in epoch 3", before.name);
    assert!(audit.entries.iter().any(|entry| entry.words == words), "{:?}", audit.entries);
}

#[tokio::test(flavor = "multi_thread")]
async fn page_tokens_of_the_epoch_before_are_told_apart() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        shop.sell("1 x bread, cash 20.00").await;
    }
    let name = back_up(&shop.kassa).await;
    let first = pb::ListOrdersRequest { page_size: 1, ..Default::default() };
    let page_token =
        shop.kassa.orders().list_orders(first.clone()).await.unwrap().into_inner().next_page_token;
    restore(&shop.kassa, &name).await.unwrap();
    let refused = shop.kassa.orders().list_orders(pb::ListOrdersRequest { page_token, ..first }).await;
    assert_eq!(refused.unwrap_err().reason(), Some(Reason::EpochChanged));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_proves_the_backup_and_changes_nothing() {
    let shop = Shop::open().await;
    let name = back_up(&shop.kassa).await;
    shop.sell("1 x bread, cash 20.00").await;
    let request = pb::RestoreBackupRequest { name: name.clone(), dry_run: true };
    let told = end(shop.kassa.backups().restore_backup(request)).await.unwrap();
    let done = told.last().unwrap();
    assert_eq!((done.epoch, done.backup.as_ref().unwrap().order_count), (0, 0));
    assert_eq!((status(&shop.kassa).await.epoch, shop.orders().await.len()), (1, 1));
    assert_eq!(backups(&shop.kassa).await.len(), 1);
    assert!(!shop.data().join("gen-000002").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_refused_and_the_shop_sells_on() {
    let shop = Shop::open().await;
    shop.sell("1 x bread, cash 20.00").await;
    let name = back_up(&shop.kassa).await;
    let file = shop.data().join("backups").join(&name);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let refused = restore(&shop.kassa, &name).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::BackupDamaged));
    shop.sell("1 x bread, cash 20.00").await;
    assert_eq!(status(&shop.kassa).await.epoch, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_restores() {
    let shop = Shop::open().await;
    shop.user("amal", Role::Admin).await;
    let name = back_up(&shop.kassa).await;
    let admin = shop.signed_in("amal", "R1").await;
    assert_eq!(restore(&admin, &name).await.unwrap_err().reason(), Some(Reason::RoleRequired));
    let unknown = restore(&shop.kassa, "kassa-backup-20200101-000000.db").await.unwrap_err();
    assert_eq!(unknown.reason(), Some(Reason::BackupNotFound));
    let nowhere = restore(&shop.kassa, "../keys/pepper").await.unwrap_err();
    assert_eq!(nowhere.reason(), Some(Reason::InvalidField));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_offers_the_newest_good_backup_and_is_restored_from_it() {
    let mut shop = Shop::open().await;
    shop.sell("1 x bread, cash 20.00").await;
    let name = back_up(&shop.kassa).await;
    shop.sell("2 x bread, cash 20.00").await;
    shop.stop().await.unwrap();
    let mut bytes = std::fs::read(shop.database()).unwrap();
    bytes[..4_096].fill(0x5A);
    std::fs::write(shop.database(), &bytes).unwrap();
    let damaged = shop.database();
    shop.start().await;

    while status(&shop.kassa).await.looking_for_backup {}
    let refused = shop.impatient().orders().list_orders(pb::ListOrdersRequest::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::DatabaseCorrupt));
    assert!(refused.message().contains(name.trim_end_matches(".db")), "{refused}");
    let to_people = refused.localized_message().unwrap_or_default().to_owned();
    assert!(to_people.contains(name.trim_end_matches(".db")), "{to_people}");
    let told = status(&shop.kassa).await;
    assert_eq!((told.damaged, told.last_backup_name.as_str()), (true, name.as_str()));

    restore(&shop.kassa, &name).await.unwrap();
    assert!(!status(&shop.kassa).await.maintenance);
    assert_eq!(shop.orders().await.len(), 1);
    assert_eq!(shop.sell("1 x bread, cash 20.00").await.receipt_number, "INV-202611-R1-001002");
    assert_eq!(std::fs::read(damaged).unwrap(), bytes, "the damaged generation is left as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_fails_leaves_the_books_of_before_closed_and_whole() {
    let shop = Shop::open().await;
    let name = back_up(&shop.kassa).await;
    shop.sell("1 x bread, cash 20.00").await;
    shop.config().faults.fail_commit(CommitFault::Full);
    let refused = restore(&shop.kassa, &name).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RestoreFailed));
    let told = status(&shop.kassa).await;
    assert!(told.maintenance && told.maintenance_reason.contains("was not restored"), "{told:?}");
    assert!(told.maintenance_reason.contains("epoch can't be begun"), "{}", told.maintenance_reason);
    let refused = shop.impatient().orders().list_orders(pb::ListOrdersRequest::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::Maintenance));

    let request = pb::SetMaintenanceRequest { maintenance: false, reason: String::new() };
    shop.kassa.admin().set_maintenance(request).await.unwrap();
    assert_eq!((status(&shop.kassa).await.epoch, shop.orders().await.len()), (1, 1));
    assert_eq!(shop.sell("1 x bread, cash 20.00").await.receipt_number, "INV-202611-R1-000002");
    restore(&shop.kassa, &name).await.unwrap();
    assert!(shop.orders().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_space_for_it_the_books_are_not_even_closed() {
    let shop = Shop::open().await;
    let name = back_up(&shop.kassa).await;
    shop.config().faults.report_free(1);
    let refused = restore(&shop.kassa, &name).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::BackupNoSpace));
    assert!(!status(&shop.kassa).await.maintenance);
    shop.sell("1 x bread, cash 20.00").await;
    shop.config().faults.report_free(None);
    restore(&shop.kassa, &name).await.unwrap();
}

/// Takes the backups as soon as somebody who has them lets go, and keeps them until it is told.
fn take_in_between(folder: PathBuf, until: mpsc::Receiver<()>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut somebody_had_them = false;
        loop {
            match Claim::take(&folder) {
                Err(BackupError::Running) => somebody_had_them = true,
                Ok(_claim) if somebody_had_them => return until.recv().unwrap(),
                claim => drop(claim.unwrap()),
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_the_backups_between_the_proof_and_the_new_books() {
    let shop = Shop::open().await;
    shop.sell("1 x bread, cash 20.00").await;
    let name = back_up(&shop.kassa).await;
    let (told, until) = mpsc::channel();
    let other = take_in_between(shop.data().join("backups"), until);
    // Until the restore has them the other one has them now and then.
    let restored = loop {
        match restore(&shop.kassa, &name).await {
            Err(refused) if refused.reason() == Some(Reason::BackupRunning) => {}
            restored => break restored,
        }
    };
    told.send(()).unwrap();
    other.join().unwrap();
    assert_eq!(restored.unwrap().last().unwrap().epoch, 2);
    assert!(!status(&shop.kassa).await.maintenance);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_another_machine_jumps_its_numbers() {
    let old = Shop::open().await;
    old.sell("1 x bread, cash 20.00").await;
    let name = back_up(&old.kassa).await;
    let new = Shop::found().await;
    std::fs::create_dir_all(new.data().join("backups")).unwrap();
    for file in [name.clone(), name.replace(".db", ".json")] {
        std::fs::copy(old.data().join("backups").join(&file), new.data().join("backups").join(file)).unwrap();
    }
    let told = restore(&new.kassa, &name).await.unwrap();
    let done = told.last().unwrap();
    assert!(done.pins_void && done.gaps.contains(&"INV 2 to 10001".to_owned()), "{done:?}");
    let sale = old.sale("1 x bread, cash 20.00").await;
    let sold = new.kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();
    assert_eq!(sold.receipt_number, "INV-202611-R1-010002");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_books_are_proved_on_request_and_the_status_keeps_it() {
    let mut shop = Shop::open().await.with_unsound_books();
    shop.sell("1 x bread, cash 20.00").await;
    assert_eq!(status(&shop.kassa).await.integrity_state(), pb::IntegrityState::Unproved);
    let proved = shop.kassa.admin().check_integrity(pb::CheckIntegrityRequest {}).await.unwrap();
    assert!(
        proved.sound && proved.lines.iter().any(|line| line.name == "orders" && line.examined_count == 1)
    );
    assert_eq!(status(&shop.kassa).await.integrity_state(), pb::IntegrityState::Sound);
    shop.stop().await.unwrap();
    let connection = rusqlite::Connection::open(shop.database()).unwrap();
    connection.execute("UPDATE stock SET quantity = quantity + 1000", []).unwrap();
    drop(connection);
    shop.start().await;
    let proved = shop.kassa.admin().check_integrity(pb::CheckIntegrityRequest {}).await.unwrap();
    let stock = proved.lines.iter().find(|line| line.name == "stock").unwrap();
    assert!(!proved.sound && stock.fault_count > 0 && stock.faults[0].contains("quantity is"), "{stock:?}");
    let told = status(&shop.kassa).await;
    assert_eq!((told.integrity_state(), told.maintenance), (pb::IntegrityState::Faults, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_a_register_that_was_put_after_the_backup_is_not_given_to_another_one() {
    let shop = Shop::open().await;
    let name = back_up(&shop.kassa).await;
    for code in ["R2", "R3"] {
        shop.register(code).await;
    }
    shop.user("amal", Role::Cashier).await;
    let till = shop.signed_in("amal", "R2").await;
    till.shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap();
    let sold = till.orders().complete_sale(shop.sale("1 x bread, cash 20.00").await).await.unwrap();
    assert_eq!(sold.order.as_ref().unwrap().receipt_number, "INV-202611-R2-000001");

    restore(&shop.kassa, &name).await.unwrap();
    let put = async |code: &str| {
        let register = pb::Register { code: code.to_owned(), name: code.to_owned(), ..Default::default() };
        let request = pb::PutRegistersRequest { registers: vec![register] };
        shop.kassa.admin().put_registers(request).await.map(drop)
    };
    let refused = put("R2").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InvalidField));
    assert!(refused.message().contains("take another code"), "{refused}");
    put("R4").await.unwrap();
    put("R3").await.expect("it gave no number out");
}
