//! Rows that no record has: each in its branch's series, where a row that is gone leaves a gap.

use sea_orm::{ColumnTrait, Condition, EntityTrait, ModelTrait};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Stored, key_text, load, load_next, table_name},
};
use crate::store::conditions::Found;

const CHUNK: u64 = 500;

type Column<R> = <<R as ModelTrait>::Entity as EntityTrait>::Column;

/// Reads the rows of each branch in their order, finds gaps, and gives every row to `prove`. Returns the
/// last place of each branch.
pub fn prove<R: Found>(
    database: &Inspection,
    line: &mut CheckLine,
    branches: &[Uuid],
    (branch_column, sequence_column): (Column<R>, Column<R>),
    mut prove: impl FnMut(&mut CheckLine, &Stored),
) -> Result<Vec<(Uuid, i64)>, Failure> {
    let mut last = Vec::with_capacity(branches.len());
    for branch_id in branches {
        let mut sequence = 0;
        loop {
            let of = Condition::all().add(branch_column.eq(*branch_id));
            let rows = load_next::<R>(database, of, (sequence_column, sequence), CHUNK)?;
            let before = sequence;
            for row in &rows {
                line.examine(1);
                // What is no number is said by `prove`.
                if let Some(place) = row.get::<R>(sequence_column).number() {
                    missing::<R>(line, *branch_id, sequence, place.saturating_sub(1));
                    sequence = place;
                }
                prove(line, row);
            }
            if sequence == before {
                break;
            }
        }
        last.push((*branch_id, sequence));
    }
    // Places begin at one, and every branch is in the journal.
    let strange = Condition::any()
        .add(branch_column.is_not_in(branches.iter().copied()))
        .add(branch_column.is_null())
        .add(sequence_column.lte(0))
        .add(sequence_column.is_null());
    for row in load::<R>(database, vec![strange])? {
        let key = key_text::<R>(&row.key::<R>());
        line.fault(table_name::<R>(), key, "belongs to no branch, or has no place there");
    }
    Ok(last)
}

/// Names the places between one that is there and the end of a gap.
pub fn missing<R: Found>(line: &mut CheckLine, branch_id: Uuid, last: i64, end: i64) {
    let next = last.saturating_add(1);
    if end < next {
        return;
    }
    let rest = if end == next { String::new() } else { format!(", and so are those up to {end}") };
    let row = format!("branch {branch_id}, sequence {next}");
    line.fault(table_name::<R>(), row, format!("is missing{rest}"));
}
