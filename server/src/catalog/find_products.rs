//! Finding products: at the till, by what is scanned or typed.

use kassa_proto::{
    goods::barcode_forms,
    v1::{self as pb, ProductMatch},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::parts;
use crate::{
    caller::Caller,
    error::Error,
    input,
    page::Page,
    readings::Reading,
    search::{contains, ranked},
    settings::{currency, queries::business},
    store::entity::{product, product_barcode},
};

const QUERY: usize = 200;

/// Finds products by barcode, SKU, beginning of a name, words: the best first, each once.
///
/// # Errors
/// `INVALID_FIELD`.
pub async fn find(
    database: &Reading,
    caller: &Caller,
    request: pb::FindProductsRequest,
    epoch: i64,
) -> Result<pb::FindProductsResponse, Error> {
    let page = Page::parse("found", (request.page_size, ""), &pb::FindProductsRequest::default(), epoch)?;
    let query = input::sought(request.query.trim().to_owned(), QUERY, || "query".to_owned())?;
    if query.is_empty() {
        return Err(Error::invalid("query", "must not be empty"));
    }
    let prefix = format!("\n{}", query.to_lowercase());
    let searches = searches(database, &query, &prefix).await?;
    let (rows, truncated) = ranked(database, &page, searches, |row: &product::Model| row.id).await?;
    let kinds: Vec<ProductMatch> = rows.iter().map(|(kind, row)| exactly(*kind, row, &prefix)).collect();
    let rows: Vec<product::Model> = rows.into_iter().map(|(_, row)| row).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let stock = parts::stock(database, caller.branch_id, &ids).await?;
    let currency = currency(&business(database, caller).await?)?;
    let products = parts::products(database, caller.branch_id, rows, currency).await?;
    let found = products.into_iter().zip(stock).zip(kinds).map(|((product, stock), kind)| pb::FoundProduct {
        product: Some(product),
        r#match: kind.into(),
        stock: Some(stock),
    });
    Ok(pb::FindProductsResponse { products: found.collect(), truncated })
}

/// Tells a name that begins with the query from one that has its words: one search finds both, because
/// it reads all of the catalogue's texts.
fn exactly(kind: ProductMatch, row: &product::Model, prefix: &str) -> ProductMatch {
    match kind {
        ProductMatch::Text if row.search_text.contains(prefix) => ProductMatch::NamePrefix,
        kind => kind,
    }
}

async fn searches(
    database: &Reading,
    query: &str,
    prefix: &str,
) -> Result<Vec<(ProductMatch, Select<product::Entity>)>, Error> {
    let forms = barcode_forms(query);
    let mut with_barcode = product_barcode::Entity::find()
        .filter(product_barcode::Column::Barcode.is_in(forms))
        .filter(product_barcode::Column::Active.eq(true))
        .all(database)
        .await?;
    // As a sale does: the same number in another form is asked where nothing has it as it is written.
    if with_barcode.iter().any(|row| row.barcode == query) {
        with_barcode.retain(|row| row.barcode == query);
    }
    let ids: Vec<Uuid> = with_barcode.into_iter().map(|row| row.product_id).collect();
    let holds = |text: &str| contains(product::Column::SearchText, text);
    let words = prefix.split_whitespace().fold(Condition::all(), |all, word| all.add(holds(word)));
    let by_name = |find: Select<product::Entity>| {
        find.order_by_asc(product::Column::Name).order_by_asc(product::Column::Id)
    };
    let find = product::Entity::find;
    Ok(vec![
        (ProductMatch::Barcode, by_name(find().filter(product::Column::Id.is_in(ids)))),
        (ProductMatch::Sku, by_name(find().filter(product::Column::Sku.eq(query)))),
        (ProductMatch::Text, by_name(find().filter(words).order_by_desc(holds(prefix)))),
    ])
}
