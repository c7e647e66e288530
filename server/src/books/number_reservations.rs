//! How far the numbers of documents may have gone, on the disk beside the database: a backup that is restored
//! does not know which numbers were given out after it.
//!
//! A series' reservation is on the disk before the first number under it is in anybody's hands, and lies ahead of
//! it, so that it is seldom written. The reservations are a data folder's own: they say nothing of what books of the same
//! shop gave out elsewhere. So they also keep which epochs of which books were lived in this folder.

use std::{collections::BTreeMap, fmt::Write as _, io};

use uuid::Uuid;

use super::WorkingSet;
use crate::store::{
    DataFolder,
    entity::{branch, branch_series, business, number_series, register},
};

/// Numbers that are reserved at once.
const AHEAD: i64 = 1_000;
const EPOCH: &str = "epoch";
/// Begins the line of the data folder that wrote the reservations.
const FOLDER: &str = "folder";

/// A series: the register or the branch that owns it, and its prefix.
pub type SeriesKey = (Uuid, String);

/// What tells an epoch of a shop's books from every other one, also from one of the same number that another machine
/// began.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EpochMark {
    /// Its number.
    pub epoch: i64,
    /// The shop's id in the first epoch, the hash of the restore's record in later ones. A word without spaces.
    pub begun_by: String,
}

/// How far a series has gone, as the books know it.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The series.
    pub series: SeriesKey,
    /// Its last number.
    pub last: i64,
    /// The code that its numbers carry.
    pub code: Option<String>,
}

/// The reservations of a data folder.
#[derive(Clone, Debug)]
pub struct NumberReservations {
    folder: DataFolder,
    /// The last epoch that books of this folder have begun.
    pub epoch: i64,
    /// The epochs that were lived here, by their marks: all that they gave out here is under the reservations.
    lived: BTreeMap<String, i64>,
    /// The data folder that wrote them, if they say so.
    written_in: Option<String>,
    /// Whether they were read from a file that books of this folder wrote.
    pub of_books_here: bool,
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

impl NumberReservations {
    /// Reads them; a folder that has none yet has none.
    ///
    /// # Errors
    /// What the file system says; a file that is damaged. It is never replaced by itself: numbers would come
    /// twice after a restore.
    pub fn read(folder: &DataFolder) -> io::Result<Self> {
        let text = folder.read_reservations()?;
        let is_written = text.is_some();
        let text = text.unwrap_or_default();
        let mut reservations = Self {
            folder: folder.clone(),
            epoch: 0,
            lived: BTreeMap::new(),
            written_in: None,
            of_books_here: false,
            of: BTreeMap::new(),
            codes: UsedCodes::default(),
        };
        for line in text.lines() {
            reservations.read_line(line).ok_or_else(|| {
                io::Error::other(format!(
                    "keys/ceilings in it is damaged: {line:?} is no ceiling; move it out of the data folder, and it is \
                     made anew from the books at the next start"
                ))
            })?;
        }
        let here = folder.identity()?;
        let is_own = reservations.written_in.replace(here.clone()).is_none_or(|there| there == here);
        if !is_own {
            // They came along with keys, which are copied to other machines, and know nothing of the numbers that were
            // given out there since.
            reservations.lived.clear();
        }
        reservations.of_books_here = is_written && is_own;
        Ok(reservations)
    }

    fn read_line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        match (words.next()?, words.next()?, words.next(), words.next()) {
            (FOLDER, identity, None, None) => self.written_in = Some(identity.to_owned()),
            (EPOCH, epoch, None, None) => self.epoch = epoch.parse().ok()?,
            (EPOCH, epoch, Some(begun_by), None) => {
                self.lived.insert(begun_by.to_owned(), epoch.parse().ok()?);
            }
            (owner, prefix, Some(reserved), code) => {
                let series: SeriesKey = (owner.parse().ok()?, prefix.to_owned());
                self.of.insert(series.clone(), reserved.parse().ok()?);
                self.codes.0.extend(code.map(|code| (series, code.to_owned())));
            }
            _ => return None,
        }
        words.next().is_none().then_some(())
    }

