//! Reading what is on the shelves, and what changed it.

use std::collections::HashMap;

use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, Role, StockCause},
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::{
    access::scope::Named,
    books::consult,
    caller::Caller,
    catalog::named_product::NamedProduct,
    encoding::time::stored_timestamp,
    error::Error,
    input,
    page::{Page, id_of_parts, id_parts},
    readings::Reading,
    store::entity::{order, product, purchase, stock, stock_change, stock_transfer},
};

/// The stock of one product.
///
/// # Errors
/// `INVALID_FIELD`, `PRODUCT_NOT_FOUND`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn get(
    database: &Reading,
    caller: &Caller,
    request: &pb::GetStockRequest,
) -> Result<pb::GetStockResponse, Error> {
    let place = place(database, caller, &request.branch_id, &request.product_id).await?;
    let found = stock::in_branch(place.branch_id).filter(stock::Column::ProductId.eq(place.product.id));
    let nothing = || stock::Model::nothing(place.branch_id, place.product.id);
    let row = found.one(database).await?.unwrap_or_else(nothing);
    Ok(pb::GetStockResponse { stock: Some(stock_to_pb(caller, &row, &place.product)) })
}

/// A page of what is on the shelf of a branch.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListStockRequest,
    epoch: i64,
) -> Result<pb::ListStockResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("stock", (size, &token), &request, epoch)?;
    let branch_id = Named::parse(&request.branch_id).read_branch(database, caller).await?.id;
    let mut find = stock::in_branch(branch_id).order_by_asc(stock::Column::ProductId).limit(page.limit());
    if let Some([high, low]) = page.after.as_deref() {
        find = find.filter(stock::Column::ProductId.gt(id_of_parts([*high, *low])));
    }
    if request.low_only {
        let level = Expr::col(stock::Column::LowQuantity);
        find = find.filter(Expr::col(stock::Column::Quantity).lte(level));
    }
    if !request.category.is_empty() {
        let of_category = product::Entity::find()
            .select_only()
            .column(product::Column::Id)
            .filter(product::Column::Category.eq(&request.category));
        find = find.filter(stock::Column::ProductId.in_subquery(of_category.into_query()));
    }
    let (rows, next_page_token) =
        page.cut(find.all(database).await?, |last| id_parts(last.product_id).to_vec());
    let products = products(database, rows.iter().map(|row| row.product_id)).await?;
    let stock = rows.iter().filter_map(|row| Some(stock_to_pb(caller, row, products.get(&row.product_id)?)));
    Ok(pb::ListStockResponse { stock: stock.collect(), next_page_token })
}

/// A page of what changed the stock of a product, the newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `PRODUCT_NOT_FOUND`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn changes(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListStockChangesRequest,
    epoch: i64,
) -> Result<pb::ListStockChangesResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("stock changes", (size, &token), &request, epoch)?;
    let place = place(database, caller, &request.branch_id, &request.product_id).await?;
    let mut find = stock_change::in_branch(place.branch_id)
        .filter(stock_change::Column::ProductId.eq(place.product.id))
        .order_by_desc(stock_change::Column::Sequence)
        .limit(page.limit());
    if let Some([sequence]) = page.after.as_deref() {
        find = find.filter(stock_change::Column::Sequence.lt(*sequence));
    }
    if let Some(cause) = input::filter::<StockCause>(request.cause, || "cause".to_owned())? {
        find = find.filter(stock_change::Column::Cause.eq(cause));
    }
    let (rows, next_page_token) = page.cut(find.all(database).await?, |last| vec![last.sequence]);
    let numbers = document_numbers(database, &rows).await?;
    let changes = rows.iter().map(|row| pb::StockChange {
        document_number: row.document_id.and_then(|id| numbers.get(&id).cloned()).unwrap_or_default(),
        ..change_to_pb(caller, row)
    });
    Ok(pb::ListStockChangesResponse { changes: changes.collect(), next_page_token })
}

