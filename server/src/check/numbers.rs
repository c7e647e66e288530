//! Numbers of documents, and the branch's sequence of orders: no gap but those that a restore left, nothing twice.

use std::{collections::BTreeMap, ops::RangeInclusive};

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::Table,
    record::{Unreadable, id},
};
use crate::store::{
    entity::{branch_series, number_gap, number_series, order},
    row::Row as _,
};

/// The numbers that the journal's documents carry.
#[derive(Default)]
pub struct Numbers {
    gaps: Gaps,
    last: BTreeMap<(Uuid, &'static str), i64>,
    order_sequences: BTreeMap<Uuid, Vec<i64>>,
    of_branches: BTreeMap<(Uuid, &'static str), Vec<i64>>,
}

/// What the numbers of a register's documents begin with.
pub mod of_register {
    /// Receipts of sales.
    pub const SALES: &str = "INV";
    /// Receipts of refunds and voids.
    pub const RETURNS: &str = "RET";
    /// Sales for training.
    pub const TRAINING: &str = "TRN";
    /// Shifts.
    pub const SHIFTS: &str = "SHF";
}

/// What the numbers of a branch's documents begin with.
pub mod of_branch {
    /// Purchases.
    pub const PURCHASES: &str = "PUR";
    /// Transfers of goods, by the branch that sends.
    pub const TRANSFERS: &str = "TRF";
}

const OF_REGISTERS: [&str; 4] =
    [of_register::SALES, of_register::RETURNS, of_register::TRAINING, of_register::SHIFTS];
const OF_BRANCHES: [&str; 2] = [of_branch::PURCHASES, of_branch::TRANSFERS];

/// A document and its number.
pub struct Numbered<'a> {
    /// The document's table.
    pub table: &'static str,
    /// The document's id.
    pub id: Uuid,
    /// What its number begins with.
    pub prefix: &'static str,
    /// The register or branch that the series belongs to.
    pub owner_id: Uuid,
    /// Its code.
    pub owner_code: &'a str,
    /// The document's business date.
    pub business_date: i32,
    /// The number it carries.
    pub number: &'a str,
}

/// The gaps of each series.
#[derive(Default)]
struct Gaps(BTreeMap<(Uuid, String, i64), number_gap::Model>);

impl Gaps {
    /// The number after another one of a series: behind the gaps that begin there.
    fn after(&self, owner_id: Uuid, prefix: &str, last: i64) -> i64 {
        let mut next = last.saturating_add(1);
        while let Some(gap) = self.0.get(&(owner_id, prefix.to_owned(), next)) {
            let Some(behind) = gap.last_number.checked_add(1) else { return i64::MAX };
            next = behind;
        }
        next
    }

    fn of(&self, owner_id: Uuid, prefix: &str) -> impl Iterator<Item = &number_gap::Model> {
        let all = (owner_id, prefix.to_owned(), 0)..=(owner_id, prefix.to_owned(), i64::MAX);
        self.0.range(all).map(|(_, gap)| gap)
    }
}

impl Numbers {
    /// A restore left numbers out. The journal tells it before it tells of any document with a number.
    pub fn left_out(&mut self, entry: &pb::BooksRestoredEntry) -> Result<(), Unreadable> {
        for gap in &entry.gaps {
            let owner_id = id(&gap.owner_id, "gaps.owner_id")?;
            if gap.first_number < 1 || gap.last_number < gap.first_number {
                return Err(Unreadable::new("gaps", "are none"));
            }
            let row = number_gap::Model {
                owner_id,
                prefix: gap.prefix.clone(),
                first_number: gap.first_number,
                last_number: gap.last_number,
                epoch: entry.epoch,
            };
            self.gaps.0.insert(row.key(), row);
            // A series goes on behind its gap, whether it has another document or not.
            if let Some(prefix) = OF_REGISTERS.into_iter().find(|prefix| *prefix == gap.prefix) {
                self.last.entry((owner_id, prefix)).or_default();
            }
            if let Some(prefix) = OF_BRANCHES.into_iter().find(|prefix| *prefix == gap.prefix) {
                self.of_branches.entry((owner_id, prefix)).or_default();
            }
        }
        Ok(())
    }

