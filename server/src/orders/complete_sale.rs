//! Selling: order, lines, tenders, stock, drawer, number, journal and key in one commit.

use kassa_proto::{
    decimal::Quantity,
    money::Currency,
    v1::{
        self as pb, DocumentKind, ErrorReason as Reason, JournalKind, MovementType, OrderKind, OrderState,
        SaleWarningKind, StockPolicy, TenderType, journal_record::Entry,
    },
};
use uuid::Uuid;

use super::{
    approval,
    cart::{Cart, PricedCart, add},
    convert::OrderRows,
    queries::order_rows,
    rows::{check_total, free_order_id, next_sequence, tender_rows},
};
use crate::{
    access::{approvals, scope::Named},
    admin::settings::{currency, rounding_numbers, shop, shop_of_branch, time_zone},
    books::{Caller, Context, Decision, Document, Needs, Posting, Stop, WorkingSet, journal},
    cash_register::{
        convert::movement_to_pb,
        drawer::{Movement, move_cash},
    },
    clock::to_micros,
    error::Error,
    input::{self, Amount},
    numbers::Series,
    shifts::{
        counters,
        selling::{self, selling_shift},
    },
    store::entity::{branch, business, cash_movement, order, product, shift, stock},
    timestamp::utc_offset_minutes,
};

const NOTE: usize = 1_000;

/// A sale to be made.
#[derive(Debug)]
pub struct CompleteSale {
    /// The id that the terminal chose.
    pub order_id: Option<Uuid>,
    /// Where it is rung up.
    pub register: Named,
    /// The shift, if the terminal names one.
    pub shift_id: Option<Uuid>,
    /// What is sold and how it is paid.
    pub cart: Cart,
    /// The cashier's note.
    pub note: String,
    /// What the customer was told.
    pub expected_total: Amount,
    /// Grants for what the cashier may not do alone.
    pub grant_ids: Vec<Uuid>,
}

impl CompleteSale {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::CompleteSaleRequest) -> Result<Self, Error> {
        if !request.receipt_number.is_empty() {
            return Err(Error::invalid(
                "receipt_number",
                "is given by the server on this register; leave it empty",
            ));
        }
        Ok(Self {
            order_id: input::id(&request.order_id, || "order_id".to_owned())?,
            register: Named::parse(&request.register_id),
            shift_id: input::id(&request.shift_id, || "shift_id".to_owned())?,
            cart: Cart::parse(request.lines, request.discounts, request.tenders)?,
            note: input::free_text(request.note, NOTE, || "note".to_owned())?,
            expected_total: input::required_amount(request.expected_total, || "expected_total".to_owned())?,
            grant_ids: approvals::parse(&request.grant_ids)?,
        })
    }
}

impl Posting for CompleteSale {
    const METHOD: &'static str = "kassa.v1.Orders/CompleteSale";
    type Reply = pb::CompleteSaleResponse;

