//! What stands between the writer's loop and a database. The loop is the same on each; an engine knows how rows are found
//! and written, and what became of a commit that nobody saw the end of.
//!
//! All of it is synchronous: an engine lives on the writer's own thread.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Failure, row::Row};

/// A database, as the writer sees it: one batch after the other.
pub trait Engine: Send {
    /// A batch that has begun.
    type Batch<'engine>: Batch
    where
        Self: 'engine;

    /// Begins a batch that writes no rows but those of its scopes, and finds the first of its rows. The marks tell which of
    /// the rows that were kept from earlier batches are still the database's.
    ///
    /// # Errors
    /// What the database says; nothing has begun then.
    fn begin(
        &mut self,
        scopes: &Scopes,
        first: &mut impl LookUps,
    ) -> Result<(Self::Batch<'_>, Marks), Failure>;

    /// Finds out what became of a batch whose commit ended in `failure`, if there is a token to tell it by. Until that is
    /// known nothing begins.
    fn settle(&mut self, token: Option<&BatchToken>, failure: &Failure) -> Settled;

    /// What can wait until those of a batch are answered.
    ///
    /// # Errors
    /// What the database says; nothing that was stored is in danger, and it is tried again after the next batch.
    fn tend(&mut self) -> Result<(), Failure>;

    /// Ends it: what can wait until nobody writes any more is done now.
    fn close(self);
}

/// What a posting writes, known before it is decided. Whoever writes the same does it one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Rows of a branch.
    Branch(Uuid),
    /// Rows of these users as well: their PINs, sessions and open shifts, wherever they are.
    People(Vec<Uuid>, Uuid),
    /// Whatever there is.
    Shop,
}

/// All that the postings of a batch write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    /// Rows of these branches.
    pub branches: BTreeSet<Uuid>,
    /// Rows of these users.
    pub people: BTreeSet<Uuid>,
    /// Whatever there is.
    pub shop: bool,
}

impl Scopes {
    /// Takes a posting's along.
    pub fn add(&mut self, scope: &Scope) {
        match scope {
            Scope::Branch(branch_id) => {
                self.branches.insert(*branch_id);
            }
            Scope::People(people, branch_id) => {
                self.people.extend(people);
                self.branches.insert(*branch_id);
            }
            Scope::Shop => self.shop = true,
        }
    }
}

/// What the database says of itself when a batch begins. What was kept under other marks is no longer its.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Whether somebody else has written since the last batch, past all marks.
    pub foreign: bool,
    /// The shop's; none while there is no shop.
    pub shop: Option<ShopMark>,
    /// The `batch` of each branch that the batch writes rows of.
    pub branches: BTreeMap<Uuid, i64>,
}

/// The columns of the business that change with every change of what all branches share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopMark {
    /// Of the books, since a restore.
    pub epoch: i64,
    /// Of the settings.
    pub version: i64,
    /// Of goods and prices.
    pub catalog_version: i64,
    /// Of customers.
    pub customer_version: i64,
    /// Of people, their rights and their sessions.
    pub people_version: i64,
    /// Whether anything was ever sold or bought: it is noted once.
    pub has_orders: bool,
}

/// A batch: a transaction that nobody else sees before its commit.
pub trait Batch {
    /// Finds more rows.
    ///
    /// # Errors
    /// What the database says.
    fn load(&mut self, wanted: &mut impl LookUps) -> Result<(), Failure>;

    /// Writes all changes and commits them: once this returns, with how many rows, they are on the disk.
    ///
    /// # Errors
    /// What the database says, and whether it is known that nothing was stored.
    fn commit(self, changes: &impl Changes) -> Result<usize, CommitFailure>;

    /// Ends it without having written anything.
    ///
    /// # Errors
    /// What the database says; nothing is stored all the same.
    fn undo(self) -> Result<(), Failure>;
}

/// What is looked up, table by table, and where the rows go.
pub trait LookUps {
    /// Has each table's look-ups made.
    ///
    /// # Errors
    /// What the finder fails with.
    fn each(&mut self, finder: &mut impl Finder) -> Result<(), Failure>;
}

/// Finds rows of one table after the other.
pub trait Finder {
    /// Gives all rows that have one of these keys or one of these look-ups, some perhaps twice.
    ///
    /// # Errors
    /// What the database says.
    fn find<R: Row>(
        &mut self,
        keys: &[R::Key],
        indexes: &[R::Index],
        found: &mut Vec<R>,
    ) -> Result<(), Failure>;
}

/// What is to be written, in the order in which it must be.
pub trait Changes {
    /// Has each change written.
    ///
    /// # Errors
    /// What the pen fails with.
    fn each(&self, pen: &mut impl Pen) -> Result<(), Failure>;
}

/// Writes rows.
pub trait Pen {
    /// Writes a row that is new. One whose key is taken must fail: a document is never overwritten.
    ///
    /// # Errors
    /// What the database says.
    fn insert<R: Row>(&mut self, row: &R) -> Result<(), Failure>;

    /// Writes what has changed of a row. One that is not there any more must fail: nothing is revived.
    ///
    /// # Errors
    /// What the database says.
    fn update<R: Row>(&mut self, before: &R, after: &R) -> Result<(), Failure>;
}

/// What a batch is told by: the number that it gave one of its branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchToken {
    /// The branch.
    pub branch_id: Uuid,
    /// The branch's `batch` once this one is stored.
    pub batch: i64,
}

/// Why a commit failed.
#[derive(Debug)]
pub enum CommitFailure {
    /// Nothing of the batch is stored.
    Undone(Failure),
    /// Nobody knows: it is to be settled.
    Unknown(Failure),
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// All of it is on the disk.
    Stored,
    /// Nothing of it is, and nothing will be.
    Absent,
    /// It can't be found out now.
    Unreachable,
}
