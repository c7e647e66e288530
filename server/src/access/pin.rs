//! What a PIN that was typed leads to: the rules about wrong ones.
//!
//! The hash is compared outside of the books ([`Typed`]); what follows from it is decided in a posting
//! ([`settle`]), so that a hundred tries at once count one after the other.

use std::time::Duration;

use kassa_proto::v1::{self as pb, ErrorReason as Reason, journal_record::Entry};
use uuid::Uuid;

use crate::{
    books::{Context, ReadSet, Stop, WorkingSet, journal},
    clock::{from_micros, to_micros},
    encoding::time::stored_timestamp,
    error::Error,
    hashes::sha256,
    store::entity::{user, user_pin},
};

/// Wrong ones in a row before the user waits: people mistype.
const FREE: i64 = 3;
const FIRST_DELAY: Duration = Duration::from_secs(30);
const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);

/// A PIN that was typed for a user, compared with the stored one.
#[derive(Clone, Debug)]
pub struct Typed {
    /// Whose it is said to be.
    pub user_id: Uuid,
    /// The SHA-256 of the hash it was compared with; none if it was not compared.
    pub(super) hash_sha256: Option<Vec<u8>>,
    pub(super) right: bool,
}

impl Typed {
    /// Names what [`settle`] needs, but the journal of the caller's register.
    pub fn read_set(&self, read_set: &mut ReadSet) {
        read_set.row::<user::Model>(self.user_id);
        read_set.row::<user_pin::Model>(self.user_id);
    }

    /// One that was compared with a row.
    #[cfg(test)]
    pub fn of(row: &user_pin::Model, right: bool) -> Self {
        Self { user_id: row.user_id, hash_sha256: Some(sha256(&row.hash)), right }
    }
}

/// What a typed PIN is worth.
#[derive(Debug)]
pub enum Settled {
    /// It is right; the user's earlier wrong ones are forgiven, which the record has to say.
    Right(Option<pb::PinState>),
    /// It is wrong, and counted: the posting answers `Decision::RejectedAndCommitted`.
    Wrong(Error),
}

/// Settles a PIN that was typed.
///
/// # Errors
/// `USER_NOT_FOUND`, `USER_INACTIVE`, `PIN_NOT_SET`, `PIN_DELAYED`; `PIN_WRONG` if it was changed meanwhile.
pub fn settle(books: &mut WorkingSet, context: &Context, typed: &Typed) -> Result<Settled, Stop> {
    let id = typed.user_id;
    let missing = || Error::of_field(Reason::UserNotFound, "user_id", format!("there is no user {id}"));
    let user = books.require::<user::Model>(&id, missing)?;
    if !user.active {
        let message = format!("{} may not sign in any more", user.name);
        return Err(Error::new(Reason::UserInactive, message).into());
    }
    let name = user.name.clone();
    let unset = || Error::new(Reason::PinNotSet, format!("{name} has no PIN yet; have one set"));
    let row = books.require::<user_pin::Model>(&id, unset)?;
    let now = to_micros(context.now);
    if let Some(left) = wait(row, now) {
        return Err(delayed(&name, left).into());
    }
    if typed.hash_sha256.as_ref() != Some(&sha256(&row.hash)) {
        // It was set anew, or the delay ended, between the comparison and now: nothing was learned.
        return Err(Error::new(Reason::PinWrong, "the PIN was not compared; type it again").into());
    }
    if typed.right {
        let forgiven = (row.failed_count > 0).then(|| reset(books, id)).transpose()?;
        return Ok(Settled::Right(forgiven));
    }
    let row = books.update::<user_pin::Model, _>(&id, |row| {
        row.failed_count = row.failed_count.saturating_add(1);
        row.delay_time = delay(row.failed_count).map(|delay| to_micros(context.now + delay));
        row.version = row.version.saturating_add(1);
        Ok(row.clone())
    })?;
    let entry = Entry::PinFailed(pb::PinFailedEntry { pin: Some(pin_to_pb(&row)) });
    journal::append(books, context, context.caller.register_id, entry)?;
    let error = Error::new(Reason::PinWrong, "the PIN is wrong").with("failed_count", row.failed_count);
    Ok(Settled::Wrong(match delay(row.failed_count) {
        Some(delay) => error.with("delay_seconds", delay.as_secs()),
        None => error,
    }))
}

/// Forgives a user's wrong PINs.
///
/// # Errors
/// [`Stop::MissingRows`] if the row is not loaded.
pub fn reset(books: &mut WorkingSet, user_id: Uuid) -> Result<pb::PinState, Stop> {
    books.update::<user_pin::Model, _>(&user_id, |row| {
        (row.failed_count, row.delay_time) = (0, None);
        row.version = row.version.saturating_add(1);
        Ok(pin_to_pb(row))
    })
}

/// A PIN as the journal has it.
pub fn pin_to_pb(row: &user_pin::Model) -> pb::PinState {
    pb::PinState {
        user_id: row.user_id.to_string(),
        hash_sha256: sha256(&row.hash),
        failed_count: row.failed_count,
        delay_time: row.delay_time.map(stored_timestamp),
        version: row.version,
    }
}

/// How long a user waits after so many wrong ones.
fn delay(failed_count: i64) -> Option<Duration> {
    let beyond = u32::try_from(failed_count.checked_sub(FREE)?).ok()?;
    Some(FIRST_DELAY.saturating_mul(1 << beyond.min(10)).min(LONGEST_DELAY))
}

/// How long a user must still wait. More than the longest delay means that the clock was set back: then
/// nobody waits for it, and the count stays.
pub(super) fn wait(row: &user_pin::Model, now: i64) -> Option<Duration> {
    let left = from_micros(row.delay_time?).signed_duration_since(from_micros(now)).to_std().ok()?;
    (!left.is_zero() && left <= LONGEST_DELAY).then_some(left)
}

fn delayed(name: &str, left: Duration) -> Error {
    let seconds = left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0));
    let message = format!(
        "{name} typed too many wrong PINs: wait {seconds} seconds, or have a supervisor unlock the user"
    );
    Error::new(Reason::PinDelayed, message).with("seconds", seconds).retry_after(left)
}
