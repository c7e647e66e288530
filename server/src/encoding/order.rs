//! An order's rows, and the message that is made of them.

use kassa_proto::{
    decimal::{Quantity, Rate},
    money::Currency,
    v1::{self as pb, discount},
};
use uuid::Uuid;

use super::time::{date, stored_timestamp};
use crate::store::entity::{order, order_discount, order_line, order_tender};

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

/// What an order says that no row does, and follows from its rows.
#[derive(Clone, Debug, Default)]
pub struct Derived {
    /// The taxes by rate.
    pub tax_totals: Vec<pb::TaxTotal>,
    /// What is out of the ordinary.
    pub exceptions: Vec<pb::OrderException>,
}

impl OrderRows {
    /// The order as the contract sends it.
    pub fn to_pb(&self, currency: Currency, derived: Derived) -> pb::Order {
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
            tax_totals: derived.tax_totals,
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
            exceptions: derived.exceptions,
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
