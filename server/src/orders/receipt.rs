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
    store::entity::{business, order_discount, order_line, order_tender},
};

const NARROWEST: usize = 32;
const WIDEST: usize = 80;
/// What an 80 mm printer holds in its usual font.
const USUAL: usize = 42;

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
    /// The number of the sale that is given back, if this is a refund or a void.
    pub original: Option<&'a str>,
}

/// The width that is asked for: 42 where it is 0; `None` outside 32 to 80.
pub fn width(asked: i32) -> Option<usize> {
    match usize::try_from(asked) {
        Ok(0) => Some(USUAL),
        Ok(width) if (NARROWEST..=WIDEST).contains(&width) => Some(width),
        Ok(_) | Err(_) => None,
    }
}

impl Receipt<'_> {
    /// The receipt as lines of at most `width` characters.
    pub fn text(&self, width: usize) -> String {
        let mut page = Page { width, text: String::new() };
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
            page.centred(&self.business.receipt_footer);
        }
        page.text
    }

    fn money(&self, minor: i64) -> String {
        self.currency.format(minor)
    }

    fn head(&self, page: &mut Page) {
        let order = &self.rows.order;
        page.centred(&self.business.name);
        page.centred(&self.business.receipt_header);
        match OrderKind::try_from(order.kind) {
            Ok(OrderKind::Return) => page.centred("REFUND"),
            Ok(OrderKind::Void) => page.centred("VOID"),
            Ok(OrderKind::Sale | OrderKind::Unspecified) | Err(_) => {}
        }
        page.centred(&order.receipt_number);
        if let Some(original) = self.original {
            page.centred(&format!("of {original}"));
        }
        let local = from_micros(order.create_time).with_timezone(&self.zone);
        let place = format!("{} {}", self.register, self.cashier);
        page.pair(&local.format("%Y-%m-%d %H:%M").to_string(), &place);
    }

    fn line(&self, page: &mut Page, line: &order_line::Model) {
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

    fn discount(&self, page: &mut Page, discount: &order_discount::Model, indent: &str) {
        let name = if discount.name.is_empty() { "Discount" } else { &discount.name };
        let percent = discount.percent.map(|rate| format!(" {}%", Rate::from_ten_thousandths(rate)));
        let label = format!("{indent}{name}{}", percent.unwrap_or_default());
        page.pair(&label, &self.money(discount.amount.saturating_neg()));
    }

    fn totals(&self, page: &mut Page) {
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
    fn taxes(&self, page: &mut Page) {
        page.columns(["Tax", "Net", "Tax", "Gross"].map(str::to_owned));
        let mut rates: Vec<i64> = self.rows.lines.iter().map(|line| line.tax_rate).collect();
        rates.sort_unstable();
        rates.dedup();
        for rate in rates {
            let lines = || self.rows.lines.iter().filter(move |line| line.tax_rate == rate);
            let sum = |part: fn(&order_line::Model) -> i64| self.money(lines().map(part).sum());
            let name = format!("{}%", Rate::from_ten_thousandths(rate));
            page.columns([name, sum(|line| line.net), sum(|line| line.tax), sum(|line| line.total)]);
        }
    }
}

fn tender_label(tender: &order_tender::Model) -> String {
    let kind = match TenderType::try_from(tender.kind) {
        Ok(TenderType::Cash) => "Cash",
        Ok(TenderType::Card) => "Card",
        Ok(TenderType::Voucher) => "Voucher",
        Ok(TenderType::Wallet) => "Wallet",
        Ok(TenderType::BankTransfer) => "Bank transfer",
        Ok(TenderType::Unspecified) | Err(_) => "Other",
    };
    let digits =
        if tender.card_last_four.is_empty() { String::new() } else { format!("**{}", tender.card_last_four) };
    [kind, &tender.card_brand, &digits]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Lines of a fixed width.
struct Page {
    width: usize,
    text: String,
}

impl Page {
    fn push(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn rule(&mut self) {
        let rule = "-".repeat(self.width);
        self.push(&rule);
    }

    fn paragraph(&mut self, text: &str) {
        for line in text.lines() {
            for line in wrapped(line, self.width) {
                self.push(&line);
            }
        }
    }

    fn centred(&mut self, text: &str) {
        for line in text.lines() {
            for line in wrapped(line, self.width) {
                let margin = self.width.saturating_sub(line.chars().count()) / 2;
                let line = format!("{}{line}", " ".repeat(margin));
                self.push(&line);
            }
        }
    }

    /// Left and right of one line; what does not fit beside the right goes on lines of its own.
    fn pair(&mut self, left: &str, right: &str) {
        let room = self.width.saturating_sub(right.chars().count() + 1);
        if left.chars().count() > room {
            self.paragraph(left);
            let line = format!("{right:>width$}", width = self.width);
            self.push(&line);
        } else {
            let line = format!("{left:<room$} {right}");
            self.push(&line);
        }
    }

    /// A name and three amounts, right-aligned.
    fn columns(&mut self, [name, one, two, three]: [String; 4]) {
        let room = self.width / 4;
        let first = self.width - 3 * room;
        let line = format!("{name:<first$}{one:>room$}{two:>room$}{three:>room$}");
        self.push(&line);
    }
}

/// Breaks a text between words, and words that are longer than a line inside.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let used = line.chars().count();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
        }
        while word.len() > width {
            lines.push(word.drain(..width).collect());
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_never_wider_than_the_paper() {
        assert_eq!(wrapped("white bread with sesame", 12), ["white bread", "with sesame"]);
        assert_eq!(wrapped("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrapped("  ", 3), Vec::<String>::new());
    }

    #[test]
    fn a_pair_that_does_not_fit_keeps_the_amount_at_the_right() {
        let mut page = Page { width: 12, text: String::new() };
        page.pair("Bread", "1.00");
        page.pair("White bread", "1.00");
        assert_eq!(page.text, "Bread   1.00\nWhite bread\n        1.00\n");
    }
}
