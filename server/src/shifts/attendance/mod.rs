//! Attendance: when people come to work and leave. It has nothing to do with the shifts of registers: a
//! baker has none, and a cashier may have two in a day.

pub(crate) mod clock_in;
pub(crate) mod clock_out;
mod convert;
pub(crate) mod queries;

use chrono::SecondsFormat;
use kassa_proto::v1::{ErrorReason as Reason, JournalKind, Role};
use uuid::Uuid;

use crate::{
    access::named_user::NamedUser,
    books::{ReadSet, Stop, WorkingSet, journal},
    caller::{Caller, role_name},
    clock::from_micros,
    error::Error,
    settings::{shop, time_zone},
    store::{
        engine::Scope,
        entity::{
            attendance::{self, AttendanceIndex},
            branch, business, user,
        },
    },
};

const WORDS: usize = 200;

/// Whose attendance a request means: of the signed-in user, or of whom it names.
#[derive(Debug)]
struct Whose(Option<NamedUser>);

impl Whose {
    fn parse(user_id: &str) -> Result<Self, Error> {
        if user_id.is_empty() { Ok(Self(None)) } else { NamedUser::parse(user_id).map(Some).map(Self) }
    }

    fn named(&self, caller: &Caller) -> NamedUser {
        self.0.clone().unwrap_or(NamedUser::Id(caller.user_id))
    }

    fn scope(&self, caller: &Caller) -> Scope {
        self.named(caller).scope(caller)
    }

    /// Names what both postings need.
    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        read_set.row::<branch::Model>(caller.branch_id);
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
        let named = self.named(caller);
        named.read_set(read_set);
        if let Some(user) = named.known(known) {
            let open = AttendanceIndex::OpenOf(user);
            read_set.all::<attendance::Model>(open.clone());
            for attendance in known.known_all::<attendance::Model>(&open) {
                read_set.row::<branch::Model>(attendance.branch_id);
            }
        }
    }

    /// The user, and their attendance if they are in.
    ///
    /// # Errors
    /// `USER_NOT_FOUND`, `ROLE_REQUIRED`.
    fn find<'a>(
        &self,
        books: &'a WorkingSet,
        caller: &Caller,
    ) -> Result<(&'a user::Model, Option<&'a attendance::Model>), Stop> {
        let user = self.named(caller).user(books)?;
        self_or_supervisor(caller, user.id)?;
        Ok((user, books.find_one(&AttendanceIndex::OpenOf(user.id))?))
    }
}

/// Refuses whoever has to do with somebody else's attendance and is no supervisor.
///
/// # Errors
/// `ROLE_REQUIRED`.
fn self_or_supervisor(caller: &Caller, user_id: Uuid) -> Result<(), Error> {
    if user_id == caller.user_id || caller.role >= Role::Supervisor {
        return Ok(());
    }
    let name = role_name(Role::Supervisor);
    let message = format!("the attendance of others needs the role {name} or a higher one");
    Err(Error::new(Reason::RoleRequired, message).field("user_id", "is somebody else").with("role", name))
}

/// An error that says since when and where somebody is in.
fn is_in(
    books: &WorkingSet,
    caller: &Caller,
    (user, attendance): (&user::Model, &attendance::Model),
    refuse: impl FnOnce(String) -> Error,
) -> Result<Error, Stop> {
    let zone = time_zone(shop(books, caller)?)?;
    let code = &branch_of(books, attendance)?.code;
    let time = from_micros(attendance.clock_in_time);
    let since = time.with_timezone(&zone).format("%Y-%m-%d %H:%M");
    Ok(refuse(format!("{} is in at {code} since {since}", user.name))
        .with("attendance_id", attendance.id)
        .with("branch_code", code)
        .with("clock_in_time", time.to_rfc3339_opts(SecondsFormat::Micros, true)))
}

fn branch_of<'a>(books: &'a WorkingSet, attendance: &attendance::Model) -> Result<&'a branch::Model, Stop> {
    books.require(&attendance.branch_id, || Error::internal("the branch of an attendance is gone"))
}
