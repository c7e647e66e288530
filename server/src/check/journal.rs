//! The chains: every record in its place, with its hash, saying what its row says.

use std::collections::BTreeSet;

use kassa_proto::v1::{JournalKind, JournalRecord, journal_record::Entry};
use prost::Message as _;
use sea_orm::{
    ColumnTrait as _, Condition, DbBackend, EntityTrait as _, QuerySelect as _, QueryTrait as _, Statement,
};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Stored, Table, behind, key_text, load, select_next},
    entries,
    record::{Unreadable, time},
};
use crate::{
    hashes::{NO_HASH, record_hash},
    store::{
        cell::Cell,
        entity::{
            journal_chain as chain,
            journal_record::{Column, Entity, Model},
        },
        row::key_terms,
    },
};

/// Records that are read, and whose rows are compared, together.
const CHUNK: u64 = 500;

const RECORDS: &str = "journal_records";

/// A record that could be read.
pub struct Record {
    /// Who caused it, when and how.
    pub header: JournalRecord,
    /// What happened.
    pub entry: Entry,
    /// The chain's register.
    pub register_id: Uuid,
    row: String,
}

impl Record {
    /// When it was written, in microseconds.
    pub fn time(&self) -> Result<i64, Unreadable> {
        time(self.header.create_time.as_ref(), "create_time")
    }

    /// Writes down that what the record says makes no rows.
    pub fn unreadable(&self, line: &mut CheckLine, why: &Unreadable) {
        line.fault(RECORDS, self.row.clone(), format!("its {why}"));
    }
}

/// A chain while it is read.
pub struct Chain {
    register_id: Uuid,
    kind: JournalKind,
    /// The last record to be read.
    until: i64,
    /// The last record that was read.
    pub last_sequence: i64,
    /// Its hash, as it is stored.
    pub last_hash: Vec<u8>,
    /// How many records were read.
    pub met: u64,
    /// The first record that is not as it must be.
    pub first_broken: Option<i64>,
    /// Whether it was chosen to be read.
    read: bool,
}

/// All chains that have a record, in the order in which they can be understood: what the shop is,
/// then its shifts, then what happened to its drawers, then its sales. What opened the books comes first of all.
pub fn chains(database: &Inspection) -> Result<Vec<Chain>, Failure> {
    let find = Entity::find().select_only().columns([Column::RegisterId, Column::Kind]).distinct();
    let rows = database.rows(&find.build(DbBackend::Sqlite))?;
    let mut chains = Vec::with_capacity(rows.len());
    for row in &rows {
        // Records of what can be no register or no kind are found by `compare_heads`.
        if let [register, kind] = row.as_slice()
            && let (Some(register_id), Some(kind)) = (register.id(), known_kind(kind))
        {
            chains.push(Chain::after(register_id, kind, (0, NO_HASH.to_vec())));
        }
    }
    let first = opening(database, &chains)?;
    chains.sort_by_key(|chain| (place(chain.kind), Some(chain.register_id) != first, chain.register_id));
    Ok(chains)
}

/// The register whose audit chain opens the books. Ids say nothing of it: a clock may be set back.
fn opening(database: &Inspection, chains: &[Chain]) -> Result<Option<Uuid>, Failure> {
    for chain in chains.iter().filter(|chain| chain.kind == JournalKind::Audit) {
        let first = (chain.register_id, JournalKind::Audit.into(), 1);
        for cells in database.find::<Model>(&key_terms::<Model>(&first))? {
            let stored = Stored { cells };
            let record = stored.get::<Model>(Column::Record).bytes().and_then(|record| {
                let bytes = Model::plain(record).ok()?;
                JournalRecord::decode(bytes.as_ref()).ok()
            });
            if let Some(JournalRecord { entry: Some(Entry::BooksOpened(_)), .. }) = record {
                return Ok(Some(chain.register_id));
            }
        }
    }
    Ok(None)
}

