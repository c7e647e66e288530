//! Amounts as people read and write them.

use kassa_client::{
    money,
    proto::{
        money::{Currency, MAX_SUM_MINOR},
        v1::Money,
    },
};

use crate::failure::Failure;

/// `12.50 USD`; nothing where there is no amount.
pub fn show(amount: Option<&Money>) -> String {
    let Some(Money { currency_code, amount_minor }) = amount else { return String::new() };
    match Currency::from_code(currency_code) {
        Some(currency) => format!("{} {currency_code}", currency.format(*amount_minor)),
        // Of a server that knows more currencies: its minor units are the truth there is.
        None => format!("{amount_minor} minor units of {currency_code}"),
    }
}

/// The minor units of an amount; none is zero.
pub fn minor(amount: Option<&Money>) -> i64 {
    amount.map_or(0, |amount| amount.amount_minor)
}

/// Reads an amount of an option, such as `--cash 12.50`: zero or more.
pub fn read(option: &str, text: &str, currency: Currency) -> Result<Money, Failure> {
    let wrong = |problem: String| {
        let code = currency.code();
        Failure::Usage(format!(
            "{option} {text}: {problem}; an amount in {code} looks like {}",
            currency.format(1250)
        ))
    };
    let minor = currency.parse(text).map_err(|error| wrong(error.to_string()))?;
    if minor < 0 {
        return Err(wrong("less than zero".to_owned()));
    }
    if minor > MAX_SUM_MINOR {
        return Err(wrong("more than the server takes".to_owned()));
    }
    Ok(money(minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_their_currencys_places() {
        let shown =
            |code: &str, minor| show(Some(&Money { currency_code: code.to_owned(), amount_minor: minor }));
        assert_eq!(shown("USD", 1250), "12.50 USD");
        assert_eq!(shown("JPY", 1250), "1250 JPY");
        assert_eq!(shown("KWD", -1250), "-1.250 KWD");
        assert_eq!(shown("XXX", 5), "5 minor units of XXX");
    }

    #[test]
    fn amounts_are_read_in_major_units() {
        let usd = Currency::from_code("USD").unwrap();
        assert_eq!(read("--cash", "200", usd).unwrap(), money(20_000));
        for bad in ["", "1,5", "-1", "1.234", "99999999999999"] {
            assert!(read("--cash", bad, usd).unwrap_err().to_string().starts_with("--cash"), "{bad}");
        }
    }
}
