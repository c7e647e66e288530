//! The shift that sales and refunds go into.

use kassa_proto::v1::{ErrorReason as Reason, ShiftState};
use uuid::Uuid;

use crate::{
    access::scope::at_its_register,
    books::{ReadSet, Stop, WorkingSet},
    caller::Caller,
    counters,
    error::Error,
    store::entity::{
        register,
        shift::{self, ShiftIndex},
    },
};

/// Names what [`selling_shift`] needs.
pub fn read_set(known: &WorkingSet, register_id: Uuid, shift_id: Option<Uuid>, read_set: &mut ReadSet) {
    let open = ShiftIndex::OpenOn(register_id);
    let shift = match shift_id {
        Some(id) => known.known::<shift::Model>(&id),
        None => known.known_all::<shift::Model>(&open).into_iter().next(),
    };
    if let Some(shift) = shift {
        counters::read_set(shift.id, read_set);
    }
    match shift_id {
        Some(id) => read_set.row::<shift::Model>(id),
        None => read_set.all::<shift::Model>(open),
    }
}

/// The shift that is named, or the register's open one, where the caller may work in it.
///
/// # Errors
/// `WRONG_BRANCH`, `NO_OPEN_SHIFT`, `SHIFT_NOT_FOUND`, `SHIFT_ENDED`; `INVALID_FIELD` if it is another register's.
pub fn selling_shift<'a>(
    books: &'a WorkingSet,
    caller: &Caller,
    register: &register::Model,
    shift_id: Option<Uuid>,
) -> Result<&'a shift::Model, Stop> {
    at_its_register(caller, register.id)?;
    let Some(id) = shift_id else {
        let open = books.find_one::<shift::Model>(&ShiftIndex::OpenOn(register.id))?;
        return open.ok_or_else(|| no_open_shift(&register.code).into());
    };
    let shift = books.require::<shift::Model>(&id, || {
        Error::of_field(Reason::ShiftNotFound, "shift_id", format!("there is no shift {id}"))
    })?;
    if shift.register_id != register.id {
        return Err(Error::invalid("shift_id", "belongs to another register").into());
    }
    still_open(shift)?;
    Ok(shift)
}

/// Refuses a shift that takes nothing more.
///
/// # Errors
/// `SHIFT_ENDED`.
pub fn still_open(shift: &shift::Model) -> Result<(), Error> {
    match ShiftState::try_from(shift.state) {
        Ok(ShiftState::Open) => Ok(()),
        Ok(ShiftState::Ended | ShiftState::Closed | ShiftState::Unspecified) | Err(_) => {
            let message = format!("the shift {} takes no more sales", shift.number);
            Err(Error::new(Reason::ShiftEnded, message).with("shift_number", &shift.number))
        }
    }
}

/// The register takes no sales now.
pub fn no_open_shift(register_code: &str) -> Error {
    let message = format!("no shift is open on register {register_code}; open one first");
    Error::new(Reason::NoOpenShift, message).with("register", register_code)
}
