//! What a start finds damaged leads to maintenance: the server is there, says so, and can restore a backup.

use std::{fs, path::Path};

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{Program, Run, Shop, back_up, command};
use rusqlite::Connection;

use crate::{
    check::{day::day, schema},
    program::Place,
};

async fn status(shop: &Shop) -> pb::GetStatusResponse {
    shop.kassa.admin().get_status(pb::GetStatusRequest::default()).await.unwrap().into_inner()
}

/// Starts a shop on other bytes of its database, and tells how it is; the bytes are put back.
async fn start_on(shop: &mut Shop, bytes: &[u8], what: &str) -> pb::GetStatusResponse {
    let database = shop.database();
    let sound = fs::read(&database).unwrap();
    fs::write(&database, bytes).unwrap();
    shop.try_start().await.unwrap_or_else(|error| panic!("{what}: the server ended: {error}"));
    let told = status(shop).await;
    shop.stop().await.unwrap();
    fs::write(&database, sound).unwrap();
    told
}

/// Each table, and where its first page begins and ends.
fn roots(database: &Path) -> Vec<(String, usize, usize)> {
    let connection = Connection::open(database).unwrap();
    let page: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    let mut roots =
        connection.prepare("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'").unwrap();
    let roots = roots.query_map([], |row| {
        let end = page * row.get::<_, u32>(1)?;
        Ok((row.get(0)?, (end - page) as usize, end as usize))
    });
    roots.unwrap().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_of_any_table_is_told_and_never_ends_the_server() {
    let mut shop = day().await.with_unsound_books();
    let sound = fs::read(shop.database()).unwrap();
    for (table, first, end) in roots(&shop.database()) {
        let mut bytes = sound.clone();
        bytes[first..end].fill(0x5A);
        let told = start_on(&mut shop, &bytes, &table).await;
        assert!(told.maintenance && told.damaged, "{table}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_none_of_its_columns_is_told_and_never_ends_the_server() {
    let mut shop = day().await.with_unsound_books();
    let sound = fs::read(shop.database()).unwrap();
    let tables = schema::tables(&schema::open(&shop.database()));
    for table in tables {
        // Numbers: whatever stands where a text is expected, SQLite gives as text.
        let is_number = |column: &&schema::Column| column.kind.contains("int");
        let Some(number) = table.columns.iter().rfind(is_number) else { continue };
        let harm = format!("UPDATE OR IGNORE {} SET {} = 'x'", table.name, number.name);
        schema::open(&shop.database()).execute_batch(&harm).unwrap();
        let harmed = fs::read(shop.database()).unwrap();
        fs::write(shop.database(), &sound).unwrap();
        let told = start_on(&mut shop, &harmed, &harm).await;
        assert!(told.maintenance && told.damaged, "{harm}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_whose_database_is_gone_is_not_founded_anew() {
    for is_empty in [false, true] {
        let mut shop = Shop::open().await.with_unsound_books();
        shop.sell("1 x bread, cash 20.00").await;
        let backup = back_up(&shop.kassa).await.unwrap().backup.unwrap().name;
        shop.sell("1 x bread, cash 20.00").await;
        shop.stop().await.unwrap();
        fs::remove_file(shop.database()).unwrap();
        if is_empty {
            fs::write(shop.database(), "").unwrap();
        }
        let migrate = Run::of(command("kassa-server").args(["migrate", "--data-dir"]).arg(shop.data()));
        assert!(migrate.status == 1 && migrate.complaints.contains("no shop"), "{migrate:?}");
        assert_eq!(shop.database().exists(), is_empty, "nothing is put in its place");

        shop.start().await;
        let told = status(&shop).await;
        assert!(told.maintenance && told.damaged, "{told:?}");
        assert!(told.maintenance_reason.contains("no shop"), "{}", told.maintenance_reason);
        while status(&shop).await.looking_for_backup {}
        let request = pb::RestoreBackupRequest { name: backup, ..pb::RestoreBackupRequest::default() };
        shop.kassa.backups().restore_backup(request).await.unwrap().last().await.unwrap();
        let next = shop.sell("1 x bread, cash 20.00").await.receipt_number;
        assert!(next.as_str() > "INV-202611-R1-000002", "a number that is on paper comes again: {next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_was_never_founded_is_founded_at_the_next_start() {
    let place = Place::new();
    // As a power cut in the first start leaves it.
    fs::create_dir_all(place.file("gen-000001")).unwrap();
    fs::write(place.file("CURRENT"), "gen-000001").unwrap();
    let program = Program::start(&place.data());
    assert!(program.printed.iter().any(|line| line.contains("a new shop")), "{:?}", program.printed);
    assert!(program.terminate().success());
    // And as one leaves it that fell a moment later.
    fs::remove_file(place.file("keys/ceilings")).unwrap();
    fs::write(place.database(), "").unwrap();
    let program = Program::start(&place.data());
    assert!(program.printed.iter().any(|line| line.contains("a new shop")), "{:?}", program.printed);
}

/// A shop with so many customers that the last ones have a page of their own.
async fn with_customers(shop: &Shop) -> Vec<u8> {
    let name = |number: usize| format!("customer {number:04}{}", " of the shop".repeat(5));
    let customers = (0..300).map(|number| pb::Customer { name: name(number), ..pb::Customer::default() });
    let request = pb::PutCustomersRequest { customers: customers.collect() };
    shop.kassa.customers().put_customers(request).await.unwrap();
    name(150).into_bytes()
}

async fn customers(shop: &Shop) -> Result<(), kassa_client::Error> {
    let request = pb::ListCustomersRequest { page_size: 500, ..pb::ListCustomersRequest::default() };
    shop.impatient().customers().list_customers(request).await.map(drop)
}

async fn proved(shop: &Shop) {
    while status(shop).await.integrity_state() == pb::IntegrityState::Unproved {}
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_is_met_while_the_shop_sells_closes_the_books() {
    let mut shop = Shop::found_with(|config| config.limits.prove_after_ms = 0).await.with_unsound_books();
    let name = with_customers(&shop).await;
    shop.restart().await;
    proved(&shop).await;

    let mut bytes = fs::read(shop.database()).unwrap();
    let place = bytes.windows(name.len()).position(|window| window == name).unwrap();
    let page = place - place % 4_096;
    bytes[page..page + 64].fill(0x5A);
    fs::write(shop.database(), bytes).unwrap();
    let refused = customers(&shop).await.unwrap_err();
    assert_eq!(refused.reason(), Some(kassa_client::Reason::DatabaseCorrupt));
    while !status(&shop).await.damaged {}
    let refused = shop.impatient().orders().list_orders(pb::ListOrdersRequest::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(kassa_client::Reason::DatabaseCorrupt), "nobody sells on");
}
