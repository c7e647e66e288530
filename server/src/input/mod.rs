//! How requests become domain values: a converted value can't be wrong later.

mod card_numbers;
pub mod writing;

use chrono::NaiveDate;
use kassa_proto::v1::ErrorReason as Reason;
use kassa_proto::{
    decimal::{DecimalError, Quantity, Rate},
    money::{MAX_AMOUNT_MINOR, MAX_SUM_MINOR},
    v1 as pb,
};
use prost_types::Timestamp;
use uuid::Uuid;

use crate::{encoding::time::micros, error::Error};

/// An amount that was asked for. Its currency is compared with the shop's where the shop is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// ISO 4217; empty means the shop's.
    pub currency: String,
    /// Minor units, within the limit.
    pub minor: i64,
}

impl Amount {
    /// Minor units of the shop's currency.
    pub fn of_shop(minor: i64) -> Self {
        Self { currency: String::new(), minor }
    }

    /// The minor units, if the currency is the shop's.
    ///
    /// # Errors
    /// `CURRENCY_MISMATCH` with both.
    pub fn in_currency(&self, shop: &str, path: impl FnOnce() -> String) -> Result<i64, Error> {
        if self.currency.is_empty() || self.currency == shop {
            return Ok(self.minor);
        }
        let path = path();
        let message = format!("{path}: the shop's currency is {shop}, not {}", self.currency);
        let error = Error::new(Reason::CurrencyMismatch, message);
        Err(error.field(path, "another currency").with("shop", shop).with("given", &self.currency))
    }
}

/// An amount that must be there, and may be negative.
///
/// # Errors
/// `AMOUNT_OVERFLOW` beyond the limit, `INVALID_FIELD` if it is missing.
pub fn signed_amount(money: Option<pb::Money>, path: impl Fn() -> String) -> Result<Amount, Error> {
    let money = money.ok_or_else(|| Error::invalid(path(), "is required"))?;
    within(money, MAX_AMOUNT_MINOR, path)
}

fn within(money: pb::Money, most: i64, path: impl Fn() -> String) -> Result<Amount, Error> {
    if !(-most..=most).contains(&money.amount_minor) {
        return Err(Error::beyond(most, path()));
    }
    Ok(Amount { currency: money.currency_code, minor: money.amount_minor })
}

/// An optional amount.
///
/// # Errors
/// `AMOUNT_OVERFLOW` beyond the limit, `INVALID_FIELD` below zero.
pub fn amount(money: Option<pb::Money>, path: impl Fn() -> String) -> Result<Option<Amount>, Error> {
    from_zero(money, MAX_AMOUNT_MINOR, path)
}

fn from_zero(
    money: Option<pb::Money>,
    most: i64,
    path: impl Fn() -> String,
) -> Result<Option<Amount>, Error> {
    let Some(money) = money else { return Ok(None) };
    let amount = within(money, most, &path)?;
    if amount.minor < 0 {
        return Err(Error::invalid(path(), "must not be negative"));
    }
    Ok(Some(amount))
}

/// An optional amount of many sales together: what is counted, or moves between drawers and safes.
///
/// # Errors
/// As [`amount`], beyond a limit with more room.
pub fn sum(money: Option<pb::Money>, path: impl Fn() -> String) -> Result<Option<Amount>, Error> {
    from_zero(money, MAX_SUM_MINOR, path)
}

/// The same, where it must be there.
///
/// # Errors
/// As [`sum`], and `INVALID_FIELD` if it is missing.
pub fn required_sum(money: Option<pb::Money>, path: impl Fn() -> String) -> Result<Amount, Error> {
    sum(money, &path)?.ok_or_else(|| Error::invalid(path(), "is required"))
}

/// An amount that must be there.
///
/// # Errors
/// As [`amount`], and `INVALID_FIELD` if it is missing.
pub fn required_amount(money: Option<pb::Money>, path: impl Fn() -> String) -> Result<Amount, Error> {
    amount(money, &path)?.ok_or_else(|| Error::invalid(path(), "is required"))
}

/// An optional id: a UUID in its usual form.
///
/// # Errors
/// `INVALID_FIELD` if it is no UUID.
pub fn id(text: &str, path: impl FnOnce() -> String) -> Result<Option<Uuid>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    match Uuid::try_parse(text) {
        Ok(id) if !id.is_nil() => Ok(Some(id)),
        _ => Err(Error::invalid(path(), "is no UUID such as 01980e3a-5f00-7000-8000-000000000000")),
    }
}

/// An id that must be there.
///
/// # Errors
/// As [`id`], and `INVALID_FIELD` if it is empty.
pub fn required_id(text: &str, path: impl Fn() -> String) -> Result<Uuid, Error> {
    id(text, &path)?.ok_or_else(|| Error::invalid(path(), "is required"))
}

