//! What a check found.

use std::fmt;

use super::FILE;

/// Faults that a line keeps; the others are counted.
const MOST_FAULTS: usize = 100;

/// What became of all checks.
#[derive(Clone, Debug)]
pub struct Report {
    /// A line for each check.
    pub lines: Vec<CheckLine>,
}

/// What became of one check.
#[derive(Clone, Debug)]
pub struct CheckLine {
    /// What was checked.
    pub name: &'static str,
    /// How many of it.
    pub examined: u64,
    /// The first faults.
    pub faults: Vec<Fault>,
    /// How many more there were.
    pub more_faults: u64,
}

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The table; the file's name for a fault of the file itself.
    pub table: String,
    /// The row, by a key of its own, such as `branch 01.., product 01..`; empty for none.
    pub row: String,
    /// What is wrong with it.
    pub what: String,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.lines.iter().all(|line| line.fault_count() == 0)
    }

    /// Faults of the file itself.
    pub fn file_faults(&self) -> impl Iterator<Item = &Fault> {
        self.faults().filter(|fault| fault.table == FILE)
    }

    /// All faults that were kept.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.lines.iter().flat_map(|line| &line.faults)
    }
}

impl CheckLine {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, examined: 0, faults: Vec::new(), more_faults: 0 }
    }

    /// How many faults it found.
    pub fn fault_count(&self) -> u64 {
        self.more_faults.saturating_add(self.faults.len() as u64)
    }

    pub(super) fn examine(&mut self, count: usize) {
        self.examined = self.examined.saturating_add(count as u64);
    }

    pub(super) fn fault(&mut self, table: &str, row: impl Into<String>, what: impl Into<String>) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Fault { table: table.to_owned(), row: row.into(), what: what.into() });
        } else {
            self.more_faults = self.more_faults.saturating_add(1);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name_width = self.lines.iter().map(|line| line.name.len()).max().unwrap_or_default();
        let counts: Vec<String> = self.lines.iter().map(|line| grouped(line.examined)).collect();
        let count_width = counts.iter().map(String::len).max().unwrap_or_default();
        for (line, count) in self.lines.iter().zip(counts) {
            let word = if line.fault_count() == 0 { "ok" } else { "FAULT" };
            write!(f, "{word:<5} {:<name_width$}  {count:>count_width$} examined", line.name)?;
            match line.fault_count() {
                0 => writeln!(f)?,
                1 => writeln!(f, ", 1 fault")?,
                several => writeln!(f, ", {} faults", grouped(several))?,
            }
            line.faults.iter().try_for_each(|fault| writeln!(f, "      {fault}"))?;
            if line.more_faults > 0 {
                writeln!(f, "      and {} more", grouped(line.more_faults))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table)?;
        if !self.row.is_empty() {
            write!(f, " ({})", self.row)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// 1204 is `1,204`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_line_for_each_check_and_its_first_faults_below() {
        let mut numbers = CheckLine::new("receipt numbers");
        numbers.examine(1_204);
        let mut stock = CheckLine::new("stock");
        stock.examine(3);
        stock.fault("stock", "branch 1, product 2", "quantity is 4, the journal makes it 5");
        let mut keys = CheckLine::new("idempotency keys");
        (0..1_102).for_each(|number| keys.fault("idempotency_keys", "", format!("fault {number}")));
        keys.faults.truncate(1);
        let report = Report { lines: vec![numbers, stock, keys] };
        let text = "\
ok    receipt numbers   1,204 examined
FAULT stock                 3 examined, 1 fault
      stock (branch 1, product 2): quantity is 4, the journal makes it 5
FAULT idempotency keys      0 examined, 1,003 faults
      idempotency_keys: fault 0
      and 1,002 more
";
        assert_eq!(report.to_string(), text);
        assert!(!report.is_sound());
    }
}
