//! The machine that was measured on, and the time its processors took.

use std::{fs, path::Path, process::Command};

/// What a reader needs to compare numbers with theirs.
pub fn describe(folder: &Path, program: &Path) -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
    let model = field(&processors, "model name");
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = field(&memory, "MemTotal");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let file_system = file_system(folder);
    let compiler = Command::new("rustc").arg("--version").output();
    let compiler = compiler.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "machine      {cores} x {model}, {memory} of memory\n\
         kernel       {}\n\
         file system  {file_system} ({})\n\
         compiler     {}\n\
         SQLite       {}\n\
         program      {}",
        kernel.trim(),
        folder.display(),
        compiler.unwrap_or_else(|error| format!("rustc does not run: {error}")),
        rusqlite::version(),
        program.display(),
    )
}

fn field(text: &str, name: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_once(':')).map_or("?", |(_, value)| value.trim()).to_owned()
}

/// The type of the mount that a folder lies on: the longest path that leads to it.
fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().expect("the folder is there");
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (device, place, kind) = (words.next()?, words.next()?, words.next()?);
        folder.starts_with(place).then_some((place.len(), kind, device))
    });
    let Some((_, kind, device)) = mounts.max_by_key(|(length, ..)| *length) else { return "?".to_owned() };
    assert!(
        !matches!(kind, "tmpfs" | "ramfs"),
        "{} is in memory: commits cost nothing there",
        folder.display()
    );
    format!("{kind} on {device}")
}

/// Processor time, in seconds.
#[derive(Clone, Copy)]
pub struct Cpu {
    /// Of this process: the terminals, or the floor.
    own: f64,
    /// Of the servers that have ended.
    servers: f64,
}

/// Processor time of one sale, in microseconds.
#[derive(Clone, Copy)]
pub struct CpuPerSale {
    /// The server's.
    pub server: f64,
    /// The terminals'; the floor itself.
    pub terminals: f64,
}

impl Cpu {
    /// Used up to now (`man 5 proc_pid_stat`: fields 14 to 17, in hundredths of a second).
    pub fn used() -> Self {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The second field is the program's name, which may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
        let seconds = |field: usize| {
            fields.get(field - 2).and_then(|ticks| ticks.parse().ok()).map_or(0.0, |ticks: f64| ticks / 100.0)
        };
        Self { own: seconds(14) + seconds(15), servers: seconds(16) + seconds(17) }
    }

    /// Used since then, for each of `sales`.
    pub fn per_sale_since(self, before: Self, sales: i64) -> CpuPerSale {
        let per_sale = |seconds: f64| seconds * 1e6 / sales as f64;
        CpuPerSale {
            server: per_sale(self.servers - before.servers),
            terminals: per_sale(self.own - before.own),
        }
    }
}
