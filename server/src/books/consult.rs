//! Rules over rows without changing them: a quote, and references in a request to be resolved.

use super::{ReadSet, Stop, WorkingSet};
use crate::{error::Error, readings::Reading};

/// Rounds in which more rows may be asked for.
const MOST_ROUNDS: usize = 20;

/// Loads what `read_set` names and `rule` asks for, and returns what the rule says. The same pure
/// functions decide a posting and a reading.
///
/// # Errors
/// What the rule refuses, what the database fails with.
pub async fn consult<T>(
    database: &Reading,
    read_set: impl Fn(&WorkingSet, &mut ReadSet),
    rule: impl Fn(&WorkingSet) -> Result<T, Stop>,
) -> Result<T, Error> {
    let mut books = WorkingSet::default();
    for _ in 0..MOST_ROUNDS {
        let mut wanted = ReadSet::default();
        read_set(&books, &mut wanted);
        if books.load(wanted, database).await? {
            continue;
        }
        match rule(&books) {
            Ok(result) => return Ok(result),
            Err(Stop::Rejected(error)) => return Err(error),
            Err(Stop::NeedScope(scope)) => {
                return Err(Error::internal(format_args!("a reading asks to write {scope:?}")));
            }
            Err(Stop::MissingRows(more)) => {
                books.load(*more, database).await?;
            }
        }
    }
    Err(Error::internal("a reading asks for more rows again and again"))
}
