//! Receipts as text: pure, from the stored order and the shop's header and footer.

use chrono_tz::Tz;
use kassa_proto::{
    decimal::{Quantity, Rate},
    money::Currency,
    v1::{OrderKind, TenderType},
};

use super::convert::OrderRows;
use crate::{
    clock::from_micros,
    paper::Paper,
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
    /// The number of the sale that is given back, if this is a refund or a void.
    pub original: Option<&'a str>,
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
            page.paragraph(&self.rows.order.note);
        }
        if !self.business.receipt_footer.is_empty() {
            page.rule();
            page.centred(&self.business.receipt_footer.replace(VERSION, crate::VERSION));
        }
        page.into_text()
    }

    fn money(&self, minor: i64) -> String {
        self.currency.format(minor)
    }

    fn head(&self, page: &mut Paper) {
        let order = &self.rows.order;
        page.centred(&self.business.name);
        page.centred(&self.business.receipt_header);
        if self.copy_number > 0 {
            page.centred(&format!("COPY {}", self.copy_number));
        }
        if order.training {
            page.centred("*** TRAINING ***");
        }
        match OrderKind::try_from(order.kind) {
            Ok(OrderKind::Return) => page.centred("REFUND"),
            Ok(OrderKind::Void) => page.centred("VOID"),
            Ok(OrderKind::Sale | OrderKind::Unspecified) | Err(_) => {}
        }
        page.centred(&order.receipt_number);
        if let Some(original) = self.original {
            page.centred(&format!("of {original}"));
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
        page.pair(&price, &self.money(line.subtotal));
        for discount in self.rows.discounts.iter().filter(|discount| discount.line_id == Some(line.line_id)) {
            self.discount(page, discount, "  ");
        }
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

/// What a tender type is called on paper.
pub fn tender_name(kind: i32) -> &'static str {
    match TenderType::try_from(kind) {
        Ok(TenderType::Cash) => "Cash",
        Ok(TenderType::Card) => "Card",
        Ok(TenderType::Voucher) => "Voucher",
        Ok(TenderType::Wallet) => "Wallet",
        Ok(TenderType::BankTransfer) => "Bank transfer",
        Ok(TenderType::Exchange) => "Goods returned",
        Ok(TenderType::Unspecified) | Err(_) => "Other",
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
