//! Sales in words: `2 x bread, 0.5 x cheese, cash 20.00, card 5.00`.

use kassa_client::proto::{
    money::Currency,
    v1::{self as pb, Money, StockPolicy, TenderType, line_item::Item},
};

/// The shop's goods: SKU, price, tax rate, unit, policy, opening stock.
pub const PRODUCTS: [(&str, &str, &str, &str, StockPolicy, &str); 5] = [
    ("bread", "2.00", "0", "pc", StockPolicy::Allow, "100000"),
    ("milk", "1.55", "5", "pc", StockPolicy::Warn, "3"),
    ("cheese", "12.40", "14", "kg", StockPolicy::Allow, "25.5"),
    ("juice", "3.99", "14", "pc", StockPolicy::Allow, "1000"),
    ("honey", "9.99", "8.875", "pc", StockPolicy::Block, "1"),
];

/// An amount of US dollars, such as `12.34`.
pub fn usd(text: &str) -> Money {
    let currency = Currency::from_code("USD").expect("USD is a currency");
    Money::new(currency, currency.parse(text).expect("an amount such as 12.34"))
}

/// A smallest coin in cents, to the nearest of which all is rounded, halves up.
pub fn half_up(unit_minor: i64) -> pb::CashRounding {
    let half_up = pb::CashRoundingMode::HalfUp.into();
    pb::CashRounding { unit_minor, total: half_up, change: half_up, refund: half_up, small_coins: false }
}

/// The goods as `PutProducts` takes them. A product's barcode is `622` and its place in the list.
pub(crate) fn products() -> Vec<pb::PutProduct> {
    let products = PRODUCTS.iter().zip(0..);
    products
        .map(|((sku, price, rate, unit, policy, stock), place)| pb::PutProduct {
            product: Some(pb::Product {
                sku: (*sku).to_owned(),
                name: (*sku).to_owned(),
                barcodes: vec![format!("622000000000{place}")],
                price: Some(usd(price)),
                tax_rate: Some(pb::Decimal { value: (*rate).to_owned() }),
                unit: (*unit).to_owned(),
                stock_policy: (*policy).into(),
                ..pb::Product::default()
            }),
            opening_stock: Some(pb::Decimal { value: (*stock).to_owned() }),
        })
        .collect()
}

/// Reads lines and tenders. `id` gives a product's id by its SKU; another word is a barcode.
pub(crate) fn read(words: &str, id: impl Fn(&str) -> Option<String>) -> (Vec<pb::LineItem>, Vec<pb::Tender>) {
    let (mut lines, mut tenders) = (Vec::new(), Vec::new());
    for part in words.split(", ") {
        if let Some((quantity, item)) = part.split_once(" x ") {
            let item = id(item).map_or_else(|| Item::Barcode(item.to_owned()), Item::ProductId);
            lines.push(pb::LineItem {
                item: Some(item),
                quantity: Some(pb::Decimal { value: quantity.to_owned() }),
                ..pb::LineItem::default()
            });
            continue;
        }
        let (kind, amount) =
            part.split_once(' ').unwrap_or_else(|| panic!("not a line, not a tender: {part}"));
        let kind = match kind {
            "cash" => TenderType::Cash,
            "card" => TenderType::Card,
            "voucher" => TenderType::Voucher,
            other => panic!("no tender: {other}"),
        };
        tenders.push(pb::Tender { r#type: kind.into(), amount: Some(usd(amount)), ..pb::Tender::default() });
    }
    (lines, tenders)
}
