//! What is attempted again, when, and what is known about a call that failed.

use std::{error::Error as _, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::time::Instant;
use tonic::{Code, ConnectError, Status};

use crate::{
    Error, Reason,
    answer::Raw,
    attempt::{LARGEST_REQUEST, attempt},
    call::EncodedRequest,
    kassa::Connection,
};

const BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(Duration::from_secs(5))
    .with_factor(2.0)
    .with_jitter()
    .without_max_times();

/// Carries a call to its end: an answer, a refusal, or the limits of attempts and time.
pub(crate) async fn carry(
    connection: &Connection,
    encoded: &EncodedRequest,
    deadline: Instant,
) -> Result<Raw, Error> {
    if encoded.body.len() > LARGEST_REQUEST {
        return Err(Error::local(
            Code::ResourceExhausted,
            Reason::RequestTooLarge,
            "the request is larger than any that a server takes",
        ));
    }
    let mut pauses = BACKOFF.build();
    let mut attempts = 0;
    // Whether an earlier attempt may have been carried out.
    let mut in_doubt = false;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let status = match attempt(connection, encoded, connection.timeout.min(left)).await {
            Ok(raw) => return Ok(raw),
            Err(status) => status,
        };
        attempts += 1;
        let error = Error::from_status(status);
        let verdict = error.verdict();
        in_doubt = encoded.key.is_some() && verdict.leaves_in_doubt(in_doubt);
        let end = |error: Error| Err(error.of_call(encoded.key.as_deref(), attempts, in_doubt));
        let again = verdict.again && (encoded.repeatable || verdict.effect == Effect::None);
        if !again || attempts >= connection.attempts {
            return end(error);
        }
        let pause = pause(pauses.next().unwrap_or_default(), error.retry_after());
        if Instant::now() + pause >= deadline {
            return end(error);
        }
        tokio::time::sleep(pause).await;
    }
}

/// A server's hint is waited for, and spread over at most twice its time: a shop's terminals should
/// not come back in one instant.
fn pause(backoff: Duration, hint: Option<Duration>) -> Duration {
    hint.map_or(backoff, |hint| hint.saturating_add(backoff.min(hint)))
}

/// What an attempt's failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether another attempt may do better.
    pub(crate) again: bool,
    /// What it says about the books.
    pub(crate) effect: Effect,
    /// Whether a Kassa server said it, and not the network.
    pub(crate) answered: bool,
}

/// What a failure says about the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The server looked the key up and refused: nothing happened, in earlier attempts neither.
    Refused,
    /// This attempt did nothing; it says nothing about earlier ones.
    None,
    /// This attempt may have been carried out.
    Unknown,
}

impl Verdict {
    fn leaves_in_doubt(self, before: bool) -> bool {
        match self.effect {
            Effect::Refused => false,
            Effect::None => before,
            Effect::Unknown => true,
        }
    }

    /// Judges a status by the contract: every error of a server's carries a reason, so that one without
    /// comes from the network, from tonic, or from something in between.
    /// `outcome` is what the error's metadata says of it.
    pub(crate) fn of(status: &Status, reason: Option<&str>, outcome: Option<&str>, hint: Hint) -> Self {
        let verdict = match reason {
            Some(reason) => Self::of_refusal(status.code(), reason, outcome, hint),
            None => Self::of_trouble(status, hint),
        };
        Self { again: verdict.again && hint != Hint::Never, ..verdict }
    }

    fn of_refusal(code: Code, reason: &str, outcome: Option<&str>, hint: Hint) -> Self {
        let (again, effect) = match code {
            // The reasons below are given before anything is decided. Any other, of a newer server too,
            // may be about a commit: OUTCOME_UNKNOWN is.
            Code::Unavailable => match reason {
                "DATABASE_BUSY" | "MAINTENANCE" | "STOPPING" | "OVERLOADED" => (true, Effect::None),
                _ => (true, Effect::Unknown),
            },
            // The server says so only where nothing was stored and nothing will be.
            Code::DeadlineExceeded if outcome == Some("none") => (true, Effect::None),
            Code::DeadlineExceeded | Code::Cancelled => (true, Effect::Unknown),
            // Somebody types a code or a PIN: they see that they must wait, and decide.
            Code::ResourceExhausted if reason.ends_with("_DELAYED") => (false, Effect::None),
            Code::ResourceExhausted => (matches!(hint, Hint::After(_)), Effect::None),
            // Rules answer after the key was looked up.
            Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::FailedPrecondition
            | Code::Aborted => (false, Effect::Refused),
            // Tokens and roles are checked before it; faults and damage come from anywhere.
            _ => (false, Effect::None),
        };
        Self { again, effect, answered: true }
    }

