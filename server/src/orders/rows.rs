//! The rows of an order, made from a cart and its prices.

use kassa_proto::v1::{ErrorReason as Reason, TenderType};
use uuid::Uuid;

use super::cart::{Cart, CartTender, DiscountValue, Item, PricedCart};
use crate::{
    books::{Context, Stop, WorkingSet},
    encoding::order::OrderRows,
    error::Error,
    input::Amount,
    settings::currency,
    store::entity::{
        branch, business, order,
        order_discount::{self, OrderDiscountIndex},
        order_line::{self, OrderLineIndex},
        order_tender::{self, OrderTenderIndex},
    },
};

/// The id of a new order: the one that the terminal chose, or a new one.
///
/// # Errors
/// `ORDER_EXISTS` if it was used before.
pub fn free_order_id(
    books: &WorkingSet,
    context: &Context,
    chosen: Option<Uuid>,
    path: &str,
) -> Result<Uuid, Stop> {
    let Some(id) = chosen else { return Ok(context.new_id()) };
    match books.get::<order::Model>(&id)? {
        None => Ok(id),
        Some(order) => {
            let number = &order.receipt_number;
            let message = format!("the order {id} is in the books already, as {number}");
            Err(Error::of_field(Reason::OrderExists, path, message).with("receipt_number", number).into())
        }
    }
}

/// The next place in a branch's sequence of orders.
///
/// # Errors
/// [`Stop::MissingRows`] if the branch is not loaded.
pub fn next_sequence(books: &mut WorkingSet, branch_id: Uuid) -> Result<i64, Stop> {
    books.update::<branch::Model, _>(&branch_id, |branch| {
        branch.last_order_sequence = branch.last_order_sequence.saturating_add(1);
        Ok(branch.last_order_sequence)
    })
}

/// A difference to what the customer was told is refused, never silently corrected.
///
/// # Errors
/// `TOTAL_MISMATCH` with both, `CURRENCY_MISMATCH`.
pub fn check_total(expected: &Amount, total: i64, business: &business::Model) -> Result<(), Error> {
    let expected = expected.in_currency(&business.currency_code, || "expected_total".to_owned())?;
    if expected == total {
        return Ok(());
    }
    let currency = currency(business)?;
    let message = format!(
        "the total is {}, but the terminal expected {}; quote the order again",
        currency.format(total),
        currency.format(expected)
    );
    Err(Error::new(Reason::TotalMismatch, message)
        .field("expected_total", format!("the total is {}", currency.format(total)))
        .with("total_minor", total)
        .with("expected_minor", expected)
        .with("currency", currency.code()))
}

impl Cart {
    /// The lines' ids, made here where the terminal chose none.
    pub fn line_ids(&self, new_id: impl Fn() -> Uuid) -> Vec<Uuid> {
        self.lines.iter().map(|line| line.line_id.unwrap_or_else(&new_id)).collect()
    }

    /// The lines as they are sold.
    pub fn line_rows(
        &self,
        order_id: Uuid,
        priced: &PricedCart,
        line_ids: &[Uuid],
    ) -> Vec<order_line::Model> {
        let prices = priced.unit_prices.iter().zip(&priced.totals.lines);
        let lines = self.lines.iter().zip(line_ids).zip(priced.products.iter().zip(prices)).zip(0..);
        let rows =
            lines.map(|(((line, line_id), (product, (unit_price, totals))), position)| order_line::Model {
                order_id,
                line_id: *line_id,
                position,
                product_id: product.id,
                sku: product.sku.clone(),
                name: product.name.clone(),
                name_ar: product.name_ar.clone(),
                category: product.category.clone(),
                barcode: match &line.item {
                    Item::Barcode(barcode) => barcode.clone(),
                    Item::Product(_) => String::new(),
                },
                unit: product.unit.clone(),
                quantity: line.quantity.thousandths(),
                list_price: product.price,
                unit_price: *unit_price,
                subtotal: totals.subtotal,
                discount_total: totals.discount_total,
                order_discount_share: totals.order_discount_share,
                tax_rate: product.tax_rate,
                net: totals.net,
                tax: totals.tax,
                total: totals.total,
                original_line_id: None,
                reason: String::new(),
                restocked: false,
                cost: None,
            });
        rows.collect()
    }

    /// The discounts as they were applied, those of the lines first.
    pub fn discount_rows(
        &self,
        order_id: Uuid,
        priced: &PricedCart,
        line_ids: &[Uuid],
    ) -> Vec<order_discount::Model> {
        let of_lines = self.lines.iter().zip(line_ids).zip(&priced.totals.lines);
        let of_lines = of_lines.flat_map(|((line, line_id), totals)| {
            line.discounts
                .iter()
                .zip(&totals.discounts)
                .map(|(discount, amount)| (Some(*line_id), discount, *amount))
        });
        let of_order = self.discounts.iter().zip(&priced.totals.order_discounts);
        let all = of_lines.chain(of_order.map(|(discount, amount)| (None, discount, *amount)));
        let rows = all.zip(0..).map(|((line_id, discount, amount), position)| {
            let (fixed_amount, percent) = match &discount.value {
                DiscountValue::Amount(amount) => (Some(amount.minor), None),
                DiscountValue::Percent(rate) => (None, Some(rate.ten_thousandths())),
            };
            let name = discount.name.clone();
            order_discount::Model { order_id, position, line_id, name, fixed_amount, percent, amount }
        });
        rows.collect()
    }
}

/// Tenders as they were given, and last what an exchange pays.
pub fn tender_rows(tenders: &[CartTender], exchanged: i64, order_id: Uuid) -> Vec<order_tender::Model> {
    let exchange = CartTender {
        kind: TenderType::Exchange,
        amount: Amount::of_shop(exchanged),
        tip: Amount::of_shop(0),
        card: Default::default(),
    };
    // Cash of nothing says how a rest is settled; it is no payment.
    let tenders = tenders.iter().filter(|it| it.kind != TenderType::Cash || it.amount.minor != 0);
    let tenders = tenders.chain((exchanged > 0).then_some(&exchange));
    let rows = tenders.zip(0..).map(|(tender, position)| {
        let [card_brand, card_last_four, card_authorization_code] = tender.card.clone();
        order_tender::Model {
            order_id,
            position,
            kind: tender.kind.into(),
            amount: tender.amount.minor,
            tip: tender.tip.minor,
            card_brand,
            card_last_four,
            card_authorization_code,
        }
    });
    rows.collect()
}

/// Puts all rows of an order into the books.
///
/// # Errors
/// INTERNAL if a key is taken.
pub fn insert(rows: OrderRows, books: &mut WorkingSet) -> Result<(), Stop> {
    let order_id = rows.order.id;
    books.insert(rows.order)?;
    // It is new, and has no others than these.
    books.has_all::<order_line::Model>(OrderLineIndex::Order(order_id));
    books.has_all::<order_discount::Model>(OrderDiscountIndex::Order(order_id));
    books.has_all::<order_tender::Model>(OrderTenderIndex::Order(order_id));
    for line in rows.lines {
        books.insert(line)?;
    }
    for discount in rows.discounts {
        books.insert(discount)?;
    }
    for tender in rows.tenders {
        books.insert(tender)?;
    }
    Ok(())
}
