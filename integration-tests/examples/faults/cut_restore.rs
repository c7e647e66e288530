//! The power goes while a backup is restored.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Instant,
};

use kassa_client::{
    Kassa,
    proto::v1::{self as pb, RestorePhase},
};
use kassa_integration_tests::{LeftOut, Program, Selling, command};

use crate::{
    backups,
    chance::Chance,
    disk::Place,
    heard::Heard,
    moment::{Moment, Moments},
    power::Blow,
    round::{Fault, Strike, Struck, TERMINALS},
};

/// Sales before the backup, and after it.
const SALES: usize = 10;
/// What a restore makes on its way.
const SIGHTS: &[&str] =
    &["unfinished.db", "pre-restore.db", "gen-unfinished/kassa.db", "gen-0*", "CURRENT.new", "CURRENT"];

/// The power goes while a backup is restored: by the server that runs, or by `kassa-server restore`.
pub struct CutRestore {
    by_server: Moments,
    by_program: Moments,
    round: usize,
    /// Which books were found, by what was heard of the restore before.
    outcomes: BTreeMap<(&'static str, At), [usize; 2]>,
    restoring: Option<Restoring>,
}

/// How far a restore was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    Verifying,
    BackingUp,
    Restoring,
    Opening,
    Done,
}

/// A restore that was struck.
struct Restoring {
    who: &'static str,
    at: At,
    /// The sales in the backup.
    kept: BTreeSet<String>,
    /// The epoch of before.
    epoch: i64,
}

impl CutRestore {
    /// The first one of each kind is left alone.
    pub fn new() -> Self {
        let (by_server, by_program) = (Moments::new(SIGHTS), Moments::new(SIGHTS));
        Self { by_server, by_program, round: 0, outcomes: BTreeMap::new(), restoring: None }
    }
}

impl Fault for CutRestore {
    fn name(&self) -> String {
        "power cut during a restore".to_owned()
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        Place::with_power(work, 512)
    }

    async fn strike(&mut self, shop: &mut Struck, chance: &mut Chance) -> Strike {
        let by_program = self.round % 2 == 1;
        self.round += 1;
        let (who, moments) = if by_program {
            ("kassa-server restore", &mut self.by_program)
        } else {
            ("RestoreBackup", &mut self.by_server)
        };
        let program = shop.start();
        let kassa = program.client(&shop.data());
        let mut strike = Strike::hit(0);
        let mut selling = shop.tills.sell(&program.address, TERMINALS);
        strike.demand(selling.sold(SALES).await, "too few sales were acknowledged");
        selling.stop().await;
        let kept = shop.tills.known().sold.keys().cloned().collect();
        let backup = backups::make(&kassa).await.expect("a backup is made");
        let epoch = epoch(&kassa).await.expect("the server has an epoch");
        let mut selling = shop.tills.sell(&program.address, TERMINALS);
        strike.demand(selling.sold(SALES).await, "too few sales were acknowledged");
        let blow = Blow::cut(&shop.place);
        let moment = moments.choose(&shop.data(), chance);
        let (is_left_alone, began) = (moment.is_none(), Instant::now());
        let (at, struck) = if by_program {
            selling.stop().await;
            strike.demand(program.terminate().success(), "the server does not stop cleanly");
            with_the_program(shop, &backup, moment, blow)
        } else {
            with_the_server(shop, (program, selling), &backup, (moment, blow), &mut strike).await
        };
        moments.length.get_or_insert_with(|| began.elapsed());
        shop.place.remount();
        strike.hits = usize::from(struck && !is_left_alone && at < At::Done);
        self.restoring = Some(Restoring { who, at, kept, epoch });
        strike
    }

