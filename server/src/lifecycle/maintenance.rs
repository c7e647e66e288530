//! The books are closed, and why.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use kassa_proto::v1::ErrorReason as Reason;

use super::{Offer, offer::Search};
use crate::{
    access::session_cache::{bearer, hash, unknown_token},
    app::SharedApp,
    backup::Backups,
    caller::Caller,
    error::Error,
    store::DataFolder,
};

/// How soon somebody who is refused may ask again.
const AGAIN: Duration = Duration::from_secs(5);

/// Why the books are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// They are about to be opened for the first time.
    Starting,
    /// Somebody asked for it.
    Asked,
    /// A backup is being restored.
    Restoring,
    /// The database is damaged.
    Damaged,
    /// They could not be opened again.
    Failed,
    /// The server is about to end.
    Stopping,
}

/// What is left while the books are closed.
pub struct Maintenance {
    /// The data folder at its live generation.
    pub folder: DataFolder,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why.
    pub cause: Cause,
    /// Why, in words for whoever runs the server.
    pub reason: String,
    /// The books as they were last open: closed, but they remember who may come in.
    pub last: Option<SharedApp>,
    /// The backups, which can be made, read and restored meanwhile.
    pub backups: Arc<Backups>,
    /// The search for the backup to go back to, where the database is damaged.
    pub search: Option<Search>,
}

impl Maintenance {
    /// Who a request's `authorization` stands for: the owner by the file on this machine, which is there
    /// whatever became of the database; others as the books knew them last.
    ///
    /// # Errors
    /// `TOKEN_INVALID`.
    pub fn caller(&self, authorization: Option<&[u8]>) -> Result<Caller, Error> {
        let token = bearer(authorization)?;
        let local = self.folder.read_local_token().ok().flatten();
        if local.is_some_and(|local| hash(&local) == hash(token)) {
            // Whoever may read the data folder may do everything with it, as the server itself: no books are asked.
            return Ok(Caller::server());
        }
        let last = self.last.as_ref().ok_or_else(unknown_token)?;
        last.session_cache.remember(token)
    }

    /// The backup to go back to, where the database is damaged.
    pub fn offer(&self) -> Offer {
        self.search.as_ref().map_or(Offer::None, Search::offer)
    }

    /// What everybody hears who asks for anything else.
    pub fn refusal(&self) -> Error {
        match self.cause {
            Cause::Damaged => self.damaged(),
            Cause::Asked => refused(format!("the shop's books are closed for maintenance: {}", self.reason)),
            Cause::Restoring => refused("a backup is being restored"),
            Cause::Starting | Cause::Stopping => refused(self.reason.as_str()),
            // The reason may name files: it is in the log and in the status.
            Cause::Failed => refused("the shop's books can't be opened; call support"),
        }
    }

    fn damaged(&self) -> Error {
        let corrupt = |offer: &str, words: &str| {
            let message = format!(
                "the database is damaged; nothing is sold until a backup is restored: {words}. Call support"
            );
            Error::new(Reason::DatabaseCorrupt, message).with("offer", offer)
        };
        match self.offer() {
            Offer::Looking => corrupt("LOOKING", "the newest good backup is being looked for"),
            Offer::None => corrupt("NONE", "there is no good backup in the server's folder"),
            Offer::Backup(name) => {
                // Its name as people say it: no file names reach a client.
                let name = name.to_string().replace(".db", "");
                corrupt("FOUND", &format!("the newest good backup is {name}")).with("backup", name)
            }
        }
    }
}

/// The refusal of a call that came while the books were opened.
pub fn opened_meanwhile() -> Error {
    refused("the books were opened just now; ask again")
}

/// The refusal of a call that has to wait for the books.
pub(super) fn refused(message: impl Into<String>) -> Error {
    Error::new(Reason::Maintenance, message).retry_after(AGAIN)
}
