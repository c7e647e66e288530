//! Quoting: the sale's own arithmetic, and nothing is saved.

use kassa_proto::{pricing, v1 as pb};
use uuid::Uuid;

use super::{
    cart::{Cart, PricedCart},
    convert::order_to_pb,
};
use crate::{
    access::scope::Named,
    books::{ReadSet, Stop, WorkingSet, consult},
    caller::Caller,
    clock::Clock,
    encoding::order::OrderRows,
    error::Error,
    readings::Reading,
    settings::{currency, rounding_numbers, shop},
    store::entity::{business, order},
};

/// Prices a cart as a sale would.
///
/// # Errors
/// What the sale's fields and arithmetic would be refused for; tenders that do not suffice are none.
pub async fn quote(
    database: &Reading,
    caller: &Caller,
    clock: &dyn Clock,
    request: pb::QuoteOrderRequest,
) -> Result<pb::QuoteOrderResponse, Error> {
    let register = Named::parse(&request.register_id);
    let cart = Cart::parse(request.lines, request.discounts, request.tenders)?;
    let read_set = |known: &WorkingSet, read_set: &mut ReadSet| {
        cart.read_set(known, caller, read_set);
        register.register_read_set(caller, read_set);
    };
    consult(database, read_set, |books| {
        register.register(books, caller)?;
        decide(books, caller, &cart, clock)
    })
    .await
}

fn decide(
    books: &WorkingSet,
    caller: &Caller,
    cart: &Cart,
    clock: &dyn Clock,
) -> Result<pb::QuoteOrderResponse, Stop> {
    let business = shop(books, caller)?;
    let currency = currency(business)?;
    let priced = cart.price(books, business, caller.branch_id)?;
    let settlement = cart.settle(&priced, currency.code())?;
    let cash_total = pricing::cash_total(&priced.rules, priced.totals.total).map_err(Error::internal)?;
    let money = |minor| Some(pb::Money::new(currency, minor));
    let order = order_to_pb(&rows(cart, &priced, business, clock), currency);
    Ok(pb::QuoteOrderResponse {
        lines: order.lines,
        subtotal: order.subtotal,
        discount_total: order.discount_total,
        tax_totals: order.tax_totals,
        total: order.total,
        discounts: order.discounts,
        cash_total: money(cash_total),
        amount_due: money(settlement.amount_due),
        change: money(settlement.change),
        rounding_adjustment: money(settlement.rounding_adjustment),
        tip_total: money(settlement.tip_total),
        cash_due: money(settlement.cash_due),
    })
}

/// The order as it would be, without a place in the books.
fn rows(cart: &Cart, priced: &PricedCart, business: &business::Model, clock: &dyn Clock) -> OrderRows {
    let nobody = Uuid::nil();
    let [tax_rounding, rounding_mode] = rounding_numbers(business);
    let line_ids = cart.line_ids(|| clock.new_id());
    OrderRows {
        lines: cart.line_rows(nobody, priced, &line_ids),
        discounts: cart.discount_rows(nobody, priced, &line_ids),
        tenders: Vec::new(),
        order: order::Model {
            id: nobody,
            kind: 0,
            state: 0,
            receipt_number: String::new(),
            branch_id: nobody,
            sequence: 0,
            register_id: nobody,
            shift_id: nobody,
            user_id: nobody,
            terminal_id: nobody,
            subtotal: priced.totals.subtotal,
            discount_total: priced.totals.discount_total,
            total: priced.totals.total,
            rounding_adjustment: 0,
            tip_total: 0,
            change: 0,
            note: String::new(),
            prices_include_tax: business.prices_include_tax,
            tax_rounding,
            rounding_mode,
            business_date: 0,
            create_time: 0,
            original_order_id: None,
            exchange_order_id: None,
            training: false,
            utc_offset_minutes: 0,
            customer_id: None,
            paid_back_in_cash: 0,
            paid_back_in_cash_by_user_id: None,
        },
    }
}
