//! Tables that stay readable in a narrow terminal and with Arabic in them.

use comfy_table::{Cell, CellAlignment, Table, presets::NOTHING};

/// A table with a headed column for each name; names that begin with `>` head right-aligned columns.
///
/// Put Arabic into the last column: terminals turn its direction around, and whatever follows it.
pub fn table(names: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table.set_header(names.iter().map(|name| Cell::new(name.trim_start_matches('>').to_uppercase())));
    for (column, name) in table.column_iter_mut().zip(names) {
        column.set_padding((0, 2));
        if name.starts_with('>') {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Names and their values, one below the other.
pub fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    pairs(facts, CellAlignment::Left)
}

/// Names and their amounts, one below the other.
pub fn amounts<'a>(amounts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    pairs(amounts, CellAlignment::Right)
}

fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>, alignment: CellAlignment) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    for (name, value) in pairs {
        table.add_row([Cell::new(name), Cell::new(value).set_alignment(alignment)]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}
