//! A list of what is put: neither empty nor too long, and nothing stands in it twice.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{error::Error, input};

/// What stood in the list so far.
#[derive(Default)]
pub struct Once {
    ids: BTreeSet<Uuid>,
    names: BTreeSet<String>,
}

impl Once {
    /// Begins a list that may have `most` items.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn of<T>(items: &[T], most: usize, path: &str) -> Result<Self, Error> {
        if items.is_empty() {
            return Err(Error::invalid(path, "is empty"));
        }
        input::at_most(items, most, path)?;
        Ok(Self::default())
    }

    /// An item with this id.
    ///
    /// # Errors
    /// `INVALID_FIELD` if there was one before.
    pub fn id(&mut self, id: Option<Uuid>, path: impl FnOnce() -> String) -> Result<(), Error> {
        let new = id.is_none_or(|id| self.ids.insert(id));
        if new { Ok(()) } else { Err(Error::invalid(path(), "stands twice in this call")) }
    }

    /// An item with this code or name.
    ///
    /// # Errors
    /// `INVALID_FIELD` if there was one before.
    pub fn name(&mut self, name: &str, path: impl FnOnce() -> String) -> Result<(), Error> {
        let new = self.names.insert(name.to_owned());
        if new { Ok(()) } else { Err(Error::invalid(path(), "stands twice in this call")) }
    }
}
