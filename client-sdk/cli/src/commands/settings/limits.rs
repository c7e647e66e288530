//! What each role may do without approval: `cashier.most_discount=15%`.

use kassa_client::{
    money,
    proto::{
        decimal::Rate,
        money::{Currency, MAX_AMOUNT_MINOR},
        v1::{Money, Role, RoleLimits, Settings},
    },
};

use super::change::truth;
use crate::{amount, message::word, table::table};

pub const HELP: &str = "
Limits of a role, behind cashier., supervisor., admin. or owner.:
  most_discount       the most that discounts take off, such as 15%
  most_paid_out       the most paid out of the drawer at once, such as 20.00; or unlimited
  most_drop           the most that goes to the safe, the bank or another drawer at once; or unlimited
  most_variance       the most by which a count differs without a reason, and a cashier's count of
                      an open shift without approval; or unlimited
  most_stock_adjustment
                      the most that one adjustment of the stock is worth; or unlimited
  price_override, void_sale, open_drawer, refund_other_tender
                      yes or no: whether the role does it without approval";

const UNLIMITED: &str = "unlimited";

/// Writes a change of a role's limits, if the name is one.
pub fn set(settings: &mut Settings, name: &str, value: &str) -> Option<Result<(), String>> {
    let (role, limit) = name.split_once('.')?;
    let role = Role::from_str_name(&format!("ROLE_{}", role.to_uppercase()))?;
    let currency = settings.currency_code.clone();
    let limits = settings.role_limits.iter_mut().find(|limits| limits.role() == role)?;
    Some(set_limit(limits, limit, value, &currency))
}

fn set_limit(limits: &mut RoleLimits, limit: &str, value: &str, currency: &str) -> Result<(), String> {
    match limit {
        "most_discount" => {
            let percent = value.trim().trim_end_matches('%').trim_end();
            let rate = Rate::parse(percent).map_err(|error| format!("{error}, such as 15%"))?;
            limits.most_discount_percent = Some(rate.into());
        }
        "most_paid_out" => limits.most_paid_out = Some(most(value, currency)?),
        "most_drop" => limits.most_drop = Some(most(value, currency)?),
        "most_variance" => limits.most_variance = Some(most(value, currency)?),
        "most_stock_adjustment" => limits.most_stock_adjustment = Some(most(value, currency)?),
        "price_override" => limits.price_override = truth(value)?,
        "void_sale" => limits.void_sale = truth(value)?,
        "open_drawer" => limits.open_drawer = truth(value)?,
        "refund_other_tender" => limits.refund_other_tender = truth(value)?,
        _ => return Err(format!("there is no limit `{limit}`: see `kassa settings set --help`")),
    }
    Ok(())
}

fn most(value: &str, currency: &str) -> Result<Money, String> {
    if value == UNLIMITED {
        return Ok(money(MAX_AMOUNT_MINOR));
    }
    let currency = Currency::from_code(currency);
    let currency = currency.ok_or_else(|| "the shop's currency is not known to this program".to_owned())?;
    match currency.parse(value) {
        Ok(minor) if (0..=MAX_AMOUNT_MINOR).contains(&minor) => Ok(money(minor)),
        _ => Err(format!("an amount such as {}, or {UNLIMITED}", currency.format(2_000))),
    }
}

/// A column for each role, a row for each limit.
pub fn show(limits: &[RoleLimits]) -> String {
    let roles: Vec<String> = limits.iter().map(|limits| word(limits.role().as_str_name(), "ROLE_")).collect();
    let mut names = vec!["without approval"];
    let columns: Vec<String> = roles.iter().map(|role| format!(">{role}")).collect();
    names.extend(columns.iter().map(String::as_str));
    let mut shown = table(&names);
    let yes_or_no = |may: bool| if may { "yes" } else { "no" }.to_owned();
    type Limit<'a> = (&'a str, &'a dyn Fn(&RoleLimits) -> String);
    let rows: [Limit; 9] = [
        ("most_discount", &|limits| {
            format!("{}%", limits.most_discount_percent.clone().unwrap_or_default().value)
        }),
        ("most_paid_out", &|limits| show_most(limits.most_paid_out.as_ref())),
        ("most_drop", &|limits| show_most(limits.most_drop.as_ref())),
        ("most_variance", &|limits| show_most(limits.most_variance.as_ref())),
        ("most_stock_adjustment", &|limits| show_most(limits.most_stock_adjustment.as_ref())),
        ("price_override", &|limits| yes_or_no(limits.price_override)),
        ("void_sale", &|limits| yes_or_no(limits.void_sale)),
        ("open_drawer", &|limits| yes_or_no(limits.open_drawer)),
        ("refund_other_tender", &|limits| yes_or_no(limits.refund_other_tender)),
    ];
    for (name, value) in rows {
        let mut row = vec![name.to_owned()];
        row.extend(limits.iter().map(value));
        shown.add_row(row);
    }
    shown.trim_fmt()
}

fn show_most(amount: Option<&Money>) -> String {
    if amount.is_some_and(|amount| amount.amount_minor >= MAX_AMOUNT_MINOR) {
        return UNLIMITED.to_owned();
    }
    amount::show(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Settings {
        let cashier = RoleLimits { role: Role::Cashier.into(), ..Default::default() };
        Settings { currency_code: "USD".to_owned(), role_limits: vec![cashier], ..Default::default() }
    }

    #[test]
    fn a_role_and_a_limit_are_one_name() {
        let mut settings = shop();
        for (name, value) in [
            ("cashier.most_discount", "12.5%"),
            ("cashier.most_paid_out", "20"),
            ("cashier.most_drop", "200"),
            ("cashier.most_variance", "unlimited"),
            ("cashier.void_sale", "yes"),
        ] {
            set(&mut settings, name, value).unwrap().unwrap();
        }
        let limits = &settings.role_limits[0];
        assert_eq!(limits.most_discount_percent.as_ref().unwrap().value, "12.5");
        assert_eq!(limits.most_paid_out, Some(money(20_00)));
        assert_eq!(limits.most_drop, Some(money(200_00)));
        assert_eq!(limits.most_variance, Some(money(MAX_AMOUNT_MINOR)));
        assert!(limits.void_sale && !limits.price_override);
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        let mut settings = shop();
        for (name, value) in [
            ("cashier.most_discount", "much"),
            ("cashier.most_paid_out", "-1"),
            ("cashier.most_paid_out", "1.234"),
            ("cashier.void_sale", "perhaps"),
            ("cashier.fly", "yes"),
        ] {
            assert!(set(&mut settings, name, value).unwrap().is_err(), "{name}={value}");
        }
        assert!(set(&mut settings, "cash_rounding.total", "none").is_none());
        assert!(set(&mut settings, "baker.void_sale", "yes").is_none());
    }
}
