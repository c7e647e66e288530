//! The first posting of books that were restored: a new epoch, and series that go on behind every number that
//! may have been given out after the backup.

use std::collections::BTreeMap;

use kassa_proto::v1::{self as pb, JournalKind, journal_record::Entry};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _};
use uuid::Uuid;

use crate::{
    books::{Context, Decision, NumberReservations, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    lifecycle::adopt_epoch,
    numbers::{BranchSeries, Series},
    store::{
        engine::Scope,
        entity::{branch, branch_series, business, number_gap, number_series, register},
    },
};

/// How far a series jumps whose reservation nobody knows, on a new machine: further than a shop gets between two
/// backups.
const UNKNOWN: i64 = 10_000;

/// Numbers of a series that may be on paper and are not in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    owner: Owner,
    prefix: String,
    first: i64,
    last: i64,
}

/// Who gives a series' numbers out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Register(Uuid),
    Branch(Uuid),
}

impl Owner {
    fn id(self) -> Uuid {
        match self {
            Self::Register(id) | Self::Branch(id) => id,
        }
    }
}

impl Gap {
    /// What it leaves out, such as `INV 43 to 1000`.
    pub fn words(&self) -> String {
        format!("{} {} to {}", self.prefix, self.first, self.last)
    }
}

/// What the series of a backup's books have to leave out.
///
/// The reservations tell it if the backup's epoch was lived in this folder, because all that was given out in that epoch after
/// the backup was given out here. What was given out in earlier ones lies below: each restore left it out. Of an epoch
/// that another machine lived nobody here knows how far it went.
///
/// # Errors
/// What the database says.
pub async fn gaps(
    database: &impl ConnectionTrait,
    reservations: &NumberReservations,
    business: &business::Model,
) -> Result<Vec<Gap>, DbErr> {
    let lived_here =
        adopt_epoch::mark(database, business).await?.is_some_and(|mark| reservations.cover(&mark));
    let series: Vec<(Owner, &str, i64, Option<i64>)> = all_series(database)
        .await?
        .into_iter()
        .map(|(owner, prefix, last)| (owner, prefix, last, reservations.of(&(owner.id(), prefix.to_owned()))))
        .collect();
    // A number above its reservation was given out elsewhere, or the folder was set back: then the others may be, too.
    let known =
        lived_here && series.iter().all(|(_, _, last, reserved)| *last <= reserved.unwrap_or_default());
    let gaps = series.into_iter().filter_map(|(owner, prefix, last, reserved)| {
        let reach = reach(last, known, reserved);
        let prefix = prefix.to_owned();
        (reach > last).then(|| Gap { owner, prefix, first: last.saturating_add(1), last: reach })
    });
    Ok(gaps.collect())
}

/// The series of all registers and branches, with the last number of each.
async fn all_series(database: &impl ConnectionTrait) -> Result<Vec<(Owner, &'static str, i64)>, DbErr> {
    let numbers = number_series::Entity::find().all(database).await?;
    let numbers: BTreeMap<_, _> =
        numbers.into_iter().map(|row| ((row.register_id, row.prefix), row.last_number)).collect();
    let of_branches = branch_series::Entity::find().all(database).await?;
    let of_branches: BTreeMap<_, _> =
        of_branches.into_iter().map(|row| ((row.branch_id, row.prefix), row.last_number)).collect();
    let last = |of: &BTreeMap<(Uuid, String), i64>, id: Uuid, prefix: &str| {
        of.get(&(id, prefix.to_owned())).copied().unwrap_or_default()
    };
    let mut all = Vec::new();
    for register in register::Entity::find().all(database).await? {
        for prefix in Series::ALL.map(Series::prefix) {
            all.push((Owner::Register(register.id), prefix, last(&numbers, register.id, prefix)));
        }
    }
    for branch in branch::Entity::find().all(database).await? {
        for prefix in BranchSeries::ALL.map(BranchSeries::prefix) {
            all.push((Owner::Branch(branch.id), prefix, last(&of_branches, branch.id, prefix)));
        }
    }
    Ok(all)
}

/// The last number of a series that may have been given out, when the books know of `last`. `known` is whether the
/// reservations tell.
fn reach(last: i64, known: bool, reserved: Option<i64>) -> i64 {
    let reserved = reserved.unwrap_or_default();
    if known { reserved.max(last) } else { reserved.max(last.saturating_add(UNKNOWN)) }
}

/// Begins the epoch.
pub struct BeginEpoch {
    /// The backup's name.
    pub backup: String,
    /// The new epoch.
    pub epoch: i64,
    /// What the series leave out.
    pub gaps: Vec<Gap>,
}

impl Posting for BeginEpoch {
    const METHOD: &'static str = "kassa.server/BeginEpoch";
    /// Nobody waits for an answer.
    type Reply = pb::WhoAmIResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        for gap in &self.gaps {
            match gap.owner {
                Owner::Register(id) => {
                    read_set.row::<number_series::Model>((id, gap.prefix.clone()));
                    // The reservations keep its code.
                    read_set.row::<register::Model>(id);
                }
                Owner::Branch(id) => {
                    read_set.row::<branch_series::Model>((id, gap.prefix.clone()));
                    read_set.row::<branch::Model>(id);
                }
            }
            read_set.row::<number_gap::Model>((gap.owner.id(), gap.prefix.clone(), gap.first));
        }
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let epoch = self.epoch;
        books.update::<business::Model, _>(&context.caller.business_id, |business| {
            business.epoch = epoch;
            Ok(())
        })?;
        for gap in &self.gaps {
            let (prefix, last_number) = (gap.prefix.clone(), gap.last);
            match gap.owner {
                Owner::Register(register_id) => {
                    books.put(number_series::Model { register_id, prefix, last_number })?
                }
                Owner::Branch(branch_id) => {
                    books.put(branch_series::Model { branch_id, prefix, last_number })?
                }
            }
            books.insert(number_gap::Model {
                owner_id: gap.owner.id(),
                prefix: gap.prefix.clone(),
                first_number: gap.first,
                last_number,
                epoch,
            })?;
        }
        let gaps = self.gaps.iter().map(|gap| pb::NumberGap {
            owner_id: gap.owner.id().to_string(),
            prefix: gap.prefix.clone(),
            first_number: gap.first,
            last_number: gap.last,
        });
        let entry = pb::BooksRestoredEntry { backup: self.backup.clone(), epoch, gaps: gaps.collect() };
        journal::append(books, context, context.caller.register_id, Entry::BooksRestored(entry))?;
        Ok(Decision::Done(pb::WhoAmIResponse::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_goes_on_at_its_reservation_and_far_ahead_where_nobody_knows_it() {
        assert_eq!(reach(42, true, Some(1_000)), 1_000);
        assert_eq!(reach(0, true, Some(1_001)), 1_001, "the first numbers came after the backup");
        assert_eq!(reach(0, true, None), 0, "never used");
        assert_eq!(reach(42, false, None), 10_042);
        assert_eq!(reach(42, false, Some(1_001)), 10_042, "another machine went further");
        assert_eq!(reach(42, false, Some(20_000)), 20_000, "and this one further than that");
        assert_eq!(reach(0, false, None), 10_000, "it may have been used after the backup");
        assert_eq!(reach(i64::MAX - 1, false, None), i64::MAX);
    }
}
