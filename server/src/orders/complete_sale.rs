//! Selling: order, lines, tenders, stock, drawer, number, journal and key in one commit.

use kassa_proto::v1::{self as pb, journal_record::Entry};
use uuid::Uuid;

use super::{
    cart::Cart,
    convert::order_to_pb,
    drafts::{self, Read},
    place::Place,
    queries::order_rows,
    rows::{check_total, free_order_id},
    sell::{self, Sale, sell},
};
use crate::{
    access::{approvals, scope::Named},
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    customers::prove_buyer,
    error::Error,
    input::{self, Amount},
    settings::{currency, shop_of_branch},
    shifts::selling,
    store::entity::{customer, draft, order},
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
    /// The draft that becomes this sale.
    pub draft: Option<Read>,
    /// What is sold and how it is paid.
    pub cart: Cart,
    /// Who buys.
    pub customer_id: Option<Uuid>,
    /// Whether it is in no total, no drawer and no stock.
    pub training: bool,
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
        let draft = match (request.draft_id.as_str(), request.draft_version) {
            ("", 0) => None,
            ("", _) => return Err(Error::invalid("draft_version", "needs a draft_id")),
            (id, version) => Some(Read::parse(id, (version, "draft_version"))?),
        };
        Ok(Self {
            order_id: input::id(&request.order_id, || "order_id".to_owned())?,
            register: Named::parse(&request.register_id),
            shift_id: input::id(&request.shift_id, || "shift_id".to_owned())?,
            draft,
            cart: Cart::parse(request.lines, request.discounts, request.tenders)?,
            customer_id: input::id(&request.customer_id, || "customer_id".to_owned())?,
            training: request.training,
            grant_ids: approvals::parse(&request.grant_ids)?,
            note: input::free_lines(request.note, NOTE, || "note".to_owned())?,
            expected_total: input::required_amount(request.expected_total, || "expected_total".to_owned())?,
        })
    }
}

