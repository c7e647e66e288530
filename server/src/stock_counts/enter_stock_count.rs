//! Entering what was counted: all lines or none, each with what the books had at that moment.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, journal_record::Entry},
};
use uuid::Uuid;

use super::{
    again, change,
    convert::{count_to_pb, line_to_pb},
    history::{self, Balance},
    open,
};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    catalog::named_product::NamedProduct,
    clock::to_micros,
    error::Error,
    input, stock_ledger,
    store::entity::{product, stock, stock_count, stock_count_line},
};

/// Lines of a call.
const MOST_ENTERED: usize = 500;
/// Lines of a count: its finish is one commit. A larger shop is counted in parts.
const MOST_LINES: i32 = 2_000;

/// Counted goods to be entered.
#[derive(Debug)]
pub struct EnterStockCount {
    count_id: Uuid,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    product: NamedProduct,
    counted: Quantity,
    moment: Moment,
}

/// When goods were counted.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Now,
    /// Some time ago, with what the books had then, as far as it was read before the posting.
    At {
        time: i64,
        read: Balance,
    },
}

fn path(number: usize, field: &str) -> String {
    format!("lines[{number}].{field}")
}

impl EnterStockCount {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW` with the field's path.
    pub fn parse(request: pb::EnterStockCountRequest) -> Result<Self, Error> {
        if request.lines.is_empty() {
            return Err(Error::invalid("lines", "has no line"));
        }
        input::at_most(&request.lines, MOST_ENTERED, "lines")?;
        let lines = request.lines.iter().enumerate().map(|(number, line)| Line::parse(number, line));
        Ok(Self {
            count_id: input::required_id(&request.count_id, || "count_id".to_owned())?,
            lines: lines.collect::<Result<_, _>>()?,
        })
    }

    /// The products that were counted some time ago, and when; line by line.
    pub fn past(&self) -> Vec<Option<(&NamedProduct, i64)>> {
        let past = self.lines.iter().map(|line| match line.moment {
            Moment::Now => None,
            Moment::At { time, .. } => Some((&line.product, time)),
        });
        past.collect()
    }

    /// Takes what was read for [`EnterStockCount::past`].
    #[must_use]
    pub fn with_past(mut self, balances: Vec<Balance>) -> Self {
        for (line, balance) in self.lines.iter_mut().zip(balances) {
            if let Moment::At { read, .. } = &mut line.moment {
                *read = balance;
            }
        }
        self
    }
}

impl Line {
    fn parse(number: usize, line: &pb::EnterStockCountLine) -> Result<Self, Error> {
        let path = |field: &'static str| move || path(number, field);
        let counted = input::quantity_from_zero(line.counted.as_ref(), path("counted"))?;
        let time = input::time(line.count_time.as_ref(), &path("count_time")())?;
        let moment = time.map_or(Moment::Now, |time| Moment::At { time, read: Balance::default() });
        let product = NamedProduct::parse(&line.product_id, path("product_id"))?;
        Ok(Self { product, counted, moment })
    }

    /// When it was counted, and what the books had then.
    fn expected(
        &self,
        number: usize,
        books: &WorkingSet,
        context: &Context,
        count: &stock_count::Model,
        product: &product::Model,
    ) -> Result<(i64, Balance), Stop> {
        let (place, now) = ((count.branch_id, product.id), to_micros(context.now));
        match self.moment {
            Moment::Now => {
                let stock = books.get::<stock::Model>(&place)?;
                // A clock that went back since puts nothing before the count.
                Ok((now.max(count.start_time), stock.map(Balance::from).unwrap_or_default()))
            }
            Moment::At { time, .. } if time < count.start_time => {
                Err(Error::invalid(path(number, "count_time"), "is before the count was started").into())
            }
            Moment::At { time, .. } if time > now => {
                Err(Error::invalid(path(number, "count_time"), "is in the future").into())
            }
            Moment::At { time, read } => Ok((time, history::balance_at(books, place, read, time)?)),
        }
    }

    /// The line as its row, once the product was found.
    fn row(
        &self,
        number: usize,
        books: &WorkingSet,
        context: &Context,
        count: &stock_count::Model,
        product: &product::Model,
    ) -> Result<stock_count_line::Model, Stop> {
        let (count_time, balance) = self.expected(number, books, context, count, product)?;
        let counted = self.counted.thousandths();
        if counted.checked_sub(balance.quantity).is_none() {
            return Err(Error::overflow(path(number, "counted")).into());
        }
        Ok(stock_count_line::Model {
            count_id: count.id,
            product_id: product.id,
            counted,
            expected: balance.quantity,
            stock_sequence: balance.sequence,
            user_id: context.caller.user_id,
            count_time,
        })
    }
}

impl Posting for EnterStockCount {
    const METHOD: &'static str = "kassa.v1.Stock/EnterStockCount";
    type Reply = pb::EnterStockCountResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        super::read_set(self.count_id, caller, read_set);
        for line in &self.lines {
            line.product.read_set(read_set);
            let Some(product_id) = line.product.known_id(known) else { continue };
            read_set.row::<stock_count_line::Model>((self.count_id, product_id));
            match line.moment {
                Moment::Now => stock_ledger::read_set(caller.branch_id, product_id, read_set),
                Moment::At { time, read } => {
                    history::read_set((caller.branch_id, product_id), read, time, known, read_set);
                }
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let before = open(books, context.caller, self.count_id)?.clone();
        let (mut lines, mut line_count) = (Vec::with_capacity(self.lines.len()), before.line_count);
        let mut seen = BTreeSet::new();
        for (number, line) in self.lines.iter().enumerate() {
            let product = line.product.product(books, || path(number, "product_id"))?;
            if !seen.insert(product.id) {
                let words = "stands twice in this call: enter all there is of it at once";
                return Err(Error::invalid(path(number, "product_id"), words).into());
            }
            let row = line.row(number, books, context, &before, product)?;
            lines.push(line_to_pb(&row, product));
            if books.get::<stock_count_line::Model>(&(before.id, row.product_id))?.is_none() {
                line_count = line_count.saturating_add(1);
            }
            books.put(row)?;
        }
        if line_count > MOST_LINES {
            let words = format!("a count holds {MOST_LINES} products: finish it, and start another");
            return Err(Error::invalid("lines", words).into());
        }
        let after = change(books, before.id, |count| count.line_count = line_count)?;
        let count = count_to_pb(&after);
        let entered = pb::StockCount { lines, ..count.clone() };
        let entry = Entry::StockCountEntered(pb::StockCountEnteredEntry { count: Some(entered) });
        journal::append(books, context, context.caller.register_id, entry)?;
        let reply = pb::EnterStockCountResponse { count: Some(count) };
        Ok(Decision::Done(reply))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        Ok(pb::EnterStockCountResponse { count: Some(count_to_pb(again(document, books)?)) })
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{StockCause, StockPolicy};

    use super::*;
    use crate::{
        books::testing::{NOON, TestShop},
        encoding::time::stored_timestamp,
        stock_counts::start_stock_count::StartStockCount,
        store::entity::stock_change,
    };

    /// A shop that is being counted, with five pieces of milk.
    fn counting() -> (TestShop, String, Uuid) {
        let mut shop = TestShop::founded();
        let milk = shop.put_product("milk", 1_50, StockPolicy::Block, 5);
        let start = StartStockCount::parse(pb::StartStockCountRequest::default()).unwrap();
        let count_id = shop.decide(&start).unwrap().count.unwrap().count_id;
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        (shop, count_id, milk)
    }

    fn entry(count_id: &str, quantity: &str, time: Option<i64>) -> EnterStockCount {
        let line = pb::EnterStockCountLine {
            product_id: "milk".to_owned(),
            counted: Some(pb::Decimal { value: quantity.to_owned() }),
            count_time: time.map(stored_timestamp),
        };
        let (count_id, lines) = (count_id.to_owned(), vec![line]);
        EnterStockCount::parse(pb::EnterStockCountRequest { count_id, lines }).unwrap()
    }

    #[test]
    fn an_entry_names_all_it_needs_and_a_finish_does() {
        let (mut shop, count_id, milk) = counting();
        let entered = shop.decide(&entry(&count_id, "3", None)).unwrap().count.unwrap();
        assert_eq!((shop.stops, entered.version, entered.line_count), (0, 2, 1));
        let line: &stock_count_line::Model = shop.row(&(count_id.parse().unwrap(), milk));
        assert_eq!((line.counted, line.expected, line.stock_sequence), (3_000, 5_000, 1));
        let finish = pb::FinishStockCountRequest { count_id, expected_version: 2 };
        let finish = super::super::finish_stock_count::FinishStockCount::parse(finish).unwrap();
        let finished = shop.decide(&finish).unwrap().count.unwrap();
        assert_eq!((shop.stops, finished.changed_count), (0, 1));
        assert_eq!(shop.row::<stock::Model>(&(shop.caller.branch_id, milk)).quantity, 3_000);
    }

    #[test]
    fn what_was_stored_after_the_past_was_read_is_met_all_the_same() {
        let (mut shop, count_id, milk) = counting();
        let branch_id = shop.caller.branch_id;
        for (sequence, balance, later) in [(1, 5_000, -2), (2, 4_000, -1), (3, 3_000, 0), (4, 2_000, 1)] {
            let opening = stock_change::Model::opening((branch_id, milk), 5_000, NOON + later);
            let (cause, quantity) = (StockCause::Sale.into(), -1_000);
            shop.put(stock_change::Model { sequence, balance, cause, quantity, ..opening });
        }
        let read = Balance { sequence: 1, quantity: 5_000 };
        let of_the_past = entry(&count_id, "3", Some(NOON)).with_past(vec![read]);
        shop.decide(&of_the_past).unwrap();
        assert_eq!(shop.stops, 0);
        let line: &stock_count_line::Model = shop.row(&(count_id.parse().unwrap(), milk));
        assert_eq!((line.expected, line.stock_sequence), (3_000, 3), "the fourth came later");
    }
}
