//! When an operation is struck that takes a while.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, Instant},
};

use crate::chance::Chance;

/// How often it is looked.
const GLANCE: Duration = Duration::from_micros(50);
/// Steps that are over at once: so soon after their sight is struck, in microseconds.
const LINGER: u64 = 2_000;

/// Where in an operation is struck: half of the times at a chance part of it, half of the times just after something
/// was seen in the data folder, for the steps that matter most take no time.
pub struct Moments {
    /// How long it takes if nothing happens to it. The first one is left alone, and measured.
    pub length: Option<Duration>,
    /// Ends of paths whose coming into being is such a sight.
    sights: &'static [&'static str],
}

/// A moment that is to come.
pub struct Moment {
    began: Instant,
    length: Duration,
    part: Duration,
    sight: Option<(&'static str, Duration)>,
    before: Paths,
}

impl Moments {
    /// With these sights.
    pub fn new(sights: &'static [&'static str]) -> Self {
        Self { length: None, sights }
    }

    /// The moment of an operation that begins now in a data folder; none where it is left alone.
    pub fn choose(&self, data: &Path, chance: &mut Chance) -> Option<Moment> {
        let per_mille = u32::try_from(chance.below(1_000)).unwrap_or_default();
        let by_sight = chance.below(2) == 0;
        let sight = (chance.one_of(self.sights), Duration::from_micros(chance.below(LINGER)));
        self.length.map(|length| Moment {
            began: Instant::now(),
            length,
            part: length * per_mille / 1_000,
            sight: by_sight.then_some(sight),
            before: Paths::of(data),
        })
    }
}

impl Moment {
    /// Waits for it, or for the operation's end.
    pub fn wait(self, data: &Path, has_ended: impl Fn() -> bool) {
        // A timer of the runtime's would come up to a millisecond late.
        tokio::task::block_in_place(|| {
            while self.began.elapsed() < self.length * 2 && !has_ended() && !self.has_come(data) {
                std::thread::sleep(GLANCE);
            }
            if let Some((_, linger)) = self.sight {
                std::thread::sleep(linger);
            }
        });
    }

    fn has_come(&self, data: &Path) -> bool {
        match self.sight {
            Some((sight, _)) => Paths::of(data).has_new(&self.before, sight),
            None => self.began.elapsed() >= self.part,
        }
    }
}

/// The files of a data folder. One that was replaced under its name is another.
pub struct Paths(BTreeSet<(String, u64)>);

impl Paths {
    /// Those that are there now.
    pub fn of(data: &Path) -> Self {
        let mut paths = BTreeSet::new();
        for (name, number) in files(data) {
            let inside = files(&data.join(&name));
            paths.extend(inside.into_iter().map(|(file, number)| (format!("{name}/{file}"), number)));
            paths.insert((name, number));
        }
        Self(paths)
    }

    /// Whether one is there that was not, whose path ends so; `gen-0*` is any in the folder itself that begins so.
    pub fn has_new(&self, before: &Self, part: &str) -> bool {
        self.0.difference(&before.0).any(|(path, _)| match part.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning) && !path.contains('/'),
            None => path.ends_with(part),
        })
    }
}

fn files(folder: &Path) -> Vec<(String, u64)> {
    // No folder, or no longer: it has no files.
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let files = entries.filter_map(|entry| {
        Some((entry.file_name().to_string_lossy().into_owned(), entry.metadata().ok()?.ino()))
    });
    files.collect()
}
