//! What is known of a backup: a JSON file beside it, without any secret.

use std::{io, path::Path};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Name, Reason, verify::Facts};
use crate::store::folder::write_durably;

/// What is known of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Manifest {
    /// The backup's file.
    pub file: String,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// What is in it.
    #[serde(flatten)]
    pub facts: Facts,
    /// The version of the program that made it.
    pub program: String,
    /// The moment that it shows.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    pub create_time: DateTime<Utc>,
    /// Why it was made.
    pub reason: Reason,
    /// Tells the secret with which its PINs are hashed from others.
    pub pepper_id: String,
    /// When it was looked at last.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    pub verify_time: DateTime<Utc>,
    /// Whether it was damaged then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

impl Manifest {
    /// Reads the one of a backup.
    ///
    /// # Errors
    /// What the file system says, and `InvalidData` for what is no manifest.
    pub fn read(folder: &Path, name: &Name) -> io::Result<Self> {
        let bytes = std::fs::read(folder.join(name.manifest()))?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Writes it whole or not at all, and syncs it and its folder.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, folder: &Path, name: &Name) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        write_durably(&folder.join(name.manifest()), text.as_bytes())
    }
}

fn write_time<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn read_time<'a, D: Deserializer<'a>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(deserializer)?;
    DateTime::parse_from_rfc3339(&text).map(|time| time.to_utc()).map_err(D::Error::custom)
}
