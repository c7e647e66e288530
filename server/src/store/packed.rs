//! Bytes that take less room on the disk than they are: a record of the journal is half made of ids as text, and two that
//! are packed go into a page of the database where one did.
//!
//! What is packed begins with a zero byte, which no message of protobuf does: its length and an LZ4 block follow
//! (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>). What is not shorter packed is stored as it is, and so
//! was everything before.

use std::borrow::Cow;

use lz4_flex::block;

use super::{Failure, FailureKind};

/// What packed bytes begin with.
const PACKED: u8 = 0;
/// No block says more than so many times its own length: what a damaged one says of itself is not allocated.
const MOST_TIMES: usize = 255;

/// Packs bytes, if that makes them shorter.
pub fn pack(plain: Vec<u8>) -> Vec<u8> {
    let mut packed = vec![PACKED];
    packed.extend(block::compress_prepend_size(&plain));
    if packed.len() < plain.len() { packed } else { plain }
}

/// What was packed.
///
/// # Errors
/// `Corrupt`: nobody packed this.
pub fn unpack(stored: &[u8]) -> Result<Cow<'_, [u8]>, Failure> {
    let Some((&PACKED, packed)) = stored.split_first() else { return Ok(Cow::Borrowed(stored)) };
    let damaged = |what: &dyn std::fmt::Display| {
        Failure::new(FailureKind::Corrupt, format!("packed bytes can't be unpacked: {what}"))
    };
    let (length, block) = block::uncompressed_size(packed).map_err(|error| damaged(&error))?;
    if length > block.len().saturating_mul(MOST_TIMES) {
        return Err(damaged(&"they claim to be longer than they can be"));
    }
    block::decompress(block, length).map(Cow::Owned).map_err(|error| damaged(&error))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_packed_comes_out_as_it_was(plain in proptest::collection::vec(1..=255_u8, 0..200), times in 0..50_usize) {
            let plain = plain.repeat(times);
            let packed = pack(plain.clone());
            prop_assert!(packed.len() <= plain.len());
            let unpacked = unpack(&packed).unwrap();
            prop_assert_eq!(unpacked.as_ref(), plain.as_slice());
        }

        #[test]
        fn damaged_bytes_are_told_or_give_others_and_never_more_than_they_can(stored in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut stored = stored;
            stored.insert(0, PACKED);
            if let Ok(plain) = unpack(&stored) {
                prop_assert!(plain.len() <= stored.len() * MOST_TIMES);
            }
        }
    }

    #[test]
    fn a_length_that_nothing_has_is_not_allocated() {
        let huge = [&[PACKED][..], &u32::MAX.to_le_bytes(), &[0x1f; 20]].concat();
        assert_eq!(unpack(&huge).unwrap_err().kind, FailureKind::Corrupt);
    }
}
