//! What a call gives back.

use std::ops::Deref;

use bytes::Bytes;
use tonic::metadata::MetadataMap;

/// A response message, and what the server said beside it. Reads like the message itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    message: T,
    about: About,
}

impl<T> Answer<T> {
    pub(crate) fn new(message: T, about: About) -> Self {
        Self { message, about }
    }

    /// The message alone.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// Whether the server had carried this request out before, and only gave its answer again.
    pub fn replayed(&self) -> bool {
        self.about.replayed
    }

    /// The id under which the server's log has this request.
    pub fn request_id(&self) -> Option<&str> {
        self.about.request_id.as_deref()
    }

    /// The key it was sent under; reads have none.
    pub fn key(&self) -> Option<&str> {
        self.about.key.as_deref()
    }

    /// The server's epoch, which grows with each restore: copies and page tokens from another are void.
    pub fn epoch(&self) -> Option<i64> {
        self.about.epoch
    }
}

impl<T> Deref for Answer<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.message
    }
}

/// An answer as it came: callers that share a call decode it each for themselves.
#[derive(Debug, Clone)]
pub(crate) struct Raw {
    pub(crate) body: Bytes,
    pub(crate) about: About,
}

/// The response's metadata, as the contract names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) key: Option<String>,
    pub(crate) request_id: Option<String>,
    replayed: bool,
    epoch: Option<i64>,
}

impl About {
    pub(crate) fn read(metadata: &MetadataMap, key: Option<&str>) -> Self {
        let text = |name: &str| metadata.get(name).and_then(|value| value.to_str().ok());
        Self {
            key: key.map(str::to_owned),
            request_id: text("x-request-id").map(str::to_owned),
            replayed: text("idempotent-replayed") == Some("true"),
            epoch: text("kassa-epoch").and_then(|epoch| epoch.parse().ok()),
        }
    }
}
