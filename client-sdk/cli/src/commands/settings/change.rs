//! What is typed for a setting: `NAME=VALUE`.

use kassa_client::proto::{
    money::Currency,
    v1::{CashRounding, CashRoundingMode, RoundingMode, Settings, TaxRounding},
};

use super::limits;

pub const HELP: &str = "Settings:
  name                the shop's name on receipts
  currency_code       an ISO 4217 code such as EGP; frozen after the first order
  time_zone           an IANA name such as Africa/Cairo
  prices_include_tax  true or false
  tax_rounding        per_line or per_rate
  rounding_mode       half_away_from_zero or half_even
  cash_rounding       none, or the smallest coin, as money: 0.05, 0.25, 1
  cash_rounding.total, cash_rounding.change, cash_rounding.refund
                      half_up, half_down, up or down
  cash_rounding.small_coins
                      true or false: whether sales take smaller coins all the same
  receipt_header      lines above every receipt; \\n between them
  receipt_footer      lines below every receipt; \\n between them
  modules.customers, modules.purchasing, modules.stock_transfers, modules.attendance
                      on or off: whether the shop uses that part of Kassa";

/// Writes a change into the settings, and says what the update mask calls it.
pub fn apply(settings: &mut Settings, change: &str) -> Result<&'static str, String> {
    let (name, value) =
        change.split_once('=').ok_or_else(|| format!("{change}: it must look like NAME=VALUE"))?;
    let path = set(settings, name.trim(), value).map_err(|problem| format!("{change}: {problem}"))?;
    Ok(path)
}

fn set(settings: &mut Settings, name: &str, value: &str) -> Result<&'static str, String> {
    match name {
        "name" => {
            value.clone_into(&mut settings.name);
            Ok("name")
        }
        "currency_code" => {
            settings.currency_code = value.to_uppercase();
            Ok("currency_code")
        }
        "time_zone" => {
            value.clone_into(&mut settings.time_zone);
            Ok("time_zone")
        }
        "prices_include_tax" => {
            settings.prices_include_tax = truth(value)?;
            Ok("prices_include_tax")
        }
        "tax_rounding" => {
            settings.tax_rounding = choice(value, "TAX_ROUNDING_", TaxRounding::from_str_name)?.into();
            Ok("tax_rounding")
        }
        "rounding_mode" => {
            settings.rounding_mode = choice(value, "ROUNDING_MODE_", RoundingMode::from_str_name)?.into();
            Ok("rounding_mode")
        }
        "receipt_header" => {
            settings.receipt_header = value.replace("\\n", "\n");
            Ok("receipt_header")
        }
        "receipt_footer" => {
            settings.receipt_footer = value.replace("\\n", "\n");
            Ok("receipt_footer")
        }
        "modules.customers" => {
            settings.modules.get_or_insert_default().customers = Some(truth(value)?);
            Ok("modules.customers")
        }
        "modules.purchasing" => {
            settings.modules.get_or_insert_default().purchasing = Some(truth(value)?);
            Ok("modules.purchasing")
        }
        "modules.stock_transfers" => {
            settings.modules.get_or_insert_default().stock_transfers = Some(truth(value)?);
            Ok("modules.stock_transfers")
        }
        "modules.attendance" => {
            settings.modules.get_or_insert_default().attendance = Some(truth(value)?);
            Ok("modules.attendance")
        }
        _ => match name.strip_prefix("cash_rounding") {
            Some(part) => {
                let code = settings.currency_code.clone();
                set_rounding(settings.cash_rounding.get_or_insert_default(), part, value, &code)?;
                Ok("cash_rounding")
            }
            None => match limits::set(settings, name, value) {
                Some(set) => set.map(|()| "role_limits"),
                None => Err(format!("there is no setting `{name}`: see `kassa settings set --help`")),
            },
        },
    }
}

