//! One bit of the database is another one: the check finds it.

use std::{collections::BTreeMap, fs, path::Path};

use kassa_integration_tests::{Program, Tills};
use kassa_server::{check::check_folder, store::DataFolder};

use crate::{
    chance::Chance,
    day::day,
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

/// Whose database is damaged.
#[derive(Clone, Copy)]
pub enum Books {
    /// A shop's that sells, and does nothing else.
    Sales,
    /// A shop's after a day that left something in every table.
    Day,
}

/// Flips a bit of a copy of a shop's database, checks it, and so on, each time one bit of another copy.
pub async fn flip(books: Books, rounds: usize, seed: u64, work: &Path) -> Tally {
    let mut tally = Tally::new(match books {
        Books::Sales => "one bit flipped".to_owned(),
        Books::Day => "one bit flipped after a whole day".to_owned(),
    });
    let place = match Place::folder(work) {
        Ok(place) => place,
        Err(missing) => return tally.skipped(&missing),
    };
    match books {
        Books::Sales => sell(&place.data()).await,
        Books::Day => live_a_day(&place.data()).await,
    }
    assert!(check_folder(&place.data()).await.expect("a check").is_sound(), "the books are sound");
    let file = DataFolder::open_to_read(&place.data()).expect("there are books").database();
    tally.acknowledged = orders(&file);
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

/// Sells; all that was sold is in the database's file.
async fn sell(data: &Path) {
    let tills = Tills::open(data).await;
    let program = Program::start(data);
    let mut selling = tills.sell(&program.address, TERMINALS);
    assert!(selling.sold(SALES).await, "the terminals sell");
    selling.stop().await;
    assert!(program.terminate().success(), "the server stops cleanly");
}

/// The day that the tests of the check use.
async fn live_a_day(data: &Path) {
    let shop = day().await;
    let generation = data.join("gen-000001");
    fs::create_dir_all(&generation).expect("a generation");
    fs::write(data.join("CURRENT"), "gen-000001").expect("its name");
    fs::copy(shop.database(), generation.join("kassa.db")).expect("the database is copied");
}

fn orders(file: &Path) -> usize {
    let database = rusqlite::Connection::open(file).expect("the database opens");
    let count = database.query_row("SELECT count(*) FROM orders", [], |row| row.get::<_, u32>(0));
    count.expect("a count") as usize
}

async fn is_seen(data: &Path, file: &Path, damaged: &[u8]) -> bool {
    for end in ["kassa.db-wal", "kassa.db-shm"] {
        // It is there only while somebody has the database open.
        let _ = fs::remove_file(file.with_file_name(end));
    }
    fs::write(file, damaged).expect("the damaged copy is written");
    check_folder(data).await.map_or(true, |report| !report.is_sound())
}
