//! How far the numbers of documents may have gone, on the disk beside the database: a backup that is restored
//! does not know which numbers were given out after it.
//!
//! A series' ceiling is on the disk before the first number under it is in anybody's hands, and lies ahead of
//! it, so that it is seldom written.

use std::{collections::BTreeMap, fmt::Write as _, io};

use uuid::Uuid;

use super::WorkingSet;
use crate::store::{
    DataFolder,
    entity::{branch, branch_series, number_series, register},
};

/// Numbers that are reserved at once.
const AHEAD: i64 = 1_000;
const EPOCH: &str = "epoch";

/// A series: the register or the branch that owns it, and its prefix.
pub type SeriesKey = (Uuid, String);

/// The ceilings of a data folder.
#[derive(Clone, Debug)]
pub struct Ceilings {
    folder: DataFolder,
    /// The last epoch that books of this folder have begun.
    pub epoch: i64,
    of: BTreeMap<SeriesKey, i64>,
    codes: UsedCodes,
}

/// The codes of registers and branches that stand in numbers, by their series' prefixes. A register that was put after
/// a backup is not in the books that are restored from it, but the numbers that it gave out are on paper.
#[derive(Clone, Debug, Default)]
pub struct UsedCodes(BTreeMap<SeriesKey, String>);

impl UsedCodes {
    /// Whether a number of one of these prefixes may have been given out under a code.
    pub fn any<const COUNT: usize>(&self, prefixes: [&'static str; COUNT], code: &str) -> bool {
        self.0.iter().any(|((_, prefix), used)| used == code && prefixes.contains(&prefix.as_str()))
    }
}

impl Ceilings {
    /// Reads them; a folder that has none yet has none.
    ///
    /// # Errors
    /// What the file system says; a file that is damaged. It is never replaced by itself: numbers would come
    /// twice after a restore.
    pub fn read(folder: &DataFolder) -> io::Result<Self> {
        let text = folder.read_ceilings()?.unwrap_or_default();
        let mut ceilings =
            Self { folder: folder.clone(), epoch: 0, of: BTreeMap::new(), codes: UsedCodes::default() };
        for line in text.lines() {
            ceilings.read_line(line).ok_or_else(|| {
                io::Error::other(format!(
                    "keys/ceilings is damaged: {line:?} is no ceiling; put its copy back"
                ))
            })?;
        }
        Ok(ceilings)
    }

    fn read_line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        match (words.next()?, words.next()?, words.next(), words.next()) {
            (EPOCH, epoch, None, None) => self.epoch = epoch.parse().ok()?,
            (owner, prefix, Some(ceiling), code) => {
                let series: SeriesKey = (owner.parse().ok()?, prefix.to_owned());
                self.of.insert(series.clone(), ceiling.parse().ok()?);
                self.codes.0.extend(code.map(|code| (series, code.to_owned())));
            }
            _ => return None,
        }
        words.next().is_none().then_some(())
    }

    /// The ceiling of a series that has given out a number under it.
    pub fn of(&self, series: &SeriesKey) -> Option<i64> {
        self.of.get(series).copied()
    }

    /// The codes that stand in numbers.
    pub fn codes(&self) -> &UsedCodes {
        &self.codes
    }

    /// Whether any of these has given out a number under its ceiling: whether the books were this folder's.
    pub fn know_any<'a>(&self, owners: impl IntoIterator<Item = &'a Uuid>) -> bool {
        let owners: Vec<&Uuid> = owners.into_iter().collect();
        self.of.keys().any(|(owner, _)| owners.contains(&owner))
    }

    /// Begins an epoch. It is on the disk before this returns.
    ///
    /// # Errors
    /// What the file system says.
    pub fn begin_epoch(&mut self, epoch: i64) -> io::Result<()> {
        self.write(Self { epoch, ..self.clone() })
    }

    /// Raises the ceilings under which the numbers of a batch don't fit. They are on the disk before this returns.
    ///
    /// # Errors
    /// What the file system says; nothing is raised then.
    pub(super) fn cover(&mut self, books: &WorkingSet) -> io::Result<()> {
        let registers = books.changed::<number_series::Model>();
        let registers = registers.map(|row| ((row.register_id, row.prefix.clone()), row.last_number));
        let branches = books.changed::<branch_series::Model>();
        let branches = branches.map(|row| ((row.branch_id, row.prefix.clone()), row.last_number));
        let above: Vec<_> = registers
            .chain(branches)
            .filter(|(series, last)| self.of(series).is_none_or(|ceiling| *last > ceiling))
            .map(|(series, last)| (series, last.saturating_add(AHEAD)))
            .collect();
        if above.is_empty() {
            return Ok(());
        }
        let mut raised = self.clone();
        for (series, ceiling) in above {
            let register = books.known::<register::Model>(&series.0).map(|register| &register.code);
            let code =
                register.or_else(|| books.known::<branch::Model>(&series.0).map(|branch| &branch.code));
            raised.codes.0.extend(code.map(|code| (series.clone(), code.clone())));
            raised.of.insert(series, ceiling);
        }
        self.write(raised)
    }

    fn write(&mut self, new: Self) -> io::Result<()> {
        let mut text = format!("{EPOCH} {}\n", new.epoch);
        for (series, ceiling) in &new.of {
            let (owner, prefix) = series;
            let code = new.codes.0.get(series).map(|code| format!(" {code}")).unwrap_or_default();
            // Writing to a text can't fail.
            let _ = writeln!(text, "{owner} {prefix} {ceiling}{code}");
        }
        self.folder.write_ceilings(&text)?;
        *self = new;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_on_the_disk_before_the_number_and_raised_when_it_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let mut ceilings = Ceilings::read(&data).unwrap();
        let series = (Uuid::from_u128(7), "INV".to_owned());
        for (number, ceiling) in [(1, 1_001), (2, 1_001), (1_001, 1_001), (1_002, 2_002)] {
            let mut books = WorkingSet::default();
            let (register_id, prefix) = series.clone();
            books.insert(number_series::Model { register_id, prefix, last_number: number }).ok().unwrap();
            ceilings.cover(&books).unwrap();
            assert_eq!(Ceilings::read(&data).unwrap().of(&series), Some(ceiling), "at {number}");
        }
        ceilings.begin_epoch(3).unwrap();
        let read = Ceilings::read(&data).unwrap();
        assert_eq!((read.epoch, read.of(&series)), (3, Some(2_002)));
        assert!(read.know_any([&series.0]) && !read.know_any([&Uuid::nil()]));
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        for text in [
            "epoch",
            "epoch x",
            "not-an-id INV 5",
            "00000000-0000-0000-0000-000000000000 INV",
            "\0\0",
            "00000000-0000-0000-0000-000000000000 INV 5 R1 R2",
        ] {
            data.write_ceilings(text).unwrap();
            Ceilings::read(&data).unwrap_err();
        }
    }
}
