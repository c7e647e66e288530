//! What a shop may switch off.

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
        for module in ["customers_on", "purchasing_on", "stock_transfers_on", "attendance_on"] {
            let column = flag(module).default(true).to_owned();
            let alter = Table::alter().table(Alias::new("businesses")).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
