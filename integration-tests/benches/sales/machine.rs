//! The machine that was measured on.

use std::{fs, path::Path, process::Command, time::Duration};

use kassa_load::file_system;

/// What a reader needs to compare numbers with theirs.
pub fn describe(folder: &Path, program: &Path) -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
    let model = field(&processors, "model name");
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = field(&memory, "MemTotal");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let file_system = file_system(folder);
    let in_memory = file_system.as_ref().is_some_and(kassa_load::FileSystem::is_in_memory);
    assert!(!in_memory, "{} is in memory: commits cost nothing there", folder.display());
    let compiler = Command::new("rustc").arg("--version").output();
    let compiler = compiler.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "machine      {cores} x {model}, {memory} of memory\n\
         load         {} (what else ran when it began)\n\
         kernel       {}\n\
         file system  {} ({})\n\
         compiler     {}\n\
         SQLite       {}\n\
         program      {}",
        load.trim(),
        kernel.trim(),
        file_system.map_or_else(|| "?".to_owned(), |it| it.to_string()),
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

/// Processor time of this thread so far (`man 5 proc_pid_schedstat`); none where the system does not tell.
pub fn cpu_of_this_thread() -> Option<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
