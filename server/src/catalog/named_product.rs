//! Which product a request means.

use kassa_proto::v1::ErrorReason as Reason;
use uuid::Uuid;

use crate::{
    books::{Needs, Stop, WorkingSet},
    error::Error,
    input,
    store::entity::product::{self, ProductIndex},
};

/// A product as a request names it: by id or by SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedProduct {
    /// By its id.
    Id(Uuid),
    /// By its SKU.
    Sku(String),
}

impl NamedProduct {
    /// Reads `product_id` and `sku`, of which there is one. `path` gives a field its place in the request.
    ///
    /// # Errors
    /// `INVALID_FIELD` if it is none or both, or no id.
    pub fn parse(product_id: &str, sku: String, path: impl Fn(&str) -> String) -> Result<Self, Error> {
        let id = input::id(product_id, || path("product_id"))?;
        match (id, sku.trim()) {
            (None, "") => Err(Error::invalid(path("product_id"), "give a product_id or an sku")),
            (Some(id), "") => Ok(Self::Id(id)),
            (None, sku) => Ok(Self::Sku(sku.to_owned())),
            (Some(_), _) => Err(Error::invalid(path("sku"), "give a product_id or an sku, not both")),
        }
    }

    /// Names what [`NamedProduct::product`] needs.
    pub fn needs(&self, needs: &mut Needs) {
        match self {
            Self::Id(id) => needs.row::<product::Model>(*id),
            Self::Sku(sku) => needs.all::<product::Model>(ProductIndex::Sku(sku.clone())),
        }
    }

    /// The product, if it is loaded: for naming further needs.
    pub fn known(&self, known: &WorkingSet) -> Option<Uuid> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Sku(sku) => known
                .known_all(&ProductIndex::Sku(sku.clone()))
                .first()
                .map(|product: &&product::Model| product.id),
        }
    }

    /// The product.
    ///
    /// # Errors
    /// `PRODUCT_NOT_FOUND`.
    pub fn product<'a>(
        &self,
        books: &'a WorkingSet,
        path: impl Fn(&str) -> String,
    ) -> Result<&'a product::Model, Stop> {
        let (found, field) = match self {
            Self::Id(id) => (books.get::<product::Model>(id)?, "product_id"),
            Self::Sku(sku) => (books.find_one::<product::Model>(&ProductIndex::Sku(sku.clone()))?, "sku"),
        };
        let missing =
            || Error::of_field(Reason::ProductNotFound, path(field), format!("there is no product {self}"));
        Ok(found.ok_or_else(missing)?)
    }
}

impl std::fmt::Display for NamedProduct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Sku(sku) => f.write_str(sku),
        }
    }
}
