//! Events: what happened in a branch, in the order of the commits. Records from before have none.

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
        let column = count("last_event_sequence").default(0).to_owned();
        let alter = Table::alter().table(Alias::new("branches")).add_column(column).to_owned();
        manager.alter_table(alter).await?;
        let events = build(
            "events",
            vec![
                id("branch_id"),
                count("sequence"),
                small("kind"),
                id("register_id"),
                small("journal_kind"),
                count("journal_sequence"),
            ],
            &["branch_id", "sequence"],
            &[("branch_id", "branches"), ("register_id", "registers")],
        );
        manager.create_table(events).await
    }
}
