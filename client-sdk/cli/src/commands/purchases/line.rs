//! Lines of a delivery, as they are typed or as a spreadsheet has them.

use std::str::FromStr;

use kassa_client::proto::{
    decimal::Quantity,
    money::Currency,
    v1::{Decimal, PurchaseLine},
};

use crate::{
    amount,
    failure::Failure,
    price_list::{BadRows, text},
};

/// The columns of a file.
const COLUMNS: [&str; 3] = ["sku", "quantity", "cost"];

/// `milk=24@31.20`: a SKU, how much of it, and what all of it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    sku: String,
    quantity: Quantity,
    cost: String,
}

impl FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.rsplit_once('@');
        let parts = parts.and_then(|(goods, cost)| Some((goods.rsplit_once('=')?, cost)));
        let ((sku, quantity), cost) =
            parts.ok_or("a line looks like milk=24@31.20: a SKU, how much of it, what all of it costs")?;
        Self::of(sku, quantity, cost).map_err(|(_, problem)| problem)
    }
}

impl Line {
    /// A line, or the column that is wrong and why.
    fn of(sku: &str, quantity: &str, cost: &str) -> Result<Self, (&'static str, String)> {
        if sku.is_empty() {
            return Err(("sku", "the SKU is missing".to_owned()));
        }
        let wrong = |problem: String| ("quantity", format!("the quantity {quantity} {problem}"));
        let parsed = Quantity::parse(quantity).map_err(|error| wrong(format!("is {error}")))?;
        if parsed <= Quantity::default() {
            return Err(wrong("must be more than zero".to_owned()));
        }
        Ok(Self { sku: sku.to_owned(), quantity: parsed, cost: cost.to_owned() })
    }

    /// The same with its cost in the shop's currency.
    pub fn priced(&self, currency: Currency) -> Result<PurchaseLine, Failure> {
        Ok(PurchaseLine {
            product_id: self.sku.clone(),
            quantity: Some(Decimal::from(self.quantity)),
            cost: Some(amount::read(&format!("the cost of {},", self.sku), &self.cost, currency)?),
            ..Default::default()
        })
    }
}

/// Reads a file of lines.
pub fn read(file: &[u8], currency: Currency) -> Result<Vec<PurchaseLine>, BadRows> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text(file)?.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let place = |column: &str| header.iter().position(|name| name.to_lowercase() == column);
    let [Some(sku), Some(quantity), Some(cost)] = COLUMNS.map(place) else {
        let problem = format!("the first line must be {}, separated by commas", COLUMNS.join(","));
        return Err(BadRows::one(1, "", problem));
    };
    let (mut lines, mut bad) = (Vec::new(), BadRows::default());
    for record in reader.records() {
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
        let cell = |place: usize| record.get(place).unwrap_or_default();
        match Line::of(cell(sku), cell(quantity), cell(cost)) {
            Ok(read) => match read.priced(currency) {
                Ok(priced) => lines.push(priced),
                Err(problem) => bad.add(line, "cost", problem.to_string()),
            },
            Err((column, problem)) => bad.add(line, column, problem),
        }
    }
    if lines.is_empty() && bad.rows.is_empty() {
        bad.add(2, "", "there are no lines");
    }
    if bad.rows.is_empty() { Ok(lines) } else { Err(bad) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd() -> Currency {
        Currency::from_code("USD").unwrap()
    }

    fn told(line: &PurchaseLine) -> (String, String, i64) {
        let quantity = line.quantity.clone().unwrap().value;
        (line.product_id.clone(), quantity, amount::minor(line.cost.as_ref()))
    }

    #[test]
    fn a_line_is_a_sku_a_quantity_and_what_all_of_it_costs() {
        let read = |text: &str| told(&text.parse::<Line>().unwrap().priced(usd()).unwrap());
        assert_eq!(read("milk=24@31.20"), ("milk".to_owned(), "24".to_owned(), 31_20));
        assert_eq!(read("a=b@c=1.5@0"), ("a=b@c".to_owned(), "1.5".to_owned(), 0));
        for bad in ["milk", "milk=24", "milk@3", "=2@3", "milk=0@3", "milk=-1@3", "milk=x@3", "milk=1.0001@3"]
        {
            assert!(bad.parse::<Line>().is_err(), "{bad}");
        }
        assert!("milk=1@x".parse::<Line>().unwrap().priced(usd()).is_err());
    }

    #[test]
    fn a_file_is_read_whole_or_all_that_is_wrong_is_told() {
        let lines = read(b"\xEF\xBB\xBFCost,sku,note,quantity\r\n31.20,milk,,24\r\n,,,\n", usd()).unwrap();
        assert_eq!(lines.iter().map(told).collect::<Vec<_>>(), [("milk".to_owned(), "24".to_owned(), 31_20)]);
        let bad = read(b"sku,quantity,cost\nmilk,24,x\n,1,1\ntea,0,1\nbread,1,1\n", usd()).unwrap_err();
        let places: Vec<_> = bad.rows.iter().map(|row| (row.line, row.column.as_str())).collect();
        assert_eq!(places, [(2, "cost"), (3, "sku"), (4, "quantity")]);
        assert_eq!(read(b"sku;quantity;cost\n", usd()).unwrap_err().rows[0].line, 1);
        assert_eq!(read(b"sku,quantity,cost\n", usd()).unwrap_err().rows[0].line, 2);
    }
}
