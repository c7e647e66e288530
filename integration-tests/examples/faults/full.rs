//! A disk that is full, and has space again.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use crate::{
    chance::Chance,
    disk::Place,
    round::{Fault, Strike, Struck, TERMINALS},
};

/// The disk is full until a sale is refused. With space again sales go on, without a restart; then `kill -9`.
pub struct FullDisk;

impl Fault for FullDisk {
    fn name(&self) -> String {
        "full disk, space, sales, kill -9".to_owned()
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        Place::tmpfs(work, 64)
    }

    async fn strike(&mut self, shop: &mut Struck, chance: &mut Chance) -> Strike {
        let program = shop.start();
        let mut selling = shop.tills.sell(&program.address, TERMINALS);
        let mut strike = Strike::hit(0);
        strike.demand(selling.sold(10).await, "too few sales were acknowledged");
        let ballast = shop.place.root().join("ballast");
        fill(&ballast, chance.below(256) * 1024);
        strike.hits = usize::from(selling.until(|known| !known.refused.is_empty()).await);
        strike.demand(strike.hits > 0, "no sale was refused within a minute");
        fs::remove_file(&ballast).expect("the disk has space again");
        strike.demand(selling.sold(20).await, "sales do not go on with space again");
        program.kill();
        selling.ended().await;
        strike
    }
}

/// Writes until nothing more fits, and then leaves a little: it is another statement each time that finds no space.
fn fill(ballast: &Path, left: u64) {
    let mut file = File::create(ballast).expect("a file");
    while file.write_all(&[0; 4096]).is_ok() {}
    let length = file.metadata().expect("its length").len();
    file.set_len(length.saturating_sub(left)).expect("it can be shorter");
}
