//! What of a sale was paid in cash stands with the sale, and no longer among the other tenders: it can come
//! back, where coins made up for what another tender had paid, and a row that is written only while it is
//! above zero told of coins that nobody had. What comes back of a line knows its tax.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::schema::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Of `order_tenders`: without tips. Change was given out of cash, which is kind 1.
const CASH_KEPT: &str = "COALESCE((SELECT SUM(amount - tip) FROM order_tenders tender \
                         WHERE tender.order_id = before.order_id AND tender.kind = 1), 0) - sale.change";
const NOT_CASH: &str = "COALESCE((SELECT SUM(amount - tip) FROM order_tenders tender \
                        WHERE tender.order_id = before.order_id AND tender.kind <> 1), 0)";
/// Of the refunds' lines; a void marks the sale and has no rows here.
const RETURNED_TAX: &str = "COALESCE((SELECT SUM(part.tax) FROM order_lines part \
                            JOIN orders refund ON refund.id = part.order_id \
                            WHERE refund.original_order_id = before.order_id \
                            AND part.original_line_id = before.line_id), 0)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let kept = format!(
            "SELECT before.order_id, sold_total, returned_total, sale.total - {NOT_CASH}, {CASH_KEPT}, \
             returned_cash_exact, returned_cash, cash_for_others, voided_by_order_id \
             FROM order_returns_before before JOIN orders sale ON sale.id = before.order_id"
        );
        rebuild(manager, "order_returns", orders(), &kept).await?;
        let kept = format!(
            "SELECT before.order_id, before.line_id, sold_quantity, returned_quantity, sold_total, \
             returned_total, sold.tax, {RETURNED_TAX} FROM order_line_returns_before before \
             JOIN order_lines sold ON sold.order_id = before.order_id AND sold.line_id = before.line_id"
        );
        rebuild(manager, "order_line_returns", lines(), &kept).await?;
        let kept =
            "SELECT order_id, kind, captured, returned FROM order_tender_returns_before WHERE kind <> 1";
        rebuild(manager, "order_tender_returns", tenders(), kept).await
    }
}

/// Builds a table anew under its name, with the rows that a query makes of `<name>_before`.
async fn rebuild(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: TableCreateStatement,
    rows: &str,
) -> Result<(), DbErr> {
    let database = manager.get_connection();
    database.execute_unprepared(&format!("ALTER TABLE {name} RENAME TO {name}_before")).await?;
    manager.create_table(table).await?;
    database.execute_unprepared(&format!("INSERT INTO {name} {rows}")).await?;
    database.execute_unprepared(&format!("DROP TABLE {name}_before")).await?;
    Ok(())
}

fn orders() -> TableCreateStatement {
    let mut orders = build(
        "order_returns",
        vec![
            id("order_id"),
            count("sold_total"),
            count("returned_total"),
            count("cash_exact"),
            count("cash_kept"),
            count("returned_cash_exact"),
            count("returned_cash"),
            number("cash_for_others"),
            optional(id("voided_by_order_id")),
        ],
        &["order_id"],
        &[("order_id", "orders")],
    );
    let used = Expr::col(Alias::new("returned_cash_exact")).add(Expr::col(Alias::new("cash_for_others")));
    orders
        .check(at_most("returned_total", "sold_total"))
        .check(used.lte(Expr::col(Alias::new("cash_exact"))))
        .check(at_most("cash_for_others", "cash_kept"));
    orders
}

fn lines() -> TableCreateStatement {
    let mut lines = build(
        "order_line_returns",
        vec![
            id("order_id"),
            id("line_id"),
            count("sold_quantity"),
            count("returned_quantity"),
            count("sold_total"),
            count("returned_total"),
            count("sold_tax"),
            count("returned_tax"),
        ],
        &["order_id", "line_id"],
        &[("order_id", "orders")],
    );
    lines
        .check(at_most("returned_quantity", "sold_quantity"))
        .check(at_most("returned_total", "sold_total"))
        .check(at_most("returned_tax", "sold_tax"))
        .check(at_most("returned_tax", "returned_total"));
    lines
}

fn tenders() -> TableCreateStatement {
    let mut tenders = build(
        "order_tender_returns",
        vec![id("order_id"), small("kind"), count("captured"), count("returned")],
        &["order_id", "kind"],
        &[("order_id", "orders")],
    );
    tenders.check(at_most("returned", "captured")).check(Expr::col(Alias::new("kind")).ne(1));
    tenders
}
