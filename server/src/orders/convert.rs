//! Orders between the wire, the domain and the rows.

use std::collections::BTreeMap;

use kassa_proto::{
    decimal::Rate,
    money::Currency,
    v1::{self as pb, discount, line_item},
};
use uuid::Uuid;

use super::{
    cart::{Cart, CartDiscount, CartLine, CartTender, DiscountValue, Item},
    exceptions::exceptions,
};
use crate::{
    encoding::order::{Derived, OrderRows},
    error::Error,
    input,
    store::entity::order_line,
};

const MOST_LINES: usize = 500;
const MOST_TENDERS: usize = 20;
const MOST_DISCOUNTS: usize = 50;
const NAME: usize = 200;
const CARD_TEXT: usize = 32;
const BARCODE: usize = 64;

impl Cart {
    /// Checks lines, discounts and tenders.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW` or `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(
        lines: Vec<pb::LineItem>,
        discounts: Vec<pb::Discount>,
        tenders: Vec<pb::Tender>,
    ) -> Result<Self, Error> {
        if lines.is_empty() {
            return Err(Error::invalid("lines", "has no line"));
        }
        Self::parse_unfinished(lines, discounts, tenders)
    }

    /// The same for a cart that may still be empty.
    ///
    /// # Errors
    /// As [`Cart::parse`].
    pub fn parse_unfinished(
        lines: Vec<pb::LineItem>,
        discounts: Vec<pb::Discount>,
        tenders: Vec<pb::Tender>,
    ) -> Result<Self, Error> {
        input::at_most(&lines, MOST_LINES, "lines")?;
        let all_discounts = discounts.len() + lines.iter().map(|line| line.discounts.len()).sum::<usize>();
        if all_discounts > MOST_DISCOUNTS {
            let description = format!("the order has {all_discounts}; at most {MOST_DISCOUNTS} are allowed");
            return Err(Error::invalid("discounts", description));
        }
        let lines = lines.into_iter().enumerate();
        let lines = lines.map(|(number, line)| cart_line(line, number)).collect::<Result<Vec<_>, _>>()?;
        let mut ids: Vec<Uuid> = lines.iter().filter_map(|line| line.line_id).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            return Err(Error::invalid("lines", "two lines have the same line_id"));
        }
        Ok(Self {
            lines,
            discounts: cart_discounts(discounts, "")?,
            tenders: parse_tenders(tenders)?,
            exchanged: 0,
        })
    }
}

fn cart_line(line: pb::LineItem, number: usize) -> Result<CartLine, Error> {
    let path = |field: &str| format!("lines[{number}].{field}");
    let item = match line.item {
        None => return Err(Error::invalid(path("product_id"), "give a product_id or a barcode")),
        Some(line_item::Item::ProductId(text)) => {
            Item::Product(input::required_id(&text, || path("product_id"))?)
        }
        Some(line_item::Item::Barcode(barcode)) if barcode.is_empty() || barcode.len() > BARCODE => {
            return Err(Error::invalid(path("barcode"), format!("must have 1 to {BARCODE} characters")));
        }
        Some(line_item::Item::Barcode(barcode)) => Item::Barcode(barcode),
    };
    let quantity = input::quantity(line.quantity.as_ref(), || path("quantity"))?;
    if quantity.thousandths() <= 0 {
        return Err(Error::invalid(path("quantity"), "must be more than zero"));
    }
    Ok(CartLine {
        line_id: input::id(&line.line_id, || path("line_id"))?,
        item,
        quantity,
        unit_price: input::amount(line.unit_price_override, || path("unit_price_override"))?,
        discounts: cart_discounts(line.discounts, &path(""))?,
    })
}

