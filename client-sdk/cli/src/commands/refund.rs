//! `kassa refund` and `kassa void`: give back a part of a sale, or take it back whole.

use clap::Args;
use kassa_client::proto::v1::{
    GetOrderByNumberRequest, GetReceiptRequest, Money, Order, RefundLine, RefundSaleRequest, VoidSaleRequest,
};
use serde_json::json;

use super::{
    money_back::{self, Ways},
    returned_lines,
};
use crate::{amount, failure::Failure, message, output::Output, receipt_line::ReceiptLine, shop, shop::Shop};

#[derive(Debug, Args)]
#[command(
    after_help = "A LINE is a quantity, x, and the barcode or SKU that was sold: 1x6224074096064. Where it was \
sold on lines that pay differently, it is the number of the line: 1x#2; `kassa order NUMBER` shows them. Without a \
LINE all that is left comes back.\nThe money goes back the way it came; where a part of what was paid in more than \
one way comes back, say how much of it goes which way."
)]
pub struct Refund {
    /// The sale's receipt number, such as INV-202611-R1-000042
    number: String,
    /// What comes back
    #[arg(value_name = "LINE")]
    lines: Vec<ReceiptLine>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The goods do not go back on the shelf
    #[arg(long)]
    no_restock: bool,
    #[command(flatten)]
    ways: Ways,
}

#[derive(Debug, Args)]
pub struct Void {
    /// The sale's receipt number, such as INV-202611-R1-000042
    number: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub async fn run(shop: &Shop, refund: Refund, yes: bool, output: Output) -> Result<(), Failure> {
    let sale = sale(shop, &refund.number).await?;
    let settings = shop.settings().await?;
    let currency = shop::currency(&settings)?;
    let (lines, total) = lines(&sale, &refund.lines, (&refund.reason, !refund.no_restock))?;
    let tenders = money_back::tenders(&sale, &refund.ways, total, &settings)?;
    let question = format!(
        "Shop {}, {}: give back {} ({})?",
        settings.name,
        sale.receipt_number,
        amount::show(Some(&Money::new(currency, total))),
        money_back::words(&tenders)
    );
    if !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }
    let request = RefundSaleRequest {
        order_id: sale.order_id.clone(),
        lines,
        tenders,
        expected_total: Some(Money::new(currency, total)),
        register_id: shop.register.clone(),
        grant_ids: shop.grants.clone(),
        ..Default::default()
    };
    let answer = shop.call(shop.kassa.orders().refund_sale(request)).await?;
    let replayed = answer.replayed();
    print(shop, answer.into_inner().order.unwrap_or_default(), replayed, output).await
}

pub async fn void(shop: &Shop, void: Void, yes: bool, output: Output) -> Result<(), Failure> {
    let sale = sale(shop, &void.number).await?;
    let name = shop.settings().await?.name;
    let total = amount::show(sale.total.as_ref());
    let question = format!("Shop {name}, {}: take back the whole sale of {total}?", sale.receipt_number);
    if !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }
    let request = VoidSaleRequest {
        order_id: sale.order_id,
        reason: void.reason,
        grant_ids: shop.grants.clone(),
        ..Default::default()
    };
    let answer = shop.call(shop.kassa.orders().void_sale(request)).await?;
    let replayed = answer.replayed();
    print(shop, answer.into_inner().order.unwrap_or_default(), replayed, output).await
}

/// Reads the sale that a number names.
pub async fn sale(shop: &Shop, number: &str) -> Result<Order, Failure> {
    let request = GetOrderByNumberRequest { receipt_number: number.to_owned() };
    let answer = shop.call(shop.kassa.orders().get_order_by_number(request)).await?;
    Ok(answer.into_inner().order.unwrap_or_default())
}

async fn print(shop: &Shop, order: Order, replayed: bool, output: Output) -> Result<(), Failure> {
    let request = GetReceiptRequest { order_id: order.order_id.clone(), ..Default::default() };
    let receipt = shop.call(shop.kassa.orders().get_receipt(request)).await?.into_inner().text;
    output.json(|| {
        let order = message::to_json("Order", &order)?;
        Ok(json!({ "order": order, "receipt": receipt, "replayed": replayed }))
    })?;
    output.text(receipt.trim_end())?;
    if replayed {
        output.remark("this had been done before: nothing was given back twice");
    }
    Ok(())
}

/// What comes back, and what it is worth: the server's own arithmetic. Without a line all that is left.
pub fn lines(
    sale: &Order,
    asked: &[ReceiptLine],
    (reason, restock): (&str, bool),
) -> Result<(Vec<RefundLine>, i64), Failure> {
    let chosen = returned_lines::choose(sale, asked)?;
    let total = chosen.iter().fold(0_i64, |total, line| total.saturating_add(line.worth()));
    let lines = chosen.iter().map(|line| RefundLine {
        line_id: line.sold.line_id.clone(),
        quantity: Some(line.quantity().into()),
        reason: reason.to_owned(),
        restock,
    });
    Ok((lines.collect(), total))
}
