//! Numbers after a restore: none comes twice, whichever machine it was given out on.

use std::{fs, path::Path};

use kassa_client::{Kassa, proto::v1 as pb};
use kassa_integration_tests::Shop;
use pb::ErrorReason as Reason;
use tempfile::TempDir;

use super::restores::{back_up, restore};

/// Brings a backup of one machine to another one and restores it there. What its series leave out.
async fn bring(name: &str, from: &Shop, to: &Shop) -> Vec<String> {
    let (from, backups) = (from.data().join("backups"), to.data().join("backups"));
    fs::create_dir_all(&backups).unwrap();
    for file in [name.to_owned(), name.replace(".db", ".json")] {
        fs::copy(from.join(&file), backups.join(file)).unwrap();
    }
    restored(&to.kassa, name).await
}

async fn restored(kassa: &Kassa, name: &str) -> Vec<String> {
    restore(kassa, name).await.unwrap().pop().unwrap().gaps
}

/// Sells at the register of the machine's terminal, in the shift that the books have there.
async fn sell(at: &Shop, goods_of: &Shop) -> String {
    let sale = goods_of.sale("1 x bread, cash 20.00").await;
    let sold = at.kassa.orders().complete_sale(sale).await.unwrap().into_inner();
    sold.order.unwrap().receipt_number
}

async fn put_register(shop: &Shop, code: &str) -> Result<(), kassa_client::Error> {
    let register = pb::Register { code: code.to_owned(), name: code.to_owned(), ..Default::default() };
    let request = pb::PutRegistersRequest { registers: vec![register] };
    shop.kassa.admin().put_registers(request).await.map(drop)
}

fn count(gaps: &[String], gap: &str) -> usize {
    gaps.iter().filter(|it| *it == gap).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_spare_machine_sold_does_not_come_again_on_the_one_that_was_repaired() {
    let (old, spare) = (Shop::open().await, Shop::found().await);
    sell(&old, &old).await;
    let name = back_up(&old.kassa).await;
    // The old machine breaks. The shop goes on with a spare one, which gets another register.
    bring(&name, &old, &spare).await;
    put_register(&spare, "R2").await.unwrap();
    assert_eq!(sell(&spare, &old).await, "INV-202611-R1-010002");
    let name = back_up(&spare.kassa).await;
    assert_eq!(sell(&spare, &old).await, "INV-202611-R1-010003", "after the backup");
    // It is repaired, and has its data folder of before.
    let gaps = bring(&name, &spare, &old).await;
    assert_eq!(sell(&old, &old).await, "INV-202611-R1-020003", "{gaps:?}");
    assert_eq!(count(&gaps, "INV 1 to 10000"), 1, "R2 may have sold after the backup: {gaps:?}");
    // From here on its own reservations count.
    let name = back_up(&old.kassa).await;
    assert_eq!(count(&restored(&old.kassa, &name).await, "INV 20004 to 21002"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_that_began_the_same_epoch_are_told_apart() {
    let (old, spare) = (Shop::open().await, Shop::found().await);
    let name = back_up(&old.kassa).await;
    bring(&name, &old, &spare).await;
    restored(&old.kassa, &name).await;
    // Both are in epoch 2 now.
    sell(&old, &old).await;
    assert_eq!(sell(&spare, &old).await, "INV-202611-R1-010001");
    let name = back_up(&spare.kassa).await;
    assert_eq!(sell(&spare, &old).await, "INV-202611-R1-010002");
    bring(&name, &spare, &old).await;
    assert_eq!(sell(&old, &old).await, "INV-202611-R1-020002");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_a_machine_do_not_tell_another_one_how_far_its_numbers_went() {
    let old = Shop::open().await;
    let name = back_up(&old.kassa).await;
    sell(&old, &old).await;
    let folder = TempDir::new().unwrap();
    copy_keys(&old, &folder.path().join("data"));
    let new = Shop::found_at(folder, |_| {}).await;
    bring(&name, &old, &new).await;
    assert_eq!(sell(&new, &old).await, "INV-202611-R1-010001");
}

fn copy_keys(of: &Shop, data: &Path) {
    let keys = data.join("keys");
    fs::create_dir_all(&keys).unwrap();
    for file in fs::read_dir(of.data().join("keys")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), keys.join(file.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reservations_that_are_lost_are_made_anew_from_all_series_of_the_books() {
    let mut shop = Shop::open().await;
    let name = back_up(&shop.kassa).await;
    let sale = shop.sell("1 x bread, cash 20.00").await;
    let back = shop.refund(&sale, "1 x bread, cash 2.00", "2.00");
    shop.kassa.orders().refund_sale(back).await.unwrap();
    shop.stop().await.unwrap();
    fs::remove_file(shop.data().join("keys/ceilings")).unwrap();
    shop.start().await;
    // Its reservation is written; that of the returns is not needed again yet.
    shop.sell("1 x bread, cash 20.00").await;
    let gaps = restored(&shop.kassa, &name).await;
    assert_eq!(gaps, ["INV 1 to 1001", "RET 1 to 1001", "SHF 2 to 1001"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_a_register_that_a_restore_reserved_numbers_for_is_kept() {
    let (old, new) = (Shop::open().await, Shop::found().await);
    let without = back_up(&old.kassa).await;
    old.register("R2").await;
    let name = back_up(&old.kassa).await;
    bring(&name, &old, &new).await;
    // R2 may have sold on the old machine: its numbers are left out here, and never given out.
    bring(&without, &old, &new).await;
    let refused = put_register(&new, "R2").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InvalidField));
    assert!(refused.message().contains("take another code"), "{refused}");
    put_register(&new, "R3").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_from_a_million_numbers_ago_is_restored() {
    let mut shop = Shop::open().await;
    let name = back_up(&shop.kassa).await;
    shop.sell("1 x bread, cash 20.00").await;
    shop.stop().await.unwrap();
    // As it is after two million receipts, purchases and transfers.
    let ceilings = fs::read_to_string(shop.data().join("keys/ceilings")).unwrap();
    fs::write(shop.data().join("keys/ceilings"), ceilings.replace(" 1001 ", " 2000000 ")).unwrap();
    shop.start().await;
    let gaps = restored(&shop.kassa, &name).await;
    assert_eq!(count(&gaps, "INV 1 to 2000000"), 1, "{gaps:?}");
    assert_eq!(shop.sell("1 x bread, cash 20.00").await.receipt_number, "INV-202611-R1-2000001");
}
