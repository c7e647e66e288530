//! Price lists: CSV files of products, as spreadsheets write them.

mod barcodes;
mod chunks;
mod quotes;
mod row;
mod spreadsheet;

use std::{collections::HashMap, fmt};

use kassa_client::proto::{
    goods::{barcode_key, sku_key},
    money::Currency,
    signs::breaks_line,
    v1::PutProduct,
};

pub use chunks::{chunks, key_prefix};
use row::Row;
pub use row::cells;

/// The columns; a file has all of them, in any order.
pub const COLUMNS: [&str; 10] =
    ["sku", "name", "name_ar", "barcodes", "price", "tax_rate", "category", "unit", "stock_policy", "stock"];

/// So many wrong rows are told; the rest is counted.
const MOST_TOLD: usize = 100;

/// A product and the line of the file it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub line: u64,
    pub product: PutProduct,
}

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    pub line: u64,
    pub column: String,
    pub problem: String,
}

/// All that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BadRows {
    pub rows: Vec<BadRow>,
    /// How many more there are.
    pub untold: usize,
}

impl BadRows {
    pub fn one(line: u64, column: &str, problem: impl Into<String>) -> Self {
        let mut bad = Self::default();
        bad.add(line, column, problem);
        bad
    }

    pub fn add(&mut self, line: u64, column: &str, problem: impl Into<String>) {
        if self.rows.len() < MOST_TOLD {
            self.rows.push(BadRow { line, column: column.to_owned(), problem: problem.into() });
        } else {
            self.untold += 1;
        }
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl fmt::Display for BadRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the file is wrong, and nothing was changed:")?;
        for BadRow { line, column, problem } in &self.rows {
            match column.as_str() {
                "" => write!(f, "\n  line {line}: {problem}")?,
                column => write!(f, "\n  line {line}, {column}: {problem}")?,
            }
        }
        if self.untold > 0 {
            write!(f, "\n  and {} more", self.untold)?;
        }
        Ok(())
    }
}

impl std::error::Error for BadRows {}

/// Reads a file of products with prices in major units of the shop's currency.
pub fn read(file: &[u8], currency: Currency) -> Result<Vec<Entry>, BadRows> {
    let text = text(file)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = match records.next() {
        Some(Ok(header)) => header,
        _ => csv::StringRecord::new(),
    };
    let order = columns(&header)?;

    let mut bad = BadRows::default();
    let mut seen = Seen::default();
    let mut entries = Vec::new();
    for record in records {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                bad.add(error.position().map_or(0, csv::Position::line), "", error.to_string());
                continue;
            }
        };
        // Spreadsheets leave lines of nothing but commas at the end.
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != header.len() {
            bad.add(line, "", format!("{} columns instead of {}", record.len(), header.len()));
            continue;
        }
        let row = Row::new(line, &order, &record);
        let broken =
            row.columns().filter(|(_, cell)| cell.chars().any(|sign| sign.is_control() || breaks_line(sign)));
        let before = bad.rows.len() + bad.untold;
        for (column, _) in broken {
            bad.add(line, column, "holds a line break or another control character");
        }
        if bad.rows.len() + bad.untold > before {
            continue;
        }
        seen.sku(line, row.text("sku"), &mut bad);
        if let Some(product) = row.product(currency, &mut bad) {
            for barcode in product.product.iter().flat_map(|product| &product.barcodes) {
                seen.barcode(line, barcode, &mut bad);
            }
            entries.push(Entry { line, product });
        }
    }
    if entries.is_empty() && bad.is_empty() {
        bad.add(2, "", "there are no products");
    }
    if bad.is_empty() { Ok(entries) } else { Err(bad) }
}

/// The codes of the rows so far, and the lines they stand in: one code is one product's.
#[derive(Default)]
struct Seen {
    skus: Codes,
    barcodes: Codes,
}

/// Codes by what makes two the same.
type Codes = HashMap<String, (u64, String)>;

impl Seen {
    fn sku(&mut self, line: u64, sku: &str, bad: &mut BadRows) {
        if sku.is_empty() {
            return;
        }
        let alike = |first, other: &str| {
            format!("`{sku}` and `{other}` in line {first} differ by capital letters only")
        };
        if let Err(problem) = see(&mut self.skus, sku_key(sku), (line, sku), alike) {
            bad.add(line, "sku", problem);
        }
    }

    fn barcode(&mut self, line: u64, barcode: &str, bad: &mut BadRows) {
        let alike =
            |first, other: &str| format!("`{barcode}` is the same number as `{other}` in line {first}");
        if let Err(problem) = see(&mut self.barcodes, barcode_key(barcode), (line, barcode), alike) {
            bad.add(line, "barcodes", problem);
        }
    }
}

/// Notes a code, unless it stands in an earlier line or is only `alike` one there.
fn see(
    codes: &mut Codes,
    key: String,
    (line, code): (u64, &str),
    alike: impl Fn(u64, &str) -> String,
) -> Result<(), String> {
    match codes.get(&key) {
        None => {
            codes.insert(key, (line, code.to_owned()));
            Ok(())
        }
        Some((first, other)) if other == code => Err(format!("`{code}` stands in line {first} too")),
        Some((first, other)) => Err(alike(*first, other)),
    }
}

/// The file as text, without the mark that some programs put at the beginning of UTF-8, if its quotation marks
/// make it a CSV.
pub fn text(file: &[u8]) -> Result<&str, BadRows> {
    let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    let text = std::str::from_utf8(file).map_err(|error| {
        let before = file.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        BadRows::one(line, "", "the file is not UTF-8: save it as \"CSV UTF-8\"")
    })?;
    match quotes::fault(text) {
        None => Ok(text),
        Some(quotes::Fault { line, problem }) => Err(BadRows::one(line, "", problem)),
    }
}

/// Where each column stands.
fn columns(header: &csv::StringRecord) -> Result<HashMap<&'static str, usize>, BadRows> {
    let mut order = HashMap::new();
    let mut bad = BadRows::default();
    for (place, name) in header.iter().enumerate() {
        let name = name.to_lowercase();
        match COLUMNS.into_iter().find(|known| *known == name) {
            Some(known) if order.insert(known, place).is_none() => {}
            Some(known) => bad.add(1, known, "the column stands there twice"),
            None => bad.add(1, &name, "is no column of a price list"),
        }
    }
    if order.is_empty() {
        let problem = if header.len() == 1 && header.iter().any(|name| name.contains([';', '\t'])) {
            "the columns must be separated by commas".to_owned()
        } else {
            format!("the first line must be {}", COLUMNS.join(","))
        };
        return Err(BadRows::one(1, "", problem));
    }
    for missing in COLUMNS.into_iter().filter(|column| !order.contains_key(column)) {
        // All fields of a product are written: a column left out would wipe what is there.
        bad.add(1, missing, "the column is missing");
    }
    if bad.is_empty() { Ok(order) } else { Err(bad) }
}

#[cfg(test)]
mod tests;
