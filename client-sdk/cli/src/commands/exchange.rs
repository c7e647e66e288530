//! `kassa exchange`: goods come back, others are sold for them, and only the difference is paid.

use clap::Args;
use kassa_client::proto::{
    money::Currency,
    v1::{
        ExchangeSaleRequest, ExchangeSaleResponse, GetReceiptRequest, Money, Order, QuoteOrderResponse,
        Tender,
    },
};
use serde_json::json;

use super::{
    money_back::{self, Ways},
    refund,
    sell::{self, Cart, Payment},
};
use crate::{amount, failure::Failure, message, output::Output, receipt_line::ReceiptLine, shop, shop::Shop};

#[derive(Debug, Args)]
#[command(
    after_help = "A LINE is a quantity, x, and a barcode or SKU: 2x6224074096064. Where what comes back was sold on \
lines that pay differently, it is the number of the line: --back 1x#2; `kassa order NUMBER` shows them.\nWhere the \
customer pays, what is not said is paid in cash; where the shop pays, the money goes back the way it came."
)]
pub struct Exchange {
    /// The receipt number of the sale of which goods come back
    number: String,
    /// What is sold
    #[arg(required = true, value_name = "LINE")]
    lines: Vec<ReceiptLine>,
    /// What comes back; all that is left of the sale without
    #[arg(long = "back", value_name = "LINE")]
    back: Vec<ReceiptLine>,
    /// Why it comes back
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// What comes back does not go back on the shelf
    #[arg(long)]
    no_restock: bool,
    #[command(flatten)]
    ways: Ways,
}

pub async fn run(shop: &Shop, exchange: Exchange, yes: bool, output: Output) -> Result<(), Failure> {
    let sale = refund::sale(shop, &exchange.number).await?;
    let settings = shop.settings().await?;
    let currency = shop::currency(&settings)?;
    let how = (exchange.reason.as_str(), !exchange.no_restock);
    let (returned_lines, returned) = refund::lines(&sale, &exchange.back, how)?;
    let mut cart = Cart::new(&exchange.lines);
    let quote = cart.quote(shop).await?;
    sell::show(&quote, output)?;
    let net = amount::minor(quote.total.as_ref()).saturating_sub(returned);
    let tenders = if net < 0 {
        money_back::tenders(&sale, &exchange.ways, net.saturating_neg(), &settings)?
    } else {
        charge(&exchange.ways, net, currency)?
    };
    let question = format!(
        "Shop {}, {}: take back goods for {} and {} {} ({})?",
        settings.name,
        sale.receipt_number,
        amount::show(Some(&Money::new(currency, returned))),
        if net < 0 { "give back" } else { "take" },
        amount::show(Some(&Money::new(currency, net.saturating_abs()))),
        money_back::words(&tenders)
    );
    if !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }
    let sold = cart.sale(shop, &quote);
    let request = ExchangeSaleRequest {
        order_id: sale.order_id,
        returned_lines,
        lines: sold.lines,
        discounts: sold.discounts,
        tenders,
        expected_total: Some(Money::new(currency, net)),
        register_id: shop.register.clone(),
        grant_ids: shop.grants.clone(),
        ..Default::default()
    };
    let answer = shop.call(shop.kassa.orders().exchange_sale(request)).await?;
    let replayed = answer.replayed();
    print(shop, &answer.into_inner(), replayed, output).await
}

/// What the customer pays for an exchange: what is left to pay is charged like a sale.
fn charge(ways: &Ways, net: i64, currency: Currency) -> Result<Vec<Tender>, Failure> {
    let mut tenders = ways.others(currency)?;
    let others = tenders.iter().map(|tender| amount::minor(tender.amount.as_ref()));
    let rest = others.fold(net, i64::saturating_sub).max(0);
    let rest = Some(Money::new(currency, rest));
    let due = QuoteOrderResponse { total: rest.clone(), cash_total: rest, ..Default::default() };
    let payment = Payment::read(ways.cash.as_deref(), ways.card.as_deref(), None, currency)?;
    tenders.extend(payment.tenders(&due));
    Ok(tenders)
}

async fn print(
    shop: &Shop,
    answer: &ExchangeSaleResponse,
    replayed: bool,
    output: Output,
) -> Result<(), Failure> {
    let mut receipts = Vec::new();
    for order in [&answer.returned, &answer.sold].into_iter().flatten() {
        receipts.push(receipt(shop, order).await?);
    }
    output.json(|| {
        let mut document = message::to_json("ExchangeSaleResponse", answer)?;
        if let Some(fields) = document.as_object_mut() {
            fields.insert("receipts".to_owned(), json!(receipts));
            fields.insert("replayed".to_owned(), replayed.into());
        }
        Ok(document)
    })?;
    for warning in &answer.warnings {
        output.remark(format!("warning: {}", warning.message));
    }
    output.text(receipts.join("\n\n"))?;
    if replayed {
        output.remark("this had been done before: nothing was exchanged twice");
    }
    Ok(())
}

async fn receipt(shop: &Shop, order: &Order) -> Result<String, Failure> {
    let request = GetReceiptRequest { order_id: order.order_id.clone(), ..Default::default() };
    let answer = shop.call(shop.kassa.orders().get_receipt(request)).await?;
    Ok(answer.text.trim_end().to_owned())
}
