//! Receiving goods that another branch sent, or taking them back: once, and as they were counted.

use std::collections::BTreeMap;

use kassa_proto::{
    decimal::Quantity,
    v1::{
        self as pb, DocumentKind, ErrorReason as Reason, JournalKind, StockCause, StockTransferState,
        journal_record::Entry,
    },
};
use uuid::Uuid;

use super::{
    convert::{self, content, lines, whole},
    named_transfer::NamedTransfer,
    send_stock::MOST_LINES,
};
use crate::{
    books::{Caller, Context, Decision, Document, Needs, Posting, Stop, WorkingSet, journal},
    clock::to_micros,
    error::Error,
    input,
    stock::{
        cost,
        shelf::{self, Goods, Shelf},
    },
    store::entity::stock_transfer,
};

const REASON: usize = 200;

/// Goods to be received.
#[derive(Debug)]
pub struct ReceiveStock {
    transfer: NamedTransfer,
    /// What was counted, by the lines' ids.
    counted: BTreeMap<Uuid, Counted>,
    reason: String,
}

/// What arrived of a line.
#[derive(Debug)]
struct Counted {
    /// Its place in the request.
    number: usize,
    received: Quantity,
    damaged: Quantity,
    reason: String,
}

fn path(number: usize, field: &str) -> String {
    format!("lines[{number}].{field}")
}

impl ReceiveStock {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::ReceiveStockRequest) -> Result<Self, Error> {
        input::at_most(&request.lines, MOST_LINES, "lines")?;
        let mut counted = BTreeMap::new();
        for (number, line) in request.lines.into_iter().enumerate() {
            let id = input::required_id(&line.line_id, || path(number, "line_id"))?;
            if counted.insert(id, Counted::parse(number, line)?).is_some() {
                return Err(Error::invalid(path(number, "line_id"), "stands twice in this call"));
            }
        }
        Ok(Self {
            transfer: NamedTransfer::parse(&request.transfer_id)?,
            counted,
            reason: input::free_text(request.reason, REASON, || "reason".to_owned())?,
        })
    }

    /// Writes down what arrived of a line, and says how much goes on the shelf.
    fn count(&self, line: &mut pb::StockTransferLine, counted: Option<&Counted>) -> Result<Quantity, Error> {
        let sent = sent_quantity(line)?;
        let Some(counted) = counted else {
            arrive(line, sent, Quantity::default(), Quantity::default());
            return Ok(sent);
        };
        let [received, damaged] = [counted.received, counted.damaged].map(Quantity::thousandths);
        let arrived = received.checked_add(damaged);
        let arrived = arrived.ok_or_else(|| Error::overflow(path(counted.number, "damaged_quantity")))?;
        let more = Quantity::from_thousandths(arrived.saturating_sub(sent.thousandths()));
        arrive(line, counted.received, counted.damaged, more);
        line.reason.clone_from(&counted.reason);
        let differs = damaged > 0 || more != Quantity::default();
        if differs && line.reason.trim().is_empty() {
            line.reason.clone_from(&self.reason);
        }
        if differs && line.reason.trim().is_empty() {
            let words = format!("is required: {sent} {} were sent", line.unit);
            return Err(Error::invalid(path(counted.number, "reason"), words));
        }
        Ok(counted.received)
    }

    /// Counts every line, and puts what is good on the shelf at its share of the cost.
    fn put(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        (shelf, cause): (&mut Shelf, StockCause),
        lines: &mut [pb::StockTransferLine],
    ) -> Result<(), Stop> {
        let mut counted = self.counted.iter().collect::<BTreeMap<_, _>>();
        for line in lines {
            let counted = counted.remove(&stored_id(&line.line_id)?);
            let quantity = self.count(line, counted)?;
            if quantity == Quantity::default() {
                continue;
            }
            let product_id = stored_id(&line.product_id)?;
            let goods = Goods { product_id, cause, quantity, reason: &line.reason };
            let sent = sent_quantity(line)?;
            let cost = line.cost.as_ref().map(|cost| cost::share(cost.amount_minor, quantity, sent));
            shelf.put(books, context, &goods, cost, || {
                counted.map_or("lines".to_owned(), |it| path(it.number, "received_quantity"))
            })?;
        }
        match counted.into_values().next() {
            None => Ok(()),
            Some(other) => {
                Err(Error::invalid(path(other.number, "line_id"), "is no line of this transfer").into())
            }
        }
    }
}

