//! What the shop sells.

pub mod convert;
pub(crate) mod find_products;
pub(crate) mod list_products;
pub mod named_product;
pub(crate) mod parts;
pub(crate) mod put_branch_prices;
pub(crate) mod put_products;
pub mod queries;
pub mod same_code;

use uuid::Uuid;

use crate::{
    books::{Stop, WorkingSet},
    page,
    store::entity::{branch_price, business, product},
};

/// The catalogue's version as terminals keep it: another epoch's never fits.
fn version_text(business: &business::Model) -> String {
    page::version_text(business.epoch, business.catalog_version)
}

/// Gives the catalogue its next version, and says it.
fn publish(books: &mut WorkingSet, business: &business::Model, version: i64) -> Result<String, Stop> {
    books.update::<business::Model, _>(&business.id, |business| {
        business.catalog_version = version;
        Ok(version_text(business))
    })
}

/// What one unit of a product costs at a branch: its own price there, or the product's.
///
/// # Errors
/// [`Stop::MissingRows`] if the branch's price is not loaded.
pub fn price_at(books: &WorkingSet, branch_id: Uuid, product: &product::Model) -> Result<i64, Stop> {
    let own = books.get::<branch_price::Model>(&(branch_id, product.id))?;
    Ok(own.and_then(|own| own.price).unwrap_or(product.price))
}
