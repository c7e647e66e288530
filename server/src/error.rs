//! The one error of the server, its reasons, and how it travels (AIP-193).
//!
//! Only this file names gRPC codes.

use std::{any::type_name, borrow::Cow, fmt::Display, future::Future, panic::Location, time::Duration};

use kassa_proto::v1::ErrorReason as Reason;
use tonic::{
    Code, Status,
    metadata::{MetadataMap, MetadataValue},
};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{
    faults::{Cause, is_news},
    messages::Language,
    store::{Failure, FailureKind, StartError},
};

/// `google.rpc.ErrorInfo.domain` of every error.
pub const DOMAIN: &str = "kassa";
/// The trailer that repeats the reason for tools that do not decode details.
pub const REASON_TRAILER: &str = "kassa-error-reason";
/// The trailer that says when to try again.
pub const PUSHBACK_TRAILER: &str = "grpc-retry-pushback-ms";

/// Details stay well under the 8 KiB at which clients give up on them.
const MOST_VIOLATIONS: usize = 5;
const MOST_CHARACTERS: usize = 150;
/// Arabic letters take two bytes, pictures four.
const MOST_BYTES: usize = 300;

tokio::task_local! {
    static ASKED: Asked;
}

/// What an error has to know of the request that it answers.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The request's id.
    pub id: String,
    /// The language of messages to people.
    pub language: Language,
}

/// Runs a request, so that its error can name it, in its language.
pub async fn while_asked<F: Future>(asked: Asked, future: F) -> F::Output {
    ASKED.scope(asked, future).await
}

/// The same for what is done at once.
pub fn as_asked<T>(asked: Asked, work: impl FnOnce() -> T) -> T {
    ASKED.sync_scope(asked, work)
}

/// What errors have to know of the request that runs now.
pub fn asked() -> Asked {
    ASKED.try_with(Clone::clone).unwrap_or_default()
}

/// Why something was refused or failed: what the caller is told. Boxed, for most results are good.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {}", .0.reason.wire_name(), .0.message)]
pub struct Error(Box<Content>);

#[derive(Debug, Clone)]
struct Content {
    reason: Reason,
    message: String,
    fields: Vec<(String, String)>,
    variables: Vec<(&'static str, String)>,
    retry_after: Option<Duration>,
}

impl Error {
    /// An error with the words that the caller reads.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Content {
            reason,
            message,
            fields: Vec::new(),
            variables: Vec::new(),
            retry_after: None,
        }))
    }

    /// A field's value is not allowed.
    pub fn invalid(path: impl Into<String>, description: impl Into<String>) -> Self {
        Self::of_field(Reason::InvalidField, path, description)
    }

    /// Another reason that lies in one field.
    pub fn of_field(reason: Reason, path: impl Into<String>, description: impl Into<String>) -> Self {
        let (path, description) = (path.into(), description.into());
        Self::new(reason, format!("{path}: {description}")).field(path, description)
    }

    /// An amount is beyond the limit.
    pub fn overflow(path: impl Into<String>) -> Self {
        Self::beyond(kassa_proto::money::MAX_AMOUNT_MINOR, path)
    }

    /// An amount is beyond another limit.
    pub fn beyond(most: i64, path: impl Into<String>) -> Self {
        Self::of_field(Reason::AmountOverflow, path, format!("is beyond {most} minor units"))
    }

    /// Somebody else changed it: `what`, such as "the settings are", at another version than was given.
    pub fn version_mismatch(path: impl Into<String>, what: &str, given: i64, current: i64) -> Self {
        let message = format!("{what} at version {current}, not {given}; read it again");
        Self::new(Reason::VersionMismatch, message)
            .field(path, format!("is {current} now"))
            .with("current_version", current)
    }

    /// A fault of ours. The cause goes to the log, once and here; the caller gets a fixed text.
    #[track_caller]
    pub fn internal<C: Display>(cause: C) -> Self {
        let place = Location::caller();
        if is_news(Cause::Code(place.file(), place.line(), type_name::<C>())) {
            tracing::error!(%cause, request_id = current_request_id(), "a fault in Kassa");
        }
        Self::ours()
    }

    fn ours() -> Self {
        Self::new(
            Reason::Internal,
            "a fault in Kassa; nothing was done. Support finds it in the log by the request id",
        )
    }

    /// Adds a field's path and what is wrong with it.
    #[must_use]
    pub fn field(mut self, path: impl Into<String>, description: impl Into<String>) -> Self {
        self.0.fields.push((path.into(), description.into()));
        self
    }

    /// Adds a variable of the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.0.variables.push((name, value.to_string()));
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// What the caller reads.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The paths of the fields and what is wrong with them.
    pub fn fields(&self) -> &[(String, String)] {
        &self.0.fields
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        if is_news(Cause::Database(failure.kind)) {
            tracing::error!(%failure, request_id = current_request_id(), "the database failed");
        }
        match failure.kind {
            FailureKind::Busy => Self::new(Reason::DatabaseBusy, "the database is busy; try again")
                .retry_after(Duration::from_secs(1)),
            FailureKind::Full => disk_full(),
            FailureKind::Corrupt => {
                Self::new(Reason::DatabaseCorrupt, "the database is damaged; stop selling and call support")
            }
            FailureKind::Io | FailureKind::ReadOnly => Self::new(
                Reason::DiskIo,
                "the disk failed to read or write; nothing was stored. Check its cable and call support",
            ),
            FailureKind::Constraint | FailureKind::Other => Self::ours(),
        }
    }
}

