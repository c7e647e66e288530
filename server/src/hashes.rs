//! The hashes by which a change of what is stored shows: of records, of rows that no record has, of secrets that the
//! journal must not hold.

use kassa_proto::v1 as pb;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::{
    encoding::lines::draft_head_to_pb,
    store::entity::{draft, idempotency_key},
};

/// The previous hash of a chain's first record.
pub const NO_HASH: [u8; 32] = [0; 32];

/// The SHA-256 of bytes or of a text.
pub fn sha256(of: impl AsRef<[u8]>) -> Vec<u8> {
    Sha256::digest(of).to_vec()
}

/// The hash of a record.
pub fn record_hash(previous: &[u8], sequence: i64, bytes: &[u8]) -> Vec<u8> {
    Sha256::new()
        .chain_update(previous)
        .chain_update(sequence.to_be_bytes())
        .chain_update(bytes)
        .finalize()
        .to_vec()
}

/// The SHA-256 of a key's row without its answer, which is cleared one day: a changed column shows.
pub fn key_seal(row: &idempotency_key::Model) -> Vec<u8> {
    let mut hash = Sha256::new();
    let document = row.document_id.unwrap_or_default();
    let texts = [row.method.as_bytes(), row.key.as_bytes(), &row.fingerprint, &row.answer_sha256];
    for part in [row.terminal_id.as_bytes(), row.branch_id.as_bytes(), document.as_bytes()] {
        hash.update(part);
    }
    for number in [row.sequence, i64::from(row.document_kind), row.create_time] {
        hash.update(number.to_be_bytes());
    }
    // Lengths keep a character from wandering from one text into the next.
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().to_vec()
}

/// The SHA-256 of a draft's other columns: one that is changed shows.
pub fn draft_seal(draft: &draft::Model) -> Vec<u8> {
    let head = draft_head_to_pb(draft).encode_length_delimited_to_vec();
    Sha256::new().chain_update(head).chain_update(&draft.content).finalize().to_vec()
}

/// What the journal has of a person. Phone numbers are few enough to be tried all: without the salt,
/// which is gone with the person, nobody can.
pub fn person_sha256(salt: &[u8], person: &pb::Customer) -> Vec<u8> {
    Sha256::new().chain_update(salt).chain_update(person.encode_to_vec()).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_salt_or_another_person_is_another_hash() {
        let hash = |salt: u8, name: &str| {
            let person = pb::Customer { name: name.to_owned(), ..Default::default() };
            person_sha256(&[salt; 32], &person)
        };
        assert_eq!(hash(1, "Amal"), hash(1, "Amal"));
        assert_ne!(hash(1, "Amal"), hash(2, "Amal"));
        assert_ne!(hash(1, "Amal"), hash(1, "Ama"));
    }
}
