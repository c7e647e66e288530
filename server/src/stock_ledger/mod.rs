//! The stock ledger: changes are only ever added, each with its cause, and the stock is their sum.

pub mod cost;

use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, ErrorReason as Reason, StockCause, StockPolicy, journal_record::Entry},
};
use uuid::Uuid;

use crate::{
    books::{Context, ReadSet, Stop, WorkingSet, journal},
    clock::to_micros,
    error::Error,
    store::entity::{product, stock, stock_change},
};

/// The ledger of a branch while a document moves goods on its shelf or off it.
pub struct StockLedger {
    register_id: Uuid,
    branch_id: Uuid,
    document_id: Option<Uuid>,
    effects: Vec<pb::StockEffect>,
}

/// Goods that are moved.
pub struct Goods<'a> {
    /// What.
    pub product_id: Uuid,
    /// Why.
    pub cause: StockCause,
    /// How much: more than zero, but for a correction, which has its sign.
    pub quantity: Quantity,
    /// The reason that somebody gave, where one is asked for.
    pub reason: &'a str,
}

/// Names what moving a product needs.
pub fn read_set(branch_id: Uuid, product_id: Uuid, read_set: &mut ReadSet) {
    read_set.row::<stock::Model>((branch_id, product_id));
}

impl StockLedger {
    /// The ledger of a branch. The register's journal tells when there is little left.
    pub fn of(register_id: Uuid, branch_id: Uuid, document_id: Option<Uuid>) -> Self {
        Self { register_id, branch_id, document_id, effects: Vec::new() }
    }

    /// Takes goods of a product off the shelf; `path` is where the request asks for them. What is missing
    /// is refused if the product's policy says so; otherwise the stock is below zero since. If it came
    /// down to its level, that is told.
    ///
    /// # Errors
    /// `INSUFFICIENT_STOCK`; `AMOUNT_OVERFLOW` beyond what a stock may be.
    pub fn take(
        &mut self,
        books: &mut WorkingSet,
        context: &Context,
        (product, goods): (&product::Model, &Goods),
        path: impl Fn() -> String,
    ) -> Result<stock::Model, Stop> {
        self.remove(books, context, (product, goods), None, path)
    }

    /// Takes goods off again that were put there at a cost: it leaves the average with them, as far as the
    /// average still holds it.
    ///
    /// # Errors
    /// As [`StockLedger::take`].
    pub fn take_at(
        &mut self,
        books: &mut WorkingSet,
        context: &Context,
        goods: (&product::Model, &Goods),
        cost: i64,
        path: impl Fn() -> String,
    ) -> Result<stock::Model, Stop> {
        self.remove(books, context, goods, Some(cost), path)
    }

    fn remove(
        &mut self,
        books: &mut WorkingSet,
        context: &Context,
        (product, goods): (&product::Model, &Goods),
        cost: Option<i64>,
        path: impl Fn() -> String,
    ) -> Result<stock::Model, Stop> {
        let before = self.there(books, goods.product_id)?;
        let left = before.quantity.checked_sub(goods.quantity.thousandths());
        let left = left.ok_or_else(|| Error::overflow(path()))?;
        let there = Quantity::from_thousandths(before.quantity);
        if left < 0 && product.stock_policy == i32::from(StockPolicy::Block) {
            return Err(insufficient(path(), product, there, goods.quantity).into());
        }
        let average = match (before.average_cost, cost) {
            (Some(average), Some(cost)) => Some(cost::average_without(average, there, goods.quantity, cost)),
            (average, _) => average,
        };
        self.bring(books, context, (product, goods), &before, (left, average))
    }

    /// Corrects the stock by a difference that somebody has counted: a fact, which no policy refuses. If it
    /// came down to its level, that is told.
    ///
    /// # Errors
    /// `AMOUNT_OVERFLOW` beyond what a stock may be.
    pub fn correct(
        &mut self,
        books: &mut WorkingSet,
        context: &Context,
        (product, goods): (&product::Model, &Goods),
        path: impl Fn() -> String,
    ) -> Result<stock::Model, Stop> {
        let before = self.there(books, goods.product_id)?;
        let since = before.quantity.checked_add(goods.quantity.thousandths());
        let since = since.ok_or_else(|| Error::overflow(path()))?;
        self.bring(books, context, (product, goods), &before, (since, before.average_cost))
    }

    /// Brings the stock to a balance and an average cost; tells if it came down to its level.
    fn bring(
        &mut self,
        books: &mut WorkingSet,
        context: &Context,
        (product, goods): (&product::Model, &Goods),
        before: &stock::Model,
        (balance, average): (i64, Option<i64>),
    ) -> Result<stock::Model, Stop> {
        let after = self.change(books, context, goods, balance, average)?;
        if let Some(low) = after.low_quantity.filter(|low| before.quantity > *low && balance <= *low) {
            self.tell(books, context, product, &after, low)?;
        }
        Ok(after)
    }

