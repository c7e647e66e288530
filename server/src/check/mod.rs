//! `kassa-server check`: proves the books of a data folder, and changes nothing.
//!
//! The journal records everything that happens, in chains that show a change of any byte. So the
//! tables are a projection of the journal: the records are read once from the first to the last, and
//! what every column of every row must be follows from them. Each file here keeps the part of the
//! books that it is named after, and compares it with the tables.
//!
//! - [`folder`](check_folder): a data folder, on which a server may be running.
//! - `projection`: the nouns, and which of them take what from a record. Each noun's file reads its rows from records,
//!   says what follows from them, and compares them with its tables.
//! - `journal`, [`verify`]: the chains themselves, all of them or a part of one; `record`: fields of records.
//! - `compare`: rows that are expected against rows that are stored, whatever they hold. They are read with direct calls,
//!   of one moment ([`Inspection`]).
//!
//! It asks no rule of the server's: what a shift counts, what goods cost, which way a movement goes are said here a
//! second time. It shares with the rules how things are written (`encoding`), the hashes, and the arithmetic of prices.

mod approvals;
mod attendance;
mod cash;
mod catalogue;
mod clock;
mod compare;
mod copies;
mod cost;
mod customers;
mod defaults;
mod drafts;
mod drawer;
mod entries;
mod events;
mod folder;
mod journal;
mod keys;
mod movement_kinds;
mod numbers;
mod orders;
mod people;
mod projection;
mod purchases;
mod record;
mod report;
mod returns;
mod series;
mod shifts;
mod shop;
mod stock;
mod stock_adjustments;
mod stock_counts;
mod stock_transfers;
mod totals;
mod transfers;
mod verify;

use std::path::{Path, PathBuf};

use self::projection::Projection;
pub use self::{
    folder::{CheckError, check_folder, damaged},
    report::{CheckLine, Fault, Report},
    verify::{ChainProof, Span, verify},
};
use crate::store::{
    Failure, FailureKind, Purpose, StartError,
    cell::Cell,
    schema_as_made, schema_faults,
    sqlite::inspection::{Inspection, Stop},
};

/// Faults of the file itself are named after it.
const FILE: &str = "kassa.db";

/// Who else needs the machine while books are proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// The tills of a shop: a proof has one thread.
    Tills,
    /// Nobody: SQLite's own look at the file has a thread of its own.
    Nobody,
}

/// Proves the books in a file, which may be live: all of it is read as it is at one moment, so that a server that writes
/// meanwhile can't make it look wrong. It is work for threads of its own, which stop soon after nobody waits any more;
/// `held` is kept until they have.
///
/// # Errors
/// What the database says, but that it is damaged: that is a fault like any other.
pub async fn check(
    file: PathBuf,
    purpose: Purpose,
    beside: Beside,
    held: impl Send + 'static,
) -> Result<Report, StartError> {
    let made = schema_as_made().await?;
    on_a_thread(held, move |stop| {
        let (books, second) = match begin(&file, purpose, beside, stop) {
            Ok(begun) => begun,
            Err(error) => return error.damage().map(damaged).ok_or(error),
        };
        let mut lines = Lines::new();
        let proved = match second {
            None => prove(&books, made, &mut lines),
            Some(second) => prove_on_two(&books, second, made, &mut lines),
        };
        told(proved, &mut lines.file)?;
        Ok(lines.report())
    })
    .await
}

/// Proves what every schema has: the file, and the chains of the journal. For a database of an older one, whose
/// tables this program's journal does not tell any more.
///
/// # Errors
/// As [`check`].
pub async fn check_chains(file: PathBuf, purpose: Purpose) -> Result<Report, StartError> {
    on_a_thread((), move |stop| {
        let books = match Inspection::begin(&file, purpose, stop) {
            Ok(books) => books,
            Err(error) => return error.damage().map(damaged).ok_or(error),
        };
        let (mut file, mut journal) = (CheckLine::new("file"), CheckLine::new("journal chains"));
        told(prove_chains(&books, &mut file, &mut journal), &mut file)?;
        Ok(Report { lines: vec![file, journal] })
    })
    .await
}

async fn on_a_thread(
    held: impl Send + 'static,
    proof: impl FnOnce(&Stop) -> Result<Report, StartError> + Send + 'static,
) -> Result<Report, StartError> {
    let waiting = Waiting(Stop::default());
    let stop = waiting.0.clone();
    let proving = tokio::task::spawn_blocking(move || {
        let _held = held;
        proof(&stop)
    });
    proving.await.map_err(|broken| StartError::Books(broken.to_string()))?
}

