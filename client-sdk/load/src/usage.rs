//! What a load costs the machine, as far as the system tells: Linux does.

use std::{fs, time::Duration};

/// Processor time of this process so far.
#[must_use]
pub fn own() -> Option<Duration> {
    ticks("self", 14)
}

/// Processor time of the children of this process that have ended.
#[must_use]
pub fn of_ended_children() -> Option<Duration> {
    ticks("self", 16)
}

/// Processor time of another process so far.
#[must_use]
pub fn of(process: u32) -> Option<Duration> {
    ticks(&process.to_string(), 14)
}

/// The most memory that a process has had, in bytes.
#[must_use]
pub fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1_024)
}

/// Two fields of `man 5 proc_pid_stat`, user and system time, in hundredths of a second.
fn ticks(process: &str, user: usize) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name, which may hold anything; what follows begins with the third.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks(user)? + ticks(user + 1)?) * 10))
}
