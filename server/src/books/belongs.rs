//! Whose each row is, and that who works in one branch alone changes nothing of another one, nor of the shop
//! as a whole.
//!
//! It is asked of every row that a posting has changed, as it was and as it is to be, after the posting has
//! decided: what a request names says nothing of the row that it changes or of the scope that it grants. So
//! no posting can forget it, and a table without an answer here does not compile.

use kassa_proto::v1::ErrorReason as Reason;
use uuid::Uuid;

use super::{
    Stop, WorkingSet,
    working_set::{Member, TableClass},
};
use crate::{
    caller::Caller,
    error::Error,
    store::{engine::Scope, entity, row::Row},
};

/// Whose a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// Nobody's alone: all branches share it, or it goes with another row that is asked.
    Everybody,
    /// A branch's.
    Branch(Uuid),
    /// Two branches': each has its half.
    Between([Uuid; 2]),
    /// The branch's in which a register stands.
    Register(Uuid),
    /// The branch's in which a user works; the shop's if they work in all.
    User(Uuid),
    /// The shop's as a whole.
    Shop,
}

/// A row that says whose it is.
pub trait Owned: Row {
    /// Whose it is.
    fn belongs(&self) -> Belongs;

    /// Whether a change is one of what belongs to somebody; the books keep counters in some rows, which
    /// move with everybody's documents.
    fn is_changed(&self, after: &Self) -> bool {
        self != after
    }
}

/// Tables of which a column says it.
macro_rules! owned {
    ($($table:ident: $belongs:expr),* $(,)?) => {
        $(impl Owned for entity::$table::Model {
            fn belongs(&self) -> Belongs {
                let belongs: fn(&Self) -> Belongs = $belongs;
                belongs(self)
            }
        })*
    };
}

owned! {
    role_limit: |_| Belongs::Shop,
    branch: |row| Belongs::Branch(row.id),
    register: |row| Belongs::Branch(row.branch_id),
    user: |row| row.branch_id.map_or(Belongs::Shop, Belongs::Branch),
    terminal: |row| Belongs::Register(row.register_id),
    pairing_code: |row| Belongs::Register(row.register_id),
    grant: |row| Belongs::Branch(row.branch_id),
    branch_price: |row| Belongs::Branch(row.branch_id),
    purchase: |row| Belongs::Branch(row.branch_id),
    stock: |row| Belongs::Branch(row.branch_id),
    stock_change: |row| Belongs::Branch(row.branch_id),
    stock_adjustment: |row| Belongs::Branch(row.branch_id),
    stock_count: |row| Belongs::Branch(row.branch_id),
    stock_transfer: |row| Belongs::Between([row.from_branch_id, row.to_branch_id]),
    shift: |row| Belongs::Branch(row.branch_id),
    order: |row| Belongs::Branch(row.branch_id),
    cash_movement: |row| Belongs::Branch(row.branch_id),
    cash_transfer: |row| Belongs::Branch(row.branch_id),
    draft: |row| Belongs::Branch(row.branch_id),
    attendance: |row| Belongs::Branch(row.branch_id),

    // All branches sell the same goods to the same people.
    product: |_| Belongs::Everybody,
    product_barcode: |_| Belongs::Everybody,
    customer: |_| Belongs::Everybody,

    // They end with the user, the terminal or the next who signs in there.
    session: |_| Belongs::Everybody,

    // They go with a document, which is asked.
    stock_count_line: |_| Belongs::Everybody,
    shift_counter: |_| Belongs::Everybody,
    shift_count: |_| Belongs::Everybody,
    shift_denomination: |_| Belongs::Everybody,
    shift_report: |_| Belongs::Everybody,
    order_line: |_| Belongs::Everybody,
    order_discount: |_| Belongs::Everybody,
    order_tender: |_| Belongs::Everybody,
    order_return: |_| Belongs::Everybody,
    order_line_return: |_| Belongs::Everybody,
    order_tender_return: |_| Belongs::Everybody,
    receipt_print: |_| Belongs::Everybody,

    // The books write them with whatever is done.
    number_series: |_| Belongs::Everybody,
    branch_series: |_| Belongs::Everybody,
    number_gap: |_| Belongs::Everybody,
    journal_chain: |_| Belongs::Everybody,
    journal_record: |_| Belongs::Everybody,
    event: |_| Belongs::Everybody,
    idempotency_key: |_| Belongs::Everybody,
}

impl Owned for entity::business::Model {
    fn belongs(&self) -> Belongs {
        Belongs::Shop
    }

    /// The first sale notes that the currency is frozen, and goods, prices and customers count their versions
    /// here, whoever writes them.
    fn is_changed(&self, after: &Self) -> bool {
        let kept_by_the_books = Self {
            has_orders: after.has_orders,
            catalog_version: after.catalog_version,
            customer_version: after.customer_version,
            ..self.clone()
        };
        kept_by_the_books != *after
    }
}

impl Owned for entity::user_pin::Model {
    fn belongs(&self) -> Belongs {
        Belongs::User(self.user_id)
    }

    /// A wrong PIN is counted and a right one forgives it, at whatever till it is typed to sign in or to
    /// approve something. Who forgives without one is asked by `UnlockUser`.
    fn is_changed(&self, after: &Self) -> bool {
        self.hash != after.hash
    }
}

