//! Reading purchases.

use kassa_proto::v1::{self as pb, PurchaseState};
use sea_orm::{ColumnTrait, Condition, Iterable, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{not_found, purchase_to_pb};
use crate::{
    access::scope::Named,
    caller::Caller,
    error::Error,
    input,
    page::{Page, id_of_parts, id_parts},
    readings::Reading,
    search::contains,
    settings::{currency, queries::business},
    store::entity::purchase::{self, Column},
};

const NUMBER: usize = 64;
const SUPPLIER: usize = 200;

/// One purchase with its lines.
///
/// # Errors
/// `INVALID_FIELD`, `PURCHASE_NOT_FOUND`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn get(
    database: &Reading,
    caller: &Caller,
    request: pb::GetPurchaseRequest,
) -> Result<pb::GetPurchaseResponse, Error> {
    let id = input::id(&request.purchase_id, || "purchase_id".to_owned())?;
    let number = input::sought(request.number, NUMBER, || "number".to_owned())?;
    let branch_id = Named::parse(&request.branch_id).read_branch(database, caller).await?.id;
    let find = purchase::in_branch(branch_id);
    let (find, named) = match id {
        Some(id) => (find.filter(Column::Id.eq(id)), id.to_string()),
        None if number.is_empty() => return Err(Error::invalid("purchase_id", "give it, or the number")),
        None => (find.filter(Column::Number.eq(&number)), number),
    };
    let row = find.one(database).await?.ok_or_else(|| not_found(&named))?;
    let currency = currency(&business(database, caller).await?)?;
    Ok(pb::GetPurchaseResponse { purchase: Some(purchase_to_pb(&row, currency)?) })
}

/// A page of a branch's purchases without their lines, newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListPurchasesRequest,
    epoch: i64,
) -> Result<pb::ListPurchasesResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("purchases", (size, &token), &request, epoch)?;
    let wanted = wanted(&request)?;
    let branch_id = Named::parse(&request.branch_id).read_branch(database, caller).await?.id;
    let mut find = purchase::in_branch(branch_id)
        .filter(wanted)
        // Five hundred purchases of five hundred lines would be too much for an answer.
        .select_only()
        .columns(Column::iter().filter(|column| !matches!(column, Column::Lines)))
        .column_as(Expr::value(Vec::<u8>::new()), Column::Lines)
        .order_by_desc(Column::CreateTime)
        .order_by_desc(Column::Id)
        .limit(page.limit());
    if let Some([time, high, low]) = page.after.as_deref() {
        let id = id_of_parts([*high, *low]);
        let same_time = Condition::all().add(Column::CreateTime.eq(*time)).add(Column::Id.lt(id));
        find = find.filter(Condition::any().add(Column::CreateTime.lt(*time)).add(same_time));
    }
    let place = |time: i64, id: Uuid| [vec![time], id_parts(id).to_vec()].concat();
    let rows = find.all(database).await?;
    let (rows, next_page_token) = page.cut(rows, |last| place(last.create_time, last.id));
    let currency = currency(&business(database, caller).await?)?;
    let purchases = rows.iter().map(|row| purchase_to_pb(row, currency)).collect::<Result<_, _>>()?;
    Ok(pb::ListPurchasesResponse { purchases, next_page_token })
}

/// What the filters of a list name.
fn wanted(request: &pb::ListPurchasesRequest) -> Result<Condition, Error> {
    let mut wanted = Condition::all();
    match PurchaseState::try_from(request.state) {
        Ok(PurchaseState::Unspecified) => {}
        Ok(state) => wanted = wanted.add(Column::State.eq(i32::from(state))),
        Err(_) => return Err(Error::invalid("state", "is no state of a purchase")),
    }
    let supplier = input::sought(request.supplier.clone(), SUPPLIER, || "supplier".to_owned())?;
    if !supplier.is_empty() {
        wanted = wanted.add(contains(Column::SupplierKey, &supplier.to_lowercase()));
    }
    if let Some(start) = input::time(request.start_time.as_ref(), "start_time")? {
        wanted = wanted.add(Column::CreateTime.gte(start));
    }
    if let Some(end) = input::time(request.end_time.as_ref(), "end_time")? {
        wanted = wanted.add(Column::CreateTime.lt(end));
    }
    Ok(wanted)
}
