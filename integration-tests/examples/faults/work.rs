//! What a server does while a call of its goes wrong.

use std::path::{Path, PathBuf};

use kassa_integration_tests::Program;
use kassa_server::store::DataFolder;

use crate::{
    backups,
    inject::{Call, let_go},
    old::age,
    round::{Strike, Struck},
};

const SALES: usize = 3;

/// What the server is at.
#[derive(Clone, Copy)]
pub enum Work {
    /// It starts, sells and stops.
    Sales,
    /// It makes a backup, and sells.
    Backup,
    /// It brings an older database up to date.
    Upgrade,
}

impl Work {
    /// What follows in a fault's name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Sales => "",
            Self::Backup => " of a backup",
            Self::Upgrade => " of an upgrade",
        }
    }

    /// The files whose calls of a kind go wrong; all where none is named.
    pub fn files(self, data: &Path, call: Call) -> Vec<PathBuf> {
        let files: &[&str] = match self {
            Self::Sales => {
                let database = DataFolder::open_to_read(data).expect("there are books").database();
                return ["db", "db-wal", "db-shm"].map(|end| database.with_extension(end)).into();
            }
            // The name of a manifest that gets its own has the time in it.
            Self::Backup if matches!(call, Call::Rename) => &[],
            Self::Backup => &["backups", "backups/unfinished.db", "backups/unfinished.db-journal"],
            Self::Upgrade => &[
                "",
                "CURRENT.new",
                "backups",
                "backups/unfinished.db",
                "gen-unfinished",
                "gen-unfinished/kassa.db",
                "gen-unfinished/kassa.db-wal",
            ],
        };
        files.iter().map(|file| data.join(file)).collect()
    }

    /// Makes ready what the work is done on. No server runs.
    pub async fn prepare(self, shop: &Struck) {
        if matches!(self, Self::Upgrade) {
            let program = shop.start();
            let mut selling = shop.tills.sell(&program.address, 1);
            selling.sold(SALES).await;
            selling.stop().await;
            assert!(program.terminate().success(), "the server stops cleanly");
            age(&shop.data());
        }
    }

    /// Does it with a server that has started.
    pub async fn run(self, shop: &Struck, program: &Program, strike: &mut Strike) {
        // One terminal: the calls are the same in every round.
        let mut selling = shop.tills.sell(&program.address, 1);
        let goal = shop.tills.known().sold.len() + SALES;
        selling.until(|known| known.sold.len() >= goal || !known.refused.is_empty()).await;
        if matches!(self, Self::Backup) {
            back_up(shop, program, strike).await;
        }
        if !shop.tills.known().refused.is_empty() {
            // strace counts by thread: it would strike the next connection's Nth call, too, and the next one's.
            let_go(program);
            strike.demand(selling.sold(SALES).await, "sales do not go on after one error");
        }
        selling.stop().await;
    }
}

/// Makes a backup. If it is refused, that is said with a reason, nothing half-made stays, and the next one is made.
async fn back_up(shop: &Struck, program: &Program, strike: &mut Strike) {
    let kassa = program.client(&shop.data());
    let Err(refusal) = backups::make(&kassa).await else { return };
    if refusal.is_unreachable() {
        return;
    }
    let_go(program);
    strike.demand(refusal.reason().is_some(), format!("a backup is refused without a reason: {refusal}"));
    strike.findings.extend(backups::prove_and_remove(&kassa, &shop.data()).await);
    let again = backups::make(&kassa).await;
    strike.demand(again.is_ok(), format!("after a backup that was refused there is no other: {again:?}"));
    *shop.tills.known().refused.entry(refusal.to_string()).or_default() += 1;
}
