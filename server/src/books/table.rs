//! One table in memory: what was loaded of it, and what the batch has made of that.

use std::collections::{BTreeSet, HashMap, HashSet, hash_map::Entry};

use crate::{error::Error, store::row::Row};

/// The rows of a table that a batch has loaded, with the changes of its postings.
pub struct Table<R: Row> {
    slots: HashMap<R::Key, Slot<R>>,
    /// The keys of the rows, as they are now, by their look-ups.
    by_index: HashMap<R::Index, BTreeSet<R::Key>>,
    /// The look-ups whose rows are all here.
    complete: HashSet<R::Index>,
    /// What this posting changed, to be put back if it is refused.
    undo: Vec<(R::Key, Option<Slot<R>>)>,
    /// The keys of the slots that were changed; some of them may be clean again.
    touched: Vec<R::Key>,
    dirty: usize,
}

/// What is known of a key: absent (no row), clean, new or changed.
#[derive(Clone)]
struct Slot<R> {
    row: Option<R>,
    origin: Origin<R>,
}

/// What the database has for a key.
#[derive(Clone)]
enum Origin<R> {
    /// No row; a row in the slot is new.
    Absent,
    /// The same row.
    Same,
    /// This one; the row in the slot is a changed one.
    Changed(R),
}

/// What a table has to write.
pub struct Changes<'a, R> {
    /// Rows that leave a look-up they had, as they were and as they are: they must be written before those that enter it.
    pub leaving: Vec<(&'a R, &'a R)>,
    /// Rows that the database does not have.
    pub new: Vec<&'a R>,
    /// The other changed rows, as they were and as they are.
    pub changed: Vec<(&'a R, &'a R)>,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Self {
            slots: HashMap::new(),
            by_index: HashMap::new(),
            complete: HashSet::new(),
            undo: Vec::new(),
            touched: Vec::new(),
            dirty: 0,
        }
    }
}

impl<R: Row> Table<R> {
    /// The row of a key: `None` if nothing is known of it, `Some(None)` if there is no such row.
    pub fn get(&self, key: &R::Key) -> Option<Option<&R>> {
        self.slots.get(key).map(|slot| slot.row.as_ref())
    }

    /// All rows of a look-up, in the order of their keys, or `None` if they were never loaded.
    pub fn find(&self, index: &R::Index) -> Option<Vec<&R>> {
        self.complete.contains(index).then(|| {
            let keys = self.by_index.get(index).into_iter().flatten();
            keys.filter_map(|key| self.get(key).flatten()).collect()
        })
    }

    /// Adds a row that the database does not have.
    ///
    /// # Errors
    /// INTERNAL if the key is taken in the set; one taken in the database fails when it is written.
    pub fn insert(&mut self, row: R) -> Result<(), Error> {
        let key = row.key();
        if self.get(&key).flatten().is_some() {
            return Err(Error::internal(format_args!("a new row has a key that is taken: {row:?}")));
        }
        self.touched.push(key.clone());
        self.replace(key, Slot { row: Some(row), origin: Origin::Absent });
        self.dirty += 1;
        Ok(())
    }

    /// Changes a row that is here.
    ///
    /// # Errors
    /// What `change` refuses; INTERNAL if there is no such row, for a rule looks before it changes.
    pub fn update<T>(
        &mut self,
        key: &R::Key,
        change: impl FnOnce(&mut R) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(Slot { row: Some(row), origin }) = self.slots.get(key) else {
            return Err(Error::internal(format_args!("a row to change is not there: {key:?}")));
        };
        let mut changed = row.clone();
        let result = change(&mut changed)?;
        if changed == *row {
            return Ok(result);
        }
        let (origin, clean) = match origin {
            Origin::Same => (Origin::Changed(row.clone()), true),
            other => (other.clone(), false),
        };
        if clean {
            self.touched.push(key.clone());
            self.dirty += 1;
        }
        self.replace(key.clone(), Slot { row: Some(changed), origin });
        Ok(result)
    }

