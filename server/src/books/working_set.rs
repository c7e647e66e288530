//! What a batch knows: the rows of every table that its postings asked for.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::{
    Document, Stop,
    belongs::Reach,
    flush::{Flushed, write},
    table::Table,
};
use crate::{
    error::Error,
    store::{Failure, entity, row::Row},
};

/// A row of a table that the working set has.
pub trait Member: Row + Sized {
    /// Its table.
    fn table(set: &WorkingSet) -> &Table<Self>;
    /// Its table, to change.
    fn table_mut(set: &mut WorkingSet) -> &mut Table<Self>;
    /// What is wanted of its table.
    fn wanted(read_set: &mut ReadSet) -> &mut Wanted<Self>;
}

/// What is wanted of a table.
pub struct Wanted<R: Row> {
    keys: HashSet<R::Key>,
    indexes: HashSet<R::Index>,
}

impl<R: Row> Default for Wanted<R> {
    fn default() -> Self {
        Self { keys: HashSet::new(), indexes: HashSet::new() }
    }
}

impl<R: Row> Wanted<R> {
    /// What is wanted of a table and not here yet.
    #[cfg(test)]
    pub fn missing_in(self, table: &Table<R>) -> (Vec<R::Key>, Vec<R::Index>) {
        let keys = self.keys.into_iter().filter(|key| table.get(key).is_none()).collect();
        let indexes = self.indexes.into_iter().filter(|index| !table.is_complete(index)).collect();
        (keys, indexes)
    }
}

/// Looks at every table of a working set, and at what is wanted of it.
#[cfg(test)]
pub trait Visitor {
    /// One table.
    fn visit<R: Member>(&mut self, table: &mut Table<R>, wanted: Wanted<R>);
}

/// Names the tables once, parents before children: the order of the flush.
macro_rules! tables {
    ($($table:ident),* $(,)?) => {
        /// The rows that a batch has loaded, with the changes of its postings.
        #[derive(Default)]
        pub struct WorkingSet {
            $($table: Table<entity::$table::Model>,)*
            money_lines: Vec<String>,
            kept_lines: usize,
            document: Option<Document>,
        }

        /// Rows that a posting wants loaded.
        #[derive(Default)]
        pub struct ReadSet { $($table: Wanted<entity::$table::Model>,)* }

        $(impl Member for entity::$table::Model {
            fn table(set: &WorkingSet) -> &Table<Self> { &set.$table }
            fn table_mut(set: &mut WorkingSet) -> &mut Table<Self> { &mut set.$table }
            fn wanted(read_set: &mut ReadSet) -> &mut Wanted<Self> { &mut read_set.$table }
        })*

        impl WorkingSet {
            /// Loads what is wanted and not here yet. Says whether there was anything.
            ///
            /// # Errors
            /// What the database says.
            pub async fn load(
                &mut self,
                mut read_set: ReadSet,
                database: &impl ConnectionTrait,
            ) -> Result<bool, Failure> {
                let mut any = false;
                $(any |= load_table(&mut self.$table, std::mem::take(&mut read_set.$table), database).await?;)*
                Ok(any)
            }

            /// Writes all changes, parents first.
            ///
            /// # Errors
            /// What the database says; nothing is rolled back here.
            pub async fn flush(&self, database: &impl ConnectionTrait) -> Result<Flushed, Failure> {
                let mut flushed = Flushed::default();
                $(write(self.$table.changes(), database, &mut flushed).await?;)*
                Ok(flushed)
            }

            /// Reads a row of every table: what is missing, a table or a column of it, is told at the
            /// start and not at the till.
            ///
            /// # Errors
            /// What the database says of the first that is missing.
            pub async fn probe(database: &impl ConnectionTrait) -> Result<(), DbErr> {
                $(entity::$table::Entity::find().limit(1).all(database).await?;)*
                Ok(())
            }

            /// Keeps what the posting has changed.
            pub fn keep(&mut self) {
                $(self.$table.keep();)*
                self.kept_lines = self.money_lines.len();
                self.document = None;
            }

            /// Takes back what the posting has changed.
            pub fn take_back(&mut self) {
                $(self.$table.take_back();)*
                self.money_lines.truncate(self.kept_lines);
                self.document = None;
            }

            /// Shows what the posting has changed to who judges it.
            ///
            /// # Errors
            /// What is out of reach; [`Stop::MissingRows`] if a row that another one goes with is not loaded.
            pub fn each_change(&self, reach: &Reach) -> Result<(), Stop> {
                $(for (before, after) in self.$table.touched() { reach.judge(before, after)?; })*
                Ok(())
            }

            /// How many rows are to be written.
            pub fn dirty(&self) -> usize { 0 $(+ self.$table.dirty())* }

            /// Shows every table to a visitor.
            #[cfg(test)]
            pub fn each_table(&mut self, mut read_set: ReadSet, visitor: &mut impl Visitor) {
                $(visitor.visit(&mut self.$table, std::mem::take(&mut read_set.$table));)*
            }

            /// Takes what is wanted for loaded: what is not here does not exist.
            #[cfg(test)]
            pub fn assume_loaded(&mut self, read_set: ReadSet) {
                $(self.$table.absorb(
                    Vec::new(),
                    read_set.$table.keys.into_iter().collect(),
                    read_set.$table.indexes.into_iter().collect(),
                );)*
            }
        }
    };
}

