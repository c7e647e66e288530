//! Drawers have owners and limits: a grant is of one movement of a drawer, and a role drops and sends so much at
//! once. Until now there was no limit, and shops go on without one until they say.

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
        let movement = optional(small("movement"));
        let most_drop = count("most_drop").default(1_000_000_000_000_i64).to_owned();
        for (table, column) in [("grants", movement), ("role_limits", most_drop)] {
            let alter = Table::alter().table(Alias::new(table)).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