/// The numbers of the documents that changed a stock, of those that have one.
async fn document_numbers(
    database: &Reading,
    rows: &[stock_change::Model],
) -> Result<HashMap<Uuid, String>, Error> {
    use StockCause as Cause;
    let mut numbers = HashMap::new();
    let orders = of_causes(rows, &[Cause::Sale, Cause::Refund, Cause::Void]);
    let columns = [order::Column::Id, order::Column::ReceiptNumber];
    numbers.extend(numbers_of::<order::Entity>(database, orders, columns).await?);
    let purchases = of_causes(rows, &[Cause::Purchase, Cause::PurchaseCancelled]);
    let columns = [purchase::Column::Id, purchase::Column::Number];
    numbers.extend(numbers_of::<purchase::Entity>(database, purchases, columns).await?);
    let transfers = of_causes(rows, &[Cause::TransferOut, Cause::TransferIn, Cause::TransferBack]);
    let columns = [stock_transfer::Column::Id, stock_transfer::Column::Number];
    numbers.extend(numbers_of::<stock_transfer::Entity>(database, transfers, columns).await?);
    Ok(numbers)
}

/// The documents that changed a stock for one of these causes.
fn of_causes(rows: &[stock_change::Model], causes: &[StockCause]) -> Vec<Uuid> {
    let rows = rows.iter().filter(|row| causes.iter().any(|cause| row.cause == i32::from(*cause)));
    rows.filter_map(|row| row.document_id).collect()
}

/// The numbers of some documents of one kind; without any, its table is not asked.
async fn numbers_of<E: EntityTrait>(
    database: &Reading,
    ids: Vec<Uuid>,
    [id, number]: [E::Column; 2],
) -> Result<Vec<(Uuid, String)>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let find = E::find().filter(id.is_in(ids)).select_only().columns([id, number]);
    Ok(find.into_tuple().all(database).await?)
}

/// A product at a branch that the caller may name.
struct Place {
    branch_id: Uuid,
    product: product::Model,
}

async fn place(database: &Reading, caller: &Caller, branch: &str, product: &str) -> Result<Place, Error> {
    let path = || "product_id".to_owned();
    let (branch, product) = (Named::parse(branch), NamedProduct::parse(product, path)?);
    consult(
        database,
        |_, read_set| {
            branch.branch_read_set(caller, read_set);
            product.read_set(read_set);
        },
        |books| {
            let branch_id = branch.branch(books, caller)?.id;
            Ok(Place { branch_id, product: product.product(books, path)?.clone() })
        },
    )
    .await
}

/// Products by their ids.
///
/// # Errors
/// What the database fails with.
pub async fn products(
    database: &Reading,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, product::Model>, Error> {
    let rows = product::Entity::find().filter(product::Column::Id.is_in(ids)).all(database).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

fn stock_to_pb(caller: &Caller, row: &stock::Model, product: &product::Model) -> pb::ProductStock {
    let decimal = |thousandths| pb::Decimal::from(Quantity::from_thousandths(thousandths));
    pb::ProductStock {
        product_id: product.id.to_string(),
        sku: product.sku.clone(),
        name: product.name.clone(),
        unit: product.unit.clone(),
        branch_id: row.branch_id.to_string(),
        quantity: Some(decimal(row.quantity)),
        low_quantity: row.low_quantity.map(decimal),
        low: row.low_quantity.is_some_and(|low| row.quantity <= low),
        average_cost_minor: shown_cost(caller, row.average_cost),
        change_count: row.change_count,
    }
}

fn change_to_pb(caller: &Caller, row: &stock_change::Model) -> pb::StockChange {
    let decimal = |thousandths| pb::Decimal::from(Quantity::from_thousandths(thousandths));
    pb::StockChange {
        branch_id: row.branch_id.to_string(),
        product_id: row.product_id.to_string(),
        sequence: row.sequence,
        cause: row.cause,
        quantity: Some(decimal(row.quantity)),
        balance: Some(decimal(row.balance)),
        average_cost_minor: shown_cost(caller, row.average_cost),
        document_id: row.document_id.map(|id| id.to_string()).unwrap_or_default(),
        reason: row.reason.clone(),
        create_time: Some(stored_timestamp(row.create_time)),
        document_number: String::new(),
    }
}

/// What goods cost is not for everybody who sells them.
fn shown_cost(caller: &Caller, average: Option<i64>) -> Option<pb::Decimal> {
    let average = average.filter(|_| caller.role >= Role::Supervisor)?;
    Some(Quantity::from_thousandths(average).into())
}
