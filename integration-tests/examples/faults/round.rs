//! What every round is: a shop, a strike, a start by itself, and the proof.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use kassa_integration_tests::{Program, Run, Tills, command};

use crate::{
    chance::Chance,
    disk::{self, Place},
    tally::Tally,
};

/// A shop lives so many rounds. Then another one is opened: proofs stay short.
const ROUNDS_OF_A_SHOP: usize = 20;
/// Terminals that sell at once.
pub const TERMINALS: usize = 4;

/// Something that happens to a server under load.
pub trait Fault {
    /// Its name in the table.
    fn name(&self) -> String;

    /// Where the shop's data folder lies.
    ///
    /// # Errors
    /// What this machine lacks: then the fault is skipped.
    fn place(&self, work: &Path) -> Result<Place, String>;

    /// Starts the server, lets terminals sell, and strikes. No server runs afterwards.
    async fn strike(&mut self, shop: &mut Struck, chance: &mut Chance) -> Strike;

    /// What else does not hold, once the server has started by itself again.
    async fn look(&mut self, _shop: &mut Struck, _program: &Program) -> Vec<String> {
        Vec::new()
    }

    /// What stands behind the counts.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The shop that is struck.
pub struct Struck {
    /// Where its folder lies.
    pub place: Place,
    /// Its terminals.
    pub tills: Tills,
    /// What shops sold that were here before it.
    sold_before: usize,
}

/// What a strike did.
pub struct Strike {
    /// How often the fault really struck.
    pub hits: usize,
    /// What did not go as it must while the server ran.
    pub findings: Vec<String>,
    /// Another round can't do more.
    pub last: bool,
}

impl Strike {
    /// One that struck so often, with nothing to complain of.
    pub fn hit(hits: usize) -> Self {
        Self { hits, findings: Vec::new(), last: false }
    }

    /// Complains where something does not hold.
    pub fn demand(&mut self, holds: bool, finding: impl Into<String>) {
        if !holds {
            self.findings.push(finding.into());
        }
    }
}

impl Struck {
    async fn open(place: Place) -> Self {
        let tills = Tills::open(&place.data()).await;
        Self { place, tills, sold_before: 0 }
    }

    /// Another shop is here now, whose server runs; it is stopped.
    pub async fn open_anew(&mut self, program: Program) {
        self.sold_before += self.tills.known().sold.len();
        self.tills = Tills::open_at(program, &self.data()).await;
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.place.data()
    }

    /// Keeps its folder, which shows a finding.
    fn keep(&self, evidence: &Path) {
        fs::create_dir_all(evidence).expect("a folder for evidence");
        disk::run(Command::new("cp").arg("-a").arg(self.data()).arg(evidence)).expect("it is copied");
        println!("  evidence: {}", evidence.display());
    }

    /// Starts the server on it.
    pub fn start(&self) -> Program {
        Program::start(&self.data())
    }
}

/// Strikes a fault's rounds, each on its own chance, and counts.
pub async fn strike_again_and_again(mut fault: impl Fault, rounds: usize, seed: u64, work: &Path) -> Tally {
    let mut tally = Tally::new(fault.name());
    let mut shop = None;
    for round in 0..rounds {
        if round % ROUNDS_OF_A_SHOP == 0 {
            close(&mut shop, &mut tally);
        }
        if shop.is_none() {
            match fault.place(work) {
                Ok(place) => shop = Some(Struck::open(place).await),
                Err(missing) => return tally.skipped(&missing),
            }
        }
        let Some(struck) = &mut shop else { break };
        let before = tally.findings.len();
        let strike = fault.strike(struck, &mut Chance::of(seed, &tally.name, round)).await;
        let last = strike.last;
        tally.count(strike);
        prove(&mut fault, struck, &mut tally).await;
        tally.tell(round);
        if tally.findings.len() > before {
            struck.keep(
                &work.join("kassa-faults-evidence").join(format!("{seed}-{}-{round}", tally.file_name())),
            );
            // What is wrong once would be found in every round after it.
            close(&mut shop, &mut tally);
        }
        if last {
            break;
        }
    }
    close(&mut shop, &mut tally);
    tally.remarks = fault.remarks();
    tally.done();
    tally
}

/// Counts what a shop sold; its place is gone.
fn close(shop: &mut Option<Struck>, tally: &mut Tally) {
    let Some(shop) = shop.take() else { return };
    let known = shop.tills.known();
    tally.acknowledged += known.sold.len() + known.on_paper.len() + shop.sold_before;
}

/// The server starts by itself, takes what was left open under the same keys, and has everything once; and its books
/// are sound.
async fn prove(fault: &mut impl Fault, shop: &mut Struck, tally: &mut Tally) {
    let tills = &shop.tills;
    tally.refused += std::mem::take(&mut tills.known().refused).values().sum::<usize>();
    let program = match Program::try_start_with(Program::command(&tills.data)) {
        Ok(program) => program,
        Err(printed) => return tally.finding(format!("the server does not start: {printed:?}")),
    };
    fault.look(shop, &program).await.into_iter().for_each(|finding| tally.finding(finding));
    let tills = &shop.tills;
    let kassa = program.client(&tills.data);
    match tills.settle(&kassa).await {
        Ok(stored) => tally.stored += stored,
        Err(error) => tally.finding(format!("a sale can't be sent again: {error}")),
    }
    match tills.prove(&kassa).await {
        Ok(proof) => tally.prove(proof),
        Err(error) => tally.finding(format!("the server does not tell its sales: {error}")),
    }
    if !program.terminate().success() {
        tally.finding("the server does not stop cleanly".to_owned());
    }
    let check = check(&tills.data);
    if check.status != 0 {
        tally.finding(format!("the check is not sound: {}{}", check.output, check.complaints));
    }
}

/// `kassa-server check`.
pub fn check(data: &Path) -> Run {
    Run::of(command("kassa-server").arg("--data-dir").arg(data).arg("check"))
}
