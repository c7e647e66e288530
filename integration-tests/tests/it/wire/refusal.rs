//! A refusal, and what is true of every one.

use std::collections::BTreeMap;

use kassa_client::{Code, Reason};
use tonic_types::{ErrorDetail, StatusExt as _};

use super::Answer;
use crate::reasons;

const MOST_DETAILS: usize = 4 * 1_024;
/// At about as many bytes of headers clients report an error of the protocol instead of the server's.
const MOST_HEADERS: usize = 8 * 1_024;

/// Words of the inside that no caller may read.
const SECRETS: [&str; 14] = [
    "select ",
    "insert ",
    "update ",
    " table",
    "column",
    "sqlite",
    "sqlx",
    "sea_orm",
    "database disk",
    ".rs",
    ".db",
    "/tmp",
    "panicked",
    "unwrap",
];

/// Why a call was refused.
#[derive(Debug)]
pub struct Refusal {
    pub reason: Reason,
    pub code: Code,
    pub message: String,
    /// The paths of the fields.
    pub paths: Vec<String>,
    /// The variables of the message.
    pub variables: BTreeMap<String, String>,
}

impl Refusal {
    /// Reads it, and holds it against what the contract says of every error.
    pub fn read(answer: &Answer) -> Self {
        let (path, status) = (&answer.path, answer.status());
        assert_ne!(status.code(), Code::Ok, "{path} was not refused");
        let details = status.check_error_details_vec().unwrap();
        let mut infos = details.iter().filter_map(|detail| match detail {
            ErrorDetail::ErrorInfo(info) => Some(info),
            _ => None,
        });
        let info = infos.next().unwrap_or_else(|| panic!("{path}: no ErrorInfo: {status:?}"));
        assert!(infos.next().is_none(), "{path}: more than one ErrorInfo");
        assert_eq!(info.domain, "kassa", "{path}");
        let reason = Reason::from_str_name(&format!("ERROR_REASON_{}", info.reason));
        let reason = reason.unwrap_or_else(|| panic!("{path}: {} is no reason", info.reason));

        let message = status.message().to_owned();
        assert!(message.starts_with(&format!("{}: ", info.reason)), "{path}: {message}");
        assert_eq!(answer.header("kassa-error-reason"), Some(info.reason.as_str()), "{path}");
        assert_eq!(status.code(), reasons::code(reason), "{path}: {message}");
        reasons::assert_listed(path, reason);
        assert!(status.details().len() < MOST_DETAILS, "{path}: {} bytes of details", status.details().len());
        let headers: usize =
            answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
        assert!(headers < MOST_HEADERS, "{path}: {headers} bytes of headers");
        assert_request_id(answer, &info.metadata);
        let told = format!("{message} {details:?}").to_lowercase();
        for secret in SECRETS {
            assert!(!told.contains(secret), "{path} tells {secret:?}: {told}");
        }

        let details = status.get_error_details();
        let words = details.localized_message().unwrap_or_else(|| panic!("{path}: no message to people"));
        assert_eq!(words.locale, "en", "{path}");
        assert!(words.message.len() > 10 && !words.message.contains('{'), "{path}: {}", words.message);
        let fields = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        let variables = info.metadata.clone().into_iter().filter(|(name, _)| name != "request_id").collect();
        Self {
            reason,
            code: status.code(),
            message,
            paths: fields.into_iter().map(|field| field.field).collect(),
            variables,
        }
    }

    /// The reason and the first field's path; empty where it names none.
    pub fn place(&self) -> (Reason, &str) {
        (self.reason, self.paths.first().map_or("", String::as_str))
    }

    /// A variable of the message.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }
}

fn assert_request_id(answer: &Answer, variables: &std::collections::HashMap<String, String>) {
    let id = answer.header("x-request-id").unwrap_or_else(|| panic!("{}: no request id", answer.path));
    assert_eq!(id.len(), 36, "{id}");
    assert_eq!(variables.get("request_id").map(String::as_str), Some(id));
    assert_eq!(answer.header("kassa-epoch"), Some("1"), "{}", answer.path);
}
