//! Idempotency keys and the ids that terminals choose.

use uuid::{Uuid, Version};

/// Makes an id for a document (an order, a shift, a line): a UUIDv7, so that ids sort by their time.
///
/// Choose an order's id when its cart is begun and keep it with the cart: sending the order again,
/// from a double click or after a crash, is then the same sale.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "terminals choose ids; the server's injected clock is not theirs"
)]
pub fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// The longest key that the contract allows.
const LONGEST: usize = 255;

/// Whether the contract allows this as a key: 1 to 255 visible ASCII characters.
pub(crate) fn is_key(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Completes a request before it is sent, and gives the key to send it under.
///
/// `id` is the request's document id, where the contract lets the client choose one. Whatever comes
/// out must come out again when a caller repeats the call with the key it was told: an id invented
/// anew would make it another request under a used key.
pub(crate) fn settle(key: Option<&str>, id: Option<&mut String>) -> String {
    match (key, id) {
        (None, None) => new_id(),
        (None, Some(id)) => {
            if id.is_empty() {
                *id = new_id();
            }
            // An id that can't be a key is no UUID either: the server will say so.
            if is_key(id) { id.clone() } else { new_id() }
        }
        (Some(key), id) => {
            if let Some(id) = id.filter(|id| id.is_empty())
                && is_document_id(key)
            {
                key.clone_into(id);
            }
            key.to_owned()
        }
    }
}

/// Whether a key can be the document's id too, as it is for keys made here.
fn is_document_id(key: &str) -> bool {
    Uuid::try_parse(key).is_ok_and(|id| id.get_version() == Some(Version::SortRand) && id.to_string() == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_id_is_the_key() {
        let mut id = new_id();
        let chosen = id.clone();
        assert_eq!(settle(None, Some(&mut id)), chosen);
        assert_eq!(id, chosen);
    }

    #[test]
    fn an_empty_id_is_filled_and_is_the_key() {
        let mut id = String::new();
        let key = settle(None, Some(&mut id));
        assert_eq!(key, id);
        assert!(is_document_id(&id));
    }

    #[test]
    fn repeating_with_the_key_of_a_filled_id_makes_the_same_request() {
        let mut first = String::new();
        let key = settle(None, Some(&mut first));
        let mut again = String::new();
        assert_eq!(settle(Some(&key), Some(&mut again)), key);
        assert_eq!(again, first);
    }

    #[test]
    fn a_key_that_is_no_id_leaves_the_id_to_the_server() {
        let mut id = String::new();
        assert_eq!(settle(Some("till-7"), Some(&mut id)), "till-7");
        assert_eq!(id, "");
    }

    #[test]
    fn an_id_that_can_not_be_a_key_gets_another_key() {
        let mut id = "طلب".to_owned();
        let key = settle(None, Some(&mut id));
        assert!(is_key(&key));
        assert_eq!(id, "طلب");
    }

    #[test]
    fn keys_are_visible_ascii() {
        assert!(is_key("a"));
        assert!(is_key(&"k".repeat(255)));
        for bad in ["", "with space", "line\n", "مفتاح", &"k".repeat(256)] {
            assert!(!is_key(bad), "{bad:?}");
        }
    }
}
