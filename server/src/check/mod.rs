//! `kassa-server check`: proves the books of a data folder, and changes nothing.
//!
//! The journal records everything that happens, in chains that show a change of any byte. So the
//! tables are a projection of the journal: the records are read once from the first to the last, and
//! what every column of every row must be follows from them. Each file here keeps the part of the
//! books that it is named after, and compares it with the tables.
//!
//! - `folder`: a data folder, on which a server may be running.
//! - `projection`: the replay.
//! - `journal`: the chains themselves; `record`: from a record to its rows.
//! - `compare`: rows that are expected against rows that are stored, whatever they hold.
//! - `events`: their order in each branch.
//! - `shop`, `people`, `catalogue`, `stock`, `shifts`, `orders`, `drawer`, `numbers`, `keys`: the tables.
//! - `approvals`: who allowed what.
//! - `attendance`: who was at work, and when.
//! - `copies`: receipts on paper.
//! - `drafts`: carts that are not sold yet; `series`: rows that no record has.
//! - `purchases`: what was bought.
//! - `cash`, `transfers`: what moved the drawers besides sales.
//! - `stock_adjustments`, `stock_counts`: what moved goods besides sales.
//! - `stock_transfers`: what went from one branch to another.
//! - `verify`: one chain alone, as far as one call goes.
//! - `totals`: the arithmetic of an order; `returns`: what was given back of it.

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

/// The lines of a report.
struct Lines {
    file: CheckLine,
    journal: CheckLine,
    events: CheckLine,
    drafts: CheckLine,
    copies: CheckLine,
    orders: CheckLine,
    numbers: CheckLine,
    totals: CheckLine,
    returns: CheckLine,
    drawer: CheckLine,
    shifts: CheckLine,
    approvals: CheckLine,
    attendance: CheckLine,
    stock: CheckLine,
    purchases: CheckLine,
    products: CheckLine,
    customers: CheckLine,
    settings: CheckLine,
    shop: CheckLine,
    people: CheckLine,
    keys: CheckLine,
}

impl Lines {
    fn new() -> Self {
        Self {
            file: CheckLine::new("file"),
            journal: CheckLine::new("journal chains"),
            events: CheckLine::new("events"),
            drafts: CheckLine::new("drafts"),
            copies: CheckLine::new("receipts given out"),
            orders: CheckLine::new("orders"),
            numbers: CheckLine::new("receipt numbers"),
            totals: CheckLine::new("totals"),
            returns: CheckLine::new("refunds and voids"),
            drawer: CheckLine::new("drawers"),
            shifts: CheckLine::new("shifts"),
            approvals: CheckLine::new("approvals"),
            attendance: CheckLine::new("attendance"),
            stock: CheckLine::new("stock"),
            purchases: CheckLine::new("purchases"),
            products: CheckLine::new("products"),
            customers: CheckLine::new("customers"),
            settings: CheckLine::new("settings"),
            shop: CheckLine::new("branches, registers"),
            people: CheckLine::new("people, terminals"),
            keys: CheckLine::new("idempotency keys"),
        }
    }

    fn report(self) -> Report {
        let Self {
            file,
            journal,
            events,
            drafts,
            copies,
            orders,
            numbers,
            totals,
            returns,
            drawer,
            shifts,
            approvals,
            attendance,
            stock,
            purchases,
            products,
            customers,
            settings,
            shop,
            people,
            keys,
        } = self;
        let trade = [drafts, orders, numbers, totals, returns, copies, drawer, shifts, approvals, attendance];
        let lines = [file, journal, events]
            .into_iter()
            .chain(trade)
            .chain([stock, purchases, products, customers, settings, shop, people, keys]);
        Report { lines: lines.collect() }
    }
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
    let mut projection = Projection::new();
    while let Some(chain) = journal::next_chain(&mut chains, |register| projection.knows(register)) {
        while let Some(records) = chain.next(&snapshot, &mut lines.journal).await? {
            projection.replay(&snapshot, lines, &records).await?;
        }
    }
    journal::compare_heads(&snapshot, &mut lines.journal, &chains).await?;
    projection.compare(&snapshot, lines).await?;
    snapshot.rollback().await
}
