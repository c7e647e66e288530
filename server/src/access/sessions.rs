//! Sessions: how long they last, and how they end.

use chrono::TimeDelta;
use uuid::Uuid;

use crate::{
    books::{Stop, WorkingSet},
    store::entity::session::{self, SessionIndex},
};

/// A session that is not used for so long is over: somebody went home.
pub const IDLE: TimeDelta = TimeDelta::hours(12);
/// A session is over after so long in any case.
pub const LONGEST: TimeDelta = TimeDelta::hours(24);

/// Ends all sessions of a terminal or a user, and names them for the journal.
///
/// # Errors
/// [`Stop::MissingRows`] if they are not loaded.
pub fn end_all(books: &mut WorkingSet, of: &SessionIndex, now: i64) -> Result<Vec<String>, Stop> {
    let open: Vec<Uuid> = books.find::<session::Model>(of)?.into_iter().map(|session| session.id).collect();
    for id in &open {
        books.update::<session::Model, _>(id, |session| {
            session.end_time = Some(now);
            Ok(())
        })?;
    }
    Ok(open.iter().map(Uuid::to_string).collect())
}
