//! Reading adjustments.

use kassa_proto::v1::{self as pb, ErrorReason as Reason};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::convert::{adjustment_to_pb, header_to_pb};
use crate::{
    access::scope::Named,
    caller::Caller,
    error::Error,
    input,
    page::{Page, id_of_parts, id_parts},
    readings::Reading,
    settings::{currency, queries::business},
    store::entity::stock_adjustment::{self, Column},
};

/// An adjustment with its lines.
///
/// # Errors
/// `INVALID_FIELD`, `STOCK_ADJUSTMENT_NOT_FOUND`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn get(
    database: &Reading,
    caller: &Caller,
    request: &pb::GetStockAdjustmentRequest,
) -> Result<pb::GetStockAdjustmentResponse, Error> {
    let id = input::required_id(&request.adjustment_id, || "adjustment_id".to_owned())?;
    let branch = Named::parse(&request.branch_id).read_branch(database, caller).await?;
    let found = stock_adjustment::in_branch(branch.id).filter(Column::Id.eq(id)).one(database).await?;
    let row = found.ok_or_else(|| not_found(id))?;
    let currency = currency(&business(database, caller).await?)?;
    Ok(pb::GetStockAdjustmentResponse { adjustment: Some(adjustment_to_pb(&row, currency)?) })
}

/// A page of the adjustments of a branch, the newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListStockAdjustmentsRequest,
    epoch: i64,
) -> Result<pb::ListStockAdjustmentsResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("stock adjustments", (size, &token), &request, epoch)?;
    let branch = Named::parse(&request.branch_id).read_branch(database, caller).await?;
    let mut find = stock_adjustment::in_branch(branch.id)
        .order_by_desc(Column::CreateTime)
        .order_by_desc(Column::Id)
        .limit(page.limit());
    if let Some([time, high, low]) = page.after.as_deref() {
        let id = id_of_parts([*high, *low]);
        let same_time = Condition::all().add(Column::CreateTime.eq(*time)).add(Column::Id.lt(id));
        find = find.filter(Condition::any().add(Column::CreateTime.lt(*time)).add(same_time));
    }
    let (rows, next_page_token) = page.cut(find.all(database).await?, |last| {
        let [high, low] = id_parts(last.id);
        vec![last.create_time, high, low]
    });
    let currency = currency(&business(database, caller).await?)?;
    let adjustments = rows.iter().map(|row| header_to_pb(row, currency)).collect();
    Ok(pb::ListStockAdjustmentsResponse { adjustments, next_page_token })
}

/// There is no such adjustment, or not in this branch.
fn not_found(id: Uuid) -> Error {
    let message = format!("there is no adjustment {id}");
    Error::of_field(Reason::StockAdjustmentNotFound, "adjustment_id", message)
}
