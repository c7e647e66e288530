//! The proof of a copy, by the code of `kassa-server check`.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use sea_orm::{
    DatabaseConnection, DbErr, EntityTrait, QuerySelect as _,
    sea_query::{Asterisk, Expr, ExprTrait as _},
};
use serde::{Deserialize, Serialize};

use super::{BackupError, Manifest, Phase, Watch, files};
use crate::{
    check::{self, Beside, Report},
    store::{
        Purpose, StartError, Synchronous, applied_steps,
        entity::{business, journal_record, order, product, shift},
        faults_of_the_schema, is_damage, pending_steps, sqlite,
    },
};

/// Faults that are kept.
const MOST_FAULTS: usize = 20;
/// What every database of SQLite begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What is in a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Facts {
    /// The last schema step.
    pub schema: String,
    /// How many rows the tables have that mean something to people.
    pub rows: BTreeMap<String, i64>,
    /// Grows with each restore.
    pub epoch: i64,
}

/// What a proof found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// What is wrong; nothing if the copy is sound.
    pub faults: Vec<String>,
    /// What is in it, if it is sound.
    pub facts: Option<Facts>,
    /// The shop's time zone.
    pub time_zone: String,
    /// The SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

impl Findings {
    fn fault(mut self, what: impl Into<String>) -> Self {
        self.faults.push(what.into());
        self
    }
}

/// Proves a copy: every byte against its manifest, where it has one, then the books in it. Of an older schema
/// the file and the journal's chains are proved; the rest was, when it was copied. Nothing is written, not
/// even beside it: it may lie on a medium that can't be.
///
/// # Errors
/// [`BackupError::Newer`] for what this program can't read, [`BackupError::Stopped`], and what the file system
/// says. A copy that is damaged is none: that is what is found.
pub async fn verify(
    file: PathBuf,
    manifest: Option<Manifest>,
    watch: Watch,
) -> Result<Findings, BackupError> {
    let turn = watch.proof_turn().await?;
    files::apart(move || async move {
        let _turn = turn;
        let mut found = Findings {
            bytes: file.metadata().map_err(BackupError::file("reading the copy"))?.len(),
            sha256: files::sha256(&file, (&watch, Phase::Verifying), |_| Ok(()))?,
            ..Findings::default()
        };
        if let Some(manifest) = manifest.as_ref().filter(|manifest| manifest.sha256 != found.sha256) {
            tracing::warn!(
                found = found.sha256,
                written = manifest.sha256,
                "a backup's SHA-256 is another one"
            );
            return Ok(found.fault("its bytes are not those that were written when it was made"));
        }
        if let Some(what) = foreign(&file).map_err(BackupError::file("reading the copy"))? {
            return Ok(found.fault(what));
        }
        let Books { faults, facts, time_zone } = watch.unless_stopped(prove(&file, watch.beside())).await?;
        let other_books = match (&manifest, &facts) {
            (Some(manifest), Some(facts)) => manifest.facts != *facts,
            _ => false,
        };
        found = Findings { faults, facts, time_zone, ..found };
        Ok(if other_books { found.fault("its manifest tells of other books than are in it") } else { found })
    })
    .await
}

/// Why a file is no backup at all.
fn foreign(file: &Path) -> io::Result<Option<&'static str>> {
    let mut header = Vec::new();
    File::open(file)?.take(20).read_to_end(&mut header)?;
    if !header.starts_with(MAGIC) {
        return Ok(Some("it is no database"));
    }
    // The versions for reading and writing; 2 is a write-ahead log, which no copy of ours has.
    let live = header.get(18..20) != Some(&[1, 1]);
    Ok(live
        .then_some("it is a copy of a live database's file and no backup: what was sold last may be missing"))
}

/// What was found in the database itself.
#[derive(Default)]
struct Books {
    faults: Vec<String>,
    facts: Option<Facts>,
    time_zone: String,
}

async fn prove(file: &Path, beside: Beside) -> Result<Books, BackupError> {
    let unreadable = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, "a copy can't be read");
        Books { faults: vec!["it can't be read as books of Kassa's".to_owned()], ..Books::default() }
    };
    let database = match sqlite::connect(file, Purpose::Backup, Synchronous::Full).await {
        Ok(database) => database,
        Err(StartError::Database(error)) if is_damage(&error) => return Ok(unreadable(&error)),
        Err(StartError::Damaged(what)) => return Ok(unreadable(&what)),
        Err(error) => return Err(BackupError::Fault(error.to_string())),
    };
    let result = match prove_books((file, beside), &database).await {
        Err(BackupError::Read(error)) if is_damage(&error) => Ok(unreadable(&error)),
        result => result,
    };
    database.close().await?;
    result
}

/// Without our tables every statement of ours is faulty, and a fault of ours would look like damage: they come first.
async fn prove_books(
    (file, beside): (&Path, Beside),
    database: &DatabaseConnection,
) -> Result<Books, BackupError> {
    let unsound = |faults| Ok(Books { faults, ..Books::default() });
    if !sqlite::has_row(database, "businesses").await? {
        return unsound(vec!["it holds no books of Kassa's".to_owned()]);
    }
    let report = match pending_steps(database).await {
        Ok(pending) if pending.is_empty() => {
            let faults = faults_of_the_schema(database).await?.damaged;
            if !faults.is_empty() {
                return unsound(faults);
            }
            check::check(file.to_owned(), Purpose::Backup, beside, ()).await
        }
        Ok(_) => check::check_chains(file.to_owned(), Purpose::Backup).await,
        Err(StartError::Newer { step }) => return Err(BackupError::Newer { step }),
        Err(StartError::Database(error)) => return Err(error.into()),
        Err(error) => return Err(BackupError::Fault(error.to_string())),
    };
    let faults = told(&report.map_err(|error| BackupError::Fault(error.to_string()))?);
    if !faults.is_empty() {
        return unsound(faults);
    }
    let (facts, time_zone) = facts(database).await?;
    Ok(Books { faults, facts: Some(facts), time_zone })
}

fn told(report: &Report) -> Vec<String> {
    report.faults().take(MOST_FAULTS).map(ToString::to_string).collect()
}

async fn facts(database: &DatabaseConnection) -> Result<(Facts, String), DbErr> {
    // Other columns may be missing in an older schema.
    let business = business::Entity::find().select_only();
    let business = business.columns([business::Column::TimeZone, business::Column::Epoch]);
    let (time_zone, epoch) = business.into_tuple::<(String, i64)>().one(database).await?.unwrap_or_default();
    let rows = [
        ("journal_records", count::<journal_record::Entity>(database).await?),
        ("orders", count::<order::Entity>(database).await?),
        ("products", count::<product::Entity>(database).await?),
        ("shifts", count::<shift::Entity>(database).await?),
    ];
    let schema = applied_steps(database).await?.pop().unwrap_or_default();
    let rows = rows.map(|(table, count)| (table.to_owned(), count)).into();
    Ok((Facts { schema, rows, epoch }, time_zone))
}

async fn count<E: EntityTrait>(database: &DatabaseConnection) -> Result<i64, DbErr> {
    let all = E::find().select_only().expr(Expr::col(Asterisk).count());
    Ok(all.into_tuple::<i64>().one(database).await?.unwrap_or_default())
}
