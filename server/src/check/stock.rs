//! The stock ledgers: every change as it was recorded, and stocks that are their sums.

use std::collections::{BTreeMap, HashMap};

use kassa_proto::v1::{self as pb, StockCause};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Table, key_text, table_name},
    cost::{Moved, at_average},
    record::{self, Unreadable, id, quantity},
};
use crate::{
    encoding::order::OrderRows,
    store::{
        cell::Cell,
        entity::{stock, stock_change},
    },
};

/// A product at a branch.
type Place = (Uuid, Uuid);

/// The ledgers as the journal makes them.
#[derive(Default)]
pub struct StockLedgers {
    places: HashMap<Place, Known>,
    /// What was told of low stock: the change, what is left, the level.
    told: Vec<(Place, i64, i64, i64)>,
    table: Table<stock_change::Model>,
}

/// What is known of a product at a branch.
#[derive(Default)]
struct Known {
    /// When the product was created.
    opening: i64,
    /// What records from before the journal of the stock moved.
    brought_forward: i64,
    /// Changes that follow each other, by the place of the first.
    runs: BTreeMap<i64, Run>,
    /// The last change's place and average cost.
    last: (i64, Option<i64>),
    low_quantity: Option<i64>,
    low_version: i64,
}

/// Changes that follow each other.
struct Run {
    /// The first of them, whose average follows from the changes before it, once they are read.
    first: (Moved, Option<i64>),
    last: i64,
    before: i64,
    after: i64,
    average_after: Option<i64>,
}

/// Goods that a document moved, as its own lines say.
#[derive(Clone, Copy)]
pub struct Goods {
    /// What.
    pub product_id: Uuid,
    /// Why, by how much, and what they cost.
    pub moved: Moved,
}

/// What moved the goods of a record.
pub struct Moving {
    /// The document's branch.
    pub branch_id: Uuid,
    /// The document.
    pub document_id: Uuid,
    /// When.
    pub create_time: i64,
}

impl StockLedgers {
    /// What was there when a product was created.
    pub fn opened(&mut self, opening: &pb::OpeningStock) -> Result<(), Unreadable> {
        let branch_id = id(&opening.branch_id, "opening_stock.branch_id")?;
        let product_id = id(&opening.product_id, "opening_stock.product_id")?;
        let quantity = quantity(opening.quantity.as_ref(), "opening_stock.quantity")?;
        let known = self.places.entry((branch_id, product_id)).or_default();
        known.opening = known.opening.saturating_add(quantity);
        Ok(())
    }

    /// Goods left the shelf with a sale.
    pub fn sold(
        &mut self,
        line: &mut CheckLine,
        rows: &OrderRows,
        effects: &[pb::StockEffect],
    ) -> Result<Vec<stock_change::Model>, Unreadable> {
        let cause = StockCause::Sale.into();
        let goods = rows.lines.iter().map(|line| Goods {
            product_id: line.product_id,
            moved: Moved { cause, quantity: line.quantity.saturating_neg(), cost: None },
        });
        let changes = self.of_order(line, rows, goods.collect(), effects)?;
        for (number, sold) in rows.lines.iter().enumerate() {
            let average = changes.get(number).and_then(|change| change.average_cost);
            let right = average.map(|average| at_average(average, sold.quantity));
            if sold.cost != right {
                let row = format!("order {}, line {}", sold.order_id, sold.line_id);
                let what = format!("cost {:?}, which its stock's average makes {right:?}", sold.cost);
                line.fault("order_lines", row, what);
            }
        }
        Ok(changes)
    }

    /// Goods came back with a refund or a void, where they went on the shelf again.
    pub fn returned(
        &mut self,
        line: &mut CheckLine,
        rows: &OrderRows,
        effects: &[pb::StockEffect],
    ) -> Result<Vec<stock_change::Model>, Unreadable> {
        let is_void = rows.order.kind == i32::from(pb::OrderKind::Void);
        let cause = if is_void { StockCause::Void } else { StockCause::Refund };
        let goods = rows.lines.iter().filter(|line| line.restocked);
        let goods = goods.map(|line| Goods {
            product_id: line.product_id,
            moved: Moved { cause: cause.into(), quantity: line.quantity, cost: line.cost },
        });
        self.of_order(line, rows, goods.collect(), effects)
    }

    fn of_order(
        &mut self,
        line: &mut CheckLine,
        rows: &OrderRows,
        goods: Vec<Goods>,
        effects: &[pb::StockEffect],
    ) -> Result<Vec<stock_change::Model>, Unreadable> {
        let order = &rows.order;
        let (branch_id, document_id) = (order.branch_id, order.id);
        if effects.is_empty() {
            // From before there was a journal of the stock.
            for Goods { product_id, moved } in goods {
                let known = self.places.entry((branch_id, product_id)).or_default();
                known.brought_forward = known.brought_forward.saturating_add(moved.quantity);
            }
            return Ok(Vec::new());
        }
        let moving = Moving { branch_id, document_id, create_time: order.create_time };
        self.moved(line, &moving, &goods, effects)
    }

