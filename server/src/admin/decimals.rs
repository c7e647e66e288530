//! Amounts are stored in minor units. In a currency with other decimals each would be another: 32.50 would be
//! 3.250.

use kassa_proto::{
    money::{Currency, MAX_AMOUNT_MINOR},
    v1::ErrorReason as Reason,
};

use crate::{
    books::{ReadSet, Stop, WorkingSet},
    error::Error,
    settings::currency,
    store::entity::{
        business,
        register::{self, RegisterIndex},
        role_limit::{self, RoleLimitIndex},
    },
};

/// What a change of the currency says anew, in the new one.
pub struct SaidAnew<'a> {
    /// The smallest coin.
    pub coin: bool,
    /// The limits of these roles, by number.
    pub roles: &'a [i32],
}

/// Names what [`keep`] needs.
pub fn read_set(read_set: &mut ReadSet) {
    read_set.all::<register::Model>(RegisterIndex::Any);
}

/// Refuses a currency with other decimals while amounts are stored that the change doesn't say anew.
///
/// # Errors
/// `CURRENCY_FROZEN` with what is stored and the way out.
pub fn keep(
    books: &WorkingSet,
    business: &business::Model,
    to: Currency,
    anew: &SaidAnew<'_>,
) -> Result<(), Stop> {
    let from = currency(business)?;
    if from.exponent() == to.exponent() {
        return Ok(());
    }
    let drawers = books.find::<register::Model>(&RegisterIndex::Any)?;
    let limits = books.find::<role_limit::Model>(&RoleLimitIndex::Business(business.id))?;
    let new_shop = "begin a new data folder in it, and import the price list there";
    let (stored, way_out) = if business.catalog_version > 0 {
        // Products are never deleted: a catalogue that was ever published has prices.
        ("prices", new_shop)
    } else if drawers.iter().any(|drawer| drawer.last_movement_sequence > 0) {
        ("amounts in a drawer", new_shop)
    } else if business.cash_unit > 0 && !anew.coin {
        ("a smallest coin", "write cash_rounding in the same change")
    } else if limits.iter().any(|limits| has_amounts(limits) && !anew.roles.contains(&limits.role)) {
        ("limits of roles", "write role_limits in the same change")
    } else {
        return Ok(());
    };
    let (from, places, code) = (from.code(), from.exponent(), to.code());
    let message = format!(
        "there are {stored} in {from} with {places} decimals, and {code} has {}; {way_out}",
        to.exponent(),
    );
    let description = format!("has other decimals than the {stored} that there are");
    Err(Error::new(Reason::CurrencyFrozen, message).field("settings.currency_code", description).into())
}

/// Whether a role has a limit that is an amount: nothing is nothing, and no limit none, in any currency.
fn has_amounts(limits: &role_limit::Model) -> bool {
    [limits.most_paid_out, limits.most_variance, limits.most_stock_adjustment, limits.most_drop]
        .iter()
        .any(|most| !matches!(*most, 0 | MAX_AMOUNT_MINOR))
}
