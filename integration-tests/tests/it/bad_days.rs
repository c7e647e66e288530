//! The ten bad days of a shop's only server, a test each: power cut, crash, busy database, double click, corruption,
//! upgrade, live copy, client closed midway, shift left open overnight, full disk. Each ends with a shop that sells,
//! and whose books are proved. What strikes them by the thousand is told in docs/reliability.md.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use chrono::TimeDelta;
use kassa_client::{Kassa, Reason, proto::v1 as pb};
use kassa_integration_tests::{Cutter, Place, Program, Run, Shop, Tills, back_up, command, usd};
use kassa_server::check::check_folder;
use rusqlite::Connection;

use crate::upgrades::age;

const TERMINALS: usize = 4;

/// Starts the program on a shop that was struck: whatever a terminal knows of is there, once and whole.
async fn goes_on(tills: &Tills) {
    let program = Program::start(&tills.data);
    let kassa = program.client(&tills.data);
    tills.settle(&kassa).await.expect("what was under way is settled by its key");
    let proof = tills.prove(&kassa).await.unwrap();
    assert!(proof.holds(), "{proof:?}");
    let mut selling = tills.sell(&program.address, TERMINALS);
    assert!(selling.sold(TERMINALS).await, "the shop sells again");
    selling.stop().await;
    assert!(program.terminate().success());
    let report = check_folder(&tills.data).await.unwrap();
    assert!(report.is_sound(), "the books are not sound:\n{report}");
}

