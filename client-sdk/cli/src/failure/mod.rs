//! Why the program ends without success: its exit code, and words that say what to do next.

mod advice;

use std::{fmt::Write as _, io, path::PathBuf};

use kassa_client::{BuildError, Error, FieldViolation, Reason};
use kassa_load::LoadError;
use serde_json::{Map, Value, json};

use crate::price_list::{BadRow, BadRows};

const OK: u8 = 0;
const REFUSED: u8 = 1;
pub const USAGE: u8 = 2;
const UNREACHABLE: u8 = 3;
const ACCESS: u8 = 4;
const OUTCOME_UNKNOWN: u8 = 5;

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A call failed.
    #[error("{error}")]
    Call {
        /// The server's address.
        server: String,
        /// The method's path.
        method: &'static str,
        error: Error,
        /// Whether it is told in the server's words to people, and not in those for a log.
        to_people: bool,
        repeat: Repeat,
        /// Where a token was looked for that was wanted, and not found.
        no_token: Option<PathBuf>,
    },
    /// The client can't be made.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// What was typed can't be meant.
    #[error("{0}")]
    Usage(String),
    /// What was typed is clear, and not possible.
    #[error("{0}")]
    Refused(String),
    /// Rows of a price list are wrong.
    #[error(transparent)]
    BadRows(#[from] BadRows),
    /// The answer that was printed says it.
    #[error("the answer says what is wrong")]
    Told,
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// How a command is repeated whose call has an unknown outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// With the call's own key.
    WithItsKey,
    /// With a key from which the command makes its calls' keys.
    WithKey(String),
    /// It is not: another run is another thing.
    Never,
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Build(error) => Self::Build(error),
            LoadError::Io(error) => Self::Io(error),
            LoadError::Program { .. } => {
                Self::Refused(format!("{error}: give the file of kassa-server with --program"))
            }
            LoadError::Call { .. }
            | LoadError::NotReady { .. }
            | LoadError::NotStopped(_)
            | LoadError::Differs(_) => Self::Refused(error.to_string()),
        }
    }
}

impl Failure {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Call { error, .. } if error.is_outcome_unknown() => OUTCOME_UNKNOWN,
            Self::Call { error, .. } if error.is_unreachable() => UNREACHABLE,
            Self::Call { error, .. } if error.is_access() => ACCESS,
            Self::Build(BuildError::TokenFile { .. } | BuildError::Token) => ACCESS,
            Self::Usage(_) | Self::Build(_) => USAGE,
            Self::Io(_) if self.is_closed_pipe() => OK,
            Self::Call { .. } | Self::Refused(_) | Self::Told | Self::BadRows(_) | Self::Io(_) => REFUSED,
        }
    }

    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The call that failed, if one did.
    pub fn call(&self) -> Option<&Error> {
        match self {
            Self::Call { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Whether the server refused for this reason.
    pub fn is(&self, reason: Reason) -> bool {
        self.call().and_then(Error::reason) == Some(reason)
    }

    /// The key that repeats the command.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Call { repeat: Repeat::WithKey(key), .. } => Some(key),
            Self::Call { error, .. } => error.key(),
            _ => None,
        }
    }

    /// Says how the command is repeated, where it is not with the call's own key.
    pub fn repeated(mut self, how: Repeat) -> Self {
        if let Self::Call { repeat, .. } = &mut self {
            *repeat = how;
        }
        self
    }

    /// For people: what, where, and what to do.
    pub fn explanation(&self) -> String {
        let mut text = format!("error: {}", self.headline());
        // Writing to a string can't fail.
        if let Some(error) = self.call() {
            // Of a single field the message itself tells.
            let headline = self.headline();
            let told = |v: &&FieldViolation| !headline.contains(&v.description);
            for violation in error.field_violations().iter().filter(told) {
                let _ = write!(text, "\n  {}: {}", violation.path, violation.description);
            }
        }
        for advice in advice::of(self) {
            let _ = write!(text, "\n  -> {advice}");
        }
        if let Some(id) = self.call().and_then(Error::request_id) {
            let _ = write!(text, "\n  (request {id} in the server's log)");
        }
        text
    }

    fn headline(&self) -> String {
        match self {
            Self::Call { server, error, .. } if error.is_unreachable() => {
                format!("no answer from a Kassa server at {server}: {}", cause(error))
            }
            Self::Call { no_token: Some(file), .. } => {
                format!("no token was found: {} is not there, or you may not read it", file.display())
            }
            Self::Call { error, to_people, .. } => words(error, *to_people),
            _ => self.to_string(),
        }
    }

    /// For programs.
    pub fn document(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("exit_code", self.exit_code().into());
        put("message", self.headline().into());
        put("advice", advice::of(self).into());
        put("outcome_unknown", self.call().is_some_and(Error::is_outcome_unknown).into());
        if let Some(error) = self.call() {
            put("reason", error.reason_name().into());
            put("code", format!("{:?}", error.code()).into());
            put("retryable", error.is_retryable().into());
            put("key", self.key().into());
            put("request_id", error.request_id().into());
            put("metadata", error.all_metadata().map(|(name, value)| (name.to_owned(), value)).collect());
            let violation = |v: &FieldViolation| json!({ "path": v.path, "description": v.description });
            put("field_violations", error.field_violations().iter().map(violation).collect());
        }
        if let Self::BadRows(bad) = self {
            let row =
                |row: &BadRow| json!({ "line": row.line, "column": row.column, "problem": row.problem });
            put("reason", "INVALID_FIELD".into());
            put("bad_rows", bad.rows.iter().map(row).collect());
            put("bad_rows_untold", bad.untold.into());
        }
        json!({ "error": fields })
    }
}

/// What the server wants to tell people, if that is wanted, else what it wants to tell anybody.
fn words(error: &Error, to_people: bool) -> String {
    let localized = error.localized_message().filter(|_| to_people);
    match (localized, error.reason_name()) {
        (Some(message), Some(reason)) => format!("{reason}: {message}"),
        _ if error.is_outcome_unknown() => cause(error),
        _ => error.to_string(),
    }
}

/// The innermost cause: "connection refused" says more than "transport error".
fn cause(error: &Error) -> String {
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    let mut text = error.message().to_owned();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