impl Counted {
    fn parse(number: usize, line: pb::ReceiveStockLine) -> Result<Self, Error> {
        let at_least_zero = |quantity: Option<&pb::Decimal>, field: &str| {
            let quantity = input::quantity(quantity, || path(number, field))?;
            let is_negative = quantity.thousandths() < 0;
            if is_negative {
                Err(Error::invalid(path(number, field), "must not be negative"))
            } else {
                Ok(quantity)
            }
        };
        let damaged = line.damaged_quantity.as_ref();
        let damaged = damaged.map(|damaged| at_least_zero(Some(damaged), "damaged_quantity"));
        Ok(Self {
            number,
            received: at_least_zero(line.received_quantity.as_ref(), "received_quantity")?,
            damaged: damaged.transpose()?.unwrap_or_default(),
            reason: input::free_text(line.reason, REASON, || path(number, "reason"))?,
        })
    }
}

/// Writes down what arrived of a line: so much more than was sent, or less where it is below zero.
fn arrive(line: &mut pb::StockTransferLine, received: Quantity, damaged: Quantity, more: Quantity) {
    let more = more.thousandths();
    let part = |thousandths: i64| Some(Quantity::from_thousandths(thousandths.max(0)).into());
    line.received_quantity = Some(received.into());
    line.damaged_quantity = Some(damaged.into());
    line.short_quantity = part(more.saturating_neg());
    line.over_quantity = part(more);
}

fn sent_quantity(line: &pb::StockTransferLine) -> Result<Quantity, Error> {
    let missing = || Error::internal("a line of a transfer has no quantity");
    Quantity::try_from(line.quantity.as_ref().ok_or_else(missing)?).map_err(Error::internal)
}

fn stored_id(text: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(text).map_err(Error::internal)
}

/// How a transfer ends when its goods come to this branch, which sent it or gets it.
fn end(row: &stock_transfer::Model, branch_id: Uuid) -> Result<(StockTransferState, StockCause), Error> {
    let state = StockTransferState::try_from(row.state).unwrap_or_default();
    if state != StockTransferState::Sent {
        let how = if state == StockTransferState::TakenBack { "taken back" } else { "received" };
        let message = format!("{} was {how} already", row.number);
        let error = Error::of_field(Reason::StockTransferReceived, "transfer_id", message);
        return Err(error.with("state", state.as_str_name()).with("number", &row.number));
    }
    Ok(if row.to_branch_id == branch_id {
        (StockTransferState::Received, StockCause::TransferIn)
    } else {
        (StockTransferState::TakenBack, StockCause::TransferBack)
    })
}

impl Posting for ReceiveStock {
    const METHOD: &'static str = "kassa.v1.Catalog/ReceiveStock";
    type Reply = pb::ReceiveStockResponse;

    fn needs(&self, known: &WorkingSet, caller: &Caller, needs: &mut Needs) {
        journal::needs(needs, caller.register_id, JournalKind::Stock);
        self.transfer.needs(needs);
        let Some(row) = self.transfer.known(known) else { return };
        convert::needs(row, needs);
        // What can't be read or found, `decide` refuses.
        for line in lines(row).unwrap_or_default() {
            if let Ok(product_id) = stored_id(&line.product_id) {
                shelf::needs(caller.branch_id, product_id, needs);
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let mut row = self.transfer.transfer(books, caller.branch_id)?.clone();
        let (state, cause) = end(&row, caller.branch_id)?;
        let mut lines = lines(&row)?;
        let mut shelf = Shelf::of(caller.register_id, caller.branch_id, Some(row.id));
        self.put(books, context, (&mut shelf, cause), &mut lines)?;

        row.state = state.into();
        row.content = content(lines);
        row.reason.clone_from(&self.reason);
        row.receiver_user_id = Some(caller.user_id);
        row.receive_time = Some(to_micros(context.now));
        let (id, transfer) = (row.id, Some(whole(books, &row)?));
        books.put(row)?;
        let entry = pb::StockReceivedEntry { transfer: transfer.clone(), stock: shelf.effects() };
        let entry = Entry::StockReceived(entry);
        journal::append(books, context, caller.register_id, JournalKind::Stock, entry)?;
        Ok(Decision::Done {
            reply: pb::ReceiveStockResponse { transfer },
            made: Some(Document { kind: DocumentKind::StockTransfer, id }),
        })
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let not_found = || NamedTransfer::Id(document.id).not_found();
        let row = books.require::<stock_transfer::Model>(&document.id, not_found)?;
        Ok(pb::ReceiveStockResponse { transfer: Some(whole(books, row)?) })
    }
}
