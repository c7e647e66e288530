//! Shelves: every change as it was recorded, and stocks that are their sums.

use std::collections::{BTreeMap, HashMap};

use kassa_proto::v1::{self as pb, StockCause};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    CheckLine,
    compare::{Table, key_text, table_name},
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

/// The shelves as the journal makes them.
#[derive(Default)]
pub struct Shelves {
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
    last: i64,
    before: i64,
    after: i64,
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

impl Shelves {
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
        let goods = rows.lines.iter().map(|line| (line.product_id, line.quantity.saturating_neg()));
        self.of_order(line, rows, (StockCause::Sale, goods.collect()), effects)
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
        let goods = goods.map(|line| (line.product_id, line.quantity)).collect();
        self.of_order(line, rows, (cause, goods), effects)
    }

    fn of_order(
        &mut self,
        line: &mut CheckLine,
        rows: &OrderRows,
        (cause, goods): (StockCause, Vec<(Uuid, i64)>),
        effects: &[pb::StockEffect],
    ) -> Result<Vec<stock_change::Model>, Unreadable> {
        let order = &rows.order;
        let (branch_id, document_id) = (order.branch_id, order.id);
        if effects.is_empty() {
            // From before there was a journal of the stock.
            for (product_id, quantity) in goods {
                let known = self.places.entry((branch_id, product_id)).or_default();
                known.brought_forward = known.brought_forward.saturating_add(quantity);
            }
            return Ok(Vec::new());
        }
        let moving = Moving { branch_id, document_id, create_time: order.create_time };
        let changes = self.moved(line, &moving, effects)?;
        let right = goods.into_iter().map(|(product, quantity)| (i32::from(cause), product, quantity));
        prove_goods(line, &moving, &changes, &right.collect::<Vec<_>>());
        Ok(changes)
    }

    /// Reads what a document did to the shelf of its branch.
    pub fn moved(
        &mut self,
        line: &mut CheckLine,
        moving: &Moving,
        effects: &[pb::StockEffect],
    ) -> Result<Vec<stock_change::Model>, Unreadable> {
        let changes = effects.iter().map(|effect| change(moving, effect));
        let changes = changes.collect::<Result<Vec<_>, _>>()?;
        for change in &changes {
            line.examine(1);
            self.add(line, change);
        }
        Ok(changes)
    }

    fn add(&mut self, line: &mut CheckLine, change: &stock_change::Model) {
        let known = self.places.entry((change.branch_id, change.product_id)).or_default();
        if change.sequence > known.last.0 {
            known.last = (change.sequence, change.average_cost);
        }
        known.join(line, change);
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
    pub async fn compare(
        &mut self,
        database: &impl ConnectionTrait,
        line: &mut CheckLine,
        changes: Vec<stock_change::Model>,
    ) -> Result<(), DbErr> {
        self.table.compare(database, line, changes).await
    }

    /// Adds all changes up, and compares the sums with the stocks. `created` says when a product was.
    pub async fn add_up(
        mut self,
        database: &impl ConnectionTrait,
        line: &mut CheckLine,
        created: impl Fn(Uuid) -> Option<i64>,
    ) -> Result<(), DbErr> {
        let mut first = Vec::new();
        for (place, known) in &self.places {
            first.extend(known.first_changes(*place, created(place.1).unwrap_or_default()));
        }
        for change in &first {
            line.examine(1);
            self.add(line, change);
        }
        self.table.compare(database, line, first).await?;
        self.prove_told(line);
        let last = |place: Place| self.places.get(&place).map(|known| known.last.0);
        let known = |key: &[Cell]| match key {
            [branch, product, sequence] => {
                let place = branch.id().zip(product.id()).and_then(last);
                place.zip(sequence.number()).is_some_and(|(last, sequence)| (1..=last).contains(&sequence))
            }
            _ => false,
        };
        self.table.others(database, line, known).await?;
        let mut stocks = Vec::with_capacity(self.places.len());
        for (place, known) in self.places {
            stocks.push(known.stock(line, place));
        }
        line.examine(stocks.len());
        Table::compare_all(database, line, stocks).await
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
    fn join(&mut self, line: &mut CheckLine, change: &stock_change::Model) {
        let sequence = change.sequence;
        let before = change.balance.saturating_sub(change.quantity);
        let mut run = Run { last: sequence, before, after: change.balance };
        let mut first = sequence;
        let mut wrong = None;
        if let Some((start, earlier)) = self.runs.range(..=sequence).next_back() {
            if earlier.last >= sequence {
                line.fault(table_name::<stock_change::Model>(), row(change), "stands twice in the journal");
                return;
            }
            if earlier.last == sequence.saturating_sub(1) {
                wrong = (earlier.after != before).then_some((before, earlier.after));
                (first, run.before) = (*start, earlier.before);
            }
        } else if sequence == 1 && before != 0 {
            wrong = Some((before, 0));
        }
        if let Some(later) = self.runs.remove(&sequence.saturating_add(1)) {
            wrong = wrong.or((later.before != run.after).then_some((later.before, run.after)));
            (run.last, run.after) = (later.last, later.after);
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
pub fn prove_goods(
    line: &mut CheckLine,
    moving: &Moving,
    changes: &[stock_change::Model],
    right: &[(i32, Uuid, i64)],
) {
    let moved: Vec<_> =
        changes.iter().map(|change| (change.cause, change.product_id, change.quantity)).collect();
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
