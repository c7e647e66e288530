//! The whole database, row by row, as another program sees it.

use std::collections::BTreeMap;

use kassa_integration_tests::Shop;
use rusqlite::{Connection, types::Value};

/// A look into a shop's database.
pub struct Tables(Connection);

impl Tables {
    pub fn of(shop: &Shop) -> Self {
        Self(Connection::open(shop.database()).unwrap())
    }

    /// All rows of all tables.
    pub fn rows(&self) -> BTreeMap<String, Vec<Vec<Value>>> {
        let mut names = self.0.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        names.into_iter().map(|name| (name.clone(), self.of_table(&name))).collect()
    }

    fn of_table(&self, name: &str) -> Vec<Vec<Value>> {
        let mut select = self.0.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = select.column_count();
        let rows = select.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

/// Says which table differs, if one does: a whole database is no message to read.
pub fn difference(
    before: &BTreeMap<String, Vec<Vec<Value>>>,
    after: &BTreeMap<String, Vec<Vec<Value>>>,
) -> Option<String> {
    let differs = after.iter().find(|(name, rows)| before.get(*name) != Some(rows))?;
    Some(format!("{differs:?}"))
}
