//! Creating and changing branches: all of a call, or none.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, JournalKind, journal_record::Entry};
use uuid::Uuid;

use super::once::Once;
use crate::{
    access::convert::branch_to_pb,
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    error::Error,
    input,
    numbers::BranchSeries,
    store::{
        engine::Scope,
        entity::branch::{self, BranchIndex},
    },
};

const MOST_BRANCHES: usize = 100;
const NAME: usize = 200;

/// Branches to be written.
#[derive(Debug)]
pub struct PutBranches(Vec<Draft>);

#[derive(Debug)]
struct Draft {
    path: String,
    id: Option<Uuid>,
    code: String,
    name: String,
    version: i64,
}

impl PutBranches {
    /// Checks the branches.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(request: pb::PutBranchesRequest) -> Result<Self, Error> {
        let mut once = Once::of(&request.branches, MOST_BRANCHES, "branches")?;
        let drafts = request.branches.into_iter().enumerate().map(|(number, branch)| {
            let path = format!("branches[{number}]");
            let id = input::id(&branch.branch_id, || format!("{path}.branch_id"))?;
            let code = input::code(branch.code, || format!("{path}.code"))?;
            once.id(id, || format!("{path}.branch_id"))?;
            once.name(&code, || format!("{path}.code"))?;
            let name = input::name(branch.name, NAME, || format!("{path}.name"))?;
            Ok(Draft { path, id, code, name, version: branch.version })
        });
        drafts.collect::<Result<_, _>>().map(Self)
    }
}

impl Posting for PutBranches {
    const METHOD: &'static str = "kassa.v1.Admin/PutBranches";
    type Reply = pb::PutBranchesResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
        for draft in &self.0 {
            read_set.all::<branch::Model>(BranchIndex::Code(draft.code.clone()));
            if let Some(id) = draft.id {
                read_set.row::<branch::Model>(id);
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let business_id = context.caller.business_id;
        let (mut all, mut changed) = (Vec::new(), Vec::new());
        for draft in &self.0 {
            let existing = draft.existing(books)?.cloned();
            if existing.is_none()
                && context.used_codes.any(BranchSeries::ALL.map(BranchSeries::prefix), &draft.code)
            {
                return Err(draft.code_is_on_paper().into());
            }
            let row = match &existing {
                None => branch::Model {
                    id: context.new_id(),
                    business_id,
                    code: draft.code.clone(),
                    name: draft.name.clone(),
                    ..branch::Model::unused()
                },
                Some(before) if before.name == draft.name => before.clone(),
                Some(before) => branch::Model {
                    name: draft.name.clone(),
                    version: before.version.saturating_add(1),
                    ..before.clone()
                },
            };
            all.push(branch_to_pb(&row));
            if existing.as_ref() != Some(&row) {
                changed.push(branch_to_pb(&row));
                books.put(row)?;
            }
        }
        if !changed.is_empty() {
            let entry = pb::BranchesPutEntry { branches: changed, business_id: business_id.to_string() };
            let entry = Entry::BranchesPut(entry);
            journal::append(books, context, context.caller.register_id, entry)?;
        }
        Ok(Decision::Done(pb::PutBranchesResponse { branches: all }))
    }
}

impl Draft {
    /// A branch of this code gave numbers out and is not in the books: a backup of before it was restored.
    fn code_is_on_paper(&self) -> Error {
        let what = "stands in numbers that were given out before a backup was restored; take another code";
        Error::invalid(format!("{}.code", self.path), what)
    }

    /// The branch that it changes, if there is one: the one it names, or the one with its code.
    fn existing<'a>(&self, books: &'a WorkingSet) -> Result<Option<&'a branch::Model>, Stop> {
        let path = |field: &str| format!("{}.{field}", self.path);
        let existing = match self.id {
            None => books.find_one::<branch::Model>(&BranchIndex::Code(self.code.clone()))?,
            Some(id) => {
                let branch = books.require::<branch::Model>(&id, || {
                    let description = format!("there is no branch {id}");
                    Error::of_field(Reason::BranchNotFound, path("branch_id"), description)
                })?;
                if branch.code != self.code {
                    let what = format!("is {} for ever: codes stand on documents", branch.code);
                    return Err(Error::invalid(path("code"), what).into());
                }
                Some(branch)
            }
        };
        let version = existing.map_or(0, |branch| branch.version);
        if self.version != 0 && self.version != version {
            let what = format!("the branch {} is", self.code);
            return Err(Error::version_mismatch(path("version"), &what, self.version, version).into());
        }
        Ok(existing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::testing::TestShop;

    fn branch(code: &str, name: &str, version: i64) -> pb::Branch {
        pb::Branch { code: code.to_owned(), name: name.to_owned(), version, ..Default::default() }
    }

    fn put(shop: &mut TestShop, branches: Vec<pb::Branch>) -> Result<Vec<pb::Branch>, Error> {
        let posting = PutBranches::parse(pb::PutBranchesRequest { branches })?;
        shop.decide(&posting).map(|reply| reply.branches)
    }

    #[test]
    fn branches_are_matched_by_code_and_only_what_changed_is_recorded() {
        let mut shop = TestShop::founded();
        let both = vec![branch("B1", "Main branch", 1), branch("B2", "Harbour", 0)];
        let put_both = put(&mut shop, both.clone()).unwrap();
        assert_eq!(shop.stops, 0);
        assert_eq!((put_both[0].version, put_both[1].version), (1, 1));
        let Entry::BranchesPut(recorded) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        assert_eq!(recorded.branches, put_both[1..]);
        assert_eq!(put(&mut shop, vec![branch("B2", "Old harbour", 1)]).unwrap()[0].version, 2);
        let stale = put(&mut shop, vec![branch("B2", "New harbour", 1)]).unwrap_err();
        assert_eq!(stale.reason(), Reason::VersionMismatch);
    }

    #[test]
    fn a_code_never_changes_and_stands_once_in_a_call() {
        let mut shop = TestShop::founded();
        let mut moved = branch("B9", "Main branch", 0);
        moved.branch_id = shop.caller.branch_id.to_string();
        assert_eq!(put(&mut shop, vec![moved]).unwrap_err().fields()[0].0, "branches[0].code");
        for code in ["", "b2", "B-2", "B23456789", "Ž1"] {
            let refused = put(&mut shop, vec![branch(code, "x", 0)]).unwrap_err();
            assert_eq!(refused.fields()[0].0, "branches[0].code", "{code}");
        }
        let twice = put(&mut shop, vec![branch("B2", "x", 0), branch("B2", "y", 0)]).unwrap_err();
        assert_eq!(twice.fields()[0].0, "branches[1].code");
        assert_eq!(put(&mut shop, Vec::new()).unwrap_err().fields()[0].0, "branches");
    }
}
