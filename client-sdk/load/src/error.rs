//! Why a load is none.

use std::{io, path::PathBuf};

use kassa_client::{BuildError, Error};

/// Why a load could not be put on a server.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A call failed.
    #[error("{method}: {error}")]
    Call {
        /// The method's path.
        method: &'static str,
        /// What the server answered.
        error: Error,
    },
    /// A client can't be made.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The server's program can't be run.
    #[error("{} does not run: {source}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The server ended before it listened.
    #[error("the server ended before it was ready: {said}")]
    NotReady {
        /// The last that it said.
        said: String,
    },
    /// The server did not end as it should.
    #[error("the server did not stop cleanly: {0}")]
    NotStopped(String),
    /// What was acknowledged is not what the books hold.
    #[error("the books do not hold what was acknowledged: {0}")]
    Differs(String),
    /// Files of the measurement can't be used.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// An answer that lacks a part that the contract promises.
pub fn incomplete(what: &str) -> LoadError {
    LoadError::Differs(format!("an answer came without {what}"))
}
