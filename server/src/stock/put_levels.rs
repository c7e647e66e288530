//! Saying from which quantity down products are low: all of a call, or none.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, JournalKind, journal_record::Entry},
};

use crate::{
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    catalog::named_product::NamedProduct,
    error::Error,
    input, stock_ledger,
    store::entity::stock,
};

const MOST_LEVELS: usize = 1_000;

/// Levels to be written.
#[derive(Debug)]
pub struct PutStockLevels {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    product: NamedProduct,
    low: Option<Quantity>,
}

fn path(number: usize) -> String {
    format!("levels[{number}].product_id")
}

impl PutStockLevels {
    /// Checks the levels.
    ///
    /// # Errors
    /// `INVALID_FIELD` with the field's path.
    pub fn parse(request: pb::PutStockLevelsRequest) -> Result<Self, Error> {
        if request.levels.is_empty() {
            return Err(Error::invalid("levels", "has no level"));
        }
        input::at_most(&request.levels, MOST_LEVELS, "levels")?;
        let levels = request.levels.iter().enumerate();
        let levels = levels.map(|(number, level)| {
            let product = NamedProduct::parse(&level.product_id, || path(number))?;
            let path = || format!("levels[{number}].low_quantity");
            let low = level.low_quantity.as_ref().map(|low| input::quantity_from_zero(Some(low), path));
            Ok(Level { product, low: low.transpose()? })
        });
        Ok(Self { levels: levels.collect::<Result<_, Error>>()? })
    }
}

impl Posting for PutStockLevels {
    const METHOD: &'static str = "kassa.v1.Stock/PutStockLevels";
    type Reply = pb::PutStockLevelsResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        journal::read_set(read_set, caller.register_id, JournalKind::Stock);
        for level in &self.levels {
            level.product.read_set(read_set);
            if let Some(product_id) = level.product.known_id(known) {
                stock_ledger::read_set(caller.branch_id, product_id, read_set);
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let branch_id = context.caller.branch_id;
        let mut entry = pb::StockLevelsPutEntry {
            branch_id: branch_id.to_string(),
            ..pb::StockLevelsPutEntry::default()
        };
        let mut seen = BTreeSet::new();
        for (number, level) in self.levels.iter().enumerate() {
            let product_id = level.product.product(books, || path(number))?.id;
            if !seen.insert(product_id) {
                return Err(Error::invalid(path(number), "stands twice in this call").into());
            }
            let there = books.get::<stock::Model>(&(branch_id, product_id))?.cloned();
            let mut stock = there.unwrap_or_else(|| stock::Model::nothing(branch_id, product_id));
            let low = level.low.map(Quantity::thousandths);
            if stock.low_quantity == low {
                continue;
            }
            stock.low_quantity = low;
            stock.low_version = stock.low_version.saturating_add(1);
            entry.levels.push(pb::StockLevelState {
                product_id: product_id.to_string(),
                low_quantity: level.low.map(Into::into),
                version: stock.low_version,
            });
            books.put(stock)?;
        }
        let changed_count = i32::try_from(entry.levels.len()).unwrap_or(i32::MAX);
        if changed_count > 0 {
            let entry = Entry::StockLevelsPut(entry);
            journal::append(books, context, context.caller.register_id, entry)?;
        }
        Ok(Decision::Done(pb::PutStockLevelsResponse { changed_count }))
    }
}