    /// Puts goods on the shelf. If their cost is known, in minor units for all of them, it moves the
    /// average.
    ///
    /// # Errors
    /// `AMOUNT_OVERFLOW` beyond what a stock may be.
    pub fn put(
        &mut self,
        books: &mut WorkingSet,
        context: &Context,
        goods: &Goods,
        cost: Option<i64>,
        path: impl Fn() -> String,
    ) -> Result<stock::Model, Stop> {
        let before = self.there(books, goods.product_id)?;
        let since = before.quantity.checked_add(goods.quantity.thousandths());
        let since = since.ok_or_else(|| Error::overflow(path()))?;
        let there = Quantity::from_thousandths(before.quantity);
        let average = match cost {
            Some(cost) => Some(cost::average(before.average_cost, there, goods.quantity, cost)),
            None => before.average_cost,
        };
        self.change(books, context, goods, since, average)
    }

    /// What was written, for the document's record.
    pub fn effects(self) -> Vec<pb::StockEffect> {
        self.effects
    }

    /// The product's stock; a product that never was at the branch has none.
    fn there(&self, books: &mut WorkingSet, product_id: Uuid) -> Result<stock::Model, Stop> {
        let key = (self.branch_id, product_id);
        if let Some(row) = books.get::<stock::Model>(&key)? {
            return Ok(row.clone());
        }
        let row = stock::Model::nothing(self.branch_id, product_id);
        books.insert(row.clone())?;
        Ok(row)
    }

    fn change(
        &mut self,
        books: &mut WorkingSet,
        context: &Context,
        goods: &Goods,
        balance: i64,
        average_cost: Option<i64>,
    ) -> Result<stock::Model, Stop> {
        let key = (self.branch_id, goods.product_id);
        let (quantity, after) = books.update::<stock::Model, _>(&key, |stock| {
            let quantity = balance.saturating_sub(stock.quantity);
            (stock.quantity, stock.average_cost) = (balance, average_cost);
            stock.change_count = stock.change_count.saturating_add(1);
            Ok((quantity, stock.clone()))
        })?;
        let row = stock_change::Model {
            branch_id: self.branch_id,
            product_id: goods.product_id,
            sequence: after.change_count,
            cause: goods.cause.into(),
            quantity,
            balance,
            average_cost,
            document_id: self.document_id,
            reason: goods.reason.to_owned(),
            create_time: to_micros(context.now),
        };
        self.effects.push(effect(&row));
        books.insert(row)?;
        Ok(after)
    }

    /// There is little left.
    fn tell(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        product: &product::Model,
        stock: &stock::Model,
        low: i64,
    ) -> Result<(), Stop> {
        let entry = pb::LowStockEntry {
            branch_id: self.branch_id.to_string(),
            product_id: product.id.to_string(),
            sequence: stock.change_count,
            quantity: Some(Quantity::from_thousandths(stock.quantity).into()),
            low_quantity: Some(Quantity::from_thousandths(low).into()),
            sku: product.sku.clone(),
        };
        journal::append(books, context, self.register_id, Entry::LowStock(entry))
    }
}

/// What is on the shelf when a product is created: its first change, if there is anything.
///
/// # Errors
/// INTERNAL if the product has a stock already.
pub fn open(
    books: &mut WorkingSet,
    context: &Context,
    (branch_id, product_id): (Uuid, Uuid),
    quantity: Quantity,
) -> Result<(), Stop> {
    let quantity = quantity.thousandths();
    let change_count = i64::from(quantity != 0);
    let nothing = stock::Model::nothing(branch_id, product_id);
    books.insert(stock::Model { quantity, change_count, ..nothing })?;
    if quantity == 0 {
        return Ok(());
    }
    books.insert(stock_change::Model::opening((branch_id, product_id), quantity, to_micros(context.now)))
}

fn effect(row: &stock_change::Model) -> pb::StockEffect {
    pb::StockEffect {
        product_id: row.product_id.to_string(),
        sequence: row.sequence,
        cause: row.cause,
        quantity: Some(Quantity::from_thousandths(row.quantity).into()),
        balance: Some(Quantity::from_thousandths(row.balance).into()),
        average_cost_minor: row.average_cost.map(|cost| Quantity::from_thousandths(cost).into()),
        reason: row.reason.clone(),
    }
}

fn insufficient(path: String, product: &product::Model, left: Quantity, asked: Quantity) -> Error {
    let message = format!("{}: {left} {} left, {asked} asked for", product.name, product.unit);
    Error::new(Reason::InsufficientStock, message)
        .field(path, format!("{left} left"))
        .with("product_id", product.id)
        .with("product", &product.name)
        .with("available", left)
        .with("requested", asked)
}
