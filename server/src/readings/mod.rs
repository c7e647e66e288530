//! Readings: what is read of the books is read of one moment.
//!
//! While the shop sells, two SELECTs see the tables at two moments: the tenders of a report before a sale, its
//! totals after it. So whoever reads gets the open transaction and nothing else: [`Readers`] run no statement, and
//! there is no way beside [`Readers::begin_for`] and, for the server itself, [`Readers::begin_as`]: so nobody reads whose
//! turn it is not.

pub mod turns;

use std::{path::Path, sync::Arc};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement, TransactionTrait as _, prelude::async_trait,
};
use tokio::runtime::Handle;

pub use self::turns::{Turn, Turns, stopping};
use crate::{
    caller::{Caller, Class},
    error::Error,
    store::{Purpose, StartError, Synchronous, sqlite},
};

/// The connections that only read, and who gets the next one.
pub struct Readers {
    pool: DatabaseConnection,
    turns: Arc<Turns>,
}

impl Readers {
    /// Opens them.
    ///
    /// # Errors
    /// As [`sqlite::connect`].
    pub async fn open(file: &Path, synchronous: Synchronous, turns: Arc<Turns>) -> Result<Self, StartError> {
        Ok(Self { pool: sqlite::connect(file, Purpose::Read(Class::ALL_PLACES), synchronous).await?, turns })
    }

    /// Begins a reading for a caller, when it is their turn. Its moment is that of its first SELECT, so that it sees all
    /// that was answered before.
    ///
    /// It has a place of the few there are until it is dropped. Nothing is waited for meanwhile that has nothing to do
    /// with it: no file, no hash, no posting, and no second reading, which would wait for the first one's place.
    ///
    /// # Errors
    /// As [`Turns::take`]; what the database says.
    pub async fn begin_for(&self, caller: &Caller) -> Result<Reading, Error> {
        Ok(self.begin_in(self.turn_for(caller).await?).await?)
    }

    /// A caller's turn, for what is read on a connection of its own.
    ///
    /// # Errors
    /// As [`Turns::take`].
    pub async fn turn_for(&self, caller: &Caller) -> Result<Turn, Error> {
        self.turns.take(Some(caller.terminal_id), caller.class).await
    }

    /// Begins a look-up of the server's own.
    ///
    /// # Errors
    /// As [`Readers::begin_for`].
    pub async fn begin(&self) -> Result<Reading, Error> {
        self.begin_as(Class::LookUp).await
    }

    /// Begins a reading of the server's own.
    ///
    /// # Errors
    /// As [`Readers::begin_for`].
    pub async fn begin_as(&self, class: Class) -> Result<Reading, Error> {
        Ok(self.begin_in(self.turns.take(None, class).await?).await?)
    }

    async fn begin_in(&self, turn: Turn) -> Result<Reading, DbErr> {
        let transaction = self.pool.begin().await?;
        Ok(Reading { backend: transaction.get_database_backend(), held: Some((transaction, turn)) })
    }

    /// Waits for the readings that are under way, and closes.
    ///
    /// # Errors
    /// What the database says.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.pool.close_by_ref().await
    }
}

/// The books as they were at one moment, until it is dropped.
///
/// It has no end of its own. There is nothing to store, a good answer must not fail because of it, and a request that
/// its caller gave up ends here as well: its transaction is rolled back, and only then somebody else has its turn,
/// because a statement that nobody waits for any more goes on in the engine. Where that fails, because SQLite rolled
/// back by itself, the pool closes the connection (`sqlite::guard`): with a wrong count of its transactions, all later
/// readings on it would see this moment, or none.
pub struct Reading {
    backend: DbBackend,
    /// There until it is dropped.
    held: Option<(DatabaseTransaction, Turn)>,
}

impl Reading {
    fn transaction(&self) -> Result<&DatabaseTransaction, DbErr> {
        let held = self.held.as_ref().map(|(transaction, _)| transaction);
        held.ok_or_else(|| DbErr::Custom("a reading that has ended".to_owned()))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let (Some((transaction, turn)), Ok(runtime)) = (self.held.take(), Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move {
            if let Err(error) = transaction.rollback().await {
                tracing::debug!(%error, "a reading was over before its end");
            }
            drop(turn);
        });
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Reading {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.transaction()?.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.transaction()?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.transaction()?.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.transaction()?.query_all_raw(statement).await
    }
}
