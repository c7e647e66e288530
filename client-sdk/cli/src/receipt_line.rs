//! What is typed for a line of a sale: `6224074096064`, `2x6224074096064`, `1.235x2100101000003`.

use std::str::FromStr;

use kassa_client::proto::decimal::Quantity;

/// A quantity of what has this barcode, or, where no barcode is like it, this SKU. Where goods come back, also of
/// the line of their sale with this number: `1x#2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptLine {
    pub quantity: Quantity,
    pub code: String,
}

impl FromStr for ReceiptLine {
    type Err = String;

    /// The first `x` that follows a number divides the two. A SKU such as `6x9-FRAME` needs its
    /// quantity written: `1x6x9-FRAME`.
    fn from_str(text: &str) -> Result<Self, String> {
        let divided = text.split_once(['x', 'X', '*', '×']);
        let (quantity, code) = match divided {
            Some((number, code)) if is_number(number) => {
                (Quantity::parse(number).map_err(|error| format!("the quantity {number} is {error}"))?, code)
            }
            _ => (Quantity::from_thousandths(1000), text),
        };
        if quantity <= Quantity::default() {
            return Err("the quantity must be more than zero".to_owned());
        }
        if code.is_empty() || code.chars().any(char::is_whitespace) {
            return Err("a line looks like 2x6224074096064: a quantity, x, and a barcode or SKU".to_owned());
        }
        Ok(Self { quantity, code: code.to_owned() })
    }
}

/// Whether this is meant as a number, be it a good one or not.
fn is_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String) {
        let line: ReceiptLine = text.parse().unwrap();
        (line.quantity.to_string(), line.code)
    }

    fn pair(quantity: &str, code: &str) -> (String, String) {
        (quantity.to_owned(), code.to_owned())
    }

    #[test]
    fn a_barcode_alone_is_one_of_it() {
        assert_eq!(read("6224074096064"), pair("1", "6224074096064"));
    }

    #[test]
    fn quantities_stand_before_an_x() {
        assert_eq!(read("2x6224074096064"), pair("2", "6224074096064"));
        assert_eq!(read("1.235x2100101000003"), pair("1.235", "2100101000003"));
        assert_eq!(read("3*BAK-001"), pair("3", "BAK-001"));
        assert_eq!(read("3×BAK-001"), pair("3", "BAK-001"));
        assert_eq!(read("1x#2"), pair("1", "#2"));
    }

    #[test]
    fn an_x_in_a_sku_is_no_quantity() {
        assert_eq!(read("BOX-12"), pair("1", "BOX-12"));
        assert_eq!(read("1x6x9-FRAME"), pair("1", "6x9-FRAME"));
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for bad in ["", "2x", "0x622", "-1x622", "1.2345x622", "1.x622", "two words"] {
            assert!(bad.parse::<ReceiptLine>().is_err(), "{bad}");
        }
    }
}
