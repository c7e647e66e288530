//! Grants: given once, used once at most, and never changed otherwise.

use super::{Checked, Ledger, ensure, same};
use crate::{model::change_set::ChangeSet, store::entity::grant};

impl Ledger {
    pub(super) fn grants(&mut self, changes: &ChangeSet, now: i64) -> Checked {
        for (before, row) in &changes.grants {
            let unused = grant::Model { used_time: None, used_by_id: None, ..row.clone() };
            match before {
                None => same(|| "a new grant".to_owned(), row, &unused)?,
                Some(before) => {
                    same(|| "what was granted".to_owned(), before, &unused)?;
                    same(|| "when a grant was used".to_owned(), row.used_time, Some(now))?;
                    ensure!(row.used_by_id.is_some(), "a grant was used for nothing: {row:?}");
                }
            }
            self.grants.insert(row.id, row.clone());
        }
        Ok(())
    }
}
