//! What a shift's report is made of: counters that its postings keep, its end, its counts, its close, and
//! the reports as they were issued.

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
        for (table, column) in new_columns() {
            let alter = Table::alter().table(Alias::new(table)).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        manager.create_index(unique("shift_reports_sequence", "shift_reports", REPORT_SEQUENCE)).await?;
        manager.create_index(index("shifts_branch", "shifts", &["branch_id", "open_time"])).await?;
        let connection = manager.get_connection();
        // A register has one shift at most that has ended and waits for its count.
        let uncounted = "CREATE UNIQUE INDEX shifts_uncounted_on_register ON shifts (register_id) \
                         WHERE state = 2 AND counted_cash IS NULL";
        connection.execute_unprepared(uncounted).await?;
        for statement in COUNT_WHAT_IS_THERE {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

const REPORT_SEQUENCE: &[&str] = &["register_id", "sequence"];

fn new_columns() -> Vec<(&'static str, ColumnDef)> {
    let zero = |name| number(name).default(0).to_owned();
    let small_zero = |name| small(name).default(0).to_owned();
    vec![
        ("businesses", flag("blind_close").default(false).to_owned()),
        ("businesses", count("idle_seconds").default(43_200).to_owned()),
        ("registers", zero("perpetual_total")),
        ("registers", count("perpetual_absolute_total").default(0).to_owned()),
        ("registers", count("last_report_sequence").default(0).to_owned()),
        ("orders", small_zero("utc_offset_minutes")),
        ("shifts", optional(id("opened_by_user_id"))),
        ("shifts", zero("last_activity_time")),
        ("shifts", zero("expected_cash")),
        ("shifts", optional(number("end_time"))),
        ("shifts", optional(id("ended_by_user_id"))),
        ("shifts", flag("ended_automatically").default(false).to_owned()),
        ("shifts", optional(number("close_time"))),
        ("shifts", optional(id("closed_by_user_id"))),
        ("shifts", flag("forced").default(false).to_owned()),
        ("shifts", text("close_reason").default("").to_owned()),
        ("shifts", optional(count("counted_cash"))),
        ("shifts", optional(count("left_in_drawer"))),
        ("shifts", count("to_safe").default(0).to_owned()),
        ("shifts", small_zero("count_attempts")),
    ]
}

fn tables() -> Vec<TableCreateStatement> {
    let counters = build(
        "shift_counters",
        vec![id("shift_id"), small("kind"), text("key"), number("count"), number("amount"), number("tax")],
        &["shift_id", "kind", "key"],
        &[("shift_id", "shifts")],
    );
    let counts = build(
        "shift_counts",
        vec![
            id("shift_id"),
            small("attempt"),
            small("tender_kind"),
            small("purpose"),
            number("expected"),
            count("counted"),
            id("user_id"),
            number("create_time"),
        ],
        &["shift_id", "attempt", "tender_kind"],
        &[("shift_id", "shifts"), ("user_id", "users")],
    );
    let denominations = build(
        "shift_denominations",
        vec![id("shift_id"), small("attempt"), count("value"), count("pieces")],
        &["shift_id", "attempt", "value"],
        &[("shift_id", "shifts")],
    );
    let reports = build(
        "shift_reports",
        vec![
            id("shift_id"),
            small("supplement"),
            id("register_id"),
            count("sequence"),
            bytes("document"),
            bytes("document_sha256"),
        ],
        &["shift_id", "supplement"],
        &[("shift_id", "shifts"), ("register_id", "registers")],
    );
    vec![counters, counts, denominations, reports]
}

/// Counters of the shifts that are there already, from what is stored of their orders. The numbers of
/// the kinds are those of the server's `shifts::counters`, those of orders and tenders the contract's.
const COUNT_WHAT_IS_THERE: [&str; 13] = [
    "UPDATE shifts SET opened_by_user_id = user_id, last_activity_time = open_time, \
     expected_cash = opening_float + cash_received - change_given - cash_refunded",
    "UPDATE shifts SET last_activity_time = \
     (SELECT MAX(create_time) FROM orders WHERE orders.shift_id = shifts.id) \
     WHERE EXISTS (SELECT 1 FROM orders WHERE orders.shift_id = shifts.id AND orders.create_time > shifts.open_time)",
    // What sales brought in, per tender; change comes off the cash.
    "INSERT INTO shift_counters (shift_id, kind, key, count, amount, tax) \
     SELECT o.shift_id, 1, CAST(t.kind AS TEXT), COUNT(*), SUM(t.amount), 0 \
     FROM orders o JOIN order_tenders t ON t.order_id = o.id WHERE o.kind = 1 GROUP BY o.shift_id, t.kind",
    "UPDATE shift_counters SET amount = amount - \
     (SELECT COALESCE(SUM(o.change), 0) FROM orders o WHERE o.shift_id = shift_counters.shift_id AND o.kind = 1) \
     WHERE kind = 1 AND key = '1'",
    "INSERT INTO shift_counters (shift_id, kind, key, count, amount, tax) \
     SELECT o.shift_id, 2, CAST(t.kind AS TEXT), COUNT(*), SUM(t.amount), 0 \
     FROM orders o JOIN order_tenders t ON t.order_id = o.id WHERE o.kind <> 1 GROUP BY o.shift_id, t.kind",
    "INSERT INTO shift_counters (shift_id, kind, key, count, amount, tax) \
     SELECT o.shift_id, 3, CAST(l.tax_rate AS TEXT), SUM(CASE WHEN o.kind = 1 THEN 1 ELSE -1 END), \
     SUM(CASE WHEN o.kind = 1 THEN l.net ELSE -l.net END), SUM(CASE WHEN o.kind = 1 THEN l.tax ELSE -l.tax END) \
     FROM orders o JOIN order_lines l ON l.order_id = o.id GROUP BY o.shift_id, l.tax_rate",
    "INSERT INTO shift_counters (shift_id, kind, key, count, amount, tax) \
     SELECT o.shift_id, 4, l.category, SUM(CASE WHEN o.kind = 1 THEN 1 ELSE -1 END), \
     SUM(CASE WHEN o.kind = 1 THEN l.total ELSE -l.total END), 0 \
     FROM orders o JOIN order_lines l ON l.order_id = o.id GROUP BY o.shift_id, l.category",
    // Hours of UTC: orders from before their offset was kept.
    "INSERT INTO shift_counters (shift_id, kind, key, count, amount, tax) \
     SELECT shift_id, 5, CAST(create_time / 3600000000 AS TEXT) || '+0', \
     SUM(CASE WHEN kind = 1 THEN 1 ELSE 0 END), SUM(CASE WHEN kind = 1 THEN total ELSE -total END), 0 \
     FROM orders GROUP BY shift_id, create_time / 3600000000",
    "INSERT INTO shift_counters (shift_id, kind, key, count, amount, tax) \
     SELECT shift_id, 6, CAST(kind AS TEXT), COUNT(*), SUM(amount), 0 \
     FROM cash_movements WHERE NOT at_opening GROUP BY shift_id, kind",
    "INSERT INTO shift_counters (shift_id, kind, key, count, amount, tax) \
     SELECT o.shift_id, 7, '', COUNT(*), SUM(d.amount), 0 \
     FROM orders o JOIN order_discounts d ON d.order_id = o.id WHERE o.kind = 1 GROUP BY o.shift_id",
    "INSERT INTO shift_counters (shift_id, kind, key, count, amount, tax) \
     SELECT o.shift_id, 8, '', COUNT(*), SUM(l.subtotal), 0 FROM orders o JOIN order_lines l ON l.order_id = o.id \
     WHERE o.kind = 1 AND l.unit_price <> l.list_price GROUP BY o.shift_id",
    "INSERT INTO shift_counters (shift_id, kind, key, count, amount, tax) \
     SELECT shift_id, 9, '', COUNT(*), \
     SUM(CASE WHEN kind = 1 THEN rounding_adjustment ELSE -rounding_adjustment END), 0 \
     FROM orders WHERE rounding_adjustment <> 0 GROUP BY shift_id",
    "INSERT INTO shift_counters (shift_id, kind, key, count, amount, tax) \
     SELECT shift_id, 10, '', SUM(CASE WHEN kind = 1 THEN 1 ELSE -1 END), \
     SUM(CASE WHEN kind = 1 THEN tip_total ELSE -tip_total END), 0 \
     FROM orders WHERE tip_total <> 0 GROUP BY shift_id",
];
