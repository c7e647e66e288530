//! Which shift a request means, and who may do something to it: its owner, or a supervisor.

use kassa_proto::v1::ErrorReason as Reason;
use uuid::Uuid;

use super::selling::no_open_shift;
use crate::{
    access::scope::{Named, at_its_register, is_owners_or_supervisors},
    books::{ReadSet, Stop, WorkingSet},
    caller::Caller,
    error::Error,
    input,
    store::entity::shift::{self, ShiftIndex},
};

/// A shift as a request names it: by its id, or as the one of a register.
#[derive(Clone, Debug)]
pub struct NamedShift {
    id: Option<Uuid>,
    register: Named,
}

impl NamedShift {
    /// Reads a `shift_id` and a `register_id`.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(shift_id: &str, register_id: &str) -> Result<Self, Error> {
        let id = input::id(shift_id, || "shift_id".to_owned())?;
        Ok(Self { id, register: Named::parse(register_id) })
    }

    /// The shift of this id.
    pub fn of_id(id: Uuid) -> Self {
        Self { id: Some(id), register: Named::Own }
    }

    /// Names what [`NamedShift::open`] and [`NamedShift::unclosed`] need.
    pub fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        match self.id {
            Some(id) => read_set.row::<shift::Model>(id),
            None => {
                self.register.register_read_set(caller, read_set);
                if let Some(register) = self.register.known_register(known, caller) {
                    read_set.all::<shift::Model>(ShiftIndex::OpenOn(register.id));
                    read_set.all::<shift::Model>(ShiftIndex::UncountedOn(register.id));
                }
            }
        }
    }

    /// The shift, if it is loaded: for naming further needs.
    pub fn known<'a>(&self, known: &'a WorkingSet, caller: &Caller) -> Option<&'a shift::Model> {
        if let Some(id) = self.id {
            return known.known(&id);
        }
        let register = self.register.known_register(known, caller)?;
        let of = |index| known.known_all::<shift::Model>(&index).into_iter().next();
        of(ShiftIndex::OpenOn(register.id)).or_else(|| of(ShiftIndex::UncountedOn(register.id)))
    }

    /// The shift that is named, in whatever state, or the register's open one.
    ///
    /// # Errors
    /// `SHIFT_NOT_FOUND`, `NO_OPEN_SHIFT`, `REGISTER_NOT_FOUND`, `WRONG_BRANCH`.
    pub fn open<'a>(&self, books: &'a WorkingSet, caller: &Caller) -> Result<&'a shift::Model, Stop> {
        if let Some(id) = self.id {
            return by_id(books, caller, id);
        }
        let register = self.register.register(books, caller)?;
        let open = books.find_one::<shift::Model>(&ShiftIndex::OpenOn(register.id))?;
        open.ok_or_else(|| no_open_shift(&register.code).into())
    }

    /// The shift that is named, in whatever state, or the register's open one, or the one of the register
    /// that has ended and waits for its count.
    ///
    /// # Errors
    /// As [`NamedShift::open`].
    pub fn unclosed<'a>(&self, books: &'a WorkingSet, caller: &Caller) -> Result<&'a shift::Model, Stop> {
        if let Some(id) = self.id {
            return by_id(books, caller, id);
        }
        let register = self.register.register(books, caller)?;
        for index in [ShiftIndex::OpenOn(register.id), ShiftIndex::UncountedOn(register.id)] {
            if let Some(shift) = books.find_one::<shift::Model>(&index)? {
                return Ok(shift);
            }
        }
        Err(no_open_shift(&register.code).into())
    }
}

fn by_id<'a>(books: &'a WorkingSet, caller: &Caller, id: Uuid) -> Result<&'a shift::Model, Stop> {
    let missing = || Error::of_field(Reason::ShiftNotFound, "shift_id", format!("there is no shift {id}"));
    let shift = books.require::<shift::Model>(&id, missing)?;
    // Another branch's shift is as good as none.
    if shift.branch_id == caller.branch_id { Ok(shift) } else { Err(missing().into()) }
}

/// Refuses whoever is neither the shift's owner, at its register, nor a supervisor.
///
/// # Errors
/// `NOT_YOUR_SHIFT`, `WRONG_BRANCH`.
pub fn owner_or_supervisor(caller: &Caller, shift: &shift::Model) -> Result<(), Error> {
    at_its_register(caller, shift.register_id)?;
    if is_owners_or_supervisors(caller, shift) {
        return Ok(());
    }
    let message = format!("the shift {} is another user's; ask a supervisor", shift.number);
    Err(Error::new(Reason::NotYourShift, message).with("shift_number", &shift.number))
}

/// Refuses a change of another version than the one that was read; zero is any.
///
/// # Errors
/// `VERSION_MISMATCH` with the current one.
pub fn same_version(expected: i64, shift: &shift::Model) -> Result<(), Error> {
    if expected == 0 || expected == shift.version {
        return Ok(());
    }
    let message = format!("the shift is at version {}, not {expected}; read it again", shift.version);
    Err(Error::new(Reason::VersionMismatch, message)
        .field("expected_version", format!("is {} now", shift.version))
        .with("current_version", shift.version))
}

/// Refuses a version that no shift has.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn version(expected: i64) -> Result<i64, Error> {
    if expected < 0 { Err(Error::invalid("expected_version", "must not be negative")) } else { Ok(expected) }
}
