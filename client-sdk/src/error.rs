//! Why a call failed, and what to do about it.

use std::{collections::HashMap, error, fmt, sync::Arc, time::Duration};

use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{
    Code, Reason,
    answer::About,
    retry::{Effect, Hint, Verdict},
};

/// What became of a call that has no answer.
///
/// ```no_run
/// # use kassa_client::{Error, Reason};
/// # fn show(text: String) {}
/// fn tell(error: &Error) {
///     if error.is_outcome_unknown() {
///         show(format!("not known; send it again with the key {}", error.key().unwrap_or_default()));
///     } else if error.is(Reason::NoOpenShift) {
///         show("open a shift first".to_owned());
///     } else {
///         show(error.message().to_owned());
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: Code,
    message: String,
    localized: Option<String>,
    reason: Option<String>,
    metadata: HashMap<String, String>,
    violations: Vec<FieldViolation>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    verdict: Verdict,
    key: Option<String>,
    attempts: u32,
    outcome_unknown: bool,
    source: Option<Arc<Status>>,
}

/// A field of the request that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldViolation {
    /// Its path, such as `lines[0].quantity`.
    pub path: String,
    /// What is wrong with it.
    pub description: String,
}

impl Error {
    /// Why, as the contract names it; none if the server did not say, or is newer than this library
    /// ([`Error::reason_name`] still has the text).
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        let reason = Reason::from_wire_name(self.reason_name()?)?;
        (reason != Reason::Unspecified).then_some(reason)
    }

    /// Why, as it stands on the wire: `NO_OPEN_SHIFT`.
    #[must_use]
    pub fn reason_name(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Whether this is the reason.
    #[must_use]
    pub fn is(&self, reason: Reason) -> bool {
        self.reason() == Some(reason)
    }

    /// The gRPC status code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The server's words, for a log.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The server's words for people, in the language that [`Builder::language`](crate::Builder::language)
    /// asked for; none where it has no others than [`Error::message`].
    #[must_use]
    pub fn localized_message(&self) -> Option<&str> {
        self.0.localized.as_deref()
    }

    /// The fields that were refused.
    #[must_use]
    pub fn field_violations(&self) -> &[FieldViolation] {
        &self.0.violations
    }

    /// A variable of the error, such as `expected_total` of a `TOTAL_MISMATCH`.
    #[must_use]
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.0.metadata.get(name).map(String::as_str)
    }

    /// All variables of the error, in no order.
    pub fn all_metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The id under which the server's log has the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// When the server said to come back.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same call may do better later. The library tried as often as it was allowed to.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.verdict.again
    }

    /// Whether the change may have happened all the same. Nobody knows until the call is repeated under
    /// [`Error::key`], or `Admin.LookUpIdempotencyKey` is asked.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// Whether no Kassa server answered: the address, the network, or the server is down.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        !self.0.verdict.answered
    }

    /// Whether the token, or what it may do, is the trouble.
    #[must_use]
    pub fn is_access(&self) -> bool {
        matches!(self.code(), Code::Unauthenticated | Code::PermissionDenied)
    }

    /// The idempotency key of the call; reads have none.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// How often the call was attempted.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Reads a status of an attempt.
    pub(crate) fn from_status(status: Status) -> Self {
        let details = status.check_error_details().unwrap_or_default();
        let metadata = |name: &str| status.metadata().get(name)?.to_str().ok().map(str::to_owned);
        // One of another domain is no word of Kassa's.
        let info = details.error_info().filter(|info| info.domain == "kassa");
        let reason = match info {
            Some(info) => Some(info.reason.clone()),
            None => metadata("kassa-error-reason"),
        };
        let outcome = info.and_then(|info| info.metadata.get("outcome")).map(String::as_str);
        let hint = Hint::read(&status, details.retry_info().and_then(|info| info.retry_delay));
        Self(Box::new(Inner {
            code: status.code(),
            message: status.message().to_owned(),
            localized: details.localized_message().map(|localized| localized.message.clone()),
            verdict: Verdict::of(&status, reason.as_deref(), outcome, hint),
            metadata: info.map(|info| info.metadata.clone()).unwrap_or_default(),
            violations: violations(&details),
            request_id: metadata("x-request-id"),
            retry_after: hint.after(),
            reason,
            key: None,
            attempts: 0,
            outcome_unknown: false,
            source: Some(Arc::new(status)),
        }))
    }

    /// An error of this library's own: nothing was sent.
    pub(crate) fn local(code: Code, reason: Reason, message: impl Into<String>) -> Self {
        let reason = reason.as_str_name().trim_start_matches("ERROR_REASON_").to_owned();
        Self::own(code, Some(reason), message.into(), Effect::Refused)
    }

    /// The call's task went away with its answer.
    pub(crate) fn lost(key: Option<String>) -> Self {
        Self::after_sending(Code::Internal, "the program stopped waiting for the answer", key)
    }

    /// An answer came that is no message of the method.
    pub(crate) fn unreadable(about: About) -> Self {
        let message = "the answer can't be read: it is no message of this method";
        let mut error = Self::after_sending(Code::Internal, message, about.key);
        error.0.request_id = about.request_id;
        error
    }

    fn after_sending(code: Code, message: &str, key: Option<String>) -> Self {
        let in_doubt = key.is_some();
        Self::own(code, None, message.to_owned(), Effect::Unknown).of_call(key.as_deref(), 1, in_doubt)
    }

    fn own(code: Code, reason: Option<String>, message: String, effect: Effect) -> Self {
        Self(Box::new(Inner {
            code,
            message,
            localized: None,
            reason,
            metadata: HashMap::new(),
            violations: Vec::new(),
            request_id: None,
            retry_after: None,
            verdict: Verdict { again: false, effect, answered: true },
            key: None,
            attempts: 0,
            outcome_unknown: false,
            source: None,
        }))
    }

    /// Tells it of the call as a whole.
    pub(crate) fn of_call(mut self, key: Option<&str>, attempts: u32, in_doubt: bool) -> Self {
        self.0.key = key.map(str::to_owned);
        self.0.attempts = attempts;
        self.0.outcome_unknown = in_doubt;
        self
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.0.verdict
    }
}

fn violations(details: &ErrorDetails) -> Vec<FieldViolation> {
    let fields = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
    let violation = |field: &tonic_types::FieldViolation| FieldViolation {
        path: field.field.clone(),
        description: field.description.clone(),
    };
    fields.iter().map(violation).collect()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        match &inner.reason {
            // The contract lets messages begin with their reason.
            Some(reason) if !inner.message.starts_with(reason.as_str()) => {
                write!(f, "{reason}: {}", inner.message)?;
            }
            Some(_) => f.write_str(&inner.message)?,
            None => write!(f, "{:?}: {}", inner.code, inner.message)?,
        }
        if let (true, Some(key)) = (inner.outcome_unknown, &inner.key) {
            write!(f, " (the outcome is unknown: repeat it with the key {key})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().and_then(error::Error::source)
    }
}
