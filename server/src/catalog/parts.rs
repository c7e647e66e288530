//! What products have in other tables: barcodes, the branch's price, stock.

use std::collections::HashMap;

use kassa_proto::{decimal::Quantity, money::Currency, v1 as pb};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::convert::product_to_pb;
use crate::{
    error::Error,
    readings::Reading,
    store::entity::{branch_price, product, product_barcode, stock},
};

/// Products with their barcodes, and what they cost at a branch.
///
/// # Errors
/// What the database fails with.
pub async fn products(
    database: &Reading,
    branch_id: Uuid,
    rows: Vec<product::Model>,
    currency: Currency,
) -> Result<Vec<pb::Product>, Error> {
    let ids = || rows.iter().map(|row| row.id);
    let mut barcodes: HashMap<Uuid, Vec<String>> = HashMap::new();
    let active = product_barcode::Entity::find()
        .filter(product_barcode::Column::ProductId.is_in(ids()))
        .filter(product_barcode::Column::Active.eq(true))
        .order_by_asc(product_barcode::Column::Position);
    for row in active.all(database).await? {
        barcodes.entry(row.product_id).or_default().push(row.barcode);
    }
    let own = branch_price::in_branch(branch_id).filter(branch_price::Column::ProductId.is_in(ids()));
    let own: HashMap<Uuid, Option<i64>> =
        own.all(database).await?.into_iter().map(|row| (row.product_id, row.price)).collect();
    let products = rows.iter().map(|row| pb::Product {
        branch_price: own.get(&row.id).copied().flatten().map(|price| pb::Money::new(currency, price)),
        ..product_to_pb(row, barcodes.remove(&row.id).unwrap_or_default(), currency)
    });
    Ok(products.collect())
}

/// What is on the shelves of a branch, in the order of the products.
///
/// # Errors
/// What the database fails with.
pub async fn stock(database: &Reading, branch_id: Uuid, ids: &[Uuid]) -> Result<Vec<pb::Decimal>, Error> {
    let rows = stock::in_branch(branch_id).filter(stock::Column::ProductId.is_in(ids.iter().copied()));
    let quantities: HashMap<Uuid, i64> =
        rows.all(database).await?.into_iter().map(|row| (row.product_id, row.quantity)).collect();
    let quantity = |id| Quantity::from_thousandths(quantities.get(id).copied().unwrap_or_default()).into();
    Ok(ids.iter().map(quantity).collect())
}