impl Posting for CompleteSale {
    const METHOD: &'static str = "kassa.v1.Orders/CompleteSale";
    type Reply = pb::CompleteSaleResponse;
    const ANSWER_IS_REBUILT: bool = true;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        sell::read_set(&self.cart, known, caller, read_set);
        if let Some(order_id) = self.order_id {
            read_set.row::<order::Model>(order_id);
        }
        approvals::read_set(&self.grant_ids, known, caller, read_set);
        if let Some(draft) = self.draft {
            read_set.row::<draft::Model>(draft.id);
        }
        if let Some(customer_id) = self.customer_id {
            read_set.row::<customer::Model>(customer_id);
        }
        self.register.register_read_set(caller, read_set);
        if let Some(register) = self.register.known_register(known, caller) {
            selling::read_set(known, register.id, self.shift_id, read_set);
            sell::register_read_set(register.id, self.training, read_set);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let place = Place::find(books, caller, &self.register, self.shift_id)?;
        if let Some(draft) = self.draft {
            draft.find(books, caller)?;
        }
        let order_id = free_order_id(books, context, self.order_id, "order_id")?;
        prove_buyer(books, caller, self.customer_id)?;
        let priced = self.cart.price(books, &place.business, caller.branch_id)?;
        check_total(&self.expected_total, priced.totals.total, &place.business)?;
        let sale = Sale {
            order_id,
            cart: &self.cart,
            priced,
            note: &self.note,
            customer_id: self.customer_id,
            exchange_order_id: None,
            training: self.training,
            grant_ids: &self.grant_ids,
        };
        let (mut entry, warnings) = sell(books, context, &place, sale)?;
        if let Some(draft) = self.draft {
            let draft = drafts::complete(books, context, draft, order_id)?;
            (entry.draft_id, entry.draft_version) = (draft.id.to_string(), draft.version);
        }
        let order = entry.order.clone();
        journal::append(books, context, place.register.id, Entry::Sale(entry))?;
        Ok(Decision::Done(pb::CompleteSaleResponse { order, warnings }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let rows = order_rows(books, document.id)?;
        let currency = currency(shop_of_branch(books, rows.order.branch_id)?)?;
        Ok(pb::CompleteSaleResponse { order: Some(order_to_pb(&rows, currency)), warnings: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{
        ErrorReason as Reason, JournalKind, MovementType, StockPolicy, TenderType, line_item::Item as PbItem,
    };

    use super::*;
    use crate::{
        books::testing::TestShop,
        store::entity::{branch, number_series, register, shift, stock},
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

    fn refusal(shop: &mut TestShop, sale: &CompleteSale) -> Error {
        let before = shop.books.dirty();
        let refused = shop.decide(sale).unwrap_err();
        assert_eq!(shop.books.dirty(), before, "a refusal leaves nothing behind");
        refused
    }

    #[test]
    fn a_sale_names_all_it_needs_and_moves_everything_at_once() {
        let mut shop = TestShop::with_shift();
        let bread = shop.put_product("bread", 2_00, StockPolicy::Allow, 10);
        let order = shop.decide(&sale(&[("bread", "1.5")], 5_00, 3_00)).unwrap().order.unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        assert_eq!(order.receipt_number, "INV-202611-R1-000001");

        let (branch, register) = (shop.caller.branch_id, shop.caller.register_id);
        assert_eq!(shop.row::<stock::Model>(&(branch, bread)).quantity, 8_500);
        assert_eq!(shop.row::<register::Model>(&register).drawer_balance, 103_00);
        assert_eq!(shop.row::<number_series::Model>(&(register, "INV".to_owned())).last_number, 1);
        assert_eq!(shop.row::<branch::Model>(&branch).last_order_sequence, 1);
        let shift: &shift::Model = shop.row(&Uuid::from_u128(6));
        assert_eq!((shift.sale_count, shift.sales_total), (1, 3_00));
        assert_eq!((shift.cash_received, shift.change_given), (5_00, 2_00));
        let Entry::Sale(recorded) = shop.last_entry(JournalKind::Sales) else {
            panic!("no sale in the journal")
        };
        assert_eq!(recorded.order, Some(order));
        let moved: Vec<_> = recorded.movements.iter().map(|movement| movement.r#type()).collect();
        assert_eq!(moved, [MovementType::SaleCash, MovementType::Change]);
    }

    #[test]
    fn a_sale_sees_what_the_one_before_it_in_the_batch_left() {
        let mut shop = TestShop::with_shift();
        shop.put_product("honey", 9_99, StockPolicy::Block, 1);
        let last = sale(&[("honey", "1")], 9_99, 9_99);
        let numbers = [shop.decide(&last).map(|reply| reply.order.unwrap().receipt_number)];
        assert_eq!(numbers[0].as_ref().unwrap(), "INV-202611-R1-000001");
        let refused = refusal(&mut shop, &last);
        assert_eq!(refused.reason(), Reason::InsufficientStock);
        assert_eq!(refused.message(), "honey: 0 pc left, 1 asked for");
    }

    #[test]
    fn two_lines_of_the_last_piece_are_one_too_many() {
        let mut shop = TestShop::with_shift();
        shop.put_product("honey", 9_99, StockPolicy::Block, 1);
        let refused = refusal(&mut shop, &sale(&[("honey", "1"), ("honey", "1")], 20_00, 19_98));
        assert_eq!(refused.fields(), [("lines[1].quantity".to_owned(), "0 left".to_owned())]);
    }

    #[test]
    fn a_product_that_warns_is_sold_below_zero_and_says_so() {
        let mut shop = TestShop::with_shift();
        shop.put_product("milk", 1_00, StockPolicy::Warn, 1);
        let reply = shop.decide(&sale(&[("milk", "3")], 3_00, 3_00)).unwrap();
        let words: Vec<_> = reply.warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(words, ["milk: -2 in stock"]);
    }

    #[test]
    fn what_the_customer_was_told_is_what_is_charged_or_nothing() {
        let mut shop = TestShop::with_shift();
        shop.put_product("bread", 2_00, StockPolicy::Allow, 10);
        let refused = refusal(&mut shop, &sale(&[("bread", "1")], 5_00, 1_99));
        assert_eq!(refused.reason(), Reason::TotalMismatch);
        assert_eq!(
            refused.message(),
            "the total is 2.00, but the terminal expected 1.99; quote the order again"
        );
        assert_eq!(refusal(&mut shop, &sale(&[("bread", "1")], 1_00, 2_00)).reason(), Reason::TenderShort);
        assert_eq!(refusal(&mut shop, &sale(&[("cake", "1")], 1_00, 1_00)).reason(), Reason::ProductNotFound);
    }

    #[test]
    fn a_barcode_of_two_products_names_neither() {
        let mut shop = TestShop::with_shift();
        shop.put_product("bread", 2_00, StockPolicy::Allow, 10);
        let cake = shop.put_product("cake", 3_00, StockPolicy::Allow, 10);
        let barcode = "bread".to_owned();
        shop.put(crate::store::entity::product_barcode::Model {
            product_id: cake,
            barcode,
            position: 1,
            active: true,
        });
        let refused = refusal(&mut shop, &sale(&[("bread", "1")], 2_00, 2_00));
        assert_eq!(refused.reason(), Reason::BarcodeAmbiguous);
    }

    #[test]
    fn training_moves_neither_goods_nor_cash_and_has_numbers_of_its_own() {
        let mut shop = TestShop::with_shift();
        let honey = shop.put_product("honey", 9_99, StockPolicy::Block, 0);
        let training = CompleteSale { training: true, ..sale(&[("honey", "2")], 20_00, 19_98) };
        let order = shop.decide(&training).unwrap().order.unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        assert_eq!((order.receipt_number.as_str(), order.training), ("TRN-202611-R1-000001", true));
        assert_eq!(order.change.unwrap().amount_minor, 2);
        let (branch, register) = (shop.caller.branch_id, shop.caller.register_id);
        assert_eq!(shop.row::<stock::Model>(&(branch, honey)).quantity, 0);
        assert_eq!(shop.row::<register::Model>(&register).drawer_balance, 100_00);
        let shift: &shift::Model = shop.row(&Uuid::from_u128(6));
        assert_eq!((shift.sale_count, shift.sales_total, shift.cash_received), (0, 0, 0));
        shop.put_product("bread", 2_00, StockPolicy::Allow, 10);
        let real = shop.decide(&sale(&[("bread", "1")], 2_00, 2_00)).unwrap().order.unwrap();
        assert_eq!(real.receipt_number, "INV-202611-R1-000001", "no number is lost");
    }

    #[test]
    fn without_a_shift_nothing_is_sold() {
        let mut shop = TestShop::founded();
        shop.put_product("bread", 2_00, StockPolicy::Allow, 10);
        assert_eq!(refusal(&mut shop, &sale(&[("bread", "1")], 2_00, 2_00)).reason(), Reason::NoOpenShift);
    }
}
