//! Reading drawers.

use kassa_proto::v1 as pb;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};

use super::convert::movement_to_pb;
use crate::{
    access::scope::Named,
    admin::{queries::business, settings::currency},
    books::{Caller, consult},
    error::Error,
    input,
    page::Page,
    shifts::queries::refuse_to_tell,
    store::entity::{
        cash_movement,
        shift::{self, ShiftIndex},
    },
};

/// What should be in a drawer.
///
/// # Errors
/// `REGISTER_NOT_FOUND`, `WRONG_BRANCH`, `FIGURES_WITHHELD`.
pub async fn drawer(
    database: &impl ConnectionTrait,
    caller: &Caller,
    request: &pb::GetDrawerRequest,
) -> Result<pb::GetDrawerResponse, Error> {
    refuse_to_tell(database, caller).await?;
    let named = Named::parse(&request.register_id);
    let (register, shift) = consult(
        database,
        |_, needs| named.register_needs(caller, needs),
        |books| {
            let register = named.register(books, caller)?;
            let shift = books.find_one::<shift::Model>(&ShiftIndex::OpenOn(register.id))?;
            Ok((register.clone(), shift.map(|shift| shift.id.to_string())))
        },
    )
    .await?;
    let currency = currency(&business(database, caller).await?)?;
    let drawer = pb::Drawer {
        register_id: register.id.to_string(),
        balance: Some(pb::Money::new(currency, register.drawer_balance)),
        shift_id: shift.unwrap_or_default(),
        register_code: register.code,
        movement_count: register.last_movement_sequence,
    };
    Ok(pb::GetDrawerResponse { drawer: Some(drawer) })
}

/// A page of a drawer's movements, newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `REGISTER_NOT_FOUND`, `WRONG_BRANCH`, `FIGURES_WITHHELD`.
pub async fn movements(
    database: &impl ConnectionTrait,
    caller: &Caller,
    mut request: pb::ListMovementsRequest,
    epoch: i64,
) -> Result<pb::ListMovementsResponse, Error> {
    refuse_to_tell(database, caller).await?;
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("movements", (size, &token), &request, epoch)?;
    let named = Named::parse(&request.register_id);
    let register = named.read_register(database, caller).await?;
    let mut find = cash_movement::in_branch(register.branch_id)
        .filter(cash_movement::Column::RegisterId.eq(register.id))
        .order_by_desc(cash_movement::Column::Sequence)
        .limit(page.limit());
    if let Some(sequence) = page.after.as_ref().and_then(|after| after.first()) {
        find = find.filter(cash_movement::Column::Sequence.lt(*sequence));
    }
    if let Some(shift) = input::id(&request.shift_id, || "shift_id".to_owned())? {
        find = find.filter(cash_movement::Column::ShiftId.eq(shift));
    }
    let (rows, next_page_token) = page.cut(find.all(database).await?, |row| vec![row.sequence]);
    let currency = currency(&business(database, caller).await?)?;
    let movements = rows.iter().map(|row| movement_to_pb(row, currency)).collect();
    Ok(pb::ListMovementsResponse { movements, next_page_token })
}
