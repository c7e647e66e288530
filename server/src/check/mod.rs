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
//! - `compare`: rows that are expected against rows that are stored, whatever they hold.
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

use sea_orm::{DatabaseConnection, DbErr, TransactionTrait as _};

use self::projection::Projection;
pub use self::{
    folder::{CheckError, check_folder, damaged},
    report::{CheckLine, Fault, Report},
    verify::{ChainProof, Span, verify},
};
use crate::store::{faults_of_the_schema, is_damage, sqlite};

/// Faults of the file itself are named after it.
const FILE: &str = "kassa.db";

/// Proves the books in a database. All is read in one transaction, so that a server that writes
/// meanwhile can't make them look wrong.
///
/// # Errors
/// What the database says, but that it is damaged: that is a fault like any other.
pub async fn check(database: &DatabaseConnection) -> Result<Report, DbErr> {
    let mut lines = Lines::new();
    match prove(database, &mut lines).await {
        Err(error) if is_damage(&error) => {
            lines.file.fault(FILE, "", format!("is damaged, and was not read to the end: {error}"));
        }
        result => result?,
    }
    Ok(lines.report())
}

/// Proves what every schema has: the file, and the chains of the journal. For a database of an older one, whose
/// tables this program's journal does not tell any more.
///
/// # Errors
/// As [`check`].
pub async fn check_chains(database: &DatabaseConnection) -> Result<Report, DbErr> {
    let (mut file, mut journal) = (CheckLine::new("file"), CheckLine::new("journal chains"));
    match prove_chains(database, &mut file, &mut journal).await {
        Err(error) if is_damage(&error) => {
            file.fault(FILE, "", format!("is damaged, and was not read to the end: {error}"));
        }
        result => result?,
    }
    Ok(Report { lines: vec![file, journal] })
}

async fn prove_chains(
    database: &DatabaseConnection,
    file: &mut CheckLine,
    journal: &mut CheckLine,
) -> Result<(), DbErr> {
    let snapshot = database.begin().await?;
    for fault in sqlite::faults_of_the_file(&snapshot).await? {
        file.fault(FILE, "", fault);
    }
    file.examine(1);
    let mut chains = journal::chains(&snapshot).await?;
    for chain in &mut chains {
        while chain.next(&snapshot, journal).await?.is_some() {}
    }
    journal::compare_heads(&snapshot, journal, &chains).await?;
    snapshot.rollback().await
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

async fn prove(database: &DatabaseConnection, lines: &mut Lines) -> Result<(), DbErr> {
    let snapshot = database.begin().await?;
    for fault in sqlite::faults_of_the_file(&snapshot).await? {
        lines.file.fault(FILE, "", fault);
    }
    let schema = faults_of_the_schema(&snapshot).await?;
    for fault in schema.damaged {
        lines.file.fault(FILE, "", fault);
    }
    for fault in schema.foreign {
        lines.file.fault("sqlite_schema", "", fault);
    }
    lines.file.examine(1);
    let mut chains = journal::chains(&snapshot).await?;
    let mut projection = Projection::default();
    while let Some(chain) = journal::next_chain(&mut chains, |register| projection.knows(register)) {
        while let Some(records) = chain.next(&snapshot, &mut lines.journal).await? {
            projection.replay(&snapshot, lines, &records).await?;
        }
    }
    journal::compare_heads(&snapshot, &mut lines.journal, &chains).await?;
    projection.compare(&snapshot, lines).await?;
    snapshot.rollback().await
}
