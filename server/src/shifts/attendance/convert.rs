//! Attendance between the rows and the wire.

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::branch_of;
use crate::{
    books::{Stop, WorkingSet},
    encoding::time::stored_timestamp,
    error::Error,
    store::entity::{attendance, user},
};

/// An attendance as the contract sends it, with the names in it.
pub fn attendance_to_pb(row: &attendance::Model, user_name: &str, branch_code: &str) -> pb::Attendance {
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    pb::Attendance {
        attendance_id: row.id.to_string(),
        branch_id: row.branch_id.to_string(),
        branch_code: branch_code.to_owned(),
        user_id: row.user_id.to_string(),
        user_name: user_name.to_owned(),
        clock_in_time: Some(stored_timestamp(row.clock_in_time)),
        clock_out_time: row.clock_out_time.map(stored_timestamp),
        worked: row.clock_out_time.map(|end| duration(end.saturating_sub(row.clock_in_time))),
        in_terminal_id: row.in_terminal_id.to_string(),
        out_terminal_id: text(row.out_terminal_id),
        in_by_user_id: row.in_by_user_id.to_string(),
        out_by_user_id: text(row.out_by_user_id),
        note: row.note.clone(),
        reason: row.reason.clone(),
        corrected: row.corrected,
    }
}

fn duration(micros: i64) -> prost_types::Duration {
    let nanos = i32::try_from(micros % 1_000_000 * 1_000).unwrap_or_default();
    prost_types::Duration { seconds: micros / 1_000_000, nanos }
}

/// The same, with the names that the books have.
///
/// # Errors
/// [`Stop::MissingRows`] if the user or the branch is not loaded.
pub fn named(books: &WorkingSet, row: &attendance::Model) -> Result<pb::Attendance, Stop> {
    let missing = || Error::internal("the user of an attendance is gone");
    let user = books.require::<user::Model>(&row.user_id, missing)?;
    Ok(attendance_to_pb(row, &user.name, &branch_of(books, row)?.code))
}

/// The attendance that a key made.
///
/// # Errors
/// [`Stop::MissingRows`] if it is not loaded.
pub fn attendance_of_document(books: &WorkingSet, id: Uuid) -> Result<&attendance::Model, Stop> {
    books.require(&id, || Error::internal(format_args!("the attendance {id} of a key is gone")))
}
