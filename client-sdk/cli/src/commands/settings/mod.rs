//! `kassa settings`

mod change;
mod limits;

use clap::{Args, Subcommand};
use kassa_client::proto::v1::{CashRounding, Money, PutSettingsRequest, Settings};
use prost_types::FieldMask;
use serde_json::json;

use crate::{
    amount,
    failure::Failure,
    message::{self, word},
    output::Output,
    shop::Shop,
    table::facts,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show all settings
    Show,
    /// Change settings: `kassa settings set name="Corner shop" currency_code=EGP`
    Set(Set),
}

#[derive(Debug, Args)]
#[command(after_help = format!("{}{}", change::HELP, limits::HELP))]
pub struct Set {
    /// A setting and its new value
    #[arg(required = true, value_name = "NAME=VALUE")]
    changes: Vec<String>,
}

pub async fn run(shop: &Shop, command: Command, output: Output) -> Result<(), Failure> {
    let settings = match command {
        Command::Show => shop.settings().await?,
        Command::Set(set) => self::set(shop, &set).await?,
    };
    output.json(|| Ok(json!({ "settings": message::to_json("Settings", &settings)? })))?;
    output.text(show(&settings))
}

async fn set(shop: &Shop, set: &Set) -> Result<Settings, Failure> {
    let mut settings = shop.settings().await?;
    let mut paths = Vec::new();
    for change in &set.changes {
        let path = change::apply(&mut settings, change).map_err(Failure::Usage)?.to_owned();
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    // The same command must make the same request, so that `--key` can repeat it: no version.
    settings.version = 0;
    settings.update_time = None;
    for limits in &mut settings.role_limits {
        // Amounts without a currency are of the shop's, whatever that is by then.
        let amounts = [
            &mut limits.most_paid_out,
            &mut limits.most_variance,
            &mut limits.most_stock_adjustment,
            &mut limits.most_drop,
        ];
        amounts.into_iter().flatten().for_each(|amount| amount.currency_code.clear());
    }
    let request = PutSettingsRequest { settings: Some(settings), update_mask: Some(FieldMask { paths }) };
    let answer = shop.call(shop.kassa.admin().put_settings(request)).await?;
    Ok(answer.into_inner().settings.unwrap_or_default())
}

fn show(settings: &Settings) -> String {
    let rounding = settings.cash_rounding.unwrap_or_default();
    let modules = settings.modules.unwrap_or_default();
    let on_or_off = |on: Option<bool>| if on.unwrap_or_default() { "on" } else { "off" }.to_owned();
    let facts = facts([
        ("name", settings.name.clone()),
        ("currency_code", settings.currency_code.clone()),
        ("time_zone", settings.time_zone.clone()),
        ("prices_include_tax", settings.prices_include_tax.to_string()),
        ("tax_rounding", word(settings.tax_rounding().as_str_name(), "TAX_ROUNDING_")),
        ("rounding_mode", word(settings.rounding_mode().as_str_name(), "ROUNDING_MODE_")),
        ("cash_rounding", show_rounding(&rounding, &settings.currency_code)),
        ("receipt_header", settings.receipt_header.replace('\n', "\\n")),
        ("receipt_footer", settings.receipt_footer.replace('\n', "\\n")),
        ("modules.customers", on_or_off(modules.customers)),
        ("modules.purchasing", on_or_off(modules.purchasing)),
        ("modules.stock_transfers", on_or_off(modules.stock_transfers)),
        ("modules.attendance", on_or_off(modules.attendance)),
        ("version", settings.version.to_string()),
    ]);
    format!("{facts}\n\n{}", limits::show(&settings.role_limits))
}

/// The coin as it is typed.
fn show_rounding(rounding: &CashRounding, currency_code: &str) -> String {
    if rounding.unit_minor == 0 {
        return "none".to_owned();
    }
    let coin = Money { currency_code: currency_code.to_owned(), amount_minor: rounding.unit_minor };
    // What a shop of before has no rule for, the server rounds half up.
    let mode = |name: &str| word(name, "CASH_ROUNDING_MODE_").replace("unspecified", "half up");
    format!(
        "to {}; total {}, change {}, refund {}{}",
        amount::show(Some(&coin)),
        mode(rounding.total().as_str_name()),
        mode(rounding.change().as_str_name()),
        mode(rounding.refund().as_str_name()),
        if rounding.small_coins { "; smaller coins are taken" } else { "" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coin_is_shown_as_it_is_typed() {
        let mut settings = Settings { currency_code: "EGP".to_owned(), ..Settings::default() };
        for change in ["cash_rounding=0.25", "cash_rounding.total=down"] {
            change::apply(&mut settings, change).unwrap();
        }
        let rounding = settings.cash_rounding.unwrap();
        let shown = show_rounding(&rounding, &settings.currency_code);
        assert_eq!(shown, "to 0.25 EGP; total down, change half up, refund half up");
        assert_eq!(show_rounding(&CashRounding::default(), "EGP"), "none");
    }
}
