//! Pages of lists: sizes, and tokens that say where the next page begins.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kassa_proto::v1::ErrorReason as Reason;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::Error;

const DEFAULT: u64 = 50;
const MOST: u64 = 500;

/// A page that was asked for.
pub struct Page {
    /// How many items at most.
    pub size: u64,
    /// The key of the last item of the page before, as its parts.
    pub after: Option<Vec<i64>>,
    epoch: i64,
    filter: [u8; 8],
}

impl Page {
    /// Reads size and token. `filter` is the request without them, of the list with this name: a token
    /// goes on with its own list.
    ///
    /// # Errors
    /// `INVALID_FIELD`; `EPOCH_CHANGED` if a backup was restored since.
    pub fn parse(
        list: &str,
        (size, token): (i32, &str),
        filter: &impl prost::Message,
        epoch: i64,
    ) -> Result<Self, Error> {
        let size = match u64::try_from(size) {
            Err(_) => return Err(Error::invalid("page_size", "must not be negative")),
            Ok(0) => DEFAULT,
            Ok(size) => size.min(MOST),
        };
        // Lists without filters have equal bytes: the name tells them apart.
        let digest = Sha256::new().chain_update(list).chain_update(filter.encode_to_vec()).finalize();
        let mut own = [0; 8];
        own.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        let mut page = Self { size, after: None, epoch, filter: own };
        if !token.is_empty() {
            page.after = Some(page.read(token)?);
        }
        Ok(page)
    }

    fn read(&self, token: &str) -> Result<Vec<i64>, Error> {
        let invalid = || Error::invalid("page_token", "is no token of this list");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        let (filter, rest) = bytes.split_at_checked(8).ok_or_else(invalid)?;
        let numbers: Option<Vec<i64>> =
            rest.chunks(8).map(|chunk| chunk.try_into().ok().map(i64::from_be_bytes)).collect();
        let numbers = numbers.ok_or_else(invalid)?;
        let (epoch, after) = numbers.split_first().ok_or_else(invalid)?;
        if filter != self.filter {
            return Err(Error::invalid("page_token", "belongs to another list; repeat its filters"));
        }
        if *epoch != self.epoch {
            return Err(epoch_changed("page_token"));
        }
        Ok(after.to_vec())
    }

    /// How many items to read: one more than the page tells whether there is a next one.
    pub fn limit(&self) -> u64 {
        self.size.saturating_add(1)
    }

    /// Rows in the order of their last change, of this page.
    pub fn by_version<E: EntityTrait>(
        &self,
        mut find: Select<E>,
        version: E::Column,
        id: E::Column,
    ) -> Select<E> {
        if let Some([after, high, low, ..]) = self.after.as_deref() {
            let of_same = Condition::all().add(version.eq(*after)).add(id.gt(id_of_parts([*high, *low])));
            find = find.filter(Condition::any().add(version.gt(*after)).add(of_same));
        }
        find.order_by_asc(version).order_by_asc(id).limit(self.limit())
    }

    /// Cuts what was read to the page, and makes the token for the next one.
    pub fn cut<T>(&self, items: Vec<T>, key: impl FnOnce(&T) -> Vec<i64>) -> (Vec<T>, String) {
        self.cut_to(usize::MAX, items, key)
    }

    /// The same where the page may hold only `most` items for another reason than its size.
    pub fn cut_to<T>(
        &self,
        most: usize,
        mut items: Vec<T>,
        key: impl FnOnce(&T) -> Vec<i64>,
    ) -> (Vec<T>, String) {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX).min(most);
        if items.len() <= size {
            return (items, String::new());
        }
        items.truncate(size);
        let after = items.last().map(key).unwrap_or_default();
        let token = self.token(after);
        (items, token)
    }

    /// The token of the page that comes after this key.
    pub fn token(&self, after: Vec<i64>) -> String {
        let numbers = [self.epoch].into_iter().chain(after).flat_map(i64::to_be_bytes);
        let token: Vec<u8> = self.filter.into_iter().chain(numbers).collect();
        URL_SAFE_NO_PAD.encode(token)
    }
}

