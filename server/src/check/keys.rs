//! Idempotency keys: sealed, without gaps, each with the document that the journal has for it.

use kassa_proto::v1::DocumentKind;
use sea_orm::IdenStatic as _;
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Stored, key_text},
    series,
};
use crate::{
    hashes::{key_seal, sha256},
    store::{
        cell::Cell,
        entity::idempotency_key::{Column, Model},
        row::key_terms,
    },
};

const TABLE: &str = "idempotency_keys";

/// The key that a record names, and what the record says of it.
pub struct Recorded {
    /// Terminal, method and key.
    pub key: (Uuid, String, String),
    /// What was made: a `kassa.v1.DocumentKind` and an id.
    pub document: Option<(DocumentKind, Uuid)>,
    /// The record's time.
    pub create_time: i64,
}

/// Compares the keys that records name with their rows.
pub fn compare(database: &Inspection, line: &mut CheckLine, recorded: &[Recorded]) -> Result<(), Failure> {
    for recorded in recorded {
        let found = database.find::<Model>(&key_terms::<Model>(&recorded.key))?;
        let (terminal_id, method, key) = recorded.key.clone();
        let key = [Cell::of(terminal_id.into()), Cell::of(method.into()), Cell::of(key.into())];
        let Some(cells) = found.into_iter().next() else {
            line.fault(TABLE, key_text::<Model>(&key), "is missing; the journal has it");
            continue;
        };
        let stored = Stored { cells };
        let kind = recorded.document.map_or(DocumentKind::Unspecified, |(kind, _)| kind);
        let id = recorded.document.map(|(_, id)| id);
        for (column, right) in [
            (Column::DocumentKind, Cell::Number(i32::from(kind).into())),
            (Column::DocumentId, Cell::of(id.into())),
            (Column::CreateTime, Cell::Number(recorded.create_time)),
        ] {
            let found = stored.get::<Model>(column);
            if *found != right {
                let what = format!("{} is {found}, the journal makes it {right}", column.as_str());
                line.fault(TABLE, key_text::<Model>(&key), what);
            }
        }
    }
    Ok(())
}

/// Proves all keys: their seals, their answers, their places, their documents. Returns the last
/// place of each branch. `is_known` says whether the journal has a document.
pub fn prove(
    database: &Inspection,
    line: &mut CheckLine,
    branches: &[Uuid],
    is_known: impl Fn(DocumentKind, Uuid) -> bool,
) -> Result<Vec<(Uuid, i64)>, Failure> {
    let places = (Column::BranchId, Column::Sequence);
    let prove = |line: &mut CheckLine, row: &Stored| prove_row(line, row, &is_known);
    series::prove::<Model>(database, line, branches, places, prove)
}

fn prove_row(line: &mut CheckLine, stored: &Stored, is_known: impl Fn(DocumentKind, Uuid) -> bool) {
    let name = || key_text::<Model>(&stored.key::<Model>());
    let row = match read(stored) {
        Ok(row) => row,
        Err(column) => {
            let what = format!("{} is {}, which it can't be", column.as_str(), stored.get::<Model>(column));
            line.fault(TABLE, name(), what);
            return;
        }
    };
    if key_seal(&row) != row.seal {
        line.fault(TABLE, name(), "its seal is not that of its columns");
    }
    // An answer that has expired is gone; one that is there is the one that was given.
    if row.answer.is_some_and(|answer| sha256(answer) != row.answer_sha256) {
        line.fault(TABLE, name(), "answer is not the one that answer_sha256 was made of");
    }
    let known = match (DocumentKind::try_from(row.document_kind), row.document_id) {
        (Ok(DocumentKind::Unspecified), None) => true,
        (Ok(kind), Some(id)) => is_known(kind, id),
        (Ok(_), None) | (Err(_), _) => false,
    };
    if !known {
        line.fault(TABLE, name(), "document_kind and document_id name no document of the journal's");
    }
}

/// The row, or the first column that holds something else than it must.
fn read(stored: &Stored) -> Result<Model, Column> {
    let cell = |column| stored.get::<Model>(column);
    let id = |column| cell(column).id().ok_or(column);
    let text = |column| cell(column).text().map(str::to_owned).ok_or(column);
    let bytes = |column| cell(column).bytes().map(<[u8]>::to_vec).ok_or(column);
    let number = |column| cell(column).number().ok_or(column);
    let optional = |column| (*cell(column) != Cell::Null).then_some(column);
    Ok(Model {
        terminal_id: id(Column::TerminalId)?,
        method: text(Column::Method)?,
        key: text(Column::Key)?,
        branch_id: id(Column::BranchId)?,
        sequence: number(Column::Sequence)?,
        fingerprint: bytes(Column::Fingerprint)?,
        document_kind: i32::try_from(number(Column::DocumentKind)?).map_err(|_| Column::DocumentKind)?,
        document_id: optional(Column::DocumentId).map(id).transpose()?,
        answer: optional(Column::Answer).map(bytes).transpose()?,
        answer_sha256: bytes(Column::AnswerSha256)?,
        seal: bytes(Column::Seal)?,
        create_time: number(Column::CreateTime)?,
    })
}
