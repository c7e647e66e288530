//! One bit of the database is another one: the check finds it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use kassa_integration_tests::{Program, Tills};
use kassa_server::check::check_folder;

use crate::{
    chance::Chance,
    disk::Place,
    pages::{Kind, bytes_by_kind},
    round::TERMINALS,
    tally::Tally,
};

const SALES: usize = 200;
/// Rows come most often; what else there is, now and then.
const KINDS: [Kind; 11] = [
    Kind::Row,
    Kind::Row,
    Kind::Row,
    Kind::Row,
    Kind::Index,
    Kind::Index,
    Kind::Structure,
    Kind::Schema,
    Kind::Step,
    Kind::FileHeader,
    Kind::Unused,
];

/// Flips a bit of a copy of a shop's database, checks it, and so on, each time one bit of another copy.
pub async fn flip(rounds: usize, seed: u64, work: &Path) -> Tally {
    let mut tally = Tally::new("one bit flipped".to_owned());
    let place = match Place::folder(work) {
        Ok(place) => place,
        Err(missing) => return tally.skipped(&missing),
    };
    let file = sound_books(&place.data()).await;
    tally.acknowledged = SALES;
    let by_kind = bytes_by_kind(&file);
    let sound = fs::read(&file).expect("the database");
    let mut found = BTreeMap::<Kind, (usize, usize)>::new();
    for round in 0..rounds {
        let mut chance = Chance::of(seed, &tally.name, round);
        let kind = chance.one_of(&KINDS);
        let Some(places) = by_kind.get(&kind) else { continue };
        let (byte, bit) = (chance.one_of(places), chance.below(8));
        let mut damaged = sound.clone();
        damaged[byte] ^= 1 << bit;
        let seen = is_seen(&place.data(), &file, &damaged).await;
        let (finds, flips) = found.entry(kind).or_default();
        (*finds, *flips) = (*finds + usize::from(seen), *flips + 1);
        tally.rounds += 1;
        tally.hits += usize::from(seen);
        if !seen && kind.must_be_found() {
            tally.finding(format!("bit {bit} of byte {byte} is not found: {}", kind.words()));
        }
        tally.tell(round);
    }
    for (kind, bytes) in &by_kind {
        let (finds, flips) = found.get(kind).copied().unwrap_or_default();
        let length = bytes.len();
        tally.remarks.push(format!("{finds} of {flips} found: {} ({length} bytes)", kind.words()));
    }
    tally.done();
    tally
}

/// The books of a shop that sold, with all of them in the database's file.
async fn sound_books(data: &Path) -> PathBuf {
    let tills = Tills::open(data).await;
    let program = Program::start(data);
    let mut selling = tills.sell(&program.address, TERMINALS);
    assert!(selling.sold(SALES).await, "the terminals sell");
    selling.stop().await;
    assert!(program.terminate().success(), "the server stops cleanly");
    assert!(check_folder(data).await.expect("a check").is_sound(), "the books are sound");
    data.join("gen-000001/kassa.db")
}

async fn is_seen(data: &Path, file: &Path, damaged: &[u8]) -> bool {
    for end in ["kassa.db-wal", "kassa.db-shm"] {
        // It is there only while somebody has the database open.
        let _ = fs::remove_file(file.with_file_name(end));
    }
    fs::write(file, damaged).expect("the damaged copy is written");
    check_folder(data).await.map_or(true, |report| !report.is_sound())
}
