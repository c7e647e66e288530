//! What a posting changed, row by row, sorted by table.

use std::any::Any;

use super::schema::Constraints;
use crate::{
    books::{Member, memory::Sink},
    store::entity::{
        branch, branch_series, business, cash_movement, cash_transfer, customer, draft, event, grant,
        idempotency_key, journal_chain, journal_record, number_series, order, order_discount, order_line,
        order_line_return, order_return, order_tender, order_tender_return, product, purchase, receipt_print,
        register, shift, shift_count, shift_counter, shift_denomination, shift_report, stock,
        stock_adjustment, stock_change, stock_count, stock_count_line, stock_transfer,
    },
};

/// A row as it was, if it was, and as it is.
pub type Change<R> = (Option<R>, R);

macro_rules! change_set {
    ($($field:ident: $table:ident,)*) => {
        /// The changes of a posting.
        #[derive(Debug, Default)]
        pub struct ChangeSet {
            $(pub $field: Vec<Change<$table::Model>>,)*
            /// Changes of tables that the model has no opinion on but the schema's.
            pub others: usize,
        }

        impl ChangeSet {
            /// How many rows were changed.
            pub fn len(&self) -> usize {
                self.others $(+ self.$field.len())*
            }

            fn take<R: Member>(&mut self, before: Option<&R>, after: &R) {
                $(if let Some(after) = (after as &dyn Any).downcast_ref::<$table::Model>() {
                    let before = before.and_then(|row| (row as &dyn Any).downcast_ref()).cloned();
                    self.$field.push((before, after.clone()));
                    return;
                })*
                self.others += 1;
            }
        }
    };
}

change_set! {
    orders: order,
    lines: order_line,
    discounts: order_discount,
    tenders: order_tender,
    movements: cash_movement,
    records: journal_record,
    chains: journal_chain,
    events: event,
    keys: idempotency_key,
    shifts: shift,
    counters: shift_counter,
    counts: shift_count,
    denominations: shift_denomination,
    reports: shift_report,
    stock: stock,
    stock_changes: stock_change,
    adjustments: stock_adjustment,
    stock_counts: stock_count,
    stock_count_lines: stock_count_line,
    registers: register,
    branches: branch,
    series: number_series,
    returns: order_return,
    line_returns: order_line_return,
    tender_returns: order_tender_return,
    products: product,
    customers: customer,
    businesses: business,
    drafts: draft,
    prints: receipt_print,
    transfers: cash_transfer,
    purchases: purchase,
    stock_transfers: stock_transfer,
    branch_series: branch_series,
    grants: grant,
}

/// A change, to be held to the schema.
type Held = Box<dyn FnOnce(&mut Constraints) -> Result<(), String> + Send>;

/// Listens to the books.
#[derive(Default)]
pub struct Listener {
    /// What is heard.
    pub changes: ChangeSet,
    held: Vec<Held>,
}

impl Listener {
    /// Holds what was heard to the schema.
    ///
    /// # Errors
    /// The first constraint that is broken.
    pub fn hold_to(&mut self, constraints: &mut Constraints) -> Result<(), String> {
        std::mem::take(&mut self.held).into_iter().try_for_each(|change| change(constraints))?;
        constraints.settled()
    }
}

impl Sink for Listener {
    fn changed<R: Member>(&mut self, before: Option<&R>, after: &R) {
        self.changes.take(before, after);
        let (before, after) = (before.cloned(), after.clone());
        self.held.push(Box::new(move |constraints| constraints.written(before.as_ref(), &after)));
    }
}