    fn of_trouble(status: &Status, hint: Hint) -> Self {
        if could_not_connect(status) {
            return Self { again: true, effect: Effect::None, answered: false };
        }
        let (again, effect, answered) = match status.code() {
            // Cut connections come as any of these; tonic's own timeout comes as CANCELLED.
            Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled | Code::DeadlineExceeded => {
                (true, Effect::Unknown, false)
            }
            Code::ResourceExhausted => (matches!(hint, Hint::After(_)), Effect::None, true),
            // An answer came, but was too large or cut short.
            Code::OutOfRange | Code::DataLoss => (false, Effect::Unknown, true),
            _ => (false, Effect::None, true),
        };
        Self { again, effect, answered }
    }
}

fn could_not_connect(status: &Status) -> bool {
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<ConnectError>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// What the server said about coming back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Nothing.
    Missing,
    /// Not before this time.
    After(Duration),
    /// Not at all.
    Never,
}

impl Hint {
    /// Reads `grpc-retry-pushback-ms`, else the delay of a `RetryInfo`. A pushback that is negative or
    /// no number means "do not retry" (gRPC's retry design, A6).
    pub(crate) fn read(status: &Status, retry_info: Option<Duration>) -> Self {
        match status.metadata().get("grpc-retry-pushback-ms") {
            Some(pushback) => pushback
                .to_str()
                .ok()
                .and_then(|pushback| pushback.parse().ok())
                .map_or(Self::Never, |pushback| Self::After(Duration::from_millis(pushback))),
            None => retry_info.map_or(Self::Missing, Self::After),
        }
    }

    pub(crate) fn after(self) -> Option<Duration> {
        match self {
            Self::After(time) => Some(time),
            Self::Missing | Self::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(code: Code, reason: &str, hint: Hint) -> (bool, Effect) {
        let verdict = Verdict::of(&Status::new(code, ""), Some(reason), None, hint);
        (verdict.again, verdict.effect)
    }

    #[test]
    fn a_full_disk_is_not_tried_again() {
        assert_eq!(judge(Code::ResourceExhausted, "DISK_FULL", Hint::Missing), (false, Effect::None));
    }

    #[test]
    fn a_full_queue_is_tried_again_when_the_server_says_when() {
        let hint = Hint::After(Duration::from_millis(50));
        assert_eq!(judge(Code::ResourceExhausted, "OVERLOADED", hint), (true, Effect::None));
    }

    #[test]
    fn an_unknown_commit_is_tried_again_and_leaves_doubt() {
        assert_eq!(judge(Code::Unavailable, "OUTCOME_UNKNOWN", Hint::Missing), (true, Effect::Unknown));
        assert_eq!(judge(Code::Unavailable, "OF_A_NEWER_SERVER", Hint::Missing), (true, Effect::Unknown));
        assert_eq!(judge(Code::Unavailable, "STOPPING", Hint::Missing), (true, Effect::None));
    }

    #[test]
    fn a_rule_settles_doubt_and_a_bad_token_does_not() {
        let rule = Verdict::of(&Status::failed_precondition(""), Some("NO_OPEN_SHIFT"), None, Hint::Missing);
        assert!(!rule.leaves_in_doubt(true));
        let token = Verdict::of(&Status::unauthenticated(""), Some("TOKEN_INVALID"), None, Hint::Missing);
        assert!(token.leaves_in_doubt(true));
        assert!(!token.leaves_in_doubt(false));
    }

    #[test]
    fn tonics_own_timeout_is_tried_again() {
        let verdict = Verdict::of(&Status::cancelled("Timeout expired"), None, None, Hint::Missing);
        assert_eq!(verdict, Verdict { again: true, effect: Effect::Unknown, answered: false });
    }

    #[test]
    fn a_deadline_that_passed_in_the_server_is_tried_again_and_leaves_the_doubt_that_the_server_has() {
        let judge = |outcome| {
            let status = Status::deadline_exceeded("");
            let verdict = Verdict::of(&status, Some("DEADLINE_PASSED"), outcome, Hint::Missing);
            assert!(verdict.again && verdict.answered, "{outcome:?}");
            verdict.effect
        };
        assert_eq!(judge(Some("none")), Effect::None);
        for doubt in [Some("unknown"), Some("of a newer server"), None] {
            assert_eq!(judge(doubt), Effect::Unknown, "{doubt:?}");
        }
    }

    #[test]
    fn a_negative_pushback_forbids_it() {
        let mut status = Status::unavailable("");
        status.metadata_mut().insert("grpc-retry-pushback-ms", tonic::metadata::MetadataValue::from(-1));
        let hint = Hint::read(&status, Some(Duration::from_secs(1)));
        assert_eq!(hint, Hint::Never);
        assert!(!Verdict::of(&status, Some("STOPPING"), None, hint).again);
    }

    #[test]
    fn a_hint_is_never_cut_short() {
        let hint = Duration::from_millis(700);
        assert!(pause(Duration::from_millis(100), Some(hint)) >= hint);
        assert!(pause(Duration::from_secs(9), Some(hint)) <= hint * 2);
        assert_eq!(pause(Duration::from_millis(100), None), Duration::from_millis(100));
    }
}
