//! Whether sales take cash in coins below the smallest. Until now every shop did, and its drawer held what coins
//! can't make.

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
        let column = flag("small_coins").default(false).to_owned();
        let alter = Table::alter().table(Alias::new("businesses")).add_column(column).to_owned();
        manager.alter_table(alter).await
    }
}
