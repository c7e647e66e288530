//! The sample sales: each shows another thing that a till does, again and again with other goods.

use kassa_client::{
    card, cash, money,
    proto::{
        decimal::Quantity,
        money::Currency,
        v1::{Card, Product, PutProduct, QuoteOrderResponse, StockPolicy, Tender},
    },
};

use super::minor;
use crate::{amount, receipt_line::ReceiptLine};

pub struct Basket {
    pub title: &'static str,
    pub lines: Vec<ReceiptLine>,
    pub discount: Option<&'static str>,
    pub payment: Means,
}

/// How a sample customer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// A note that is more than enough.
    Note,
    Exact,
    Card,
    /// Half by card, the rest with a note.
    Split,
}

/// The basket of the sale with this number.
pub fn basket(number: u32, goods: &[PutProduct]) -> Basket {
    let (title, pieces, weighed, discount, payment): (_, &[i64], &[i64], _, _) = match number % 5 {
        0 => ("cash, with change", &[2, 1, 3], &[], None, Means::Note),
        1 => ("by card", &[1, 2], &[], None, Means::Card),
        2 => ("half by card, half in cash", &[4, 1, 1, 2], &[], None, Means::Split),
        3 => ("weighed goods, exact cash", &[1], &[1_235, 640], None, Means::Exact),
        _ => ("10% off, cash", &[3, 2], &[875], Some("10%"), Means::Note),
    };
    // Primes, so that the goods come round in an order of their own.
    let start = number as usize;
    let mut lines = pick(&barcodes(goods, false), start * 7, 11, pieces, 1_000);
    lines.extend(pick(&barcodes(goods, true), start * 3, 5, weighed, 1));
    Basket { title, lines, discount, payment }
}

/// The first barcodes of what can be sold any number of times, in pieces or by weight.
pub fn barcodes(goods: &[PutProduct], weighed: bool) -> Vec<String> {
    let sellable = |product: &&Product| {
        product.stock_policy() != StockPolicy::Block && (product.unit == "kg") == weighed
    };
    let products = goods.iter().filter_map(|goods| goods.product.as_ref());
    products.filter(sellable).filter_map(|product| product.barcodes.first().cloned()).collect()
}

fn pick(codes: &[String], start: usize, step: usize, amounts: &[i64], thousandths: i64) -> Vec<ReceiptLine> {
    let places = (start..).step_by(step);
    let code = |place: usize| codes.get(place % codes.len().max(1));
    let line = |(place, amount): (usize, &i64)| {
        let quantity = Quantity::from_thousandths(amount * thousandths);
        code(place).map(|code| ReceiptLine { quantity, code: code.clone() })
    };
    places.zip(amounts).filter_map(line).collect()
}

pub fn tenders(means: Means, quote: &QuoteOrderResponse, currency: Currency) -> Vec<Tender> {
    let total = amount::minor(quote.total.as_ref());
    let visa = |amount: i64| {
        let visa = Card {
            brand: "visa".to_owned(),
            last_four: "4242".to_owned(),
            authorization_code: "DEMO01".to_owned(),
        };
        card(money(amount), visa)
    };
    match means {
        Means::Note => vec![cash(money(note_over(total, currency)))],
        Means::Exact => vec![cash(quote.cash_total.clone().unwrap_or_default())],
        Means::Card => vec![visa(total)],
        Means::Split => {
            let half = total / 2;
            vec![visa(half), cash(money(note_over(total - half, currency)))]
        }
    }
}

/// The next multiple of a note above an amount: there is always some change.
fn note_over(amount: i64, currency: Currency) -> i64 {
    let note = minor(500, currency);
    (amount / note + 1) * note
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::catalogue;

    #[test]
    fn every_basket_holds_goods_that_are_always_there() {
        let goods = catalogue(Currency::from_code("USD").unwrap()).unwrap();
        for number in 0..200 {
            let basket = basket(number, &goods);
            assert!(basket.lines.len() >= 2, "{}", basket.title);
            let codes: std::collections::HashSet<_> = basket.lines.iter().map(|line| &line.code).collect();
            assert_eq!(codes.len(), basket.lines.len(), "{}", basket.title);
        }
    }

    #[test]
    fn prices_follow_the_currency() {
        let price = |code: &str| {
            let goods = catalogue(Currency::from_code(code).unwrap()).unwrap();
            goods[0].product.clone().unwrap().price.unwrap().amount_minor
        };
        assert_eq!((price("USD"), price("KWD"), price("JPY")), (50, 500, 50));
    }

    #[test]
    fn a_note_is_always_more_than_the_amount() {
        let usd = Currency::from_code("USD").unwrap();
        assert_eq!((note_over(1, usd), note_over(500, usd), note_over(1_234, usd)), (500, 1_000, 1_500));
    }
}