/// Nothing was stored for want of space.
pub fn disk_full() -> Error {
    Error::new(
        Reason::DiskFull,
        "the disk is full; nothing was stored. Stop, free space on the server's disk, call support",
    )
}

/// The commit failed, and nobody knows whether it is on the disk.
pub fn outcome_unknown() -> Error {
    Error::new(
        Reason::OutcomeUnknown,
        "the disk failed while the change was being stored; repeat the request with the same key to learn its outcome",
    )
    .retry_after(Duration::from_secs(1))
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Failure::from(error).into()
    }
}

impl From<Error> for StartError {
    fn from(refusal: Error) -> Self {
        match refusal.reason() {
            Reason::DatabaseCorrupt => {
                Self::Damaged("some of it can't be read; the log says what".to_owned())
            }
            _ => Self::Books(refusal.to_string()),
        }
    }
}

/// The id of the request that runs now; empty where none does.
pub fn current_request_id() -> String {
    ASKED.try_with(|asked| asked.id.clone()).unwrap_or_default()
}

/// The code of each reason. `error_reason.proto` names it too; a test compares the two.
pub fn code(reason: Reason) -> Code {
    match reason {
        Reason::InvalidField
        | Reason::InvalidMessage
        | Reason::InvalidMetadata
        | Reason::IdempotencyKeyRequired
        | Reason::IdempotencyKeyReused
        | Reason::ProductNotFound
        | Reason::BarcodeAmbiguous
        | Reason::AmountOverflow
        | Reason::ChangeNotCash
        | Reason::CardNumberRefused => Code::InvalidArgument,
        Reason::TokenInvalid | Reason::PairingCodeInvalid | Reason::PinWrong => Code::Unauthenticated,
        Reason::RoleRequired
        | Reason::WrongBranch
        | Reason::ApprovalRequired
        | Reason::FiguresWithheld
        | Reason::ModuleDisabled
        | Reason::OwnClockOut
        | Reason::NotYourShift => Code::PermissionDenied,
        Reason::OrderNotFound
        | Reason::DraftNotFound
        | Reason::CustomerNotFound
        | Reason::ShiftNotFound
        | Reason::RegisterNotFound
        | Reason::BranchNotFound
        | Reason::UserNotFound
        | Reason::TerminalNotFound
        | Reason::MovementNotFound
        | Reason::TransferNotFound
        | Reason::PurchaseNotFound
        | Reason::StockTransferNotFound
        | Reason::StockAdjustmentNotFound
        | Reason::StockCountNotFound
        | Reason::BackupNotFound => Code::NotFound,
        Reason::OrderExists
        | Reason::ShiftExists
        | Reason::TransferExists
        | Reason::AttendanceExists
        | Reason::CustomerCodeTaken
        | Reason::PurchaseDocumentExists
        | Reason::StockTransferExists
        | Reason::StockAdjustmentExists
        | Reason::StockCountExists => Code::AlreadyExists,
        Reason::NoOpenShift
        | Reason::ShiftEnded
        | Reason::ShiftClosed
        | Reason::UserHasOpenShift
        | Reason::InsufficientStock
        | Reason::TotalMismatch
        | Reason::TenderShort
        | Reason::CurrencyMismatch
        | Reason::CurrencyFrozen
        | Reason::RefundExceedsSale
        | Reason::RefundTenderMismatch
        | Reason::OrderNotReversible
        | Reason::InsufficientCash
        | Reason::ApprovalInvalid
        | Reason::ApprovalExpired
        | Reason::ApprovalUsed
        | Reason::VarianceReasonRequired
        | Reason::CountRequired
        | Reason::OwnerRequired
        | Reason::PinNotSet
        | Reason::UserInactive
        | Reason::TransferReceived
        | Reason::MovementNotReversible
        | Reason::DraftEnded
        | Reason::DraftHeld
        | Reason::TooManyDrafts
        | Reason::AlreadyClockedIn
        | Reason::NotClockedIn
        | Reason::CustomerAnonymized
        | Reason::PurchaseApproved
        | Reason::PurchaseCancelled
        | Reason::StockTransferReceived
        | Reason::StockCountFinished
        | Reason::StockCountOpen
        | Reason::BackupRunning
        | Reason::BackupNewer
        | Reason::KeyExpired
        | Reason::EpochChanged => Code::FailedPrecondition,
        Reason::VersionMismatch => Code::Aborted,
        Reason::DeadlinePassed => Code::DeadlineExceeded,
        Reason::DatabaseBusy | Reason::OutcomeUnknown | Reason::Stopping | Reason::Maintenance => {
            Code::Unavailable
        }
        Reason::DiskFull
        | Reason::DiskLow
        | Reason::Overloaded
        | Reason::RequestTooLarge
        | Reason::PairingDelayed
        | Reason::BackupNoSpace
        | Reason::PinDelayed => Code::ResourceExhausted,
        Reason::DatabaseCorrupt | Reason::BackupDamaged => Code::DataLoss,
        Reason::DiskIo
        | Reason::RestoreFailed
        | Reason::BackupFailed
        | Reason::Internal
        | Reason::Unspecified => Code::Internal,
        Reason::UnknownMethod => Code::Unimplemented,
    }
}

