//! Sending goods to another branch: they leave the shelf now, and are in transit until they are received.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::Quantity,
    money::Currency,
    v1::{
        self as pb, ErrorReason as Reason, JournalKind, StockCause, StockTransferState, journal_record::Entry,
    },
};
use uuid::Uuid;

use super::{
    convert::{as_sent, whole},
    named_transfer::NamedTransfer,
};
use crate::{
    access::scope::Named,
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    catalog::named_product::NamedProduct,
    clock::to_micros,
    encoding::{lines::transfer_content, time::business_date},
    error::Error,
    input,
    numbers::BranchSeries,
    settings::{currency, shop, time_zone},
    stock_ledger::{self, Goods, StockLedger, cost},
    store::{
        engine::Scope,
        entity::{branch, business, stock_transfer},
    },
};

/// As many lines as an order.
pub const MOST_LINES: usize = 500;
const NOTE: usize = 1_000;
const TO: &str = "to_branch_id";

/// Goods to be sent.
#[derive(Debug)]
pub struct SendStock {
    transfer_id: Option<Uuid>,
    to: Named,
    lines: Vec<Line>,
    note: String,
}

#[derive(Debug)]
struct Line {
    id: Option<Uuid>,
    product: NamedProduct,
    quantity: Quantity,
}

fn path(number: usize, field: &str) -> String {
    format!("lines[{number}].{field}")
}

impl SendStock {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::SendStockRequest) -> Result<Self, Error> {
        if request.to_branch_id.is_empty() {
            return Err(Error::invalid(TO, "is required"));
        }
        if request.lines.is_empty() {
            return Err(Error::invalid("lines", "has no line"));
        }
        input::at_most(&request.lines, MOST_LINES, "lines")?;
        let lines = request.lines.iter().enumerate().map(|(number, line)| Line::parse(number, line));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        let mut seen = BTreeSet::new();
        for (number, line) in lines.iter().enumerate() {
            if line.id.is_some_and(|id| !seen.insert(id)) {
                return Err(Error::invalid(path(number, "line_id"), "stands twice in this call"));
            }
        }
        Ok(Self {
            transfer_id: input::id(&request.transfer_id, || "transfer_id".to_owned())?,
            to: Named::parse(&request.to_branch_id),
            lines,
            note: input::free_lines(request.note, NOTE, || "note".to_owned())?,
        })
    }

    fn destination<'a>(&self, books: &'a WorkingSet, caller: &Caller) -> Result<&'a branch::Model, Stop> {
        let to = self.to.any_branch(TO, books, caller)?;
        if to.id == caller.branch_id {
            return Err(Error::invalid(TO, "is the branch that the goods come from").into());
        }
        Ok(to)
    }

    fn free_id(&self, books: &WorkingSet, context: &Context) -> Result<Uuid, Stop> {
        let Some(id) = self.transfer_id else { return Ok(context.new_id()) };
        if books.get::<stock_transfer::Model>(&id)?.is_none() {
            return Ok(id);
        }
        let message = format!("the transfer of goods {id} is in the books already");
        Err(Error::of_field(Reason::StockTransferExists, "transfer_id", message).into())
    }

    /// Takes every line off the shelf, and notes what it had cost.
    fn take(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        ledger: &mut StockLedger,
        currency: Currency,
    ) -> Result<Vec<pb::StockTransferLine>, Stop> {
        let mut lines = Vec::with_capacity(self.lines.len());
        for (number, Line { id, product, quantity }) in self.lines.iter().enumerate() {
            let product = product.product(books, || path(number, "product_id"))?.clone();
            let cause = StockCause::TransferOut;
            let goods = Goods { product_id: product.id, cause, quantity: *quantity, reason: "" };
            let stock = ledger.take(books, context, (&product, &goods), || path(number, "quantity"))?;
            let cost = stock.average_cost.map(|average| cost::worth(average, *quantity));
            lines.push(pb::StockTransferLine {
                line_id: id.unwrap_or_else(|| context.new_id()).to_string(),
                product_id: product.id.to_string(),
                sku: product.sku,
                name: product.name,
                unit: product.unit,
                quantity: Some((*quantity).into()),
                cost: cost.map(|cost| pb::Money::new(currency, cost)),
                ..pb::StockTransferLine::default()
            });
        }
        Ok(lines)
    }
}

impl Line {
    fn parse(number: usize, line: &pb::SendStockLine) -> Result<Self, Error> {
        let quantity = input::quantity(line.quantity.as_ref(), || path(number, "quantity"))?;
        if quantity.thousandths() <= 0 {
            return Err(Error::invalid(path(number, "quantity"), "must be more than zero"));
        }
        Ok(Self {
            id: input::id(&line.line_id, || path(number, "line_id"))?,
            product: NamedProduct::parse(&line.product_id, || path(number, "product_id"))?,
            quantity,
        })
    }
}

impl Posting for SendStock {
    const METHOD: &'static str = "kassa.v1.Stock/SendStock";
    type Reply = pb::SendStockResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        journal::read_set(read_set, caller.register_id, JournalKind::Stock);
        read_set.row::<business::Model>(caller.business_id);
        BranchSeries::Transfers.read_set(caller.branch_id, read_set);
        self.to.branch_read_set(caller, read_set);
        if let Some(id) = self.transfer_id {
            read_set.row::<stock_transfer::Model>(id);
        }
        for line in &self.lines {
            line.product.read_set(read_set);
            if let Some(product_id) = line.product.known_id(known) {
                stock_ledger::read_set(caller.branch_id, product_id, read_set);
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let to_branch_id = self.destination(books, caller)?.id;
        let business = shop(books, caller)?;
        let date = business_date(context.now, time_zone(business)?);
        let currency = currency(business)?;
        let missing = || Error::internal("a terminal's branch is gone");
        let from = books.require::<branch::Model>(&caller.branch_id, missing)?.clone();
        let id = self.free_id(books, context)?;

        let mut ledger = StockLedger::of(caller.register_id, from.id, Some(id));
        let lines = self.take(books, context, &mut ledger, currency)?;
        let row = stock_transfer::Model {
            id,
            number: BranchSeries::Transfers.next(books, &from, date)?,
            from_branch_id: from.id,
            to_branch_id,
            state: StockTransferState::Sent.into(),
            business_date: date,
            content: transfer_content(lines),
            note: self.note.clone(),
            reason: String::new(),
            sender_user_id: caller.user_id,
            receiver_user_id: None,
            send_time: to_micros(context.now),
            receive_time: None,
        };
        let transfer = Some(whole(books, &row)?);
        books.insert(row)?;
        let entry = pb::StockSentEntry { transfer: transfer.clone(), stock: ledger.effects() };
        journal::append(books, context, caller.register_id, Entry::StockSent(entry))?;
        Ok(Decision::Done(pb::SendStockResponse { transfer }))
    }

    /// As it was sent, whatever became of it.
    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let not_found = || NamedTransfer::Id(document.id).not_found();
        let row = as_sent(books.require::<stock_transfer::Model>(&document.id, not_found)?)?;
        Ok(pb::SendStockResponse { transfer: Some(whole(books, &row)?) })
    }
}
