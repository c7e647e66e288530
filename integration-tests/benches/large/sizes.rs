//! What a sale takes in the database, by table and index (SQLite's own `dbstat`).

use std::path::Path;

use rusqlite::Connection;

/// Prints a table of the bytes of a sale; what is less than 16 bytes is left out.
pub fn tell(database: &Path) {
    let connection = Connection::open(database).expect("the database opens");
    let orders: i64 =
        connection.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).expect("a count");
    let sizes =
        "SELECT name, sum(pgsize), sum(payload), sum(unused) FROM dbstat GROUP BY name ORDER BY 2 DESC";
    let mut sizes = connection.prepare(sizes).expect("this SQLite has dbstat");
    let sizes = sizes.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
    });
    let sizes: Vec<_> = sizes.expect("sizes").collect::<Result<_, _>>().expect("sizes that can be read");
    println!("\nBytes of a sale of five lines, of {orders} orders:\n");
    println!("| table or index | in pages | of these rows | free |\n| --- | ---: | ---: | ---: |");
    for (name, pages, payload, unused) in sizes.iter().filter(|(_, pages, ..)| *pages >= 16 * orders) {
        let [pages, payload, unused] = [pages, payload, unused].map(|bytes| bytes / orders);
        println!("| `{name}` | {pages} | {payload} | {unused} |");
    }
    let all: i64 = sizes.iter().map(|(_, pages, ..)| pages).sum();
    println!("| **all** | {} | | |", all / orders);
}
