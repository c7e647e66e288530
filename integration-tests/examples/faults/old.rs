//! Databases of older programs.

use std::path::Path;

use kassa_server::store::DataFolder;

/// Makes a shop's database one of an older program's; no server runs on it.
pub fn age(data: &Path) {
    let database = DataFolder::open_to_read(data).expect("there are books").database();
    let database = rusqlite::Connection::open(database).expect("the database opens");
    let step = "DROP TABLE number_gaps;
                DELETE FROM seaql_migrations WHERE version = 'm20261121_000015_number_gaps'";
    database.execute_batch(step).expect("a step is taken back");
}
