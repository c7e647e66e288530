//! Gaps in the series of documents' numbers, which a restore leaves.

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
        // Owners are registers and branches: no foreign key can say so.
        let mut gaps = build(
            "number_gaps",
            vec![id("owner_id"), text("prefix"), count("first_number"), count("last_number"), count("epoch")],
            &["owner_id", "prefix", "first_number"],
            &[],
        );
        let column = |name: &'static str| Expr::col(Alias::new(name));
        gaps.check(column("first_number").gt(0))
            .check(column("last_number").gte(column("first_number")))
            .check(column("epoch").gt(1));
        manager.create_table(gaps).await
    }
}