/// An id as the parts of a page's key.
pub fn id_parts(id: Uuid) -> [i64; 2] {
    let (high, low) = id.as_u64_pair();
    [high.cast_signed(), low.cast_signed()]
}

/// The id of parts.
pub fn id_of_parts([high, low]: [i64; 2]) -> Uuid {
    Uuid::from_u64_pair(high.cast_unsigned(), low.cast_unsigned())
}

/// The version of a list that terminals keep a copy of: one of another epoch never fits.
pub fn version_text(epoch: i64, version: i64) -> String {
    format!("{epoch}.{version}")
}

/// The version of a terminal's copy; zero for none.
///
/// # Errors
/// `INVALID_FIELD`; `EPOCH_CHANGED` if a backup was restored since.
pub fn changed_since(text: &str, epoch: i64) -> Result<i64, Error> {
    if text.is_empty() {
        return Ok(0);
    }
    let parts =
        text.split_once('.').and_then(|(epoch, version)| Some((epoch.parse().ok()?, version.parse().ok()?)));
    let (of_epoch, version): (i64, i64) =
        parts.ok_or_else(|| Error::invalid("changed_since", "is no version of this list"))?;
    if of_epoch == epoch { Ok(version) } else { Err(epoch_changed("changed_since")) }
}

/// A text as the parts of a page's key, eight bytes each; the first says how many bytes there are.
pub fn text_parts(text: &str) -> Vec<i64> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let parts = text.as_bytes().chunks(8).map(|bytes| {
        let mut part = [0; 8];
        part.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        i64::from_be_bytes(part)
    });
    [length].into_iter().chain(parts).collect()
}

/// The text of parts, if they are one's.
pub fn text_of_parts(parts: &[i64]) -> Option<String> {
    let (length, parts) = parts.split_first()?;
    let mut bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_be_bytes()).collect();
    bytes.truncate(usize::try_from(*length).ok()?);
    String::from_utf8(bytes).ok()
}

/// Something from before a restore.
pub fn epoch_changed(path: &str) -> Error {
    let message = "is from before a backup was restored; start anew";
    Error::of_field(Reason::EpochChanged, path, message)
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::GetOrderRequest;

    use super::*;

    #[test]
    fn a_text_comes_back_from_its_parts() {
        for text in ["", "Tea", "Drinks, ", "مشروبات ساخنة", "eight by", "\0\0"] {
            assert_eq!(text_of_parts(&text_parts(text)).as_deref(), Some(text));
        }
        assert_eq!(text_of_parts(&[]), None);
        assert_eq!(text_of_parts(&[-1, 0]), None);
        assert_eq!(text_of_parts(&[4, -1]), None, "no text");
    }

    #[test]
    fn a_token_goes_on_with_its_own_list_in_its_own_epoch_only() {
        let parse = |list: &str, token: &str, id: &str, epoch| {
            Page::parse(list, (2, token), &GetOrderRequest { order_id: id.to_owned() }, epoch)
        };
        let (items, token) =
            parse("orders", "", "a", 1).unwrap().cut(vec![10, 20, 30], |last| vec![*last, 7]);
        assert_eq!(items, [10, 20]);
        assert_eq!(parse("orders", &token, "a", 1).unwrap().after, Some(vec![20, 7]));
        let reason = |list: &str, token: &str, id: &str, epoch| {
            parse(list, token, id, epoch).err().map(|error| error.reason())
        };
        assert_eq!(reason("orders", &token, "b", 1), Some(Reason::InvalidField));
        assert_eq!(reason("shifts", &token, "a", 1), Some(Reason::InvalidField));
        assert_eq!(reason("orders", &token, "a", 2), Some(Reason::EpochChanged));
        let zeros = "A".repeat(22);
        for garbage in ["x", "AAAA", "AAAAAAAAAAAA", &zeros, &token.replace(token.split_at(4).0, "____")] {
            assert_eq!(reason("orders", garbage, "a", 1), Some(Reason::InvalidField), "{garbage}");
        }
    }
}
