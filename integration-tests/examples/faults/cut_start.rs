//! The server ends while it starts: on a database of an older program, and in an empty folder.

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use kassa_integration_tests::Program;

use crate::{
    backups,
    chance::Chance,
    disk::Place,
    moment::{Moments, Paths},
    old::age,
    power::Blow,
    round::{Fault, Strike, Struck, TERMINALS},
};

/// What a start makes, and what it is at when this is there: the last that is there counts.
type Steps = &'static [(&'static str, &'static str)];

const UPGRADE: Steps = &[
    ("", "before its backup"),
    ("unfinished.db", "while the backup of before is made"),
    ("pre-migration.db", "after the backup of before"),
    ("gen-unfinished", "while the copy takes its steps, and is proved"),
    ("gen-0*", "after the copy has its name"),
    ("CURRENT", "after CURRENT names the copy"),
];
const UPGRADE_SIGHTS: &[&str] = &[
    "unfinished.db",
    "pre-migration.db",
    "gen-unfinished/kassa.db",
    "gen-unfinished/kassa.db-wal",
    "gen-0*",
    "CURRENT",
];
const FIRST: Steps = &[
    ("", "before CURRENT"),
    ("CURRENT", "before there is a database"),
    ("kassa.db", "while the database is made"),
    ("keys/pepper", "after the pepper is written"),
    ("keys/local.token", "after the local token is written"),
    ("ceilings", "after the ceilings are written"),
];
const FIRST_SIGHTS: &[&str] =
    &["lock", "CURRENT", "kassa.db", "kassa.db-wal", "keys/pepper", "keys/local.token", "ceilings"];
const READY: &str = "after it was ready";

/// Starts that are struck.
struct Starts {
    moments: Moments,
    steps: Steps,
    /// How often, and how often another generation was the live one afterwards.
    phases: BTreeMap<(&'static str, &'static str), [usize; 2]>,
}

impl Starts {
    /// Starts a server and strikes. Says whether that was before it was ready.
    fn strike(&mut self, place: &Place, chance: &mut Chance) -> bool {
        let data = place.data();
        let blow = Blow::of(chance, place);
        let is_cut = matches!(blow, Blow::Cut(_));
        let live_before = live(&data);
        let (before, began) = (Paths::of(&data), Instant::now());
        let moment = self.moments.choose(&data, chance);
        let mut program = Program::begin(Program::command(&data));
        let Some(moment) = moment else {
            assert!(program.is_ready_at_last(), "a start that is left alone");
            self.moments.length = Some(began.elapsed());
            program.kill();
            return false;
        };
        moment.wait(&data, || false);
        let now = Paths::of(&data);
        let struck = blow.strike(&mut program);
        // Between the cut and its end a server may still say that it can't read the database.
        let is_ready =
            program.is_ready_at_last() && !program.printed.iter().any(|line| line.contains("DAMAGED"));
        if is_cut {
            place.remount();
        }
        let seen = self.steps.iter().rev().find(|(part, _)| now.has_new(&before, part));
        let phase = if is_ready { READY } else { seen.map_or("at its very beginning", |(_, phase)| phase) };
        let how = if is_cut { "power cuts" } else { "kills" };
        let counts = self.phases.entry((phase, how)).or_default();
        counts[0] += 1;
        counts[1] += usize::from(live(&data) != live_before);
        struck && !is_ready
    }

    fn remarks(&self) -> Vec<String> {
        let remark = |((phase, how), [strikes, anew]): (&(&str, &str), &[usize; 2])| {
            format!("{strikes} {how} {phase}: {} as before, {anew} another generation", strikes - anew)
        };
        self.phases.iter().map(remark).collect()
    }
}

/// The live generation, if there is one.
fn live(data: &Path) -> Option<String> {
    fs::read_to_string(data.join("CURRENT")).ok()
}

/// The first start of the present program on the database of an older one: a power cut, or `kill -9`.
pub struct CutUpgrade(Starts);

impl CutUpgrade {
    /// The first one is left alone.
    pub fn new() -> Self {
        Self(Starts { moments: Moments::new(UPGRADE_SIGHTS), steps: UPGRADE, phases: BTreeMap::new() })
    }
}

impl Fault for CutUpgrade {
    fn name(&self) -> String {
        "power cut or kill -9 during an upgrade".to_owned()
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        Place::with_power(work, 512)
    }

    async fn strike(&mut self, shop: &mut Struck, chance: &mut Chance) -> Strike {
        let program = shop.start();
        let mut selling = shop.tills.sell(&program.address, TERMINALS);
        let sold = selling.sold(20).await;
        selling.stop().await;
        let stopped = program.terminate().success();
        age(&shop.data());
        let mut strike = Strike::hit(usize::from(self.0.strike(&shop.place, chance)));
        strike.demand(sold, "too few sales were acknowledged");
        strike.demand(stopped, "the server does not stop cleanly");
        strike
    }

    async fn look(&mut self, shop: &mut Struck, program: &Program) -> Vec<String> {
        backups::prove_and_remove(&program.client(&shop.data()), &shop.data()).await
    }

    fn remarks(&self) -> Vec<String> {
        self.0.remarks()
    }
}

/// The very first start of a shop: a power cut, or `kill -9`.
pub struct CutFirstStart(Starts);

impl CutFirstStart {
    /// The first one is left alone.
    pub fn new() -> Self {
        Self(Starts { moments: Moments::new(FIRST_SIGHTS), steps: FIRST, phases: BTreeMap::new() })
    }
}

impl Fault for CutFirstStart {
    fn name(&self) -> String {
        "power cut or kill -9 during the first start".to_owned()
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        Place::with_power(work, 64)
    }

    async fn strike(&mut self, shop: &mut Struck, chance: &mut Chance) -> Strike {
        let data = shop.data();
        fs::remove_dir_all(&data).expect("the shop of the round before is gone");
        shop.place.remount();
        let mut strike = Strike::hit(usize::from(self.0.strike(&shop.place, chance)));
        match Program::try_start_with(Program::command(&data)) {
            Ok(program) => {
                shop.open_anew(program).await;
                let program = shop.start();
                let mut selling = shop.tills.sell(&program.address, TERMINALS);
                strike.demand(selling.sold(5).await, "the new shop can't sell");
                selling.stop().await;
                strike.demand(program.terminate().success(), "the server does not stop cleanly");
            }
            Err(printed) => strike.demand(false, format!("the next start fails: {printed:?}")),
        }
        strike
    }

    fn remarks(&self) -> Vec<String> {
        self.0.remarks()
    }
}
