//! Where a shop counts blind, what should be in a drawer is told to nobody below a supervisor before the drawer is
//! counted.

use kassa_proto::v1::Role;

use crate::{
    caller::Caller,
    store::entity::{business, shift},
};

/// Whether the figures that tell what is expected in the drawer are withheld: the shop counts blind, the
/// shift is not closed, and the caller is no supervisor.
pub fn withheld_from(caller: &Caller, business: &business::Model, shift: &shift::Model) -> bool {
    business.blind_close && shift.close_time.is_none() && caller.role < Role::Supervisor
}
