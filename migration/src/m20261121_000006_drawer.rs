//! The drawer besides sales: why a movement was made, and cash on its way from one drawer to another.

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
        for column in new_columns() {
            let alter = Table::alter().table(Alias::new("cash_movements")).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        manager.create_table(transfers()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn new_columns() -> Vec<ColumnDef> {
    let no_text = |name| text(name).default("").to_owned();
    vec![
        no_text("reason"),
        no_text("reference"),
        optional(id("transfer_id")),
        optional(id("reverses_movement_id")),
    ]
}

fn transfers() -> TableCreateStatement {
    let mut transfers = build(
        "cash_transfers",
        vec![
            id("id"),
            id("branch_id"),
            id("from_register_id"),
            id("to_register_id"),
            count("amount"),
            small("state"),
            id("out_movement_id"),
            optional(id("in_movement_id")),
            id("sender_user_id"),
            optional(id("receiver_user_id")),
            number("send_time"),
            optional(number("receive_time")),
        ],
        &["id"],
        &[
            ("branch_id", "branches"),
            ("from_register_id", "registers"),
            ("to_register_id", "registers"),
            ("sender_user_id", "users"),
            ("receiver_user_id", "users"),
        ],
    );
    let column = |name: &'static str| Expr::col(Alias::new(name));
    transfers
        .check(column("amount").gt(0))
        .check(column("from_register_id").ne(column("to_register_id")))
        // Cash is on its way, or in a drawer.
        .check(column("state").eq(1).eq(column("in_movement_id").is_null()));
    transfers
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        // A transfer goes out once and comes in once, whatever a rule says.
        unique("cash_movements_transfer", "cash_movements", &["transfer_id", "kind"]),
        unique("cash_movements_reverses", "cash_movements", &["reverses_movement_id"]),
        unique("cash_transfers_out", "cash_transfers", &["out_movement_id"]),
        unique("cash_transfers_in", "cash_transfers", &["in_movement_id"]),
        index("cash_transfers_send_time", "cash_transfers", &["branch_id", "send_time", "id"]),
    ]
}
