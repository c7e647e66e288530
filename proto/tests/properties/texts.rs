use kassa_proto::{
    decimal::{DecimalError, Quantity, Rate},
    money::Currency,
    v1,
};
use proptest::{prelude::*, sample::select};

use crate::inputs::{any_number, config};

fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect("an active currency")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn numbers_are_read_as_they_were_written(count in any_number(), code in select(vec!["JPY", "EGP", "KWD"])) {
        let quantity = Quantity::from_thousandths(count);
        prop_assert_eq!(Quantity::parse(&quantity.to_string()), Ok(quantity));
        prop_assert_eq!(Quantity::try_from(&v1::Decimal::from(quantity)), Ok(quantity));
        let rate = Rate::from_ten_thousandths(count);
        prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
        prop_assert_eq!(Rate::try_from(&v1::Decimal::from(rate)), Ok(rate));
        prop_assert_eq!(currency(code).parse(&currency(code).format(count)), Ok(count));
    }

    #[test]
    fn quantities_and_rates_are_written_without_zeros_at_the_end(count in any_number()) {
        for text in [Quantity::from_thousandths(count).to_string(), Rate::from_ten_thousandths(count).to_string()] {
            prop_assert!(!text.contains('.') || !text.ends_with(['0', '.']), "{text}");
        }
    }

    #[test]
    fn only_digits_with_a_sign_and_a_point_are_numbers(text in "[-+0-9., e_]{0,8}|\\PC{0,12}") {
        let (whole, fraction) =
            text.strip_prefix('-').unwrap_or(&text).split_once('.').map_or((&*text, None), |(whole, fraction)| {
                (whole, Some(fraction))
            });
        let digits = |part: &str| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit());
        let whole = whole.strip_prefix('-').unwrap_or(whole);
        let is_number = digits(whole) && fraction.is_none_or(digits) && !text.starts_with("--");
        prop_assert_eq!(Quantity::parse(&text) != Err(DecimalError::NotANumber), is_number);
    }
}

#[test]
fn every_active_currency_has_its_minor_unit() {
    let exponents = [("USD", 2), ("EUR", 2), ("EGP", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("IQD", 3)];
    for (code, exponent) in exponents {
        assert_eq!((currency(code).code(), currency(code).exponent()), (code, exponent));
    }
    let letters = || (b'A'..=b'Z').map(char::from);
    let active = letters()
        .flat_map(|a| letters().flat_map(move |b| letters().map(move |c| String::from_iter([a, b, c]))))
        .filter(|code| Currency::from_code(code).is_some())
        .count();
    assert_eq!(active, 155);
    for gone in ["", "usd", "US", "USDX", "DEM", "HRK", "BGN", "XAU", "XXX", "XTS", "\u{20ac}"] {
        assert_eq!(Currency::from_code(gone), None, "{gone}");
    }
}

#[test]
fn an_amount_names_its_currency() {
    let price = v1::Money::new(currency("KWD"), 1500);
    assert_eq!((price.currency_code.as_str(), price.amount_minor), ("KWD", 1500));
}

#[test]
fn a_refusal_says_where_and_why() {
    use kassa_proto::pricing::{Place, PricingError, PricingErrorKind};
    let error = PricingError { place: Place::LineDiscount(1, 0), kind: PricingErrorKind::ExceedsRemainder };
    assert_eq!(error.to_string(), "lines[1].discounts[0]: the discount is larger than what it reduces");
    assert_eq!(Place::Tender(2).to_string(), "tenders[2]");
    assert_eq!(Place::OrderDiscount(0).to_string(), "discounts[0]");
    assert_eq!(DecimalError::TooManyPlaces { max: 3 }.to_string(), "more than 3 decimal places");
}
