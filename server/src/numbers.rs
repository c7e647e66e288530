//! The numbers of documents: a series belongs to one register or one branch, has no gaps and is never reset.

use uuid::Uuid;

use crate::{
    books::{ReadSet, Stop, WorkingSet},
    store::entity::{branch, branch_series, number_series, register},
};

/// The series of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// Receipts of sales.
    Sales,
    /// Receipts of refunds and voids.
    Returns,
    /// Sales for training.
    Training,
    /// Shifts.
    Shifts,
}

impl Series {
    /// All of a register.
    pub const ALL: [Self; 4] = [Self::Sales, Self::Returns, Self::Training, Self::Shifts];

    /// What its numbers begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Sales => "INV",
            Self::Returns => "RET",
            Self::Training => "TRN",
            Self::Shifts => "SHF",
        }
    }

    fn key(self, register_id: Uuid) -> (Uuid, String) {
        (register_id, self.prefix().to_owned())
    }

    /// Names what [`Series::next`] needs.
    pub fn read_set(self, register_id: Uuid, read_set: &mut ReadSet) {
        read_set.row::<number_series::Model>(self.key(register_id));
    }

    /// The next number as the document carries it, such as `INV-202611-R1-000042`. Year and month
    /// are for the reader; what counts is the series and its count.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] if the series is not loaded.
    pub fn next(
        self,
        books: &mut WorkingSet,
        register: &register::Model,
        business_date: i32,
    ) -> Result<String, Stop> {
        let key = self.key(register.id);
        let number = if books.get::<number_series::Model>(&key)?.is_some() {
            books.update::<number_series::Model, _>(&key, |series| {
                series.last_number = series.last_number.saturating_add(1);
                Ok(series.last_number)
            })?
        } else {
            let (register_id, prefix) = key;
            books.insert(number_series::Model { register_id, prefix, last_number: 1 })?;
            1
        };
        Ok(text(self.prefix(), &register.code, business_date, number))
    }
}

/// The series of a branch: what no register does alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchSeries {
    /// Purchases.
    Purchases,
    /// Transfers of goods, numbered by the branch that sends.
    Transfers,
}

impl BranchSeries {
    /// All of a branch.
    pub const ALL: [Self; 2] = [Self::Purchases, Self::Transfers];

    /// What its numbers begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Purchases => "PUR",
            Self::Transfers => "TRF",
        }
    }

    fn key(self, branch_id: Uuid) -> (Uuid, String) {
        (branch_id, self.prefix().to_owned())
    }

    /// Names what [`BranchSeries::next`] needs.
    pub fn read_set(self, branch_id: Uuid, read_set: &mut ReadSet) {
        read_set.row::<branch_series::Model>(self.key(branch_id));
    }

    /// The next number, as [`Series::next`] with the branch's code, such as `PUR-202611-B1-000042`.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] if the series is not loaded.
    pub fn next(
        self,
        books: &mut WorkingSet,
        branch: &branch::Model,
        business_date: i32,
    ) -> Result<String, Stop> {
        let key = self.key(branch.id);
        let before = books.get::<branch_series::Model>(&key)?.map_or(0, |series| series.last_number);
        let (branch_id, prefix) = key;
        let last_number = before.saturating_add(1);
        books.put(branch_series::Model { branch_id, prefix, last_number })?;
        Ok(text(self.prefix(), &branch.code, business_date, last_number))
    }
}

/// A number as the document carries it.
fn text(prefix: &str, code: &str, business_date: i32, number: i64) -> String {
    format!("{prefix}-{}-{code}-{number:06}", business_date / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_series_month_register_and_count() {
        assert_eq!(text("INV", "R1", 20_261_120, 42), "INV-202611-R1-000042");
        assert_eq!(text("SHF", "R1-A", 20_270_101, 1_234_567), "SHF-202701-R1-A-1234567");
    }
}
