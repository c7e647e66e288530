//! Exchanging: goods of a sale come back, others are sold for them, and only the difference is paid.

use kassa_proto::v1::{self as pb, journal_record::Entry};
use uuid::Uuid;

use super::{
    cart::{Cart, CartTender},
    convert::{order_to_pb, parse_tenders},
    give_back::{self, Exchange, GivenBack, ReturnedLine, refuse_tips},
    place::Place,
    queries::order_rows,
    reversal::{self, Original},
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
    store::entity::{customer, order},
};

const NOTE: usize = 1_000;
/// One less than an order has: what is exchanged is a tender too.
const MOST_TENDERS: usize = 19;
/// The field of the request with what comes back.
const RETURNED: &str = "returned_lines";

/// Goods to be exchanged.
#[derive(Debug)]
pub struct ExchangeSale {
    sale_id: Option<Uuid>,
    return_id: Option<Uuid>,
    order_id: Uuid,
    returned: Vec<ReturnedLine>,
    /// Without tenders: who pays is known with the totals.
    cart: Cart,
    tenders: Vec<CartTender>,
    expected_total: Amount,
    register: Named,
    shift_id: Option<Uuid>,
    note: String,
    grant_ids: Vec<Uuid>,
    /// Who buys; the customer of the sale of which goods come back if nobody is named.
    customer_id: Option<Uuid>,
}

impl ExchangeSale {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::ExchangeSaleRequest) -> Result<Self, Error> {
        let sale_id = input::id(&request.sale_id, || "sale_id".to_owned())?;
        let return_id = input::id(&request.return_id, || "return_id".to_owned())?;
        if sale_id.is_some() && sale_id == return_id {
            return Err(Error::invalid("return_id", "is the sale's; each order has an id of its own"));
        }
        input::at_most(&request.tenders, MOST_TENDERS, "tenders")?;
        Ok(Self {
            sale_id,
            return_id,
            order_id: input::required_id(&request.order_id, || "order_id".to_owned())?,
            returned: give_back::parse_lines(request.returned_lines, RETURNED)?,
            cart: Cart::parse(request.lines, request.discounts, Vec::new())?,
            tenders: parse_tenders(request.tenders)?,
            expected_total: input::signed_amount(request.expected_total, || "expected_total".to_owned())?,
            register: Named::parse(&request.register_id),
            shift_id: input::id(&request.shift_id, || "shift_id".to_owned())?,
            note: input::free_lines(request.note, NOTE, || "note".to_owned())?,
            grant_ids: approvals::parse(&request.grant_ids)?,
            customer_id: input::id(&request.customer_id, || "customer_id".to_owned())?,
        })
    }
}

