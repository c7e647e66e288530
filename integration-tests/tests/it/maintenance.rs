//! The books are closed and opened again while the server runs, and a damaged database is told instead of served.

use health::health_check_response::ServingStatus::{self, NotServing, Serving};
use kassa_client::{Code, Kassa, proto::v1 as pb};
use kassa_integration_tests::{Shop, back_up};
use kassa_server::store::fault::CommitFault;
use pb::{ErrorReason as Reason, Role};
use tonic_health::pb as health;

use crate::wire::{TOKEN, Wire};

async fn set(kassa: &Kassa, maintenance: bool, reason: &str) -> Result<(), kassa_client::Error> {
    let request = pb::SetMaintenanceRequest { maintenance, reason: reason.to_owned() };
    kassa.admin().set_maintenance(request).await.map(drop)
}

async fn status(kassa: &Kassa) -> pb::GetStatusResponse {
    kassa.admin().get_status(pb::GetStatusRequest::default()).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_books_answer_with_the_reason_and_opened_ones_go_on_where_they_were() {
    let shop = Shop::open().await;
    shop.sell("1 x bread, cash 20.00").await;
    set(&shop.kassa, true, "the disk is being changed").await.unwrap();

    let refused = shop.impatient().orders().list_orders(pb::ListOrdersRequest::default()).await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::Maintenance), Code::Unavailable));
    assert!(refused.message().contains("the disk is being changed"), "{refused}");
    let closed = status(&shop.kassa).await;
    assert!(closed.maintenance && !closed.damaged && closed.maintenance_time.is_some());
    assert_eq!((closed.maintenance_reason.as_str(), closed.epoch), ("the disk is being changed", 1));
    assert!(!shop.database().with_extension("db-wal").exists(), "the write-ahead log is emptied");

    set(&shop.kassa, true, "again").await.unwrap();
    assert_eq!(
        status(&shop.kassa).await.maintenance_reason,
        "the disk is being changed",
        "it is closed already"
    );
    set(&shop.kassa, false, "").await.unwrap();
    set(&shop.kassa, false, "").await.unwrap();
    assert!(!status(&shop.kassa).await.maintenance);
    assert_eq!(shop.sell("1 x bread, cash 20.00").await.receipt_number, "INV-202611-R1-000002");
}

