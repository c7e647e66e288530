//! A product as a request names it: by its id or by its SKU.

use kassa_proto::v1::ErrorReason as Reason;
use uuid::Uuid;

use crate::{
    books::{Needs, Stop, WorkingSet},
    error::Error,
    input,
    store::entity::product::{self, ProductIndex},
};

const SKU: usize = 64;

/// A product as a request names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedProduct {
    /// By its id.
    Id(Uuid),
    /// By its SKU.
    Sku(String),
}

impl NamedProduct {
    /// Reads a `product_id`.
    ///
    /// # Errors
    /// `INVALID_FIELD` if it is empty or too long.
    pub fn parse(text: &str, path: impl Fn() -> String) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::invalid(path(), "is required"));
        }
        match Uuid::try_parse(text) {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => input::text(text.to_owned(), SKU, path).map(Self::Sku),
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
    pub fn known<'a>(&self, known: &'a WorkingSet) -> Option<&'a product::Model> {
        match self {
            Self::Id(id) => known.known(id),
            Self::Sku(sku) => known.known_all(&ProductIndex::Sku(sku.clone())).into_iter().next(),
        }
    }

    /// The product.
    ///
    /// # Errors
    /// `PRODUCT_NOT_FOUND` with the path of the field.
    pub fn product<'a>(
        &self,
        books: &'a WorkingSet,
        path: impl FnOnce() -> String,
    ) -> Result<&'a product::Model, Stop> {
        let found = match self {
            Self::Id(id) => books.get::<product::Model>(id)?,
            Self::Sku(sku) => books.find_one::<product::Model>(&ProductIndex::Sku(sku.clone()))?,
        };
        let not_found =
            || Error::of_field(Reason::ProductNotFound, path(), format!("there is no product {self}")).into();
        found.ok_or_else(not_found)
    }
}

impl std::fmt::Display for NamedProduct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Sku(sku) => sku.fmt(f),
        }
    }
}
