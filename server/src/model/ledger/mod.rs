//! The simple model: it knows the documents (orders, movements, records) and what they add up to, and
//! compares every sum, number and state that the books keep with that. None of the server's arithmetic is
//! used here.

mod arithmetic;
mod carts;
mod counters;
mod customers;
mod drawers;
mod grants;
mod journal;
mod numbers;
mod orders;
mod payback;
mod purchases;
mod reports;
mod returns;
mod shifts;
mod stock;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use self::drawers::Drawer;
pub use self::{
    arithmetic::minor,
    orders::{CASH, Document, GOODS, SALE, VOID},
    payback::PaidBack,
    purchases::bought,
    shifts::{CLOSED, ENDED, OPEN, Shift},
};
use super::{
    change_set::{Change, ChangeSet},
    counting::Counting,
};
use crate::store::entity::{
    branch, business, cash_movement, cash_transfer, customer, draft, grant, product, purchase, register,
    role_limit, stock_transfer,
};

/// Says what is wrong.
pub type Checked<T = ()> = Result<T, String>;

/// Fails with words unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+));
        }
    };
}
pub(super) use ensure;

/// Fails unless both are the same.
pub fn same<T: PartialEq + std::fmt::Debug>(what: impl FnOnce() -> String, is: T, should: T) -> Checked {
    if is == should { Ok(()) } else { Err(format!("{} is {is:?}, and should be {should:?}", what())) }
}

/// Everything that happened.
#[derive(Debug, Default)]
pub struct Ledger {
    pub business: Option<business::Model>,
    pub branches: BTreeMap<Uuid, branch::Model>,
    /// What each role may do alone.
    pub limits: BTreeMap<i32, role_limit::Model>,
    pub grants: BTreeMap<Uuid, grant::Model>,
    pub drawers: BTreeMap<Uuid, Drawer>,
    pub shifts: BTreeMap<Uuid, Shift>,
    pub products: BTreeMap<Uuid, product::Model>,
    /// Of a product at a branch: its changes, and what there is.
    pub stock: BTreeMap<(Uuid, Uuid), [i64; 2]>,
    /// At which quantity it is low.
    levels: BTreeMap<(Uuid, Uuid), i64>,
    pub customers: BTreeMap<Uuid, customer::Model>,
    pub counting: Counting,
    pub documents: BTreeMap<Uuid, Document>,
    /// The documents in their order.
    pub orders: Vec<Uuid>,
    order_sequences: BTreeMap<Uuid, i64>,
    event_sequences: BTreeMap<Uuid, i64>,
    key_sequences: BTreeMap<Uuid, i64>,
    pub drafts: BTreeMap<Uuid, draft::Model>,
    pub transfers: BTreeMap<Uuid, cash_transfer::Model>,
    pub purchases: BTreeMap<Uuid, purchase::Model>,
    pub stock_transfers: BTreeMap<Uuid, stock_transfer::Model>,
    /// How many numbers each branch has given out, by what they begin with.
    branch_series: BTreeMap<(Uuid, String), i64>,
    /// Movements that people recorded, by their ids.
    pub movements: BTreeMap<Uuid, cash_movement::Model>,
    /// What the other tenders of a sale have left, by kind, as the books say.
    tender_returns: BTreeMap<Uuid, BTreeMap<i32, i64>>,
    reversed: BTreeSet<Uuid>,
    /// How often a receipt was given out.
    prints: BTreeMap<Uuid, i64>,
    draft_sequences: BTreeMap<Uuid, i64>,
    series: BTreeMap<(Uuid, String), i64>,
    chains: BTreeMap<(Uuid, i32), (i64, Vec<u8>)>,
}

impl Ledger {
    /// A shop that was put into the books as it is.
    pub fn found(
        &mut self,
        business: &business::Model,
        branches: &[branch::Model],
        registers: &[register::Model],
    ) {
        self.business = Some(business.clone());
        self.branches = branches.iter().map(|row| (row.id, row.clone())).collect();
        let drawer = |row: &register::Model| Drawer {
            row: row.clone(),
            balance: 0,
            movements: 0,
            perpetual: [0; 2],
            reports: 0,
        };
        self.drawers = registers.iter().map(|row| (row.id, drawer(row))).collect();
    }

    /// The shop's settings.
    pub fn shop(&self) -> &business::Model {
        self.business.as_ref().expect("a shop")
    }

    /// Takes in what a posting of a register changed, and compares all that it touches.
    ///
    /// # Errors
    /// What does not hold.
    pub fn take(&mut self, changes: &ChangeSet, now: i64, register: Uuid) -> Checked {
        self.take_masters(changes);
        self.grants(changes, now)?;
        self.customers(changes, now)?;
        for (before, row) in &changes.shifts {
            self.shift_row(before.as_ref(), row, now)?;
        }
        for (order_before, order) in &changes.orders {
            ensure!(order_before.is_none(), "an order was changed: {order:?}");
            self.order(changes, order, now)?;
        }
        let mut movements: Vec<&Change<cash_movement::Model>> = changes.movements.iter().collect();
        movements.sort_by_key(|(_, row)| (row.register_id, row.sequence));
        for (before, row) in movements {
            ensure!(before.is_none(), "a movement was changed: {row:?}");
            self.movement(changes, row, now)?;
        }
        for (before, row) in &changes.counts {
            ensure!(before.is_none(), "a count was changed: {row:?}");
            let shift = self.shifts.get_mut(&row.shift_id).ok_or("a count without a shift")?;
            ensure!(row.attempt > shift.attempts - 1, "a count is put beside an earlier one: {row:?}");
            shift.attempts = row.attempt;
        }
        for (before, row) in &changes.denominations {
            ensure!(before.is_none(), "a denomination was changed: {row:?}");
        }
        let low = self.stock(changes)?;
        self.counting.take(changes, &self.stock)?;
        self.given_back(changes)?;
        self.counters(changes)?;
        self.reports(changes)?;
        self.registers(changes)?;
        self.carts(changes)?;
        self.transfers(changes)?;
        self.purchases(changes, now)?;
        self.stock_transfers(changes)?;
        self.papers(changes, register)?;
        let said = self.journal(changes, now)?;
        self.said(&said, register)?;
        same(|| "what is told to be low".to_owned(), stock::told_low(&said), low)?;
        self.recorded(changes, &said)?;
        self.numbers(changes)?;
        let touched = changes.shifts.iter().map(|(_, row)| row.id);
        let touched = touched.chain(changes.orders.iter().map(|(_, row)| row.shift_id));
        let touched = touched.chain(changes.counters.iter().map(|(_, row)| row.shift_id));
        let touched: BTreeSet<Uuid> =
            touched.chain(changes.movements.iter().map(|(_, row)| row.shift_id)).collect();
        for id in touched {
            self.shift_adds_up(id)?;
        }
        self.one_open_shift()
    }

    fn take_masters(&mut self, changes: &ChangeSet) {
        for (_, row) in &changes.businesses {
            self.business = Some(row.clone());
        }
        for (_, row) in &changes.products {
            self.products.insert(row.id, row.clone());
        }
        for (_, row) in &changes.branches {
            self.branches.insert(row.id, row.clone());
        }
    }
}