    async fn look(&mut self, shop: &mut Struck, program: &Program) -> Vec<String> {
        let Some(Restoring { who, at, kept, epoch: before }) = self.restoring.take() else {
            return Vec::new();
        };
        let kassa = program.client(&shop.data());
        let now = match epoch(&kassa).await {
            Ok(epoch) => epoch,
            Err(error) => return vec![format!("the server tells no epoch: {error}")],
        };
        let is_new = now > before;
        if is_new {
            let gaps = LeftOut::of(&shop.data(), &shop.tills.known()).gaps;
            let last = gaps.last().map_or(0, |(_, last)| *last);
            shop.tills.known().restored(&kept, last);
        }
        self.outcomes.entry((who, at)).or_default()[usize::from(is_new)] += 1;
        let mut findings = Vec::new();
        if at == At::Done && !is_new {
            findings.push(format!("{who} was acknowledged, and the books are those of before"));
        }
        let mut selling = shop.tills.sell(&program.address, 1);
        if !selling.sold(1).await {
            findings.push("nothing can be sold".to_owned());
        }
        selling.stop().await;
        findings.extend(backups::prove_and_remove(&kassa, &shop.data()).await);
        findings
    }

    fn remarks(&self) -> Vec<String> {
        let remark = |((who, at), [old, new]): (&(&str, At), &[usize; 2])| {
            format!("{who}, {at:?}: {} rounds, {old} old books, {new} restored ones", old + new)
        };
        self.outcomes.iter().map(remark).collect()
    }
}

/// Restores while terminals sell: they are refused for a while, and then sell on in whatever books there are.
async fn with_the_server(
    shop: &Struck,
    (mut program, selling): (Program, Selling),
    backup: &str,
    (moment, blow): (Option<Moment>, Blow),
    strike: &mut Strike,
) -> (At, bool) {
    let kassa = program.client(&shop.data());
    let request = pb::RestoreBackupRequest { name: backup.to_owned(), dry_run: false };
    let mut heard = Heard::of(kassa.backups().restore_backup(request));
    match moment {
        Some(moment) => moment.wait(&shop.data(), || heard.has_ended()),
        None => heard.end().await,
    }
    let last = heard.last();
    selling.deafen();
    let struck = blow.strike(&mut program);
    selling.ended().await;
    let at = match last {
        Ok(None) => At::Verifying,
        Ok(Some(part)) => match part.phase() {
            RestorePhase::Verifying => At::Verifying,
            RestorePhase::BackingUp => At::BackingUp,
            RestorePhase::Restoring => At::Restoring,
            RestorePhase::Opening => At::Opening,
            RestorePhase::Unspecified => At::Done,
        },
        Err(error) => {
            strike.demand(false, format!("the restore is refused: {error}"));
            At::Verifying
        }
    };
    (at, struck)
}

/// Restores with the server's own program: the lines that it prints tell how far it is.
fn with_the_program(shop: &Struck, backup: &str, moment: Option<Moment>, blow: Blow) -> (At, bool) {
    let mut restore = command("kassa-server");
    restore.arg("restore").arg(shop.data().join("backups").join(backup)).arg("--data-dir").arg(shop.data());
    let mut program = Program::begin(restore);
    let mut at = At::Verifying;
    match moment {
        // What it printed is read afterwards.
        Some(moment) => moment.wait(&shop.data(), || false),
        None => read(&mut program, &mut at),
    }
    let struck = blow.strike(&mut program);
    read(&mut program, &mut at);
    (at, struck)
}

/// Reads what it prints, to its end.
fn read(program: &mut Program, at: &mut At) {
    while let Some(line) = program.next_line() {
        *at = match &line {
            line if line.contains(" is sound: ") => At::BackingUp,
            line if line.starts_with("the books of before ") => At::Restoring,
            line if line.starts_with("restored: ") => At::Done,
            _ => *at,
        };
    }
}

async fn epoch(kassa: &Kassa) -> Result<i64, kassa_client::Error> {
    Ok(kassa.admin().get_status(pb::GetStatusRequest::default()).await?.into_inner().epoch)
}
