//! The library of old databases, `integration-tests/old-databases`: one for every step of the schema.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use kassa_client::proto::v1 as pb;
use kassa_migration::Migrator;
use kassa_server::store::{Purpose, Synchronous, known_steps, sqlite};
use prost::Message as _;
use rusqlite::Connection;
use sea_orm_migration::MigratorTrait as _;
use tempfile::TempDir;

/// What a step without a database, or with one that does not fit, asks for.
const WHAT_TO_DO: &str =
    "run scripts/old-database and commit what it makes (see integration-tests/old-databases/README.md)";

/// A database of the library.
pub struct Old {
    /// Its newest step.
    pub step: String,
    folder: PathBuf,
}

impl Old {
    /// Those of all steps, the oldest first.
    pub fn all() -> Vec<Self> {
        let old: Vec<Self> = known_steps().into_iter().map(Self::of).collect();
        old.into_iter().filter(|old| old.file().is_file()).collect()
    }

    /// That of a step, which may not be there yet.
    pub fn of(step: String) -> Self {
        let folder = folder().join(&step);
        Self { step, folder }
    }

    /// A shop that the program of a step left unsound: see `made.txt` in there.
    pub fn unsound(step: &str, fault: &str) -> Self {
        Self { step: step.to_owned(), folder: folder().join(format!("{step}.{fault}")) }
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its file, which is not to be written.
    pub fn file(&self) -> PathBuf {
        self.folder.join("kassa.db")
    }

    /// What the program that made it answered.
    pub fn answers(&self) -> String {
        fs::read_to_string(self.folder.join("answers.txt")).unwrap()
    }

    /// The steps that it lacks.
    pub fn lacks(&self) -> Vec<String> {
        known_steps().into_iter().filter(|step| *step > self.step).collect()
    }

    /// A folder with a data folder in it, named `data`, as its program left it; and the live database in there.
    pub fn unpack(&self) -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        for name in ["gen-000001", "keys"] {
            fs::create_dir_all(data.join(name)).unwrap();
        }
        fs::write(data.join("CURRENT"), "gen-000001").unwrap();
        let database = data.join("gen-000001/kassa.db");
        fs::copy(self.file(), &database).unwrap();
        for key in fs::read_dir(self.folder.join("keys")).unwrap() {
            let key = key.unwrap();
            fs::copy(key.path(), data.join("keys").join(key.file_name())).unwrap();
        }
        (folder, database)
    }

    /// Reads one value.
    pub fn read<T: rusqlite::types::FromSql>(&self, query: &str) -> T {
        let (_folder, file) = self.unpack();
        Connection::open(file).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// When its last record was written.
    pub fn end(&self) -> DateTime<Utc> {
        let (_folder, file) = self.unpack();
        let database = Connection::open(file).unwrap();
        let mut records = database.prepare("SELECT record FROM journal_records").unwrap();
        let times = records.query_map([], |row| {
            let record: Vec<u8> = row.get(0)?;
            let time = pb::JournalRecord::decode(record.as_slice()).unwrap().create_time.unwrap();
            Ok(DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).unwrap()).unwrap())
        });
        times.unwrap().map(Result::unwrap).max().unwrap()
    }
}

/// Where the library lies.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("old-databases")
}

/// Applies the first steps to a database that has some of them or none.
pub async fn apply(file: &Path, count: usize) {
    // As the server does it: foreign keys would take the children of a table along that is built anew.
    let database = sqlite::connect(file, Purpose::Upgrade, Synchronous::Full).await.unwrap();
    Migrator::install(&database).await.unwrap();
    let done = Migrator::get_applied_migrations(&database).await.unwrap().len();
    Migrator::up(&database, u32::try_from(count - done).ok()).await.unwrap();
    database.close().await.unwrap();
}

/// What a database is made of, by type and name.
pub fn schema(file: &Path) -> BTreeMap<String, Option<String>> {
    let database = Connection::open(file).unwrap();
    let mut parts = database.prepare("SELECT type || ' ' || name, sql FROM sqlite_schema").unwrap();
    let parts = parts.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    parts.map(Result::unwrap).collect()
}

#[test]
fn every_step_of_the_schema_has_a_database() {
    let missing: Vec<String> =
        known_steps().into_iter().filter(|step| !Old::of(step.clone()).file().is_file()).collect();
    assert!(missing.is_empty(), "the library of old databases has none of {missing:?}: {WHAT_TO_DO}");

    let steps: BTreeSet<String> = known_steps().into_iter().collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // `STEP.FAULT` is a shop of the step's program with a fault that its program made.
        let step = name.split('.').next().unwrap();
        let known = !entry.file_type().unwrap().is_dir() || steps.contains(step);
        assert!(
            known,
            "{name} in the library of old databases is none of the steps: remove it, {WHAT_TO_DO}"
        );
    }
}

#[tokio::test]
async fn each_has_the_schema_that_its_steps_make_today() {
    let fresh = TempDir::new().unwrap();
    let fresh = fresh.path().join("fresh.db");
    for (count, step) in (1..).zip(known_steps()) {
        apply(&fresh, count).await;
        let old = Old::of(step.clone());
        if !old.file().is_file() {
            continue;
        }
        let (_folder, old) = old.unpack();
        assert!(
            schema(&old) == schema(&fresh),
            "the database of {step} in the library is not as its steps make it. What was released never changes: \
             take back what was changed in migration/src. If {step} is the newest and no shop has it yet, remove \
             its folder, {WHAT_TO_DO}"
        );
    }
}
