//! The database that every shop of the tests begins with.
//!
//! A first start applies the schema's steps, and then founds the shop. The steps make the same tables every time: they
//! are applied once in a process, and their database is put into each new data folder. All that tells one shop from
//! another (its ids, its token, its pepper, the time, what is configured) is not in it. Each shop is founded in it by its
//! own server, which takes it for a first start that was cut short after the steps, and holds its tables against the
//! steps as it does at every start.

use std::{fs, path::Path, sync::OnceLock, thread};

use kassa_server::store::{DataFolder, Synchronous, apply_steps};

static DATABASE: OnceLock<Vec<u8>> = OnceLock::new();

/// Makes a data folder in which no shop was founded yet, with the present schema. Keys and a configuration
/// may be there already.
pub fn put(data: &Path) {
    let database = DATABASE.get_or_init(database);
    let folder = DataFolder::open(data).expect("the data folder is made");
    assert!(!folder.database().exists(), "there are books in {}", data.display());
    fs::write(folder.database(), database).expect("the database is put there");
}

/// The database as the schema's steps leave it: one file, without a log beside it.
fn database() -> Vec<u8> {
    // Whoever comes first may be in a runtime, and can't wait in it for another one.
    let steps = thread::spawn(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = DataFolder::open(&folder.path().join("data")).expect("a data folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let applied = apply_steps(data.database(), Synchronous::Full);
        runtime.expect("a runtime").block_on(applied).expect("the steps are applied");
        fs::read(data.database()).expect("the database can be read")
    });
    steps.join().expect("the steps do not panic")
}
