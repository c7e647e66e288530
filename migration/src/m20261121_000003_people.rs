//! People and terminals: versions of what is put, terminals that are paired and revoked, codes to pair
//! them with, PINs, sessions.

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
        for (table, column) in new_columns() {
            let alter = Table::alter().table(Alias::new(table)).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        let connection = manager.get_connection();
        connection.execute_unprepared("UPDATE users SET display_name = name").await?;
        for table in tables() {
            manager.create_table(table).await?;
        }
        manager.create_index(unique("pairing_codes_code", "pairing_codes", &["code_sha256"])).await?;
        manager.create_index(unique("sessions_token", "sessions", &["token_sha256"])).await?;
        manager.create_index(index("sessions_user", "sessions", &["user_id"])).await?;
        // The database's own word that a terminal has one session at most.
        let one = "CREATE UNIQUE INDEX sessions_open ON sessions (terminal_id) WHERE end_time IS NULL";
        manager.get_connection().execute_unprepared(one).await?;
        Ok(())
    }
}

fn new_columns() -> Vec<(&'static str, ColumnDef)> {
    // What there was before is in the record that opened the books: the first version.
    let version = || count("version").default(1).to_owned();
    vec![
        ("branches", version()),
        ("registers", version()),
        ("users", text("display_name").default("").to_owned()),
        ("users", flag("active").default(true).to_owned()),
        ("users", optional(id("branch_id"))),
        ("users", version()),
        // The terminal that was there before is the one on the server's own machine.
        ("terminals", flag("local").default(true).to_owned()),
        ("terminals", optional(number("revoke_time"))),
    ]
}

fn tables() -> Vec<TableCreateStatement> {
    let pairing_codes = build(
        "pairing_codes",
        vec![
            id("id"),
            bytes("code_sha256"),
            id("register_id"),
            text("terminal_name"),
            id("user_id"),
            number("create_time"),
            number("expire_time"),
            optional(id("terminal_id")),
        ],
        &["id"],
        &[("register_id", "registers"), ("user_id", "users"), ("terminal_id", "terminals")],
    );
    let user_pins = build(
        "user_pins",
        vec![
            id("user_id"),
            text("hash"),
            count("failed_count"),
            optional(number("delay_time")),
            count("version"),
        ],
        &["user_id"],
        &[("user_id", "users")],
    );
    let sessions = build(
        "sessions",
        vec![
            id("id"),
            id("terminal_id"),
            id("user_id"),
            bytes("token_sha256"),
            number("create_time"),
            number("expire_time"),
            optional(number("end_time")),
        ],
        &["id"],
        &[("terminal_id", "terminals"), ("user_id", "users")],
    );
    vec![pairing_codes, user_pins, sessions]
}
