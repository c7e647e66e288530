//! Sales and what is given back: lines, discounts and tenders add up.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Offset as _, TimeZone as _};
use uuid::Uuid;

use super::{Checked, Ledger, OPEN, PaidBack, arithmetic::quotient, ensure, same};
use crate::{
    model::change_set::ChangeSet,
    store::entity::{order, order_discount, order_line, order_tender},
};

pub const CASH: i32 = 1;
/// Goods that were given back pay for others.
pub const GOODS: i32 = 6;
pub const SALE: i32 = 1;

pub const VOID: i32 = 3;

/// A document with its parts, and what was given back of it.
#[derive(Debug)]
pub struct Document {
    pub order: order::Model,
    pub lines: Vec<order_line::Model>,
    pub discounts: Vec<order_discount::Model>,
    pub tenders: Vec<order_tender::Model>,
    /// Quantity, total and tax that came back, by line.
    pub given_back: BTreeMap<Uuid, [i64; 3]>,
    /// The money that went back.
    pub paid_back: PaidBack,
    pub voided: bool,
}

impl Document {
    /// What the shop kept of a tender type: without tips and change.
    pub fn captured(&self, kind: i32) -> i64 {
        let of_kind = self.tenders.iter().filter(|it| it.kind == kind);
        let kept: i64 = of_kind.map(|it| it.amount - it.tip).sum();
        if kind == CASH { kept - self.order.change } else { kept }
    }

    /// The tender types it was paid with.
    pub fn kinds(&self) -> BTreeSet<i32> {
        self.tenders.iter().map(|it| it.kind).collect()
    }

    /// What a quantity of a line is worth together with what came back before, less that: total and tax. The tax
    /// so far is its share of the total so far, as near as what is left of it and of the net lets it be.
    pub fn worth(&self, line: &order_line::Model, quantity: i64) -> [i64; 2] {
        let [before, total_before, tax_before] =
            self.given_back.get(&line.line_id).copied().unwrap_or_default();
        let share = |amount: i64, of: i64, whole: i64| {
            if whole == 0 {
                return 0;
            }
            quotient(i128::from(amount) * i128::from(of), whole.into(), self.order.rounding_mode)
        };
        let after = share(line.total, before + quantity, line.quantity);
        let total = after - total_before;
        let net_left = line.net - (total_before - tax_before);
        let tax = share(line.tax, after, line.total) - tax_before;
        [total, tax.max(total - net_left).max(0).min(total).min(line.tax - tax_before)]
    }
}

