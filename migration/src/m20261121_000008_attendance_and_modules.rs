//! When people come to work and leave, and what a shop may switch off.

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
        for module in ["customers_on", "purchasing_on", "stock_transfers_on", "attendance_on"] {
            let column = flag(module).default(true).to_owned();
            let alter = Table::alter().table(Alias::new("businesses")).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        manager.create_table(attendance()).await?;
        let by_time = ["branch_id", "clock_in_time", "id"];
        manager.create_index(index("attendance_clock_in_time", "attendance", &by_time)).await?;
        // The builder has no partial indexes for all engines; this text is plain SQL on each of them.
        let once = "CREATE UNIQUE INDEX attendance_open ON attendance (user_id) WHERE clock_out_time IS NULL";
        manager.get_connection().execute_unprepared(once).await?;
        Ok(())
    }
}

fn attendance() -> TableCreateStatement {
    let mut attendance = build(
        "attendance",
        vec![
            id("id"),
            id("branch_id"),
            id("user_id"),
            number("clock_in_time"),
            optional(number("clock_out_time")),
            id("in_terminal_id"),
            optional(id("out_terminal_id")),
            id("in_by_user_id"),
            optional(id("out_by_user_id")),
            text("note"),
            text("reason"),
            flag("corrected"),
        ],
        &["id"],
        &[
            ("branch_id", "branches"),
            ("user_id", "users"),
            ("in_terminal_id", "terminals"),
            ("out_terminal_id", "terminals"),
            ("in_by_user_id", "users"),
            ("out_by_user_id", "users"),
        ],
    );
    let column = |name: &'static str| Expr::col(Alias::new(name));
    let still_in = || column("clock_out_time").is_null();
    attendance
        .check(column("clock_out_time").gte(column("clock_in_time")))
        // When, where and by whom somebody left is one thing.
        .check(still_in().eq(column("out_terminal_id").is_null()))
        .check(still_in().eq(column("out_by_user_id").is_null()))
        // What is said afterwards is said by somebody else.
        .check(column("corrected").eq(false).or(column("out_by_user_id").ne(column("user_id"))));
    attendance
}