    /// The reservation of a series that has given out a number under it.
    pub fn of(&self, series: &SeriesKey) -> Option<i64> {
        self.of.get(series).copied()
    }

    /// The codes that stand in numbers.
    pub fn codes(&self) -> &UsedCodes {
        &self.codes
    }

    /// Whether every number that was given out in an epoch is under its reservation here: the epoch was lived in this folder.
    pub fn cover(&self, mark: &EpochMark) -> bool {
        self.lived.contains_key(&mark.begun_by)
    }

    /// Whether the epoch of this number of the folder's own books was lived here.
    pub fn cover_number(&self, epoch: i64) -> bool {
        self.lived.values().any(|lived| *lived == epoch)
    }

    /// Begins an epoch. It is on the disk before this returns.
    ///
    /// # Errors
    /// What the file system says.
    pub fn begin_epoch(&mut self, epoch: i64) -> io::Result<()> {
        self.write(Self { epoch, ..self.clone() })
    }

    /// Takes the folder's live books under the reservations as far as they are not: after a restore, or because the file was
    /// lost. It is on the disk before this returns.
    ///
    /// # Errors
    /// What the file system says; nothing is taken then.
    pub fn adopt(&mut self, mark: Option<EpochMark>, issued: Vec<Issued>) -> io::Result<()> {
        let mark = mark.filter(|mark| !self.cover(mark));
        let issued: Vec<Issued> = issued.into_iter().filter(|issued| !self.knows(issued)).collect();
        self.raise(mark, issued)
    }

    /// Raises the reservations under which the numbers of a batch don't fit. They are on the disk before this returns.
    ///
    /// # Errors
    /// What the file system says; nothing is raised then.
    pub(super) fn cover_batch(&mut self, books: &WorkingSet) -> io::Result<()> {
        let registers = books.changed::<number_series::Model>().map(|row| {
            let code = books.known::<register::Model>(&row.register_id).map(|register| &register.code);
            ((row.register_id, &row.prefix), row.last_number, code)
        });
        let branches = books.changed::<branch_series::Model>().map(|row| {
            let code = books.known::<branch::Model>(&row.branch_id).map(|branch| &branch.code);
            ((row.branch_id, &row.prefix), row.last_number, code)
        });
        let issued = registers.chain(branches).map(|((owner, prefix), last, code)| Issued {
            series: (owner, prefix.clone()),
            last,
            code: code.cloned(),
        });
        let issued: Vec<Issued> = issued.filter(|issued| !self.knows(issued)).collect();
        self.raise(None, issued)
    }

    fn knows(&self, issued: &Issued) -> bool {
        self.of(&issued.series).is_some_and(|reserved| issued.last <= reserved)
            && (issued.code.is_none() || self.codes.0.get(&issued.series) == issued.code.as_ref())
    }

    fn raise(&mut self, mark: Option<EpochMark>, issued: Vec<Issued>) -> io::Result<()> {
        if mark.is_none() && issued.is_empty() {
            return Ok(());
        }
        let mut raised = self.clone();
        if let Some(mark) = mark {
            raised.epoch = raised.epoch.max(mark.epoch);
            raised.lived.insert(mark.begun_by, mark.epoch);
        }
        for Issued { series, last, code } in issued {
            raised.codes.0.extend(code.map(|code| (series.clone(), code)));
            if self.of(&series).is_none_or(|reserved| last > reserved) {
                raised.of.insert(series, last.saturating_add(AHEAD));
            }
        }
        self.write(raised)
    }

    fn write(&mut self, new: Self) -> io::Result<()> {
        self.folder.write_reservations(&new.text())?;
        *self = new;
        Ok(())
    }

