//! Reading shifts.

use kassa_proto::v1 as pb;
use sea_orm::ConnectionTrait;

use super::{convert::shift_to_pb, selling::no_open_shift};
use crate::{
    access::scope::Named,
    admin::{queries::business, settings::currency},
    books::{Caller, consult},
    error::Error,
    store::entity::shift::{self, ShiftIndex},
};

/// The shift that is open on a register.
///
/// # Errors
/// `REGISTER_NOT_FOUND`, `WRONG_BRANCH`, `NO_OPEN_SHIFT`.
pub async fn current(
    database: &impl ConnectionTrait,
    caller: &Caller,
    request: &pb::GetCurrentShiftRequest,
) -> Result<pb::GetCurrentShiftResponse, Error> {
    let named = Named::parse(&request.register_id);
    let shift = consult(
        database,
        |_, needs| named.register_needs(caller, needs),
        |books| {
            let register = named.register(books, caller)?;
            let open = books.find_one::<shift::Model>(&ShiftIndex::OpenOn(register.id))?;
            Ok(open.ok_or_else(|| no_open_shift(&register.code))?.clone())
        },
    )
    .await?;
    let currency = currency(&business(database, caller).await?)?;
    Ok(pb::GetCurrentShiftResponse { shift: Some(shift_to_pb(&shift, currency)) })
}
