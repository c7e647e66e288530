//! Orders between the wire, the domain and the rows.

use std::collections::BTreeMap;

use kassa_proto::{
    decimal::{Quantity, Rate},
    money::Currency,
    v1::{self as pb, discount, line_item},
};
use uuid::Uuid;

use super::cart::{Cart, CartDiscount, CartLine, CartTender, DiscountValue, Item};
use crate::{
    error::Error,
    input,
    store::entity::{order, order_discount, order_line, order_tender},
    timestamp::{date, stored_timestamp},
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

/// An order with its parts, as rows.
#[derive(Clone, Debug)]
pub struct OrderRows {
    /// The header.
    pub order: order::Model,
    /// In their order.
    pub lines: Vec<order_line::Model>,
    /// In their order.
    pub discounts: Vec<order_discount::Model>,
    /// In their order.
    pub tenders: Vec<order_tender::Model>,
}

impl OrderRows {
    /// The order as the contract sends it: the one reading of the rows, for the first answer, for
    /// every later one and for the journal.
    pub fn to_pb(&self, currency: Currency) -> pb::Order {
        let money = |minor| Some(pb::Money::new(currency, minor));
        let order = &self.order;
        pb::Order {
            order_id: order.id.to_string(),
            kind: order.kind,
            state: order.state,
            receipt_number: order.receipt_number.clone(),
            branch_id: order.branch_id.to_string(),
            register_id: order.register_id.to_string(),
            shift_id: order.shift_id.to_string(),
            user_id: order.user_id.to_string(),
            lines: self.lines.iter().map(|line| self.line_to_pb(line, currency)).collect(),
            subtotal: money(order.subtotal),
            discount_total: money(order.discount_total),
            tax_totals: self.tax_totals(currency),
            total: money(order.total),
            rounding_adjustment: money(order.rounding_adjustment),
            tip_total: money(order.tip_total),
            tenders: self.tenders.iter().map(|tender| tender_to_pb(tender, currency)).collect(),
            change: money(order.change),
            business_date: Some(date(order.business_date)),
            create_time: Some(stored_timestamp(order.create_time)),
            discounts: self.discounts_of(None, currency),
            note: order.note.clone(),
            sequence: order.sequence,
            terminal_id: order.terminal_id.to_string(),
            prices_include_tax: order.prices_include_tax,
            tax_rounding: order.tax_rounding,
            rounding_mode: order.rounding_mode,
            original_order_id: order.original_order_id.map(|id| id.to_string()).unwrap_or_default(),
            voided_by_order_id: String::new(),
            original_receipt_number: String::new(),
            voided_by_receipt_number: String::new(),
            utc_offset_minutes: order.utc_offset_minutes,
            returned_total: None,
            exchange_order_id: order.exchange_order_id.map(|id| id.to_string()).unwrap_or_default(),
            training: order.training,
            customer_id: order.customer_id.map(|id| id.to_string()).unwrap_or_default(),
            exceptions: self.exceptions(currency),
        }
    }

    fn line_to_pb(&self, line: &order_line::Model, currency: Currency) -> pb::OrderLine {
        let money = |minor| Some(pb::Money::new(currency, minor));
        pb::OrderLine {
            line_id: line.line_id.to_string(),
            product_id: line.product_id.to_string(),
            sku: line.sku.clone(),
            name: line.name.clone(),
            name_ar: line.name_ar.clone(),
            barcode: line.barcode.clone(),
            quantity: Some(Quantity::from_thousandths(line.quantity).into()),
            unit: line.unit.clone(),
            list_price: money(line.list_price),
            unit_price: money(line.unit_price),
            subtotal: money(line.subtotal),
            discounts: self.discounts_of(Some(line.line_id), currency),
            discount_total: money(line.discount_total),
            order_discount_share: money(line.order_discount_share),
            tax_rate: Some(Rate::from_ten_thousandths(line.tax_rate).into()),
            net: money(line.net),
            tax: money(line.tax),
            total: money(line.total),
            category: line.category.clone(),
            original_line_id: line.original_line_id.map(|id| id.to_string()).unwrap_or_default(),
            reason: line.reason.clone(),
            restocked: line.restocked,
            returned_quantity: None,
            returned_total: None,
        }
    }

    fn discounts_of(&self, line_id: Option<Uuid>, currency: Currency) -> Vec<pb::AppliedDiscount> {
        let own = self.discounts.iter().filter(|discount| discount.line_id == line_id);
        own.map(|row| {
            let fixed =
                row.fixed_amount.map(|minor| discount::Value::Amount(pb::Money::new(currency, minor)));
            let percent =
                || row.percent.map(|rate| discount::Value::Percent(Rate::from_ten_thousandths(rate).into()));
            pb::AppliedDiscount {
                discount: Some(pb::Discount { name: row.name.clone(), value: fixed.or_else(percent) }),
                amount: Some(pb::Money::new(currency, row.amount)),
            }
        })
        .collect()
    }

    /// The taxes by rate: sums of the lines' stored parts, so header and lines never differ.
    fn tax_totals(&self, currency: Currency) -> Vec<pb::TaxTotal> {
        let mut by_rate: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for line in &self.lines {
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

fn tender_to_pb(tender: &order_tender::Model, currency: Currency) -> pb::Tender {
    let card = pb::Card {
        brand: tender.card_brand.clone(),
        last_four: tender.card_last_four.clone(),
        authorization_code: tender.card_authorization_code.clone(),
    };
    pb::Tender {
        r#type: tender.kind,
        amount: Some(pb::Money::new(currency, tender.amount)),
        tip: Some(pb::Money::new(currency, tender.tip)),
        card: (card != pb::Card::default()).then_some(card),
    }
}
