//! Where something is rung up: the shop, the register and its open shift.

use uuid::Uuid;

use crate::{
    access::scope::Named,
    books::{Stop, WorkingSet},
    caller::Caller,
    settings::shop,
    shifts::selling::selling_shift,
    store::entity::{business, register, shift},
};

/// Where something is rung up.
pub struct Place {
    /// The shop's settings.
    pub business: business::Model,
    /// The register.
    pub register: register::Model,
    /// Its open shift.
    pub shift: shift::Model,
}

impl Place {
    /// Finds it.
    ///
    /// # Errors
    /// What register and shift are refused for.
    pub fn find(
        books: &WorkingSet,
        caller: &Caller,
        register: &Named,
        shift_id: Option<Uuid>,
    ) -> Result<Self, Stop> {
        let register = register.register(books, caller)?.clone();
        let shift = selling_shift(books, caller, &register, shift_id)?.clone();
        Ok(Self { business: shop(books, caller)?.clone(), register, shift })
    }
}
