//! PINs and their hashes: argon2id with a pepper, outside of the books, two at a time.
//!
//! A hash takes 19 MiB and some 20 ms (OWASP's parameters for argon2id): many at once would take the
//! machine that sells. A PIN has so few digits that the hash alone protects none; the delays of `pin` do,
//! and the pepper, which is in no copy of the database.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use kassa_proto::v1::ErrorReason as Reason;
use tokio::sync::Semaphore;

use super::secrets::Pepper;
use crate::{clock::Clock, error::Error};

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1_024, 2, 1);
/// PHC's form of these parameters: algorithm, version, parameters.
const PREFIX: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
const HASH: usize = 32;
const SALT: usize = 16;

/// Hashes at a time.
const AT_A_TIME: usize = 2;
/// Hashes that may wait: some seconds.
const MOST_WAITING: usize = 64;

const DIGITS: std::ops::RangeInclusive<usize> = 4..=12;

/// A PIN as somebody typed it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// Checks that it may be one.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(text: String, path: &str) -> Result<Self, Error> {
        if DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self(text));
        }
        Err(Error::invalid(path, "must be 4 to 12 digits"))
    }

    /// The same for a new one, which nobody should guess at once.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse_new(text: String, path: &str) -> Result<Self, Error> {
        let pin = Self::parse(text, path)?;
        if pin.is_trivial() {
            return Err(Error::invalid(path, "must not be all one digit, nor count up or down"));
        }
        Ok(pin)
    }

    /// Whether each digit follows from the one before in the same way: 1111, 1234, 7890, 4321.
    fn is_trivial(&self) -> bool {
        let steps = self.0.as_bytes().windows(2).map(|pair| match pair {
            [one, next] => (next + 10 - one) % 10,
            _ => 0,
        });
        [0, 1, 9].into_iter().any(|step| steps.clone().all(|each| each == step))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(hidden)")
    }
}

/// Where PINs are hashed.
#[derive(Debug)]
pub struct Hasher {
    pepper: Pepper,
    at_a_time: std::sync::Arc<Semaphore>,
    waiting: Semaphore,
}

impl Hasher {
    /// A hasher with the folder's pepper.
    pub fn new(pepper: Pepper) -> Self {
        let at_a_time = std::sync::Arc::new(Semaphore::new(AT_A_TIME));
        Self { pepper, at_a_time, waiting: Semaphore::new(MOST_WAITING) }
    }

    /// The hash of a new PIN, as it is stored.
    ///
    /// # Errors
    /// `OVERLOADED`.
    pub async fn hash(&self, pin: Pin, clock: &dyn Clock) -> Result<String, Error> {
        let mut salt = [0; SALT];
        clock.random(&mut salt);
        let hash = self.run(pin, salt.to_vec()).await?;
        Ok(format!("{PREFIX}{}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash)))
    }

    /// Whether a PIN is the one that a stored hash was made of.
    ///
    /// # Errors
    /// `OVERLOADED`.
    pub async fn is_right(&self, pin: Pin, stored: &str) -> Result<bool, Error> {
        let parts = stored.strip_prefix(PREFIX).and_then(|parts| parts.split_once('$'));
        let parts = parts.and_then(|(salt, hash)| {
            Some((STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(hash).ok()?))
        });
        let (salt, stored) = parts.ok_or_else(|| Error::internal("a stored PIN is no hash"))?;
        let hash = self.run(pin, salt).await?;
        // All bytes are compared, so that timing does not tell how many were right.
        let differs = hash.iter().zip(&stored).fold(0, |differs, (one, other)| differs | (one ^ other));
        Ok(differs == 0 && hash.len() == stored.len())
    }

    async fn run(&self, pin: Pin, salt: Vec<u8>) -> Result<[u8; HASH], Error> {
        let overloaded = || {
            Error::new(Reason::Overloaded, "too many PINs are being checked; try again")
                .retry_after(std::time::Duration::from_secs(1))
        };
        let _place = self.waiting.try_acquire().map_err(|_| overloaded())?;
        // The permit goes with the work: a caller that goes away does not make room for a third.
        let turn = std::sync::Arc::clone(&self.at_a_time).acquire_owned().await.map_err(Error::internal)?;
        let pepper = self.pepper.clone();
        let work = move || {
            let _turn = turn;
            let mut hash = [0; HASH];
            argon2(&pepper)?.hash_password_into(pin.0.as_bytes(), &salt, &mut hash)?;
            Ok::<_, argon2::Error>(hash)
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?.map_err(Error::internal)
    }
}

fn argon2(pepper: &Pepper) -> Result<Argon2<'_>, argon2::Error> {
    let (memory, passes, lanes) = COST;
    let parameters = Params::new(memory, passes, lanes, Some(HASH))?;
    Argon2::new_with_secret(pepper.bytes(), Algorithm::Argon2id, Version::V0x13, parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn a_pin_is_4_to_12_digits_and_a_new_one_is_no_row() {
        for good in ["1235", "0000000000012", "908070"] {
            assert_eq!(Pin::parse_new(good.to_owned(), "pin").is_ok(), good.len() <= 12, "{good}");
        }
        for bad in ["", "123", "12a4", "1234567890123", "١٢٣٤", " 1234"] {
            assert!(Pin::parse(bad.to_owned(), "pin").is_err(), "{bad}");
        }
        for trivial in ["0000", "999999", "1234", "67890", "4321", "3210", "0987"] {
            assert!(Pin::parse(trivial.to_owned(), "pin").is_ok(), "{trivial}");
            assert!(Pin::parse_new(trivial.to_owned(), "pin").is_err(), "{trivial}");
        }
        assert_eq!(format!("{:?}", Pin::parse("4802".to_owned(), "pin").unwrap()), "Pin(hidden)");
    }

    #[tokio::test]
    async fn a_hash_knows_its_own_pin_with_its_own_pepper_only() {
        let pin = |text: &str| Pin::parse(text.to_owned(), "pin").unwrap();
        let pepper = Pepper::new(&SystemClock);
        let hasher = Hasher::new(pepper.clone());
        let stored = hasher.hash(pin("4802"), &SystemClock).await.unwrap();
        assert_ne!(stored, hasher.hash(pin("4802"), &SystemClock).await.unwrap(), "salted");
        assert!(Hasher::new(pepper).is_right(pin("4802"), &stored).await.unwrap());
        assert!(!hasher.is_right(pin("4803"), &stored).await.unwrap());
        assert!(!Hasher::new(Pepper::new(&SystemClock)).is_right(pin("4802"), &stored).await.unwrap());
    }
}
