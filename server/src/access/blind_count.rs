//! Where a shop counts blind, what should be in a drawer is told to nobody below a supervisor before the drawer is
//! counted.

use kassa_proto::v1::{ErrorReason as Reason, Role};

use crate::{
    caller::Caller,
    error::Error,
    readings::Reading,
    settings::business,
    store::entity::{business, shift},
};

/// Whether the figures that tell what is expected in the drawer are withheld: the shop counts blind, the
/// shift is not closed, and the caller is no supervisor.
pub fn withheld_from(caller: &Caller, business: &business::Model, shift: &shift::Model) -> bool {
    business.blind_close && shift.close_time.is_none() && caller.role < Role::Supervisor
}

/// Refuses whoever may not see what is in a drawer before it is counted.
///
/// # Errors
/// `FIGURES_WITHHELD`.
pub async fn refuse_to_tell(database: &Reading, caller: &Caller) -> Result<(), Error> {
    if caller.role >= Role::Supervisor || !business(database, caller).await?.blind_close {
        return Ok(());
    }
    let message = "this shop counts blind: ask a supervisor what should be in the drawer";
    Err(Error::new(Reason::FiguresWithheld, message))
}
