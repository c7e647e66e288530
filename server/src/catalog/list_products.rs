//! A terminal's way to keep a copy of the catalogue: what changed since a version, page by page.
//!
//! A product changes for a branch when it is written, and when its price there is. It stands in the list
//! once, where the later of the two is: what changes while pages are read comes again behind them.

use std::collections::HashMap;

use kassa_proto::v1 as pb;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::{parts, version_text};
use crate::{
    access::scope::Named,
    caller::Caller,
    error::Error,
    page::{Page, changed_since, id_of_parts, id_parts},
    readings::Reading,
    settings::{currency, queries::business},
    store::entity::{branch_price, product},
};

/// Where a product stands in the list: at the version of its last change, among others by its id.
type Place = (i64, Uuid);

/// A page of the products that changed after a version, in the order of their last change.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListProductsRequest,
) -> Result<pb::ListProductsResponse, Error> {
    // Read before the products: what changes in between comes once more with the next version.
    let business = business(database, caller).await?;
    let catalog_version = version_text(&business);
    let since = changed_since(&request.changed_since, business.epoch)?;
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("products", (size, &token), &request, business.epoch)?;
    let branch_id = Named::parse(&request.branch_id).read_branch(database, caller).await?.id;
    let after = match page.after.as_deref() {
        Some([version, high, low]) => (*version, id_of_parts([*high, *low])),
        _ => (since, Uuid::max()),
    };
    let mut places = written(database, branch_id, after, page.limit()).await?;
    places.extend(priced(database, branch_id, after, page.limit()).await?);
    places.sort_unstable();
    let (places, next_page_token) = page.cut(places, |(version, id)| {
        let [high, low] = id_parts(*id);
        vec![*version, high, low]
    });
    let ids: Vec<Uuid> = places.into_iter().map(|(_, id)| id).collect();
    let stock =
        if request.include_stock { parts::stock(database, branch_id, &ids).await? } else { Vec::new() };
    let rows = product::Entity::find().filter(product::Column::Id.is_in(ids.iter().copied()));
    let mut rows: HashMap<Uuid, product::Model> =
        rows.all(database).await?.into_iter().map(|row| (row.id, row)).collect();
    let rows = ids.iter().filter_map(|id| rows.remove(id)).collect();
    let products = parts::products(database, branch_id, rows, currency(&business)?).await?;
    Ok(pb::ListProductsResponse { products, next_page_token, catalog_version, stock })
}

/// Products that were written after a place, but those whose price at the branch was written later.
async fn written(database: &Reading, branch_id: Uuid, after: Place, limit: u64) -> Result<Vec<Place>, Error> {
    let price_is_later = branch_price::in_branch(branch_id)
        .select_only()
        .column(branch_price::Column::ProductId)
        .filter(column(branch_price::Column::ProductId).eq(column(product::Column::Id)))
        .filter(column(branch_price::Column::Version).gt(column(product::Column::Version)))
        .into_query();
    let find = product::Entity::find().filter(Expr::exists(price_is_later).not());
    places(find, (product::Column::Version, product::Column::Id), after, limit, database).await
}

/// Products whose price at the branch was written after a place, and after the product itself.
async fn priced(database: &Reading, branch_id: Uuid, after: Place, limit: u64) -> Result<Vec<Place>, Error> {
    let product_is_earlier = product::Entity::find()
        .select_only()
        .column(product::Column::Id)
        .filter(column(product::Column::Id).eq(column(branch_price::Column::ProductId)))
        .filter(column(product::Column::Version).lt(column(branch_price::Column::Version)))
        .into_query();
    let find = branch_price::in_branch(branch_id).filter(Expr::exists(product_is_earlier));
    places(find, (branch_price::Column::Version, branch_price::Column::ProductId), after, limit, database)
        .await
}

/// A column with its table: these queries have two.
fn column(column: impl ColumnTrait) -> Expr {
    Expr::col(column.as_column_ref())
}

/// The first places after one, by an index over version and id.
async fn places<E: EntityTrait>(
    find: Select<E>,
    (version, id): (E::Column, E::Column),
    after: Place,
    limit: u64,
    database: &Reading,
) -> Result<Vec<Place>, Error> {
    let find = find
        .select_only()
        .column(version)
        .column(id)
        .filter(version.gte(after.0))
        .filter(Condition::any().add(version.gt(after.0)).add(id.gt(after.1)))
        .order_by_asc(version)
        .order_by_asc(id)
        .limit(limit);
    Ok(find.into_tuple().all(database).await?)
}