    fn needs(&self, known: &WorkingSet, caller: &Caller, needs: &mut Needs) {
        self.cart.needs(known, caller.business_id, needs);
        needs.row::<branch::Model>(caller.branch_id);
        for product in self.cart.known_products(known) {
            needs.row::<stock::Model>((caller.branch_id, product));
        }
        if let Some(order_id) = self.order_id {
            needs.row::<order::Model>(order_id);
        }
        approvals::needs(&self.grant_ids, known, caller, needs);
        self.register.register_needs(caller, needs);
        if let Some(register) = self.register.known_register(known, caller) {
            selling::needs(known, register.id, self.shift_id, needs);
            Series::Sales.needs(register.id, needs);
            journal::needs(needs, register.id, JournalKind::Sales);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let business = shop(books, caller)?.clone();
        let register = self.register.register(books, caller)?.clone();
        let shift = selling_shift(books, &register, self.shift_id)?.clone();
        let order_id = free_order_id(books, context, self.order_id, "order_id")?;

        let priced = self.cart.price(books, &business)?;
        check_total(&self.expected_total, priced.totals.total, &business)?;
        let settlement = self.cart.settle(&priced, &business.currency_code)?;
        if settlement.amount_due > 0 {
            return Err(tender_short(priced.totals.total, settlement.amount_due, &business).into());
        }

        let line_ids = self.cart.line_ids(|| context.new_id());
        let (cart, priced, line_ids) = (&self.cart, &priced, line_ids.as_slice());
        let grant_ids = &self.grant_ids;
        let approvals =
            approval::Sale { order_id, cart, priced, line_ids, grant_ids }.approve(books, context)?;
        let warnings = take_from_stock(books, cart, priced, line_ids, caller.branch_id)?;
        let receipt_number = Series::Sales.next(books, &register, shift.business_date)?;
        let sequence = next_sequence(books, caller.branch_id)?;
        let [tax_rounding, rounding_mode] = rounding_numbers(&business);
        let rows = OrderRows {
            lines: cart.line_rows(order_id, priced, line_ids),
            discounts: cart.discount_rows(order_id, priced, line_ids),
            tenders: tender_rows(&self.cart.tenders, order_id),
            order: order::Model {
                id: order_id,
                kind: OrderKind::Sale.into(),
                state: OrderState::Completed.into(),
                receipt_number,
                branch_id: caller.branch_id,
                sequence,
                register_id: register.id,
                shift_id: shift.id,
                user_id: caller.user_id,
                terminal_id: caller.terminal_id,
                subtotal: priced.totals.subtotal,
                discount_total: priced.totals.discount_total,
                total: priced.totals.total,
                rounding_adjustment: settlement.rounding_adjustment,
                tip_total: settlement.tip_total,
                change: settlement.change,
                note: self.note.clone(),
                prices_include_tax: business.prices_include_tax,
                tax_rounding,
                rounding_mode,
                business_date: shift.business_date,
                create_time: to_micros(context.now),
                original_order_id: None,
                utc_offset_minutes: utc_offset_minutes(context.now, time_zone(&business)?),
            },
        };
        let movements = self.move_cash(books, context, &shift, &rows)?;
        if !business.has_orders {
            books.update::<business::Model, _>(&business.id, |business| {
                business.has_orders = true;
                Ok(())
            })?;
        }

        let currency = currency(&business)?;
        let order = rows.to_pb(currency);
        rows.insert(books)?;
        let sale = pb::SaleEntry {
            order: Some(order.clone()),
            movements: movements.iter().map(|row| movement_to_pb(row, currency)).collect(),
            approvals,
        };
        journal::append(books, context, register.id, JournalKind::Sales, Entry::Sale(sale))?;
        Ok(Decision::Done {
            reply: pb::CompleteSaleResponse { order: Some(order), warnings },
            made: Some(Document { kind: DocumentKind::Order, id: order_id }),
        })
    }

    fn again(&self, made: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let rows = order_rows(books, made.id)?;
        let currency = currency(shop_of_branch(books, rows.order.branch_id)?)?;
        Ok(pb::CompleteSaleResponse { order: Some(rows.to_pb(currency)), warnings: Vec::new() })
    }
}

impl CompleteSale {
    /// Cash goes into the drawer whole, and change out of it is a movement of its own.
    fn move_cash(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        shift: &shift::Model,
        rows: &OrderRows,
    ) -> Result<Vec<cash_movement::Model>, Stop> {
        let mut cash = 0;
        for tender in rows.tenders.iter().filter(|tender| tender.kind == i32::from(TenderType::Cash)) {
            cash = add(cash, tender.amount)?;
        }
        let (total, change) = (rows.order.total, rows.order.change);
        let mut movements = Vec::with_capacity(2);
        for (kind, amount) in [(MovementType::SaleCash, cash), (MovementType::Change, change)] {
            if amount > 0 {
                let movement = Movement { kind, amount, order_id: Some(rows.order.id), at_opening: false };
                movements.push(move_cash(books, context, shift, movement)?);
            }
        }
        books.update::<shift::Model, _>(&shift.id, |shift| {
            shift.sale_count = add(shift.sale_count, 1)?;
            shift.sales_total = add(shift.sales_total, total)?;
            shift.cash_received = add(shift.cash_received, cash)?;
            shift.change_given = add(shift.change_given, change)?;
            shift.last_activity_time = shift.last_activity_time.max(rows.order.create_time);
            Ok(())
        })?;
        counters::count_order(books, rows)?;
        Ok(movements)
    }
}

/// Takes every line off the shelf. What is missing is refused, warned of or let through, as the
/// product's policy says; the stock is the one that the sales before this one left.
fn take_from_stock(
    books: &mut WorkingSet,
    cart: &Cart,
    priced: &PricedCart,
    line_ids: &[Uuid],
    branch_id: Uuid,
) -> Result<Vec<pb::SaleWarning>, Stop> {
    let mut warnings = Vec::new();
    let lines = cart.lines.iter().zip(line_ids).zip(&priced.products).enumerate();
    for (number, ((line, line_id), product)) in lines {
        let key = (branch_id, product.id);
        if books.get::<stock::Model>(&key)?.is_none() {
            let (branch_id, product_id) = key;
            books.insert(stock::Model { branch_id, product_id, opening_quantity: 0, quantity: 0 })?;
        }
        let left = books.update::<stock::Model, _>(&key, |stock| {
            let before = Quantity::from_thousandths(stock.quantity);
            let left = stock.quantity.checked_sub(line.quantity.thousandths());
            stock.quantity = left.ok_or_else(|| Error::overflow(format!("lines[{number}].quantity")))?;
            if stock.quantity < 0 && product.stock_policy == i32::from(StockPolicy::Block) {
                return Err(insufficient_stock(number, product, before, line.quantity));
            }
            Ok(stock.quantity)
        })?;
        if left < 0 && product.stock_policy == i32::from(StockPolicy::Warn) {
            warnings.push(pb::SaleWarning {
                kind: SaleWarningKind::StockBelowZero.into(),
                line_id: line_id.to_string(),
                message: format!("{}: {} in stock", product.name, Quantity::from_thousandths(left)),
            });
        }
    }
    Ok(warnings)
}

fn insufficient_stock(line: usize, product: &product::Model, left: Quantity, asked: Quantity) -> Error {
    let message = format!("{}: {left} {} left, {asked} asked for", product.name, product.unit);
    Error::new(Reason::InsufficientStock, message)
        .field(format!("lines[{line}].quantity"), format!("{left} left"))
        .with("product_id", product.id)
        .with("available", left)
        .with("requested", asked)
}

fn tender_short(total: i64, due: i64, business: &business::Model) -> Error {
    let text =
        |minor| Currency::from_code(&business.currency_code).map_or_else(String::new, |it| it.format(minor));
    Error::new(Reason::TenderShort, format!("{} of {} is still to be paid", text(due), text(total)))
        .field("tenders", format!("{} of {} is still to be paid", text(due), text(total)))
        .with("amount_due_minor", due)
        .with("total_minor", total)
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{MovementType, line_item::Item as PbItem};

    use super::*;
    use crate::{
        books::testing::Desk,
        store::entity::{number_series, register},
    };

    fn sale(items: &[(&str, &str)], cash: i64, expected: i64) -> CompleteSale {
        let money = |minor| Some(pb::Money { amount_minor: minor, ..Default::default() });
        let lines = items.iter().map(|(barcode, quantity)| pb::LineItem {
            item: Some(PbItem::Barcode((*barcode).to_owned())),
            quantity: Some(pb::Decimal { value: (*quantity).to_owned() }),
            ..Default::default()
        });
        CompleteSale::parse(pb::CompleteSaleRequest {
            lines: lines.collect(),
            tenders: vec![pb::Tender {
                r#type: TenderType::Cash.into(),
                amount: money(cash),
                ..Default::default()
            }],
            expected_total: money(expected),
            ..Default::default()
        })
        .unwrap()
    }

    fn refusal(desk: &mut Desk, sale: &CompleteSale) -> Error {
        let before = desk.books.dirty();
        let refused = desk.decide(sale).unwrap_err();
        assert_eq!(desk.books.dirty(), before, "a refusal leaves nothing behind");
        refused
    }

    #[test]
    fn a_sale_names_all_it_needs_and_moves_everything_at_once() {
        let mut desk = Desk::with_shift();
        let bread = desk.put_product("bread", 2_00, StockPolicy::Allow, 10);
        let order = desk.decide(&sale(&[("bread", "1.5")], 5_00, 3_00)).unwrap().order.unwrap();
        assert_eq!(desk.stops, 0, "what is not named costs a round trip of the whole batch");
        assert_eq!(order.receipt_number, "INV-202611-R1-000001");

        let (branch, register) = (desk.caller.branch_id, desk.caller.register_id);
        assert_eq!(desk.row::<stock::Model>(&(branch, bread)).quantity, 8_500);
        assert_eq!(desk.row::<register::Model>(&register).drawer_balance, 103_00);
        assert_eq!(desk.row::<number_series::Model>(&(register, "INV".to_owned())).last_number, 1);
        assert_eq!(desk.row::<branch::Model>(&branch).last_order_sequence, 1);
        let shift: &shift::Model = desk.row(&Uuid::from_u128(6));
        assert_eq!((shift.sale_count, shift.sales_total), (1, 3_00));
        assert_eq!((shift.cash_received, shift.change_given), (5_00, 2_00));
        let Entry::Sale(recorded) = desk.last_entry(JournalKind::Sales) else {
            panic!("no sale in the journal")
        };
        assert_eq!(recorded.order, Some(order));
        let moved: Vec<_> = recorded.movements.iter().map(|movement| movement.r#type()).collect();
        assert_eq!(moved, [MovementType::SaleCash, MovementType::Change]);
    }

    #[test]
    fn a_sale_sees_what_the_one_before_it_in_the_batch_left() {
        let mut desk = Desk::with_shift();
        desk.put_product("honey", 9_99, StockPolicy::Block, 1);
        let last = sale(&[("honey", "1")], 9_99, 9_99);
        let numbers = [desk.decide(&last).map(|reply| reply.order.unwrap().receipt_number)];
        assert_eq!(numbers[0].as_ref().unwrap(), "INV-202611-R1-000001");
        let refused = refusal(&mut desk, &last);
        assert_eq!(refused.reason(), Reason::InsufficientStock);
        assert_eq!(refused.message(), "honey: 0 pc left, 1 asked for");
    }

    #[test]
    fn two_lines_of_the_last_piece_are_one_too_many() {
        let mut desk = Desk::with_shift();
        desk.put_product("honey", 9_99, StockPolicy::Block, 1);
        let refused = refusal(&mut desk, &sale(&[("honey", "1"), ("honey", "1")], 20_00, 19_98));
        assert_eq!(refused.fields(), [("lines[1].quantity".to_owned(), "0 left".to_owned())]);
    }

    #[test]
    fn a_product_that_warns_is_sold_below_zero_and_says_so() {
        let mut desk = Desk::with_shift();
        desk.put_product("milk", 1_00, StockPolicy::Warn, 1);
        let reply = desk.decide(&sale(&[("milk", "3")], 3_00, 3_00)).unwrap();
        let words: Vec<_> = reply.warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(words, ["milk: -2 in stock"]);
    }

    #[test]
    fn what_the_customer_was_told_is_what_is_charged_or_nothing() {
        let mut desk = Desk::with_shift();
        desk.put_product("bread", 2_00, StockPolicy::Allow, 10);
        let refused = refusal(&mut desk, &sale(&[("bread", "1")], 5_00, 1_99));
        assert_eq!(refused.reason(), Reason::TotalMismatch);
        assert_eq!(
            refused.message(),
            "the total is 2.00, but the terminal expected 1.99; quote the order again"
        );
        assert_eq!(refusal(&mut desk, &sale(&[("bread", "1")], 1_00, 2_00)).reason(), Reason::TenderShort);
        assert_eq!(refusal(&mut desk, &sale(&[("cake", "1")], 1_00, 1_00)).reason(), Reason::ProductNotFound);
    }

    #[test]
    fn a_barcode_of_two_products_names_neither() {
        let mut desk = Desk::with_shift();
        desk.put_product("bread", 2_00, StockPolicy::Allow, 10);
        let cake = desk.put_product("cake", 3_00, StockPolicy::Allow, 10);
        let barcode = "bread".to_owned();
        desk.put(crate::store::entity::product_barcode::Model {
            product_id: cake,
            barcode,
            position: 1,
            active: true,
        });
        let refused = refusal(&mut desk, &sale(&[("bread", "1")], 2_00, 2_00));
        assert_eq!(refused.reason(), Reason::BarcodeAmbiguous);
    }

    #[test]
    fn without_a_shift_nothing_is_sold() {
        let mut desk = Desk::founded();
        desk.put_product("bread", 2_00, StockPolicy::Allow, 10);
        assert_eq!(refusal(&mut desk, &sale(&[("bread", "1")], 2_00, 2_00)).reason(), Reason::NoOpenShift);
    }
}