async fn health_of(wire: &Wire, service: &str) -> ServingStatus {
    let request = health::HealthCheckRequest { service: service.to_owned() };
    let answer = wire.call("/grpc.health.v1.Health/Check").without(TOKEN).send(&request).await;
    answer.message::<health::HealthCheckResponse>().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_books_broke_is_not_healthy_until_they_are_opened_again() {
    let shop = Shop::open().await;
    let wire = Wire::to(&shop);
    let sale = shop.sale("1 x bread, cash 20.00").await;
    assert_eq!(health_of(&wire, "kassa.v1.Orders").await, Serving);
    shop.config().faults.fail_commit(CommitFault::Panic);
    let refused = shop.impatient().orders().complete_sale(sale).await.unwrap_err();
    assert_eq!((refused.reason(), refused.is_retryable()), (Some(Reason::Stopping), true));
    while [health_of(&wire, "").await, health_of(&wire, "kassa.v1.Orders").await] != [NotServing; 2] {
        tokio::task::yield_now().await;
    }
    set(&shop.kassa, true, "the books broke").await.unwrap();
    set(&shop.kassa, false, "").await.unwrap();
    assert_eq!(health_of(&wire, "kassa.v1.Orders").await, Serving);
    assert_eq!(shop.sell("1 x bread, cash 20.00").await.receipt_number, "INV-202611-R1-000001");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_of_the_contract_says_whether_it_is_there() {
    let shop = Shop::open().await;
    let wire = Wire::to(&shop);
    let mut services: Vec<String> = crate::contract::methods()
        .iter()
        .filter_map(|method| Some(method.trim_start_matches('/').split_once('/')?.0.to_owned()))
        .collect();
    services.dedup();
    assert_eq!(services.len(), 10, "{services:?}");
    for service in &services {
        assert_eq!(health_of(&wire, service).await, Serving, "{service}");
    }
    set(&shop.kassa, true, "a look at the cables").await.unwrap();
    for service in &services {
        let stays = ["kassa.v1.Admin", "kassa.v1.Backups"].contains(&service.as_str());
        assert_eq!(health_of(&wire, service).await, if stays { Serving } else { NotServing }, "{service}");
    }
    assert_eq!(health_of(&wire, "").await, NotServing);
    set(&shop.kassa, false, "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_that_are_opened_again_are_those_that_current_names() {
    let shop = Shop::open().await.with_unsound_books();
    let name = back_up(&shop.kassa).await.unwrap().backup.unwrap().name;
    let request = pb::RestoreBackupRequest { name, ..pb::RestoreBackupRequest::default() };
    shop.kassa.backups().restore_backup(request).await.unwrap().last().await.unwrap();
    assert_eq!(status(&shop.kassa).await.epoch, 2);
    set(&shop.kassa, true, "somebody goes back by hand").await.unwrap();
    std::fs::write(shop.data().join("CURRENT"), "gen-000001").unwrap();
    set(&shop.kassa, false, "").await.unwrap();
    assert_eq!(status(&shop.kassa).await.epoch, 1, "a start would open these");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_while_the_books_are_closed() {
    let shop = Shop::found().await;
    let wire = Wire::to(&shop);
    let of = async |service: &str| health_of(&wire, service).await;
    assert_eq!([of("").await, of("kassa.v1.Orders").await, of("kassa.v1.Admin").await], [Serving; 3]);
    set(&shop.kassa, true, "stocktaking").await.unwrap();
    let closed = [of("").await, of("kassa.v1.Orders").await, of("kassa.v1.Admin").await];
    assert_eq!(closed, [NotServing, NotServing, Serving]);
    set(&shop.kassa, false, "").await.unwrap();
    assert_eq!(of("kassa.v1.Orders").await, Serving);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_close_the_books_and_they_are_known_while_they_are_closed() {
    let shop = Shop::found().await;
    shop.user("amal", Role::Admin).await;
    shop.user("sami", Role::Supervisor).await;
    let (admin, supervisor) = (shop.signed_in("amal", "R1").await, shop.signed_in("sami", "R1").await);
    let refused = set(&supervisor, true, "a rest").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RoleRequired));
    let refused = set(&admin, true, " ").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InvalidField));
    assert!(!status(&admin).await.maintenance);

    set(&admin, true, "stocktaking").await.unwrap();
    assert!(status(&supervisor).await.maintenance);
    assert_eq!(set(&supervisor, false, "").await.unwrap_err().reason(), Some(Reason::RoleRequired));
    let stranger = shop.with_token("nobody's");
    let refused = stranger.admin().get_status(pb::GetStatusRequest::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::TokenInvalid));
    set(&admin, false, "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sales_under_way_when_the_books_are_closed_are_made_or_refused_and_never_halved() {
    let shop = Shop::open().await;
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let before = shop.orders().await.len();
    let mut sold = 0;
    for _ in 0..5 {
        let till = shop.impatient();
        let (first, other) = (sale.clone(), sale.clone());
        let selling = tokio::spawn(async move {
            let mut sold = 0;
            while till.orders().complete_sale(first.clone()).await.is_ok() {
                sold += 1;
            }
            sold
        });
        shop.kassa.orders().complete_sale(other).await.unwrap();
        set(&shop.kassa, true, "stocktaking").await.unwrap();
        sold += 1 + selling.await.unwrap();
        set(&shop.kassa, false, "").await.unwrap();
    }
    assert_eq!(shop.orders().await.len(), before + sold);
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_books_are_told_and_not_served() {
    let mut shop = Shop::open().await.with_unsound_books();
    shop.sell("1 x bread, cash 20.00").await;
    shop.stop().await.unwrap();
    let connection = rusqlite::Connection::open(shop.database()).unwrap();
    connection.execute("UPDATE journal_records SET record = x'00' WHERE kind = 1", []).unwrap();
    drop(connection);
    shop.start().await;
    let refused = shop.impatient().orders().list_orders(pb::ListOrdersRequest::default()).await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::DatabaseCorrupt), Code::DataLoss));
    let told = status(&shop.kassa).await;
    assert!(told.maintenance && told.damaged && told.last_backup_name.is_empty(), "{told:?}");
    assert!(told.maintenance_reason.contains("is broken at record 1"), "{}", told.maintenance_reason);
    let refused = set(&shop.kassa, false, "").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::DatabaseCorrupt), "they stay closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_any_more_is_told_too() {
    let mut shop = Shop::open().await.with_unsound_books();
    shop.stop().await.unwrap();
    let mut bytes = std::fs::read(shop.database()).unwrap();
    bytes[..4_096].fill(0x5A);
    std::fs::write(shop.database(), bytes).unwrap();
    shop.start().await;
    assert!(status(&shop.kassa).await.damaged);
}