/// The chain to read next: a register has a record only after it was made, which another register's chain
/// tells. The first of those whose register is known; else, where the journal is broken, the first.
pub fn next_chain(chains: &mut [Chain], known: impl Fn(Uuid) -> bool) -> Option<&mut Chain> {
    let kind = chains.iter().find(|chain| !chain.read)?.kind;
    let unread = |chain: &Chain| !chain.read && chain.kind == kind;
    let place = chains.iter().position(|chain| unread(chain) && known(chain.register_id));
    let place = place.or_else(|| chains.iter().position(unread))?;
    let chain = chains.get_mut(place)?;
    chain.read = true;
    Some(chain)
}

fn known_kind(cell: &Cell) -> Option<JournalKind> {
    let number = i32::try_from(cell.number()?).ok()?;
    JournalKind::try_from(number).ok().filter(|kind| *kind != JournalKind::Unspecified)
}

fn place(kind: JournalKind) -> u8 {
    match kind {
        JournalKind::Audit => 0,
        JournalKind::Shifts => 1,
        JournalKind::Drawer => 2,
        JournalKind::Sales => 3,
        JournalKind::Copies => 4,
        JournalKind::Stock => 5,
        JournalKind::Unspecified => 6,
    }
}

impl Chain {
    /// A chain to be read on after a record and its hash.
    pub fn after(register_id: Uuid, kind: JournalKind, (last_sequence, last_hash): (i64, Vec<u8>)) -> Self {
        let (until, met, first_broken, read) = (i64::MAX, 0, None, false);
        Self { register_id, kind, until, last_sequence, last_hash, met, first_broken, read }
    }

    /// The same up to a record.
    pub fn until(self, until: i64) -> Self {
        Self { until, ..self }
    }

    /// The next records; nothing at the end. Those that can't be read are faults, and left out.
    pub fn next(
        &mut self,
        database: &Inspection,
        line: &mut CheckLine,
    ) -> Result<Option<Vec<Record>>, Failure> {
        let rows = database.rows(&self.select(CHUNK))?;
        Ok(self.links(line, rows))
    }

    /// The statement that reads the next records.
    pub fn select(&self, most: u64) -> Statement {
        let of = Condition::all().add(Column::RegisterId.eq(self.register_id));
        let of = of.add(Column::Kind.eq(i32::from(self.kind)));
        let of = if self.until == i64::MAX { of } else { of.add(Column::Sequence.lte(self.until)) };
        select_next::<Model>(of, (Column::Sequence, self.last_sequence), most.min(CHUNK))
    }

