//! Creating and changing registers: all of a call, or none.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, JournalKind, journal_record::Entry};
use uuid::Uuid;

use super::once::Once;
use crate::{
    access::{
        convert::register_to_pb,
        scope::{Named, in_reach},
    },
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    error::Error,
    input,
    numbers::Series,
    store::{
        engine::Scope,
        entity::{
            branch,
            register::{self, RegisterIndex},
        },
    },
};

const MOST_REGISTERS: usize = 100;
const NAME: usize = 200;

/// Registers to be written.
#[derive(Debug)]
pub struct PutRegisters(Vec<Draft>);

#[derive(Debug)]
struct Draft {
    path: String,
    id: Option<Uuid>,
    code: String,
    name: String,
    branch: Named,
    version: i64,
}

impl PutRegisters {
    /// Checks the registers.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(request: pb::PutRegistersRequest) -> Result<Self, Error> {
        let mut once = Once::of(&request.registers, MOST_REGISTERS, "registers")?;
        let drafts = request.registers.into_iter().enumerate().map(|(number, register)| {
            let path = format!("registers[{number}]");
            let id = input::id(&register.register_id, || format!("{path}.register_id"))?;
            let code = input::code(register.code, || format!("{path}.code"))?;
            once.id(id, || format!("{path}.register_id"))?;
            once.name(&code, || format!("{path}.code"))?;
            let name = input::name(register.name, NAME, || format!("{path}.name"))?;
            let branch = Named::parse(&register.branch_id);
            Ok(Draft { path, id, code, name, branch, version: register.version })
        });
        drafts.collect::<Result<_, _>>().map(Self)
    }
}

impl Posting for PutRegisters {
    const METHOD: &'static str = "kassa.v1.Admin/PutRegisters";
    type Reply = pb::PutRegistersResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
        for draft in &self.0 {
            let by_code = RegisterIndex::Code(draft.code.clone());
            if let Some(register) = known.known_all::<register::Model>(&by_code).first() {
                read_set.row::<branch::Model>(register.branch_id);
            }
            read_set.all::<register::Model>(by_code);
            draft.branch.branch_read_set(caller, read_set);
            if let Some(id) = draft.id {
                read_set.row::<register::Model>(id);
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let (mut all, mut changed) = (Vec::new(), Vec::new());
        for draft in &self.0 {
            let existing = draft.existing(books)?.cloned();
            let branch = draft.branch(books, context.caller, existing.as_ref())?;
            if existing.is_none() && context.used_codes.any(Series::ALL.map(Series::prefix), &draft.code) {
                return Err(draft.code_is_on_paper().into());
            }
            let row = match &existing {
                None => register::Model {
                    id: context.new_id(),
                    branch_id: branch.id,
                    code: draft.code.clone(),
                    name: draft.name.clone(),
                    ..register::Model::unused()
                },
                Some(before) if before.name == draft.name => before.clone(),
                Some(before) => register::Model {
                    name: draft.name.clone(),
                    version: before.version.saturating_add(1),
                    ..before.clone()
                },
            };
            let put = register_to_pb(&row, &branch.code);
            if existing.as_ref() != Some(&row) {
                changed.push(put.clone());
                books.put(row)?;
            }
            all.push(put);
        }
        if !changed.is_empty() {
            let entry = Entry::RegistersPut(pb::RegistersPutEntry { registers: changed });
            journal::append(books, context, context.caller.register_id, entry)?;
        }
        Ok(Decision::Done(pb::PutRegistersResponse { registers: all }))
    }
}

impl Draft {
    /// A register of this code gave numbers out and is not in the books: a backup of before it was restored.
    fn code_is_on_paper(&self) -> Error {
        let what = "stands in numbers that were given out before a backup was restored; take another code";
        Error::invalid(format!("{}.code", self.path), what)
    }

    fn path(&self, field: &str) -> String {
        format!("{}.{field}", self.path)
    }

