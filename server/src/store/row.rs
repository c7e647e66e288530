//! What the books need to know of a table: keys, look-ups, and how to ask the database for them.

use std::{collections::BTreeMap, fmt::Debug, hash::Hash};

use sea_orm::{ColumnTrait, Condition, EntityTrait, ModelTrait, Value};
use uuid::Uuid;

/// A row that the books load, change in memory and write back.
pub trait Row: ModelTrait<Entity: EntityTrait<Model = Self>> + PartialEq + Sync + 'static {
    /// The primary key.
    type Key: Clone + Debug + Eq + Hash + Ord + Send + Sync;
    /// A value of a unique key or of a parent by which rows are looked up.
    type Index: Clone + Debug + Eq + Hash + Send + Sync;

    /// This row's primary key.
    fn key(&self) -> Self::Key;

    /// All look-ups that find this row as it is now. A row that leaves a partial unique index
    /// (a shift that ends) no longer has that look-up.
    fn indexes(&self) -> Vec<Self::Index>;

    /// Conditions that together match all rows with these keys, and perhaps a few more.
    fn by_keys(keys: &[Self::Key]) -> Vec<Condition>;

    /// Conditions that together match all rows with these look-ups, and perhaps a few more.
    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition>;
}

/// For tables that are found by their key alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NoIndex {}

impl NoIndex {
    /// There is nothing to look up.
    pub fn conditions(indexes: &[Self]) -> Vec<Condition> {
        indexes.iter().map(|index| match *index {}).collect()
    }
}

/// How many values a look-up carries: databases cache prepared statements by their text, so the text
/// comes in a few sizes only.
const SIZES: [usize; 5] = [1, 4, 16, 64, 256];

/// Cuts `items` into chunks and fills the last one up to the next size by repeating its last item.
pub fn padded<T: Clone>(items: &[T], largest: usize) -> Vec<Vec<T>> {
    let chunks = items.chunks(largest);
    chunks
        .map(|chunk| {
            let mut chunk = chunk.to_vec();
            let size = SIZES.into_iter().find(|size| *size >= chunk.len()).unwrap_or(largest);
            if let Some(last) = chunk.last().cloned() {
                chunk.resize(size, last);
            }
            chunk
        })
        .collect()
}

/// `column IN (values)`, in chunks.
pub fn one_of<C: ColumnTrait, T: Clone + Into<Value>>(column: C, values: &[T]) -> Vec<Condition> {
    padded(values, 256).into_iter().map(|chunk| Condition::all().add(column.is_in(chunk))).collect()
}

/// `(condition of key 1) OR (condition of key 2) ...`, in chunks: for keys of several columns, where
/// a list per column would match their whole cross product.
pub fn any_of<K: Clone>(keys: &[K], condition: impl Fn(&K) -> Condition) -> Vec<Condition> {
    let chunks = padded(keys, 64).into_iter();
    chunks.map(|chunk| chunk.iter().fold(Condition::any(), |any, key| any.add(condition(key)))).collect()
}

/// `first = one AND second IN (its values)`, in chunks: for pairs of ids of which many share the first,
/// as a branch's products do.
pub fn one_of_each<C: ColumnTrait>(first: C, second: C, pairs: &[(Uuid, Uuid)]) -> Vec<Condition> {
    let mut seconds: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (one, other) in pairs {
        seconds.entry(*one).or_default().push(*other);
    }
    let of_each = seconds.into_iter().flat_map(|(one, others)| {
        one_of(second, &others).into_iter().map(move |condition| condition.add(first.eq(one)))
    });
    of_each.collect()
}
