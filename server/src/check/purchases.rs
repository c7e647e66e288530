//! Purchases: each version once, from the draft to its end, and goods as their lines say.

use std::collections::BTreeMap;

use kassa_proto::v1::{self as pb, PurchaseState, StockCause, journal_record::Entry};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Table, table_name},
    cost::Moved,
    journal::Record,
    record::{Unreadable, id, money, optional_date, optional_id, optional_time, quantity, time},
    stock::Goods,
};
use crate::{encoding::lines::purchase_lines, hashes::sha256, store::entity::purchase::Model};

/// The purchases that the journal has.
#[derive(Default)]
pub struct Purchases {
    rows: BTreeMap<Uuid, Versions>,
}

/// A purchase as it stands, and as it came there. Several registers may have changed it, whose chains are
/// read one after the other: what followed what is known at the end.
struct Versions {
    last: Model,
    /// With the SHA-256 of their lines in the lines' place: those of a delivery are long.
    steps: BTreeMap<i64, Model>,
}

/// What a record says of a purchase.
pub struct Recorded<'a> {
    /// The purchase since then.
    pub row: Model,
    /// The goods that it moved, line by line.
    pub moved: Vec<Goods>,
    /// The same as the books did it.
    pub effects: &'a [pb::StockEffect],
}

impl Purchases {
    /// A purchase was put, approved or cancelled.
    pub fn changed<'a>(
        &mut self,
        line: &mut CheckLine,
        record: &'a Record,
    ) -> Result<Option<Recorded<'a>>, Unreadable> {
        let (purchase, right, effects) = match &record.entry {
            Entry::PurchasePut(entry) => (entry.purchase.as_ref(), PurchaseState::Draft, &[][..]),
            Entry::PurchaseApproved(entry) => {
                (entry.purchase.as_ref(), PurchaseState::Approved, entry.stock.as_slice())
            }
            Entry::PurchaseCancelled(entry) => {
                (entry.purchase.as_ref(), PurchaseState::Cancelled, entry.stock.as_slice())
            }
            _ => return Ok(None),
        };
        let purchase = purchase.ok_or_else(|| Unreadable::new("purchase", "is missing"))?;
        let row = purchase_row(purchase)?;
        line.examine(1);
        if state(&row) != right || !is_by(&row, &record.header.user_id, record.time()?) {
            fault(line, &row, "did not change as its record says");
        }
        let moved = prove_lines(line, &row, purchase)?;
        self.keep(line, row.clone());
        Ok(Some(Recorded { row, moved, effects }))
    }

    fn keep(&mut self, line: &mut CheckLine, row: Model) {
        let step = Model { lines: sha256(&row.lines), ..row.clone() };
        let nothing = || Versions { last: row.clone(), steps: BTreeMap::new() };
        let versions = self.rows.entry(row.id).or_insert_with(nothing);
        if row.version > versions.last.version {
            versions.last = row.clone();
        }
        if versions.steps.insert(row.version, step).is_some() {
            fault(line, &row, &format!("has the version {} twice in the journal", row.version));
        }
    }

    /// Whether the journal has a purchase.
    pub fn contains(&self, id: Uuid) -> bool {
        self.rows.contains_key(&id)
    }

    /// Puts the versions in their order, and compares the last ones with their table.
    pub fn compare(self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        for versions in self.rows.values() {
            versions.prove(line);
        }
        Table::compare_all(database, line, self.rows.into_values().map(|versions| versions.last))
    }
}

impl Versions {
    fn prove(&self, line: &mut CheckLine) {
        let mut before: Option<&Model> = None;
        for step in self.steps.values() {
            let next = before.map_or(1, |before| before.version.saturating_add(1));
            if step.version != next {
                fault(line, step, &format!("has no version {next} in the journal"));
            } else if !follows(before, step) {
                fault(line, step, &format!("can't have become what its version {next} is"));
            }
            before = Some(step);
        }
    }
}

