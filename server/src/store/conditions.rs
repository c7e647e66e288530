//! How readers find the rows of the books' keys and look-ups: as SeaORM conditions, many in one statement.

use std::collections::BTreeMap;

use sea_orm::{
    Condition, EntityTrait, ModelTrait,
    sea_query::{Expr, ExprTrait as _, SimpleExpr},
};

use super::row::{Row, Term, Value, key_terms};

/// How many values a look-up carries: databases cache prepared statements by their text, so the text
/// comes in a few sizes only.
const SIZES: [usize; 5] = [1, 4, 16, 64, 256];
/// The most values of a column in one statement.
const MOST_VALUES: usize = 256;
/// The most keys of several columns in one statement.
const MOST_KEYS: usize = 64;

/// A row that readers find like the books do.
pub trait Found: Row + ModelTrait<Entity: EntityTrait<Model = Self>> {
    /// Conditions that together match all rows with these keys.
    fn by_keys(keys: &[Self::Key]) -> Vec<Condition> {
        conditions(keys.iter().map(key_terms::<Self>))
    }

    /// Conditions that together match all rows with these look-ups.
    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition> {
        conditions(indexes.iter().map(Self::terms))
    }
}

impl<R: Row + ModelTrait<Entity: EntityTrait<Model = R>>> Found for R {}

/// What a look-up's text depends on: its terms without their values.
type Shape<'a> = Vec<Term<'a>>;

/// The statements of look-ups, those that differ in their values alone together.
fn conditions<'a>(look_ups: impl Iterator<Item = Vec<Term<'a>>>) -> Vec<Condition> {
    let mut alike: Vec<(Shape<'a>, Vec<Vec<Term<'a>>>)> = Vec::new();
    for terms in look_ups {
        let shape: Shape = terms.iter().map(|term| without_value(*term)).collect();
        match alike.iter_mut().find(|(known, _)| *known == shape) {
            Some((_, known)) => known.push(terms),
            None => alike.push((shape, vec![terms])),
        }
    }
    alike.iter().flat_map(|(shape, look_ups)| of_shape(shape, look_ups)).collect()
}

fn without_value(term: Term<'_>) -> Term<'_> {
    match term {
        Term::Is(column, _) => Term::Is(column, Value::Null),
        Term::Constant(..) | Term::Null(_) => term,
    }
}

fn of_shape(shape: &[Term], look_ups: &[Vec<Term>]) -> Vec<Condition> {
    let fixed = shape.iter().filter(|term| !matches!(term, Term::Is(..)));
    let fixed = fixed.fold(Condition::all(), |all, term| all.add(expression(*term)));
    let bound: Vec<Vec<(&'static str, Value)>> = look_ups.iter().map(|terms| values(terms)).collect();
    let conditions = match bound.first().map_or(0, Vec::len) {
        0 => vec![Condition::all()],
        1 => chunks(&bound, MOST_VALUES).iter().filter_map(|chunk| one_of(chunk)).collect(),
        2 => by_their_first(&bound),
        _ => chunks(&bound, MOST_KEYS).iter().map(|chunk| any_of(chunk)).collect(),
    };
    conditions.into_iter().map(|condition| Condition::all().add(condition).add(fixed.clone())).collect()
}

fn values<'a>(terms: &[Term<'a>]) -> Vec<(&'static str, Value<'a>)> {
    let bound = terms.iter().filter_map(|term| match term {
        Term::Is(column, value) => Some((*column, *value)),
        Term::Constant(..) | Term::Null(_) => None,
    });
    bound.collect()
}

/// Pairs of which many share the first, as a branch's products do: `first = one AND second IN (its values)`. Otherwise
/// `(pair 1) OR (pair 2) ...`: a list per column would match their whole cross product.
fn by_their_first(pairs: &[Vec<(&'static str, Value)>]) -> Vec<Condition> {
    let mut by_first: BTreeMap<String, Vec<Vec<(&'static str, Value)>>> = BTreeMap::new();
    for pair in pairs {
        let first = pair.first().map(|(_, value)| format!("{value:?}")).unwrap_or_default();
        by_first.entry(first).or_default().push(pair.clone());
    }
    if by_first.len() * 4 > pairs.len() && by_first.len() > 1 {
        return chunks(pairs, MOST_KEYS).iter().map(|chunk| any_of(chunk)).collect();
    }
    let of_each = by_first.values().flat_map(|pairs| {
        let (first, seconds): (Vec<_>, Vec<Vec<_>>) = pairs
            .iter()
            .filter_map(|pair| pair.split_first())
            .map(|(first, rest)| (*first, rest.to_vec()))
            .unzip();
        let first = first.first().map(|(column, value)| expression(Term::Is(column, *value)));
        let seconds = chunks(&seconds, MOST_VALUES);
        let seconds: Vec<Condition> = seconds.iter().filter_map(|chunk| one_of(chunk)).collect();
        seconds.into_iter().zip(std::iter::repeat(first)).map(|(second, first)| second.add_option(first))
    });
    of_each.collect()
}

/// `column IN (values)`.
fn one_of(chunk: &[Vec<(&'static str, Value)>]) -> Option<Condition> {
    let (column, _) = chunk.first()?.first()?;
    let values = chunk.iter().flatten().map(|(_, value)| stored(*value));
    Some(Condition::all().add(left(column).is_in(values)))
}

/// `(condition of key 1) OR (condition of key 2) ...`.
fn any_of(chunk: &[Vec<(&'static str, Value)>]) -> Condition {
    chunk.iter().fold(Condition::any(), |any, key| {
        let all = key.iter().map(|(column, value)| expression(Term::Is(column, *value)));
        any.add(all.fold(Condition::all(), Condition::add))
    })
}

fn expression(term: Term) -> SimpleExpr {
    match term {
        Term::Is(column, value) => left(column).eq(stored(value)),
        Term::Constant(column, number) => left(column).eq(number),
        Term::Null(column) => left(column).is_null(),
    }
}

fn left(column: &'static str) -> SimpleExpr {
    if column.contains('(') { Expr::cust(column) } else { Expr::col(column) }
}

fn stored(value: Value) -> sea_orm::Value {
    match value {
        Value::Null => sea_orm::Value::BigInt(None),
        Value::Flag(flag) => flag.into(),
        Value::Number(number) => number.into(),
        Value::Id(id) => id.into(),
        Value::Text(text) => text.into(),
        Value::Bytes(bytes) => bytes.into(),
    }
}

/// Cuts `items` into chunks and fills the last one up to the next size by repeating its last item.
fn chunks<T: Clone>(items: &[T], largest: usize) -> Vec<Vec<T>> {
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
