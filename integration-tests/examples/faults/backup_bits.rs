//! One bit of a backup is another one: it is refused, whatever the bit.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kassa_client::{
    Kassa,
    proto::v1::{self as pb, BackupState, ErrorReason},
};
use kassa_integration_tests::{Program, Tills};
use kassa_server::{config::Config, lifecycle::prove_file, store::DataFolder};

use crate::{backups, chance::Chance, disk::Place, round::TERMINALS, tally::Tally};

const SALES: usize = 100;

/// A backup and its manifest, and the shop that they are of.
struct Backup {
    data: PathBuf,
    name: String,
    copy: Vec<u8>,
    manifest: Vec<u8>,
}

/// What was counted.
#[derive(Default)]
struct Counts {
    copies: usize,
    refused_manifests: usize,
    harmless_manifests: usize,
}

/// Flips a bit of a backup, has it proved and restored, and so on; every fourth time it is one of its manifest.
pub async fn flip(rounds: usize, seed: u64, work: &Path) -> Tally {
    let mut tally = Tally::new("one bit of a backup flipped".to_owned());
    let place = match Place::folder(work) {
        Ok(place) => place,
        Err(missing) => return tally.skipped(&missing),
    };
    let tills = Tills::open(&place.data()).await;
    let program = Program::start_with(command(&place.data()));
    let kassa = program.client(&place.data());
    let mut selling = tills.sell(&program.address, TERMINALS);
    assert!(selling.sold(SALES).await, "the terminals sell");
    selling.stop().await;
    tally.acknowledged = tills.known().sold.len();
    let backup = Backup::of(&kassa, place.data()).await;
    let mut counts = Counts::default();
    for round in 0..rounds {
        let mut chance = Chance::of(seed, &tally.name, round);
        let findings = if round % 4 == 3 {
            backup.flip_manifest(&kassa, &mut chance, &mut counts).await
        } else {
            backup.flip_copy(&kassa, &mut chance, &mut counts).await
        };
        tally.rounds += 1;
        tally.hits += usize::from(findings.is_empty());
        findings.into_iter().for_each(|finding| tally.finding(finding));
        tally.tell(round);
    }
    // Whatever was tried: the shop has the books that it had.
    backup.write(&backup.copy, &backup.manifest);
    match tills.prove(&kassa).await {
        Ok(proof) => tally.prove(proof),
        Err(error) => tally.finding(format!("the server does not tell its sales: {error}")),
    }
    let Counts { copies, refused_manifests, harmless_manifests } = counts;
    tally.remarks = vec![
        format!("{copies} flips in backups refused"),
        format!("{refused_manifests} flips in manifests refused, {harmless_manifests} harmless"),
    ];
    tally.done();
    tally
}

/// A server that makes no daily backup meanwhile.
fn command(data: &Path) -> std::process::Command {
    let mut command = Program::command(data);
    command.env("KASSA_LIMITS__BACKUP_CHECK_MS", "86400000");
    command
}

impl Backup {
    async fn of(kassa: &Kassa, data: PathBuf) -> Self {
        let name = backups::make(kassa).await.expect("a backup is made");
        let file = data.join("backups").join(&name);
        let copy = fs::read(&file).expect("the backup");
        let manifest = fs::read(file.with_extension("json")).expect("its manifest");
        Self { data, name, copy, manifest }
    }

    fn file(&self) -> PathBuf {
        self.data.join("backups").join(&self.name)
    }

    fn write(&self, copy: &[u8], manifest: &[u8]) {
        fs::write(self.file(), copy).expect("the backup is written");
        fs::write(self.file().with_extension("json"), manifest).expect("its manifest is written");
    }

    /// What of it is not refused.
    async fn flip_copy(&self, kassa: &Kassa, chance: &mut Chance, counts: &mut Counts) -> Vec<String> {
        let (damaged, bit) = flipped(&self.copy, chance);
        self.write(&damaged, &self.manifest);
        let mut findings = self.restored(kassa).await;
        // Whoever looks at it first: the server's own program, which proves a file on any drive.
        self.write(&damaged, &self.manifest);
        let folder = DataFolder::open_to_read(&self.data).expect("there are books");
        if prove_file(&folder, &Config::default(), &self.file()).await.is_ok() {
            findings.push("kassa-server restore finds it sound".to_owned());
        }
        match backups::verify(kassa, &self.name).await {
            Ok((BackupState::Damaged, faults)) if !faults.is_empty() => {}
            found => findings.push(format!("VerifyBackup finds {found:?}")),
        }
        match self.listed(kassa).await {
            Ok(Some(BackupState::Damaged)) => {}
            listed => findings.push(format!("ListBackups offers it then: {listed:?}")),
        }
        counts.copies += usize::from(findings.is_empty());
        findings.into_iter().map(|finding| format!("{bit} of the backup: {finding}")).collect()
    }

    /// What is neither refused nor harmless: the backup beside it is whole.
    async fn flip_manifest(&self, kassa: &Kassa, chance: &mut Chance, counts: &mut Counts) -> Vec<String> {
        let (damaged, bit) = flipped(&self.manifest, chance);
        self.write(&self.copy, &damaged);
        let offered = self.listed(kassa).await;
        let found = backups::verify(kassa, &self.name).await;
        let mut findings = Vec::new();
        match (&offered, &found) {
            (Ok(Some(_)), Ok((BackupState::Damaged, faults))) if !faults.is_empty() => {
                counts.refused_manifests += 1;
                findings = self.restored(kassa).await;
            }
            (Ok(Some(BackupState::Verified)), Ok((BackupState::Verified, faults))) if faults.is_empty() => {
                counts.harmless_manifests += 1;
            }
            _ => findings.push(format!("it is listed as {offered:?}, and found to be {found:?}")),
        }
        if fs::read(self.file()).ok().as_ref() != Some(&self.copy) {
            findings.push("the backup itself was changed".to_owned());
        }
        findings.into_iter().map(|finding| format!("{bit} of the manifest: {finding}")).collect()
    }

    /// How it is listed.
    async fn listed(&self, kassa: &Kassa) -> Result<Option<BackupState>, kassa_client::Error> {
        let listed = backups::list(kassa).await?;
        Ok(listed.iter().find(|backup| backup.name == self.name).map(pb::Backup::state))
    }

    /// What is said if it is restored all the same.
    async fn restored(&self, kassa: &Kassa) -> Vec<String> {
        let request = pb::RestoreBackupRequest { name: self.name.clone(), dry_run: false };
        let restored = match kassa.backups().restore_backup(request).await {
            Ok(parts) => parts.last().await,
            Err(error) => Err(error),
        };
        match restored {
            Err(error) if error.is(ErrorReason::BackupDamaged) => Vec::new(),
            answer => vec![format!("RestoreBackup says {answer:?}")],
        }
    }
}

/// The same bytes but for a bit, and which one it is.
fn flipped(bytes: &[u8], chance: &mut Chance) -> (Vec<u8>, String) {
    let byte = usize::try_from(chance.below(bytes.len() as u64)).expect("one of its bytes");
    let bit = chance.below(8);
    let mut damaged = bytes.to_vec();
    damaged[byte] ^= 1 << bit;
    (damaged, format!("bit {bit} of byte {byte}"))
}