    /// The register that it changes, if there is one: the one it names, or the one with its code.
    fn existing<'a>(&self, books: &'a WorkingSet) -> Result<Option<&'a register::Model>, Stop> {
        let existing = match self.id {
            None => books.find_one::<register::Model>(&RegisterIndex::Code(self.code.clone()))?,
            Some(id) => {
                let register = books.require::<register::Model>(&id, || {
                    let description = format!("there is no register {id}");
                    Error::of_field(Reason::RegisterNotFound, self.path("register_id"), description)
                })?;
                if register.code != self.code {
                    let what = format!("is {} for ever: it stands in receipt numbers", register.code);
                    return Err(Error::invalid(self.path("code"), what).into());
                }
                Some(register)
            }
        };
        let version = existing.map_or(0, |register| register.version);
        if self.version != 0 && self.version != version {
            let what = format!("the register {} is", self.code);
            return Err(Error::version_mismatch(self.path("version"), &what, self.version, version).into());
        }
        Ok(existing)
    }

    /// Its branch: the one it has, or the one that is named for a new register.
    fn branch(
        &self,
        books: &WorkingSet,
        caller: &Caller,
        existing: Option<&register::Model>,
    ) -> Result<branch::Model, Stop> {
        let Some(register) = existing else {
            return self.branch.branch(books, caller).cloned();
        };
        in_reach(caller, register.branch_id, &self.path("register_id"))?;
        if self.branch != Named::Own && self.branch.branch(books, caller)?.id != register.branch_id {
            let what = "is another branch than the register's, and a register never moves";
            return Err(Error::invalid(self.path("branch_id"), what).into());
        }
        let missing = || Error::internal("a register's branch is gone");
        books.require::<branch::Model>(&register.branch_id, missing).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::testing::TestShop;

    fn register(code: &str, branch: &str) -> pb::Register {
        let (code, branch_id) = (code.to_owned(), branch.to_owned());
        pb::Register { name: code.clone(), code, branch_id, ..Default::default() }
    }

    fn put(shop: &mut TestShop, registers: Vec<pb::Register>) -> Result<Vec<pb::Register>, Error> {
        let posting = PutRegisters::parse(pb::PutRegistersRequest { registers })?;
        shop.decide(&posting).map(|reply| reply.registers)
    }

    /// A second branch, which the owner may name.
    fn with_second_branch() -> TestShop {
        let mut shop = TestShop::founded();
        let main = shop.row::<branch::Model>(&shop.caller.branch_id).clone();
        shop.put(branch::Model { id: Uuid::from_u128(22), code: "B2".to_owned(), ..main });
        shop.caller.any_branch = true;
        shop
    }

    #[test]
    fn a_new_register_stands_in_the_branch_that_is_named_or_in_the_terminals() {
        let mut shop = with_second_branch();
        let put_both = put(&mut shop, vec![register("R2", ""), register("R3", "B2")]).unwrap();
        assert_eq!(shop.stops, 0);
        let branches: Vec<_> = put_both.iter().map(|register| register.branch_code.as_str()).collect();
        assert_eq!(branches, ["B1", "B2"]);
        let Entry::RegistersPut(recorded) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        assert_eq!(recorded.registers, put_both);
    }

    #[test]
    fn a_register_never_moves_and_the_other_branch_is_for_those_who_may_name_it() {
        let mut shop = with_second_branch();
        put(&mut shop, vec![register("R3", "B2")]).unwrap();
        let moved = put(&mut shop, vec![register("R3", "B1")]).unwrap_err();
        assert_eq!(
            (moved.reason(), moved.fields()[0].0.as_str()),
            (Reason::InvalidField, "registers[0].branch_id")
        );
        assert_eq!(put(&mut shop, vec![register("R3", "B2")]).unwrap()[0].version, 1);
        shop.caller.any_branch = false;
        for named in ["", "B2"] {
            let refused = put(&mut shop, vec![register("R3", named)]).unwrap_err();
            assert_eq!(refused.reason(), Reason::WrongBranch, "{named}");
        }
        assert_eq!(put(&mut shop, vec![register("R4", "B2")]).unwrap_err().reason(), Reason::WrongBranch);
        assert_eq!(put(&mut shop, vec![register("R4", "B9")]).unwrap_err().reason(), Reason::BranchNotFound);
    }
}