    fn text(&self) -> String {
        // Writing to a text can't fail.
        let mut text = format!("{EPOCH} {}\n", self.epoch);
        if let Some(identity) = &self.written_in {
            let _ = writeln!(text, "{FOLDER} {identity}");
        }
        for (begun_by, epoch) in &self.lived {
            let _ = writeln!(text, "{EPOCH} {epoch} {begun_by}");
        }
        for (series, reserved) in &self.of {
            let (owner, prefix) = series;
            let code = self.codes.0.get(series).map(|code| format!(" {code}")).unwrap_or_default();
            let _ = writeln!(text, "{owner} {prefix} {reserved}{code}");
        }
        text
    }
}

/// The mark of books that were never restored.
pub fn first_epoch(business: &business::Model) -> Option<EpochMark> {
    (business.epoch == 1).then(|| EpochMark { epoch: 1, begun_by: business.id.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_is_on_the_disk_before_the_number_and_raised_when_it_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let mut reservations = NumberReservations::read(&data).unwrap();
        let series = (Uuid::from_u128(7), "INV".to_owned());
        for (number, reserved) in [(1, 1_001), (2, 1_001), (1_001, 1_001), (1_002, 2_002)] {
            let mut books = WorkingSet::default();
            let (register_id, prefix) = series.clone();
            books.insert(number_series::Model { register_id, prefix, last_number: number }).ok().unwrap();
            reservations.cover_batch(&books).unwrap();
            assert_eq!(NumberReservations::read(&data).unwrap().of(&series), Some(reserved), "at {number}");
        }
        reservations.begin_epoch(3).unwrap();
        let read = NumberReservations::read(&data).unwrap();
        assert_eq!((read.epoch, read.of(&series)), (3, Some(2_002)));
    }

    #[test]
    fn books_are_taken_with_their_epoch_their_series_and_their_codes_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        // As a program wrote it that knew neither codes nor marks.
        let (register, other) = (Uuid::from_u128(7), Uuid::from_u128(8));
        data.write_reservations(&format!("epoch 2\n{register} INV 1001\n{other} INV 5000 R9\n")).unwrap();
        let mark = |begun_by: &str| EpochMark { epoch: 2, begun_by: begun_by.to_owned() };
        let issued = |prefix: &str, last| {
            let code = Some("R1".to_owned());
            Issued { series: (register, prefix.to_owned()), last, code }
        };
        let mut reservations = NumberReservations::read(&data).unwrap();
        assert!(!reservations.cover_number(2), "it was begun; whether it was lived here is not known");
        reservations.adopt(Some(mark("here")), vec![issued("INV", 40), issued("RET", 3)]).unwrap();
        let read = NumberReservations::read(&data).unwrap();
        let of = |series: &str| read.of(&(register, series.to_owned()));
        assert_eq!(
            (of("INV"), of("RET"), read.of(&(other, "INV".to_owned()))),
            (Some(1_001), Some(1_003), Some(5_000))
        );
        assert!(read.codes().any(["INV"], "R1") && read.codes().any(["RET"], "R1"));
        assert!(read.codes().any(["INV"], "R9") && read.cover_number(2));
        assert!(read.cover(&mark("here")) && !read.cover(&mark("elsewhere")), "both are epoch 2");
        std::fs::remove_file(folder.path().join("keys/ceilings")).unwrap();
        reservations.adopt(Some(mark("here")), vec![issued("INV", 41), issued("RET", 3)]).unwrap();
        assert_eq!(data.read_reservations().unwrap(), None, "nothing was new, and nothing is written");
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        for text in [
            "epoch",
            "epoch x",
            "epoch x y",
            "epoch 2 y z",
            "not-an-id INV 5",
            "00000000-0000-0000-0000-000000000000 INV",
            "\0\0",
            "00000000-0000-0000-0000-000000000000 INV 5 R1 R2",
        ] {
            data.write_reservations(text).unwrap();
            NumberReservations::read(&data).unwrap_err();
        }
    }
}