/// Shutting a file system down needs root, and one to be shut down; elsewhere the test says so and passes.
#[tokio::test(flavor = "multi_thread")]
async fn power_cut_the_plug_is_pulled_while_four_terminals_sell() {
    let disk = match Place::with_power(&std::env::temp_dir(), 64) {
        Ok(disk) => disk,
        Err(missing) => return println!("skipped: {missing}"),
    };
    let tills = Tills::open(&disk.data()).await;
    let program = Program::start(&tills.data);
    let cutter = Cutter::at(disk.root()).unwrap();
    let mut selling = tills.sell(&program.address, TERMINALS);
    assert!(selling.sold(20).await);
    // What nobody has heard before the cut is not acknowledged.
    selling.deafen();
    cutter.cut().unwrap();
    program.kill();
    selling.ended().await;
    disk.remount();
    assert!(!tills.known().unknown.is_empty(), "sales were under way");
    goes_on(&tills).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crash_the_server_is_killed_while_four_terminals_sell() {
    let folder = tempfile::tempdir().unwrap();
    let tills = Tills::open(&folder.path().join("data")).await;
    let program = Program::start(&tills.data);
    let mut selling = tills.sell(&program.address, TERMINALS);
    assert!(selling.sold(20).await);
    program.kill();
    selling.ended().await;
    assert!(!tills.known().unknown.is_empty(), "sales were under way");
    goes_on(&tills).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn busy_another_program_locks_the_database() {
    let shop = Shop::open().await;
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let other = Connection::open(shop.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = tokio::spawn({
        let (kassa, sale) = (shop.kassa.clone(), sale.clone());
        async move { kassa.orders().complete_sale(sale).await }
    });
    let refused = shop.impatient().orders().complete_sale(sale.clone()).key("by-hand").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::DatabaseBusy));
    other.execute_batch("ROLLBACK").unwrap();
    waiting.await.unwrap().expect("a terminal that waits is not bothered");
    shop.impatient()
        .orders()
        .complete_sale(sale)
        .key("by-hand")
        .await
        .expect("and the other one's turn comes");
    assert_eq!(shop.orders().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn double_click_a_sale_is_sent_again_and_again() {
    let mut shop = Shop::open().await;
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let click = async |kassa: Kassa| {
        let answer = kassa.orders().complete_sale(sale.clone()).key("one-click").await.unwrap();
        answer.into_inner().order.unwrap()
    };
    let (first, second) = tokio::join!(click(shop.kassa.clone()), click(shop.second_terminal()));
    assert_eq!(first, second);
    shop.restart().await;
    assert_eq!(click(shop.kassa.clone()).await, first, "after a restart, too");
    assert_eq!((shop.orders().await.len(), shop.in_the_drawer().await), (1, 102_00));
}

#[tokio::test(flavor = "multi_thread")]
async fn corruption_the_damage_is_told_and_the_newest_good_backup_restored() {
    let mut shop = Shop::open().await;
    shop.sell("1 x bread, cash 2.00").await;
    let backup = back_up(&shop.kassa).await.unwrap().backup.unwrap();
    let lost = shop.sell("1 x bread, cash 2.00").await;
    shop.stop().await.unwrap();
    // A bit of the last sale's record: no check of SQLite's own finds it.
    let flip = "UPDATE journal_records SET record = CAST(substr(record, 1, length(record) - 1) || x'7f' AS BLOB) \
                WHERE rowid = (SELECT max(rowid) FROM journal_records)";
    assert_eq!(Connection::open(shop.database()).unwrap().execute(flip, []).unwrap(), 1);
    shop.start().await;
    let looking = async || {
        let status = shop.kassa.admin().get_status(pb::GetStatusRequest::default()).await;
        status.unwrap().into_inner().looking_for_backup
    };
    while looking().await {}
    let refused = shop.impatient().orders().list_orders(pb::ListOrdersRequest::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::DatabaseCorrupt));
    assert!(refused.message().contains(backup.name.trim_end_matches(".db")), "{refused}");
    let request = pb::RestoreBackupRequest { name: backup.name, dry_run: false };
    shop.kassa.backups().restore_backup(request).await.unwrap().last().await.unwrap();
    assert_eq!(shop.orders().await.len(), 1);
    assert_ne!(shop.sell("1 x bread, cash 2.00").await.receipt_number, lost.receipt_number);
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrade_a_newer_program_is_started_on_old_books() {
    let mut shop = Shop::open().await;
    let sold = shop.sell("1 x bread, cash 2.00").await;
    shop.stop().await.unwrap();
    age(&shop.database());
    shop.start().await;
    assert_eq!(shop.read(&sold).await, sold);
    assert_eq!(shop.sell("1 x bread, cash 2.00").await.receipt_number, "INV-202611-R1-000002");
    let backups = shop.kassa.backups().list_backups(pb::ListBackupsRequest::default()).await.unwrap();
    assert_eq!(backups.backups[0].reason(), pb::BackupReason::PreMigration, "and there is a way back");
}

#[tokio::test(flavor = "multi_thread")]
async fn live_copy_a_copy_by_hand_is_told_from_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let tills = Tills::open(&folder.path().join("data")).await;
    let program = Program::start(&tills.data);
    let mut selling = tills.sell(&program.address, TERMINALS);
    assert!(selling.sold(20).await);
    let by_hand = folder.path().join("by-hand.db");
    fs::copy(tills.data.join("gen-000001/kassa.db"), &by_hand).unwrap();
    let acknowledged: BTreeSet<String> = tills.known().sold.keys().cloned().collect();
    let backup = back_up(&program.client(&tills.data)).await.unwrap().backup.unwrap();
    selling.stop().await;
    assert!(program.terminate().success());

    let refused = restore(&tills.data, &by_hand);
    assert_ne!(refused.status, 0, "{}", refused.output);
    assert!(refused.complaints.contains("live database"), "{}", refused.complaints);
    goes_on(&tills).await;
    // The backup that was made at the same moment has what the copy may lack.
    let restored = restore(&tills.data, &tills.data.join("backups").join(&backup.name));
    assert_eq!(restored.status, 0, "{}", restored.complaints);
    let program = Program::start(&tills.data);
    let page = pb::ListOrdersRequest { page_size: 500, ..Default::default() };
    let orders = program.client(&tills.data).orders().list_orders(page).await.unwrap().into_inner().orders;
    let kept: BTreeSet<String> = orders.into_iter().map(|order| order.order_id).collect();
    assert!(acknowledged.is_subset(&kept), "{} of {}", kept.len(), acknowledged.len());
}

fn restore(data: &Path, file: &Path) -> Run {
    Run::of(command("kassa-server").arg("--data-dir").arg(data).arg("restore").arg(file))
}

#[tokio::test(flavor = "multi_thread")]
async fn client_closed_midway_its_cart_and_its_sale_go_on_at_another_terminal() {
    const CLICKS: u32 = 40;
    let shop = Shop::open().await;
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let cart = pb::SaveDraftRequest { lines: sale.lines.clone(), ..Default::default() };
    let draft = shop.kassa.orders().save_draft(cart).await.unwrap().into_inner().draft.unwrap();
    for click in 0..CLICKS {
        let (kassa, sale) = (shop.second_terminal(), sale.clone());
        let closed = tokio::spawn(async move {
            let _ = kassa.orders().complete_sale(sale).key(format!("click-{click}")).await;
        });
        // Each is closed at another moment of its call, from before the first byte to after the answer.
        tokio::time::sleep(Duration::from_micros(250) * click).await;
        closed.abort();
    }
    let other = shop.second_terminal();
    for click in 0..CLICKS {
        other.orders().complete_sale(sale.clone()).key(format!("click-{click}")).await.unwrap();
    }
    assert_eq!(shop.orders().await.len(), CLICKS as usize, "each once, whether it had been made or not");
    let request = pb::GetDraftRequest { draft_id: draft.draft_id.clone() };
    assert_eq!(other.orders().get_draft(request).await.unwrap().into_inner().draft, Some(draft));
}

#[tokio::test(flavor = "multi_thread")]
async fn shift_left_open_overnight_it_is_ended_and_the_drawer_counted_whether_the_server_was_on_off_or_asleep()
 {
    let mut shop = Shop::found_with(|config| config.limits.idle_check_ms = 20).await;
    shop.open_shift("50.00").await;
    for (night, off) in [("on or asleep: the clock is another one when it looks", false), ("off", true)] {
        shop.sell("1 x bread, cash 2.00").await;
        if off {
            shop.stop().await.unwrap();
        }
        shop.clock.advance(TimeDelta::hours(14));
        if off {
            shop.start().await;
        }
        let newest = async || {
            let shifts = shop.kassa.shifts().list_shifts(Default::default()).await.unwrap();
            shifts.into_inner().shifts.swap_remove(0)
        };
        while newest().await.state() == pb::ShiftState::Open {}
        assert!(newest().await.ended_automatically, "{night}");
        let refused = shop.kassa.shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::CountRequired), "{night}");
        let movements = shop.kassa.cash_register().list_movements(Default::default()).await.unwrap();
        assert_eq!(movements.movements[0].r#type(), pb::MovementType::ShiftEnd, "{night}");
        let in_the_drawer = shop.in_the_drawer().await;
        let morning = shop.open_shift(if off { "54.00" } else { "52.00" }).await.shift.unwrap();
        assert_eq!(morning.opening_float.unwrap().amount_minor, in_the_drawer, "{night}");
    }
    shop.sell("1 x bread, cash 2.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disk_full_a_sale_is_refused_and_the_next_ones_are_kept() {
    let mut shop = Shop::open().await;
    let pages = "PRAGMA page_count";
    let pages: i64 =
        Connection::open(shop.database()).unwrap().query_row(pages, [], |row| row.get(0)).unwrap();
    shop.config().faults.limit_pages(usize::try_from(pages).unwrap());
    let mut sale = shop.sale("1 x bread, cash 2.00").await;
    sale.note = "n".repeat(1_000);
    let mut sold = 0;
    let refused = loop {
        match shop.kassa.orders().complete_sale(sale.clone()).key(format!("sale-{sold}")).await {
            Ok(_) => sold += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused.reason(), Some(Reason::DiskFull));
    shop.config().faults.limit_pages(0);
    for _ in 0..5 {
        shop.kassa.orders().complete_sale(sale.clone()).key(format!("sale-{sold}")).await.unwrap();
        sold += 1;
    }
    shop.restart().await;
    assert_eq!(shop.orders().await.len(), sold, "what was acknowledged, and nothing that was refused");
    assert_eq!(
        shop.kassa
            .cash_register()
            .get_drawer(Default::default())
            .await
            .unwrap()
            .into_inner()
            .drawer
            .unwrap()
            .balance,
        Some(usd(&format!("{}.00", 100 + 2 * sold)))
    );
}