/// Whether a version may follow the one before it: what it does not change is as it was.
fn follows(before: Option<&Model>, after: &Model) -> bool {
    let Some(before) = before else { return state(after) == PurchaseState::Draft };
    let from = state(before);
    let mut right = before.clone();
    (right.state, right.version, right.update_time) = (after.state, after.version, after.update_time);
    let may = match state(after) {
        PurchaseState::Draft => {
            right = Model {
                id: before.id,
                branch_id: before.branch_id,
                created_by_user_id: before.created_by_user_id,
                create_time: before.create_time,
                ..after.clone()
            };
            from == PurchaseState::Draft
        }
        PurchaseState::Approved => {
            right.number.clone_from(&after.number);
            right.business_date = after.business_date;
            right.approved_by_user_id = after.approved_by_user_id;
            right.approve_time = after.approve_time;
            from == PurchaseState::Draft
        }
        PurchaseState::Cancelled => {
            right.reason.clone_from(&after.reason);
            right.cancelled_by_user_id = after.cancelled_by_user_id;
            right.cancel_time = after.cancel_time;
            from != PurchaseState::Cancelled
        }
        PurchaseState::Unspecified => false,
    };
    may && right == *after
}

/// Whether who changed it, and when, are the record's; and whether what did not happen has nobody.
fn is_by(row: &Model, user: &str, time: i64) -> bool {
    let by = |user_id: Option<Uuid>, at: Option<i64>| {
        user_id.is_some_and(|id| id.to_string() == user) && at == Some(time)
    };
    let approval = (row.approved_by_user_id, row.approve_time);
    let end = (row.cancelled_by_user_id, row.cancel_time);
    let is_numbered = row.number.is_some() == row.approve_time.is_some();
    let right = match state(row) {
        PurchaseState::Draft => approval == (None, None) && end == (None, None),
        PurchaseState::Approved => by(approval.0, approval.1) && end == (None, None),
        PurchaseState::Cancelled => by(end.0, end.1),
        PurchaseState::Unspecified => false,
    };
    right && is_numbered && row.update_time == time
}

/// Proves the sums of the lines, and says which goods the change moved.
fn prove_lines(line: &mut CheckLine, row: &Model, purchase: &pb::Purchase) -> Result<Vec<Goods>, Unreadable> {
    let mut cost: i64 = 0;
    for line in &purchase.lines {
        cost = cost.saturating_add(money(line.cost.as_ref(), "purchase.lines.cost")?);
    }
    if (cost, purchase.lines.len()) != (row.cost_total, usize::try_from(row.line_count).unwrap_or_default()) {
        fault(line, row, &format!("comes to {} in {} lines, not to {cost}", row.cost_total, row.line_count));
    }
    let (cause, sign) = match state(row) {
        PurchaseState::Approved => (StockCause::Purchase, 1),
        PurchaseState::Cancelled if row.number.is_some() => (StockCause::PurchaseCancelled, -1),
        _ => return Ok(Vec::new()),
    };
    let moved = purchase.lines.iter().map(|line| {
        let quantity = quantity(line.quantity.as_ref(), "purchase.lines.quantity")?;
        let cost = Some(money(line.cost.as_ref(), "purchase.lines.cost")?);
        let moved = Moved { cause: cause.into(), quantity: quantity.saturating_mul(sign), cost };
        Ok(Goods { product_id: id(&line.product_id, "purchase.lines.product_id")?, moved })
    });
    moved.collect()
}

fn state(row: &Model) -> PurchaseState {
    PurchaseState::try_from(row.state).unwrap_or_default()
}

fn fault(line: &mut CheckLine, row: &Model, what: &str) {
    line.fault(table_name::<Model>(), row.id.to_string(), what);
}

