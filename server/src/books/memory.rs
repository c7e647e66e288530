//! The books without a disk: the rows of a database in memory, and batches of postings decided over them
//! as the writer does it, each beginning with an empty working set.

use std::{
    any::{Any, TypeId},
    collections::{BTreeSet, HashMap},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use chrono::{DateTime, Utc};

pub use super::deciding::Answered;
use super::{
    Key, Member, Posting, ReadSet, UsedCodes, WorkingSet,
    deciding::{Asked, MOST_STOPS, READ_ROUNDS, Terms},
    posting::AnyPosting,
    table::Table,
    working_set::{Visitor, Wanted},
};
use crate::{
    caller::Caller,
    clock::{Clock, from_micros, to_micros},
};

/// Answers are kept for a day.
const KEEP_ANSWERS: i64 = 86_400_000_000;

/// A posting that waits.
pub struct Waiting {
    posting: Box<dyn AnyPosting>,
    caller: Caller,
    key: Option<Key>,
}

impl Waiting {
    /// A posting of a caller.
    pub fn new<P: Posting>(posting: P, caller: Caller, key: Option<Key>) -> Self {
        Self { posting: Box::new(posting), caller, key }
    }

    fn asked(&self) -> Asked<'_> {
        let (posting, key) = (self.posting.as_ref(), self.key.as_ref());
        Asked { posting, caller: &self.caller, key, request_id: "" }
    }
}

/// Learns what a posting changed.
pub trait Sink {
    /// A row as it was, if it was, and as it is.
    fn changed<R: Member>(&mut self, before: Option<&R>, after: &R);
}

/// A clock that stands where it is put, and random bytes that are always the same.
pub struct Standing {
    micros: i64,
    drawn: AtomicU64,
}

impl Clock for Standing {
    fn now(&self) -> DateTime<Utc> {
        from_micros(self.micros)
    }

    fn random(&self, bytes: &mut [u8]) {
        let number = self.drawn.fetch_add(1, Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
        for (byte, random) in bytes.iter_mut().zip(number.iter().cycle()) {
            *byte = *random;
        }
    }
}

/// The rows of a table: those that are committed, and those of the batch.
struct Stored<R: Member> {
    rows: HashMap<R::Key, R>,
    by_index: HashMap<R::Index, BTreeSet<R::Key>>,
    of_batch: HashMap<R::Key, R>,
}

impl<R: Member> Default for Stored<R> {
    fn default() -> Self {
        Self { rows: HashMap::new(), by_index: HashMap::new(), of_batch: HashMap::new() }
    }
}

impl<R: Member> Stored<R> {
    fn put(&mut self, row: R) {
        let key = row.key();
        let after = row.indexes();
        if let Some(before) = self.rows.insert(key.clone(), row) {
            for index in before.indexes() {
                if !after.contains(&index)
                    && let Some(keys) = self.by_index.get_mut(&index)
                {
                    keys.remove(&key);
                }
            }
        }
        for index in after {
            self.by_index.entry(index).or_default().insert(key.clone());
        }
    }

    fn now(&self, key: &R::Key) -> Option<&R> {
        self.of_batch.get(key).or_else(|| self.rows.get(key))
    }
}

/// The database: all tables by the type of their rows.
#[derive(Default)]
struct Tables(HashMap<TypeId, Box<dyn Any>>);

impl Tables {
    fn of<R: Member>(&mut self) -> &mut Stored<R> {
        let table = self.0.entry(TypeId::of::<R>()).or_insert_with(|| Box::new(Stored::<R>::default()));
        table.downcast_mut().expect("the table of these rows")
    }
}

/// Books in memory.
pub struct Memory {
    tables: Tables,
    set: WorkingSet,
    clock: Standing,
    /// How often a posting asked for what it had not named.
    pub stops: usize,
}

impl Memory {
    /// Empty books at a time.
    pub fn at(micros: i64) -> Self {
        Self {
            tables: Tables::default(),
            set: WorkingSet::default(),
            clock: Standing { micros, drawn: AtomicU64::new(1) },
            stops: 0,
        }
    }

    /// The time.
    pub fn now(&self) -> i64 {
        self.clock.micros
    }

    /// Lets time pass.
    pub fn wait(&mut self, micros: i64) {
        self.clock.micros += micros;
    }

    /// Puts a row as the database would have it.
    pub fn put<R: Member>(&mut self, row: R) {
        self.tables.of::<R>().put(row);
    }

    /// Begins a batch: an empty working set that loads what these postings name.
    pub fn begin(&mut self, batch: &[Waiting]) {
        self.set = WorkingSet::default();
        for _ in 0..READ_ROUNDS {
            let mut read_set = ReadSet::default();
            batch.iter().for_each(|waiting| waiting.asked().read_set(&self.set, &mut read_set));
            if !self.load(read_set) {
                break;
            }
        }
    }

    fn load(&mut self, read_set: ReadSet) -> bool {
        let mut loading = Loading { tables: &mut self.tables, any: false };
        self.set.each_table(read_set, &mut loading);
        loading.any
    }

