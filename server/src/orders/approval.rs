//! What of a sale the cashier's role does not allow, and who approved it.

use kassa_proto::{
    money::MAX_AMOUNT_MINOR,
    pricing,
    v1::{self as pb, ApprovalAction as Action},
};
use uuid::Uuid;

use super::sell::Sale;
use crate::{
    access::approvals::{self, Wanted},
    books::{Context, Stop, WorkingSet},
};

/// Uses up the grants for what the caller may not do alone, and says what was approved.
///
/// # Errors
/// Those of [`approvals::require`].
pub fn approve(
    books: &mut WorkingSet,
    context: &Context,
    sale: &Sale,
    line_ids: &[Uuid],
) -> Result<Vec<pb::Approval>, Stop> {
    let asked = Asked { sale, line_ids };
    let mut approvals = asked.approve_prices(books, context)?;
    approvals.extend(asked.approve_discounts(books, context)?);
    Ok(approvals)
}

/// A sale as far as it needs approval.
struct Asked<'a> {
    sale: &'a Sale<'a>,
    line_ids: &'a [Uuid],
}

impl Asked<'_> {
    fn approve_prices(&self, books: &mut WorkingSet, context: &Context) -> Result<Vec<pb::Approval>, Stop> {
        let mut approvals = Vec::new();
        let prices = self.sale.priced.products.iter().zip(&self.sale.priced.unit_prices);
        let lines = self.sale.cart.lines.iter().zip(&self.sale.priced.totals.lines).zip(self.line_ids);
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
            let list = pricing::price(&self.sale.priced.rules, &[at_list_price], &[]);
            let list = list.map_or(MAX_AMOUNT_MINOR, |list| list.subtotal);
            let less = list.saturating_sub(totals.subtotal).max(0);
            let wanted = self.wanted(Action::PriceOverride, Some(*line_id), less, &[]);
            approvals.extend(approvals::require(books, context, self.sale.grant_ids, &wanted)?);
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
        let totals = &self.sale.priced.totals;
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
        if too_much || (!lines.is_empty() && approvals::is_given(books, self.sale.grant_ids, &whole)?) {
            return Ok(vec![approvals::consume(books, context, self.sale.grant_ids, &whole)?]);
        }
        let approve = |wanted: &Wanted| approvals::consume(books, context, self.sale.grant_ids, wanted);
        lines.iter().map(approve).collect()
    }

    fn wanted<'a>(&self, action: Action, line_id: Option<Uuid>, amount: i64, of: &'a [i64]) -> Wanted<'a> {
        Wanted {
            action,
            order_id: Some(self.sale.order_id),
            line_id,
            amount,
            of,
            document_id: self.sale.order_id,
            ..Wanted::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{
        ErrorReason as Reason, JournalKind, StockPolicy, discount::Value, journal_record::Entry,
        line_item::Item,
    };

    use super::*;
    use crate::{
        books::testing::{NOON, SUPERVISOR, TestShop},
        error::Error,
        orders::complete_sale::CompleteSale,
        store::entity::{grant, role_limit, user},
    };

    const ORDER: &str = "01980e3a-5f00-7000-8000-000000000001";
    const LINES: [&str; 2] = ["01980e3a-5f00-7000-8000-00000000000a", "01980e3a-5f00-7000-8000-00000000000b"];

    fn money(minor: i64) -> Option<pb::Money> {
        Some(pb::Money { amount_minor: minor, ..Default::default() })
    }

    fn off(minor: i64) -> pb::Discount {
        pb::Discount { name: "friend".to_owned(), value: money(minor).map(Value::Amount) }
    }

    /// A cashier with bread for 2.00, five of them on each of two lines.
    fn cashier() -> TestShop {
        let mut shop = TestShop::with_shift();
        shop.put_product("bread", 2_00, StockPolicy::Allow, 1_000);
        shop.seat_cashier();
        shop
    }

    fn sale(total: i64, change: impl FnOnce(&mut pb::CompleteSaleRequest)) -> pb::CompleteSaleRequest {
        let line = |id: &str| pb::LineItem {
            line_id: id.to_owned(),
            item: Some(Item::Barcode("bread".to_owned())),
            quantity: Some(pb::Decimal { value: "5".to_owned() }),
            ..Default::default()
        };
        let cash =
            pb::Tender { r#type: pb::TenderType::Cash.into(), amount: money(total), ..Default::default() };
        let mut sale = pb::CompleteSaleRequest {
            order_id: ORDER.to_owned(),
            lines: LINES.map(line).to_vec(),
            tenders: vec![cash],
            expected_total: money(total),
            ..Default::default()
        };
        change(&mut sale);
        sale
    }

    fn sell(shop: &mut TestShop, sale: pb::CompleteSaleRequest) -> Result<(), Error> {
        let dirty = shop.books.dirty();
        let sold = shop.decide(&CompleteSale::parse(sale).unwrap()).map(|_| ());
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        assert!(sold.is_ok() || shop.books.dirty() == dirty, "a refusal leaves nothing behind");
        sold
    }

    fn refusal(shop: &mut TestShop, sale: pb::CompleteSaleRequest) -> Reason {
        sell(shop, sale).unwrap_err().reason()
    }

    fn approvals(shop: &TestShop) -> Vec<pb::Approval> {
        let Entry::Sale(sale) = shop.last_entry(JournalKind::Sales) else { panic!("no sale in the journal") };
        sale.approvals
    }

    #[test]
    fn a_discount_within_the_limit_needs_nobody() {
        sell(&mut cashier(), sale(19_00, |sale| sale.lines[0].discounts.push(off(1_00)))).unwrap();
        sell(&mut cashier(), sale(18_00, |sale| sale.discounts.push(off(2_00)))).unwrap();
    }

    #[test]
    fn a_discount_that_rounds_up_is_within_the_limit_that_names_it() {
        let mut shop = cashier();
        shop.put_product("milk", 1_55, StockPolicy::Allow, 1_000);
        let percent = pb::Discount {
            name: "friend".to_owned(),
            value: Some(Value::Percent(pb::Decimal { value: "10".to_owned() })),
        };
        let milk = |sale: &mut pb::CompleteSaleRequest| {
            for line in &mut sale.lines {
                line.item = Some(Item::Barcode("milk".to_owned()));
                line.quantity = Some(pb::Decimal { value: "1".to_owned() });
                line.discounts.push(percent.clone());
            }
        };
        // 10% of 1.55 takes off 0.16, which is more than a tenth of it.
        sell(&mut shop, sale(2_78, milk)).unwrap();
    }

    #[test]
    fn a_discount_above_the_limit_needs_a_grant_of_its_line_or_its_order() {
        let of_line = |sale: &mut pb::CompleteSaleRequest| sale.lines[0].discounts.push(off(1_01));
        let mut shop = cashier();
        let refused = sell(&mut shop, sale(18_99, of_line)).unwrap_err();
        assert_eq!(refused.reason(), Reason::ApprovalRequired);
        let line = Some(Uuid::try_parse(LINES[0]).unwrap());
        let of_line_one = shop.grant(Action::Discount, ORDER, 1_01, |grant| grant.line_id = line);
        let granted = sale(18_99, |sale| {
            of_line(sale);
            sale.grant_ids.push(of_line_one.clone());
        });
        sell(&mut shop, granted).unwrap();
        let approvals = approvals(&shop);
        assert_eq!((approvals.len(), approvals[0].grant_id.as_str()), (1, of_line_one.as_str()));
        assert_eq!(approvals[0].approver_user_id, SUPERVISOR.to_string());
        let used: &grant::Model = shop.row(&Uuid::try_parse(&of_line_one).unwrap());
        assert_eq!((used.used_time, used.used_by_id), (Some(NOON), Uuid::try_parse(ORDER).ok()));

        let mut shop = cashier();
        let of_order = shop.grant(Action::Discount, ORDER, 1_01, |_| ());
        let granted = sale(18_99, |sale| {
            of_line(sale);
            sale.grant_ids.push(of_order);
        });
        sell(&mut shop, granted).unwrap();
    }

    #[test]
    fn what_is_granted_of_a_line_leaves_the_orders_limit_to_the_rest() {
        let discounts = |sale: &mut pb::CompleteSaleRequest| {
            sale.lines[0].discounts.push(off(5_00));
            sale.discounts.push(off(2_00));
        };
        let mut shop = cashier();
        let line = Some(Uuid::try_parse(LINES[0]).unwrap());
        let grant = shop.grant(Action::Discount, ORDER, 5_00, |grant| grant.line_id = line);
        let with = |total, more: i64| {
            sale(total, |sale| {
                discounts(sale);
                if more > 0 {
                    sale.discounts.push(off(more));
                }
                sale.grant_ids.push(grant.clone());
            })
        };
        // 2.00 of 20.00 besides the line's 5.00 is a tenth; one cent more is more.
        let refused = sell(&mut shop, with(12_99, 1)).unwrap_err();
        assert_eq!(refused.reason(), Reason::ApprovalRequired);
        sell(&mut shop, with(13_00, 0)).unwrap();
    }

    #[test]
    fn another_price_needs_a_grant_for_its_line_up_to_what_it_costs_less() {
        let cheaper = |sale: &mut pb::CompleteSaleRequest| sale.lines[1].unit_price_override = money(1_50);
        let mut shop = cashier();
        assert_eq!(refusal(&mut shop, sale(17_50, cheaper)), Reason::ApprovalRequired);
        for (line, amount, expected) in
            [(0, 2_50, Reason::ApprovalRequired), (1, 2_49, Reason::ApprovalInvalid)]
        {
            let line = Uuid::try_parse(LINES[line]).ok();
            let grant = shop.grant(Action::PriceOverride, ORDER, amount, |grant| grant.line_id = line);
            let granted = sale(17_50, |sale| {
                cheaper(sale);
                sale.grant_ids.push(grant);
            });
            assert_eq!(refusal(&mut shop, granted), expected);
        }
        let line = Uuid::try_parse(LINES[1]).ok();
        let grant = shop.grant(Action::PriceOverride, ORDER, 2_50, |grant| grant.line_id = line);
        let granted = sale(17_50, |sale| {
            cheaper(sale);
            sale.grant_ids.push(grant);
        });
        sell(&mut shop, granted).unwrap();
        // The product's own price is no other price.
        sell(&mut cashier(), sale(20_00, |sale| sale.lines[0].unit_price_override = money(2_00))).unwrap();
    }

    #[test]
    fn a_grant_fits_nothing_but_what_it_was_given_for() {
        let with = |shop: &mut TestShop, change: fn(&mut grant::Model)| {
            let grant = shop.grant(Action::Discount, ORDER, 5_00, change);
            let granted = sale(15_00, |sale| {
                sale.discounts.push(off(5_00));
                sale.grant_ids.push(grant);
            });
            refusal(shop, granted)
        };
        let other = Some(Uuid::from_u128(99));
        type Change = fn(&mut grant::Model);
        let cases: [(Change, Reason); 10] = [
            (|grant| grant.action = Action::PriceOverride.into(), Reason::ApprovalRequired),
            (|grant| grant.order_id = Some(Uuid::from_u128(99)), Reason::ApprovalInvalid),
            (|grant| grant.order_id = None, Reason::ApprovalInvalid),
            (|grant| grant.line_id = Some(Uuid::from_u128(99)), Reason::ApprovalRequired),
            (|grant| grant.amount = 4_99, Reason::ApprovalInvalid),
            (|grant| grant.requester_user_id = SUPERVISOR, Reason::ApprovalInvalid),
            (|grant| grant.branch_id = Uuid::from_u128(99), Reason::ApprovalInvalid),
            (|grant| grant.expire_time = NOON, Reason::ApprovalExpired),
            // Given when the clock was a year ahead.
            (|grant| grant.expire_time += 365 * 86_400 * 1_000_000, Reason::ApprovalExpired),
            (|grant| grant.used_time = Some(NOON - 1), Reason::ApprovalUsed),
        ];
        for (number, (change, expected)) in cases.into_iter().enumerate() {
            assert_eq!(with(&mut cashier(), change), expected, "case {number}");
        }
        let unknown = sale(15_00, |sale| {
            sale.discounts.push(off(5_00));
            sale.grant_ids.extend(other.map(|id| id.to_string()));
        });
        assert_eq!(refusal(&mut cashier(), unknown), Reason::ApprovalInvalid);
    }

    #[test]
    fn an_approver_allows_no_more_than_they_might_do() {
        let mut shop = cashier();
        let business = shop.caller.business_id;
        shop.change::<role_limit::Model>(&(business, pb::Role::Supervisor.into()), |limits| {
            limits.most_discount = 200_000;
        });
        let with = |shop: &mut TestShop, total: i64| {
            let grant = shop.grant(Action::Discount, ORDER, 20_00, |_| ());
            sale(total, |sale| {
                sale.discounts.push(off(20_00 - total));
                sale.grant_ids.push(grant);
            })
        };
        let too_much = with(&mut shop, 15_99);
        assert_eq!(refusal(&mut shop, too_much), Reason::ApprovalInvalid);
        let enough = with(&mut shop, 16_00);
        sell(&mut shop, enough).unwrap();
        let mut shop = cashier();
        shop.change::<user::Model>(&SUPERVISOR, |user| user.role = pb::Role::Cashier.into());
        let of_a_cashier = with(&mut shop, 16_00);
        assert_eq!(refusal(&mut shop, of_a_cashier), Reason::ApprovalInvalid);
    }

    #[test]
    fn grants_that_are_not_needed_stay() {
        let mut shop = cashier();
        let grant = shop.grant(Action::Discount, ORDER, 5_00, |_| ());
        sell(&mut shop, sale(20_00, |sale| sale.grant_ids.push(grant.clone()))).unwrap();
        assert_eq!(shop.row::<grant::Model>(&Uuid::try_parse(&grant).unwrap()).used_time, None);
        assert_eq!(approvals(&shop), []);
    }
}
