//! A product as a request names it: by its id or by its SKU.

use kassa_proto::v1::ErrorReason as Reason;
use uuid::Uuid;

use crate::{
    books::{ReadSet, Stop, WorkingSet},
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
    /// Reads a `product_id` that may be an SKU.
    ///
    /// # Errors
    /// `INVALID_FIELD` if it is empty or too long.
    pub fn parse(text: &str, path: impl Fn() -> String) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::invalid(path(), "is required"));
        }
        match Uuid::try_parse(text) {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => input::sought(text.to_owned(), SKU, path).map(Self::Sku),
        }
    }

    /// Reads `product_id` and `sku`, of which there is one. `path` gives a field its place in the request.
    ///
    /// # Errors
    /// `INVALID_FIELD` if it is none or both, or no id.
    pub fn of_fields(product_id: &str, sku: String, path: impl Fn(&str) -> String) -> Result<Self, Error> {
        let id = input::id(product_id, || path("product_id"))?;
        match (id, sku.trim()) {
            (None, "") => Err(Error::invalid(path("product_id"), "give a product_id or an sku")),
            (Some(id), "") => Ok(Self::Id(id)),
            (None, sku) => Ok(Self::Sku(sku.to_owned())),
            (Some(_), _) => Err(Error::invalid(path("sku"), "give a product_id or an sku, not both")),
        }
    }

    /// Which of the two fields names it.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Id(_) => "product_id",
            Self::Sku(_) => "sku",
        }
    }

    /// Names what [`NamedProduct::product`] needs.
    pub fn read_set(&self, read_set: &mut ReadSet) {
        match self {
            Self::Id(id) => read_set.row::<product::Model>(*id),
            Self::Sku(sku) => read_set.all::<product::Model>(ProductIndex::Sku(sku.clone())),
        }
    }

    /// The product's id, if it is known: for naming further needs.
    pub fn known_id(&self, known: &WorkingSet) -> Option<Uuid> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Sku(sku) => {
                let found = known.known_all::<product::Model>(&ProductIndex::Sku(sku.clone()));
                found.first().map(|product| product.id)
            }
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