fn begin(
    file: &Path,
    purpose: Purpose,
    beside: Beside,
    stop: &Stop,
) -> Result<(Inspection, Option<Inspection>), StartError> {
    match beside {
        Beside::Tills => Ok((Inspection::begin(file, purpose, stop)?, None)),
        Beside::Nobody => {
            Inspection::begin_two(file, purpose, stop).map(|[books, second]| (books, Some(second)))
        }
    }
}

/// Somebody who waits for a proof. It stops when they go.
struct Waiting(Stop);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Damage is a fault of the file.
fn told(proved: Result<(), Failure>, file: &mut CheckLine) -> Result<(), Failure> {
    match proved {
        Err(failure) if failure.kind == FailureKind::Corrupt => {
            file.fault(FILE, "", format!("is damaged, and was not read to the end: {failure}"));
            Ok(())
        }
        proved => proved,
    }
}

fn prove_chains(books: &Inspection, file: &mut CheckLine, journal: &mut CheckLine) -> Result<(), Failure> {
    for fault in books.faults_of_the_file()? {
        file.fault(FILE, "", fault);
    }
    file.examine(1);
    let mut chains = journal::chains(books)?;
    for chain in &mut chains {
        while chain.next(books, journal)?.is_some() {}
    }
    journal::compare_heads(books, journal, &chains)
}

/// Declares the lines of a report, in their order: a field, and what people read.
macro_rules! lines {
    ($($line:ident: $name:literal,)*) => {
        struct Lines {
            $($line: CheckLine,)*
        }

        impl Lines {
            fn new() -> Self {
                Self { $($line: CheckLine::new($name),)* }
            }

            fn report(self) -> Report {
                Report { lines: vec![$(self.$line,)*] }
            }
        }
    };
}

lines! {
    file: "file",
    journal: "journal chains",
    events: "events",
    drafts: "drafts",
    orders: "orders",
    numbers: "receipt numbers",
    totals: "totals",
    returns: "refunds and voids",
    copies: "receipts given out",
    drawer: "drawers",
    shifts: "shifts",
    approvals: "approvals",
    attendance: "attendance",
    stock: "stock",
    purchases: "purchases",
    products: "products",
    customers: "customers",
    settings: "settings",
    shop: "branches, registers",
    people: "people, terminals",
    keys: "idempotency keys",
}

fn prove(books: &Inspection, made: &[Vec<Cell>], lines: &mut Lines) -> Result<(), Failure> {
    let faults = books.faults_of_the_file()?;
    tell_of_the_file(books, made, faults, lines)?;
    replay(books, lines)
}

/// The same, with the file looked at on a thread of its own: it takes as long as all the rest.
fn prove_on_two(
    books: &Inspection,
    second: Inspection,
    made: &[Vec<Cell>],
    lines: &mut Lines,
) -> Result<(), Failure> {
    let mut found = Lines::new();
    let (faults, replayed) = std::thread::scope(|scope| {
        let looking = scope.spawn(move || second.faults_of_the_file());
        let replayed = replay(books, &mut found);
        (looking.join(), replayed)
    });
    let faults = faults.map_err(|_| Failure::new(FailureKind::Other, "a thread of the proof broke"))??;
    *lines = found;
    tell_of_the_file(books, made, faults, lines)?;
    replayed
}

fn tell_of_the_file(
    books: &Inspection,
    made: &[Vec<Cell>],
    faults: Vec<String>,
    lines: &mut Lines,
) -> Result<(), Failure> {
    for fault in faults {
        lines.file.fault(FILE, "", fault);
    }
    let schema = schema_faults(made, &books.schema()?);
    for fault in schema.damaged {
        lines.file.fault(FILE, "", fault);
    }
    for fault in schema.foreign {
        lines.file.fault("sqlite_schema", "", fault);
    }
    lines.file.examine(1);
    Ok(())
}

fn replay(books: &Inspection, lines: &mut Lines) -> Result<(), Failure> {
    let mut chains = journal::chains(books)?;
    let mut projection = Projection::default();
    while let Some(chain) = journal::next_chain(&mut chains, |register| projection.knows(register)) {
        while let Some(records) = chain.next(books, &mut lines.journal)? {
            projection.replay(books, lines, &records)?;
        }
    }
    journal::compare_heads(books, &mut lines.journal, &chains)?;
    projection.compare(books, lines)
}
