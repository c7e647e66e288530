//! Receipts as text: pure, from the stored order and the shop's header and footer.

use chrono_tz::Tz;
use kassa_proto::{
    decimal::{Quantity, Rate},
    money::Currency,
    pricing::full_price,
    v1::OrderKind,
};

use super::give_back::rounding;
use crate::{
    clock::from_micros,
    encoding::order::OrderRows,
    paper::{Paper, tender_name},
    store::entity::{business, customer, order_discount, order_line, order_tender},
};

/// Stands for the program's version in the shop's footer.
const VERSION: &str = "{version}";

/// Everything that stands on a receipt.
pub struct Receipt<'a> {
    /// The order.
    pub rows: &'a OrderRows,
    /// The shop.
    pub business: &'a business::Model,
    /// The shop's currency.
    pub currency: Currency,
    /// The shop's time zone.
    pub zone: Tz,
    /// The register's code.
    pub register: &'a str,
    /// The cashier's name.
    pub cashier: &'a str,
    /// Who bought, if it is known.
    pub customer: Option<&'a customer::Model>,
    /// The sale that is given back, if this is a refund or a void.
    pub original: Option<&'a OrderRows>,
    /// The number of the void that took this sale back.
    pub voided_by: Option<&'a str>,
    /// The number of the other order of an exchange.
    pub exchange: Option<&'a str>,
    /// The copy's number; zero for the original.
    pub copy_number: i64,
}