impl Content {
    /// The message to people.
    fn words(&self, language: Language, request_id: &str) -> Option<String> {
        let wait = self.retry_after.map(|delay| delay.as_millis().div_ceil(1_000).to_string());
        let variables = self.variables.iter().map(|(name, value)| (*name, value.as_str()));
        let field = self.fields.first().map(|(path, _)| ("field", path.as_str()));
        let wait = wait.as_deref().map(|seconds| ("wait_seconds", seconds));
        let id = (!request_id.is_empty()).then_some(("request_id", request_id));
        let variables: Vec<_> = variables.chain(field).chain(wait).chain(id).collect();
        language.words(self.reason, &variables)
    }
}

/// A text cut to a length that is safe in details.
fn short(text: &str) -> Cow<'_, str> {
    let end = text.char_indices().nth(MOST_CHARACTERS).map_or(text.len(), |(end, _)| end);
    let end = text.floor_char_boundary(end.min(MOST_BYTES));
    match text.get(..end) {
        Some(beginning) if end < text.len() => Cow::Owned(format!("{beginning}...")),
        _ => Cow::Borrowed(text),
    }
}

impl From<Error> for Status {
    fn from(Error(content): Error) -> Self {
        let Asked { id, language } = ASKED.try_with(Clone::clone).unwrap_or_default();
        let reason = content.reason.wire_name();
        let code = code(content.reason);
        let message = format!("{reason}: {}", short(&content.message));

        let mut details = ErrorDetails::new();
        if let Some(words) = content.words(language, &id) {
            details.set_localized_message(language.tag(), words);
        }
        let mut variables: std::collections::HashMap<String, String> = content
            .variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), short(value).into_owned()))
            .collect();
        if !id.is_empty() {
            variables.insert("request_id".to_owned(), id);
        }
        details.set_error_info(reason, DOMAIN, variables);
        for (path, description) in content.fields.iter().take(MOST_VIOLATIONS) {
            details.add_bad_request_violation(short(path), short(description));
        }
        if code == Code::FailedPrecondition {
            details.add_precondition_failure_violation(reason, "", short(&content.message));
        }
        let mut metadata = MetadataMap::new();
        metadata.insert(REASON_TRAILER, MetadataValue::from_static(reason));
        if let Some(delay) = content.retry_after {
            details.set_retry_info(Some(delay));
            metadata.insert(PUSHBACK_TRAILER, MetadataValue::from(delay.as_millis() as u64));
        }
        Status::with_error_details_and_metadata(code, message, details, metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base64 in a header makes four bytes of three.
    #[tokio::test]
    async fn details_stay_short_whatever_is_in_them_and_in_every_language() {
        let long = "م".repeat(5_000);
        let fields = (0..20).map(|number| format!("lines[{number}].{}", "path".repeat(30)));
        let error = Error::new(Reason::InsufficientStock, &long)
            .with("product", &long)
            .with("product_id", uuid::Uuid::nil())
            .with("available", "-123456789.123")
            .with("requested", "123456789.123")
            .retry_after(Duration::from_secs(9));
        let error = fields.fold(error, |error, path| error.field(path, &long));
        for language in [Language::English, Language::Arabic] {
            let asked = Asked { id: uuid::Uuid::nil().to_string(), language };
            let status = while_asked(asked, async { Status::from(error.clone()) }).await;
            assert!(status.details().len() < 4 * 1_024, "{} bytes", status.details().len());
            let details = status.get_error_details();
            let words = details.localized_message().unwrap();
            assert_eq!(words.locale, language.tag());
        }
    }
}
