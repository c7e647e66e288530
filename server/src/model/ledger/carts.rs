//! Carts.

use super::{Checked, Ledger, ensure, same};
use crate::model::change_set::ChangeSet;

impl Ledger {
    /// Carts are kept, taken over, and end once.
    pub(super) fn carts(&mut self, changes: &ChangeSet) -> Checked {
        let mut drafts: Vec<_> = changes.drafts.iter().collect();
        drafts.sort_by_key(|(_, row)| row.sequence);
        for (before, row) in drafts {
            if let Some(before) = before {
                ensure!(before.state == 1, "a cart that has ended is changed: {row:?}");
                ensure!(row.version > before.version, "a cart changes without a version");
                same(|| "a cart's place".to_owned(), row.sequence, before.sequence)?;
            } else {
                let last = self.draft_sequences.entry(row.branch_id).or_default();
                *last += 1;
                same(|| "a cart's place".to_owned(), row.sequence, *last)?;
            }
            let sold = row.order_id.is_some_and(|id| self.documents.contains_key(&id));
            same(|| "whether a cart was sold".to_owned(), sold, row.state == 2)?;
            self.drafts.insert(row.id, row.clone());
        }
        for (_, row) in &changes.branches {
            let of_branch = self.drafts.values().filter(|it| it.branch_id == row.id);
            let open = of_branch.filter(|it| it.state == 1).count();
            same(
                || "the carts that are open".to_owned(),
                row.open_drafts,
                i64::try_from(open).expect("few"),
            )?;
            let last = self.draft_sequences.get(&row.id).copied().unwrap_or_default();
            same(|| "the carts of a branch".to_owned(), row.last_draft_sequence, last)?;
        }
        Ok(())
    }
}
