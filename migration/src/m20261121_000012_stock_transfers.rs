//! Transfers of goods: what is on its way from one branch to another, and what arrived of it.

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
        manager.create_table(transfers()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn transfers() -> TableCreateStatement {
    let mut transfers = build(
        "stock_transfers",
        vec![
            id("id"),
            text("number"),
            id("from_branch_id"),
            id("to_branch_id"),
            small("state"),
            small("business_date"),
            bytes("content"),
            text("note"),
            text("reason"),
            id("sender_user_id"),
            optional(id("receiver_user_id")),
            number("send_time"),
            optional(number("receive_time")),
        ],
        &["id"],
        &[
            ("from_branch_id", "branches"),
            ("to_branch_id", "branches"),
            ("sender_user_id", "users"),
            ("receiver_user_id", "users"),
        ],
    );
    let column = |name: &'static str| Expr::col(Alias::new(name));
    transfers
        .check(column("from_branch_id").ne(column("to_branch_id")))
        .check(column("state").gte(1))
        .check(column("state").lte(3))
        // Goods are in transit, or somebody has received them.
        .check(column("state").eq(1).eq(column("receive_time").is_null()))
        .check(column("state").eq(1).eq(column("receiver_user_id").is_null()));
    transfers
}

fn indexes() -> Vec<IndexCreateStatement> {
    let table = "stock_transfers";
    vec![
        unique("stock_transfers_number", table, &["number"]),
        index("stock_transfers_from", table, &["from_branch_id", "send_time", "id"]),
        index("stock_transfers_to", table, &["to_branch_id", "send_time", "id"]),
    ]
}