    fn replace(&mut self, key: R::Key, slot: Slot<R>) {
        let after = slot.row.as_ref().map(Row::indexes).unwrap_or_default();
        let before = self.slots.insert(key.clone(), slot);
        self.move_in_indexes(&key, before.as_ref().and_then(|slot| slot.row.as_ref()), &after);
        self.undo.push((key, before));
    }

    fn move_in_indexes(&mut self, key: &R::Key, before: Option<&R>, after: &[R::Index]) {
        let before = before.map(Row::indexes).unwrap_or_default();
        for index in before.iter().filter(|index| !after.contains(index)) {
            if let Some(keys) = self.by_index.get_mut(index) {
                keys.remove(key);
            }
        }
        for index in after.iter().filter(|index| !before.contains(index)) {
            self.by_index.entry(index.clone()).or_default().insert(key.clone());
        }
    }

    /// Keeps what the postings have changed so far.
    pub fn keep(&mut self) {
        self.undo.clear();
    }

    /// Takes back what was changed since the last [`Table::keep`].
    pub fn take_back(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            let indexes = before.as_ref().and_then(|slot| slot.row.as_ref()).map(Row::indexes);
            let was_dirty = before.as_ref().is_some_and(Slot::is_dirty);
            let after = match before {
                Some(slot) => self.slots.insert(key.clone(), slot),
                None => self.slots.remove(&key),
            };
            let is_dirty = after.as_ref().is_some_and(Slot::is_dirty);
            self.dirty -= usize::from(is_dirty && !was_dirty);
            let row = after.as_ref().and_then(|slot| slot.row.as_ref());
            self.move_in_indexes(&key, row, &indexes.unwrap_or_default());
        }
    }

    /// Takes in rows from the database, which were asked for by these keys and look-ups. A row that
    /// is here already, perhaps changed, beats the database's copy.
    pub fn absorb(&mut self, rows: Vec<R>, keys: Vec<R::Key>, indexes: Vec<R::Index>) {
        for row in rows {
            let key = row.key();
            if let Entry::Vacant(vacant) = self.slots.entry(key.clone()) {
                let indexes = row.indexes();
                vacant.insert(Slot { row: Some(row), origin: Origin::Same });
                self.move_in_indexes(&key, None, &indexes);
            }
        }
        for key in keys {
            self.slots.entry(key).or_insert(Slot { row: None, origin: Origin::Absent });
        }
        self.complete.extend(indexes);
    }

    /// All that was changed is in the database now.
    pub fn is_stored(&mut self) {
        for key in self.touched.drain(..) {
            if let Some(slot) = self.slots.get_mut(&key) {
                // A slot without a row stays one of which the database has none.
                if slot.row.is_some() {
                    slot.origin = Origin::Same;
                }
            }
        }
        self.undo.clear();
        self.dirty = 0;
    }

    /// Forgets everything, if it is more than so many rows: to find the ones that nobody needs would cost more than to
    /// load again those that somebody does.
    pub fn forget_beyond(&mut self, most: usize) {
        // Nothing is to be written.
        self.touched.clear();
        if most == 0 {
            // The space is needed again by the next batch.
            self.slots.clear();
            self.by_index.clear();
            self.complete.clear();
        } else if self.slots.len() > most || self.complete.len() > most {
            *self = Self::default();
        }
    }

    /// Whether all rows of a look-up are here.
    pub fn is_complete(&self, index: &R::Index) -> bool {
        self.complete.contains(index)
    }

    /// How many rows are to be written.
    pub fn dirty(&self) -> usize {
        self.dirty
    }

    /// All rows that are here, as they are now.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.slots.values().filter_map(|slot| slot.row.as_ref())
    }

    /// What was changed since the last [`Table::keep`]: each row as it was and as it is.
    pub fn touched(&self) -> impl Iterator<Item = (Option<&R>, Option<&R>)> {
        let mut seen = HashSet::new();
        self.undo.iter().filter(move |(key, _)| seen.insert(key)).map(|(key, before)| {
            let before = before.as_ref().and_then(|slot| slot.row.as_ref());
            (before, self.get(key).flatten())
        })
    }

    /// The rows that are to be written, as they are now.
    pub fn changed(&self) -> impl Iterator<Item = &R> {
        self.dirty_slots().into_iter().filter_map(|slot| slot.row.as_ref())
    }

    /// What is to be written, each in the order of the keys.
    pub fn changes(&self) -> Changes<'_, R> {
        let mut changes = Changes { leaving: Vec::new(), new: Vec::new(), changed: Vec::new() };
        for slot in self.dirty_slots() {
            let Some(row) = &slot.row else { continue };
            match &slot.origin {
                Origin::Same => {}
                Origin::Absent => changes.new.push(row),
                Origin::Changed(stored) if stored == row => {}
                Origin::Changed(stored) => {
                    let after = row.indexes();
                    let leaves = stored.indexes().iter().any(|index| !after.contains(index));
                    if leaves { &mut changes.leaving } else { &mut changes.changed }.push((stored, row));
                }
            }
        }
        changes
    }

    /// In the order of their keys.
    fn dirty_slots(&self) -> Vec<&Slot<R>> {
        let mut keys: Vec<&R::Key> = self.touched.iter().collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter().filter_map(|key| self.slots.get(key)).filter(|slot| slot.is_dirty()).collect()
    }
}