    /// Reads what a document did to the shelf of its branch: it moved its goods, and nothing else.
    pub fn moved(
        &mut self,
        line: &mut CheckLine,
        moving: &Moving,
        goods: &[Goods],
        effects: &[pb::StockEffect],
    ) -> Result<Vec<stock_change::Model>, Unreadable> {
        let changes = effects.iter().map(|effect| change(moving, effect));
        let changes = changes.collect::<Result<Vec<_>, _>>()?;
        prove_goods(line, moving, &changes, goods);
        for (number, change) in changes.iter().enumerate() {
            line.examine(1);
            let cost = goods.get(number).and_then(|goods| goods.moved.cost);
            self.add(line, change, cost);
        }
        Ok(changes)
    }

    fn add(&mut self, line: &mut CheckLine, change: &stock_change::Model, cost: Option<i64>) {
        let known = self.places.entry((change.branch_id, change.product_id)).or_default();
        if change.sequence > known.last.0 {
            known.last = (change.sequence, change.average_cost);
        }
        known.join(line, change, cost);
    }

    /// There was little left of a product.
    pub fn told(&mut self, entry: &pb::LowStockEntry) -> Result<(), Unreadable> {
        let place = (id(&entry.branch_id, "branch_id")?, id(&entry.product_id, "product_id")?);
        let left = quantity(entry.quantity.as_ref(), "quantity")?;
        let low = quantity(entry.low_quantity.as_ref(), "low_quantity")?;
        self.told.push((place, entry.sequence, left, low));
        Ok(())
    }

    /// Levels were written: of a product the highest version holds.
    pub fn levels_put(&mut self, entry: &pb::StockLevelsPutEntry) -> Result<(), Unreadable> {
        let branch_id = id(&entry.branch_id, "branch_id")?;
        for level in &entry.levels {
            let product_id = id(&level.product_id, "levels.product_id")?;
            let low = level.low_quantity.as_ref().map(|low| quantity(Some(low), "levels.low_quantity"));
            let known = self.places.entry((branch_id, product_id)).or_default();
            if level.version >= known.low_version {
                (known.low_quantity, known.low_version) = (low.transpose()?, level.version);
            }
        }
        Ok(())
    }

    /// Compares changes with their rows.
    pub fn compare(
        &mut self,
        database: &Inspection,
        line: &mut CheckLine,
        changes: Vec<stock_change::Model>,
    ) -> Result<(), Failure> {
        self.table.compare(database, line, changes)
    }

    /// Adds all changes up, and compares the sums with the stocks. `created` says when a product was.
    pub fn add_up(
        mut self,
        database: &Inspection,
        line: &mut CheckLine,
        created: impl Fn(Uuid) -> Option<i64>,
    ) -> Result<(), Failure> {
        let mut first = Vec::new();
        for (place, known) in &self.places {
            first.extend(known.first_changes(*place, created(place.1).unwrap_or_default()));
        }
        for change in &first {
            line.examine(1);
            self.add(line, change, None);
        }
        self.table.compare(database, line, first)?;
        self.prove_told(line);
        let last = |place: Place| self.places.get(&place).map(|known| known.last.0);
        let known = |key: &[Cell]| match key {
            [branch, product, sequence] => {
                let place = branch.id().zip(product.id()).and_then(last);
                place.zip(sequence.number()).is_some_and(|(last, sequence)| (1..=last).contains(&sequence))
            }
            _ => false,
        };
        self.table.others(database, line, known)?;
        let mut stocks = Vec::with_capacity(self.places.len());
        for (place, known) in self.places {
            stocks.push(known.stock(line, place));
        }
        line.examine(stocks.len());
        Table::compare_all(database, line, stocks)
    }

    /// What was told is what the change left, and it came down to the level by it.
    fn prove_told(&self, line: &mut CheckLine) {
        for (place, sequence, left, low) in &self.told {
            let known = self.places.get(place);
            let is_there = known.is_some_and(|known| *sequence >= 1 && *sequence <= known.last.0);
            if !is_there || left > low {
                let row = change_text(*place, *sequence);
                let what = format!("is told to have left {left}, which is low at {low}");
                line.fault(table_name::<stock_change::Model>(), row, what);
            }
        }
    }
}

impl Known {
    /// What was there when the product was created, and what older records moved.
    fn first_changes(&self, place: Place, created: i64) -> Vec<stock_change::Model> {
        let mut changes = Vec::new();
        if self.opening != 0 {
            changes.push(stock_change::Model::opening(place, self.opening, created));
        }
        if self.brought_forward != 0 {
            let opening = stock_change::Model::opening(place, self.brought_forward, created);
            changes.push(stock_change::Model {
                sequence: if self.opening == 0 { 1 } else { 2 },
                cause: StockCause::BroughtForward.into(),
                balance: self.opening.saturating_add(self.brought_forward),
                ..opening
            });
        }
        changes
    }