    /// Decides a posting of the batch, and tells what it changed.
    ///
    /// # Errors
    /// What is wrong with the books themselves.
    pub fn decide(&mut self, waiting: &Waiting, sink: &mut impl Sink) -> Result<Answered, String> {
        let now = self.clock.now();
        for _ in 0..MOST_STOPS {
            let terms = Terms {
                now,
                clock: &self.clock,
                answers_since: to_micros(now).saturating_sub(KEEP_ANSWERS),
                used_codes: &UsedCodes::default(),
                admit: &|_| Ok(()),
            };
            let tell = |set: &mut WorkingSet| {
                set.each_table(
                    ReadSet::default(),
                    &mut Telling { tables: &mut self.tables, sink: &mut *sink },
                );
            };
            match waiting.asked().decide(&mut self.set, &terms, tell) {
                Ok(answered) => {
                    if matches!(answered, Answered::Rejected(_)) {
                        self.same_as_told()?;
                    }
                    return Ok(answered);
                }
                Err(read_set) => {
                    self.stops += 1;
                    if !self.load(*read_set) {
                        return Err("asks for rows that are loaded".to_owned());
                    }
                }
            }
        }
        Err("asks for more rows again and again".to_owned())
    }

    /// Whether every row in the working set is the one that was told.
    ///
    /// # Errors
    /// The row that is not.
    pub fn same_as_told(&mut self) -> Result<(), String> {
        let mut comparing = Comparing { tables: &mut self.tables, wrong: None };
        self.set.each_table(ReadSet::default(), &mut comparing);
        comparing.wrong.map_or(Ok(()), Err)
    }

    /// Ends the batch: what a flush would write becomes the database's.
    ///
    /// # Errors
    /// A row that is written and was not told, or the other way round.
    pub fn end(&mut self) -> Result<(), String> {
        self.same_as_told()?;
        let mut flushing = Flushing { tables: &mut self.tables, wrong: None };
        self.set.each_table(ReadSet::default(), &mut flushing);
        flushing.wrong.map_or(Ok(()), Err)
    }
}

struct Loading<'a> {
    tables: &'a mut Tables,
    any: bool,
}

impl Visitor for Loading<'_> {
    fn visit<R: Member>(&mut self, table: &mut Table<R>, wanted: Wanted<R>) {
        let (keys, indexes) = wanted.missing_in(table);
        if keys.is_empty() && indexes.is_empty() {
            return;
        }
        self.any = true;
        let stored = self.tables.of::<R>();
        let by_index = indexes.iter().flat_map(|index| stored.by_index.get(index).into_iter().flatten());
        let rows = keys.iter().chain(by_index).filter_map(|key| stored.rows.get(key).cloned()).collect();
        table.absorb(rows, keys, indexes);
    }
}

struct Telling<'a, S> {
    tables: &'a mut Tables,
    sink: &'a mut S,
}

impl<S: Sink> Visitor for Telling<'_, S> {
    fn visit<R: Member>(&mut self, table: &mut Table<R>, _wanted: Wanted<R>) {
        for (before, after) in table.touched() {
            let Some(after) = after.filter(|after| before != Some(*after)) else { continue };
            self.sink.changed(before, after);
            self.tables.of::<R>().of_batch.insert(after.key(), after.clone());
        }
    }
}

struct Comparing<'a> {
    tables: &'a mut Tables,
    wrong: Option<String>,
}

impl Visitor for Comparing<'_> {
    fn visit<R: Member>(&mut self, table: &mut Table<R>, _wanted: Wanted<R>) {
        let mut rows = table.rows().peekable();
        if rows.peek().is_none() {
            return;
        }
        let stored = self.tables.of::<R>();
        for row in rows {
            if stored.now(&row.key()) != Some(row) {
                self.wrong = Some(format!("nobody was told of {row:?}"));
            }
        }
    }
}

struct Flushing<'a> {
    tables: &'a mut Tables,
    wrong: Option<String>,
}

impl Visitor for Flushing<'_> {
    fn visit<R: Member>(&mut self, table: &mut Table<R>, _wanted: Wanted<R>) {
        let changes = table.changes();
        if changes.new.is_empty() && changes.leaving.is_empty() && changes.changed.is_empty() {
            return;
        }
        let stored = self.tables.of::<R>();
        if let Some(row) = changes.new.iter().find(|row| stored.rows.contains_key(&row.key())) {
            self.wrong = Some(format!("inserts a row that the database has: {row:?}"));
        }
        for row in changes.leaving.into_iter().chain(changes.new).chain(changes.changed) {
            if stored.of_batch.remove(&row.key()).as_ref() != Some(&row) {
                self.wrong = Some(format!("writes what nobody was told: {row:?}"));
            }
            stored.put(row);
        }
        // What was changed and changed back is not written.
        let same = |(key, row): (R::Key, R)| stored.rows.get(&key) == Some(&row);
        if !std::mem::take(&mut stored.of_batch).into_iter().all(same) {
            self.wrong = Some("forgets to write a row".to_owned());
        }
    }
}