impl Ledger {
    pub(super) fn order(&mut self, changes: &ChangeSet, order: &order::Model, now: i64) -> Checked {
        let mine = |id: Uuid| id == order.id;
        let mut lines: Vec<_> =
            changes.lines.iter().map(|(_, row)| row).filter(|it| mine(it.order_id)).cloned().collect();
        let mut tenders: Vec<_> =
            changes.tenders.iter().map(|(_, row)| row).filter(|it| mine(it.order_id)).cloned().collect();
        let mut discounts: Vec<_> =
            changes.discounts.iter().map(|(_, row)| row).filter(|it| mine(it.order_id)).cloned().collect();
        lines.sort_by_key(|row| row.position);
        tenders.sort_by_key(|row| row.position);
        discounts.sort_by_key(|row| row.position);

        let shift = self.shifts.get(&order.shift_id).ok_or("an order without a shift")?;
        same(|| "the state of an order's shift".to_owned(), shift.row.state, OPEN)?;
        same(|| "an order's register".to_owned(), order.register_id, shift.row.register_id)?;
        same(|| "an order's business date".to_owned(), order.business_date, shift.row.business_date)?;
        same(|| "an order's time".to_owned(), order.create_time, now)?;
        let zone: chrono_tz::Tz = self.shop().time_zone.parse().expect("a zone");
        let local = zone.timestamp_micros(now).single().ok_or("no time")?;
        let offset = local.offset().fix().local_minus_utc() / 60;
        same(|| "an order's offset".to_owned(), order.utc_offset_minutes, offset)?;

        let next = self.order_sequences.entry(order.branch_id).or_default();
        *next += 1;
        same(|| "an order's place".to_owned(), order.sequence, *next)?;
        let is_sale = order.kind == SALE;
        let prefix = match is_sale {
            true if order.training => "TRN",
            true => "INV",
            false => "RET",
        };
        self.number(&order.receipt_number, prefix, order.register_id, order.business_date)?;

        let sum = |part: fn(&order_line::Model) -> i64| lines.iter().map(part).sum::<i64>();
        same(|| "an order's total".to_owned(), order.total, sum(|line| line.total))?;
        same(|| "an order's subtotal".to_owned(), order.subtotal, sum(|line| line.subtotal))?;
        let off = sum(|line| line.discount_total + line.order_discount_share);
        same(|| "an order's discounts".to_owned(), order.discount_total, off)?;
        let named: i64 = discounts.iter().map(|it| it.amount).sum();
        same(|| "the sum of the discounts".to_owned(), order.discount_total, named)?;
        let (paid, tips) = tenders.iter().fold((0, 0), |(paid, tips), it| (paid + it.amount, tips + it.tip));
        let asked = order.total + order.rounding_adjustment + order.tip_total;
        same(|| "what was paid, less change".to_owned(), paid - order.change, asked)?;
        same(|| "an order's tips".to_owned(), order.tip_total, tips)?;
        for line in &lines {
            let after = line.subtotal - line.discount_total - line.order_discount_share;
            let of = if order.prices_include_tax { line.total } else { line.net };
            same(|| format!("a line's worth {line:?}"), of, after)?;
            ensure!([line.net, line.tax, after].iter().all(|it| *it >= 0), "a line is negative: {line:?}");
            if is_sale {
                self.sold_line(order, line)?;
            }
        }
        let cash: i64 = tenders.iter().filter(|it| it.kind == CASH).map(|it| it.amount).sum();
        let moved: Vec<(i32, i64)> = changes
            .movements
            .iter()
            .map(|(_, row)| row)
            .filter(|it| it.order_id == Some(order.id))
            .map(|it| (it.kind, it.amount))
            .collect();
        let should: Vec<(i32, i64)> =
            if is_sale { vec![(1, cash), (2, order.change)] } else { vec![(3, cash)] };
        let should = if order.training { Vec::new() } else { should };
        let should: BTreeSet<(i32, i64)> = should.into_iter().filter(|(_, amount)| *amount > 0).collect();
        same(|| "what an order moves".to_owned(), moved.into_iter().collect(), should)?;

        let document = Document {
            order: order.clone(),
            lines,
            discounts,
            tenders,
            given_back: BTreeMap::new(),
            paid_back: PaidBack::default(),
            voided: false,
        };
        if !is_sale {
            self.reverses(&document)?;
        }
        if let Some(other) = order.exchange_order_id {
            let both = changes.orders.iter().map(|(_, it)| it);
            let other = both.clone().find(|it| it.id == other).ok_or("half an exchange")?;
            same(|| "the other half of an exchange".to_owned(), other.exchange_order_id, Some(order.id))?;
            let goods: i64 = document.tenders.iter().filter(|it| it.kind == GOODS).map(|it| it.amount).sum();
            same(|| "what goods pay".to_owned(), goods, order.total.min(other.total))?;
        } else {
            ensure!(document.tenders.iter().all(|it| it.kind != GOODS), "goods pay for no exchange");
        }
        self.count_order(&document, cash);
        self.orders.push(order.id);
        self.documents.insert(order.id, document);
        Ok(())
    }

    /// What a line of a sale is made of.
    pub(super) fn sold_line(&self, order: &order::Model, line: &order_line::Model) -> Checked {
        let product = self.products.get(&line.product_id).ok_or("a line without a product")?;
        same(|| "a line's list price".to_owned(), line.list_price, product.price)?;
        same(|| "a line's rate".to_owned(), line.tax_rate, product.tax_rate)?;
        let exact = i128::from(line.unit_price) * i128::from(line.quantity);
        same(
            || format!("a line's subtotal {line:?}"),
            line.subtotal,
            quotient(exact, 1_000, order.rounding_mode),
        )?;
        if order.tax_rounding == 1 {
            let (rate, whole) = (i128::from(line.tax_rate), 1_000_000);
            if order.prices_include_tax {
                let net = quotient(i128::from(line.total) * whole, whole + rate, order.rounding_mode);
                // A half may lie with the net or with the tax.
                ensure!((net - line.net).abs() <= 1, "the net of {line:?} is {net}");
            } else {
                let tax = quotient(i128::from(line.net) * rate, whole, order.rounding_mode);
                same(|| format!("a line's tax {line:?}"), line.tax, tax)?;
            }
        }
        Ok(())
    }
}