impl Receipt<'_> {
    /// The receipt as lines of at most `width` cells.
    pub fn text(&self, width: usize) -> String {
        let mut page = Paper::new(width);
        self.head(&mut page);
        page.rule();
        for line in &self.rows.lines {
            self.line(&mut page, line);
        }
        page.rule();
        self.totals(&mut page);
        page.rule();
        self.taxes(&mut page);
        if !self.rows.order.note.is_empty() {
            page.rule();
            page.quote("Note", &self.rows.order.note);
        }
        if !self.business.receipt_footer.is_empty() {
            page.rule();
            page.centred_lines(&self.business.receipt_footer.replace(VERSION, crate::VERSION));
        }
        page.into_text()
    }

    fn money(&self, minor: i64) -> String {
        self.currency.format(minor)
    }

    fn head(&self, page: &mut Paper) {
        let order = &self.rows.order;
        page.centred(&self.business.name);
        page.centred_lines(&self.business.receipt_header);
        if self.copy_number > 0 {
            page.centred(&format!("COPY {}", self.copy_number));
        }
        if order.training {
            page.centred("*** TRAINING ***");
        }
        page.centred(&order.receipt_number);
        let what = match OrderKind::try_from(order.kind) {
            Ok(OrderKind::Return) => "REFUND OF",
            Ok(OrderKind::Void) => "VOID OF",
            Ok(OrderKind::Sale | OrderKind::Unspecified) | Err(_) => "OF",
        };
        if let Some(original) = self.original {
            page.centred(&format!("{what} {}", original.order.receipt_number));
        }
        if let Some(void) = self.voided_by {
            page.centred(&format!("VOIDED BY {void}"));
        }
        if let Some(other) = self.exchange {
            page.centred(&format!("in exchange with {other}"));
        }
        let local = from_micros(order.create_time).with_timezone(&self.zone);
        let place = format!("{} {}", self.register, self.cashier);
        page.pair(&local.format("%Y-%m-%d %H:%M").to_string(), &place);
        if let Some(customer) = self.customer {
            buyer(page, customer);
        }
    }

    fn line(&self, page: &mut Paper, line: &order_line::Model) {
        page.paragraph(&line.name);
        if !line.name_ar.is_empty() {
            page.paragraph(&line.name_ar);
        }
        let quantity = Quantity::from_thousandths(line.quantity);
        let price = format!("  {quantity} {} x {}", line.unit, self.money(line.unit_price));
        let full = self.full_price(line);
        page.pair(&price, &self.money(full));
        for discount in self.rows.discounts.iter().filter(|discount| discount.line_id == Some(line.line_id)) {
            self.discount(page, discount, "  ");
        }
        let off = full.saturating_sub(line.subtotal);
        if off != 0 {
            let label = if self.was_reduced(line) { "  Discount" } else { "  Rounding" };
            page.pair(label, &self.money(off.saturating_neg()));
            let paid = if self.rows.order.prices_include_tax { "  Paid" } else { "  Paid, before tax" };
            page.pair(paid, &self.money(line.subtotal));
        }
    }

    /// Quantity times price. A refund's line has only what was paid of that: all discounts are off its subtotal
    /// already, and it is a part of a rounded amount.
    fn full_price(&self, line: &order_line::Model) -> i64 {
        let quantity = Quantity::from_thousandths(line.quantity);
        full_price(line.unit_price, quantity, rounding(self.rows.order.rounding_mode))
            .unwrap_or(line.subtotal)
    }

    /// Whether the line of the sale that comes back had a discount, or a share of one.
    fn was_reduced(&self, line: &order_line::Model) -> bool {
        let sold = self.original.into_iter().flat_map(|original| &original.lines);
        let mut sold = sold.filter(|sold| line.original_line_id == Some(sold.line_id));
        sold.any(|sold| sold.discount_total > 0 || sold.order_discount_share > 0)
    }

    fn discount(&self, page: &mut Paper, discount: &order_discount::Model, indent: &str) {
        let name = if discount.name.is_empty() { "Discount" } else { &discount.name };
        let percent = discount.percent.map(|rate| format!(" {}%", Rate::from_ten_thousandths(rate)));
        let label = format!("{indent}{name}{}", percent.unwrap_or_default());
        page.pair(&label, &self.money(discount.amount.saturating_neg()));
    }

    fn totals(&self, page: &mut Paper) {
        let order = &self.rows.order;
        let of_order: Vec<_> =
            self.rows.discounts.iter().filter(|discount| discount.line_id.is_none()).collect();
        if order.discount_total > 0 || !order.prices_include_tax {
            let before =
                self.rows.lines.iter().map(|line| line.subtotal.saturating_sub(line.discount_total)).sum();
            page.pair("Subtotal", &self.money(before));
        }
        for discount in of_order {
            self.discount(page, discount, "");
        }
        if !order.prices_include_tax {
            page.pair("Tax", &self.money(self.rows.lines.iter().map(|line| line.tax).sum()));
        }
        page.pair(&format!("TOTAL {}", self.currency.code()), &self.money(order.total));
        for (label, minor) in [("Rounding", order.rounding_adjustment), ("Tip", order.tip_total)] {
            if minor != 0 {
                page.pair(label, &self.money(minor));
            }
        }
        for tender in &self.rows.tenders {
            page.pair(&tender_label(tender), &self.money(tender.amount));
        }
        if order.change != 0 {
            page.pair("Change", &self.money(order.change));
        }
    }

    /// The taxes by rate: what an invoice must show.
    fn taxes(&self, page: &mut Paper) {
        let mut rates: Vec<i64> = self.rows.lines.iter().map(|line| line.tax_rate).collect();
        rates.sort_unstable();
        rates.dedup();
        let rows = rates.into_iter().map(|rate| {
            let lines = || self.rows.lines.iter().filter(move |line| line.tax_rate == rate);
            let sum = |part: fn(&order_line::Model) -> i64| self.money(lines().map(part).sum());
            let name = format!("{}%", Rate::from_ten_thousandths(rate));
            (name, [sum(|line| line.net), sum(|line| line.tax), sum(|line| line.total)])
        });
        page.table(("Tax", ["Net", "Tax", "Gross"]), &rows.collect::<Vec<_>>());
    }
}

/// Who bought, as far as it is known: of somebody who was forgotten nothing is.
fn buyer(page: &mut Paper, customer: &customer::Model) {
    let customer::Model { name, name_ar, tax_number, .. } = customer;
    for (label, value) in [("Customer: ", name), ("", name_ar), ("Tax number: ", tax_number)] {
        if !value.is_empty() {
            page.paragraph(&format!("{label}{value}"));
        }
    }
}