tables! {
    business, role_limit, branch, register, user, user_pin, terminal, pairing_code, session, number_series, branch_series, number_gap, grant,
    product, product_barcode, branch_price, purchase, stock, stock_change, stock_adjustment, stock_count, stock_count_line, customer,
    shift, shift_counter, shift_count, shift_denomination, shift_report,
    order, order_line, order_discount, order_tender,
    order_return, order_line_return, order_tender_return, cash_movement, cash_transfer, stock_transfer, draft, receipt_print,
    attendance,
    journal_chain, journal_record, event, idempotency_key,
}

async fn load_table<R: Row>(
    table: &mut Table<R>,
    wanted: Wanted<R>,
    database: &impl ConnectionTrait,
) -> Result<bool, Failure> {
    let keys: Vec<_> = wanted.keys.into_iter().filter(|key| table.get(key).is_none()).collect();
    let indexes: Vec<_> = wanted.indexes.into_iter().filter(|index| !table.is_complete(index)).collect();
    if keys.is_empty() && indexes.is_empty() {
        return Ok(false);
    }
    let mut rows = Vec::new();
    for condition in [R::by_keys(&keys), R::by_indexes(&indexes)].into_iter().flatten() {
        rows.extend(R::Entity::find().filter(condition).all(database).await?);
    }
    table.absorb(rows, keys, indexes);
    Ok(true)
}

impl ReadSet {
    /// Wants the row of a key.
    pub fn row<R: Member>(&mut self, key: R::Key) {
        R::wanted(self).keys.insert(key);
    }

    /// Wants all rows of a look-up.
    pub fn all<R: Member>(&mut self, index: R::Index) {
        R::wanted(self).indexes.insert(index);
    }
}

impl WorkingSet {
    /// The row of a key, if there is one.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] if it was never loaded, which is not the same.
    pub fn get<R: Member>(&self, key: &R::Key) -> Result<Option<&R>, Stop> {
        R::table(self).get(key).ok_or_else(|| {
            let mut read_set = ReadSet::default();
            read_set.row::<R>(key.clone());
            Stop::MissingRows(Box::new(read_set))
        })
    }

    /// The row of a key that must be there.
    ///
    /// # Errors
    /// As [`WorkingSet::get`]; what `missing` says if there is no such row.
    pub fn require<R: Member>(&self, key: &R::Key, missing: impl FnOnce() -> Error) -> Result<&R, Stop> {
        self.get(key)?.ok_or_else(|| missing().into())
    }

    /// All rows of a look-up, in the order of their keys.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] if they were never loaded.
    pub fn find<R: Member>(&self, index: &R::Index) -> Result<Vec<&R>, Stop> {
        R::table(self).find(index).ok_or_else(|| {
            let mut read_set = ReadSet::default();
            read_set.all::<R>(index.clone());
            Stop::MissingRows(Box::new(read_set))
        })
    }

    /// The one row of a unique look-up, if there is one.
    ///
    /// # Errors
    /// As [`WorkingSet::find`].
    pub fn find_one<R: Member>(&self, index: &R::Index) -> Result<Option<&R>, Stop> {
        Ok(self.find(index)?.into_iter().next())
    }

    /// Says that all rows of a look-up are here: one that is not known does not exist.
    ///
    /// # Errors
    /// As [`WorkingSet::find`].
    pub fn loaded<R: Member>(&self, index: &R::Index) -> Result<(), Stop> {
        if R::table(self).is_complete(index) { Ok(()) } else { self.find::<R>(index).map(|_| ()) }
    }

    /// The row of a key, if it is loaded and there is one: for naming further needs.
    pub fn known<R: Member>(&self, key: &R::Key) -> Option<&R> {
        R::table(self).get(key).flatten()
    }

    /// The rows of a look-up, if they are loaded: for naming further needs.
    pub fn known_all<R: Member>(&self, index: &R::Index) -> Vec<&R> {
        R::table(self).find(index).unwrap_or_default()
    }

    /// The rows of a table that are to be written.
    pub fn changed<R: Member>(&self) -> impl Iterator<Item = &R> {
        R::table(self).changed()
    }

    /// Adds a row.
    ///
    /// # Errors
    /// INTERNAL if its key is taken.
    pub fn insert<R: Member>(&mut self, row: R) -> Result<(), Stop> {
        R::table_mut(self).insert(row).map_err(Stop::from)
    }

    /// What the posting makes: the first of what it records, which its key answers for. What is recorded nowhere
    /// is told here.
    pub fn note_document(&mut self, document: Document) {
        self.document.get_or_insert(document);
    }

    /// What the posting has made.
    pub fn document(&self) -> Option<Document> {
        self.document
    }

    /// Has lines written to the money log once the batch is stored.
    pub fn tell_of_money(&mut self, lines: Vec<String>) {
        self.money_lines.extend(lines);
    }

    /// The lines for the money log.
    pub fn money_lines(&self) -> &[String] {
        &self.money_lines
    }

    /// Writes a row whole: over the one that is loaded, or as a new one.
    ///
    /// # Errors
    /// As [`WorkingSet::insert`].
    pub fn put<R: Member>(&mut self, row: R) -> Result<(), Stop> {
        let key = row.key();
        if self.known::<R>(&key).is_none() {
            return self.insert(row);
        }
        self.update::<R, _>(&key, |there| {
            *there = row;
            Ok(())
        })
    }

    /// Changes a row.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] if it was never loaded; what `change` refuses.
    pub fn update<R: Member, T>(
        &mut self,
        key: &R::Key,
        change: impl FnOnce(&mut R) -> Result<T, Error>,
    ) -> Result<T, Stop> {
        self.get::<R>(key)?;
        R::table_mut(self).update(key, change).map_err(Stop::from)
    }
}
