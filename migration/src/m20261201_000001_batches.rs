//! What is kept in memory between batches is good while nobody else has written: branches number their batches and know the
//! time of their last event, and the shop numbers what was done to its people, tills and rights.

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
        let columns = [
            ("branches", count("batch").default(0).to_owned()),
            // None where nothing has happened since the step: the last event's record says it.
            ("branches", optional(number("last_time"))),
            ("businesses", count("people_version").default(0).to_owned()),
        ];
        for (table, column) in columns {
            let alter = Table::alter().table(Alias::new(table)).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        let database = manager.get_connection();
        // Those whose answers are to be cleared are looked for every hour: they are the ones that have one.
        database.execute_unprepared("DROP INDEX idempotency_keys_create_time").await?;
        let answered = "CREATE INDEX idempotency_keys_answered ON idempotency_keys (create_time) WHERE answer IS NOT NULL";
        database.execute_unprepared(answered).await?;
        // A product is found by what people take for the same SKU: its small letters, which end the text that is searched.
        let sku_key = "CREATE INDEX products_sku_key ON products (substr(search_text, -length(sku)))";
        database.execute_unprepared(sku_key).await?;
        Ok(())
    }
}
