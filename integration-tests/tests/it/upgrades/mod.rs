//! Upgrades: a backup first, the steps on a copy, and the shop on the old database if anything fails.

mod answers;
mod library;
mod making;
mod old_books;
mod programs;
mod steps;

use std::path::Path;

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::Shop;
use kassa_server::store::StartError;

/// The last steps, from the one that [`age`] goes back to.
const STEPS: [&str; 5] = [
    "m20261130_000001_parts_of_refunds",
    "m20261130_000002_small_coins",
    "m20261130_000003_drawers",
    "m20261130_000004_paid_back_in_cash",
    "m20261201_000001_batches",
];
const STEP: &str = STEPS[0];
const STEP_BEFORE: &str = "m20261121_000015_number_gaps";

/// Makes the database, of which nothing was given back, one of the program before the last steps.
pub fn age(database: &Path) {
    let before = library::schema(&library::Old::of(STEP_BEFORE.to_owned()).file());
    let connection = rusqlite::Connection::open(database).unwrap();
    for table in ["order_returns", "order_line_returns", "order_tender_returns"] {
        let count = format!("SELECT COUNT(*) FROM {table}");
        let rows: i64 = connection.query_row(&count, [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table} can't be set back with its rows");
        let create = before[&format!("table {table}")].as_deref().unwrap();
        connection.execute_batch(&format!("DROP TABLE {table}; {create}")).unwrap();
    }
    for index in ["idempotency_keys_answered", "products_sku_key"] {
        connection.execute_batch(&format!("DROP INDEX {index}")).unwrap();
    }
    connection.execute_batch(before["index idempotency_keys_create_time"].as_deref().unwrap()).unwrap();
    for (table, column) in [
        ("branches", "batch"),
        ("branches", "last_time"),
        ("businesses", "people_version"),
        ("businesses", "small_coins"),
        ("grants", "movement"),
        ("role_limits", "most_drop"),
        ("orders", "paid_back_in_cash_by_user_id"),
        ("orders", "paid_back_in_cash"),
    ] {
        connection.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {column}")).unwrap();
    }
    for step in STEPS {
        connection.execute("DELETE FROM seaql_migrations WHERE version = ?1", [step]).unwrap();
    }
}

async fn backups(shop: &Shop) -> Vec<pb::Backup> {
    let listed = shop.kassa.backups().list_backups(pb::ListBackupsRequest::default()).await.unwrap();
    listed.into_inner().backups
}

fn generation(shop: &Shop) -> String {
    std::fs::read_to_string(shop.data().join("CURRENT")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_database_is_backed_up_and_its_copy_upgraded() {
    let mut shop = Shop::open().await;
    let sold = shop.sell("1 x bread, cash 20.00").await;
    shop.stop().await.unwrap();
    age(&shop.database());
    let before = std::fs::read(shop.database()).unwrap();
    let old = shop.database();
    shop.start().await;

    assert_eq!(generation(&shop), "gen-000002");
    assert_eq!(std::fs::read(old).unwrap(), before, "the old one is left as it is");
    let made = backups(&shop).await;
    let [backup] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!(
        (backup.reason(), backup.state()),
        (pb::BackupReason::PreMigration, pb::BackupState::Verified)
    );
    assert!(backup.schema.as_str() < STEP, "{}", backup.schema);
    assert_eq!(shop.read(&sold).await, sold);
    assert_eq!(shop.sell("1 x bread, cash 20.00").await.receipt_number, "INV-202611-R1-000002");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_leaves_the_shop_on_the_old_database() {
    let mut shop = Shop::open().await.with_unsound_books();
    shop.sell("1 x bread, cash 20.00").await;
    shop.stop().await.unwrap();
    age(&shop.database());
    // The step puts the old table aside under a name that is taken.
    let connection = rusqlite::Connection::open(shop.database()).unwrap();
    connection.execute_batch("CREATE TABLE order_returns_before (nonsense TEXT)").unwrap();
    drop(connection);
    let before = std::fs::read(shop.database()).unwrap();
    let refused = shop.try_start().await.unwrap_err();
    assert!(matches!(refused, StartError::Upgrade(_)), "{refused}");
    assert_eq!((generation(&shop).as_str(), std::fs::read(shop.database()).unwrap()), ("gen-000001", before));
    assert!(!shop.data().join("gen-000002").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_backup_there_is_no_upgrade_and_no_start() {
    let mut shop = Shop::open().await;
    shop.sell("1 x bread, cash 20.00").await;
    shop.stop().await.unwrap();
    age(&shop.database());
    shop.config().faults.report_free(1);
    let refused = shop.try_start().await.unwrap_err();
    assert!(matches!(refused, StartError::NoBackup(_)), "{refused}");
    assert_eq!(generation(&shop), "gen-000001");
    shop.config().faults.report_free(None);
    shop.start().await;
    assert_eq!(shop.orders().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_older_schema_is_restored_and_upgraded() {
    let mut shop = Shop::open().await;
    shop.sell("1 x bread, cash 20.00").await;
    shop.stop().await.unwrap();
    age(&shop.database());
    shop.start().await;
    shop.sell("1 x bread, cash 20.00").await;
    let name = backups(&shop).await.remove(0).name;
    let request = pb::RestoreBackupRequest { name, dry_run: false };
    let restored = shop.kassa.backups().restore_backup(request).await.unwrap().last().await.unwrap();
    assert_eq!((restored.epoch, shop.orders().await.len()), (2, 1));
    assert_eq!(shop.sell("1 x bread, cash 20.00").await.receipt_number, "INV-202611-R1-001002");
}
