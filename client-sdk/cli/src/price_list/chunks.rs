//! Price lists cut into calls that the server takes.

use kassa_client::proto::v1::PutProduct;
use prost::{Message as _, encoding::encoded_len_varint};
use sha2::{Digest as _, Sha256};

use super::Entry;

/// The contract's limits of a `PutProducts` call: products, and bytes, less some for its other fields.
const MOST_PRODUCTS: usize = 1_000;
const MOST_BYTES: usize = (2 << 20) - (16 << 10);

/// Cuts a list into runs that each fit a call. The same list is always cut alike: the chunks' keys say so.
pub fn chunks(entries: &[Entry]) -> Vec<&[Entry]> {
    let mut chunks = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(fitting(rest).max(1));
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

/// How many entries from the first fit a call.
fn fitting(entries: &[Entry]) -> usize {
    let mut bytes = 0;
    let fits = |entry: &&Entry| {
        bytes += encoded_size(&entry.product);
        bytes <= MOST_BYTES
    };
    entries.iter().take(MOST_PRODUCTS).take_while(fits).count()
}

/// What a product takes in a request: a tag, its length, itself.
fn encoded_size(product: &PutProduct) -> usize {
    let length = product.encoded_len();
    1 + encoded_len_varint(length as u64) + length
}

/// What the keys of a file's chunks begin with: the same bytes are the same import.
pub fn key_prefix(file: &[u8], branch: Option<&str>) -> String {
    let hash = Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match branch {
        None => format!("import-{hash}"),
        Some(branch) => format!("import-{hash}-{branch}"),
    }
}

#[cfg(test)]
mod tests {
    use kassa_client::proto::v1::{Product, PutProductsRequest};

    use super::*;

    fn entries(count: usize, name_length: usize) -> Vec<Entry> {
        let product = Product { name: "n".repeat(name_length), ..Default::default() };
        let product = PutProduct { product: Some(product), opening_stock: None };
        (1..).map(|line| Entry { line, product: product.clone() }).take(count).collect()
    }

    #[test]
    fn a_chunk_has_a_thousand_products_at_most() {
        let sizes: Vec<usize> = chunks(&entries(2_500, 20)).iter().map(|chunk| chunk.len()).collect();
        assert_eq!(sizes, [1_000, 1_000, 500]);
        assert!(chunks(&[]).is_empty());
    }

    #[test]
    fn a_chunk_has_two_mebibytes_at_most_and_nothing_is_lost() {
        let entries = entries(999, 20_000);
        let chunks = chunks(&entries);
        assert!(chunks.len() > 1);
        assert_eq!(chunks.concat(), entries);
        for chunk in chunks {
            let products = chunk.iter().map(|entry| entry.product.clone()).collect();
            let request = PutProductsRequest { products, branch_id: "B".repeat(255), validate_only: true };
            assert!(request.encoded_len() <= 2 << 20);
        }
    }

    #[test]
    fn a_product_too_large_for_any_call_still_gets_its_own() {
        assert_eq!(chunks(&entries(2, 3 << 20)).len(), 2);
    }

    #[test]
    fn the_same_bytes_have_the_same_keys() {
        assert_eq!(key_prefix(b"a", None), key_prefix(b"a", None));
        assert_ne!(key_prefix(b"a", None), key_prefix(b"b", None));
        assert_eq!(key_prefix(b"", Some("B2")).len(), "import-".len() + 64 + "-B2".len());
    }
}
