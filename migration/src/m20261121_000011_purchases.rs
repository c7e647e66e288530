//! Purchases: what suppliers deliver to a branch.

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
        manager.create_table(purchases()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn purchases() -> TableCreateStatement {
    let mut purchases = build(
        "purchases",
        vec![
            id("id"),
            id("branch_id"),
            small("state"),
            number("version"),
            optional(text("number")),
            optional(small("business_date")),
            text("supplier"),
            text("supplier_key"),
            text("document_number"),
            optional(small("document_date")),
            text("note"),
            bytes("lines"),
            small("line_count"),
            count("cost_total"),
            optional(text("reason")),
            id("created_by_user_id"),
            number("create_time"),
            number("update_time"),
            optional(id("approved_by_user_id")),
            optional(number("approve_time")),
            optional(id("cancelled_by_user_id")),
            optional(number("cancel_time")),
        ],
        &["id"],
        &[
            ("branch_id", "branches"),
            ("created_by_user_id", "users"),
            ("approved_by_user_id", "users"),
            ("cancelled_by_user_id", "users"),
        ],
    );
    let column = |name: &'static str| Expr::col(Alias::new(name));
    let none = |name: &'static str| column(name).is_null();
    purchases
        .check(column("state").gte(DRAFT).and(column("state").lte(CANCELLED)))
        .check(column("version").gt(0))
        .check(column("line_count").gt(0))
        // What was approved has its number, its date, its time and somebody who did it; nothing else has.
        .check(none("number").eq(none("approve_time")))
        .check(none("business_date").eq(none("approve_time")))
        .check(none("approved_by_user_id").eq(none("approve_time")))
        .check(column("state").eq(DRAFT).lte(none("approve_time")))
        .check(none("approve_time").lte(column("state").ne(APPROVED)))
        // What was cancelled has its time, its reason and somebody who did it; nothing else has.
        .check(column("state").ne(CANCELLED).eq(none("cancel_time")))
        .check(none("reason").eq(none("cancel_time")))
        .check(none("cancelled_by_user_id").eq(none("cancel_time")));
    purchases
}

/// `kassa.v1.PurchaseState`.
const DRAFT: i32 = 1;
const APPROVED: i32 = 2;
const CANCELLED: i32 = 3;

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("purchases_number", "purchases", &["number"]),
        index("purchases_create_time", "purchases", &["branch_id", "create_time", "id"]),
        index("purchases_document", "purchases", &["branch_id", "document_number", "supplier_key"]),
    ]
}
