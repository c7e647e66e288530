//! A fault in one call of the server's to the system, at each one in turn.

use std::{fs, path::Path, process::Command};

use kassa_integration_tests::Program;

use crate::{
    chance::Chance,
    disk::{self, Place},
    round::{Fault, Strike, Struck},
};

const SALES: usize = 3;
/// The short version leaves calls out.
const SHORT_STEP: usize = 17;

/// What happens at the call.
#[derive(Clone, Copy)]
pub enum Injury {
    /// The server is killed before it.
    Kill,
    /// The disk is broken.
    Eio,
    /// The disk is full.
    Enospc,
}

/// A call that changes the database's files.
#[derive(Clone, Copy)]
pub enum Call {
    Write,
    Sync,
    Truncate,
}

/// The server starts, takes some sales and stops, and one call on its database files goes wrong: the first one in the
/// first round, and so on until a run gets through uninjured.
pub struct Inject {
    injury: Injury,
    call: Call,
    step: usize,
    next: usize,
}

impl Injury {
    /// All of them.
    pub fn every() -> impl Iterator<Item = Self> {
        [Self::Kill, Self::Eio, Self::Enospc].into_iter()
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Kill => ("SIGKILL", "signal=KILL"),
            Self::Eio => ("EIO", "error=EIO"),
            Self::Enospc => ("ENOSPC", "error=ENOSPC"),
        }
    }
}

impl Call {
    /// All of them.
    pub fn every() -> impl Iterator<Item = Self> {
        [Self::Write, Self::Sync, Self::Truncate].into_iter()
    }

    /// Whether one sale makes many of them.
    pub fn is_frequent(self) -> bool {
        matches!(self, Self::Write)
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Write => ("write", "pwrite64"),
            // SQLite here calls `fsync`.
            Self::Sync => ("sync", "fsync"),
            Self::Truncate => ("truncation", "ftruncate"),
        }
    }
}

impl Inject {
    /// Every call of a kind, or some of them.
    pub fn new(injury: Injury, call: Call, short: bool) -> Self {
        let step = if short && call.is_frequent() { SHORT_STEP } else { 1 };
        Self { injury, call, step, next: 1 }
    }

    fn command(&self, data: &Path, log: &Path) -> Command {
        let (call, injury) = (self.call.words().1, self.injury.words().1);
        let server = Program::command(data);
        let mut command = Command::new("strace");
        // Beside the server, not above it: the server stays our child, and signals reach it.
        command.args(["-D", "-I2", "-f", "-e", &format!("trace={call}"), "-o"]).arg(log);
        command.args(["-e", &format!("inject={call}:{injury}:when={}", self.next)]);
        for end in ["", "-wal", "-shm"] {
            command.arg("-P").arg(data.join(format!("gen-000001/kassa.db{end}")));
        }
        command.arg(server.get_program()).args(server.get_args());
        for (variable, _) in server.get_envs() {
            command.env_remove(variable);
        }
        command
    }
}

impl Fault for Inject {
    fn name(&self) -> String {
        format!("{} at the Nth {}", self.injury.words().0, self.call.words().0)
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        disk::run(Command::new("strace").args(["-e", "inject=fsync:error=EIO", "true"]))?;
        Place::folder(work)
    }

    async fn strike(&mut self, shop: &mut Struck, _: &mut Chance) -> Strike {
        let log = shop.place.root().join("calls");
        let mut strike = Strike::hit(0);
        // One that does not start has met its fault early.
        if let Ok(program) = Program::try_start_with(self.command(&shop.data(), &log)) {
            // One terminal: the calls are the same in every round.
            let mut selling = shop.tills.sell(&program.address, 1);
            let goal = shop.tills.known().sold.len() + SALES;
            selling.until(|known| known.sold.len() >= goal || !known.refused.is_empty()).await;
            if !shop.tills.known().refused.is_empty() {
                // strace counts by thread: it would strike the next connection's Nth call, too, and the next one's.
                detach(&program);
                strike.demand(selling.sold(SALES).await, "sales do not go on after one error");
            }
            selling.stop().await;
            program.terminate();
        }
        strike.hits = usize::from(injured(&log));
        strike.last = strike.hits == 0;
        self.next += self.step;
        strike
    }
}

/// Lets go of the server.
fn detach(program: &Program) {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).expect("the server runs");
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:")).expect("a line for it");
    disk::run(Command::new("kill").arg(tracer.trim())).expect("strace can be told to go");
}

/// Whether the call was injured. strace is gone: the server's output, which it held too, came to its end.
fn injured(log: &Path) -> bool {
    let seen = fs::read_to_string(log).expect("strace wrote its log");
    seen.contains("(INJECTED)") || seen.contains("killed by SIGKILL")
}
