//! What the books hold of the sales that terminals know.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use kassa_client::proto::v1::Order;
use kassa_server::store::DataFolder;

use crate::Known;

/// What the books hold of the sales that the terminals know. Each finding is a sentence.
#[derive(Debug, Default)]
pub struct Proof {
    /// Acknowledged sales that are not there.
    pub lost: Vec<String>,
    /// Sales that are there twice, or that nobody made.
    pub doubled: Vec<String>,
    /// Sales that are there, but not as they were answered, and sums that do not follow from them.
    pub half: Vec<String>,
}

/// What restores left out.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// The first and the last number of each gap of the receipts, as the books have them.
    pub gaps: Vec<(i64, i64)>,
    /// Receipts that are on paper, and must not come again.
    pub on_paper: BTreeSet<String>,
}

impl LeftOut {
    /// That of a data folder, of which terminals know what is on paper.
    pub fn of(data: &Path, known: &Known) -> Self {
        let database = DataFolder::open_to_read(data).expect("there are books").database();
        let database = rusqlite::Connection::open(database).expect("the database opens");
        let sql =
            "SELECT first_number, last_number FROM number_gaps WHERE prefix = 'INV' ORDER BY first_number";
        let mut statement = database.prepare(sql).expect("it has gaps");
        let gaps = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("a query");
        Self { gaps: gaps.map(|gap| gap.expect("a gap")).collect(), on_paper: known.on_paper.clone() }
    }

    /// The number that has to follow one: the next that no gap leaves out.
    fn after(&self, number: i64) -> i64 {
        let next = number + 1;
        let gap = self.gaps.iter().find(|(first, last)| (*first..=*last).contains(&next));
        gap.map_or(next, |(_, last)| self.after(*last))
    }
}

impl Proof {
    /// Whether all is as it was acknowledged.
    pub fn holds(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.half.is_empty()
    }

    /// Compares acknowledged sales, by their ids, with all orders of a shop.
    pub fn of(sold: &BTreeMap<String, Order>, orders: &[Order]) -> Self {
        Self::of_books(sold, orders, &LeftOut::default())
    }

    /// The same for a shop that restored backups.
    pub fn of_books(sold: &BTreeMap<String, Order>, orders: &[Order], left_out: &LeftOut) -> Self {
        let mut proof = Self::default();
        let (mut ids, mut counts) = (BTreeSet::new(), BTreeSet::new());
        for order in orders {
            match sold.get(&order.order_id) {
                None => proof.doubled.push(format!("nobody knows {}", name(order))),
                Some(answered) if answered != order => {
                    proof.half.push(format!("{} is not as it was answered", name(order)));
                }
                Some(_) => {}
            }
            if !ids.insert(&order.order_id) || !counts.insert(count(order)) {
                proof.doubled.push(format!("{} comes twice", name(order)));
            }
        }
        for order in orders.iter().filter(|order| left_out.on_paper.contains(&order.receipt_number)) {
            proof.doubled.push(format!("{} was given out before", name(order)));
        }
        let lost = sold.values().filter(|order| !ids.contains(&order.order_id));
        proof.lost = lost.map(|order| format!("{} is not there", name(order))).collect();
        let mut last = 0;
        for count in counts.into_iter().map(Option::unwrap_or_default) {
            if count != left_out.after(last) {
                proof.half.push(format!("the receipts' numbers have a gap from {last} to {count}"));
            }
            last = count;
        }
        proof
    }
}

fn name(order: &Order) -> String {
    format!("{} ({})", order.receipt_number, order.order_id)
}

/// The count in a receipt's number, such as 7 of `INV-202611-R1-000007`.
pub(crate) fn count(order: &Order) -> Option<i64> {
    order.receipt_number.rsplit('-').next().and_then(|count| count.parse().ok())
}
