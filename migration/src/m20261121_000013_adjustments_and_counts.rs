//! Adjustments and counts of the stock, and how much of it a role may adjust alone.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

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
        let limit = count("most_stock_adjustment").default(0).to_owned();
        let alter = Table::alter().table(Alias::new("role_limits")).add_column(limit).to_owned();
        manager.alter_table(alter).await?;
        for table in [adjustments(), counts(), count_lines()] {
            manager.create_table(table).await?;
        }
        for index in [
            index("stock_adjustments_create_time", "stock_adjustments", &["branch_id", "create_time", "id"]),
            index("stock_counts_start_time", "stock_counts", &["branch_id", "start_time", "id"]),
        ] {
            manager.create_index(index).await?;
        }
        for statement in STATEMENTS {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

/// The first limits, as in `access/limits.rs` of the server: none but for cashiers. And one open count for
/// each branch, whatever a rule says.
const STATEMENTS: [&str; 2] = [
    "UPDATE role_limits SET most_stock_adjustment = 1000000000000 WHERE role > 1",
    "CREATE UNIQUE INDEX stock_counts_open ON stock_counts (branch_id) WHERE state = 1",
];

fn adjustments() -> TableCreateStatement {
    build(
        "stock_adjustments",
        vec![
            id("id"),
            id("branch_id"),
            id("user_id"),
            small("business_date"),
            bytes("lines"),
            small("line_count"),
            text("note"),
            count("value"),
            number("create_time"),
        ],
        &["id"],
        &[("branch_id", "branches"), ("user_id", "users")],
    )
}

fn counts() -> TableCreateStatement {
    let mut counts = build(
        "stock_counts",
        vec![
            id("id"),
            id("branch_id"),
            small("state"),
            text("note"),
            count("version"),
            small("line_count"),
            id("start_user_id"),
            number("start_time"),
            optional(id("end_user_id")),
            optional(number("end_time")),
            text("cancel_reason"),
            small("changed_count"),
        ],
        &["id"],
        &[("branch_id", "branches"), ("start_user_id", "users"), ("end_user_id", "users")],
    );
    let is_empty = |name: &'static str| Expr::col(Alias::new(name)).is_null();
    let is_open = || Expr::col(Alias::new("state")).eq(1);
    counts.check(is_open().eq(is_empty("end_user_id"))).check(is_open().eq(is_empty("end_time")));
    counts
}

fn count_lines() -> TableCreateStatement {
    build(
        "stock_count_lines",
        vec![
            id("count_id"),
            id("product_id"),
            count("counted"),
            number("expected"),
            count("stock_sequence"),
            id("user_id"),
            number("count_time"),
        ],
        &["count_id", "product_id"],
        &[("count_id", "stock_counts"), ("product_id", "products"), ("user_id", "users")],
    )
}
