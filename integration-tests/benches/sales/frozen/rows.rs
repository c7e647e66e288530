//! The rows of one sale.

use rusqlite::types::{Null, Value};

use super::{
    To,
    parents::{BRANCH, Kind, id, price, rate},
};
use crate::floor::Write;

const LINES: usize = 5;
/// Of each line, as the load has them; in thousandths.
const QUANTITIES: [i64; LINES] = [1_000, 2_000, 1_000, 3_000, 1_000];
/// In microseconds: when the shop opened, and how soon a sale follows another.
const OPENED: i64 = 1_796_085_900_000_000;
const EVERY: i64 = 700;
/// In milliseconds, how long at most a terminal with an order's id waited before it was written.
const WAITED: u64 = 45;
const DAY: i64 = 20_261_201;
/// How many bytes a journal record had, and the answer that was kept for the key: without a barcode, and for each of
/// the lines that were named by one.
const RECORD: (usize, usize) = (2_560, 15);
const ANSWER: (usize, usize) = (1_501, 15);

/// A row: where it goes, and its values.
macro_rules! row {
    ($to:expr; $($value:expr),+ $(,)?) => {
        Write { statement: $to as usize, values: vec![$(Value::from($value)),+] }
    };
}

/// Numbers that look like chance, and are the same every time.
pub struct Chance(pub u64);

impl Chance {
    /// `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(length);
        bytes
    }

    /// A UUID of a moment, in milliseconds; `place` tells those of a moment apart.
    fn id(&mut self, moment: i64, place: usize) -> Vec<u8> {
        let mut id = moment.to_be_bytes()[2..].to_vec();
        id.extend([0x70, u8::try_from(place).expect("few ids of a sale")]);
        id.extend(self.bytes(8));
        id
    }
}

/// What a till's rows go on from.
#[derive(Clone)]
pub struct Drawer {
    /// How many sales it made.
    pub sales: i64,
    balance: i64,
    movements: i64,
    hash: Vec<u8>,
}

impl Drawer {
    /// With a float in it, and nothing sold.
    pub fn new() -> Self {
        Self { sales: 0, balance: 100_00, movements: 1, hash: vec![0; 32] }
    }
}

/// A sale of five lines, paid in cash with change.
pub struct Sale {
    /// Its place among all, and among those of its till.
    sequence: i64,
    number: i64,
    till: usize,
    id: Vec<u8>,
    time: i64,
    /// What is sold.
    pub lines: Vec<Line>,
    total: i64,
    paid: i64,
}

/// A line of it.
pub struct Line {
    /// The product's place.
    pub place: usize,
    /// In thousandths.
    pub quantity: i64,
    id: Vec<u8>,
    total: i64,
    net: i64,
    by_barcode: bool,
}

impl Sale {
    /// Sale `sequence` of the shop, `number` of the till.
    pub fn new(sequence: i64, till: usize, number: i64, chance: &mut Chance) -> Self {
        let time = OPENED + sequence * EVERY;
        let count = usize::try_from(sequence).expect("a countable number");
        let lines: Vec<Line> = (0..LINES).map(|line| Line::new(count, line, time, chance)).collect();
        let total: i64 = lines.iter().map(|line| line.total).sum();
        let waited = i64::try_from(chance.next() % WAITED).expect("a small number");
        let id = chance.id(time / 1_000 - waited, 0);
        Self { sequence, number, till, id, time, lines, total, paid: (total / 1_000 + 1) * 1_000 }
    }

    /// Order, lines and tender.
    pub fn document(&self) -> Vec<Write> {
        let mut rows = vec![self.order()];
        rows.extend(self.lines.iter().enumerate().map(|(position, line)| self.line(position, line)));
        let (none, cash) = (String::new(), 1);
        rows.push(
            row![To::Tenders; self.id.clone(), 0, cash, self.paid, 0, none.clone(), none.clone(), none],
        );
        rows
    }

    fn order(&self) -> Write {
        let (of_till, receipt) = (|kind| id(kind, self.till), self.receipt_number());
        row![
            To::Orders; self.id.clone(), 1, 2, receipt, BRANCH.id(), self.sequence, of_till(Kind::Register),
            of_till(Kind::Shift), of_till(Kind::User), of_till(Kind::Terminal), self.total, 0, self.total, 0, 0,
            self.change(), String::new(), 1, 1, 1, DAY, self.time, Null, 0, Null, 0, Null, 0, Null
        ]
    }

    fn line(&self, position: usize, line: &Line) -> Write {
        let (place, unit_price) = (line.place, price(line.place));
        let barcode = if line.by_barcode { barcode(place) } else { String::new() };
        row![
            To::Lines; self.id.clone(), line.id.clone(), i64::try_from(position).expect("few lines"),
            id(Kind::Product, place), format!("SKU-{place:04}"), format!("Product number {place}"), String::new(),
            "Groceries".to_owned(), barcode, "pc".to_owned(), line.quantity, unit_price, unit_price, line.total, 0, 0,
            rate(place), line.net, line.total - line.net, line.total, Null, String::new(), 0, Null
        ]
    }

