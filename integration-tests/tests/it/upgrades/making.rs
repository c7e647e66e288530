//! Adds to the library of old databases; `scripts/old-database` runs it.

use std::{fs, path::Path};

use kassa_server::store::known_steps;

use super::{
    answers::answers,
    library::{Old, apply},
};
use crate::check::day::day;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it writes into the library of old databases: run scripts/old-database"]
async fn what_the_library_lacks() {
    let program = std::env::var("KASSA_COMMIT").expect("run scripts/old-database");
    let mut steps = known_steps();
    let newest = Old::of(steps.pop().unwrap());
    for (count, step) in (1..).zip(steps) {
        let old = Old::of(step);
        if !old.file().is_file() {
            derive(&old, count, &program).await;
        }
    }
    if !newest.file().is_file() {
        live(&newest, &program).await;
    }
}

/// The newest step: this program makes its database in a shop's day.
async fn live(newest: &Old, program: &str) {
    let mut shop = day().await;
    shop.start().await;
    let told = answers(&shop).await;
    shop.stop().await.unwrap();
    let made = format!("By the program of this step, at commit {program}: scripts/old-database");
    keep(newest, (shop.data(), &shop.database()), &told, &made);
}

/// A step that never was the newest of a program: the database of the nearest one before is brought on to it.
async fn derive(old: &Old, count: usize, program: &str) {
    let before = Old::all().into_iter().rfind(|before| before.step < old.step).unwrap();
    let (folder, database) = before.unpack();
    apply(&database, count).await;
    let made = format!(
        "From the database of {}, by the steps of the program at commit {program}: scripts/old-database",
        before.step
    );
    keep(old, (&folder.path().join("data"), &database), &before.answers(), &made);
}

/// Keeps a closed database with the keys of its data folder, what was answered from it, and how it was made.
fn keep(old: &Old, (data, database): (&Path, &Path), told: &str, made: &str) {
    fs::create_dir_all(old.folder().join("keys")).unwrap();
    fs::copy(database, old.file()).unwrap();
    for key in fs::read_dir(data.join("keys")).unwrap() {
        let key = key.unwrap();
        fs::copy(key.path(), old.folder().join("keys").join(key.file_name())).unwrap();
    }
    fs::write(old.folder().join("answers.txt"), told).unwrap();
    fs::write(old.folder().join("made.txt"), format!("{made}\n")).unwrap();
}
