//! Refunds and voids. An order never changes: what is given back of a sale is counted beside it, in rows
//! that themselves refuse to give back more than was sold.

use sea_orm_migration::prelude::*;

use crate::schema::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in new_columns() {
            let alter = Table::alter().table(Alias::new(table)).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        manager.create_index(index("orders_original", "orders", &["original_order_id"])).await
    }
}

fn new_columns() -> Vec<(&'static str, ColumnDef)> {
    let zero = |name| count(name).default(0).to_owned();
    vec![
        ("orders", optional(id("original_order_id"))),
        ("order_lines", optional(id("original_line_id"))),
        ("order_lines", text("reason").default("").to_owned()),
        ("order_lines", flag("restocked").default(false).to_owned()),
        ("shifts", zero("return_count")),
        ("shifts", zero("returns_total")),
        ("shifts", zero("void_count")),
        ("shifts", zero("voids_total")),
        ("shifts", zero("cash_refunded")),
    ]
}

fn tables() -> Vec<TableCreateStatement> {
    let mut orders = build(
        "order_returns",
        vec![
            id("order_id"),
            count("sold_total"),
            count("returned_total"),
            count("returned_cash_exact"),
            optional(id("voided_by_order_id")),
        ],
        &["order_id"],
        &[("order_id", "orders")],
    );
    orders.check(at_most("returned_total", "sold_total"));
    let mut lines = build(
        "order_line_returns",
        vec![
            id("order_id"),
            id("line_id"),
            count("sold_quantity"),
            count("returned_quantity"),
            count("sold_total"),
            count("returned_total"),
        ],
        &["order_id", "line_id"],
        &[("order_id", "orders")],
    );
    lines.check(at_most("returned_quantity", "sold_quantity")).check(at_most("returned_total", "sold_total"));
    let mut tenders = build(
        "order_tender_returns",
        vec![id("order_id"), small("kind"), count("captured"), count("returned")],
        &["order_id", "kind"],
        &[("order_id", "orders")],
    );
    tenders.check(at_most("returned", "captured"));
    vec![orders, lines, tenders]
}
