//! Reading counts.

use kassa_proto::v1::{self as pb, Role, StockCountState};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect};

use super::{
    convert::{blind, count_to_pb, line_to_pb},
    not_found,
};
use crate::{
    access::scope::Named,
    caller::Caller,
    error::Error,
    input,
    page::{Page, id_of_parts, id_parts},
    readings::Reading,
    stock::queries::products,
    store::entity::{
        stock_count::{self, Column},
        stock_count_line,
    },
};

/// A count with its lines. While it is open, cashiers count blind.
///
/// # Errors
/// `INVALID_FIELD`, `STOCK_COUNT_NOT_FOUND`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn get(
    database: &Reading,
    caller: &Caller,
    request: &pb::GetStockCountRequest,
) -> Result<pb::GetStockCountResponse, Error> {
    let id = input::id(&request.count_id, || "count_id".to_owned())?;
    let branch = Named::parse(&request.branch_id).read_branch(database, caller).await?;
    let of_branch = stock_count::in_branch(branch.id);
    let find = match id {
        Some(id) => of_branch.filter(Column::Id.eq(id)),
        None => of_branch.filter(Column::State.eq(i32::from(StockCountState::Open))),
    };
    let name = if id.is_none() { "that is open" } else { &request.count_id };
    let count = find.one(database).await?.ok_or_else(|| not_found(name))?;

    let of_count = stock_count_line::of_count(count.id);
    let rows = of_count.order_by_asc(stock_count_line::Column::ProductId).all(database).await?;
    let products = products(database, rows.iter().map(|row| row.product_id)).await?;
    let is_blind = count.is_open() && caller.role < Role::Supervisor;
    let lines = rows.iter().filter_map(|row| {
        let line = line_to_pb(row, products.get(&row.product_id)?);
        Some(if is_blind { blind(line) } else { line })
    });
    let count = pb::StockCount { lines: lines.collect(), ..count_to_pb(&count) };
    Ok(pb::GetStockCountResponse { count: Some(count) })
}

/// A page of the counts of a branch, the newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListStockCountsRequest,
    epoch: i64,
) -> Result<pb::ListStockCountsResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("stock counts", (size, &token), &request, epoch)?;
    let branch = Named::parse(&request.branch_id).read_branch(database, caller).await?;
    let mut find = stock_count::in_branch(branch.id)
        .order_by_desc(Column::StartTime)
        .order_by_desc(Column::Id)
        .limit(page.limit());
    match StockCountState::try_from(request.state) {
        Ok(StockCountState::Unspecified) => {}
        Ok(state) => find = find.filter(Column::State.eq(i32::from(state))),
        Err(_) => return Err(Error::invalid("state", "is no state of a stock count")),
    }
    if let Some([time, high, low]) = page.after.as_deref() {
        let id = id_of_parts([*high, *low]);
        let same_time = Condition::all().add(Column::StartTime.eq(*time)).add(Column::Id.lt(id));
        find = find.filter(Condition::any().add(Column::StartTime.lt(*time)).add(same_time));
    }
    let (rows, next_page_token) = page.cut(find.all(database).await?, |last| {
        let [high, low] = id_parts(last.id);
        vec![last.start_time, high, low]
    });
    let counts = rows.iter().map(count_to_pb).collect();
    Ok(pb::ListStockCountsResponse { counts, next_page_token })
}