    /// Takes the rows that were read in: nothing if there was none.
    pub fn links(&mut self, line: &mut CheckLine, rows: Vec<Vec<Cell>>) -> Option<Vec<Record>> {
        let rows = behind::<Model>(rows, (Column::Sequence, self.last_sequence));
        let before = self.met;
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            // What is no number sorts behind all numbers; `compare_heads` finds it.
            if let Some(sequence) = row.get::<Model>(Column::Sequence).number() {
                let (next, faults) = (self.last_sequence.saturating_add(1), line.fault_count());
                records.extend(self.link(line, row, sequence));
                if line.fault_count() > faults {
                    self.first_broken.get_or_insert(next.min(sequence));
                }
            }
        }
        (self.met > before).then_some(records)
    }

    /// Proves that a record is the one that comes next in the chain, and reads it.
    fn link(&mut self, line: &mut CheckLine, row: &Stored, sequence: i64) -> Option<Record> {
        self.met = self.met.saturating_add(1);
        line.examine(1);
        let name = self.row(sequence);
        let next = self.last_sequence.saturating_add(1);
        let previous = row.get::<Model>(Column::PreviousHash);
        if sequence != next {
            let last = sequence.saturating_sub(1);
            let rest = if last == next { String::new() } else { format!(", and so are those up to {last}") };
            line.fault(RECORDS, self.row(next), format!("is missing{rest}"));
        } else if previous.bytes() != Some(&self.last_hash) {
            let right = Cell::of_bytes(&self.last_hash);
            let what = format!("previous_hash is {previous}, the hash of the record before it is {right}");
            line.fault(RECORDS, name.clone(), what);
        }
        self.last_sequence = sequence;
        let (record, own_hash) = (row.get::<Model>(Column::Record), row.get::<Model>(Column::Hash));
        let Some(Ok(bytes)) = record.bytes().map(Model::plain) else {
            line.fault(RECORDS, name, format!("record is {record}, which is no record"));
            // The one after it is no worse for it.
            self.last_hash = own_hash.bytes().unwrap_or_default().to_vec();
            return None;
        };
        let right = record_hash(previous.bytes().unwrap_or_default(), sequence, &bytes);
        if own_hash.bytes() != Some(&right) {
            let what = format!("hash is {own_hash}, that of its bytes is {}", Cell::of_bytes(&right));
            line.fault(RECORDS, name.clone(), what);
        }
        self.last_hash = own_hash.bytes().map_or(right, <[u8]>::to_vec);
        self.read(line, name, &bytes)
    }

    fn read(&self, line: &mut CheckLine, row: String, bytes: &[u8]) -> Option<Record> {
        let mut header = match JournalRecord::decode(bytes) {
            Ok(header) => header,
            Err(error) => {
                line.fault(RECORDS, row, format!("can't be read: {error}"));
                return None;
            }
        };
        let (kind, register_id) = (header.kind(), header.register_id.as_str());
        if (kind, header.sequence) != (self.kind, self.last_sequence)
            || register_id != self.register_id.to_string()
        {
            let what = format!(
                "its bytes say register {register_id}, kind {}, sequence {}",
                header.kind, header.sequence
            );
            line.fault(RECORDS, row.clone(), what);
        }
        match header.entry.take() {
            Some(entry) if entries::place(&entry).0 == self.kind => {
                Some(Record { header, entry, register_id: self.register_id, row })
            }
            Some(_) => {
                line.fault(RECORDS, row, "records what belongs in a chain of another kind");
                None
            }
            None => {
                line.fault(RECORDS, row, "records nothing that this program knows");
                None
            }
        }
    }

    fn row(&self, sequence: i64) -> String {
        row_name(&Cell::of(self.register_id.into()), i64::from(i32::from(self.kind)), sequence)
    }

    /// The head that the chain's last record makes.
    pub fn head(&self) -> chain::Model {
        chain::Model {
            register_id: self.register_id,
            kind: self.kind.into(),
            last_sequence: self.last_sequence,
            last_hash: self.last_hash.clone(),
        }
    }
}

fn row_name(register: &Cell, kind: i64, sequence: i64) -> String {
    key_text::<Model>(&[register.clone(), Cell::Number(kind), Cell::Number(sequence)])
}

/// Compares the stored heads with the chains that were read, and looks for records in no chain.
pub fn compare_heads(database: &Inspection, line: &mut CheckLine, chains: &[Chain]) -> Result<(), Failure> {
    Table::compare_all(database, line, chains.iter().map(Chain::head))?;
    for head in load::<chain::Model>(database, vec![Condition::all()])? {
        cut_off(line, chains, &head);
    }
    let known: BTreeSet<(Uuid, i64)> =
        chains.iter().map(|chain| (chain.register_id, i64::from(i32::from(chain.kind)))).collect();
    let met = chains.iter().fold(0, |met: u64, chain| met.saturating_add(chain.met));
    let records = Table::<Model>::met(met);
    let in_a_chain = |key: &[Cell]| match key {
        [register, kind, sequence] => {
            let chain = register.id().zip(kind.number());
            chain.is_some_and(|chain| known.contains(&chain)) && sequence.number().is_some_and(|it| it > 0)
        }
        _ => false,
    };
    records.others(database, line, in_a_chain)
}

/// Names the record that is missing where a head knows of more than there are.
pub fn cut_off(line: &mut CheckLine, chains: &[Chain], head: &Stored) {
    let register = head.get::<chain::Model>(chain::Column::RegisterId);
    let kind = head.get::<chain::Model>(chain::Column::Kind).number().unwrap_or_default();
    let named = head.get::<chain::Model>(chain::Column::LastSequence).number().unwrap_or_default();
    let own = chains
        .iter()
        .find(|chain| Some(chain.register_id) == register.id() && i64::from(i32::from(chain.kind)) == kind);
    let last = own.map_or(0, |chain| chain.last_sequence);
    if named > last {
        let row = row_name(register, kind, last.saturating_add(1));
        line.fault(RECORDS, row, format!("is missing: the head of the chain names record {named}"));
    }
}
