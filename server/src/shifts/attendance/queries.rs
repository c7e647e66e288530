//! Reading attendance.

use kassa_proto::v1::{self as pb, Role};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{convert::attendance_to_pb, self_or_supervisor};
use crate::{
    access::{named_user::NamedUser, queries::user_names, scope::Named},
    caller::Caller,
    error::Error,
    input,
    page::{Page, id_of_parts, id_parts},
    readings::Reading,
    store::entity::attendance::{self, Column},
};

/// A page of a branch's attendance, the latest to come first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `USER_NOT_FOUND`, `WRONG_BRANCH`, `ROLE_REQUIRED`.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListAttendanceRequest,
    epoch: i64,
) -> Result<pb::ListAttendanceResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("attendance", (size, &token), &request, epoch)?;
    let user = whose(database, caller, &request.user_id).await?;
    let branch = Named::parse(&request.branch_id).read_branch(database, caller).await?;
    let mut find = attendance::in_branch(branch.id)
        .order_by_desc(Column::ClockInTime)
        .order_by_desc(Column::Id)
        .limit(page.limit());
    if let Some([time, high, low]) = page.after.as_deref() {
        let id = id_of_parts([*high, *low]);
        let same_time = Condition::all().add(Column::ClockInTime.eq(*time)).add(Column::Id.lt(id));
        find = find.filter(Condition::any().add(Column::ClockInTime.lt(*time)).add(same_time));
    }
    if let Some(user) = user {
        find = find.filter(Column::UserId.eq(user));
    }
    if let Some(start) = input::time(request.start_time.as_ref(), "start_time")? {
        find = find.filter(Column::ClockInTime.gte(start));
    }
    if let Some(end) = input::time(request.end_time.as_ref(), "end_time")? {
        find = find.filter(Column::ClockInTime.lt(end));
    }
    if request.open_only {
        find = find.filter(Column::ClockOutTime.is_null());
    }
    let (rows, next_page_token) = page.cut(find.all(database).await?, |last| {
        [vec![last.clock_in_time], id_parts(last.id).to_vec()].concat()
    });
    let names = user_names(database, rows.iter().map(|row| row.user_id)).await?;
    let name = |row: &attendance::Model| names.get(&row.user_id).map(String::as_str).unwrap_or_default();
    let attendance = rows.iter().map(|row| attendance_to_pb(row, name(row), &branch.code));
    Ok(pb::ListAttendanceResponse { attendance: attendance.collect(), next_page_token })
}

/// Whose attendance may be listed; everybody's if that is nobody's in particular.
async fn whose(database: &Reading, caller: &Caller, user_id: &str) -> Result<Option<Uuid>, Error> {
    if user_id.is_empty() {
        return Ok((caller.role < Role::Supervisor).then_some(caller.user_id));
    }
    let user = NamedUser::parse(user_id)?.read(database).await?;
    self_or_supervisor(caller, user.id)?;
    Ok(Some(user.id))
}
