//! Orders, row by row against their records, in both directions.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{CheckLine, compare::Table};
use crate::{
    encoding::order::OrderRows,
    store::{
        cell::Cell,
        entity::{
            order,
            order_discount::{self, OrderDiscountIndex},
            order_line::{self, OrderLineIndex},
            order_tender::{self, OrderTenderIndex},
        },
    },
};

/// Orders whose parts are looked for together.
const CHUNK: usize = 256;

/// The orders that the journal has.
pub struct Orders {
    ids: HashSet<Uuid>,
    orders: Table<order::Model>,
    lines: Table<order_line::Model>,
    discounts: Table<order_discount::Model>,
    tenders: Table<order_tender::Model>,
}

impl Orders {
    /// Before anything was sold.
    pub fn new() -> Self {
        Self {
            ids: HashSet::new(),
            orders: Table::new(),
            lines: Table::new(),
            discounts: Table::new(),
            tenders: Table::new(),
        }
    }

    /// Whether the journal has an order.
    pub fn contains(&self, id: Uuid) -> bool {
        self.ids.contains(&id)
    }

    /// Compares orders and their parts with their rows.
    pub async fn compare(
        &mut self,
        database: &impl ConnectionTrait,
        line: &mut CheckLine,
        mut orders: Vec<OrderRows>,
    ) -> Result<(), DbErr> {
        while !orders.is_empty() {
            let rest = orders.split_off(orders.len().min(CHUNK));
            self.compare_chunk(database, line, orders).await?;
            orders = rest;
        }
        Ok(())
    }

    async fn compare_chunk(
        &mut self,
        database: &impl ConnectionTrait,
        line: &mut CheckLine,
        orders: Vec<OrderRows>,
    ) -> Result<(), DbErr> {
        let (mut headers, mut lines, mut discounts, mut tenders) = (vec![], vec![], vec![], vec![]);
        for rows in orders {
            line.examine(1);
            if !self.ids.insert(rows.order.id) {
                line.fault("orders", rows.order.id.to_string(), "stands twice in the journal");
            }
            headers.push(rows.order);
            lines.extend(rows.lines);
            discounts.extend(rows.discounts);
            tenders.extend(rows.tenders);
        }
        let ids: Vec<Uuid> = headers.iter().map(|order| order.id).collect();
        self.orders.compare(database, line, headers).await?;
        let of: Vec<_> = ids.iter().copied().map(OrderLineIndex::Order).collect();
        self.lines.compare_groups(database, line, &of, lines).await?;
        let of: Vec<_> = ids.iter().copied().map(OrderDiscountIndex::Order).collect();
        self.discounts.compare_groups(database, line, &of, discounts).await?;
        let of: Vec<_> = ids.iter().copied().map(OrderTenderIndex::Order).collect();
        self.tenders.compare_groups(database, line, &of, tenders).await
    }

    /// Looks for rows of orders that the journal does not have.
    pub async fn others(&self, database: &impl ConnectionTrait, line: &mut CheckLine) -> Result<(), DbErr> {
        let known = |key: &[Cell]| key.first().and_then(Cell::id).is_some_and(|id| self.ids.contains(&id));
        self.orders.others(database, line, known).await?;
        self.lines.others(database, line, known).await?;
        self.discounts.others(database, line, known).await?;
        self.tenders.others(database, line, known).await
    }
}
