//! `kassa sell`: quote, show, pay, sell, print the receipt.

mod cart;
mod payment;

use clap::Args;
use kassa_client::{
    Answer,
    proto::{
        pricing::Rounding,
        v1::{
            CompleteSaleRequest, CompleteSaleResponse, Draft, GetReceiptRequest, Order, QuoteOrderResponse,
        },
    },
};
use serde_json::{Value, json};

use super::{customers, drafts, order};
use crate::{
    amount, failure::Failure, message, output::Output, receipt_line::ReceiptLine, shop::Shop, table::facts,
};

pub use cart::{Cart, discount};
pub use payment::Payment;

#[derive(Debug, Args)]
#[command(
    after_help = "A LINE is a quantity, x, and a barcode or SKU: 2x6224074096064, 1.235x2100101000003; \
the quantity may be left out.\nWithout --cash and --card the exact total is paid in cash."
)]
pub struct Sell {
    /// What is sold
    #[arg(required_unless_present = "draft", value_name = "LINE")]
    lines: Vec<ReceiptLine>,
    /// A cart that is kept on the server; lines that are typed come on top of its own
    #[arg(long, value_name = "ID")]
    draft: Option<String>,
    /// Cash handed over
    #[arg(long, value_name = "AMOUNT")]
    cash: Option<String>,
    /// Charged to a card; `rest` is what the cash leaves
    #[arg(long, value_name = "AMOUNT|rest")]
    card: Option<String>,
    /// The part of the payment that is a tip: of the card if there is one, else of the cash
    #[arg(long, value_name = "AMOUNT")]
    tip: Option<String>,
    /// A discount of the whole order
    #[arg(long, value_name = "10%|5.00")]
    discount: Option<String>,
    /// Who buys
    #[arg(long, value_name = "ID|CODE")]
    customer: Option<String>,
    /// A note for the order
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// For training: numbered by itself, and in no total, no drawer and no stock
    #[arg(long)]
    training: bool,
    /// The order's id, a UUIDv7: the same id again is the same sale
    #[arg(long, value_name = "ID")]
    order_id: Option<String>,
    /// Characters a line of the receipt, 32 to 80
    #[arg(long, default_value_t = 42, value_parser = clap::value_parser!(i32).range(32..=80))]
    width: i32,
}

pub async fn run(shop: &Shop, sell: Sell, output: Output) -> Result<(), Failure> {
    let currency = shop.currency().await?;
    let payment = Payment::read(sell.cash.as_deref(), sell.card.as_deref(), sell.tip.as_deref(), currency)?;
    let draft = match &sell.draft {
        Some(id) => drafts::read(shop, id).await?,
        None => Draft::default(),
    };
    let mut cart = Cart::of_draft(&draft);
    cart.add(&sell.lines);
    if let Some(text) = &sell.discount {
        cart.discounts.push(discount(text, currency)?);
    }
    let quote = cart.quote(shop).await?;
    show(&quote, output)?;

    let customer_id = match &sell.customer {
        None => draft.customer_id,
        named => customers::id(shop, named.as_deref()).await?,
    };
    let sale = CompleteSaleRequest {
        customer_id,
        order_id: sell.order_id.unwrap_or_default(),
        training: sell.training,
        draft_id: draft.draft_id,
        draft_version: draft.version,
        note: sell.note.unwrap_or(draft.note),
        tenders: payment.tenders(&quote),
        ..cart.sale(shop, &quote)
    };
    let sold = shop.call(shop.kassa.orders().complete_sale(sale)).await?;
    let receipt = receipt(shop, &sold, sell.width, output).await;
    output.json(|| document(&sold, &receipt))?;
    output.text(&receipt)?;
    if sold.replayed() {
        output.remark("this sale had been made before: nothing was sold twice");
    }
    Ok(())
}

/// The lines and the total, before the payment.
pub fn show(quote: &QuoteOrderResponse, output: Output) -> Result<(), Failure> {
    // Nothing comes back here, so that nothing is rounded.
    output.text(order::lines(&quote.lines, Rounding::HalfAwayFromZero).trim_fmt())?;
    let mut rows = vec![("total", amount::show(quote.total.as_ref()))];
    if quote.cash_total != quote.total {
        rows.push(("in cash", amount::show(quote.cash_total.as_ref())));
    }
    output.text(format!("\n{}\n", facts(rows)))
}

/// The receipt of a sale. It is sold: a receipt that can't be had is no failure of the sale's.
pub async fn receipt(shop: &Shop, sold: &CompleteSaleResponse, width: i32, output: Output) -> String {
    for warning in &sold.warnings {
        output.remark(format!("warning: {}", warning.message));
    }
    let Order { order_id, receipt_number, .. } = sold.order.clone().unwrap_or_default();
    let request = GetReceiptRequest { order_id, width, ..Default::default() };
    match shop.call(shop.kassa.orders().get_receipt(request)).await {
        Ok(receipt) => receipt.text.trim_end().to_owned(),
        Err(failure) => {
            output.remark(format!("the receipt can't be printed now: {failure}"));
            format!("sold: {receipt_number}; print it with `kassa receipt {receipt_number}`")
        }
    }
}

pub fn document(sold: &Answer<CompleteSaleResponse>, receipt: &str) -> Result<Value, Failure> {
    let answer = message::to_json("CompleteSaleResponse", &**sold)?;
    Ok(json!({
        "order": answer.get("order"),
        "warnings": answer.get("warnings"),
        "receipt": receipt,
        "replayed": sold.replayed(),
        "key": sold.key(),
    }))
}
