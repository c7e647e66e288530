//! What makes two codes of goods the same.

/// The lengths of GTIN-8, GTIN-12 (UPC-A), GTIN-13 (EAN) and GTIN-14.
const GTIN_LENGTHS: [usize; 4] = [8, 12, 13, 14];
const LONGEST_GTIN: usize = 14;

/// The same for all ways of writing a barcode: a GTIN is one number, whether a scanner sends it with zeros
/// before it or without. What is no GTIN is the same as itself alone.
pub fn barcode_key(barcode: &str) -> String {
    if is_gtin(barcode) { format!("{barcode:0>LONGEST_GTIN$}") } else { barcode.to_owned() }
}

/// All ways in which a barcode may have been stored: it comes first.
pub fn barcode_forms(barcode: &str) -> Vec<String> {
    let mut forms = vec![barcode.to_owned()];
    if is_gtin(barcode) {
        let number = barcode.trim_start_matches('0');
        let longer =
            GTIN_LENGTHS.into_iter().filter(|length| *length >= number.len() && *length != barcode.len());
        forms.extend(longer.map(|length| format!("{number:0>length$}")));
    }
    forms
}

/// Whether it has a GTIN's length and check digit (GS1 General Specifications, section 7.9). Zeros alone are a
/// number of nothing.
fn is_gtin(barcode: &str) -> bool {
    let digits = barcode.bytes().rev().map(|digit| u32::from(digit.wrapping_sub(b'0')));
    let weighted = digits.zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight);
    GTIN_LENGTHS.contains(&barcode.len())
        && barcode.bytes().all(|digit| digit.is_ascii_digit())
        && barcode.bytes().any(|digit| digit != b'0')
        && weighted.sum::<u32>().is_multiple_of(10)
}

/// The same for SKUs that people take for the same.
pub fn sku_key(sku: &str) -> String {
    sku.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gtin_is_one_number_however_many_zeros_stand_before_it() {
        for barcode in ["049000006346", "0049000006346", "00049000006346"] {
            assert_eq!(barcode_key(barcode), "00049000006346");
            let mut forms = barcode_forms(barcode);
            assert_eq!(forms[0], barcode);
            forms.sort();
            assert_eq!(forms, ["00049000006346", "0049000006346", "049000006346"]);
        }
        assert_eq!(barcode_forms("96385074").len(), 4);
        assert_eq!(barcode_forms("6222385107622"), ["6222385107622", "06222385107622"]);
    }

    #[test]
    fn what_is_no_gtin_is_itself_alone() {
        for barcode in
            ["", "0", "00000000", "0049000006347", "04900000634", "A49000006346", "2100001", "é9000006346"]
        {
            assert_eq!(barcode_key(barcode), barcode);
            assert_eq!(barcode_forms(barcode), [barcode]);
        }
    }
}
