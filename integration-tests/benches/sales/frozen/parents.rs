//! The shop that the sales are of: the parents of their rows, as many and as large as the load's own.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::{PRODUCTS, SCHEMA, TILLS};
use crate::{floor::open, written::empty};

/// Of whom an id is.
#[derive(Clone, Copy)]
pub enum Kind {
    Business,
    Branch,
    Register,
    User,
    Terminal,
    Shift,
    Product,
}

/// The one of its kind.
pub struct Only(Kind);

/// The branch.
pub const BRANCH: Only = Only(Kind::Branch);
const BUSINESS: Only = Only(Kind::Business);
/// When all of it was founded, in microseconds.
const FOUNDED: i64 = 1_796_085_880_723_901;

impl Only {
    /// Its id.
    pub fn id(&self) -> Vec<u8> {
        id(self.0, 0)
    }
}

/// The id of one of a kind.
pub fn id(kind: Kind, place: usize) -> Vec<u8> {
    let mut id = (FOUNDED / 1_000).to_be_bytes()[2..].to_vec();
    id.extend([0x70, kind as u8, 0x80, 0, 0, 0]);
    id.extend(u32::try_from(place).expect("a small number").to_be_bytes());
    id
}

/// In cents, as the load has it.
pub fn price(place: usize) -> i64 {
    99 + i64::try_from(place * 7 % 900).expect("a small number")
}

/// In ten-thousandths of a percent.
pub fn rate(place: usize) -> i64 {
    [0, 50_000, 140_000][place % 3]
}

/// Makes a database with the schema and the shop in a folder.
pub fn found(folder: &Path) -> PathBuf {
    let database = empty(folder);
    let connection = open(&database);
    connection.execute_batch(SCHEMA).expect("the schema of that day");
    connection.execute_batch("BEGIN").expect("a transaction");
    the_shop(&connection);
    (0..TILLS).for_each(|till| a_till(&connection, till));
    (0..PRODUCTS).for_each(|place| a_product(&connection, place));
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").expect("the shop is founded");
    database
}

fn the_shop(connection: &Connection) {
    let business = "INSERT INTO businesses (id, name, currency_code, time_zone, prices_include_tax, tax_rounding, \
        rounding_mode, cash_unit, cash_total_mode, cash_change_mode, cash_refund_mode, receipt_header, \
        receipt_footer, version, update_time, has_orders, catalog_version, epoch) \
        VALUES (?, 'My shop', 'USD', 'Etc/UTC', 1, 1, 1, 0, 0, 0, 0, '', '', 1, ?, 1, 1, 1)";
    connection.execute(business, params![BUSINESS.id(), FOUNDED]).expect("a business");
    let branch = "INSERT INTO branches (id, business_id, code, name, last_order_sequence, last_key_sequence) \
        VALUES (?, ?, 'B1', 'Main branch', 0, 0)";
    connection.execute(branch, params![BRANCH.id(), BUSINESS.id()]).expect("a branch");
}

/// A register, its cashier and terminal, the open shift, and where its numbers and its chain begin.
fn a_till(connection: &Connection, till: usize) {
    let of = |kind| id(kind, till);
    let number = till + 1;
    let user = "INSERT INTO users (id, business_id, name, role, display_name) VALUES (?, ?, ?, 1, ?)";
    let name = format!("cashier-{number:03}");
    connection.execute(user, params![of(Kind::User), BUSINESS.id(), name, name]).expect("a user");
    let register = "INSERT INTO registers (id, branch_id, code, name, drawer_balance, last_movement_sequence) \
        VALUES (?, ?, ?, ?, 10000, 1)";
    let (code, name) = (format!("R{number}"), format!("Register {number}"));
    connection.execute(register, params![of(Kind::Register), BRANCH.id(), code, name]).expect("a register");
    let terminal = "INSERT INTO terminals (id, register_id, user_id, name, token_sha256, create_time) \
        VALUES (?, ?, ?, ?, ?, ?)";
    let (name, token) = (format!("Till {number}"), format!("{number:032}").into_bytes());
    let values = params![of(Kind::Terminal), of(Kind::Register), of(Kind::User), name, token, FOUNDED];
    connection.execute(terminal, values).expect("a terminal");
    let shift = "INSERT INTO shifts (id, number, branch_id, register_id, user_id, terminal_id, state, version, \
        open_time, business_date, opening_float, sale_count, sales_total, cash_received, change_given, \
        opened_by_user_id, expected_cash) \
        VALUES (?, ?, ?, ?, ?, ?, 1, 1, ?, 20261201, 10000, 0, 0, 0, 0, ?, 10000)";
    let (shift_number, user) = (format!("SHF-202612-R{number}-000001"), of(Kind::User));
    let (register, terminal) = (of(Kind::Register), of(Kind::Terminal));
    let values = params![of(Kind::Shift), shift_number, BRANCH.id(), register, user, terminal, FOUNDED, user];
    connection.execute(shift, values).expect("a shift");
    let series = "INSERT INTO number_series VALUES (?, 'INV', 0)";
    connection.execute(series, [&register]).expect("a series of numbers");
    let chain = "INSERT INTO journal_chains VALUES (?, 1, 0, zeroblob(32))";
    connection.execute(chain, [&register]).expect("a chain");
}

fn a_product(connection: &Connection, place: usize) {
    let (product, sku, name) =
        (id(Kind::Product, place), format!("SKU-{place:04}"), format!("Product number {place}"));
    let insert = "INSERT INTO products VALUES (?, ?, ?, '', ?, ?, 'Groceries', 'pc', 1, 1, ?, ?, ?)";
    let search = format!("\n{}\n\n{}", name.to_lowercase(), sku.to_lowercase());
    let values = params![product, sku, name, price(place), rate(place), search, FOUNDED, FOUNDED];
    connection.execute(insert, values).expect("a product");
    let barcode = "INSERT INTO product_barcodes VALUES (?, ?, 0, 1)";
    connection.execute(barcode, params![product, format!("622{place:010}")]).expect("a barcode");
    let stock =
        "INSERT INTO stock (branch_id, product_id, quantity, change_count) VALUES (?, ?, 100000000, 1)";
    connection.execute(stock, params![BRANCH.id(), product]).expect("a shelf");
    let change = "INSERT INTO stock_changes VALUES (?, ?, 1, 1, 100000000, 100000000, NULL, NULL, '', ?)";
    connection.execute(change, params![BRANCH.id(), product, FOUNDED]).expect("the opening stock");
}
