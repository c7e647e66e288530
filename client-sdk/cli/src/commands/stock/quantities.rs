//! Products and their quantities as people type them: `milk=12`, or lines of a file `milk,12`.

use std::{fs, io::Read as _};

use kassa_client::proto::decimal::Quantity;

use crate::failure::Failure;

/// More than anybody counts in one go.
const LARGEST_FILE: u64 = 4 << 20;

/// A product's SKU or id, and how much.
pub type Counted = (String, Quantity);

/// Reads `milk=12`.
pub fn typed(text: &str) -> Result<Counted, String> {
    let (product, quantity) = text.rsplit_once('=').ok_or("give SKU=QUANTITY, such as milk=12")?;
    let quantity = Quantity::parse(quantity).map_err(|error| format!("{quantity:?} is {error}"))?;
    if product.is_empty() { Err("the SKU is missing".to_owned()) } else { Ok((product.to_owned(), quantity)) }
}

/// Reads a file of lines `sku,quantity`; `-` is standard input.
pub fn read(path: &str) -> Result<Vec<Counted>, Failure> {
    let unreadable = |error| Failure::Usage(format!("can't read {path}: {error}"));
    let mut bytes = Vec::new();
    let limit = LARGEST_FILE + 1;
    if path == "-" {
        std::io::stdin().take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        fs::File::open(path).map_err(unreadable)?.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Failure::Refused(format!("{path} is larger than 4 MiB: split it")));
    }
    lines(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes))
        .map_err(|problem| Failure::Refused(format!("{path}, {problem}; nothing was changed")))
}

fn lines(bytes: &[u8]) -> Result<Vec<Counted>, String> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let mut counted = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut fields = record.iter();
        let (product, quantity) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let is_heading = line == 1 && quantity.eq_ignore_ascii_case("quantity");
        if is_heading || record.iter().all(str::is_empty) {
            continue;
        }
        if product.is_empty() || fields.any(|field| !field.is_empty()) {
            return Err(format!("line {line}: a line is sku,quantity"));
        }
        let quantity = Quantity::parse(quantity);
        let quantity =
            quantity.map_err(|error| format!("line {line}: the quantity of {product} is {error}"))?;
        counted.push((product.to_owned(), quantity));
    }
    Ok(counted)
}

/// Adds up what stands in several places: on the shelf and in the window.
pub fn added_up(all: Vec<Counted>) -> Result<Vec<Counted>, Failure> {
    let mut together: Vec<Counted> = Vec::with_capacity(all.len());
    let mut places = std::collections::HashMap::new();
    for (product, quantity) in all {
        let place = *places.entry(product.clone()).or_insert(together.len());
        match together.get_mut(place) {
            None => together.push((product, quantity)),
            Some((_, sum)) => {
                let added = sum.thousandths().checked_add(quantity.thousandths());
                let added = added.ok_or_else(|| Failure::Refused(format!("too much of {product}")))?;
                *sum = Quantity::from_thousandths(added);
            }
        }
    }
    Ok(together)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, i64)]) -> Vec<Counted> {
        let pairs = pairs.iter();
        pairs.map(|(sku, count)| ((*sku).to_owned(), Quantity::from_thousandths(*count))).collect()
    }

    #[test]
    fn products_and_quantities_are_read_as_they_are_typed() {
        assert_eq!(typed("milk=12"), Ok(("milk".to_owned(), Quantity::from_thousandths(12_000))));
        assert_eq!(typed("a=b=-1.5"), Ok(("a=b".to_owned(), Quantity::from_thousandths(-1_500))));
        for bad in ["milk", "milk=", "=3", "milk=1.2345", "milk=much"] {
            assert!(typed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_may_have_a_heading_and_empty_lines_and_says_where_it_is_wrong() {
        let file = "sku,quantity\nmilk,12\n\n,,\n\"bread, white\",0.5\nmilk,3\n";
        let read = lines(file.as_bytes()).unwrap();
        assert_eq!(read, of(&[("milk", 12_000), ("bread, white", 500), ("milk", 3_000)]));
        assert_eq!(added_up(read).unwrap(), of(&[("milk", 15_000), ("bread, white", 500)]));
        for (bad, line) in [("milk;12", "line 1"), ("milk,1\nbread,much", "line 2"), ("milk,1,2", "line 1")] {
            assert!(lines(bad.as_bytes()).unwrap_err().contains(line), "{bad}");
        }
    }
}
