//! Short words for the messages that every terminal writes.

use kassa_proto::v1::{Card, Decimal, LineItem, Money, Tender, TenderType, line_item::Item};

/// An amount of the shop's own currency, in minor units: `money(1250)` is 12.50 where a unit has cents.
#[must_use]
pub fn money(amount_minor: i64) -> Money {
    Money { currency_code: String::new(), amount_minor }
}

/// A line for a barcode. The quantity is decimal digits: `"2"`, or `"1.235"` of what is weighed.
#[must_use]
pub fn line(barcode: impl Into<String>, quantity: impl Into<String>) -> LineItem {
    item(Item::Barcode(barcode.into()), quantity.into())
}

/// A line for a product's id, where a barcode is missing or stands on several products.
#[must_use]
pub fn product_line(product_id: impl Into<String>, quantity: impl Into<String>) -> LineItem {
    item(Item::ProductId(product_id.into()), quantity.into())
}

fn item(item: Item, quantity: String) -> LineItem {
    LineItem { item: Some(item), quantity: Some(Decimal { value: quantity }), ..Default::default() }
}

/// Cash handed over; more than what is due gives change.
#[must_use]
pub fn cash(amount: Money) -> Tender {
    Tender { r#type: TenderType::Cash.into(), amount: Some(amount), ..Default::default() }
}

/// A card payment that the payment terminal approved.
#[must_use]
pub fn card(amount: Money, card: Card) -> Tender {
    Tender { r#type: TenderType::Card.into(), amount: Some(amount), card: Some(card), ..Default::default() }
}
