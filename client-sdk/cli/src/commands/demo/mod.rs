//! `kassa demo`: a shop to play with.

mod sales;

use clap::Args;
use kassa_client::{
    money,
    proto::{
        money::Currency,
        v1::{GetStatusRequest, OpenShiftRequest, PutProduct, PutProductsRequest},
    },
};
use serde_json::{Value, json};

use super::{drawer, sell};
use crate::{
    count,
    failure::{Failure, Repeat},
    output::Output,
    price_list,
    shop::Shop,
};

/// Groceries of a shop in Cairo.
const CATALOGUE: &[u8] = include_bytes!("../../../catalogue/groceries.csv");
/// The catalogue's prices have two places, whatever the shop's currency has.
const CATALOGUE_CURRENCY: &str = "USD";
/// In hundredths.
const FLOAT: i64 = 10_000;
const RECEIPT_WIDTH: i32 = 42;

#[derive(Debug, Args)]
pub struct Demo {
    /// How many sales to ring up
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=1000))]
    sales: u32,
}

pub async fn run(shop: &Shop, demo: &Demo, yes: bool, output: Output) -> Result<(), Failure> {
    // Another run makes other sample sales.
    play(shop, demo, yes, output).await.map_err(|failure| failure.repeated(Repeat::Never))
}

async fn play(shop: &Shop, demo: &Demo, yes: bool, output: Output) -> Result<(), Failure> {
    let status = shop.call(shop.kassa.admin().get_status(GetStatusRequest::default())).await?;
    let question = format!(
        "This shop has {} already, and sales can't be taken back out of the books. Add sample ones?",
        count::show(status.order_count, "order")
    );
    if status.order_count > 0 && !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }

    let currency = shop.currency().await?;
    let goods = catalogue(currency)?;
    let products = stock_up(shop, &goods, output).await?;
    let shift = open_shift(shop, currency, output).await?;
    let mut sold = Vec::new();
    for number in 0..demo.sales {
        sold.push(sell_one(shop, &goods, number, currency, output).await?);
    }
    let (balance, movements) = drawer::show::read(shop, 5).await?;
    output.text("")?;
    drawer::show::print(shop, &balance, &movements, output).await?;
    output.text(next(&goods))?;
    output.json(|| {
        let drawer = drawer::show::document(&balance, &movements)?;
        Ok(json!({ "products": products, "shift": shift, "sales": sold, "drawer": drawer.get("drawer") }))
    })
}

/// The sample products, with their prices in minor units of the shop's currency.
fn catalogue(currency: Currency) -> Result<Vec<PutProduct>, Failure> {
    let written_in = Currency::from_code(CATALOGUE_CURRENCY).unwrap_or(currency);
    let entries = price_list::read(CATALOGUE, written_in)?;
    let priced = entries.into_iter().map(|entry| {
        let mut goods = entry.product;
        if let Some(price) = goods.product.as_mut().and_then(|product| product.price.as_mut()) {
            price.amount_minor = minor(price.amount_minor, currency);
        }
        goods
    });
    Ok(priced.collect())
}

/// Minor units for an amount in hundredths: 1.25 is 125 cents, 1250 fils, and, for a currency without
/// any, 125 yen, which is about what a loaf costs there.
pub fn minor(hundredths: i64, currency: Currency) -> i64 {
    match currency.exponent() {
        3 => hundredths * 10,
        _ => hundredths,
    }
}

async fn stock_up(shop: &Shop, goods: &[PutProduct], output: Output) -> Result<Value, Failure> {
    let request = PutProductsRequest { products: goods.to_vec(), ..Default::default() };
    let reply = shop.call(shop.kassa.catalog().put_products(request)).await?;
    let (created, updated, unchanged) = (reply.created_count, reply.updated_count, reply.unchanged_count);
    output.text(format!(
        "{} products: {created} created, {updated} changed, {unchanged} there already",
        goods.len()
    ))?;
    Ok(json!({ "created_count": created, "updated_count": updated, "unchanged_count": unchanged }))
}

async fn open_shift(shop: &Shop, currency: Currency, output: Output) -> Result<Value, Failure> {
    let float = minor(FLOAT, currency);
    let request = OpenShiftRequest {
        register_id: shop.register.clone(),
        opening_float: Some(money(float)),
        ..Default::default()
    };
    let opened = shop.call(shop.kassa.shifts().open_shift(request)).await?;
    let number = opened.shift.clone().unwrap_or_default().number;
    output.text(if opened.joined {
        format!("joined the open shift {number}\n")
    } else {
        format!("opened shift {number} with {} {} in the drawer\n", currency.format(float), currency.code())
    })?;
    Ok(json!({ "number": number, "joined": opened.joined }))
}

async fn sell_one(
    shop: &Shop,
    goods: &[PutProduct],
    number: u32,
    currency: Currency,
    output: Output,
) -> Result<Value, Failure> {
    let sales::Basket { title, lines, discount, payment } = sales::basket(number, goods);
    output.text(format!("--- {title}\n"))?;
    let mut cart = sell::Cart::new(&lines);
    if let Some(text) = discount {
        cart.discounts.push(sell::discount(text, currency)?);
    }
    let quote = cart.quote(shop).await?;
    let tenders = sales::tenders(payment, &quote, currency);
    let sale = kassa_client::proto::v1::CompleteSaleRequest { tenders, ..cart.sale(shop, &quote) };
    let sold = shop.call(shop.kassa.orders().complete_sale(sale)).await?;
    let receipt = sell::receipt(shop, &sold, RECEIPT_WIDTH, output).await;
    output.text(format!("{receipt}\n"))?;
    sell::document(&sold, &receipt)
}

fn next(goods: &[PutProduct]) -> String {
    let code = sales::barcodes(goods, false).into_iter().next().unwrap_or_default();
    let hints = [
        ("products find bread", "what there is, and how much of it"),
        (&format!("sell 2x{code} --cash 20"), "a sale with change"),
        (&format!("sell {code} --card rest"), "one paid by card"),
        ("orders", "all sales, newest first"),
        ("settings set name=\"Corner shop\"", "the name on the receipts"),
        ("products import YOUR.csv", "your own goods"),
        ("--help", "everything else"),
    ];
    let hints = hints.map(|(command, what)| format!("\n  kassa {command:<33} {what}")).concat();
    format!(
        "\nWhat to try next:{hints}\n\n\
         (`cargo install --path client-sdk/cli` puts `kassa` where your shell finds it.)"
    )
}