    /// Joins a change to the ones before and after it.
    fn join(&mut self, line: &mut CheckLine, change: &stock_change::Model, cost: Option<i64>) {
        let sequence = change.sequence;
        let before = change.balance.saturating_sub(change.quantity);
        let moved = Moved { cause: change.cause, quantity: change.quantity, cost };
        let average = change.average_cost;
        let mut run = Run {
            first: (moved, average),
            last: sequence,
            before,
            after: change.balance,
            average_after: average,
        };
        let mut first = sequence;
        let mut wrong = None;
        let mut averages = Vec::with_capacity(2);
        if sequence == 1 {
            averages.push((sequence, average, moved.average((None, 0))));
        }
        if let Some((start, earlier)) = self.runs.range(..=sequence).next_back() {
            if earlier.last >= sequence {
                line.fault(table_name::<stock_change::Model>(), row(change), "stands twice in the journal");
                return;
            }
            if earlier.last == sequence.saturating_sub(1) {
                wrong = (earlier.after != before).then_some((before, earlier.after));
                averages.push((sequence, average, moved.average((earlier.average_after, earlier.after))));
                (first, run.before, run.first) = (*start, earlier.before, earlier.first);
            }
        } else if sequence == 1 && before != 0 {
            wrong = Some((before, 0));
        }
        if let Some(later) = self.runs.remove(&sequence.saturating_add(1)) {
            wrong = wrong.or((later.before != run.after).then_some((later.before, run.after)));
            let (next, is) = later.first;
            averages.push((sequence.saturating_add(1), is, next.average((run.average_after, run.after))));
            (run.last, run.after, run.average_after) = (later.last, later.after, later.average_after);
        }
        let place = (change.branch_id, change.product_id);
        for (sequence, is, right) in averages.into_iter().filter(|(_, is, right)| is != right) {
            let what = format!("average_cost is {is:?}, what was there and what came make it {right:?}");
            line.fault(table_name::<stock_change::Model>(), change_text(place, sequence), what);
        }
        if let Some((is, right)) = wrong {
            let what = format!("begins at {is}, the changes before it make {right}");
            line.fault(table_name::<stock_change::Model>(), row(change), what);
        }
        self.runs.insert(first, run);
    }

    /// The stock that its changes make. A place that is missing is named.
    fn stock(self, line: &mut CheckLine, place: Place) -> stock::Model {
        let mut next: i64 = 1;
        let mut quantity = 0;
        for (first, run) in &self.runs {
            if *first != next {
                let row = change_text(place, next);
                line.fault(table_name::<stock_change::Model>(), row, "is missing in the journal");
            }
            (next, quantity) = (run.last.saturating_add(1), run.after);
        }
        let (change_count, average_cost) = self.last;
        let Self { low_quantity, low_version, .. } = self;
        let (branch_id, product_id) = place;
        stock::Model {
            branch_id,
            product_id,
            quantity,
            change_count,
            average_cost,
            low_quantity,
            low_version,
        }
    }
}

/// Proves that a document moved these goods, for these causes.
fn prove_goods(line: &mut CheckLine, moving: &Moving, changes: &[stock_change::Model], goods: &[Goods]) {
    let moved: Vec<_> =
        changes.iter().map(|change| (change.cause, change.product_id, change.quantity)).collect();
    let right: Vec<_> =
        goods.iter().map(|goods| (goods.moved.cause, goods.product_id, goods.moved.quantity)).collect();
    if moved != right {
        let what = format!("moved goods as {moved:?}, its lines say {right:?}");
        line.fault(table_name::<stock_change::Model>(), format!("document {}", moving.document_id), what);
    }
}

fn change(moving: &Moving, effect: &pb::StockEffect) -> Result<stock_change::Model, Unreadable> {
    let average = effect.average_cost_minor.as_ref();
    Ok(stock_change::Model {
        branch_id: moving.branch_id,
        product_id: id(&effect.product_id, "stock.product_id")?,
        sequence: effect.sequence,
        cause: effect.cause,
        quantity: quantity(effect.quantity.as_ref(), "stock.quantity")?,
        balance: quantity(effect.balance.as_ref(), "stock.balance")?,
        average_cost: average.map(|cost| quantity(Some(cost), "stock.average_cost_minor")).transpose()?,
        document_id: Some(moving.document_id),
        reason: effect.reason.clone(),
        create_time: moving.create_time,
    })
}

/// What the goods of an order's lines had cost.
pub fn costs(rows: &mut OrderRows, costs: &[pb::LineCost]) -> Result<(), Unreadable> {
    let mut by_line = HashMap::with_capacity(costs.len());
    for cost in costs {
        by_line.insert(id(&cost.line_id, "costs.line_id")?, record::money(cost.cost.as_ref(), "costs.cost")?);
    }
    for line in &mut rows.lines {
        line.cost = by_line.get(&line.line_id).copied();
    }
    Ok(())
}

fn row(change: &stock_change::Model) -> String {
    change_text((change.branch_id, change.product_id), change.sequence)
}

fn change_text((branch_id, product_id): Place, sequence: i64) -> String {
    let key = [Cell::of(branch_id.into()), Cell::of(product_id.into()), Cell::Number(sequence)];
    key_text::<stock_change::Model>(&key)
}
