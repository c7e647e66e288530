//! `kassa backups` on the days when it is needed.

use std::fs;

use super::Till;

/// A shop with a backup, and the backup's name.
fn with_a_backup() -> (Till, String) {
    let till = Till::with_samples();
    let made = till.done(&["backup"]);
    let name = made.lines().next().unwrap().to_owned();
    (till, name)
}

/// The list, which names the backup in whatever state the books are: once as a table, once as one document.
fn listed(till: &Till, name: &str) -> String {
    let document = till.json(&["backups"]);
    assert_eq!(document["backups"].as_array().unwrap().len(), 1, "{document}");
    assert_eq!(document["backups"][0]["name"], name);
    till.done(&["backups"])
}

#[test]
fn they_are_listed_while_the_books_are_closed() {
    let (till, name) = with_a_backup();
    let open = listed(&till, &name);
    assert!(open.contains(&name) && open.contains("MADE  ") && !open.contains("UTC"), "{open}");
    till.done(&["maintenance", "on", "support looks at it"]);
    let closed = listed(&till, &name);
    assert!(closed.contains(&name) && closed.contains("MADE (UTC)"), "{closed}");
}

#[test]
fn of_a_damaged_database_they_are_listed_and_restored_by_the_name_that_is_told() {
    let (mut till, name) = with_a_backup();
    // In order: what is in the write-ahead log heals the file.
    assert!(till.program.take().unwrap().terminate().success());
    let mut bytes = fs::read(till.place.database()).unwrap();
    bytes[..4_096].fill(0x5A);
    fs::write(till.place.database(), bytes).unwrap();
    till.start();
    assert!(listed(&till, &name).contains(&name));

    while till.json(&["status"])["looking_for_backup"] == true {}
    let refused = till.run(&["shift", "show"]);
    let told = refused.complaints.split("the newest good backup is ").nth(1);
    let told = told.and_then(|told| told.split('.').next()).unwrap_or_else(|| panic!("{refused:?}"));
    assert_eq!(format!("{told}.db"), name, "as people say it");
    let nobody = till.run(&["backups", "restore", told]);
    assert_eq!(nobody.status, 2, "{nobody:?}");
    let restored = till.run(&["backups", "restore", told, "--yes"]);
    assert_eq!(restored.status, 0, "{restored:?}");
    assert_eq!(till.json(&["status"])["order_count"], 5);
}

#[test]
fn a_name_that_is_none_is_refused_with_where_to_look() {
    let till = Till::open();
    let refused = till.run(&["backups", "verify", "yesterday"]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.complaints.contains("`kassa backups` lists them"), "{refused:?}");
}
