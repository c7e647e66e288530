//! What of a sale the cashier's role does not allow, and who approved it.

use kassa_proto::{
    money::MAX_AMOUNT_MINOR,
    pricing,
    v1::{self as pb, ApprovalAction as Action},
};
use uuid::Uuid;

use super::cart::{Cart, PricedCart};
use crate::{
    access::approvals::{self, Wanted},
    books::{Context, Stop, WorkingSet},
};

/// A sale as far as it needs approval.
pub struct Sale<'a> {
    /// Its id.
    pub order_id: Uuid,
    /// What is sold.
    pub cart: &'a Cart,
    /// For how much.
    pub priced: &'a PricedCart,
    /// The ids of its lines.
    pub line_ids: &'a [Uuid],
    /// The grants that came with it.
    pub grant_ids: &'a [Uuid],
}

impl Sale<'_> {
    /// Uses up the grants for what the caller may not do alone, and says what was approved.
    ///
    /// # Errors
    /// Those of [`approvals::require`].
    pub fn approve(&self, books: &mut WorkingSet, context: &Context) -> Result<Vec<pb::Approval>, Stop> {
        let mut approvals = self.approve_prices(books, context)?;
        approvals.extend(self.approve_discounts(books, context)?);
        Ok(approvals)
    }

    fn approve_prices(&self, books: &mut WorkingSet, context: &Context) -> Result<Vec<pb::Approval>, Stop> {
        let mut approvals = Vec::new();
        let prices = self.priced.products.iter().zip(&self.priced.unit_prices);
        let lines = self.cart.lines.iter().zip(&self.priced.totals.lines).zip(self.line_ids);
        for ((product, unit_price), ((line, totals), line_id)) in prices.zip(lines) {
            if *unit_price == product.price {
                continue;
            }
            let at_list_price = pricing::Line {
                unit_price: product.price,
                quantity: line.quantity,
                tax_rate: kassa_proto::decimal::Rate::default(),
                discounts: Vec::new(),
            };
            // At the list price it may cost more than any amount; then nobody can approve less.
            let list = pricing::price(&self.priced.rules, &[at_list_price], &[]);
            let list = list.map_or(MAX_AMOUNT_MINOR, |list| list.subtotal);
            let less = list.saturating_sub(totals.subtotal).max(0);
            let wanted = self.wanted(Action::PriceOverride, Some(*line_id), less, &[]);
            approvals.extend(approvals::require(books, context, self.grant_ids, &wanted)?);
        }
        Ok(approvals)
    }

    /// Each line's own discounts are held against the limit, and all discounts together. A grant for the
    /// whole order covers them all; what is granted of a line no longer counts against the order.
    fn approve_discounts(
        &self,
        books: &mut WorkingSet,
        context: &Context,
    ) -> Result<Vec<pb::Approval>, Stop> {
        let totals = &self.priced.totals;
        let subtotals: Vec<i64> = totals.lines.iter().map(|line| line.subtotal).collect();
        let whole = self.wanted(Action::Discount, None, totals.discount_total, &subtotals);
        let mut lines = Vec::new();
        let mut left = totals.discount_total;
        for (line, line_id) in totals.lines.iter().zip(self.line_ids) {
            let of = std::slice::from_ref(&line.subtotal);
            let wanted = self.wanted(Action::Discount, Some(*line_id), line.discount_total, of);
            if !approvals::is_allowed(books, context, &wanted)? {
                left = left.saturating_sub(line.discount_total);
                lines.push(wanted);
            }
        }
        let rest = Wanted { amount: left, ..whole.clone() };
        let too_much = !approvals::is_allowed(books, context, &rest)?;
        if too_much || (!lines.is_empty() && approvals::is_given(books, self.grant_ids, &whole)?) {
            return Ok(vec![approvals::consume(books, context, self.grant_ids, &whole)?]);
        }
        let approve = |wanted: &Wanted| approvals::consume(books, context, self.grant_ids, wanted);
        lines.iter().map(approve).collect()
    }

    fn wanted<'a>(&self, action: Action, line_id: Option<Uuid>, amount: i64, of: &'a [i64]) -> Wanted<'a> {
        Wanted { action, order_id: Some(self.order_id), line_id, amount, of, document_id: self.order_id }
    }
}
