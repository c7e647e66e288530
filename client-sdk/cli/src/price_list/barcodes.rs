//! A product's barcodes in one cell, separated by `|`. A backslash takes the sign after it as it is, for the
//! rare barcodes that hold a `|`, and for those that look like a number that a spreadsheet rounded.

use super::spreadsheet;

/// Writes barcodes into a cell.
pub fn join(barcodes: &[String]) -> String {
    barcodes.iter().map(|barcode| escaped(barcode)).collect::<Vec<_>>().join("|")
}

fn escaped(barcode: &str) -> String {
    let mut text = if spreadsheet::damage(barcode).is_some() { "\\".to_owned() } else { String::new() };
    for sign in barcode.chars() {
        if matches!(sign, '|' | '\\') {
            text.push('\\');
        }
        text.push(sign);
    }
    text
}

/// Reads the barcodes of a cell.
pub fn split(cell: &str) -> Result<Vec<String>, String> {
    let mut pieces = vec![String::new()];
    let mut is_escaped = false;
    for sign in cell.chars() {
        if sign == '|' && !is_escaped {
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(sign);
        }
        is_escaped = sign == '\\' && !is_escaped;
    }
    let pieces = pieces.iter().map(|piece| piece.trim()).filter(|piece| !piece.is_empty());
    pieces.map(unescaped).collect()
}

fn unescaped(piece: &str) -> Result<String, String> {
    if let Some(damage) = spreadsheet::damage(piece) {
        return Err(format!("`{piece}`: {damage}"));
    }
    let mut barcode = String::new();
    let mut signs = piece.chars();
    while let Some(sign) = signs.next() {
        // A backslash at the end is one.
        barcode.push(if sign == '\\' { signs.next().unwrap_or(sign) } else { sign });
    }
    Ok(barcode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barcodes_are_separated_and_blanks_around_them_do_not_count() {
        assert_eq!(split(" 0001 |2||x ").unwrap(), ["0001", "2", "x"]);
        assert!(split("").unwrap().is_empty());
    }

    #[test]
    fn every_barcode_comes_back_as_it_was_written() {
        let barcodes = [
            "00012", "a|b", "\\", "c\\|d", "6.22E+12", "CODE+5", "1e+1", "=1+1", ",", "\"", "|", "12.0",
            "'12", "=\"1|2\"",
        ];
        let barcodes = barcodes.map(str::to_owned);
        assert_eq!(split(&join(&barcodes)).unwrap(), barcodes);
        assert_eq!(join(&barcodes[..2]), "00012|a\\|b");
    }

    #[test]
    fn what_a_spreadsheet_broke_is_no_barcode() {
        for rounded in ["6.22E+12", "6,22e+12", "123|6.22E+12", "6224074096064.0", "=\"0012\"", "'0012"] {
            assert!(split(rounded).unwrap_err().contains("spreadsheet"), "{rounded}");
        }
    }
}
