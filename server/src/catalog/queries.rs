//! Reading the catalogue.

use std::collections::{BTreeSet, HashMap};

use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, ErrorReason as Reason, ProductMatch},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait, IntoColumnRef, LikeExpr},
};
use uuid::Uuid;

use super::{convert::product_to_pb, version_text};
use crate::{
    admin::{queries::business, settings::currency},
    books::Caller,
    error::Error,
    input,
    page::{Page, epoch_changed, id_of_parts, id_parts},
    store::entity::{product, product_barcode, stock},
};

const QUERY: usize = 200;

/// Reads one product with its stock at the caller's branch.
///
/// # Errors
/// `INVALID_FIELD`, `PRODUCT_NOT_FOUND`.
pub async fn get(
    database: &impl ConnectionTrait,
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
    let mut found = with_stock(database, caller, vec![found]).await?;
    let (product, stock) = found.pop().ok_or_else(|| Error::internal("a product lost its parts"))?;
    Ok(pb::GetProductResponse { product: Some(product), stock: Some(stock) })
}

/// Finds products by barcode, SKU, beginning of a name, words: the best first, each once.
///
/// # Errors
/// `INVALID_FIELD`.
pub async fn find(
    database: &impl ConnectionTrait,
    caller: &Caller,
    request: pb::FindProductsRequest,
    epoch: i64,
) -> Result<pb::FindProductsResponse, Error> {
    let page = Page::parse("found", (request.page_size, ""), &pb::FindProductsRequest::default(), epoch)?;
    let query = input::text(request.query.trim().to_owned(), QUERY, || "query".to_owned())?;
    if query.is_empty() {
        return Err(Error::invalid("query", "must not be empty"));
    }
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let mut rows = Vec::new();
    let mut kinds = Vec::new();
    let mut seen = BTreeSet::new();
    for (kind, select) in searches(database, &query).await? {
        if rows.len() >= limit {
            break;
        }
        let select = select.order_by_asc(product::Column::Name).order_by_asc(product::Column::Id);
        for row in select.limit(page.limit()).all(database).await? {
            if seen.insert(row.id) {
                rows.push(row);
                kinds.push(kind);
            }
        }
    }
    let truncated = rows.len() >= limit;
    rows.truncate(limit.saturating_sub(1));
    let found = with_stock(database, caller, rows).await?.into_iter().zip(kinds);
    let products = found.map(|((product, stock), kind)| pb::FoundProduct {
        product: Some(product),
        r#match: kind.into(),
        stock: Some(stock),
    });
    Ok(pb::FindProductsResponse { products: products.collect(), truncated })
}

async fn searches(
    database: &impl ConnectionTrait,
    query: &str,
) -> Result<Vec<(ProductMatch, Select<product::Entity>)>, Error> {
    let with_barcode = product_barcode::Entity::find()
        .filter(product_barcode::Column::Barcode.eq(query))
        .filter(product_barcode::Column::Active.eq(true))
        .all(database)
        .await?;
    let ids: Vec<Uuid> = with_barcode.into_iter().map(|row| row.product_id).collect();
    let (small, text) = (query.to_lowercase(), product::Column::SearchText);
    let words = small.split_whitespace().fold(Condition::all(), |all, word| all.add(contains(text, word)));
    let find = product::Entity::find;
    Ok(vec![
        (ProductMatch::Barcode, find().filter(product::Column::Id.is_in(ids))),
        (ProductMatch::Sku, find().filter(product::Column::Sku.eq(query))),
        (ProductMatch::NamePrefix, find().filter(contains(text, &format!("\n{small}")))),
        (ProductMatch::Text, find().filter(words)),
    ])
}

/// `column LIKE '%text%'`, with the text's own wildcards meaning themselves.
pub fn contains(column: impl IntoColumnRef, text: &str) -> Expr {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Expr::col(column).like(LikeExpr::new(pattern).escape('\\'))
}

/// A page of the products that changed after a version, in the order of their last change.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`.
pub async fn list(
    database: &impl ConnectionTrait,
    caller: &Caller,
    mut request: pb::ListProductsRequest,
) -> Result<pb::ListProductsResponse, Error> {
    // Read before the products: what changes in between comes once more with the next version.
    let business = business(database, caller).await?;
    let catalog_version = version_text(&business);
    let since = since(&request.changed_since, business.epoch)?;
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("products", (size, &token), &request, business.epoch)?;
    let mut find = product::Entity::find()
        .filter(product::Column::Version.gt(since))
        .order_by_asc(product::Column::Version)
        .order_by_asc(product::Column::Id)
        .limit(page.limit());
    if let Some([version, high, low]) = page.after.as_deref() {
        let id = id_of_parts([*high, *low]);
        let same_version =
            Condition::all().add(product::Column::Version.eq(*version)).add(product::Column::Id.gt(id));
        find = find.filter(Condition::any().add(product::Column::Version.gt(*version)).add(same_version));
    }
    let (rows, next_page_token) = page.cut(find.all(database).await?, |last| {
        let [high, low] = id_parts(last.id);
        vec![last.version, high, low]
    });
    let products = with_barcodes(database, caller, rows).await?;
    Ok(pb::ListProductsResponse { products, next_page_token, catalog_version })
}

fn since(text: &str, epoch: i64) -> Result<i64, Error> {
    if text.is_empty() {
        return Ok(0);
    }
    let parts =
        text.split_once('.').and_then(|(epoch, version)| Some((epoch.parse().ok()?, version.parse().ok()?)));
    let (of_epoch, version): (i64, i64) =
        parts.ok_or_else(|| Error::invalid("changed_since", "is no catalog_version"))?;
    if of_epoch == epoch { Ok(version) } else { Err(epoch_changed("changed_since")) }
}

async fn with_stock(
    database: &impl ConnectionTrait,
    caller: &Caller,
    rows: Vec<product::Model>,
) -> Result<Vec<(pb::Product, pb::Decimal)>, Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let stock =
        stock::in_branch(caller.branch_id).filter(stock::Column::ProductId.is_in(ids.iter().copied()));
    let stock: HashMap<Uuid, i64> =
        stock.all(database).await?.into_iter().map(|row| (row.product_id, row.quantity)).collect();
    let products = with_barcodes(database, caller, rows).await?.into_iter().zip(ids);
    let with_stock = products.map(|(product, id)| {
        let left = stock.get(&id).copied().unwrap_or_default();
        (product, Quantity::from_thousandths(left).into())
    });
    Ok(with_stock.collect())
}

async fn with_barcodes(
    database: &impl ConnectionTrait,
    caller: &Caller,
    rows: Vec<product::Model>,
) -> Result<Vec<pb::Product>, Error> {
    let currency = currency(&business(database, caller).await?)?;
    let barcodes = product_barcode::Entity::find()
        .filter(product_barcode::Column::ProductId.is_in(rows.iter().map(|row| row.id)))
        .filter(product_barcode::Column::Active.eq(true))
        .order_by_asc(product_barcode::Column::Position)
        .all(database)
        .await?;
    let mut by_product: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in barcodes {
        by_product.entry(row.product_id).or_default().push(row.barcode);
    }
    let products =
        rows.iter().map(|row| product_to_pb(row, by_product.remove(&row.id).unwrap_or_default(), currency));
    Ok(products.collect())
}
