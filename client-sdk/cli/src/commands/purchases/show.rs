//! `kassa purchases show`

use clap::Args;
use kassa_client::proto::{
    decimal::Quantity,
    money::Currency,
    v1::{Decimal, Purchase, PurchaseLine},
};

use super::read;
use crate::{
    amount,
    commands::{drawer::Asking, stock::average_cost},
    failure::Failure,
    message,
    shop::{Clock, date},
    table::{facts, table},
};

#[derive(Debug, Args)]
pub struct Show {
    /// The purchase's number or id
    #[arg(value_name = "NUMBER")]
    purchase: String,
    /// Of another branch, by code
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
}

pub async fn run(asking: &Asking<'_>, show: Show) -> Result<(), Failure> {
    let answer = read(asking.shop, &show.purchase, &show.branch).await?;
    asking.output.json(|| message::to_json("GetPurchaseResponse", &answer))?;
    print(asking, &answer.purchase.unwrap_or_default()).await
}

/// Prints a purchase for people.
pub async fn print(asking: &Asking<'_>, purchase: &Purchase) -> Result<(), Failure> {
    let (clock, currency) = (asking.shop.clock().await?, asking.shop.currency().await?);
    asking.output.text(facts(head(purchase, clock)))?;
    asking.output.text("")?;
    let mut table = table(&["sku", ">quantity", "unit", ">cost", ">each", "name"]);
    for line in &purchase.lines {
        table.add_row([
            line.sku.clone(),
            quantity(line).to_string(),
            line.unit.clone(),
            currency.format(amount::minor(line.cost.as_ref())),
            each(line, currency),
            line.name.clone(),
        ]);
    }
    let total = currency.format(amount::minor(purchase.cost_total.as_ref()));
    table.add_row(["TOTAL", "", "", &total, "", ""]);
    asking.output.text(table.trim_fmt())
}

fn head(purchase: &Purchase, clock: Clock) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("number", purchase.number.clone()),
        ("purchase id", purchase.purchase_id.clone()),
        ("state", message::word(purchase.state().as_str_name(), "PURCHASE_STATE_")),
        ("version", purchase.version.to_string()),
        ("supplier", purchase.supplier.clone()),
        ("document", purchase.document_number.clone()),
        ("document date", date(purchase.document_date.as_ref())),
        ("note", purchase.note.clone()),
        ("put", clock.show(purchase.create_time.as_ref())),
        ("approved", clock.show(purchase.approve_time.as_ref())),
        ("cancelled", clock.show(purchase.cancel_time.as_ref())),
        ("reason", purchase.reason.clone()),
    ];
    rows.retain(|(_, text)| !text.is_empty());
    rows
}

fn quantity(line: &PurchaseLine) -> Quantity {
    line.quantity.as_ref().and_then(|quantity| Quantity::try_from(quantity).ok()).unwrap_or_default()
}

/// What one of it costs, with the fractions of a minor unit.
fn each(line: &PurchaseLine, currency: Currency) -> String {
    let (cost, quantity) = (amount::minor(line.cost.as_ref()), quantity(line).thousandths());
    let exact = i128::from(cost) * 1_000_000;
    let thousandths = exact.saturating_add(i128::from(quantity / 2)).checked_div(quantity.into());
    let thousandths = thousandths.and_then(|each| i64::try_from(each).ok()).unwrap_or_default();
    average_cost(Some(&Decimal::from(Quantity::from_thousandths(thousandths))), currency)
}

#[cfg(test)]
mod tests {
    use kassa_client::money;

    use super::*;

    #[test]
    fn one_of_a_dozen_for_ten_is_83_cents_and_a_third() {
        let usd = Currency::from_code("USD").unwrap();
        let of = |quantity: &str, minor| PurchaseLine {
            quantity: Some(Decimal { value: quantity.to_owned() }),
            cost: Some(money(minor)),
            ..Default::default()
        };
        assert_eq!(each(&of("12", 10_00), usd), "0.83333");
        assert_eq!(each(&of("2.5", 20_00), usd), "8.00");
        assert_eq!(each(&of("3", 0), usd), "0.00");
    }
}
