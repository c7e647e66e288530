//! What a batch knows: the rows of every table that its postings asked for.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{Document, Stop, belongs::Judge, table::Table};
use crate::{
    error::Error,
    store::{
        Failure,
        conditions::Found,
        engine::{Changes, Finder, LookUps, Marks, Pen, ShopMark},
        entity,
        row::Row,
    },
};

/// A row of a table that the working set has.
pub trait Member: Row + Sized {
    /// Who changes it.
    const CLASS: TableClass;

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
    fn are_in(&self, table: &Table<R>) -> bool {
        self.keys.iter().all(|key| table.get(key).is_some())
            && self.indexes.iter().all(|index| table.is_complete(index))
    }

    /// What is wanted of a table and not here yet.
    pub fn missing_in(self, table: &Table<R>) -> (Vec<R::Key>, Vec<R::Index>) {
        let keys = self.keys.into_iter().filter(|key| table.get(key).is_none()).collect();
        let indexes = self.indexes.into_iter().filter(|index| !table.is_complete(index)).collect();
        (keys, indexes)
    }
}

/// Looks at every table of a working set.
#[cfg(test)]
pub trait Visitor {
    /// One table.
    fn visit<R: Member>(&mut self, table: &mut Table<R>);
}

/// Who changes the rows of a table: by the mark of these it is known whether a row that is kept is still the database's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableClass {
    /// All branches share them, and few change them: goods, prices, customers, settings.
    Shop,
    /// The same, of people, their rights and their sessions.
    People,
    /// A branch's own.
    Branch,
}

/// Names the tables once, parents before children: the order in which they are written. Beside each stands whose it is, and
/// how many rows of it are kept between batches; none of those that are hardly ever looked at again.
macro_rules! tables {
    ($($table:ident: $class:ident $most:expr),* $(,)?) => {
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
            const CLASS: TableClass = TableClass::$class;

            fn table(set: &WorkingSet) -> &Table<Self> { &set.$table }
            fn table_mut(set: &mut WorkingSet) -> &mut Table<Self> { &mut set.$table }
            fn wanted(read_set: &mut ReadSet) -> &mut Wanted<Self> { &mut read_set.$table }
        })*

        impl WorkingSet {
            /// Loads what is wanted and not here yet, for a reading. Says whether there was anything.
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

            /// Whether all that is wanted is here.
            pub fn has(&self, read_set: &ReadSet) -> bool {
                true $(&& read_set.$table.are_in(&self.$table))*
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
            /// As [`Judge::judge`].
            pub fn each_change(&self, judge: &impl Judge) -> Result<(), Stop> {
                $(for (before, after) in self.$table.touched() { judge.judge(before, after)?; })*
                Ok(())
            }

            /// All that was changed is in the database now: it is kept for the next batch, within bounds.
            pub fn is_stored(&mut self) {
                $(self.$table.is_stored();)*
                self.batch_is_over();
            }

            /// A batch is over, and has changed nothing or stored everything.
            pub fn batch_is_over(&mut self) {
                $(self.$table.forget_beyond($most);)*
                // What is kept is kept under a mark.
                if self.shop().is_none() {
                    self.forget(TableClass::Shop);
                    self.forget(TableClass::People);
                }
                if self.branch.rows().next().is_none() {
                    self.forget(TableClass::Branch);
                }
                self.money_lines.clear();
                self.kept_lines = 0;
                self.document = None;
            }

            /// Forgets the tables of a class: somebody else has changed them.
            pub fn forget(&mut self, class: TableClass) {
                $(if TableClass::$class == class {
                    self.$table = Table::default();
                })*
            }

            /// Whether a row of a class is to be written.
            pub fn is_changed(&self, class: TableClass) -> bool {
                false $(|| TableClass::$class == class && self.$table.dirty() > 0)*
            }

            /// How many rows are to be written.
            pub fn dirty(&self) -> usize { 0 $(+ self.$table.dirty())* }

            /// Shows every table to a visitor.
            #[cfg(test)]
            pub fn each_table(&mut self, visitor: &mut impl Visitor) {
                $(visitor.visit(&mut self.$table);)*
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

        impl LookUps for Loading<'_> {
            fn each(&mut self, finder: &mut impl Finder) -> Result<(), Failure> {
                let Self { set, read_set } = self;
                $(find(&mut set.$table, std::mem::take(&mut read_set.$table), finder)?;)*
                Ok(())
            }
        }

        /// Parents come first, and rows that leave a partial unique index before those that enter it.
        impl Changes for WorkingSet {
            fn each(&self, pen: &mut impl Pen) -> Result<(), Failure> {
                $(write(&self.$table, pen)?;)*
                Ok(())
            }
        }
    };
}

