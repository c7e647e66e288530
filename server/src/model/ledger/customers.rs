//! Customers.

use super::{Checked, Ledger, ensure, same};
use crate::model::change_set::ChangeSet;

impl Ledger {
    /// People come, change and are forgotten, and what they bought stays theirs.
    pub(super) fn customers(&mut self, changes: &ChangeSet, now: i64) -> Checked {
        for (before, row) in &changes.customers {
            let known = self.customers.insert(row.id, row.clone());
            same(|| "a customer as they were".to_owned(), before.as_ref(), known.as_ref())?;
            let forgotten = known.is_some_and(|known| known.anonymize_time.is_some());
            ensure!(!forgotten, "somebody who was forgotten was changed: {row:?}");
            same(|| "a customer's version".to_owned(), row.version, self.shop().customer_version)?;
            same(|| "when a customer was changed".to_owned(), row.update_time, now)?;
        }
        for (_, order) in &changes.orders {
            let original = order.original_order_id.and_then(|id| self.documents.get(&id));
            if let Some(original) = original {
                same(|| "who gives back".to_owned(), order.customer_id, original.order.customer_id)?;
            }
        }
        Ok(())
    }
}
