//! What has happened in the shop when somebody opens a run book, or comes to a heading in it: steps that a book tells to
//! take are in the book, and nowhere else.

use std::fs;

use super::sandbox::Sandbox;
use crate::upgrades::age;

/// Prepares the scene of a heading; the empty one is the book's beginning.
pub fn prepare(book: &str, heading: &str, shop: &mut Sandbox) {
    match (book, heading) {
        ("install.md", "") => no_programs(shop),
        ("restore.md" | "damaged-database.md", "") => a_backup_of_tonight_and_a_sale_since(shop),
        ("new-machine.md", "") => an_old_machine_with_its_drive(shop),
        ("new-machine.md", "If the keys came along") => another_new_machine(shop),
        ("damaged-database.md", "The figures do not add up") => one_figure_is_another(shop),
        ("damaged-database.md", "The file is damaged") => the_file_is_damaged(shop),
        ("damaged-database.md", "The server does not start") => nobody_knows_which_books_are_live(shop),
        ("full-disk.md", "") => little_space(shop),
        ("full-disk.md", "When there is space again") => much_space(shop),
        ("offline.md", "") => {
            a_shop_that_sells(shop);
            shop.stop();
        }
        ("upgrade.md", "") => books_of_the_version_before(shop),
        ("upgrade.md", "Going back") => books_of_a_version_after(shop),
        ("README.md" | "backup-to-usb.md" | "incident.md", "") => a_shop_that_sells(shop),
        _ => {}
    }
}

fn a_shop_that_sells(shop: &mut Sandbox) {
    shop.start();
    shop.done("kassa demo");
}

fn no_programs(shop: &Sandbox) {
    for program in ["kassa", "kassa-server"] {
        fs::remove_file(shop.path("/usr/local/bin").join(program)).unwrap();
    }
}

fn a_backup_of_tonight_and_a_sale_since(shop: &mut Sandbox) {
    a_shop_that_sells(shop);
    shop.stop();
    shop.environment = vec![("KASSA_BACKUP__TIME", "00:00"), ("KASSA_LIMITS__BACKUP_CHECK_MS", "5")];
    shop.start();
    shop.until("the backup of tonight", |shop| shop.done("kassa backups").contains("-daily-scheduled.db"));
    shop.environment.clear();
    shop.stop();
    shop.start();
    shop.done("kassa sell 6224074096064 --cash 20");
}

/// The drive has a backup and a copy of the keys; the machine of before is gone.
fn an_old_machine_with_its_drive(shop: &mut Sandbox) {
    a_shop_that_sells(shop);
    shop.done("kassa users put amal --role cashier");
    let code = shop.done("kassa terminals pair-code 'Till by the door' --register R1");
    shop.done(&format!("kassa terminals pair {}", code.lines().next().unwrap()));
    // Some time ago: the new machine makes its first backup within a second.
    let (made, name) = (shop.done("kassa backup"), "kassa-backup-20261121-143045");
    let made = made.lines().next().unwrap().trim_end_matches(".db");
    let (data, drive) = (shop.data(), shop.path("/media/usb"));
    for folder in ["kassa", "keys"] {
        fs::create_dir_all(drive.join(folder)).unwrap();
    }
    fs::copy(data.join(format!("backups/{made}.db")), drive.join(format!("kassa/{name}.db"))).unwrap();
    let manifest = fs::read_to_string(data.join(format!("backups/{made}.json"))).unwrap();
    fs::write(drive.join(format!("kassa/{name}.json")), manifest.replace(made, name)).unwrap();
    fs::copy(data.join("keys/pepper"), drive.join("keys/pepper")).unwrap();
    shop.replace_machine();
}

/// As if the new machine were still new.
fn another_new_machine(shop: &mut Sandbox) {
    shop.replace_machine();
    an_old_machine_with_its_drive(shop);
}

fn database(shop: &Sandbox) -> std::path::PathBuf {
    let generation = fs::read_to_string(shop.data().join("CURRENT")).unwrap();
    shop.data().join(generation.trim()).join("kassa.db")
}

fn changed(shop: &Sandbox, statements: &str) {
    rusqlite::Connection::open(database(shop)).unwrap().execute_batch(statements).unwrap();
}

/// As when one bit of the disk is another.
fn one_figure_is_another(shop: &mut Sandbox) {
    changed(shop, "UPDATE stock SET quantity = quantity + 1000 WHERE rowid = (SELECT min(rowid) FROM stock)");
}

fn the_file_is_damaged(shop: &mut Sandbox) {
    shop.stop();
    let mut bytes = fs::read(database(shop)).unwrap();
    bytes[..4_096].fill(0x5A);
    fs::write(database(shop), bytes).unwrap();
    shop.start();
    shop.until("the backup to go back to", |shop| shop.shell("kassa doctor").1.contains("backups restore"));
}

fn nobody_knows_which_books_are_live(shop: &mut Sandbox) {
    shop.stop();
    fs::write(shop.data().join("CURRENT"), [0; 11]).unwrap();
}

/// As much is needed as no disk has.
fn little_space(shop: &mut Sandbox) {
    a_shop_that_sells(shop);
    shop.stop();
    shop.environment = vec![("KASSA_DISK__WARN_MB", "999999999"), ("KASSA_DISK__SALES_ONLY_MB", "999999999")];
    shop.start();
}

fn much_space(shop: &mut Sandbox) {
    shop.stop();
    shop.environment.clear();
    shop.start();
}

fn books_of_the_version_before(shop: &mut Sandbox) {
    a_shop_that_sells(shop);
    shop.stop();
    age(&database(shop));
}

fn books_of_a_version_after(shop: &mut Sandbox) {
    shop.stop();
    changed(shop, "INSERT INTO seaql_migrations VALUES ('m20270101_000001_later', 0)");
}
