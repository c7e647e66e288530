//! `kill -9` under load.

use std::{path::Path, time::Duration};

use crate::{
    chance::Chance,
    disk::Place,
    round::{Fault, Strike, Struck, TERMINALS},
};

/// `kill -9` while terminals sell, each time at another moment of a batch.
pub struct KillNine;

impl Fault for KillNine {
    fn name(&self) -> String {
        "kill -9".to_owned()
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        Place::folder(work)
    }

    async fn strike(&mut self, shop: &mut Struck, chance: &mut Chance) -> Strike {
        let program = shop.start();
        let mut selling = shop.tills.sell(&program.address, TERMINALS);
        let sold = selling.sold(20).await;
        tokio::time::sleep(Duration::from_micros(chance.below(20_000))).await;
        program.kill();
        selling.ended().await;
        let mut strike = Strike::hit(1);
        strike.demand(sold, "too few sales were acknowledged");
        strike
    }
}
