//! Putting a purchase: a draft, which moves nothing.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::Quantity,
    money::MAX_AMOUNT_MINOR,
    v1::{self as pb, PurchaseState, journal_record::Entry},
};
use uuid::Uuid;

use super::{Read, again, not_found, of_branch, read_set, still_a_draft, write};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    catalog::named_product::NamedProduct,
    clock::to_micros,
    encoding::{lines::purchase_lines, time::date_number},
    error::Error,
    input::{self, Amount},
    settings::{currency, shop},
    store::entity::{business, purchase},
};

const MOST_LINES: usize = 500;
const SUPPLIER: usize = 200;
const DOCUMENT: usize = 64;
const NOTE: usize = 1_000;

/// A draft of a purchase.
#[derive(Debug)]
pub struct PutPurchase {
    purchase_id: Option<Uuid>,
    version: i64,
    supplier: String,
    document_number: String,
    document_date: Option<i32>,
    note: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    id: Option<Uuid>,
    product: NamedProduct,
    quantity: Quantity,
    cost: Amount,
}

fn path(number: usize, field: &str) -> String {
    format!("lines[{number}].{field}")
}

impl PutPurchase {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::PutPurchaseRequest) -> Result<Self, Error> {
        if request.version != 0 {
            Read::parse(&request.purchase_id, request.version)?;
        }
        let document_date = request.document_date.as_ref().map(|day| input::date(day, "document_date"));
        Ok(Self {
            purchase_id: input::id(&request.purchase_id, || "purchase_id".to_owned())?,
            version: request.version,
            supplier: input::name(request.supplier, SUPPLIER, || "supplier".to_owned())?,
            document_number: input::line(request.document_number.trim().to_owned(), DOCUMENT, || {
                "document_number".to_owned()
            })?,
            document_date: document_date.transpose()?.map(date_number),
            note: input::free_lines(request.note, NOTE, || "note".to_owned())?,
            lines: parse_lines(request.lines)?,
        })
    }

    /// The draft before the change: one that is new has never been.
    fn before(&self, books: &WorkingSet, context: &Context) -> Result<purchase::Model, Stop> {
        let there = match self.purchase_id {
            Some(id) => of_branch(books, context.caller, id)?,
            None => None,
        };
        match there {
            Some(row) => {
                still_a_draft(row)?;
                Read { id: row.id, version: self.version }.still_at_version(row)?;
                Ok(row.clone())
            }
            None if self.version == 0 => Ok(new(self.purchase_id, context)),
            None => Err(not_found(&self.purchase_id.unwrap_or_default().to_string()).into()),
        }
    }

    /// The lines with the products as they are called now, and what they cost together.
    fn bought(&self, books: &WorkingSet, context: &Context) -> Result<(Vec<pb::PurchaseLine>, i64), Stop> {
        let currency = currency(shop(books, context.caller)?)?;
        let mut cost_total: i64 = 0;
        let mut lines = Vec::with_capacity(self.lines.len());
        for (number, line) in self.lines.iter().enumerate() {
            let product = line.product.product(books, || path(number, "product_id"))?;
            let cost = line.cost.in_currency(currency.code(), || path(number, "cost"))?;
            cost_total = cost_total.saturating_add(cost);
            if cost_total > MAX_AMOUNT_MINOR {
                return Err(Error::overflow("lines").into());
            }
            lines.push(pb::PurchaseLine {
                line_id: line.id.unwrap_or_else(|| context.new_id()).to_string(),
                product_id: product.id.to_string(),
                sku: product.sku.clone(),
                name: product.name.clone(),
                unit: product.unit.clone(),
                quantity: Some(line.quantity.into()),
                cost: Some(pb::Money::new(currency, cost)),
            });
        }
        Ok((lines, cost_total))
    }
}

fn parse_lines(lines: Vec<pb::PurchaseLine>) -> Result<Vec<Line>, Error> {
    if lines.is_empty() {
        return Err(Error::invalid("lines", "has no line"));
    }
    input::at_most(&lines, MOST_LINES, "lines")?;
    let mut ids = BTreeSet::new();
    let lines = lines.into_iter().enumerate();
    let lines = lines.map(|(number, line)| {
        let id = input::id(&line.line_id, || path(number, "line_id"))?;
        if id.is_some_and(|id| !ids.insert(id)) {
            return Err(Error::invalid(path(number, "line_id"), "is another line's"));
        }
        let quantity = input::quantity(line.quantity.as_ref(), || path(number, "quantity"))?;
        if quantity <= Quantity::default() {
            return Err(Error::invalid(path(number, "quantity"), "must be more than zero"));
        }
        Ok(Line {
            id,
            product: NamedProduct::parse(&line.product_id, || path(number, "product_id"))?,
            quantity,
            cost: input::required_amount(line.cost, || path(number, "cost"))?,
        })
    });
    lines.collect()
}

/// A purchase that was never put.
fn new(id: Option<Uuid>, context: &Context) -> purchase::Model {
    purchase::Model {
        id: id.unwrap_or_else(|| context.new_id()),
        branch_id: context.caller.branch_id,
        state: PurchaseState::Draft.into(),
        version: 0,
        number: None,
        business_date: None,
        supplier: String::new(),
        supplier_key: String::new(),
        document_number: String::new(),
        document_date: None,
        note: String::new(),
        lines: Vec::new(),
        line_count: 0,
        cost_total: 0,
        reason: None,
        created_by_user_id: context.caller.user_id,
        create_time: to_micros(context.now),
        update_time: 0,
        approved_by_user_id: None,
        approve_time: None,
        cancelled_by_user_id: None,
        cancel_time: None,
    }
}

impl Posting for PutPurchase {
    const METHOD: &'static str = "kassa.v1.Purchases/PutPurchase";
    type Reply = pb::PutPurchaseResponse;

    fn read_set(&self, _: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self::read_set(caller, read_set);
        if let Some(id) = self.purchase_id {
            read_set.row::<purchase::Model>(id);
        }
        for line in &self.lines {
            line.product.read_set(read_set);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let before = self.before(books, context)?;
        let (lines, cost_total) = self.bought(books, context)?;
        // What was bought is money of the shop's currency, as what was sold is.
        if !shop(books, context.caller)?.has_orders {
            books.update::<business::Model, _>(&context.caller.business_id, |business| {
                business.has_orders = true;
                Ok(())
            })?;
        }
        let row = purchase::Model {
            supplier_key: self.supplier.to_lowercase(),
            supplier: self.supplier.clone(),
            document_number: self.document_number.clone(),
            document_date: self.document_date,
            note: self.note.clone(),
            line_count: i32::try_from(lines.len()).unwrap_or(i32::MAX),
            lines: purchase_lines(lines),
            cost_total,
            ..before
        };
        let entry = |purchase| Entry::PurchasePut(pb::PurchasePutEntry { purchase: Some(purchase) });
        let purchase = write(books, context, row, entry)?;
        Ok(Decision::Done(pb::PutPurchaseResponse { purchase: Some(purchase) }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::PutPurchaseResponse { purchase: Some(again(books, document.id)?) })
    }
}
