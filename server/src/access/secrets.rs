//! Tokens, pairing codes, and the pepper: a secret that is not in the database, so that a copy of the
//! database alone tells nobody's code or PIN.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::{
    clock::Clock,
    store::{DataFolder, StartError},
};

/// Letters and digits that nobody mistakes for one another: no 0 and O, no 1, I and L.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// 31^8 codes, of which a few are good for ten minutes.
const CODE_LENGTH: usize = 8;

/// A new token: 256 bits.
pub fn new_token(clock: &dyn Clock) -> String {
    let mut secret = [0; 32];
    clock.random(&mut secret);
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A new pairing code, as it is typed but for its dash.
pub fn new_code(clock: &dyn Clock) -> String {
    let mut code = String::with_capacity(CODE_LENGTH);
    while code.len() < CODE_LENGTH {
        let mut random = [0; 1];
        clock.random(&mut random);
        // Five bits are 0 to 31: the one place too many is drawn again, so that all are equally likely.
        if let Some(letter) = random.first().and_then(|byte| ALPHABET.get(usize::from(byte & 31))) {
            code.push(char::from(*letter));
        }
    }
    code
}

/// A code with a dash in its middle, for people: `7K4M-PW2R`.
pub fn shown_code(code: &str) -> String {
    code.split_at_checked(CODE_LENGTH / 2).map_or_else(String::new, |(one, two)| format!("{one}-{two}"))
}

/// What somebody typed as a code; `None` if it can be none.
pub fn typed_code(text: &str) -> Option<String> {
    let typed = text.chars().filter(|character| !character.is_whitespace() && *character != '-');
    let code: String = typed.map(|character| character.to_ascii_uppercase()).collect();
    (code.len() == CODE_LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte))).then_some(code)
}

/// A secret of the data folder's, not of the database's.
#[derive(Clone)]
pub struct Pepper([u8; 32]);

impl Pepper {
    /// Makes one.
    pub fn new(clock: &dyn Clock) -> Self {
        let mut pepper = [0; 32];
        clock.random(&mut pepper);
        Self(pepper)
    }

    /// The folder's own, or a new one that is on the disk before anything is hashed with it.
    ///
    /// # Errors
    /// [`StartError`] if the file can't be read, written or understood. It is never replaced: every PIN
    /// would be void.
    pub fn of(folder: &DataFolder, clock: &dyn Clock) -> Result<Self, StartError> {
        let refused = |cause: std::io::Error| StartError::Books(format!("keys/pepper: {cause}"));
        if let Some(text) = folder.read_pepper().map_err(refused)? {
            let broken = || StartError::Books("keys/pepper is damaged; put its copy back".to_owned());
            return Self::from_text(&text).ok_or_else(broken);
        }
        let pepper = Self::new(clock);
        folder.write_pepper(&pepper.to_text()).map_err(refused)?;
        Ok(pepper)
    }

    /// Reads what [`Pepper::to_text`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut pepper = [0; 32];
        for (place, byte) in pepper.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
        }
        Some(Self(pepper))
    }

    /// As it is kept in its file.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Tells it from others, and nothing of what it is: a backup says with it whose PINs it holds.
    pub fn id(&self) -> String {
        let digest = Sha256::new().chain_update("kassa pepper id").chain_update(self.0).finalize();
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Itself.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The hash under which a pairing code is stored. Codes are short: without the pepper one could try
    /// them all.
    pub fn hash(&self, code: &str) -> Vec<u8> {
        Sha256::new().chain_update(self.0).chain_update(code.as_bytes()).finalize().to_vec()
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn a_code_is_typed_with_or_without_its_dash_and_in_small_letters() {
        let code = new_code(&SystemClock);
        assert_eq!(code.len(), CODE_LENGTH);
        for typed in [shown_code(&code), code.clone(), shown_code(&code).to_lowercase(), format!(" {code} ")]
        {
            assert_eq!(typed_code(&typed).as_deref(), Some(code.as_str()), "{typed}");
        }
        for typed in ["", "7K4M", "7K4M-PW2O", "7K4M-PW2R-X", "7K4M-PWمم"] {
            assert_eq!(typed_code(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_pepper_is_read_as_it_was_written_and_never_shown() {
        let pepper = Pepper::new(&SystemClock);
        let read = Pepper::from_text(&format!("{}\n", pepper.to_text())).unwrap();
        assert_eq!(read.hash("code"), pepper.hash("code"));
        assert_ne!(read.hash("code"), Pepper::new(&SystemClock).hash("code"));
        assert_eq!(format!("{pepper:?}"), "Pepper(hidden)");
        for text in ["", "00", &"g".repeat(64), &"é".repeat(32)] {
            assert!(Pepper::from_text(text).is_none(), "{text}");
        }
    }
}