fn cart_discounts(discounts: Vec<pb::Discount>, prefix: &str) -> Result<Vec<CartDiscount>, Error> {
    let convert = |(number, discount): (usize, pb::Discount)| {
        let path = |field: &str| format!("{prefix}discounts[{number}].{field}");
        let value = match discount.value {
            None => return Err(Error::invalid(path("amount"), "give an amount or a percent")),
            Some(discount::Value::Amount(money)) => {
                DiscountValue::Amount(input::required_amount(Some(money), || path("amount"))?)
            }
            Some(discount::Value::Percent(decimal)) => {
                DiscountValue::Percent(input::rate(Some(&decimal), || path("percent"))?)
            }
        };
        Ok(CartDiscount { name: input::free_line(discount.name, NAME, || path("name"))?, value })
    };
    discounts.into_iter().enumerate().map(convert).collect()
}

/// Checks tenders.
///
/// # Errors
/// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
pub fn parse_tenders(tenders: Vec<pb::Tender>) -> Result<Vec<CartTender>, Error> {
    input::at_most(&tenders, MOST_TENDERS, "tenders")?;
    let tenders = tenders.into_iter().enumerate();
    tenders.map(|(number, tender)| cart_tender(tender, number)).collect()
}

fn cart_tender(tender: pb::Tender, number: usize) -> Result<CartTender, Error> {
    let path = |field: &str| format!("tenders[{number}].{field}");
    let kind = tender.r#type();
    if kind == pb::TenderType::Unspecified {
        return Err(Error::invalid(path("type"), "is required"));
    }
    if kind == pb::TenderType::Exchange {
        return Err(Error::invalid(path("type"), "is no money: only ExchangeSale makes it"));
    }
    let amount = input::required_amount(tender.amount, || path("amount"))?;
    let none = input::Amount { currency: String::new(), minor: 0 };
    let tip = input::amount(tender.tip, || path("tip"))?.unwrap_or(none);
    if tender.card.is_some() && kind != pb::TenderType::Card {
        return Err(Error::invalid(path("card"), "is for TENDER_TYPE_CARD only"));
    }
    let card = tender.card.unwrap_or_default();
    let four_digits = card.last_four.len() == 4 && card.last_four.bytes().all(|byte| byte.is_ascii_digit());
    if !card.last_four.is_empty() && !four_digits {
        return Err(Error::invalid(path("card.last_four"), "must be four digits"));
    }
    let brand = input::free_line(card.brand, CARD_TEXT, || path("card.brand"))?;
    let code = input::free_line(card.authorization_code, CARD_TEXT, || path("card.authorization_code"))?;
    Ok(CartTender { kind, amount, tip, card: [brand, card.last_four, code] })
}

/// The order as the contract sends it: the one reading of the rows, for the first answer, for every later one and for
/// the journal.
pub fn order_to_pb(rows: &OrderRows, currency: Currency) -> pb::Order {
    let (tax_totals, exceptions) = (tax_totals(&rows.lines, currency), exceptions(rows, currency));
    rows.to_pb(currency, Derived { tax_totals, exceptions })
}

/// The taxes by rate: sums of the lines' stored parts, so header and lines never differ.
fn tax_totals(lines: &[order_line::Model], currency: Currency) -> Vec<pb::TaxTotal> {
    let mut by_rate: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for line in lines {
        let (base, tax) = by_rate.entry(line.tax_rate).or_default();
        *base = base.saturating_add(line.net);
        *tax = tax.saturating_add(line.tax);
    }
    let totals = by_rate.into_iter().map(|(rate, (base, tax))| pb::TaxTotal {
        rate: Some(Rate::from_ten_thousandths(rate).into()),
        base: Some(pb::Money::new(currency, base)),
        tax: Some(pb::Money::new(currency, tax)),
    });
    totals.collect()
}

/// What the goods of an order's lines had cost, where it is known: for its record alone. A cashier's
/// order does not say it.
pub fn line_costs(lines: &[order_line::Model], currency: Currency) -> Vec<pb::LineCost> {
    let known = lines.iter().filter_map(|line| line.cost.map(|cost| (line.line_id, cost)));
    known
        .map(|(line_id, cost)| pb::LineCost {
            line_id: line_id.to_string(),
            cost: Some(pb::Money::new(currency, cost)),
        })
        .collect()
}
