//! Approving a purchase: its goods go on the shelf, once, at what they cost.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, PurchaseState, StockCause, journal_record::Entry};

use super::{Read, again, delivered, still_a_draft, write};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    clock::to_micros,
    encoding::time::business_date,
    error::Error,
    numbers::BranchSeries,
    settings::{shop, time_zone},
    stock_ledger::{self, Goods, StockLedger},
    store::entity::{branch, purchase},
};

/// A draft whose goods came.
#[derive(Debug)]
pub struct ApprovePurchase {
    read: Read,
    allow_duplicate_document: bool,
}

impl ApprovePurchase {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(request: pb::ApprovePurchaseRequest) -> Result<Self, Error> {
        Ok(Self {
            read: Read::parse(&request.purchase_id, request.version)?,
            allow_duplicate_document: request.allow_duplicate_document,
        })
    }

    /// Refuses a supplier's document that was entered before, unless it is wanted.
    fn entered_once(&self, books: &WorkingSet, row: &purchase::Model) -> Result<(), Stop> {
        if self.allow_duplicate_document || row.document_number.is_empty() {
            return Ok(());
        }
        let other = books.find_one::<purchase::Model>(&row.document())?;
        other.map_or(Ok(()), |other| Err(entered_before(other).into()))
    }
}

fn entered_before(other: &purchase::Model) -> Error {
    let number = other.number.as_deref().unwrap_or_default();
    let message = format!(
        "{} of {} is in the books already, as {number}; is it another delivery, set allow_duplicate_document",
        other.document_number, other.supplier
    );
    Error::new(Reason::PurchaseDocumentExists, message)
        .field("purchase_id", format!("has the document of {number}"))
        .with("number", number)
        .with("purchase_id", other.id)
}

impl Posting for ApprovePurchase {
    const METHOD: &'static str = "kassa.v1.Purchases/ApprovePurchase";
    type Reply = pb::ApprovePurchaseResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        BranchSeries::Purchases.read_set(caller.branch_id, read_set);
        self.read.read_set((known, caller), read_set, |row, delivered, read_set| {
            if !self.allow_duplicate_document && !row.document_number.is_empty() {
                read_set.all::<purchase::Model>(row.document());
            }
            delivered
                .iter()
                .for_each(|goods| stock_ledger::read_set(row.branch_id, goods.product_id, read_set));
        });
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let mut row = self.read.find(books, context.caller)?;
        still_a_draft(&row)?;
        self.read.still_at_version(&row)?;
        self.entered_once(books, &row)?;

        let mut ledger = StockLedger::of(context.caller.register_id, row.branch_id, Some(row.id));
        for (number, line) in delivered(&row)?.iter().enumerate() {
            let cause = StockCause::Purchase;
            let goods = Goods { product_id: line.product_id, cause, quantity: line.quantity, reason: "" };
            ledger.put(books, context, &goods, Some(line.cost), || format!("lines[{number}].quantity"))?;
        }
        let today = business_date(context.now, time_zone(shop(books, context.caller)?)?);
        let missing = || Error::internal("the caller's branch is gone");
        let branch = books.require::<branch::Model>(&row.branch_id, missing)?.clone();
        row.number = Some(BranchSeries::Purchases.next(books, &branch, today)?);
        row.business_date = Some(today);
        row.state = PurchaseState::Approved.into();
        row.approved_by_user_id = Some(context.caller.user_id);
        row.approve_time = Some(to_micros(context.now));
        let entry = |purchase| {
            let stock = ledger.effects();
            Entry::PurchaseApproved(pb::PurchaseApprovedEntry { purchase: Some(purchase), stock })
        };
        let purchase = write(books, context, row, entry)?;
        Ok(Decision::Done(pb::ApprovePurchaseResponse { purchase: Some(purchase) }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::ApprovePurchaseResponse { purchase: Some(again(books, document.id)?) })
    }
}
