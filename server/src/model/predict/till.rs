//! What a terminal computes before it asks.

use kassa_proto::{
    decimal::{Quantity, Rate},
    pricing::{self, Rules, Totals},
    v1::{self as pb, ErrorReason as Reason, discount::Value, line_item::Item},
};

use super::id;
use crate::{
    model::ledger::{CASH, Document, Ledger, Shift, minor},
    settings::pricing_rules,
    store::entity::product,
};

/// A quantity of a message in thousandths.
pub fn quantity(decimal: Option<&pb::Decimal>) -> i64 {
    decimal.and_then(|it| Quantity::try_from(it).ok()).map_or(0, Quantity::thousandths)
}

/// What a terminal computes: the totals of a cart.
pub fn priced<'a>(
    ledger: &'a Ledger,
    message: &pb::CompleteSaleRequest,
) -> Result<(Vec<&'a product::Model>, Totals), Option<Reason>> {
    let mut products = Vec::new();
    let mut lines = Vec::new();
    for line in &message.lines {
        let found = match &line.item {
            Some(Item::ProductId(text)) => id(text).and_then(|id| ledger.products.get(&id)),
            // The model's products have one barcode: their SKU.
            Some(Item::Barcode(text)) => ledger.products.values().find(|it| it.sku == *text),
            None => None,
        };
        let found = found.ok_or(Some(Reason::ProductNotFound))?;
        products.push(found);
        lines.push(pricing::Line {
            unit_price: line.unit_price_override.as_ref().map_or(found.price, |it| it.amount_minor),
            quantity: Quantity::from_thousandths(quantity(line.quantity.as_ref())),
            tax_rate: Rate::from_ten_thousandths(found.tax_rate),
            discounts: discounts(&line.discounts),
        });
    }
    let totals = pricing::price(&rules(ledger), &lines, &discounts(&message.discounts)).map_err(|_| None)?;
    Ok((products, totals))
}

fn discounts(discounts: &[pb::Discount]) -> Vec<pricing::Discount> {
    let value = |it: &pb::Discount| match it.value.as_ref()? {
        Value::Amount(money) => Some(pricing::Discount::Amount(money.amount_minor)),
        Value::Percent(percent) => Rate::try_from(percent).ok().map(pricing::Discount::Percent),
    };
    discounts.iter().filter_map(value).collect()
}

/// The shop's rules.
fn rules(ledger: &Ledger) -> Rules {
    pricing_rules(ledger.shop())
}

/// What a terminal computes: change and rounding.
pub fn settled(
    ledger: &Ledger,
    total: i64,
    tenders: &[pb::Tender],
) -> Result<pricing::Settlement, Option<Reason>> {
    let tenders: Vec<_> = tenders
        .iter()
        .map(|it| pricing::Tender { cash: it.r#type == CASH, amount: minor(&it.amount), tip: minor(&it.tip) })
        .collect();
    pricing::settle(&rules(ledger), total, &tenders).map_err(|_| None)
}

/// The cash that a refund pays, if its tenders are the right ones, and how much goes another way, coins included.
pub(super) fn refund_cash(
    ledger: &Ledger,
    sale: &Document,
    total: i64,
    tenders: &[pb::Tender],
) -> Option<(i64, i64)> {
    let (mut cash, mut back) = (0, sale.paid_back.clone());
    back.cash_exact += total;
    for tender in tenders {
        let amount = minor(&tender.amount);
        if tender.r#type == CASH {
            cash += amount;
            continue;
        }
        back.cash_exact -= amount;
        *back.others.entry(tender.r#type).or_default() += amount;
    }
    if back.cash_exact < sale.paid_back.cash_exact {
        return None;
    }
    let due = sale.cash_due(&sale.paid_back, &back, ledger.shop())?;
    let in_cash = sale.sources(&back).over - sale.sources(&sale.paid_back).over;
    let elsewhere = back.others.iter().map(|(kind, all)| {
        let now = all - sale.paid_back.others.get(kind).copied().unwrap_or_default();
        (now - ledger.tender_left(sale, *kind)).max(0)
    });
    let another_way = in_cash + elsewhere.sum::<i64>();
    let coins = cash - (back.cash_exact - sale.paid_back.cash_exact);
    (cash == due).then_some((cash, if another_way > 0 { another_way + coins.max(0) } else { 0 }))
}

/// The cash that is due for so much of a sale, together with what goes to its other tenders.
pub fn cash_due(ledger: &Ledger, sale: &Document, exact: i64, others: &[pb::Tender]) -> Option<i64> {
    let mut back = sale.paid_back.clone();
    back.cash_exact += exact;
    for tender in others {
        *back.others.entry(tender.r#type).or_default() += minor(&tender.amount);
    }
    sale.cash_due(&sale.paid_back, &back, ledger.shop())
}

/// What should be there of a tender type.
pub fn expected(shift: &Shift, kind: i32) -> i64 {
    let of = |counter: i32| shift.counters.get(&(counter, kind.to_string())).map_or(0, |it| it[1]);
    if kind == CASH { shift.expected_cash } else { of(1) - of(2) }
}