impl Posting for ExchangeSale {
    const METHOD: &'static str = "kassa.v1.Orders/ExchangeSale";
    type Reply = pb::ExchangeSaleResponse;
    const ANSWER_IS_REBUILT: bool = true;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        reversal::read_set(caller, self.order_id, read_set);
        sell::read_set(&self.cart, known, caller, read_set);
        approvals::read_set(&self.grant_ids, known, caller, read_set);
        for id in [self.sale_id, self.return_id].into_iter().flatten() {
            read_set.row::<order::Model>(id);
        }
        if let Some(customer_id) = self.customer_id {
            read_set.row::<customer::Model>(customer_id);
        }
        self.register.register_read_set(caller, read_set);
        if let Some(register) = self.register.known_register(known, caller) {
            selling::read_set(known, register.id, self.shift_id, read_set);
            reversal::document_read_set(known, caller, self.order_id, register.id, read_set);
            sell::register_read_set(register.id, false, read_set);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let place = Place::find(books, caller, &self.register, self.shift_id)?;
        let mut original = Original::find(books, caller, self.order_id)?;
        let return_id = free_order_id(books, context, self.return_id, "return_id")?;
        let sale_id = free_order_id(books, context, self.sale_id, "sale_id")?;
        prove_buyer(books, caller, self.customer_id)?;
        let customer_id = self.customer_id.or(original.rows.order.customer_id);

        let lines = give_back::lines((RETURNED, &self.returned), &mut original, return_id, context)?;
        let mut cart = self.cart.clone();
        let priced = cart.price(books, &place.business, caller.branch_id)?;
        let (returned, sold) = (give_back::total(&lines)?, priced.totals.total);
        check_total(&self.expected_total, sold.saturating_sub(returned), &place.business)?;

        cart.exchanged = sold.min(returned);
        let mut given_back = GivenBack {
            id: return_id,
            lines,
            tenders: &[],
            note: &self.note,
            exchange: Some(Exchange { order_id: sale_id, amount: cart.exchanged }),
            grant_ids: &self.grant_ids,
        };
        if returned > sold {
            refuse_tips(&self.tenders)?;
            given_back.tenders = &self.tenders;
        } else {
            cart.tenders.clone_from(&self.tenders);
        }
        let given_back = give_back::give_back(books, context, &place, original, given_back)?;
        let sale = Sale {
            order_id: sale_id,
            cart: &cart,
            priced,
            note: &self.note,
            customer_id,
            exchange_order_id: Some(return_id),
            training: false,
            grant_ids: &self.grant_ids,
        };
        let (sold, warnings) = sell(books, context, &place, sale)?;
        let reply = pb::ExchangeSaleResponse {
            returned: given_back.order.clone(),
            sold: sold.order.clone(),
            warnings,
        };
        let entry = pb::ExchangeEntry { returned: Some(given_back), sold: Some(sold) };
        journal::append(books, context, place.register.id, Entry::Exchange(entry))?;
        Ok(Decision::Done(reply))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let sold = order_rows(books, document.id)?;
        let no_exchange = || Error::internal(format_args!("the order {} is of no exchange", document.id));
        let returned = order_rows(books, sold.order.exchange_order_id.ok_or_else(no_exchange)?)?;
        let currency = currency(shop_of_branch(books, sold.order.branch_id)?)?;
        Ok(pb::ExchangeSaleResponse {
            returned: Some(order_to_pb(&returned, currency)),
            sold: Some(order_to_pb(&sold, currency)),
            warnings: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{ErrorReason as Reason, Role, StockPolicy, TenderType, line_item::Item};

    use super::*;
    use crate::{
        books::testing::TestShop,
        orders::{complete_sale::CompleteSale, refund_sale::RefundSale},
        store::entity::register,
    };

    fn money(minor: i64) -> Option<pb::Money> {
        Some(pb::Money { amount_minor: minor, ..Default::default() })
    }

    fn tender(kind: TenderType, minor: i64) -> Vec<pb::Tender> {
        if minor == 0 {
            return Vec::new();
        }
        vec![pb::Tender { r#type: kind.into(), amount: money(minor), ..Default::default() }]
    }

    fn line(barcode: &str) -> pb::LineItem {
        pb::LineItem {
            item: Some(Item::Barcode(barcode.to_owned())),
            quantity: Some(pb::Decimal { value: "1".to_owned() }),
            ..Default::default()
        }
    }

    /// A coat for 80.00, a hat for 20.00.
    fn shop() -> TestShop {
        let mut shop = TestShop::with_shift();
        shop.put_product("coat", 80_00, StockPolicy::Block, 1);
        shop.put_product("hat", 20_00, StockPolicy::Block, 3);
        shop
    }

    fn sell(shop: &mut TestShop, barcode: &str, kind: TenderType, total: i64) -> pb::Order {
        let sale = pb::CompleteSaleRequest {
            lines: vec![line(barcode)],
            tenders: tender(kind, total),
            expected_total: money(total),
            ..Default::default()
        };
        shop.decide(&CompleteSale::parse(sale).unwrap()).unwrap().order.unwrap()
    }

    fn back(sale: &pb::Order) -> Vec<pb::RefundLine> {
        vec![pb::RefundLine {
            line_id: sale.lines[0].line_id.clone(),
            quantity: Some(pb::Decimal { value: "1".to_owned() }),
            reason: "too small".to_owned(),
            restock: true,
        }]
    }

    fn exchange(sale: &pb::Order, barcode: &str, tenders: Vec<pb::Tender>, net: i64) -> ExchangeSale {
        ExchangeSale::parse(pb::ExchangeSaleRequest {
            order_id: sale.order_id.clone(),
            returned_lines: back(sale),
            lines: vec![line(barcode)],
            tenders,
            expected_total: money(net),
            ..Default::default()
        })
        .unwrap()
    }

    fn in_cash(sale: &pb::Order, total: i64) -> RefundSale {
        RefundSale::parse(pb::RefundSaleRequest {
            order_id: sale.order_id.clone(),
            lines: back(sale),
            tenders: tender(TenderType::Cash, total),
            expected_total: money(total),
            ..Default::default()
        })
        .unwrap()
    }

    fn tenders(order: &pb::Order) -> Vec<(TenderType, i64)> {
        let amount = |tender: &pb::Tender| tender.amount.as_ref().unwrap().amount_minor;
        order.tenders.iter().map(|tender| (tender.r#type(), amount(tender))).collect()
    }

    fn drawer(shop: &TestShop) -> i64 {
        shop.row::<register::Model>(&shop.caller.register_id).drawer_balance
    }

    #[test]
    fn only_the_difference_is_paid_and_the_orders_name_each_other() {
        let mut shop = shop();
        let hat = sell(&mut shop, "hat", TenderType::Cash, 20_00);
        let request = exchange(&hat, "coat", tender(TenderType::Card, 60_00), 60_00);
        let reply = shop.decide(&request).unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        let (returned, sold) = (reply.returned.unwrap(), reply.sold.unwrap());
        assert_eq!(
            (&returned.exchange_order_id, &sold.exchange_order_id),
            (&sold.order_id, &returned.order_id)
        );
        assert_eq!(returned.original_order_id, hat.order_id);
        assert_eq!(tenders(&returned), [(TenderType::Exchange, 20_00)]);
        assert_eq!(tenders(&sold), [(TenderType::Card, 60_00), (TenderType::Exchange, 20_00)]);
        assert_eq!(drawer(&shop), 120_00, "what is exchanged is in no drawer");
    }

    #[test]
    fn what_comes_back_beyond_the_sale_goes_back_the_way_it_came() {
        let mut shop = shop();
        let coat = sell(&mut shop, "coat", TenderType::Card, 80_00);
        for (tenders, net, reason) in [
            (tender(TenderType::Card, 59_00), -60_00, Reason::RefundTenderMismatch),
            (tender(TenderType::Card, 60_00), 60_00, Reason::TotalMismatch),
            (Vec::new(), -60_00, Reason::RefundTenderMismatch),
        ] {
            let dirty = shop.books.dirty();
            assert_eq!(shop.decide(&exchange(&coat, "hat", tenders, net)).unwrap_err().reason(), reason);
            assert_eq!(shop.books.dirty(), dirty, "a refusal leaves nothing behind");
        }
        let request = exchange(&coat, "hat", tender(TenderType::Card, 60_00), -60_00);
        let reply = shop.decide(&request).unwrap();
        let returned = reply.returned.unwrap();
        assert_eq!(tenders(&returned), [(TenderType::Card, 60_00), (TenderType::Exchange, 20_00)]);
        assert_eq!(tenders(&reply.sold.unwrap()), [(TenderType::Exchange, 20_00)]);
        assert_eq!(shop.decide(&request).unwrap_err().reason(), Reason::RefundExceedsSale);
    }

    #[test]
    fn the_same_thing_for_the_same_thing_moves_no_money() {
        let mut shop = shop();
        let coat = sell(&mut shop, "coat", TenderType::Cash, 80_00);
        // It is the last one: it is back on the shelf before it is sold again.
        let reply = shop.decide(&exchange(&coat, "coat", Vec::new(), 0)).unwrap();
        assert_eq!(tenders(&reply.sold.unwrap()), [(TenderType::Exchange, 80_00)]);
        assert_eq!(drawer(&shop), 180_00);
    }

    #[test]
    fn a_card_that_pays_too_much_is_named_by_its_place_in_the_request() {
        let mut shop = shop();
        let hat = sell(&mut shop, "hat", TenderType::Cash, 20_00);
        let refused =
            shop.decide(&exchange(&hat, "coat", tender(TenderType::Card, 61_00), 60_00)).unwrap_err();
        assert_eq!(refused.reason(), Reason::ChangeNotCash);
        assert_eq!(refused.fields()[0].0, "tenders[0]");
    }

    #[test]
    fn what_goods_paid_goes_back_for_goods_or_by_a_supervisor_in_cash() {
        let mut shop = shop();
        let hat = sell(&mut shop, "hat", TenderType::Card, 20_00);
        let reply = shop.decide(&exchange(&hat, "coat", tender(TenderType::Cash, 60_00), 60_00)).unwrap();
        let coat = reply.sold.unwrap();
        let refund = in_cash(&coat, 80_00);
        shop.caller.role = Role::Cashier;
        assert_eq!(shop.decide(&refund).unwrap_err().reason(), Reason::ApprovalRequired);
        // For goods a cashier may take it back, and give the cash back that was paid in cash.
        let again = exchange(&coat, "hat", tender(TenderType::Cash, 60_00), -60_00);
        shop.decide(&again).unwrap();
        assert_eq!(drawer(&shop), 100_00);

        let mut shop = self::shop();
        let hat = sell(&mut shop, "hat", TenderType::Card, 20_00);
        let reply = shop.decide(&exchange(&hat, "coat", tender(TenderType::Cash, 60_00), 60_00)).unwrap();
        let coat = reply.sold.unwrap();
        let refund = in_cash(&coat, 80_00);
        shop.decide(&refund).unwrap();
        assert_eq!(drawer(&shop), 80_00);
    }
}
