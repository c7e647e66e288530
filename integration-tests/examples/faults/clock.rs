//! A clock that jumps.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kassa_integration_tests::Program;

use crate::{
    chance::Chance,
    disk::Place,
    round::{Fault, Strike, Struck, TERMINALS},
};

/// In seconds: a nudge, a correction, a wrong time zone, a wrong day, an empty battery. Each round has them all, so that
/// each has jumps that receipts must show.
const OFFSETS: [i64; 11] = [0, 1, -1, 90, -90, 600, -600, 3 * 3600, -3 * 3600, 40 * 86_400, -400 * 86_400];

/// The machine's clock jumps forth and back while terminals sell.
pub struct Jumps;

impl Fault for Jumps {
    fn name(&self) -> String {
        "clock jumps".to_owned()
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        library().ok_or("there is no libfaketime (apt install faketime)")?;
        Place::folder(work)
    }

    async fn strike(&mut self, shop: &mut Struck, chance: &mut Chance) -> Strike {
        let time = shop.place.root().join("time");
        // A machine whose battery is empty starts with a wrong time.
        let [mut offset, jumps @ ..] = chance.shuffled(OFFSETS);
        set(&time, offset);
        let mut command = Program::command(&shop.data());
        command.env("LD_PRELOAD", library().expect("it was there before"));
        command.env("FAKETIME_TIMESTAMP_FILE", &time).env("FAKETIME_NO_CACHE", "1");
        // Only the time of day jumps: what waits, waits as long as before.
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1");
        let program = Program::start_with(command);
        let mut selling = shop.tills.sell(&program.address, TERMINALS);
        let mut strike = Strike::hit(jumps.len());
        for next in jumps {
            set(&time, next);
            let sold = selling.sold(2 * TERMINALS).await;
            let refused = &shop.tills.known().refused;
            strike.demand(sold, format!("no sale from {offset} s to {next} s: {refused:?}"));
            offset = next;
        }
        strike.demand(saw_a_jump(shop), "no receipt shows a jump: libfaketime does nothing here");
        program.kill();
        selling.ended().await;
        strike
    }
}

/// Whether receipts that follow each other lie an hour apart.
fn saw_a_jump(shop: &Struck) -> bool {
    let known = shop.tills.known();
    let times = known.sold.values().filter_map(|order| order.create_time.as_ref()).map(|time| time.seconds);
    let (first, last) = (times.clone().min().unwrap_or_default(), times.max().unwrap_or_default());
    last - first > 3600
}

/// Sets the clock of the server, all at once.
fn set(time: &Path, offset: i64) {
    let next = time.with_extension("next");
    fs::write(&next, format!("{offset:+}\n")).expect("the time is written");
    fs::rename(&next, time).expect("the time is set");
}

/// Where systems have it. The variant for programs with threads comes first.
fn library() -> Option<PathBuf> {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let names = ["libfaketimeMT.so.1", "libfaketime.so.1"];
    let files =
        folders.iter().flat_map(|folder| names.map(|name| Path::new(folder).join("faketime").join(name)));
    files.into_iter().find(|file| file.is_file())
}