/// Refuses what a posting changed if its caller works in one branch alone and some of it is not that branch's.
///
/// # Errors
/// `WRONG_BRANCH`; [`Stop::MissingRows`] if the register or the user that a row goes with is not loaded.
pub fn within_reach(books: &WorkingSet, caller: &Caller) -> Result<(), Stop> {
    let Some(branch_id) = caller.works_in else { return Ok(()) };
    books.each_change(&Reach { books, branch_id })
}

/// Asks for a larger scope if a posting has changed rows that are not of the one that it has.
///
/// # Errors
/// [`Stop::NeedScope`]; [`Stop::MissingRows`] if a row that another one goes with is not loaded.
pub fn within_scope(books: &WorkingSet, scope: &Scope) -> Result<(), Stop> {
    match scope {
        Scope::Shop => Ok(()),
        Scope::Branch(branch_id) | Scope::People(_, branch_id) => {
            books.each_change(&Scoped { scope, branch_id: *branch_id })
        }
    }
}

/// Refuses what changes the shop as a whole, without being a posting, to who works in one branch alone.
///
/// # Errors
/// `WRONG_BRANCH`.
pub fn whole_shop(caller: &Caller) -> Result<(), Error> {
    if caller.works_in.is_none() { Ok(()) } else { Err(out_of_reach(Belongs::Shop)) }
}

/// Refuses what is done to a user to who works in one branch alone, if that user works elsewhere too.
///
/// # Errors
/// `WRONG_BRANCH`.
pub fn colleague(caller: &Caller, user: &entity::user::Model) -> Result<(), Error> {
    let in_reach = caller.works_in.is_none() || caller.works_in == user.branch_id;
    if in_reach { Ok(()) } else { Err(out_of_reach(Belongs::User(user.id))) }
}

/// Judges what a posting has changed.
pub trait Judge {
    /// Looks at one changed row.
    ///
    /// # Errors
    /// Why it may not be; [`Stop::MissingRows`] if a row that it goes with is not loaded.
    fn judge<R: Owned + Member>(&self, before: Option<&R>, after: Option<&R>) -> Result<(), Stop>;
}

/// What somebody who works in one branch alone may change.
struct Reach<'a> {
    books: &'a WorkingSet,
    branch_id: Uuid,
}

impl Judge for Reach<'_> {
    fn judge<R: Owned + Member>(&self, before: Option<&R>, after: Option<&R>) -> Result<(), Stop> {
        let is_changed = match (before, after) {
            (Some(before), Some(after)) => before.is_changed(after),
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        };
        if !is_changed {
            return Ok(());
        }
        for belongs in [before, after].into_iter().flatten().map(Owned::belongs) {
            if !self.holds(belongs)? {
                return Err(out_of_reach(belongs).into());
            }
        }
        Ok(())
    }
}

impl Reach<'_> {
    fn holds(&self, belongs: Belongs) -> Result<bool, Stop> {
        Ok(match belongs {
            Belongs::Everybody => true,
            Belongs::Branch(id) => id == self.branch_id,
            Belongs::Between(ids) => ids.contains(&self.branch_id),
            Belongs::Register(id) => {
                let missing = || Error::internal(format_args!("the register {id} of a row is gone"));
                self.books.require::<entity::register::Model>(&id, missing)?.branch_id == self.branch_id
            }
            Belongs::User(id) => {
                let missing = || Error::internal(format_args!("the user {id} of a row is gone"));
                self.books.require::<entity::user::Model>(&id, missing)?.branch_id == Some(self.branch_id)
            }
            Belongs::Shop => false,
        })
    }
}

/// What a posting may write.
struct Scoped<'a> {
    scope: &'a Scope,
    branch_id: Uuid,
}

impl Judge for Scoped<'_> {
    fn judge<R: Owned + Member>(&self, before: Option<&R>, after: Option<&R>) -> Result<(), Stop> {
        if before == after {
            return Ok(());
        }
        for row in [before, after].into_iter().flatten() {
            let is_in = match R::CLASS {
                TableClass::Shop => false,
                TableClass::People => self.may_change_people(row)?,
                TableClass::Branch => match row.belongs() {
                    Belongs::Everybody => true,
                    Belongs::Branch(id) => id == self.branch_id,
                    Belongs::Between(ids) => ids.iter().all(|id| *id == self.branch_id),
                    Belongs::Register(_) | Belongs::User(_) | Belongs::Shop => false,
                },
            };
            if !is_in {
                return Err(Stop::NeedScope(Scope::Shop));
            }
        }
        Ok(())
    }
}

impl Scoped<'_> {
    /// Rows that are no single user's go with one that is.
    fn may_change_people<R: Owned>(&self, row: &R) -> Result<bool, Stop> {
        let Scope::People(people, _) = self.scope else { return Ok(false) };
        Ok(match row.belongs() {
            Belongs::User(id) => people.contains(&id),
            Belongs::Branch(id) => id == self.branch_id,
            Belongs::Everybody => true,
            Belongs::Between(_) | Belongs::Register(_) | Belongs::Shop => false,
        })
    }
}

fn out_of_reach(belongs: Belongs) -> Error {
    let what = match belongs {
        Belongs::Shop | Belongs::Everybody => "the shop as a whole",
        Belongs::User(_) => "a user of another branch or of all",
        Belongs::Branch(_) | Belongs::Between(_) | Belongs::Register(_) => "another branch",
    };
    let message = format!(
        "you work in one branch alone, and this would change {what}; ask an admin who works in all branches"
    );
    Error::new(Reason::WrongBranch, message)
}
