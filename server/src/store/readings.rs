//! Readings: what is read of the books is read of one moment.
//!
//! While the shop sells, two SELECTs see the tables at two moments: the tenders of a report before a sale, its
//! totals after it. So whoever reads gets the open transaction and nothing else: [`Readers`] run no statement, and
//! there is no way beside [`Readers::begin`].

use std::path::Path;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement, TransactionTrait as _, prelude::async_trait,
};

use super::{StartError, sqlite};
use crate::{config::Synchronous, store::Purpose};

/// The connections that only read.
pub struct Readers(DatabaseConnection);

impl Readers {
    /// Opens them.
    ///
    /// # Errors
    /// As [`sqlite::connect`].
    pub async fn open(file: &Path, synchronous: Synchronous) -> Result<Self, StartError> {
        Ok(Self(sqlite::connect(file, Purpose::Read, synchronous).await?))
    }

    /// Begins a reading. Its moment is that of its first SELECT, so that it sees all that was answered before.
    ///
    /// It has a connection of the few there are until it is dropped. Nothing is waited for meanwhile that has
    /// nothing to do with it: no file, no hash, no posting, and no second reading, or four of them could wait
    /// for each other.
    ///
    /// # Errors
    /// What the database says; [`DbErr::ConnectionAcquire`] if no connection was free in time.
    pub async fn begin(&self) -> Result<Reading, DbErr> {
        self.0.begin().await.map(Reading)
    }

    /// Waits for the readings that are under way, and closes.
    ///
    /// # Errors
    /// What the database says.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.0.close_by_ref().await
    }
}

/// The books as they were at one moment, until it is dropped.
///
/// It has no end of its own. There is nothing to store, a good answer must not fail because of it, and a request that
/// its caller gave up ends here as well: a transaction that is dropped is rolled back before its connection is used
/// again. Where that fails, because SQLite rolled back by itself, the pool closes the connection (`sqlite::guard`): with
/// a wrong count of its transactions, all later readings on it would see this moment, or none.
pub struct Reading(DatabaseTransaction);

#[async_trait::async_trait]
impl ConnectionTrait for Reading {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.query_all_raw(statement).await
    }
}
