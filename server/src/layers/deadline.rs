//! Keeps the caller's deadline (`grpc-timeout`). The gRPC library alone would answer CANCELLED, without a reason,
//! and nobody would know whether the sale is in the books.

use std::time::Duration;

use axum::{extract::Request, middleware::Next, response::Response};
use http::HeaderMap;
use kassa_proto::v1::ErrorReason as Reason;
use tokio::time::{Instant, timeout_at};

use super::refuse;
use crate::{error::Error, storing::Storing};

const TIMEOUT: &str = "grpc-timeout";
/// What gRPC allows.
const MOST_DIGITS: usize = 8;

/// Answers no later than the caller waits, and says whether something may have been stored.
pub async fn kept(request: Request, next: Next) -> Response {
    let arrived = Instant::now();
    let timeout = match timeout(request.headers()) {
        Ok(timeout) => timeout,
        Err(error) => return refuse(error),
    };
    // One that is too far for the clock is none.
    let Some(deadline) = timeout.and_then(|timeout| arrived.checked_add(timeout)) else {
        return next.run(request).await;
    };
    let storing = Storing::default();
    if Instant::now() >= deadline {
        return refuse(passed(&storing));
    }
    let answer = storing.clone().watch(next.run(request));
    match timeout_at(deadline, answer).await {
        Ok(response) => response,
        Err(_) => refuse(passed(&storing)),
    }
}

fn passed(storing: &Storing) -> Error {
    let (outcome, message) = if storing.has_begun() {
        ("unknown", "the deadline has passed; repeat the request with the same key to learn its outcome")
    } else {
        ("none", "the deadline has passed; nothing was stored, and nothing will be")
    };
    Error::new(Reason::DeadlinePassed, message).with("outcome", outcome)
}

/// How long the caller waits; `None` for as long as it takes.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Error> {
    let mut values = headers.get_all(TIMEOUT).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let invalid = |what: &str| Error::of_field(Reason::InvalidMetadata, TIMEOUT, what);
    if values.next().is_some() {
        return Err(invalid("stands there more than once"));
    }
    parse(value.as_bytes())
        .map(Some)
        .ok_or_else(|| invalid("must be 1 to 8 digits and one of H, M, S, m, u, n, such as 500m"))
}

fn parse(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if digits.is_empty() || digits.len() > MOST_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let count: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    match unit {
        b'H' => Some(Duration::from_secs(count * 3_600)),
        b'M' => Some(Duration::from_secs(count * 60)),
        b'S' => Some(Duration::from_secs(count)),
        b'm' => Some(Duration::from_millis(count)),
        b'u' => Some(Duration::from_micros(count)),
        b'n' => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&[u8]]) -> Result<Option<Duration>, Reason> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TIMEOUT, HeaderValue::from_bytes(value).unwrap());
        }
        timeout(&headers).map_err(|error| error.reason())
    }

    #[test]
    fn a_deadline_is_digits_and_a_unit() {
        assert_eq!(read(&[]), Ok(None));
        let good: [(&[u8], Duration); 8] = [
            (b"0n", Duration::ZERO),
            (b"1n", Duration::from_nanos(1)),
            (b"20u", Duration::from_micros(20)),
            (b"300m", Duration::from_millis(300)),
            (b"00000005S", Duration::from_secs(5)),
            (b"2M", Duration::from_secs(120)),
            (b"1H", Duration::from_secs(3_600)),
            (b"99999999H", Duration::from_secs(99_999_999 * 3_600)),
        ];
        for (value, time) in good {
            assert_eq!(read(&[value]), Ok(Some(time)), "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn anything_else_is_refused_and_not_taken_for_no_deadline() {
        let bad: [&[u8]; 13] = [
            b"",
            b"S",
            b"5",
            b"5s",
            b"5 S",
            b" 5S",
            b"-5S",
            b"+5S",
            b"5.5S",
            b"123456789S",
            b"5SS",
            b"\xd9\xa5S",
            b"0x5S",
        ];
        for value in bad {
            assert_eq!(read(&[value]), Err(Reason::InvalidMetadata), "{}", String::from_utf8_lossy(value));
        }
        assert_eq!(read(&[b"5S", b"5S"]), Err(Reason::InvalidMetadata));
    }
}