/// A filter by a value of the enum `E`; zero filters nothing. A number that the contract does not have would be a
/// filter that finds nothing, as if there were none.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn filter<E: TryFrom<i32>>(number: i32, path: impl FnOnce() -> String) -> Result<Option<i32>, Error> {
    match E::try_from(number) {
        _ if number == 0 => Ok(None),
        Ok(_) => Ok(Some(number)),
        Err(_) => Err(Error::invalid(path(), format!("has no value {number}"))),
    }
}

/// An optional time, as microseconds.
///
/// # Errors
/// `INVALID_FIELD` if it is out of range.
pub fn time(time: Option<&Timestamp>, path: &str) -> Result<Option<i64>, Error> {
    let Some(time) = time else { return Ok(None) };
    micros(time).map(Some).ok_or_else(|| Error::invalid(path, "is out of range"))
}

/// A quantity that must be there, of any sign.
///
/// # Errors
/// `INVALID_FIELD`, or `AMOUNT_OVERFLOW` if it is too large.
pub fn quantity(decimal: Option<&pb::Decimal>, path: impl Fn() -> String) -> Result<Quantity, Error> {
    let text = decimal.map_or("", |decimal| decimal.value.as_str());
    if text.is_empty() {
        return Err(Error::invalid(path(), "is required"));
    }
    Quantity::parse(text).map_err(|error| number(&error, path()))
}

/// A quantity that must be there, zero or more.
///
/// # Errors
/// As [`quantity`].
pub fn quantity_from_zero(
    decimal: Option<&pb::Decimal>,
    path: impl Fn() -> String,
) -> Result<Quantity, Error> {
    let quantity = quantity(decimal, &path)?;
    if quantity < Quantity::default() {
        return Err(Error::invalid(path(), "must not be negative"));
    }
    Ok(quantity)
}

/// A percentage, 0 where it is empty.
///
/// # Errors
/// `INVALID_FIELD` if it is no percentage between 0 and 100.
pub fn rate(decimal: Option<&pb::Decimal>, path: impl Fn() -> String) -> Result<Rate, Error> {
    let text = decimal.map_or("", |decimal| decimal.value.as_str());
    let rate = if text.is_empty() { Ok(Rate::default()) } else { Rate::parse(text) };
    match rate {
        Ok(rate) if (0..=1_000_000).contains(&rate.ten_thousandths()) => Ok(rate),
        Ok(_) => Err(Error::invalid(path(), "must be 0 to 100 percent")),
        Err(error) => Err(number(&error, path())),
    }
}

/// A day of the calendar, from 1970 on.
///
/// # Errors
/// `INVALID_FIELD` if there is no such day.
pub fn date(date: &pb::Date, path: &str) -> Result<NaiveDate, Error> {
    let part = |number: i32| u32::try_from(number).ok();
    let day = (1970..=9999).contains(&date.year).then_some(date.year);
    let day = day.zip(part(date.month)).zip(part(date.day));
    day.and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year, month, day))
        .ok_or_else(|| Error::invalid(path, "is no date"))
}

fn number(error: &DecimalError, path: String) -> Error {
    match error {
        DecimalError::OutOfRange => Error::overflow(path),
        DecimalError::NotANumber | DecimalError::TooManyPlaces { .. } => {
            Error::invalid(path, error.to_string())
        }
    }
}

/// What a person writes on one line: a reason, a label, a discount's name. It must not hold a card number.
/// Barcodes and SKUs are not looked at like this: every tenth EAN-13 passes Luhn's check too.
///
/// # Errors
/// As [`line`]; `CARD_NUMBER_REFUSED` if it holds a card number.
pub fn free_line(text: String, most: usize, path: impl Fn() -> String) -> Result<String, Error> {
    without_card_number(line(text, most, &path)?, path)
}

/// What a person writes on as many lines as they like: a note, an address.
///
/// # Errors
/// As [`lines`]; `CARD_NUMBER_REFUSED` if it holds a card number.
pub fn free_lines(text: String, most: usize, path: impl Fn() -> String) -> Result<String, Error> {
    without_card_number(lines(text, most, &path)?, path)
}

fn without_card_number(text: String, path: impl Fn() -> String) -> Result<String, Error> {
    match card_numbers::last_four(&text) {
        None => Ok(text),
        Some(last) => {
            let message =
                format!("the digits ending in {last} look like a card number, and Kassa never stores one");
            Err(Error::of_field(Reason::CardNumberRefused, path(), message))
        }
    }
}

/// As [`free_line`], where there must be a word.
///
/// # Errors
/// As [`free_line`]; `INVALID_FIELD` if nothing is written.
pub fn required_free_line(text: String, most: usize, path: impl Fn() -> String) -> Result<String, Error> {
    if text.trim().is_empty() {
        return Err(Error::invalid(path(), "is required"));
    }
    free_line(text, most, path)
}

