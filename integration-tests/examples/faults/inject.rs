//! A fault in one call of the server's to the system, at each one in turn.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use kassa_integration_tests::Program;

use crate::{
    chance::Chance,
    disk::{self, Place},
    round::{Fault, Strike, Struck},
    work::Work,
};

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

/// A call that changes files.
#[derive(Clone, Copy)]
pub enum Call {
    Write,
    Sync,
    Truncate,
    Rename,
}

/// The server does something, and one call on the files of it goes wrong: the first one in the first round, and so on
/// until a run gets through uninjured.
pub struct Inject {
    work: Work,
    injury: Injury,
    call: Call,
    step: usize,
    next: usize,
    /// How often each of the server's threads was hit, by its name: each has its own Nth call.
    threads: BTreeMap<String, usize>,
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
    /// Those that some work makes.
    pub fn every(work: Work) -> impl Iterator<Item = Self> {
        let last = if matches!(work, Work::Sales) { Self::Truncate } else { Self::Rename };
        [Self::Write, Self::Sync, last].into_iter()
    }

    /// Whether one sale makes many of them.
    pub fn is_frequent(self) -> bool {
        matches!(self, Self::Write)
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            // SQLite's, ours, and how a file is copied.
            Self::Write => ("write", "pwrite64,write,copy_file_range"),
            Self::Sync => ("sync", "fsync,fdatasync"),
            Self::Truncate => ("truncation", "ftruncate"),
            Self::Rename => ("renaming", "rename"),
        }
    }
}

impl Inject {
    /// Every call of a kind, or some of them.
    pub fn new(work: Work, injury: Injury, call: Call, short: bool) -> Self {
        // The short version leaves calls out.
        let step = match (short && call.is_frequent(), work) {
            (false, _) => 1,
            (true, Work::Sales) => 17,
            (true, _) => 47,
        };
        Self { work, injury, call, step, next: 1, threads: BTreeMap::new() }
    }

    fn command(&self, data: &Path, log: &Path) -> Command {
        let (call, injury) = (self.call.words().1, self.injury.words().1);
        let server = Program::command(data);
        let mut command = Command::new("strace");
        // Beside the server, not above it: the server stays our child, and signals reach it.
        // Each line begins with the thread that it is of, by number and name.
        command.args(["-D", "-I2", "-f", "-Y", "-e", &format!("trace={call}"), "-o"]).arg(log);
        command.args(["-e", &format!("inject={call}:{injury}:when={}", self.next)]);
        for file in self.work.files(data, self.call) {
            command.arg("-P").arg(file);
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
        format!("{} at the Nth {}{}", self.injury.words().0, self.call.words().0, self.work.words())
    }

    fn place(&self, work: &Path) -> Result<Place, String> {
        disk::run(Command::new("strace").args(["-e", "inject=fsync:error=EIO", "true"]))?;
        Place::folder(work)
    }

    async fn strike(&mut self, shop: &mut Struck, _: &mut Chance) -> Strike {
        let log = shop.place.root().join("calls");
        let mut strike = Strike::hit(0);
        self.work.prepare(shop).await;
        // One that does not start has met its fault early.
        if let Ok(program) = Program::try_start_with(self.command(&shop.data(), &log)) {
            self.work.run(shop, &program, &mut strike).await;
            program.terminate();
        }
        let seen = fs::read_to_string(&log).expect("strace wrote its log");
        strike.hits = usize::from(is_injured(&seen));
        for thread in injured_threads(&seen) {
            *self.threads.entry(thread).or_default() += 1;
        }
        strike.last = strike.hits == 0;
        self.next += self.step;
        strike
    }

    fn remarks(&self) -> Vec<String> {
        let threads = self.threads.iter().map(|(thread, hits)| format!("{thread} {hits}"));
        let threads = threads.collect::<Vec<_>>().join(", ");
        if threads.is_empty() { Vec::new() } else { vec![format!("calls by thread: {threads}")] }
    }
}

/// Lets go of the server.
pub fn let_go(program: &Program) {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).expect("the server runs");
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:")).expect("a line for it");
    // 0 is nobody any more; `kill 0` would end us.
    if tracer.trim() != "0" {
        disk::run(Command::new("kill").arg(tracer.trim())).expect("strace can be told to go");
    }
}

/// Whether the call was injured. strace is gone: the server's output, which it held too, came to its end.
fn is_injured(seen: &str) -> bool {
    seen.contains("(INJECTED)") || seen.contains("killed by SIGKILL")
}

/// The names of the threads whose calls failed. Who kills the server ends all of them.
fn injured_threads(seen: &str) -> impl Iterator<Item = String> {
    let lines = seen.lines().filter(|line| line.contains("(INJECTED)"));
    lines.filter_map(|line| Some(line.split_once('<')?.1.split_once('>')?.0.to_owned()))
}
