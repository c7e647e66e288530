//! Prices that a branch has for itself, and the catalogue by category.

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
        manager.create_table(branch_prices()).await?;
        // What changed at a branch since a version, without reading the catalogue.
        let changed = ["branch_id", "version", "product_id"];
        manager.create_index(index("branch_prices_version", "branch_prices", &changed)).await?;
        manager.create_index(index("products_category", "products", &["category"])).await
    }
}

fn branch_prices() -> TableCreateStatement {
    build(
        "branch_prices",
        vec![
            id("branch_id"),
            id("product_id"),
            // Empty once it was taken away: that it was is a change too.
            optional(count("price")),
            count("version"),
            number("update_time"),
        ],
        &["branch_id", "product_id"],
        &[("branch_id", "branches"), ("product_id", "products")],
    )
}