    /// What was paid into the drawer, and what was given out of it.
    pub fn movements(&self, drawer: &mut Drawer, chance: &mut Chance) -> Vec<Write> {
        let (paid, given) = ((1, self.paid, self.paid), (2, self.change(), -self.change()));
        let row = |(kind, amount, by): (i64, i64, i64)| {
            drawer.balance += by;
            drawer.movements += 1;
            row![
                To::Movements; id(Kind::Register, self.till), drawer.movements,
                chance.id(self.time / 1_000, LINES + 1), BRANCH.id(), kind, amount, drawer.balance,
                id(Kind::Shift, self.till), self.id.clone(), id(Kind::User, self.till), DAY, 0, self.time,
                String::new(), String::new(), Null, Null
            ]
        };
        [paid, given].map(row).into()
    }

    /// What went from the shelf, which holds so much since and has changed so often.
    pub fn stock_change(&self, line: &Line, (balance, changes): (i64, i64)) -> Write {
        let (product, sold) = (id(Kind::Product, line.place), 3);
        row![
            To::StockChanges; BRANCH.id(), product, changes, sold, -line.quantity, balance, Null, self.id.clone(),
            String::new(), self.time
        ]
    }

    /// The same in the shelf's own row.
    pub fn shelf(&self, line: &Line, (balance, changes): (i64, i64)) -> Write {
        row![To::Stock; balance, changes, BRANCH.id(), id(Kind::Product, line.place)]
    }

    /// The journal's record, its event, and the key with its answer.
    pub fn records(&self, drawer: &mut Drawer, chance: &mut Chance) -> Vec<Write> {
        let register = id(Kind::Register, self.till);
        let barcodes = self.lines.iter().filter(|line| line.by_barcode).count();
        let (record, answer) = (RECORD.0 + RECORD.1 * barcodes, ANSWER.0 + ANSWER.1 * barcodes);
        let (previous, hash) = (drawer.hash.clone(), chance.bytes(32));
        (drawer.hash, drawer.sales) = (hash.clone(), self.number);
        vec![
            row![To::Records; register.clone(), 1, self.number, chance.bytes(record), previous, hash],
            row![To::Events; BRANCH.id(), self.sequence, 1, register, 1, self.number],
            row![
                To::Keys; id(Kind::Terminal, self.till), "kassa.v1.Orders/CompleteSale".to_owned(), self.key(),
                BRANCH.id(), self.sequence, chance.bytes(32), 1, self.id.clone(), chance.bytes(answer),
                chance.bytes(32), chance.bytes(32), self.time
            ],
        ]
    }

    /// The shift's own sums, and its counters.
    pub fn sums(&self) -> Vec<Write> {
        let (shift, total) = (id(Kind::Shift, self.till), self.total);
        let mut rows =
            vec![row![To::Shift; total, self.paid, self.change(), total, self.time, shift.clone()]];
        let mut count = |kind: i64, key: &str, count: i64, amount: i64, tax: i64| {
            rows.push(row![To::Counters; shift.clone(), kind, key.to_owned(), count, amount, tax]);
        };
        count(1, "1", 1, total, 0);
        for wanted in [0, 50_000, 140_000] {
            let lines = || self.lines.iter().filter(|line| rate(line.place) == wanted);
            if let Some(lines_of_it) = i64::try_from(lines().count()).ok().filter(|count| *count > 0) {
                let net = lines().map(|line| line.net).sum();
                count(
                    3,
                    &wanted.to_string(),
                    lines_of_it,
                    net,
                    lines().map(|line| line.total).sum::<i64>() - net,
                );
            }
        }
        count(4, "Groceries", 5, total, 0);
        count(5, &format!("{}+0", self.time / 3_600_000_000), 1, total, 0);
        count(6, "1", 1, self.paid, 0);
        count(6, "2", 1, self.change(), 0);
        rows
    }

    /// Where drawer, branch, numbers and chain end since.
    pub fn heads(&self, drawer: &Drawer) -> Vec<Write> {
        let register = id(Kind::Register, self.till);
        let (sequence, number) = (self.sequence, self.number);
        vec![
            row![To::Register; drawer.balance, drawer.movements, register.clone()],
            row![To::Branch; sequence, sequence, sequence, BRANCH.id()],
            row![To::Series; number, register.clone()],
            row![To::Chain; number, drawer.hash.clone(), register],
        ]
    }

    fn change(&self) -> i64 {
        self.paid - self.total
    }

    fn receipt_number(&self) -> String {
        format!("INV-202612-R{}-{:06}", self.till + 1, self.number)
    }

    /// The order's id as text.
    fn key(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let groups = [0..4, 4..6, 6..8, 8..10, 10..16].map(|group| hex(&self.id[group]));
        groups.join("-")
    }
}

impl Line {
    fn new(sale: usize, line: usize, time: i64, chance: &mut Chance) -> Self {
        let place = (sale * 919 + line * 211) % super::PRODUCTS;
        let quantity = QUANTITIES[line];
        let total = price(place) * quantity / 1_000;
        let net = total * 1_000_000 / (1_000_000 + rate(place));
        let id = chance.id(time / 1_000, line + 1);
        Self { place, quantity, id, total, net, by_barcode: (sale + line).is_multiple_of(2) }
    }
}

fn barcode(place: usize) -> String {
    format!("622{place:010}")
}
