//! Refunds say what of another tender's money they paid in cash, and who allowed it. Until now nobody wrote it down:
//! refunds of before say nothing.

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
        let column = |name| Expr::col(Alias::new(name));
        let amount = count("paid_back_in_cash").default(0).to_owned();
        let allowed_by = optional(id("paid_back_in_cash_by_user_id"))
            .extra("REFERENCES users (id)")
            .check(column("paid_back_in_cash").eq(0).eq(column("paid_back_in_cash_by_user_id").is_null()))
            .to_owned();
        for column in [amount, allowed_by] {
            let alter = Table::alter().table(Alias::new("orders")).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
