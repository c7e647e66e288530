//! Finishing a count: the stock of each product that was entered changes by its difference.

use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, StockCause, StockCountState, journal_record::Entry},
};
use uuid::Uuid;

use super::{
    again,
    convert::{count_to_pb, line_to_pb},
    end, open,
};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    error::Error,
    input,
    stock_ledger::{self, Goods, StockLedger},
    store::entity::{
        product,
        stock_count_line::{self, StockCountLineIndex},
    },
};

/// A count to be finished.
#[derive(Debug)]
pub struct FinishStockCount {
    count_id: Uuid,
    expected_version: i64,
}

impl FinishStockCount {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD` with the field's path.
    pub fn parse(request: pb::FinishStockCountRequest) -> Result<Self, Error> {
        if request.expected_version < 1 {
            let words = "is required: the version of the count that was looked at";
            return Err(Error::invalid("expected_version", words));
        }
        Ok(Self {
            count_id: input::required_id(&request.count_id, || "count_id".to_owned())?,
            expected_version: request.expected_version,
        })
    }

    fn lines(&self, books: &WorkingSet) -> Result<Vec<stock_count_line::Model>, Stop> {
        Ok(books.find(&StockCountLineIndex::Count(self.count_id))?.into_iter().cloned().collect())
    }
}

impl Posting for FinishStockCount {
    const METHOD: &'static str = "kassa.v1.Stock/FinishStockCount";
    type Reply = pb::FinishStockCountResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        super::read_set(self.count_id, caller, read_set);
        let of_count = StockCountLineIndex::Count(self.count_id);
        for line in known.known_all::<stock_count_line::Model>(&of_count) {
            read_set.row::<product::Model>(line.product_id);
            stock_ledger::read_set(caller.branch_id, line.product_id, read_set);
        }
        read_set.all::<stock_count_line::Model>(of_count);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let count = open(books, caller, self.count_id)?;
        if count.version != self.expected_version {
            let (given, current) = (self.expected_version, count.version);
            return Err(Error::version_mismatch("expected_version", "the count is", given, current).into());
        }
        let mut ledger = StockLedger::of(caller.register_id, caller.branch_id, Some(self.count_id));
        let mut lines = Vec::new();
        for line in self.lines(books)? {
            let missing = || Error::internal(format_args!("the product {} was counted", line.product_id));
            let product = books.require::<product::Model>(&line.product_id, missing)?.clone();
            lines.push(line_to_pb(&line, &product));
            if line.difference() == 0 {
                continue;
            }
            let goods = Goods {
                product_id: line.product_id,
                cause: StockCause::Count,
                quantity: Quantity::from_thousandths(line.difference()),
                reason: "",
            };
            ledger.correct(books, context, (&product, &goods), || "count_id".to_owned())?;
        }
        let stock = ledger.effects();
        let after = end(books, context, self.count_id, StockCountState::Finished, |count| {
            count.changed_count = i32::try_from(stock.len()).unwrap_or(i32::MAX);
        })?;
        let count = count_to_pb(&after);
        let finished = pb::StockCount { lines, ..count.clone() };
        let entry = pb::StockCountFinishedEntry { count: Some(finished), stock };
        let entry = Entry::StockCountFinished(entry);
        journal::append(books, context, caller.register_id, entry)?;
        let reply = pb::FinishStockCountResponse { count: Some(count) };
        Ok(Decision::Done(reply))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::FinishStockCountResponse { count: Some(count_to_pb(again(document, books)?)) })
    }
}