/// A text of one line and at most `most` characters: what is printed beside amounts could otherwise print
/// amounts of its own.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn line(text: String, most: usize, path: impl Fn() -> String) -> Result<String, Error> {
    let text = short(blank_as_empty(text), most, &path)?;
    match writing::fault_of_line(&text) {
        None => Ok(text),
        Some(fault) => Err(Error::invalid(path(), fault)),
    }
}

/// A text of several lines and at most `most` characters. Its lines end with `\n`, as those of `\r\n` do here.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn lines(text: String, most: usize, path: impl Fn() -> String) -> Result<String, Error> {
    let text = if text.contains('\r') { text.replace("\r\n", "\n") } else { text };
    let text = short(text, most, &path)?;
    match writing::fault_of_lines(&text) {
        None => Ok(text),
        Some(fault) => Err(Error::invalid(path(), fault)),
    }
}

/// What is looked for, and never stored: it may be what was stored before there were rules for it.
///
/// # Errors
/// `INVALID_FIELD` if it is too long, or holds control characters that no text ever had.
pub fn sought(text: String, most: usize, path: impl Fn() -> String) -> Result<String, Error> {
    let text = short(text, most, &path)?;
    if text.chars().any(|sign| sign.is_control() && !matches!(sign, '\n' | '\r' | '\t')) {
        return Err(Error::invalid(path(), "holds control characters"));
    }
    Ok(text)
}

fn short(text: String, most: usize, path: impl Fn() -> String) -> Result<String, Error> {
    if text.chars().count() > most {
        return Err(Error::invalid(path(), format!("has more than {most} characters")));
    }
    Ok(text)
}

/// Blanks alone say nothing, and are no fault.
fn blank_as_empty(text: String) -> String {
    if text.chars().all(|sign| sign == ' ') { String::new() } else { text }
}

/// A name that must be there: as [`line`], without blanks around it.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn name(text: String, most: usize, path: impl Fn() -> String) -> Result<String, Error> {
    let name = line(text.trim().to_owned(), most, &path)?;
    if name.is_empty() { Err(Error::invalid(path(), "is required")) } else { Ok(name) }
}

/// A branch's or a register's code: 1 to 8 capital letters and digits. It stands in receipt numbers.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn code(text: String, path: impl FnOnce() -> String) -> Result<String, Error> {
    let fits = (1..=8).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        Ok(text)
    } else {
        Err(Error::invalid(path(), "must be 1 to 8 capital letters and digits, such as R2"))
    }
}

/// A list of at most `most` items.
///
/// # Errors
/// `INVALID_FIELD` with the limit.
pub fn at_most<T>(items: &[T], most: usize, path: &str) -> Result<(), Error> {
    if items.len() > most {
        let description = format!("has {} items; at most {most} are allowed", items.len());
        return Err(Error::invalid(path, description));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_is_told_by_its_last_digits_and_never_repeated() {
        let refused =
            free_line("card 4111 1111 1111 1111".to_owned(), 100, || "note".to_owned()).unwrap_err();
        assert_eq!(refused.reason(), Reason::CardNumberRefused);
        let shown = format!("{refused:?}");
        assert!(shown.contains("ending in 1111") && !shown.contains("4111"), "{shown}");
    }

    #[test]
    fn a_name_is_one_line_and_a_note_has_several() {
        let path = || "name".to_owned();
        for bad in ["Promo\nTOTAL 99.00", "\u{200b}", "a\u{202e}b"] {
            assert_eq!(
                name(bad.to_owned(), 100, path).unwrap_err().reason(),
                Reason::InvalidField,
                "{bad:?}"
            );
        }
        assert_eq!(lines("one\r\ntwo".to_owned(), 100, path).unwrap(), "one\ntwo");
        assert_eq!(line("  ".to_owned(), 100, path).unwrap(), "");
    }

    #[test]
    fn an_amount_beyond_the_limit_is_an_overflow_and_a_negative_one_is_invalid() {
        let ask = |minor| {
            let money = pb::Money { currency_code: String::new(), amount_minor: minor };
            amount(Some(money), || "total".to_owned()).map(|amount| amount.map(|amount| amount.minor))
        };
        assert_eq!(ask(MAX_AMOUNT_MINOR).unwrap(), Some(MAX_AMOUNT_MINOR));
        for minor in [i64::MIN, MAX_AMOUNT_MINOR + 1, i64::MAX] {
            assert_eq!(ask(minor).unwrap_err().reason(), Reason::AmountOverflow);
        }
        assert_eq!(ask(-1).unwrap_err().reason(), Reason::InvalidField);
    }
}
