//! Idempotency keys: one row per key, kept for ever, written with what the request did.

use kassa_proto::v1::{DocumentKind, ErrorReason as Reason};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Document, Stop, WorkingSet, posting::key_expired};
use crate::{
    caller::Caller,
    error::Error,
    hashes::{key_seal, sha256},
    store::entity::{branch, idempotency_key::Model as KeyRow},
};

/// A request's idempotency key and the fingerprint of the request it came with.
#[derive(Clone, Debug)]
pub struct Key {
    /// What the caller sent: 1 to 255 visible ASCII characters.
    pub text: String,
    /// The SHA-256 of the request, or of as much of it as may be kept for ever.
    pub fingerprint: [u8; 32],
}

/// The SHA-256 of a request's prost encoding, which is the same for the same request: there are no
/// maps in requests.
pub fn fingerprint(request: &impl prost::Message) -> [u8; 32] {
    Sha256::digest(request.encode_to_vec()).into()
}

/// What is known of a request that came with a key.
pub enum Before {
    /// Its first time.
    New,
    /// Carried out; these are the bytes of its answer.
    Answered(Vec<u8>),
    /// Carried out; the bytes are not stored, or have expired, and this is what it made.
    Made(Document),
}

/// The primary key of a key's row.
pub fn row_key(caller: &Caller, method: &str, key: &Key) -> (Uuid, String, String) {
    (caller.terminal_id, method.to_owned(), key.text.clone())
}

/// Looks a key up. Answers from before `answers_since` (microseconds) have expired.
///
/// # Errors
/// `IDEMPOTENCY_KEY_REUSED` if it came with another request; `KEY_EXPIRED` if its answer is gone and
/// it made no document.
pub fn before(
    books: &WorkingSet,
    caller: &Caller,
    method: &str,
    key: &Key,
    answers_since: i64,
) -> Result<Before, Stop> {
    let Some(row) = books.get::<KeyRow>(&row_key(caller, method, key))? else {
        return Ok(Before::New);
    };
    if row.fingerprint != key.fingerprint {
        return Err(reused(key).into());
    }
    // An answer whose time is over is not given, cleared or not: what a caller gets must not depend on
    // when the cleaning ran.
    let answer = row.answer.as_ref().filter(|_| row.create_time >= answers_since);
    match (answer, document(row)) {
        (Some(answer), _) => Ok(Before::Answered(answer.clone())),
        (None, Some(document)) => Ok(Before::Made(document)),
        (None, None) => Err(key_expired().into()),
    }
}

/// The key came with another request.
pub fn reused(key: &Key) -> Error {
    let message = "this idempotency key was used before with another request; a new request needs a new key";
    Error::new(Reason::IdempotencyKeyReused, message).with("key", &key.text)
}

fn document(row: &KeyRow) -> Option<Document> {
    let kind = DocumentKind::try_from(row.document_kind).unwrap_or_default();
    row.document_id.map(|id| Document { kind, id })
}

/// What a request with a key was answered.
pub struct Given<'a> {
    /// The encoded reply.
    pub answer: &'a [u8],
    /// What it made.
    pub document: Option<Document>,
    /// Whether the answer is stored: one that can be rebuilt from the document to the byte need not be.
    pub is_stored: bool,
}

/// Writes down what a request with a key did.
///
/// # Errors
/// [`Stop::MissingRows`] if the branch is not loaded.
pub fn record(
    books: &mut WorkingSet,
    caller: &Caller,
    (method, key): (&str, &Key),
    Given { answer, document, is_stored }: Given,
    now_micros: i64,
) -> Result<(), Stop> {
    let sequence = books.update::<branch::Model, _>(&caller.branch_id, |branch| {
        branch.last_key_sequence = branch.last_key_sequence.saturating_add(1);
        Ok(branch.last_key_sequence)
    })?;
    let mut row = KeyRow {
        terminal_id: caller.terminal_id,
        method: method.to_owned(),
        key: key.text.clone(),
        branch_id: caller.branch_id,
        sequence,
        fingerprint: key.fingerprint.to_vec(),
        document_kind: document.map_or(DocumentKind::Unspecified, |document| document.kind).into(),
        document_id: document.map(|document| document.id),
        answer: is_stored.then(|| answer.to_vec()),
        answer_sha256: sha256(answer),
        seal: Vec::new(),
        create_time: now_micros,
    };
    row.seal = key_seal(&row);
    books.insert(row)
}
