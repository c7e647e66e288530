//! Drafts: sealed, without gaps, and ended as the journal says.

use std::collections::{BTreeMap, HashSet};

use kassa_proto::v1::{self as pb, OrderState};
use sea_orm::{ColumnTrait as _, Condition, IdenStatic as _};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Stored, key_text, load},
    record::{self, Unreadable},
    series,
};
use crate::{
    encoding::lines::draft_content,
    hashes::draft_seal,
    store::{
        cell::Cell,
        entity::{
            branch,
            draft::{Column, Model},
        },
    },
};

const TABLE: &str = "drafts";

/// How drafts ended, as the journal has it; and which drafts there are.
#[derive(Default)]
pub struct Drafts {
    ends: BTreeMap<Uuid, End>,
    ids: HashSet<Uuid>,
}

enum End {
    /// It became this order, at this version.
    Sold(Uuid, i64),
    /// It was discarded, and this is its row.
    Discarded(Box<Model>),
}

/// What a branch keeps of its drafts.
pub struct Counted {
    /// The branch.
    pub branch_id: Uuid,
    /// The place of its last draft.
    pub last_sequence: i64,
    /// How many are open.
    pub open: i64,
}

impl Drafts {
    /// A sale, perhaps of a draft.
    pub fn sold(
        &mut self,
        line: &mut CheckLine,
        entry: &pb::SaleEntry,
        order: Uuid,
    ) -> Result<(), Unreadable> {
        if entry.draft_id.is_empty() {
            return Ok(());
        }
        let id = record::id(&entry.draft_id, "draft_id")?;
        self.ended(line, id, End::Sold(order, entry.draft_version));
        Ok(())
    }

    /// A draft was discarded.
    pub fn discarded(
        &mut self,
        line: &mut CheckLine,
        entry: &pb::DraftDiscardedEntry,
    ) -> Result<Uuid, Unreadable> {
        let draft = entry.draft.as_ref().ok_or_else(|| Unreadable::new("draft", "is missing"))?;
        let row = row(draft)?;
        let id = row.id;
        self.ended(line, id, End::Discarded(Box::new(row)));
        Ok(id)
    }

    fn ended(&mut self, line: &mut CheckLine, id: Uuid, end: End) {
        if self.ends.insert(id, end).is_some() {
            line.fault(TABLE, id.to_string(), "ended twice in the journal");
        }
    }

    /// Whether there is a draft.
    pub fn contains(&self, id: Uuid) -> bool {
        self.ids.contains(&id)
    }

    /// Proves all drafts: seals, places, ends. Returns what each branch must keep of them.
    pub fn prove(
        &mut self,
        database: &Inspection,
        line: &mut CheckLine,
        branches: &[Uuid],
    ) -> Result<Vec<Counted>, Failure> {
        let mut open: BTreeMap<Uuid, i64> = BTreeMap::new();
        let places = (Column::BranchId, Column::Sequence);
        let prove = |line: &mut CheckLine, stored: &Stored| {
            if let Some(row) = self.prove_row(line, stored)
                && row.state == i32::from(OrderState::Draft)
            {
                *open.entry(row.branch_id).or_default() += 1;
            }
        };
        let last = series::prove::<Model>(database, line, branches, places, prove)?;
        for id in self.ends.keys().filter(|id| !self.ids.contains(id)) {
            line.fault(TABLE, id.to_string(), "is missing; the journal has its end");
        }
        let mut counted = Vec::with_capacity(last.len());
        for (branch_id, last_sequence) in last {
            cut_off(database, line, branch_id, last_sequence)?;
            let open = open.get(&branch_id).copied().unwrap_or_default();
            counted.push(Counted { branch_id, last_sequence, open });
        }
        Ok(counted)
    }

    fn prove_row(&mut self, line: &mut CheckLine, stored: &Stored) -> Option<Model> {
        let name = key_text::<Model>(&stored.key::<Model>());
        let row = match read(stored) {
            Ok(row) => row,
            Err(column) => {
                let what =
                    format!("{} is {}, which it can't be", column.as_str(), stored.get::<Model>(column));
                line.fault(TABLE, name, what);
                return None;
            }
        };
        self.ids.insert(row.id);
        if draft_seal(&row) != row.seal {
            line.fault(TABLE, name.clone(), "its seal is not that of its columns");
        }
        let right = match self.ends.get(&row.id) {
            None => (row.state, row.order_id) == (OrderState::Draft.into(), None) && row.reason.is_empty(),
            Some(End::Sold(order_id, version)) => {
                (row.state, row.order_id, row.version)
                    == (OrderState::Completed.into(), Some(*order_id), *version)
            }
            Some(End::Discarded(right)) => **right == row,
        };
        if !right {
            line.fault(TABLE, name, "did not end as the journal says");
        }
        Some(row)
    }
}

/// Names the draft that is missing where its branch knows of more than there are.
fn cut_off(database: &Inspection, line: &mut CheckLine, branch_id: Uuid, last: i64) -> Result<(), Failure> {
    let own = Condition::all().add(branch::Column::Id.eq(branch_id));
    for stored in load::<branch::Model>(database, vec![own])? {
        let known = stored.get::<branch::Model>(branch::Column::LastDraftSequence).number();
        series::missing::<Model>(line, branch_id, last, known.unwrap_or_default());
    }
    Ok(())
}

/// The row of a draft that was discarded.
fn row(draft: &pb::Draft) -> Result<Model, Unreadable> {
    let mut row = Model {
        id: record::id(&draft.draft_id, "draft_id")?,
        branch_id: record::id(&draft.branch_id, "branch_id")?,
        sequence: draft.sequence,
        state: draft.state,
        version: draft.version,
        label: draft.label.clone(),
        terminal_id: record::id(&draft.terminal_id, "terminal_id")?,
        user_id: record::id(&draft.user_id, "user_id")?,
        content: draft_content(draft.lines.clone(), draft.discounts.clone(), draft.customer_id.clone()),
        note: draft.note.clone(),
        order_id: None,
        reason: draft.reason.clone(),
        create_time: record::time(draft.create_time.as_ref(), "create_time")?,
        update_time: record::time(draft.update_time.as_ref(), "update_time")?,
        seal: Vec::new(),
    };
    row.seal = draft_seal(&row);
    Ok(row)
}

/// The row, or the first column that holds something else than it must.
fn read(stored: &Stored) -> Result<Model, Column> {
    let cell = |column| stored.get::<Model>(column);
    let id = |column| cell(column).id().ok_or(column);
    let text = |column| cell(column).text().map(str::to_owned).ok_or(column);
    let bytes = |column| cell(column).bytes().map(<[u8]>::to_vec).ok_or(column);
    let number = |column| cell(column).number().ok_or(column);
    Ok(Model {
        id: id(Column::Id)?,
        branch_id: id(Column::BranchId)?,
        sequence: number(Column::Sequence)?,
        state: i32::try_from(number(Column::State)?).map_err(|_| Column::State)?,
        version: number(Column::Version)?,
        label: text(Column::Label)?,
        terminal_id: id(Column::TerminalId)?,
        user_id: id(Column::UserId)?,
        content: bytes(Column::Content)?,
        note: text(Column::Note)?,
        order_id: match cell(Column::OrderId) {
            Cell::Null => None,
            _ => Some(id(Column::OrderId)?),
        },
        reason: text(Column::Reason)?,
        create_time: number(Column::CreateTime)?,
        update_time: number(Column::UpdateTime)?,
        seal: bytes(Column::Seal)?,
    })
}
