//! Who works in the shop and from where: users and their PINs, terminals, codes to pair them with,
//! sessions.
//!
//! Registers have chains of their own, so the order of records says nothing: of what is put the highest
//! version holds, and what happens once to a row (its end) is kept until all records were read.

use std::collections::BTreeMap;

use kassa_proto::v1 as pb;
use sea_orm::Condition;
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection, Lines,
    compare::{Table, key_text, load, table_name},
    journal::Record,
    record::{Unreadable, id, optional_id, time},
};
use crate::{
    hashes::sha256,
    store::entity::{pairing_code, session, terminal, user, user_pin},
};

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
    pins: BTreeMap<Uuid, Pin>,
    sessions: BTreeMap<Uuid, session::Model>,
    /// The sessions that were ended, and when.
    ended: BTreeMap<Uuid, i64>,
}

/// A PIN as the journal has it: without its hash, but with the hash's.
struct Pin {
    row: user_pin::Model,
    hash_sha256: Vec<u8>,
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
        self.ended(record, &entry.ended_session_ids)
    }

    /// A user signed in.
    pub fn signed_in(&mut self, record: &Record, entry: &pb::SignedInEntry) -> Result<(), Unreadable> {
        let session = session::Model {
            id: id(&entry.session_id, "session_id")?,
            terminal_id: id(&record.header.terminal_id, "terminal_id")?,
            user_id: id(&entry.user_id, "user_id")?,
            token_sha256: entry.token_sha256.clone(),
            create_time: record.time()?,
            expire_time: time(entry.expire_time.as_ref(), "expire_time")?,
            end_time: None,
        };
        self.sessions.insert(session.id, session);
        self.ended(record, &entry.ended_session_ids)?;
        entry.pin.iter().try_for_each(|pin| self.pin(Some(pin)))
    }

    /// Sessions were ended.
    pub fn ended(&mut self, record: &Record, sessions: &[String]) -> Result<(), Unreadable> {
        for session in sessions {
            self.ended.insert(id(session, "ended_session_ids")?, record.time()?);
        }
        Ok(())
    }

    /// A PIN was set, was wrong, or was forgiven.
    pub fn pin(&mut self, pin: Option<&pb::PinState>) -> Result<(), Unreadable> {
        let pin = pin.ok_or_else(|| Unreadable::new("pin", "is missing"))?;
        let row = user_pin::Model {
            user_id: id(&pin.user_id, "pin.user_id")?,
            hash: String::new(),
            failed_count: pin.failed_count,
            delay_time: pin.delay_time.as_ref().map(|at| time(Some(at), "pin.delay_time")).transpose()?,
            version: pin.version,
        };
        if self.pins.get(&row.user_id).is_none_or(|known| known.row.version < row.version) {
            self.pins.insert(row.user_id, Pin { row, hash_sha256: pin.hash_sha256.clone() });
        }
        Ok(())
    }

    /// Compares what the journal makes of people and terminals with their tables.
    pub fn compare(mut self, database: &Inspection, lines: &mut Lines) -> Result<(), Failure> {
        for terminal in self.terminals.values_mut() {
            terminal.revoke_time = self.revoked.get(&terminal.id).copied();
        }
        for code in self.codes.values_mut() {
            code.terminal_id = self.used.get(&code.id).copied();
        }
        for session in self.sessions.values_mut() {
            session.end_time = self.ended.get(&session.id).copied();
        }
        let line = &mut lines.people;
        line.examine(self.users.len());
        line.examine(self.terminals.len());
        Table::compare_all(database, line, self.users.into_values())?;
        Table::compare_all(database, line, self.terminals.into_values())?;
        line.examine(self.sessions.len());
        Table::compare_all(database, line, self.codes.into_values())?;
        Table::compare_all(database, line, self.sessions.into_values())?;
        prove_hashes(database, line, &mut self.pins)?;
        Table::compare_all(database, line, self.pins.into_values().map(|pin| pin.row))
    }
}

/// Compares the stored hashes with what the journal has in their place, and takes them over: what they
/// are is said nowhere.
fn prove_hashes(
    database: &Inspection,
    line: &mut CheckLine,
    pins: &mut BTreeMap<Uuid, Pin>,
) -> Result<(), Failure> {
    for stored in load::<user_pin::Model>(database, vec![Condition::all()])? {
        let user = stored.get::<user_pin::Model>(user_pin::Column::UserId).id();
        let hash = stored.get::<user_pin::Model>(user_pin::Column::Hash).text();
        if let (Some(pin), Some(hash)) = (user.and_then(|user| pins.get_mut(&user)), hash) {
            hash.clone_into(&mut pin.row.hash);
            if sha256(hash) != pin.hash_sha256 {
                let key = key_text::<user_pin::Model>(&stored.key::<user_pin::Model>());
                line.fault(table_name::<user_pin::Model>(), key, "hash is not that of the PIN that was set");
            }
        }
    }
    Ok(())
}
