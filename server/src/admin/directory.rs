//! Reading branches, registers, users and terminals.

use std::collections::HashMap;

use kassa_proto::v1 as pb;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::{
    access::{
        convert::{branch_to_pb, register_to_pb, terminal_to_pb, user_to_pb},
        scope::Named,
    },
    caller::Caller,
    error::Error,
    page::{Page, id_of_parts, id_parts},
    readings::Reading,
    store::entity::{branch, register, terminal, user},
};

/// A page of a list in the order of the rows' ids: the oldest first.
async fn by_id<E, M>(
    database: &Reading,
    mut find: Select<E>,
    id: E::Column,
    page: &Page,
    id_of: impl Fn(&M) -> Uuid,
) -> Result<(Vec<M>, String), Error>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Send + Sync,
{
    if let Some([high, low]) = page.after.as_deref() {
        find = find.filter(id.gt(id_of_parts([*high, *low])));
    }
    let rows = find.order_by_asc(id).limit(page.limit()).all(database).await?;
    Ok(page.cut(rows, |last| id_parts(id_of(last)).to_vec()))
}

/// A page of the business's branches.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`.
pub async fn branches(
    database: &Reading,
    caller: &Caller,
    request: pb::ListBranchesRequest,
    epoch: i64,
) -> Result<pb::ListBranchesResponse, Error> {
    let size_and_token = (request.page_size, request.page_token.as_str());
    let page = Page::parse("branches", size_and_token, &pb::ListBranchesRequest::default(), epoch)?;
    let find = branch::of_business(caller.business_id);
    let (rows, next_page_token) =
        by_id(database, find, branch::Column::Id, &page, |row: &branch::Model| row.id).await?;
    Ok(pb::ListBranchesResponse { branches: rows.iter().map(branch_to_pb).collect(), next_page_token })
}

/// A page of a branch's registers.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn registers(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListRegistersRequest,
    epoch: i64,
) -> Result<pb::ListRegistersResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("registers", (size, &token), &request, epoch)?;
    let branch = Named::parse(&request.branch_id).read_branch(database, caller).await?;
    let find = register::in_branch(branch.id);
    let (rows, next_page_token) =
        by_id(database, find, register::Column::Id, &page, |row: &register::Model| row.id).await?;
    let registers = rows.iter().map(|row| register_to_pb(row, &branch.code)).collect();
    Ok(pb::ListRegistersResponse { registers, next_page_token })
}

/// One register.
///
/// # Errors
/// `REGISTER_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn register(
    database: &Reading,
    caller: &Caller,
    request: &pb::GetRegisterRequest,
) -> Result<pb::GetRegisterResponse, Error> {
    let register = Named::parse(&request.register_id).read_register(database, caller).await?;
    let branch = Named::Id(register.branch_id).read_branch(database, caller).await?;
    Ok(pb::GetRegisterResponse { register: Some(register_to_pb(&register, &branch.code)) })
}

/// A page of the business's users.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`.
pub async fn users(
    database: &Reading,
    caller: &Caller,
    request: pb::ListUsersRequest,
    epoch: i64,
) -> Result<pb::ListUsersResponse, Error> {
    let size_and_token = (request.page_size, request.page_token.as_str());
    let page = Page::parse("users", size_and_token, &pb::ListUsersRequest::default(), epoch)?;
    let find = user::of_business(caller.business_id);
    let (rows, next_page_token) =
        by_id(database, find, user::Column::Id, &page, |row: &user::Model| row.id).await?;
    Ok(pb::ListUsersResponse { users: rows.iter().map(user_to_pb).collect(), next_page_token })
}

/// A page of a branch's terminals.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn terminals(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListTerminalsRequest,
    epoch: i64,
) -> Result<pb::ListTerminalsResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("terminals", (size, &token), &request, epoch)?;
    let branch = Named::parse(&request.branch_id).read_branch(database, caller).await?;
    let registers = register::in_branch(branch.id).all(database).await?;
    let registers: HashMap<Uuid, register::Model> =
        registers.into_iter().map(|register| (register.id, register)).collect();
    let mut find = terminal::Entity::find()
        .filter(terminal::Column::RegisterId.is_in(registers.keys().copied().collect::<Vec<_>>()));
    if !request.include_revoked {
        find = find.filter(terminal::Column::RevokeTime.is_null());
    }
    let (rows, next_page_token) =
        by_id(database, find, terminal::Column::Id, &page, |row: &terminal::Model| row.id).await?;
    let terminals = rows.iter().filter_map(|row| Some(terminal_to_pb(row, registers.get(&row.register_id)?)));
    Ok(pb::ListTerminalsResponse { terminals: terminals.collect(), next_page_token })
}
