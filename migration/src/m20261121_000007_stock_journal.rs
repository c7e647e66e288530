//! The journal of the stock: every change with its cause, what goods have cost, and when there is little left.

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
        manager.create_table(stock_changes()).await?;
        manager.create_table(branch_series()).await?;
        for statement in BRING_FORWARD {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        let opening = Alias::new("opening_quantity");
        manager.alter_table(Table::alter().table(Alias::new("stock")).drop_column(opening).to_owned()).await
    }
}

fn new_columns() -> Vec<(&'static str, ColumnDef)> {
    let zero = |name| count(name).default(0).to_owned();
    vec![
        ("stock", zero("change_count")),
        ("stock", optional(count("average_cost"))),
        ("stock", optional(count("low_quantity"))),
        ("stock", zero("low_version")),
        ("order_lines", optional(count("cost"))),
    ]
}

fn stock_changes() -> TableCreateStatement {
    let mut changes = build(
        "stock_changes",
        vec![
            id("branch_id"),
            id("product_id"),
            number("sequence"),
            small("cause"),
            number("quantity"),
            number("balance"),
            optional(count("average_cost")),
            optional(id("document_id")),
            text("reason"),
            number("create_time"),
        ],
        &["branch_id", "product_id", "sequence"],
        &[("branch_id", "branches"), ("product_id", "products")],
    );
    changes.check(Expr::col(Alias::new("sequence")).gt(0)).check(Expr::col(Alias::new("quantity")).ne(0));
    changes
}

fn branch_series() -> TableCreateStatement {
    build(
        "branch_series",
        vec![id("branch_id"), text("prefix"), count("last_number")],
        &["branch_id", "prefix"],
        &[("branch_id", "branches")],
    )
}

/// What is there becomes two changes: the opening, and what came and went since then, in one.
const BRING_FORWARD: &[&str] = &[
    "INSERT INTO stock_changes \
     (branch_id, product_id, sequence, cause, quantity, balance, average_cost, document_id, reason, create_time) \
     SELECT s.branch_id, s.product_id, 1, 1, s.opening_quantity, s.opening_quantity, NULL, NULL, '', p.create_time \
     FROM stock s JOIN products p ON p.id = s.product_id WHERE s.opening_quantity <> 0",
    "INSERT INTO stock_changes \
     (branch_id, product_id, sequence, cause, quantity, balance, average_cost, document_id, reason, create_time) \
     SELECT s.branch_id, s.product_id, CASE WHEN s.opening_quantity <> 0 THEN 2 ELSE 1 END, 2, \
     s.quantity - s.opening_quantity, s.quantity, NULL, NULL, '', p.create_time \
     FROM stock s JOIN products p ON p.id = s.product_id WHERE s.quantity <> s.opening_quantity",
    "UPDATE stock SET change_count = (SELECT COUNT(*) FROM stock_changes c \
     WHERE c.branch_id = stock.branch_id AND c.product_id = stock.product_id)",
];
