//! A transfer as a request names it: by its id or by its number.

use kassa_proto::v1::ErrorReason as Reason;
use uuid::Uuid;

use crate::{
    books::{ReadSet, Stop, WorkingSet},
    error::Error,
    input,
    store::entity::stock_transfer::{self, StockTransferIndex},
};

const NUMBER: usize = 64;
const PATH: &str = "transfer_id";

/// A transfer as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedTransfer {
    /// By its id.
    Id(Uuid),
    /// By its number.
    Number(String),
}

impl NamedTransfer {
    /// Reads a `transfer_id`.
    ///
    /// # Errors
    /// `INVALID_FIELD` if it is empty or too long.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::invalid(PATH, "is required"));
        }
        match Uuid::try_parse(text) {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => input::sought(text.to_owned(), NUMBER, || PATH.to_owned()).map(Self::Number),
        }
    }

    /// Names what [`NamedTransfer::transfer`] needs.
    pub fn read_set(&self, read_set: &mut ReadSet) {
        match self {
            Self::Id(id) => read_set.row::<stock_transfer::Model>(*id),
            Self::Number(number) => {
                read_set.all::<stock_transfer::Model>(StockTransferIndex::Number(number.clone()));
            }
        }
    }

    /// The transfer, if it is loaded: for naming further needs.
    pub fn known<'a>(&self, known: &'a WorkingSet) -> Option<&'a stock_transfer::Model> {
        match self {
            Self::Id(id) => known.known(id),
            Self::Number(number) => {
                known.known_all(&StockTransferIndex::Number(number.clone())).into_iter().next()
            }
        }
    }

    /// The transfer, if the branch sent it or gets it: others are none of its business.
    ///
    /// # Errors
    /// `STOCK_TRANSFER_NOT_FOUND`.
    pub fn transfer<'a>(
        &self,
        books: &'a WorkingSet,
        branch_id: Uuid,
    ) -> Result<&'a stock_transfer::Model, Stop> {
        let found = match self {
            Self::Id(id) => books.get::<stock_transfer::Model>(id)?,
            Self::Number(number) => {
                books.find_one::<stock_transfer::Model>(&StockTransferIndex::Number(number.clone()))?
            }
        };
        let own = found.filter(|row| [row.from_branch_id, row.to_branch_id].contains(&branch_id));
        own.ok_or_else(|| self.not_found().into())
    }

    /// There is no such transfer, or not in this branch.
    pub fn not_found(&self) -> Error {
        Error::of_field(Reason::StockTransferNotFound, PATH, format!("there is no transfer of goods {self}"))
    }
}

impl std::fmt::Display for NamedTransfer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}