/// A shop with a sale whose whole books are proved as soon as it is started again, and not before.
async fn proved_at_the_next_start(harm: &str) -> Shop {
    let mut shop = Shop::found_with(|config| config.limits.prove_after_ms = 0).await;
    shop.open_shift("100.00").await;
    shop.sell("1 x bread, cash 20.00").await;
    shop.stop().await.unwrap();
    let connection = rusqlite::Connection::open(shop.database()).unwrap();
    connection.execute_batch(harm).unwrap();
    drop(connection);
    shop.start().await;
    shop
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_books_are_proved_by_themselves_after_a_start_and_faulty_figures_are_told() {
    let shop = proved_at_the_next_start("").await;
    while status(&shop.kassa).await.integrity_state() == pb::IntegrityState::Unproved {}
    assert_eq!(status(&shop.kassa).await.integrity_state(), pb::IntegrityState::Sound);

    let shop =
        proved_at_the_next_start("UPDATE stock SET quantity = quantity + 1000").await.with_unsound_books();
    while status(&shop.kassa).await.integrity_state() == pb::IntegrityState::Unproved {}
    let told = status(&shop.kassa).await;
    assert_eq!((told.integrity_state(), told.maintenance), (pb::IntegrityState::Faults, false));
    shop.sell("1 x bread, cash 20.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_a_start_does_not_look_for_closes_the_books_once_it_is_found() {
    let shop =
        proved_at_the_next_start("PRAGMA foreign_keys = OFF; DELETE FROM orders").await.with_unsound_books();
    while !status(&shop.kassa).await.maintenance {}
    let told = status(&shop.kassa).await;
    assert!(
        told.damaged && told.maintenance_reason.contains("foreign_key_check"),
        "{}",
        told.maintenance_reason
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_not_as_it_was_made_is_damage_and_what_others_put_there_is_only_named() {
    let foreign = "CREATE TABLE letters (text TEXT)";
    let shop = proved_at_the_next_start(foreign).await.with_unsound_books();
    shop.sell("1 x bread, cash 20.00").await;
    let proved = shop.kassa.admin().check_integrity(pb::CheckIntegrityRequest {}).await.unwrap();
    assert!(proved.lines[0].faults[0].contains("table letters that is not Kassa's"), "{proved:?}");
    for harm in [
        "DROP TABLE drafts",
        "ALTER TABLE shifts RENAME COLUMN forced TO f",
        "DROP INDEX orders_receipt_number",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', 'NOT  NULL') \
         WHERE name = 'orders'",
    ] {
        let shop = proved_at_the_next_start(harm).await.with_unsound_books();
        let told = status(&shop.kassa).await;
        assert!(told.damaged && told.maintenance_reason.contains("the schema has no"), "{harm}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_no_text_is_damage_and_nobody_waits_for_it() {
    let mut shop = Shop::open().await.with_unsound_books();
    shop.sell("1 x bread, cash 20.00").await;
    shop.stop().await.unwrap();
    let mut bytes = std::fs::read(shop.database()).unwrap();
    let column = b"\"currency_code\" text";
    let place = bytes.windows(column.len()).position(|window| window == column).unwrap();
    bytes[place + column.len() - 1] ^= 0x80;
    std::fs::write(shop.database(), &bytes).unwrap();

    let report = kassa_server::check::check_folder(shop.data()).await.unwrap();
    let faults: Vec<String> = report.faults().map(ToString::to_string).collect();
    assert!(faults.len() == 1 && faults[0].contains("its schema is no text"), "{faults:?}");
    shop.start().await;
    let refused = shop.impatient().orders().list_orders(pb::ListOrdersRequest::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::DatabaseCorrupt));
}