fn set_rounding(
    rounding: &mut CashRounding,
    part: &str,
    value: &str,
    currency_code: &str,
) -> Result<(), String> {
    match part {
        "" if value == "none" => *rounding = CashRounding::default(),
        "" | ".unit_minor" => {
            rounding.unit_minor = coin(part, value, currency_code)?;
            // A coin alone rounds nothing: most countries round all three to the nearest.
            if (rounding.total, rounding.change, rounding.refund) == (0, 0, 0) {
                let half_up = CashRoundingMode::HalfUp.into();
                (rounding.total, rounding.change, rounding.refund) = (half_up, half_up, half_up);
            }
        }
        ".total" => rounding.total = mode(value)?,
        ".change" => rounding.change = mode(value)?,
        ".refund" => rounding.refund = mode(value)?,
        ".small_coins" => rounding.small_coins = truth(value)?,
        _ => return Err("cash_rounding has unit_minor, total, change, refund and small_coins".to_owned()),
    }
    Ok(())
}

/// The smallest coin as people write money, or in minor units where they are asked for by name.
fn coin(part: &str, value: &str, currency_code: &str) -> Result<i64, String> {
    if part == ".unit_minor" {
        return value.parse().map_err(|_| "a number of minor units, such as 5".to_owned());
    }
    let currency = Currency::from_code(currency_code)
        .ok_or_else(|| format!("{currency_code} is no currency that is known here"))?;
    currency
        .parse(value)
        .map_err(|error| format!("the smallest coin, such as {}: {error}", currency.format(25)))
}

fn mode(value: &str) -> Result<i32, String> {
    choice(value, "CASH_ROUNDING_MODE_", CashRoundingMode::from_str_name).map(Into::into)
}

/// Reads `per_line` as well as the contract's own `TAX_ROUNDING_PER_LINE`.
fn choice<T>(value: &str, prefix: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    let name = value.to_uppercase().replace(['-', ' '], "_");
    let name = name.trim_start_matches(prefix);
    match read(&format!("{prefix}{name}")) {
        Some(choice) if name != "UNSPECIFIED" => Ok(choice),
        _ => Err(format!("`{value}` is none of its values: see `kassa settings set --help`")),
    }
}

pub fn truth(value: &str) -> Result<bool, String> {
    match value.to_lowercase().as_str() {
        "true" | "yes" | "1" | "on" => Ok(true),
        "false" | "no" | "0" | "off" => Ok(false),
        _ => Err("true or false".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(changes: &[&str]) -> Settings {
        let mut settings = Settings::default();
        for change in changes {
            apply(&mut settings, change).unwrap();
        }
        settings
    }

    #[test]
    fn values_are_read_by_their_kind() {
        let settings =
            changed(&["name=A=B", "currency_code=egp", "prices_include_tax=no", "tax_rounding=per-rate"]);
        assert_eq!((settings.name.as_str(), settings.currency_code.as_str()), ("A=B", "EGP"));
        assert_eq!(settings.tax_rounding(), TaxRounding::PerRate);
        assert_eq!(changed(&["receipt_footer=Thanks\\nCome again"]).receipt_footer, "Thanks\nCome again");
    }

    #[test]
    fn a_coin_rounds_all_three_unless_told_otherwise() {
        let rounding =
            changed(&["currency_code=EUR", "cash_rounding=0.25", "cash_rounding.change=down"]).cash_rounding;
        let rounding = rounding.unwrap();
        assert_eq!(rounding.unit_minor, 25);
        assert_eq!(rounding.total(), CashRoundingMode::HalfUp);
        assert_eq!(rounding.change(), CashRoundingMode::Down);
        assert_eq!(
            changed(&["cash_rounding.unit_minor=5", "cash_rounding=none"]).cash_rounding.unwrap(),
            CashRounding::default()
        );
    }

    #[test]
    fn the_mask_names_the_contracts_fields() {
        let mut settings = Settings::default();
        assert_eq!(apply(&mut settings, "cash_rounding.total=half_up").unwrap(), "cash_rounding");
        assert_eq!(apply(&mut settings, "time_zone=Africa/Cairo").unwrap(), "time_zone");
        assert_eq!(apply(&mut settings, "modules.attendance=off").unwrap(), "modules.attendance");
        assert_eq!(settings.modules.unwrap().attendance, Some(false));
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        for bad in [
            "name",
            "colour=red",
            "prices_include_tax=maybe",
            "tax_rounding=unspecified",
            "cash_rounding.x=1",
            "modules=off",
            "modules.events=on",
        ] {
            assert!(apply(&mut Settings::default(), bad).is_err(), "{bad}");
        }
    }
}
