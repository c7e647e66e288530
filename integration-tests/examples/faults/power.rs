//! The power goes under load.

use std::{fs, path::Path, time::Duration};

use kassa_integration_tests::{Cutter, Program};

use crate::{
    chance::Chance,
    disk::Place,
    round::{Fault, Strike, Struck, TERMINALS},
};

/// The file system under the data folder is shut down without writing anything more, its journal neither.
pub enum PowerCut {
    /// With the settings that a shop has.
    Honest,
    /// With `synchronous = "normal"`, which does lose sales: a harness that does not see it sees nothing.
    Control,
}

impl Fault for PowerCut {
    fn name(&self) -> String {
        match self {
            Self::Honest => "power cut".to_owned(),
            Self::Control => "control: power cut, synchronous=NORMAL".to_owned(),
        }
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        Place::with_power(work, 64)
    }

    async fn strike(&mut self, shop: &mut Struck, chance: &mut Chance) -> Strike {
        if matches!(self, Self::Control) {
            let weak = "[sqlite]\nsynchronous = \"normal\"\n";
            fs::write(shop.data().join("kassa.toml"), weak).expect("the configuration is written");
        }
        let mut program = shop.start();
        let blow = Blow::cut(&shop.place);
        let mut selling = shop.tills.sell(&program.address, TERMINALS);
        let sold = selling.sold(20).await;
        tokio::time::sleep(Duration::from_micros(chance.below(20_000))).await;
        selling.deafen();
        let struck = blow.strike(&mut program);
        selling.ended().await;
        shop.place.remount();
        let mut strike = Strike::hit(usize::from(struck));
        strike.demand(sold, "too few sales were acknowledged");
        strike
    }
}

/// How a server ends that nobody told to.
pub enum Blow {
    /// The power goes, and then the server too.
    Cut(Cutter),
    /// `kill -9`.
    Kill,
}

impl Blow {
    /// A power cut on a disk.
    pub fn cut(place: &Place) -> Self {
        Self::Cut(Cutter::at(place.root()).expect("it was there before"))
    }

    /// One of both.
    pub fn of(chance: &mut Chance, place: &Place) -> Self {
        if chance.below(2) == 0 { Self::cut(place) } else { Self::Kill }
    }

    /// Strikes; says whether it did. The disk of a power cut has to be mounted again.
    pub fn strike(self, program: &mut Program) -> bool {
        let struck = match self {
            Self::Cut(cutter) => cutter.cut().is_ok(),
            Self::Kill => true,
        };
        program.end_at_once();
        struck
    }
}
