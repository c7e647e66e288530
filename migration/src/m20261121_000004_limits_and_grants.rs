//! What each role may do alone, and what somebody else approved. Refunds may go another way than the
//! money came: how much was paid out in cash is then no longer what went back to the cash that came in.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

use crate::schema::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// What every shop begins with, by role: the numbers of `access/limits.rs` in the server, which has a test
/// that compares them. The amounts are 0 or none at all.
const LIMITS: [&str; 4] = [
    "1, 100000, FALSE, FALSE, FALSE, FALSE, 0, 0",
    "2, 1000000, TRUE, TRUE, TRUE, TRUE, 1000000000000, 0",
    "3, 1000000, TRUE, TRUE, TRUE, TRUE, 1000000000000, 0",
    "4, 1000000, TRUE, TRUE, TRUE, TRUE, 1000000000000, 0",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [role_limits(), grants()] {
            manager.create_table(table).await?;
        }
        for column in [count("returned_cash"), number("cash_for_others")] {
            let column = column.clone().default(0).to_owned();
            let alter = Table::alter().table(Alias::new("order_returns")).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        let database = manager.get_connection();
        for limits in LIMITS {
            let sql = format!("INSERT INTO role_limits SELECT id, {limits} FROM businesses");
            database.execute_unprepared(&sql).await?;
        }
        // Until now cash went back to what was paid in cash, and nowhere else.
        let returned = "SELECT returned FROM order_tender_returns tender \
                        WHERE tender.order_id = order_returns.order_id AND tender.kind = 1";
        let sql = format!("UPDATE order_returns SET returned_cash = COALESCE(({returned}), 0)");
        database.execute_unprepared(&sql).await?;
        // What the audit log lists: all events but sales (1) and signs of life (21). The builder has no
        // partial indexes for all engines; this text is plain SQL on each of them.
        let audit = "CREATE INDEX events_for_audit ON events (branch_id, sequence) WHERE kind NOT IN (1, 21)";
        database.execute_unprepared(audit).await?;
        Ok(())
    }
}

fn role_limits() -> TableCreateStatement {
    build(
        "role_limits",
        vec![
            id("business_id"),
            small("role"),
            count("most_discount"),
            flag("price_override"),
            flag("void_sale"),
            flag("open_drawer"),
            flag("refund_other_tender"),
            count("most_paid_out"),
            count("most_variance"),
        ],
        &["business_id", "role"],
        &[("business_id", "businesses")],
    )
}

fn grants() -> TableCreateStatement {
    let mut grants = build(
        "grants",
        vec![
            id("id"),
            id("branch_id"),
            small("action"),
            // The order may not be there yet: its id is chosen before it is made.
            optional(id("order_id")),
            optional(id("line_id")),
            count("amount"),
            id("requester_user_id"),
            id("approver_user_id"),
            id("register_id"),
            id("terminal_id"),
            number("create_time"),
            number("expire_time"),
            optional(number("used_time")),
            optional(id("used_by_id")),
        ],
        &["id"],
        &[
            ("branch_id", "branches"),
            ("requester_user_id", "users"),
            ("approver_user_id", "users"),
            ("register_id", "registers"),
            ("terminal_id", "terminals"),
        ],
    );
    // Used, and for what, is one thing.
    let empty = |column: &'static str| Expr::col(Alias::new(column)).is_null();
    grants.check(empty("used_time").eq(empty("used_by_id")));
    grants
}
