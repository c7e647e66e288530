//! Goods that come, go and are counted.

use std::collections::{BTreeMap, BTreeSet};

use kassa_proto::v1::{self as pb, ErrorReason as Reason};
use uuid::Uuid;

use super::{Judge, Verdict, id, no};
use crate::{model::ledger::bought, store::entity::purchase};

impl<'a> Judge<'a> {
    /// The version of an open stock count of the caller's branch.
    pub(super) fn stock_count(&self, named: &str) -> Result<i64, Option<Reason>> {
        let found = id(named).and_then(|id| self.ledger.counting.counts.get(&id));
        match found.filter(|count| count.branch_id == self.caller.branch_id) {
            None => no(Reason::StockCountNotFound),
            Some(count) if count.is_open() => Ok(count.version),
            Some(_) => no(Reason::StockCountFinished),
        }
    }

    pub(super) fn purchase(&self, named: &str) -> Result<&'a purchase::Model, Option<Reason>> {
        let found = id(named).and_then(|id| self.ledger.purchases.get(&id));
        match found.filter(|it| it.branch_id == self.caller.branch_id) {
            None => no(Reason::PurchaseNotFound),
            Some(purchase) => Ok(purchase),
        }
    }

    pub(super) fn purchase_draft(
        &self,
        named: &str,
        version: i64,
    ) -> Result<&'a purchase::Model, Option<Reason>> {
        match self.purchase(named)? {
            purchase if purchase.state == 2 => no(Reason::PurchaseApproved),
            purchase if purchase.state == 3 => no(Reason::PurchaseCancelled),
            purchase if purchase.version != version => no(Reason::VersionMismatch),
            purchase => Ok(purchase),
        }
    }

    pub(super) fn put_purchase(&self, message: &pb::PutPurchaseRequest) -> Verdict {
        let is_known = id(&message.purchase_id).is_some_and(|id| self.ledger.purchases.contains_key(&id));
        if is_known || message.version != 0 {
            self.purchase_draft(&message.purchase_id, message.version)?;
        }
        let known: BTreeSet<&str> = self.ledger.products.values().map(|it| it.sku.as_str()).collect();
        let all = message.lines.iter().all(|line| known.contains(line.product_id.as_str()));
        if all { Ok(()) } else { no(Reason::ProductNotFound) }
    }

    pub(super) fn approve(&self, message: &pb::ApprovePurchaseRequest) -> Verdict {
        let purchase = self.purchase_draft(&message.purchase_id, message.version)?;
        let same = |other: &&purchase::Model| {
            let document =
                |it: &purchase::Model| (it.branch_id, it.document_number.clone(), it.supplier.to_lowercase());
            other.state == 2 && document(other) == document(purchase)
        };
        let doubled =
            !purchase.document_number.is_empty() && self.ledger.purchases.values().any(|it| same(&it));
        if doubled && !message.allow_duplicate_document { no(Reason::PurchaseDocumentExists) } else { Ok(()) }
    }

    pub(super) fn cancel(&self, message: &pb::CancelPurchaseRequest) -> Verdict {
        let purchase = self.purchase(&message.purchase_id)?;
        if purchase.state == 3 {
            return no(Reason::PurchaseCancelled);
        }
        if purchase.version != message.version {
            return no(Reason::VersionMismatch);
        }
        if purchase.state == 2 { self.take(bought(purchase).into_iter()) } else { Ok(()) }
    }

    /// Takes goods off the shelf of the caller's branch, one after the other.
    pub(super) fn take(&self, goods: impl Iterator<Item = (Uuid, i64)>) -> Verdict {
        let mut taken: BTreeMap<Uuid, i64> = BTreeMap::new();
        for (id, quantity) in goods {
            let taken = taken.entry(id).or_default();
            *taken += quantity;
            let stock =
                self.ledger.stock.get(&(self.caller.branch_id, id)).map_or(0, |[_, quantity]| *quantity);
            let policy = self.ledger.products[&id].stock_policy;
            if policy == i32::from(pb::StockPolicy::Block) && stock - *taken < 0 {
                return no(Reason::InsufficientStock);
            }
        }
        Ok(())
    }
}
