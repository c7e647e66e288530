//! Which lines of a sale come back: those that were meant.

use std::collections::BTreeMap;

use kassa_client::proto::{
    decimal::Quantity,
    pricing::{Rounding, returned_worth},
    v1::{Decimal, Money, Order, OrderLine, RoundingMode},
};

use crate::{amount, failure::Failure, receipt_line::ReceiptLine};

/// A line of a sale, and how much of it comes back.
pub struct Returned<'a> {
    /// Its number in the sale, from 1: what `kassa order` shows.
    number: usize,
    pub sold: &'a OrderLine,
    rounding: Rounding,
    /// Thousandths, as all quantities here.
    asked: i64,
}

impl Returned<'_> {
    pub fn quantity(&self) -> Quantity {
        Quantity::from_thousandths(self.asked)
    }

    /// What is paid for it, by the server's own arithmetic.
    pub fn worth(&self) -> i64 {
        self.worth_of(self.asked)
    }

    fn worth_of(&self, quantity: i64) -> i64 {
        let (whole, before) = (sold(self.sold), returned(self.sold));
        // More than is left is for the server to refuse, with its own words.
        let of = |returned: i64| {
            let [returned, whole] = [returned.min(whole), whole].map(Quantity::from_thousandths);
            returned_worth(amount::minor(self.sold.total.as_ref()), returned, whole, self.rounding)
                .unwrap_or_default()
        };
        of(before.saturating_add(quantity)).saturating_sub(of(before))
    }

    fn left(&self) -> i64 {
        left(self.sold).saturating_sub(self.asked).max(0)
    }

    fn take(&mut self, quantity: i64) {
        self.asked = self.asked.saturating_add(quantity);
    }

    /// What a quantity is worth at this line's prices, whatever is left of it: for comparing lines.
    fn rate(&self, quantity: i64) -> i128 {
        let sold = i128::from(sold(self.sold)).max(1);
        let exact = i128::from(amount::minor(self.sold.total.as_ref())) * i128::from(quantity);
        (2 * exact + sold) / (2 * sold)
    }
}

/// How a line of an order is named: its number behind a `#`.
pub fn name(number: usize) -> String {
    format!("#{number}")
}

/// The lines that come back, each once; without a word all that is left.
pub fn choose<'a>(sale: &'a Order, asked: &[ReceiptLine]) -> Result<Vec<Returned<'a>>, Failure> {
    let rounding = rounding(sale);
    let lines = sale.lines.iter().zip(1..);
    let mut lines: Vec<Returned<'_>> =
        lines.map(|(sold, number)| Returned { number, sold, rounding, asked: 0 }).collect();
    if asked.is_empty() {
        lines.iter_mut().for_each(|line| line.take(line.left()));
    }
    // What is typed twice is meant together.
    let mut codes: BTreeMap<&str, i64> = BTreeMap::new();
    for line in asked {
        let quantity = codes.entry(&line.code).or_default();
        *quantity = quantity.saturating_add(line.quantity.thousandths());
    }
    // A barcode or SKU takes what the lines that were named leave.
    codes.retain(|code, quantity| {
        let is_code = lines.iter().any(|line| is_of(line.sold, code));
        let named = lines.iter_mut().find(|line| !is_code && name(line.number) == **code);
        named.map(|line| line.take(*quantity)).is_none()
    });
    for (code, quantity) in codes {
        spread(sale, &mut lines, (code, quantity))?;
    }
    lines.retain(|line| line.asked > 0);
    Ok(lines)
}

fn is_of(sold: &OrderLine, code: &str) -> bool {
    sold.barcode == code || sold.sku == code
}

/// Takes a quantity of a product from the lines that it was sold on: which of them does not matter as long as
/// they pay the same.
fn spread(
    sale: &Order,
    lines: &mut [Returned<'_>],
    (code, mut quantity): (&str, i64),
) -> Result<(), Failure> {
    let number = &sale.receipt_number;
    let mut lines: Vec<&mut Returned<'_>> = lines.iter_mut().filter(|line| is_of(line.sold, code)).collect();
    if let [only] = lines.as_mut_slice() {
        only.take(quantity);
        return Ok(());
    }
    if lines.is_empty() {
        return Err(Failure::Refused(format!("{number} has no {code}; see `kassa order {number}`")));
    }
    let left: i64 = lines.iter().map(|line| line.left()).sum();
    if quantity > left {
        let left = Quantity::from_thousandths(left);
        let words = format!("{number} has {left} x {code} left to return; see `kassa order {number}`");
        return Err(Failure::Refused(words));
    }
    lines.retain(|line| line.left() > 0);
    let rate = lines.first().map(|line| line.rate(quantity));
    if quantity < left && lines.iter().any(|line| Some(line.rate(quantity)) != rate) {
        return Err(Failure::Usage(which(sale, &lines, (code, quantity))));
    }
    // A bag that comes back as it was sold is a line of its own.
    lines.sort_by_key(|line| line.left() != quantity);
    for line in lines {
        let now = quantity.min(line.left());
        line.take(now);
        quantity = quantity.saturating_sub(now);
    }
    Ok(())
}

/// Asks which line is meant, by what can be typed for each.
fn which(sale: &Order, lines: &[&mut Returned<'_>], (code, quantity): (&str, i64)) -> String {
    let show = Quantity::from_thousandths;
    let mut words = format!(
        "{} has {code} on lines that pay differently: say which {} is meant, instead of {}x{code}",
        sale.receipt_number,
        show(quantity),
        show(quantity)
    );
    for line in lines {
        let most = quantity.min(line.left());
        let pays = Money { amount_minor: line.worth_of(most), ..sale.total.clone().unwrap_or_default() };
        let (sold, pays) = (&line.sold.name, amount::show(Some(&pays)));
        words = format!(
            "{words}\n  {}x{}  pays {pays}  ({sold}, {} left)",
            show(most),
            name(line.number),
            show(line.left())
        );
    }
    words
}

/// How halves were rounded at the sale.
pub fn rounding(sale: &Order) -> Rounding {
    match sale.rounding_mode() {
        RoundingMode::HalfEven => Rounding::HalfEven,
        RoundingMode::HalfAwayFromZero | RoundingMode::Unspecified => Rounding::HalfAwayFromZero,
    }
}

fn sold(line: &OrderLine) -> i64 {
    read(line.quantity.as_ref())
}

/// What came back of a line up to now, in thousandths.
pub fn returned(line: &OrderLine) -> i64 {
    read(line.returned_quantity.as_ref())
}

fn left(line: &OrderLine) -> i64 {
    sold(line).saturating_sub(returned(line))
}

fn read(decimal: Option<&Decimal>) -> i64 {
    decimal.and_then(|decimal| Quantity::try_from(decimal).ok()).unwrap_or_default().thousandths()
}