    /// The next document of a series, in the order of the journal.
    pub fn issued(&mut self, line: &mut CheckLine, document: &Numbered) {
        line.examine(1);
        let last = self.last.entry((document.owner_id, document.prefix)).or_default();
        let next = self.gaps.after(document.owner_id, document.prefix, *last);
        let right = text(document.prefix, document.owner_code, document.business_date, next);
        if document.number == right {
            *last = next;
            return;
        }
        let what = format!("its number is {}, the series makes it {right}", document.number);
        line.fault(document.table, document.id.to_string(), what);
        let count = document.number.rsplit('-').next().and_then(|count| count.parse().ok());
        *last = count.unwrap_or(next).max(*last);
    }

    /// A document of a branch. Several registers may have issued them, whose chains are read one after
    /// the other: whether there is a gap is known at the end.
    pub fn issued_in_branch(&mut self, line: &mut CheckLine, document: &Numbered) {
        line.examine(1);
        let count = document.number.rsplit('-').next().and_then(|count| count.parse().ok()).unwrap_or(0);
        let prefix = document.prefix;
        let right = text(prefix, document.owner_code, document.business_date, count);
        if count < 1 || document.number != right {
            let what = format!("its number is {}, which is none of its series", document.number);
            line.fault(document.table, document.id.to_string(), what);
            return;
        }
        self.of_branches.entry((document.owner_id, prefix)).or_default().push(count);
    }

    /// An order of a branch.
    pub fn sold(&mut self, order: &order::Model) {
        self.order_sequences.entry(order.branch_id).or_default().push(order.sequence);
    }

