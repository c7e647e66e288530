//! Who works in the shop and from where: users, terminals, codes to pair them with.
//!
//! Registers have chains of their own, so the order of records says nothing: of what is put the highest
//! version holds, and what happens once to a row (its end) is kept until all records were read.

use std::collections::BTreeMap;

use kassa_proto::v1 as pb;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    Lines,
    compare::Table,
    journal::Record,
    record::{Unreadable, id, optional_id, time},
};
use crate::store::entity::{pairing_code, terminal, user};

/// The people and terminals as the journal makes them.
#[derive(Default)]
pub struct People {
    users: BTreeMap<Uuid, user::Model>,
    terminals: BTreeMap<Uuid, terminal::Model>,
    /// The terminals that were revoked, and when.
    revoked: BTreeMap<Uuid, i64>,
    codes: BTreeMap<Uuid, pairing_code::Model>,
    /// The codes that were used, and by which terminals.
    used: BTreeMap<Uuid, Uuid>,
}

impl People {
    /// The first record of the books: its owner, and the terminal on the server's own machine.
    pub fn opened(&mut self, record: &Record, entry: &pb::BooksOpenedEntry) -> Result<(), Unreadable> {
        let user = user::Model {
            id: id(&entry.user_id, "user_id")?,
            business_id: id(&entry.business_id, "business_id")?,
            name: entry.user_name.clone(),
            role: entry.role,
            display_name: entry.user_name.clone(),
            active: true,
            branch_id: None,
            version: 1,
        };
        let local = entry.local_terminal.clone().unwrap_or_default();
        let terminal = terminal::Model {
            id: id(&local.terminal_id, "local_terminal.terminal_id")?,
            register_id: record.register_id,
            user_id: user.id,
            name: local.terminal_name,
            token_sha256: local.token_sha256,
            create_time: record.time()?,
            local: true,
            revoke_time: None,
        };
        self.users.insert(user.id, user);
        self.terminals.insert(terminal.id, terminal);
        Ok(())
    }

    /// A terminal has another token.
    pub fn token_renewed(&mut self, entry: &pb::LocalTokenRenewedEntry) -> Result<(), Unreadable> {
        let terminal = self.terminals.get_mut(&id(&entry.terminal_id, "terminal_id")?);
        let terminal =
            terminal.ok_or_else(|| Unreadable::new("terminal_id", "is no terminal of the journal's"))?;
        terminal.name.clone_from(&entry.terminal_name);
        terminal.token_sha256.clone_from(&entry.token_sha256);
        Ok(())
    }

    /// Users were created or changed.
    pub fn users_put(&mut self, entry: &pb::UsersPutEntry) -> Result<(), Unreadable> {
        let business_id = id(&entry.business_id, "business_id")?;
        for put in &entry.users {
            let user = user::Model {
                id: id(&put.user_id, "users.user_id")?,
                business_id,
                name: put.name.clone(),
                role: put.role,
                display_name: put.display_name.clone(),
                active: put.active(),
                branch_id: optional_id(&put.branch_id, "users.branch_id")?,
                version: put.version,
            };
            if self.users.get(&user.id).is_none_or(|known| known.version < user.version) {
                self.users.insert(user.id, user);
            }
        }
        Ok(())
    }

    /// A code was made.
    pub fn code_created(
        &mut self,
        record: &Record,
        entry: &pb::PairingCodeCreatedEntry,
    ) -> Result<(), Unreadable> {
        let code = pairing_code::Model {
            id: id(&entry.pairing_code_id, "pairing_code_id")?,
            code_sha256: entry.code_sha256.clone(),
            register_id: id(&entry.register_id, "register_id")?,
            terminal_name: entry.terminal_name.clone(),
            user_id: id(&record.header.user_id, "user_id")?,
            create_time: record.time()?,
            expire_time: time(entry.expire_time.as_ref(), "expire_time")?,
            terminal_id: None,
        };
        self.codes.insert(code.id, code);
        Ok(())
    }

    /// A terminal was paired.
    pub fn paired(&mut self, record: &Record, entry: &pb::TerminalPairedEntry) -> Result<(), Unreadable> {
        let terminal = terminal::Model {
            id: id(&entry.terminal_id, "terminal_id")?,
            register_id: record.register_id,
            user_id: id(&entry.user_id, "user_id")?,
            name: entry.terminal_name.clone(),
            token_sha256: entry.token_sha256.clone(),
            create_time: record.time()?,
            local: false,
            revoke_time: None,
        };
        self.used.insert(id(&entry.pairing_code_id, "pairing_code_id")?, terminal.id);
        self.terminals.insert(terminal.id, terminal);
        Ok(())
    }

    /// A terminal was revoked.
    pub fn revoked(&mut self, record: &Record, entry: &pb::TerminalRevokedEntry) -> Result<(), Unreadable> {
        self.revoked.insert(id(&entry.terminal_id, "terminal_id")?, record.time()?);
        Ok(())
    }

    /// Compares what the journal makes of people and terminals with their tables.
    pub async fn compare(mut self, database: &impl ConnectionTrait, lines: &mut Lines) -> Result<(), DbErr> {
        for terminal in self.terminals.values_mut() {
            terminal.revoke_time = self.revoked.get(&terminal.id).copied();
        }
        for code in self.codes.values_mut() {
            code.terminal_id = self.used.get(&code.id).copied();
        }
        let line = &mut lines.people;
        line.examine(self.users.len());
        line.examine(self.terminals.len());
        Table::compare_all(database, line, self.users.into_values()).await?;
        Table::compare_all(database, line, self.terminals.into_values()).await?;
        Table::compare_all(database, line, self.codes.into_values()).await
    }
}
