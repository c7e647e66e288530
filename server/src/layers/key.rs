//! Knows the idempotency key: a change without one never reaches the books.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderValue};
use kassa_proto::v1::ErrorReason as Reason;

use super::refuse;
use crate::{app::KeyText, error::Error, rpcs::Rpc};

const KEY: &str = "idempotency-key";
const MOST_CHARACTERS: usize = 255;

/// Lets changes through with their keys, and puts the key into the answer.
pub async fn keyed(mut request: Request, next: Next) -> Response {
    let keyed = request.extensions().get::<&'static Rpc>().is_some_and(|rpc| rpc.keyed);
    if !keyed {
        return next.run(request).await;
    }
    let (key, text) = match key(request.headers()) {
        Ok(key) => key,
        Err(error) => return refuse(error),
    };
    request.extensions_mut().insert(KeyText(text));
    let mut response = next.run(request).await;
    response.headers_mut().insert(KEY, key);
    response
}

fn key(headers: &HeaderMap) -> Result<(HeaderValue, String), Error> {
    let mut keys = headers.get_all(KEY).into_iter();
    let first = keys.next().filter(|key| !key.is_empty()).ok_or_else(|| {
        let message =
            "a change needs the metadata `idempotency-key`: the same for every try of the same request";
        Error::new(Reason::IdempotencyKeyRequired, message)
    })?;
    let invalid = |what: &str| Error::of_field(Reason::InvalidMetadata, KEY, what);
    if keys.next().is_some() {
        return Err(invalid("stands there more than once"));
    }
    match first.to_str() {
        Ok(text) if text.len() <= MOST_CHARACTERS && text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok((first.clone(), text.to_owned()))
        }
        _ => Err(invalid("must be 1 to 255 visible ASCII characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(values: &[&[u8]]) -> Option<Reason> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(KEY, HeaderValue::from_bytes(value).unwrap());
        }
        key(&headers).err().map(|error| error.reason())
    }

    #[test]
    fn a_key_is_one_text_of_visible_ascii() {
        assert_eq!(reason(&[b"01980e3a-5f00"]), None);
        assert_eq!(reason(&[&[b'k'; 255]]), None);
        assert_eq!(reason(&[]), Some(Reason::IdempotencyKeyRequired));
        assert_eq!(reason(&[b""]), Some(Reason::IdempotencyKeyRequired));
        for bad in [&b"two words"[..], &[b'k'; 256], &[0xff, 0xfe], "مفتاح".as_bytes()] {
            assert_eq!(reason(&[bad]), Some(Reason::InvalidMetadata), "{bad:?}");
        }
        assert_eq!(reason(&[b"one", b"two"]), Some(Reason::InvalidMetadata));
    }
}
