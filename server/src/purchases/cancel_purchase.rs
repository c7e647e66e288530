//! Cancelling a purchase: a draft ends, goods that came leave the shelf again.

use kassa_proto::v1::{self as pb, PurchaseState, StockCause, journal_record::Entry};

use super::{Read, again, cancelled, delivered, state, write};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    clock::to_micros,
    error::Error,
    input,
    stock_ledger::{self, Goods, StockLedger},
    store::entity::{product, purchase},
};

const REASON: usize = 200;

/// A purchase to be ended.
#[derive(Debug)]
pub struct CancelPurchase {
    read: Read,
    reason: String,
}

impl CancelPurchase {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::CancelPurchaseRequest) -> Result<Self, Error> {
        Ok(Self {
            read: Read::parse(&request.purchase_id, request.version)?,
            reason: input::required_free_line(request.reason, REASON, || "reason".to_owned())?,
        })
    }

    /// Takes the goods off the shelf again, line by line.
    fn take_back(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        row: &purchase::Model,
    ) -> Result<Vec<pb::StockEffect>, Stop> {
        let mut ledger = StockLedger::of(context.caller.register_id, row.branch_id, Some(row.id));
        for (number, line) in delivered(row)?.iter().enumerate() {
            let id = line.product_id;
            let missing = || Error::internal(format_args!("the product {id} of a purchase is gone"));
            let product = books.require::<product::Model>(&id, missing)?.clone();
            let (cause, reason) = (StockCause::PurchaseCancelled, self.reason.as_str());
            let goods = Goods { product_id: id, cause, quantity: line.quantity, reason };
            let path = || format!("lines[{number}].quantity");
            ledger.take_at(books, context, (&product, &goods), line.cost, path)?;
        }
        Ok(ledger.effects())
    }
}

impl Posting for CancelPurchase {
    const METHOD: &'static str = "kassa.v1.Purchases/CancelPurchase";
    type Reply = pb::CancelPurchaseResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.read.read_set((known, caller), read_set, |row, delivered, read_set| {
            if state(row) == PurchaseState::Approved {
                for goods in delivered {
                    read_set.row::<product::Model>(goods.product_id);
                    stock_ledger::read_set(row.branch_id, goods.product_id, read_set);
                }
            }
        });
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let mut row = self.read.find(books, context.caller)?;
        if state(&row) == PurchaseState::Cancelled {
            return Err(cancelled(&row).into());
        }
        self.read.still_at_version(&row)?;
        let was_approved = state(&row) == PurchaseState::Approved;
        let stock = if was_approved { self.take_back(books, context, &row)? } else { Vec::new() };
        row.state = PurchaseState::Cancelled.into();
        row.reason = Some(self.reason.clone());
        row.cancelled_by_user_id = Some(context.caller.user_id);
        row.cancel_time = Some(to_micros(context.now));
        let entry = |purchase| {
            Entry::PurchaseCancelled(pb::PurchaseCancelledEntry { purchase: Some(purchase), stock })
        };
        let purchase = write(books, context, row, entry)?;
        Ok(Decision::Done(pb::CancelPurchaseResponse { purchase: Some(purchase) }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::CancelPurchaseResponse { purchase: Some(again(books, document.id)?) })
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{ErrorReason as Reason, StockPolicy};

    use super::*;
    use crate::{
        books::testing::TestShop,
        purchases::{approve_purchase::ApprovePurchase, put_purchase::PutPurchase},
        store::entity::stock,
    };

    fn put(shop: &mut TestShop, id: &str) -> pb::Purchase {
        let line = |cost| pb::PurchaseLine {
            product_id: "honey".to_owned(),
            quantity: Some(pb::Decimal { value: "5".to_owned() }),
            cost: Some(pb::Money { amount_minor: cost, ..Default::default() }),
            ..Default::default()
        };
        let request = pb::PutPurchaseRequest {
            purchase_id: id.to_owned(),
            supplier: "Nile Dairy".to_owned(),
            document_number: "77".to_owned(),
            lines: vec![line(10_00), line(20_00)],
            ..Default::default()
        };
        shop.decide(&PutPurchase::parse(request).unwrap()).unwrap().purchase.unwrap()
    }

    fn approve(shop: &mut TestShop, of: &pb::Purchase) -> Result<pb::Purchase, Error> {
        let (purchase_id, version) = (of.purchase_id.clone(), of.version);
        let request = pb::ApprovePurchaseRequest { purchase_id, version, ..Default::default() };
        Ok(shop.decide(&ApprovePurchase::parse(request)?)?.purchase.unwrap())
    }

    fn cancel(shop: &mut TestShop, of: &pb::Purchase) -> Result<pb::Purchase, Error> {
        let (purchase_id, version) = (of.purchase_id.clone(), of.version);
        let request = pb::CancelPurchaseRequest { purchase_id, version, reason: "sour".to_owned() };
        Ok(shop.decide(&CancelPurchase::parse(request)?)?.purchase.unwrap())
    }

    #[test]
    fn a_purchase_names_all_it_needs_from_its_draft_to_its_end() {
        let mut shop = TestShop::founded();
        let honey = shop.put_product("honey", 9_99, StockPolicy::Block, 0);
        let [one, other] = [61, 62].map(|id| uuid::Uuid::from_u128(id).to_string());
        let (first, second) = (put(&mut shop, &one), put(&mut shop, &other));
        let place = (shop.caller.branch_id, honey);
        let bought = approve(&mut shop, &first).unwrap();
        let stock: &stock::Model = shop.row(&place);
        assert_eq!((stock.quantity, stock.average_cost, stock.change_count), (10_000, Some(300_000), 3));
        assert_eq!(approve(&mut shop, &second).unwrap_err().reason(), Reason::PurchaseDocumentExists);
        cancel(&mut shop, &second).unwrap();

        shop.change::<stock::Model>(&place, |stock| stock.quantity = 9_999);
        let dirty = shop.books.dirty();
        assert_eq!(cancel(&mut shop, &bought).unwrap_err().reason(), Reason::InsufficientStock);
        assert_eq!(shop.books.dirty(), dirty, "a refusal leaves nothing behind");
        shop.change::<stock::Model>(&place, |stock| stock.quantity = 10_000);
        cancel(&mut shop, &bought).unwrap();
        assert_eq!(shop.row::<stock::Model>(&place).quantity, 0);
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
    }
}
