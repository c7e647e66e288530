//! Drafts: carts that are kept on the server while they are rung up. And exchanges: a return and a sale
//! that name each other; sales for training; receipts that were given out.

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
        for name in ["last_draft_sequence", "open_drafts"] {
            let column = count(name).default(0).to_owned();
            let alter = Table::alter().table(Alias::new("branches")).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        for column in [optional(id("exchange_order_id")), flag("training").default(false).to_owned()] {
            let alter = Table::alter().table(Alias::new("orders")).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        manager.create_table(receipt_prints()).await?;
        manager.create_table(drafts()).await?;
        manager.create_index(unique("drafts_sequence", "drafts", &["branch_id", "sequence"])).await?;
        manager.create_index(index("drafts_state", "drafts", &["branch_id", "state", "sequence"])).await
    }
}

fn receipt_prints() -> TableCreateStatement {
    build(
        "receipt_prints",
        vec![id("order_id"), count("print_count")],
        &["order_id"],
        &[("order_id", "orders")],
    )
}

fn drafts() -> TableCreateStatement {
    build(
        "drafts",
        vec![
            id("id"),
            id("branch_id"),
            count("sequence"),
            small("state"),
            count("version"),
            text("label"),
            id("terminal_id"),
            id("user_id"),
            bytes("content"),
            text("note"),
            optional(id("order_id")),
            text("reason"),
            number("create_time"),
            number("update_time"),
            bytes("seal"),
        ],
        &["id"],
        &[
            ("branch_id", "branches"),
            ("terminal_id", "terminals"),
            ("user_id", "users"),
            ("order_id", "orders"),
        ],
    )
}
