//! Reading the catalogue.

use std::collections::HashMap;

use kassa_proto::v1::{self as pb, ErrorReason as Reason};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Asterisk, Expr, Func},
};
use uuid::Uuid;

use super::{convert::branch_price_to_pb, named_product::NamedProduct, parts};
use crate::{
    access::scope::Named,
    books::{ReadSet, WorkingSet, consult},
    caller::Caller,
    error::Error,
    input,
    page::{Page, id_of_parts, id_parts, text_of_parts, text_parts},
    readings::Reading,
    settings::{currency, queries::business, shop},
    store::entity::{branch_price, business, product},
};

/// Reads one product with its stock at the caller's branch.
///
/// # Errors
/// `INVALID_FIELD`, `PRODUCT_NOT_FOUND`.
pub async fn get(
    database: &Reading,
    caller: &Caller,
    request: pb::GetProductRequest,
) -> Result<pb::GetProductResponse, Error> {
    let find = match input::id(&request.product_id, || "product_id".to_owned())? {
        Some(id) => product::Entity::find_by_id(id),
        None if request.sku.is_empty() => {
            return Err(Error::invalid("product_id", "give a product_id or an sku"));
        }
        None => product::Entity::find().filter(product::Column::Sku.eq(&request.sku)),
    };
    let found = find.one(database).await?;
    let name = [request.product_id, request.sku].concat();
    let found = found.ok_or_else(|| {
        let path = if Uuid::try_parse(&name).is_ok() { "product_id" } else { "sku" };
        Error::of_field(Reason::ProductNotFound, path, format!("there is no product {name}"))
    })?;
    let (branch_id, id) = (caller.branch_id, found.id);
    let currency = currency(&business(database, caller).await?)?;
    let product = parts::products(database, branch_id, vec![found], currency).await?.pop();
    let stock = parts::stock(database, branch_id, &[id]).await?.pop();
    Ok(pb::GetProductResponse { product, stock })
}

/// A page of the categories, by name.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`.
pub async fn categories(
    database: &Reading,
    request: pb::ListCategoriesRequest,
    epoch: i64,
) -> Result<pb::ListCategoriesResponse, Error> {
    let size_and_token = (request.page_size, request.page_token.as_str());
    let page = Page::parse("categories", size_and_token, &pb::ListCategoriesRequest::default(), epoch)?;
    let mut find = product::Entity::find()
        .select_only()
        .column(product::Column::Category)
        // All rows, and not all ids: the index has these alone.
        .expr_as(Func::count(Expr::col(Asterisk)), "product_count")
        .group_by(product::Column::Category)
        .order_by_asc(product::Column::Category)
        .limit(page.limit());
    if let Some(name) = page.after.as_deref().and_then(text_of_parts) {
        find = find.filter(product::Column::Category.gt(name));
    }
    let rows: Vec<(String, i64)> = find.into_tuple().all(database).await?;
    let (rows, next_page_token) = page.cut(rows, |(name, _)| text_parts(name));
    let categories = rows.into_iter().map(|(name, product_count)| pb::Category { name, product_count });
    Ok(pb::ListCategoriesResponse { categories: categories.collect(), next_page_token })
}

/// What one product costs at a branch.
///
/// # Errors
/// `INVALID_FIELD`, `PRODUCT_NOT_FOUND`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn branch_price(
    database: &Reading,
    caller: &Caller,
    request: pb::GetBranchPriceRequest,
) -> Result<pb::GetBranchPriceResponse, Error> {
    let product = NamedProduct::of_fields(&request.product_id, request.sku, str::to_owned)?;
    let branch = Named::parse(&request.branch_id);
    let read_set = |_: &WorkingSet, read_set: &mut ReadSet| {
        read_set.row::<business::Model>(caller.business_id);
        branch.branch_read_set(caller, read_set);
        product.read_set(read_set);
    };
    let price = consult(database, read_set, |books| {
        let branch_id = branch.branch(books, caller)?.id;
        let product = product.product(books, || product.field().to_owned())?;
        let own = books.get::<branch_price::Model>(&(branch_id, product.id))?;
        Ok(branch_price_to_pb(branch_id, product, own, currency(shop(books, caller)?)?))
    });
    Ok(pb::GetBranchPriceResponse { branch_price: Some(price.await?) })
}

/// A page of the prices of its own that a branch has.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn branch_prices(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListBranchPricesRequest,
    epoch: i64,
) -> Result<pb::ListBranchPricesResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("branch prices", (size, &token), &request, epoch)?;
    let branch_id = Named::parse(&request.branch_id).read_branch(database, caller).await?.id;
    let mut find = branch_price::in_branch(branch_id)
        .filter(branch_price::Column::Price.is_not_null())
        .order_by_asc(branch_price::Column::ProductId)
        .limit(page.limit());
    if let Some([high, low]) = page.after.as_deref() {
        find = find.filter(branch_price::Column::ProductId.gt(id_of_parts([*high, *low])));
    }
    let (rows, next_page_token) =
        page.cut(find.all(database).await?, |last| id_parts(last.product_id).to_vec());
    let ids = rows.iter().map(|row| row.product_id);
    let products = product::Entity::find().filter(product::Column::Id.is_in(ids)).all(database).await?;
    let products: HashMap<Uuid, product::Model> = products.into_iter().map(|row| (row.id, row)).collect();
    let currency = currency(&business(database, caller).await?)?;
    let branch_prices = rows.iter().filter_map(|row| {
        Some(branch_price_to_pb(branch_id, products.get(&row.product_id)?, Some(row), currency))
    });
    Ok(pb::ListBranchPricesResponse { branch_prices: branch_prices.collect(), next_page_token })
}
