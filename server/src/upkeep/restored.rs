//! The first posting of books that were restored: a new epoch, and series that go on behind every number that
//! may have been given out after the backup.

use kassa_proto::v1::{self as pb, JournalKind, journal_record::Entry};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _};
use uuid::Uuid;

use crate::{
    books::{Caller, Ceilings, Context, Decision, Needs, Posting, SeriesKey, Stop, WorkingSet, journal},
    numbers::{BranchSeries, Series},
    store::entity::{branch, branch_series, business, number_gap, number_series, register},
};

/// How far a series jumps whose ceiling nobody knows, on a new machine: further than a shop gets between two
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
/// # Errors
/// What the database says.
pub async fn gaps(database: &impl ConnectionTrait, ceilings: &Ceilings) -> Result<Vec<Gap>, DbErr> {
    let registers = register::Entity::find().all(database).await?;
    let branches = branch::Entity::find().all(database).await?;
    let numbers = number_series::Entity::find().all(database).await?;
    let of_branches = branch_series::Entity::find().all(database).await?;
    let ids: Vec<Uuid> =
        registers.iter().map(|register| register.id).chain(branches.iter().map(|branch| branch.id)).collect();
    let known = ceilings.know_any(&ids);
    let last_of = |owner: Owner, prefix: &str| {
        let last = match owner {
            Owner::Register(id) => numbers
                .iter()
                .find(|row| row.register_id == id && row.prefix == prefix)
                .map(|row| row.last_number),
            Owner::Branch(id) => of_branches
                .iter()
                .find(|row| row.branch_id == id && row.prefix == prefix)
                .map(|row| row.last_number),
        };
        last.unwrap_or_default()
    };
    let of_registers = registers
        .iter()
        .flat_map(|register| Series::ALL.map(|series| (Owner::Register(register.id), series.prefix())));
    let of_branches = branches
        .iter()
        .flat_map(|branch| BranchSeries::ALL.map(|series| (Owner::Branch(branch.id), series.prefix())));
    let gaps = of_registers.chain(of_branches).filter_map(|(owner, prefix)| {
        let series: SeriesKey = (owner.id(), prefix.to_owned());
        let last = last_of(owner, prefix);
        let reach = reach(last, known, ceilings.of(&series));
        let (_, prefix) = series;
        (reach > last).then(|| Gap { owner, prefix, first: last.saturating_add(1), last: reach })
    });
    Ok(gaps.collect())
}

/// The last number of a series that may have been given out, when the books know of `last`.
fn reach(last: i64, books_are_of_this_machine: bool, ceiling: Option<i64>) -> i64 {
    match (books_are_of_this_machine, ceiling) {
        (true, Some(ceiling)) => ceiling,
        // This machine has never given one out.
        (true, None) if last == 0 => 0,
        (true, None) | (false, _) => last.saturating_add(UNKNOWN),
    }
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

    fn needs(&self, _known: &WorkingSet, caller: &Caller, needs: &mut Needs) {
        needs.row::<business::Model>(caller.business_id);
        for gap in &self.gaps {
            match gap.owner {
                Owner::Register(id) => needs.row::<number_series::Model>((id, gap.prefix.clone())),
                Owner::Branch(id) => needs.row::<branch_series::Model>((id, gap.prefix.clone())),
            }
            needs.row::<number_gap::Model>((gap.owner.id(), gap.prefix.clone(), gap.first));
        }
        journal::needs(needs, caller.register_id, JournalKind::Audit);
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
        journal::append(
            books,
            context,
            context.caller.register_id,
            JournalKind::Audit,
            Entry::BooksRestored(entry),
        )?;
        Ok(Decision::Done { reply: pb::WhoAmIResponse::default(), made: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_goes_on_at_its_ceiling_and_far_ahead_where_nobody_knows_it() {
        assert_eq!(reach(42, true, Some(1_000)), 1_000);
        assert_eq!(reach(0, true, Some(1_001)), 1_001, "the first numbers came after the backup");
        assert_eq!(reach(0, true, None), 0, "never used");
        assert_eq!(reach(42, true, None), 10_042);
        assert_eq!(reach(42, false, None), 10_042);
        assert_eq!(reach(0, false, Some(7)), 10_000, "the ceiling is another shop's");
    }
}