/// What a shop has few of.
const FEW: usize = 1_024;
/// What a shop has many of, and sells again and again.
const MANY: usize = 8_192;

tables! {
    business: Shop FEW,
    role_limit: People FEW,
    branch: Branch FEW,
    register: Branch FEW,
    user: People FEW,
    user_pin: People FEW,
    terminal: People FEW,
    pairing_code: People 0,
    session: People FEW,
    number_series: Branch FEW,
    branch_series: Branch FEW,
    number_gap: Branch 0,
    grant: Branch 0,
    product: Shop MANY,
    product_barcode: Shop MANY,
    branch_price: Shop MANY,
    purchase: Branch 0,
    stock: Branch MANY,
    stock_change: Branch 0,
    stock_adjustment: Branch 0,
    stock_count: Branch FEW,
    stock_count_line: Branch 0,
    customer: Shop FEW,
    shift: Branch FEW,
    shift_counter: Branch MANY,
    shift_count: Branch 0,
    shift_denomination: Branch 0,
    shift_report: Branch 0,
    order: Branch 0,
    order_line: Branch 0,
    order_discount: Branch 0,
    order_tender: Branch 0,
    order_return: Branch 0,
    order_line_return: Branch 0,
    order_tender_return: Branch 0,
    cash_movement: Branch 0,
    cash_transfer: Branch 0,
    stock_transfer: Branch 0,
    draft: Branch 0,
    receipt_print: Branch 0,
    attendance: People FEW,
    journal_chain: Branch FEW,
    journal_record: Branch 0,
    event: Branch 0,
    idempotency_key: Branch 0,
}

/// What is wanted, and the set that it is loaded into.
pub struct Loading<'a> {
    /// The set.
    pub set: &'a mut WorkingSet,
    /// What is wanted of it; what is here already is not looked up.
    pub read_set: ReadSet,
}

fn find<R: Row>(table: &mut Table<R>, wanted: Wanted<R>, finder: &mut impl Finder) -> Result<(), Failure> {
    let (keys, indexes) = wanted.missing_in(table);
    if keys.is_empty() && indexes.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::new();
    finder.find(&keys, &indexes, &mut rows)?;
    table.absorb(rows, keys, indexes);
    Ok(())
}

fn write<R: Row>(table: &Table<R>, pen: &mut impl Pen) -> Result<(), Failure> {
    let changes = table.changes();
    changes.leaving.into_iter().try_for_each(|(before, after)| pen.update(before, after))?;
    changes.new.into_iter().try_for_each(|row| pen.insert(row))?;
    changes.changed.into_iter().try_for_each(|(before, after)| pen.update(before, after))
}

async fn load_table<R: Found>(
    table: &mut Table<R>,
    wanted: Wanted<R>,
    database: &impl ConnectionTrait,
) -> Result<bool, Failure> {
    let (keys, indexes) = wanted.missing_in(table);
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

    /// Tells that the database has no rows of a look-up: it is of something that is new.
    pub fn has_all<R: Member>(&mut self, index: R::Index) {
        R::table_mut(self).absorb(Vec::new(), Vec::new(), vec![index]);
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

    /// The shop, if its row is here: there is one.
    pub fn shop(&self) -> Option<&entity::business::Model> {
        self.business.rows().next()
    }

    /// Forgets what was kept under other marks than the database has.
    pub fn forget_what_is_not_of(&mut self, marks: &Marks) {
        if marks.foreign {
            *self = Self::default();
            return;
        }
        if self.shop().map(ShopMark::of) != marks.shop {
            self.forget(TableClass::Shop);
            self.forget(TableClass::People);
        }
        let is_kept = |(id, batch): (&Uuid, &i64)| {
            self.known::<entity::branch::Model>(id).is_some_and(|branch| branch.batch == *batch)
        };
        if !marks.branches.iter().all(is_kept) {
            self.forget(TableClass::Branch);
        }
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
