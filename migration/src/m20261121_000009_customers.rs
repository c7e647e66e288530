//! Customers. What is said of a person stands in this table and nowhere else, and is empty once the
//! person is forgotten.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::schema::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Empty once the person is forgotten, besides the code and the salt.
const PERSONAL: [&str; 9] =
    ["name", "name_ar", "phone", "phone_digits", "email", "tax_number", "address", "note", "search_text"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(customers()).await?;
        // Customers without a code have none in common.
        manager.create_index(unique("customers_code", "customers", &["business_id", "code"])).await?;
        let changed = &["business_id", "version", "id"];
        manager.create_index(index("customers_version", "customers", changed)).await?;
        let version = count("customer_version").default(0).to_owned();
        let alter = Table::alter().table(Alias::new("businesses")).add_column(version).to_owned();
        manager.alter_table(alter).await?;
        let customer = optional(id("customer_id")).extra("REFERENCES customers (id)").to_owned();
        let alter = Table::alter().table(Alias::new("orders")).add_column(customer).to_owned();
        manager.alter_table(alter).await?;
        // Most orders have no customer, and no place in this index. The builder has no partial indexes for
        // all engines; this text is plain SQL on each of them.
        let orders = "CREATE INDEX orders_customer ON orders (branch_id, customer_id, sequence) \
                      WHERE customer_id IS NOT NULL";
        manager.get_connection().execute_unprepared(orders).await?;
        Ok(())
    }
}

fn customers() -> TableCreateStatement {
    let mut columns = vec![id("id"), id("business_id"), count("version"), optional(text("code"))];
    columns.extend(PERSONAL.map(text));
    columns.extend([
        optional(bytes("salt")),
        number("create_time"),
        number("update_time"),
        optional(number("anonymize_time")),
    ]);
    let mut customers = build("customers", columns, &["id"], &[("business_id", "businesses")]);
    let column = |name: &'static str| Expr::col(Alias::new(name));
    let known = || column("anonymize_time").is_null();
    // Who is known has a salt; of who is forgotten nothing is left.
    customers.check(known().ne(column("salt").is_null())).check(
        PERSONAL
            .into_iter()
            .fold(column("code").is_null(), |empty, name| empty.and(column(name).eq("")))
            .or(known()),
    );
    customers
}
