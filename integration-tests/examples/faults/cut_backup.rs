//! The power goes while a backup is made.

use std::{collections::BTreeMap, path::Path, time::Instant};

use kassa_client::proto::v1::{self as pb, BackupPhase};
use kassa_integration_tests::Program;

use crate::{
    backups,
    chance::Chance,
    disk::Place,
    heard::Heard,
    moment::Moments,
    power::Blow,
    round::{Fault, Strike, Struck, TERMINALS},
};

/// The power goes while a backup is made and terminals sell.
pub struct CutBackup {
    moments: Moments,
    /// What was heard of it when the power went.
    phases: BTreeMap<&'static str, usize>,
    /// The backup that was acknowledged before.
    made: Option<String>,
}

impl CutBackup {
    /// The first one is left alone.
    pub fn new() -> Self {
        let moments = Moments::new(&["unfinished.db", ".new", ".json"]);
        Self { moments, phases: BTreeMap::new(), made: None }
    }
}

impl Fault for CutBackup {
    fn name(&self) -> String {
        "power cut during a backup".to_owned()
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        Place::with_power(work, 256)
    }

    async fn strike(&mut self, shop: &mut Struck, chance: &mut Chance) -> Strike {
        let mut program = shop.start();
        let (data, kassa) = (shop.data(), program.client(&shop.data()));
        let blow = Blow::cut(&shop.place);
        let mut selling = shop.tills.sell(&program.address, TERMINALS);
        let sold = selling.sold(10).await;
        let (moment, began) = (self.moments.choose(&data, chance), Instant::now());
        let mut heard = Heard::of(kassa.backups().create_backup(pb::CreateBackupRequest {}));
        let is_left_alone = moment.is_none();
        match moment {
            Some(moment) => moment.wait(&data, || heard.has_ended()),
            None => heard.end().await,
        }
        self.moments.length.get_or_insert_with(|| began.elapsed());
        let last = heard.last();
        selling.deafen();
        let struck = blow.strike(&mut program);
        selling.ended().await;
        shop.place.remount();
        let made = last.as_ref().ok().and_then(|last| last.as_ref()?.backup.as_ref());
        self.made = made.map(|backup| backup.name.clone());
        let mut strike = Strike::hit(usize::from(struck && self.made.is_none()));
        strike.demand(sold, "too few sales were acknowledged");
        match last {
            Ok(last) if !is_left_alone => *self.phases.entry(phase(last.as_ref())).or_default() += 1,
            Ok(_) => {}
            Err(error) => strike.demand(false, format!("the backup is refused: {error}")),
        }
        strike
    }

    async fn look(&mut self, shop: &mut Struck, program: &Program) -> Vec<String> {
        let kassa = program.client(&shop.data());
        let is_there = match &self.made {
            Some(made) => backups::files(&shop.data()).contains(made),
            None => true,
        };
        let mut findings = backups::prove_and_remove(&kassa, &shop.data()).await;
        if !is_there {
            findings.push(format!("{:?} was acknowledged, and is not there", self.made));
        }
        if let Err(error) = backups::make(&kassa).await {
            findings.push(format!("a backup can't be made: {error}"));
        }
        findings
    }

    fn remarks(&self) -> Vec<String> {
        self.phases.iter().map(|(phase, cuts)| format!("{cuts} cuts {phase}")).collect()
    }
}

fn phase(last: Option<&pb::CreateBackupResponse>) -> &'static str {
    match last {
        None => "before its first word",
        Some(part) if part.backup.is_some() => "after it was made",
        Some(part) => match part.phase() {
            BackupPhase::Copying => "while the books were copied",
            _ => "while the copy was proved, or got its name",
        },
    }
}
