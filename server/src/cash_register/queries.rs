//! Reading drawers.

use std::collections::HashMap;

use kassa_proto::v1::{self as pb, CashTransferState};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    access::{queries::refuse_to_tell, scope::Named},
    books::consult,
    caller::Caller,
    drawer::convert::{drawer_to_pb, movement_to_pb, transfer_to_pb},
    error::Error,
    input,
    page::{Page, id_of_parts, id_parts},
    readings::Reading,
    settings::{currency, queries::business},
    store::entity::{
        cash_movement, cash_transfer, register,
        shift::{self, ShiftIndex},
    },
};

/// What should be in a drawer.
///
/// # Errors
/// `REGISTER_NOT_FOUND`, `WRONG_BRANCH`, `FIGURES_WITHHELD`.
pub async fn drawer(
    database: &Reading,
    caller: &Caller,
    request: &pb::GetDrawerRequest,
) -> Result<pb::GetDrawerResponse, Error> {
    refuse_to_tell(database, caller).await?;
    let named = Named::parse(&request.register_id);
    let (register, shift) = consult(
        database,
        |_, read_set| named.register_read_set(caller, read_set),
        |books| {
            let register = named.register(books, caller)?;
            let shift = books.find_one::<shift::Model>(&ShiftIndex::OpenOn(register.id))?;
            Ok((register.clone(), shift.map(|shift| shift.id)))
        },
    )
    .await?;
    let currency = currency(&business(database, caller).await?)?;
    Ok(pb::GetDrawerResponse { drawer: Some(drawer_to_pb(&register, shift, currency)) })
}

/// A page of a drawer's movements, newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `REGISTER_NOT_FOUND`, `WRONG_BRANCH`, `FIGURES_WITHHELD`.
pub async fn movements(
    database: &Reading,
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

/// A page of the branch's transfers between drawers, newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `REGISTER_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn transfers(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListTransfersRequest,
    epoch: i64,
) -> Result<pb::ListTransfersResponse, Error> {
    use cash_transfer::Column;
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("transfers", (size, &token), &request, epoch)?;
    let register = match Named::parse(&request.register_id) {
        Named::Own => None,
        named => Some(named.read_register(database, caller).await?),
    };
    let branch_id = register.as_ref().map_or(caller.branch_id, |register| register.branch_id);
    let mut find = cash_transfer::in_branch(branch_id)
        .order_by_desc(Column::SendTime)
        .order_by_desc(Column::Id)
        .limit(page.limit());
    if let Some(register) = register {
        let of = [Column::FromRegisterId, Column::ToRegisterId].map(|column| column.eq(register.id));
        find = find.filter(of.into_iter().fold(Condition::any(), Condition::add));
    }
    match CashTransferState::try_from(request.state) {
        Ok(CashTransferState::Unspecified) => {}
        Ok(state) => find = find.filter(Column::State.eq(i32::from(state))),
        Err(_) => return Err(Error::invalid("state", "is no state of a transfer")),
    }
    if let Some([time, high, low]) = page.after.as_deref() {
        let id = id_of_parts([*high, *low]);
        let same_time = Condition::all().add(Column::SendTime.eq(*time)).add(Column::Id.lt(id));
        find = find.filter(Condition::any().add(Column::SendTime.lt(*time)).add(same_time));
    }
    let (rows, next_page_token) = page
        .cut(find.all(database).await?, |last| [vec![last.send_time], id_parts(last.id).to_vec()].concat());
    let registers = register::Entity::find().filter(register::Column::BranchId.eq(branch_id));
    let registers = registers.all(database).await?.into_iter();
    let codes: HashMap<Uuid, String> = registers.map(|register| (register.id, register.code)).collect();
    let code = |id: Uuid| codes.get(&id).map(String::as_str).unwrap_or_default();
    let currency = currency(&business(database, caller).await?)?;
    let transfers = rows
        .iter()
        .map(|row| transfer_to_pb(row, (code(row.from_register_id), code(row.to_register_id)), currency));
    Ok(pb::ListTransfersResponse { transfers: transfers.collect(), next_page_token })
}
