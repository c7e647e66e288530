//! The rows that a sale had on 1 December 2026, in the schema of that day, and nothing of what came later: Kassa is
//! measured beside the same rows, whatever it has learned to store in fewer bytes since.
//!
//! They are made, not recorded: as many rows as the load's sales had at 64 registers, in the same tables and columns,
//! changed by the same statements, with values of the same kinds and sizes. Nothing in this folder changes with Kassa.

mod parents;
mod rows;

pub use self::parents::found;
use self::rows::{Chance, Drawer, Sale};
use crate::{
    floor::{Rows, SaleRows},
    written::insert_into,
};

/// All tables and indexes, as the steps of that day made them.
const SCHEMA: &str = include_str!("schema.sql");
const PRODUCTS: usize = 1_000;
const TILLS: usize = 64;

/// The tables of the rows that a sale adds, and how many columns they have.
const ADDED: [(&str, usize); 8] = [
    ("orders", 29),
    ("order_lines", 24),
    ("order_tenders", 8),
    ("cash_movements", 17),
    ("stock_changes", 10),
    ("journal_records", 6),
    ("events", 6),
    ("idempotency_keys", 12),
];
/// What is on the shelf.
pub const UPDATE_STOCK: &str =
    "UPDATE stock SET quantity = ?, change_count = ? WHERE branch_id = ? AND product_id = ?";
/// The shift's own sums.
pub const UPDATE_SHIFT: &str = "UPDATE shifts SET sale_count = sale_count + 1, sales_total = sales_total + ?, \
     cash_received = cash_received + ?, change_given = change_given + ?, \
     expected_cash = expected_cash + ?, last_activity_time = ? WHERE id = ?";
/// The shift's counters.
pub const COUNT: &str = "INSERT INTO shift_counters VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET \
     count = count + excluded.count, amount = amount + excluded.amount, tax = tax + excluded.tax";
/// The drawer.
pub const UPDATE_REGISTER: &str =
    "UPDATE registers SET drawer_balance = ?, last_movement_sequence = ? WHERE id = ?";
/// The branch's sequences.
pub const UPDATE_BRANCH: &str = "UPDATE branches SET last_order_sequence = ?, last_key_sequence = ?, last_event_sequence = ? \
     WHERE id = ?";
/// The receipts' numbers.
pub const UPDATE_SERIES: &str =
    "UPDATE number_series SET last_number = ? WHERE register_id = ? AND prefix = 'INV'";
/// The head of the chain.
pub const UPDATE_CHAIN: &str =
    "UPDATE journal_chains SET last_sequence = ?, last_hash = ? WHERE register_id = ? AND kind = 1";

/// Places of the statements: what is added, then what is changed.
#[derive(Clone, Copy)]
enum To {
    Orders,
    Lines,
    Tenders,
    Movements,
    StockChanges,
    Records,
    Events,
    Keys,
    Stock,
    Shift,
    Counters,
    Register,
    Branch,
    Series,
    Chain,
}

/// Sales of that day, without an end.
pub struct Frozen {
    statements: Vec<String>,
    sales: i64,
    tills: Vec<Drawer>,
    /// What is on the shelf, and how often it changed.
    stock: Vec<(i64, i64)>,
    chance: Chance,
}

impl Frozen {
    /// The first sale of a shop that [`found`] made is the next.
    pub fn new() -> Self {
        let adding = ADDED.map(|(table, columns)| insert_into(table, columns));
        let changing =
            [UPDATE_STOCK, UPDATE_SHIFT, COUNT, UPDATE_REGISTER, UPDATE_BRANCH, UPDATE_SERIES, UPDATE_CHAIN];
        Self {
            statements: adding.into_iter().chain(changing.map(str::to_owned)).collect(),
            sales: 0,
            tills: vec![Drawer::new(); TILLS],
            stock: vec![(100_000_000, 1); PRODUCTS],
            chance: Chance(1),
        }
    }

    fn sale(&mut self) -> SaleRows {
        self.sales += 1;
        let till = usize::try_from(self.sales).expect("a countable number") % TILLS;
        let sale = Sale::new(self.sales, till, self.tills[till].sales + 1, &mut self.chance);
        let mut rows = sale.document();
        rows.extend(sale.movements(&mut self.tills[till], &mut self.chance));
        let mut shelves = Vec::with_capacity(rows.len());
        for line in &sale.lines {
            let (balance, changes) = &mut self.stock[line.place];
            (*balance, *changes) = (*balance - line.quantity, *changes + 1);
            rows.push(sale.stock_change(line, (*balance, *changes)));
            shelves.push(sale.shelf(line, (*balance, *changes)));
        }
        rows.extend(sale.records(&mut self.tills[till], &mut self.chance));
        rows.extend(shelves);
        rows.extend(sale.sums());
        rows.extend(sale.heads(&self.tills[till]));
        rows
    }
}

impl Rows for Frozen {
    fn statements(&self) -> &[String] {
        &self.statements
    }

    fn next(&mut self, sales: usize) -> Vec<SaleRows> {
        (0..sales).map(|_| self.sale()).collect()
    }
}