fn tender_label(tender: &order_tender::Model) -> String {
    let digits =
        if tender.card_last_four.is_empty() { String::new() } else { format!("**{}", tender.card_last_four) };
    [tender_name(tender.kind), &tender.card_brand, &digits]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use kassa_proto::{money::MAX_AMOUNT_MINOR, v1::TenderType};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{
        books::testing::NOON,
        lifecycle::first_start::first_business,
        paper::tests::{holds, names},
        store::entity::order,
    };

    const LINE: Uuid = Uuid::from_u128(1);

    /// An order of one line, with what a receipt can show of it.
    fn rows(texts: &[String], sums: &[i64], kind: OrderKind, price: i64, quantity: i64) -> OrderRows {
        let id = Uuid::from_u128(2);
        let (text, sum) = (|at: usize| texts[at].clone(), |at: usize| sums[at]);
        let line = order_line::Model {
            order_id: id,
            line_id: LINE,
            position: 0,
            product_id: id,
            sku: String::new(),
            name: text(0),
            name_ar: text(1),
            category: String::new(),
            barcode: String::new(),
            unit: text(2).chars().take(20).collect(),
            quantity,
            list_price: price,
            unit_price: price,
            subtotal: sum(0),
            discount_total: sum(1),
            order_discount_share: 0,
            tax_rate: 8_8751,
            net: sum(2),
            tax: sum(3),
            total: sum(4),
            original_line_id: Some(LINE),
            reason: String::new(),
            restocked: false,
            cost: None,
        };
        let tender = order_tender::Model {
            order_id: id,
            position: 0,
            kind: TenderType::Card.into(),
            amount: sum(5),
            tip: 0,
            card_brand: text(3),
            card_last_four: "4242".to_owned(),
            card_authorization_code: String::new(),
        };
        let discount = order_discount::Model {
            order_id: id,
            position: 0,
            line_id: None,
            name: text(4),
            fixed_amount: None,
            percent: Some(12_5000),
            amount: sum(6),
        };
        let order = order::Model {
            id,
            kind: kind.into(),
            state: 0,
            receipt_number: "RET-202611-R1-000042".to_owned(),
            branch_id: id,
            sequence: 1,
            register_id: id,
            shift_id: id,
            user_id: id,
            terminal_id: id,
            subtotal: sum(0),
            discount_total: sum(1),
            total: sum(7),
            rounding_adjustment: sum(8),
            tip_total: sum(9),
            change: sum(10),
            note: text(5),
            prices_include_tax: false,
            tax_rounding: 0,
            rounding_mode: 0,
            business_date: 20_261_120,
            create_time: NOON,
            utc_offset_minutes: 0,
            original_order_id: None,
            exchange_order_id: None,
            training: true,
            customer_id: None,
            paid_back_in_cash: 0,
            paid_back_in_cash_by_user_id: None,
        };
        OrderRows { order, lines: vec![line], discounts: vec![discount], tenders: vec![tender] }
    }

    proptest! {
        #[test]
        fn a_receipt_fits_its_paper_whatever_the_amounts_and_names(
            width in 32_usize..=80,
            texts in proptest::collection::vec(names(), 7),
            sums in proptest::collection::vec(1..=MAX_AMOUNT_MINOR, 11),
            (price, quantity) in (0..=MAX_AMOUNT_MINOR, 1_i64..=9_999_999_999),
            is_sale: bool,
            currency in proptest::sample::select(&["JPY", "USD", "KWD"][..]),
        ) {
            let currency = Currency::from_code(currency).unwrap();
            let kind = if is_sale { OrderKind::Sale } else { OrderKind::Return };
            let (rows, business) = (rows(&texts, &sums, kind, price, quantity), first_business(LINE, NOON));
            let receipt = Receipt {
                rows: &rows,
                business: &business,
                currency,
                zone: Tz::UTC,
                register: "R1",
                cashier: &texts[6],
                customer: None,
                original: Some(&rows),
                voided_by: Some("RET-202611-R1-000043"),
                exchange: Some("INV-202611-R1-000044"),
                copy_number: 1,
            };
            let told = [price, sums[2], sums[3], sums[4], sums[5], -sums[6], sums[7], sums[8], sums[9], sums[10]];
            let amounts: Vec<String> = told.iter().map(|minor| currency.format(*minor)).collect();
            holds(&receipt.text(width), width, &amounts)?;
        }
    }
}
