//! Giving a receipt out on paper: the original once, then numbered copies. The posting counts the papers;
//! what stands on one is rendered for its answer, see [`super::queries::paper`].

use kassa_proto::v1::{self as pb, ErrorReason as Reason, JournalKind, journal_record::Entry};

use super::queries::{self, OrderName};
use crate::{
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    counters,
    encoding::counter::{Counter, Figures},
    error::Error,
    settings::{currency, shop},
    shifts::selling,
    store::entity::{
        business,
        order::{self, OrderIndex},
        receipt_print,
        shift::{self, ShiftIndex},
    },
};

const NUMBER: usize = 64;

/// A receipt to be given out.
#[derive(Debug)]
pub struct PrintReceipt {
    order: OrderName,
}

impl PrintReceipt {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD` with the field's path.
    pub fn parse(request: pb::PrintReceiptRequest) -> Result<Self, Error> {
        queries::width(request.width)?;
        let number = crate::input::sought(request.receipt_number, NUMBER, || "receipt_number".to_owned())?;
        Ok(Self { order: OrderName::parse(&request.order_id, number)? })
    }

    /// The order, if it is loaded: for naming further needs.
    fn known<'a>(&self, known: &'a WorkingSet) -> Option<&'a order::Model> {
        match &self.order {
            OrderName::Id(id) => known.known(id),
            OrderName::Number(number) => {
                known.known_all(&OrderIndex::Number(number.clone())).into_iter().next()
            }
        }
    }

    /// The order, if it is of the caller's branch.
    fn find<'a>(&self, books: &'a WorkingSet, caller: &Caller) -> Result<&'a order::Model, Stop> {
        let (found, text) = match &self.order {
            OrderName::Id(id) => (books.get::<order::Model>(id)?, id.to_string()),
            OrderName::Number(number) => {
                (books.find_one::<order::Model>(&OrderIndex::Number(number.clone()))?, number.clone())
            }
        };
        let own = found.filter(|order| order.branch_id == caller.branch_id);
        own.ok_or_else(|| Error::new(Reason::OrderNotFound, format!("there is no order {text}")).into())
    }
}

impl Posting for PrintReceipt {
    const METHOD: &'static str = "kassa.v1.Orders/PrintReceipt";
    type Reply = pb::PrintReceiptResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        journal::read_set(read_set, caller.register_id, JournalKind::Copies);
        selling::read_set(known, caller.register_id, None, read_set);
        match &self.order {
            OrderName::Id(id) => read_set.row::<order::Model>(*id),
            OrderName::Number(number) => read_set.all::<order::Model>(OrderIndex::Number(number.clone())),
        }
        if let Some(order) = self.known(known) {
            read_set.row::<receipt_print::Model>(order.id);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let order = self.find(books, caller)?.clone();
        let copy_number = give_out(books, order.id)?;
        let currency = currency(shop(books, caller)?)?;
        let entry = Entry::ReceiptPrinted(pb::ReceiptPrintedEntry {
            order_id: order.id.to_string(),
            receipt_number: order.receipt_number.clone(),
            copy_number,
            total: Some(pb::Money::new(currency, order.total)),
            shift_id: count(books, caller, copy_number, order.total)?,
        });
        journal::append(books, context, caller.register_id, entry)?;
        let text = String::new();
        let reply = pb::PrintReceiptResponse { text, order_id: order.id.to_string(), copy_number };
        Ok(Decision::Done(reply))
    }
}

/// One more paper of the order: zero for the first, then the copy's number.
fn give_out(books: &mut WorkingSet, order_id: uuid::Uuid) -> Result<i64, Stop> {
    if books.get::<receipt_print::Model>(&order_id)?.is_none() {
        books.insert(receipt_print::Model { order_id, print_count: 1 })?;
        return Ok(0);
    }
    books.update::<receipt_print::Model, _>(&order_id, |row| {
        let copy_number = row.print_count;
        row.print_count = row.print_count.saturating_add(1);
        Ok(copy_number)
    })
}

/// Counts a copy in the shift that is open where it is printed, and names that shift.
fn count(books: &mut WorkingSet, caller: &Caller, copy_number: i64, total: i64) -> Result<String, Stop> {
    let open = books.find_one::<shift::Model>(&ShiftIndex::OpenOn(caller.register_id))?;
    let Some(id) = open.map(|shift| shift.id).filter(|_| copy_number > 0) else {
        return Ok(String::new());
    };
    counters::count(books, id, &Counter::Copies, Figures { count: 1, amount: total, tax: 0 })?;
    Ok(id.to_string())
}
