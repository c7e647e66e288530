//! A disk that takes longer to sync than this machine's: what `--sync-delay-ms` adds to each `fsync` and `fdatasync` of
//! the floor and of the server, by a library that is loaded before their own.
//!
//! The syncs that were delayed are counted, for a library that nothing calls would delay nothing in silence.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

const SOURCE: &str = include_str!("slow_disk.c");
/// Names without `KASSA_`, which the server's environment is cleared of.
const DELAY: &str = "SLOW_DISK_DELAY_US";
const COUNTS: &str = "SLOW_DISK_COUNTS";

/// Begins this program anew with the library in it, and in all that it starts. Comes back if that is so already.
pub fn begin(delay_ms: f64, folder: &Path) {
    if std::env::var_os(COUNTS).is_some() {
        assert!(syncs().is_some(), "the slow disk's library is not in this process");
        return;
    }
    let library = compile(folder);
    let counts = folder.join("syncs");
    fs::create_dir_all(&counts).expect("a folder for the counts");
    let mut again = Command::new(std::env::current_exe().expect("the benchmark has a path"));
    again.args(std::env::args_os().skip(1)).env("LD_PRELOAD", library).env(COUNTS, counts);
    again.env(DELAY, ((delay_ms * 1_000.0).round() as u64).to_string());
    panic!("the benchmark can't begin anew: {}", again.exec());
}

/// The workspace has no unsafe Rust, so the library is C.
fn compile(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("slow_disk.c"), folder.join("libslow_disk.so"));
    fs::create_dir_all(folder).expect("a folder for the library");
    fs::write(&source, SOURCE).expect("the source can be written");
    let arguments = ["-std=c11", "-O2", "-shared", "-fPIC", "-o"];
    let compiled = Command::new("cc").args(arguments).arg(&library).arg(&source).arg("-ldl").status();
    match compiled {
        Ok(status) if status.success() => library,
        Ok(status) => panic!("--sync-delay-ms: cc ends with {status}"),
        Err(error) => panic!("--sync-delay-ms needs a C compiler named cc: {error}"),
    }
}

/// How many syncs of this process there were so far; none where they are not counted.
pub fn syncs() -> Option<u64> {
    syncs_of(std::process::id())
}

/// The same of another process, which may have ended.
pub fn syncs_of(process: u32) -> Option<u64> {
    let counted = fs::read(Path::new(&std::env::var_os(COUNTS)?).join(process.to_string())).ok()?;
    Some(u64::from_le_bytes(counted.try_into().ok()?))
}