fn purchase_row(purchase: &pb::Purchase) -> Result<Model, Unreadable> {
    let optional = |text: &String| (!text.is_empty()).then(|| text.clone());
    Ok(Model {
        id: id(&purchase.purchase_id, "purchase.purchase_id")?,
        branch_id: id(&purchase.branch_id, "purchase.branch_id")?,
        state: purchase.state,
        version: purchase.version,
        number: optional(&purchase.number),
        business_date: optional_date(purchase.business_date, "purchase.business_date")?,
        supplier: purchase.supplier.clone(),
        supplier_key: purchase.supplier.to_lowercase(),
        document_number: purchase.document_number.clone(),
        document_date: optional_date(purchase.document_date, "purchase.document_date")?,
        note: purchase.note.clone(),
        lines: purchase_lines(purchase.lines.clone()),
        line_count: purchase.line_count,
        cost_total: money(purchase.cost_total.as_ref(), "purchase.cost_total")?,
        reason: optional(&purchase.reason),
        created_by_user_id: id(&purchase.created_by_user_id, "purchase.created_by_user_id")?,
        create_time: time(purchase.create_time.as_ref(), "purchase.create_time")?,
        update_time: time(purchase.update_time.as_ref(), "purchase.update_time")?,
        approved_by_user_id: optional_id(&purchase.approved_by_user_id, "purchase.approved_by_user_id")?,
        approve_time: optional_time(purchase.approve_time.as_ref(), "purchase.approve_time")?,
        cancelled_by_user_id: optional_id(&purchase.cancelled_by_user_id, "purchase.cancelled_by_user_id")?,
        cancel_time: optional_time(purchase.cancel_time.as_ref(), "purchase.cancel_time")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(version: i64) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: id(1),
            branch_id: id(2),
            state: PurchaseState::Draft.into(),
            version,
            number: None,
            business_date: None,
            supplier: "Nile Dairy".to_owned(),
            supplier_key: "nile dairy".to_owned(),
            document_number: "77".to_owned(),
            document_date: None,
            note: String::new(),
            lines: vec![1],
            line_count: 1,
            cost_total: 5_00,
            reason: None,
            created_by_user_id: id(3),
            create_time: 10,
            update_time: 10,
            approved_by_user_id: None,
            approve_time: None,
            cancelled_by_user_id: None,
            cancel_time: None,
        }
    }

    fn approved(version: i64) -> Model {
        Model {
            state: PurchaseState::Approved.into(),
            number: Some("PUR-202611-B1-000001".to_owned()),
            business_date: Some(20_261_120),
            approved_by_user_id: Some(Uuid::from_u128(4)),
            approve_time: Some(20),
            ..draft(version)
        }
    }

    fn cancelled(of: Model) -> Model {
        Model {
            state: PurchaseState::Cancelled.into(),
            version: of.version + 1,
            reason: Some("sent back".to_owned()),
            cancelled_by_user_id: Some(Uuid::from_u128(5)),
            cancel_time: Some(30),
            ..of
        }
    }

    #[test]
    fn versions_follow_each_other_in_whatever_order_they_are_read() {
        let faults = |versions: &[Model]| {
            let (mut purchases, mut line) = (Purchases::default(), CheckLine::new("purchases"));
            versions.iter().for_each(|row| purchases.keep(&mut line, row.clone()));
            purchases.rows.values().for_each(|versions| versions.prove(&mut line));
            line.fault_count()
        };
        let other = Model { supplier: "Delta Farms".to_owned(), ..draft(2) };
        assert_eq!(faults(&[draft(1), other, draft(3), approved(4), cancelled(approved(4))]), 0);
        assert_eq!(faults(&[cancelled(approved(2)), approved(2), draft(1)]), 0);
        assert_eq!(faults(&[draft(1), cancelled(draft(1))]), 0);
        assert_eq!(faults(&[draft(1), draft(1), approved(2)]), 1, "one version twice");
        assert_eq!(faults(&[draft(1), approved(3)]), 1, "a gap");
        assert_eq!(faults(&[draft(1), approved(2), draft(3)]), 1, "a draft again");
        assert_eq!(faults(&[draft(1), approved(2), approved(3)]), 1, "approved twice");
        assert_eq!(faults(&[approved(1)]), 1, "never a draft");
        let more = Model { lines: vec![2], ..approved(2) };
        assert_eq!(faults(&[draft(1), more]), 1, "approved was another delivery");
    }
}