    /// Compares the series' heads with the last numbers, and looks for gaps between orders.
    pub fn compare(self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        for (branch_id, sequences) in self.order_sequences {
            let sequences = sequences.into_iter().map(one).collect();
            without_gaps(line, "orders", &format!("branch {branch_id}"), sequences);
        }
        let mut of_branches = Vec::with_capacity(self.of_branches.len());
        for ((branch_id, prefix), counts) in self.of_branches {
            let gaps = self.gaps.of(branch_id, prefix).map(|gap| gap.first_number..=gap.last_number);
            let counts: Vec<RangeInclusive<i64>> = counts.into_iter().map(one).chain(gaps).collect();
            let last_number = counts.iter().map(|counts| *counts.end()).max().unwrap_or_default();
            without_gaps(line, "branch_series", &format!("branch {branch_id}, prefix {prefix}"), counts);
            of_branches.push(branch_series::Model { branch_id, prefix: prefix.to_owned(), last_number });
        }
        Table::compare_all(database, line, of_branches)?;
        let gaps = &self.gaps;
        let series = self.last.into_iter().map(|((register_id, prefix), last)| number_series::Model {
            register_id,
            prefix: prefix.to_owned(),
            last_number: gaps.after(register_id, prefix, last).saturating_sub(1),
        });
        Table::compare_all(database, line, series)?;
        Table::compare_all(database, line, self.gaps.0.into_values())
    }
}

/// A number as its document carries it: the series, the month for whoever reads it, whose it is, and the count.
fn text(prefix: &str, code: &str, business_date: i32, count: i64) -> String {
    let (year, month) = (business_date / 10_000, business_date / 100 % 100);
    format!("{prefix}-{year:04}{month:02}-{code}-{count:06}")
}

fn one(sequence: i64) -> RangeInclusive<i64> {
    sequence..=sequence
}

/// Looks at sequences, of which a restore may have left out whole runs: however long, a run is one.
fn without_gaps(line: &mut CheckLine, table: &'static str, of: &str, mut runs: Vec<RangeInclusive<i64>>) {
    runs.sort_unstable_by_key(|run| *run.start());
    let mut next: i64 = 1;
    for run in runs {
        let (first, last) = run.into_inner();
        let row = |sequence: i64| format!("{of}, sequence {sequence}");
        if first > next {
            let last = first.saturating_sub(1);
            let rest = if last == next { String::new() } else { format!(", and so are those up to {last}") };
            line.fault(table, row(next), format!("is missing{rest}"));
        } else if first < next {
            line.fault(table, row(first), "stands twice in the journal, or before the first");
        }
        next = last.saturating_add(1).max(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(numbers: &mut Numbers, line: &mut CheckLine, number: &str) {
        numbers.issued(
            line,
            &Numbered {
                table: "orders",
                id: Uuid::nil(),
                prefix: of_register::SALES,
                owner_id: Uuid::nil(),
                owner_code: "R1",
                business_date: 20_261_120,
                number,
            },
        );
    }

    #[test]
    fn a_gap_is_one_fault_and_a_number_of_another_month_or_register_is_another() {
        let (mut numbers, mut line) = (Numbers::default(), CheckLine::new("receipt numbers"));
        for number in ["INV-202611-R1-000001", "INV-202611-R1-000003", "INV-202611-R1-000004"] {
            issue(&mut numbers, &mut line, number);
        }
        assert_eq!(line.faults.len(), 1, "{:?}", line.faults);
        for number in
            ["INV-202610-R1-000005", "INV-202611-R2-000006", "SHF-202611-R1-000007", "INV-202611-R1-8"]
        {
            issue(&mut numbers, &mut line, number);
        }
        assert_eq!(line.faults.len(), 5, "{:?}", line.faults);
        issue(&mut numbers, &mut line, "INV-202611-R1-000008");
        assert_eq!((line.faults.len(), line.examined), (6, 8), "8 was used just before");
    }

    #[test]
    fn a_series_goes_on_behind_the_gaps_that_restores_left_and_nowhere_else() {
        let (mut numbers, mut line) = (Numbers::default(), CheckLine::new("receipt numbers"));
        let gap = |first_number, last_number| pb::NumberGap {
            owner_id: Uuid::nil().to_string(),
            prefix: "INV".to_owned(),
            first_number,
            last_number,
        };
        let restored = |epoch, gap| pb::BooksRestoredEntry { epoch, gaps: vec![gap], ..Default::default() };
        numbers.left_out(&restored(2, gap(2, 1_000))).unwrap();
        numbers.left_out(&restored(3, gap(1_001, 2_000))).unwrap();
        for number in ["INV-202611-R1-000001", "INV-202611-R1-002001"] {
            issue(&mut numbers, &mut line, number);
        }
        assert_eq!(line.faults, []);
        issue(&mut numbers, &mut line, "INV-202611-R1-000002");
        assert_eq!(line.faults.len(), 1, "it lies in the gap");
        for bad in [gap(0, 5), gap(7, 6), gap(i64::MIN, i64::MAX)] {
            numbers.left_out(&restored(4, bad)).unwrap_err();
        }
        numbers.left_out(&restored(5, gap(2_002, i64::MAX))).unwrap();
        numbers.left_out(&restored(6, gap(i64::MAX, i64::MAX))).unwrap();
        assert_eq!(numbers.gaps.after(Uuid::nil(), "INV", 2_001), i64::MAX, "however long, it takes no time");
    }

    #[test]
    fn gaps_and_doubles_of_a_branchs_orders_are_named() {
        let mut line = CheckLine::new("receipt numbers");
        without_gaps(
            &mut line,
            "orders",
            "branch 1",
            vec![one(1), one(2), 3..=3_000_000_000, one(3_000_000_001)],
        );
        assert_eq!(line.faults, []);
        without_gaps(&mut line, "orders", "branch 1", vec![one(6), one(2), one(2), one(3)]);
        let whats: Vec<&str> = line.faults.iter().map(|fault| fault.what.as_str()).collect();
        let double = "stands twice in the journal, or before the first";
        assert_eq!(whats, ["is missing", double, "is missing, and so are those up to 5"]);
    }
}