impl<R> Slot<R> {
    fn is_dirty(&self) -> bool {
        match self.origin {
            Origin::Absent => self.row.is_some(),
            Origin::Same => false,
            Origin::Changed(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::entity::product_barcode::{Model, ProductBarcodeIndex as Index};

    fn barcode(product: u128, digits: &str) -> Model {
        Model { product_id: Uuid::from_u128(product), barcode: digits.to_owned(), position: 0, active: true }
    }

    #[test]
    fn a_row_in_the_set_beats_the_databases_copy_and_moves_in_the_indexes() {
        let mut table = Table::default();
        let by_barcode = Index::Barcode("1".to_owned());
        table.absorb(vec![barcode(1, "1")], vec![], vec![]);
        let key = barcode(1, "1").key();
        table
            .update(&key, |row| {
                row.active = false;
                Ok(())
            })
            .unwrap();
        assert!(table.find(&by_barcode).is_none(), "what was never loaded is not known to be empty");
        table.absorb(vec![barcode(1, "1"), barcode(2, "1")], vec![], vec![by_barcode.clone()]);
        let found: Vec<_> = table.find(&by_barcode).unwrap().into_iter().map(|row| row.product_id).collect();
        assert_eq!(found, [Uuid::from_u128(2)]);
    }

    #[test]
    fn taking_back_leaves_rows_indexes_and_counts_as_they_were() {
        let mut table = Table::default();
        let by_barcode = Index::Barcode("1".to_owned());
        table.absorb(vec![barcode(1, "1")], vec![], vec![by_barcode.clone()]);
        table.insert(barcode(2, "1")).unwrap();
        table.keep();
        table.insert(barcode(3, "1")).unwrap();
        for product in [1, 2, 3] {
            table
                .update(&barcode(product, "1").key(), |row| {
                    row.active = false;
                    Ok(())
                })
                .unwrap();
        }
        assert_eq!((table.dirty(), table.find(&by_barcode).unwrap().len()), (3, 0));
        table.take_back();
        assert_eq!((table.dirty(), table.find(&by_barcode).unwrap().len()), (1, 2));
        let changes = table.changes();
        assert_eq!((changes.new, changes.leaving.len() + changes.changed.len()), (vec![&barcode(2, "1")], 0));
    }

    #[test]
    fn rows_that_leave_a_look_up_are_written_before_the_others() {
        let mut table = Table::default();
        table.absorb(vec![barcode(1, "1"), barcode(2, "2")], vec![], vec![]);
        table
            .update(&barcode(1, "1").key(), |row| {
                row.active = false;
                Ok(())
            })
            .unwrap();
        table
            .update(&barcode(2, "2").key(), |row| {
                row.position = 1;
                Ok(())
            })
            .unwrap();
        let changes = table.changes();
        assert_eq!((changes.leaving.len(), changes.changed.len(), changes.new.len()), (1, 1, 0));
    }
}
