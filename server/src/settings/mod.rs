//! The shop's settings as the rules need them.

pub mod queries;

use chrono_tz::Tz;
use kassa_proto::{
    money::Currency,
    pricing::{CashMode, CashRounding, Rounding, Rules, TaxRounding},
    v1 as pb,
};
use uuid::Uuid;

use crate::{
    books::{Stop, WorkingSet},
    caller::Caller,
    error::Error,
    store::entity::{branch, business},
};

/// The caller's shop.
///
/// # Errors
/// [`Stop::MissingRows`] if it is not loaded.
pub fn shop<'a>(books: &'a WorkingSet, caller: &Caller) -> Result<&'a business::Model, Stop> {
    books.require(&caller.business_id, || Error::internal("the caller's business is gone"))
}

/// The shop that a document belongs to, by its branch.
///
/// # Errors
/// [`Stop::MissingRows`] if it is not loaded.
pub fn shop_of_branch(books: &WorkingSet, branch_id: Uuid) -> Result<&business::Model, Stop> {
    let branch =
        books.require::<branch::Model>(&branch_id, || Error::internal("a document's branch is gone"))?;
    books.require(&branch.business_id, || Error::internal("a branch's business is gone"))
}

/// The shop's currency.
///
/// # Errors
/// INTERNAL: only currencies of ISO 4217 are ever stored.
pub fn currency(business: &business::Model) -> Result<Currency, Error> {
    let code = &business.currency_code;
    Currency::from_code(code).ok_or_else(|| Error::internal(format_args!("the currency {code:?} is stored")))
}

/// The shop's time zone.
///
/// # Errors
/// INTERNAL: only zones that exist are ever stored.
pub fn time_zone(business: &business::Model) -> Result<Tz, Error> {
    let name = &business.time_zone;
    name.parse().map_err(|_| Error::internal(format_args!("the time zone {name:?} is stored")))
}

/// The settings that the arithmetic of a sale depends on.
pub fn pricing_rules(business: &business::Model) -> Rules {
    Rules {
        prices_include_tax: business.prices_include_tax,
        tax_rounding: match pb::TaxRounding::try_from(business.tax_rounding) {
            Ok(pb::TaxRounding::PerRate) => TaxRounding::PerRate,
            Ok(pb::TaxRounding::PerLine | pb::TaxRounding::Unspecified) | Err(_) => TaxRounding::PerLine,
        },
        rounding: match pb::RoundingMode::try_from(business.rounding_mode) {
            Ok(pb::RoundingMode::HalfEven) => Rounding::HalfEven,
            Ok(pb::RoundingMode::HalfAwayFromZero | pb::RoundingMode::Unspecified) | Err(_) => {
                Rounding::HalfAwayFromZero
            }
        },
        cash: CashRounding {
            unit: business.cash_unit,
            total: cash_mode(business.cash_total_mode),
            change: cash_mode(business.cash_change_mode),
            refund: cash_mode(business.cash_refund_mode),
            small_coins: business.small_coins,
        },
    }
}

fn cash_mode(number: i32) -> CashMode {
    match pb::CashRoundingMode::try_from(number) {
        // Until three modes were asked for with a coin, one could be left out, and paid what no coin can make.
        Ok(pb::CashRoundingMode::HalfUp | pb::CashRoundingMode::Unspecified) | Err(_) => CashMode::HalfUp,
        Ok(pb::CashRoundingMode::HalfDown) => CashMode::HalfDown,
        Ok(pb::CashRoundingMode::Up) => CashMode::Up,
        Ok(pb::CashRoundingMode::Down) => CashMode::Down,
    }
}

/// What to say of cash that coins can't make.
pub fn no_coins(currency: Currency, cash: &CashRounding) -> String {
    format!("can't be made of coins: the smallest is {}", currency.format(cash.unit))
}

/// The numbers that an order keeps of the settings.
pub fn rounding_numbers(business: &business::Model) -> [i32; 2] {
    [business.tax_rounding, business.rounding_mode]
}
