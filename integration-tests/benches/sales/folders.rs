//! The folders of the measurements, and the program that is measured.

use std::path::{Path, PathBuf};

use kassa_server::store::fault::NOTHING_STORED;

/// Finds the real program, as a shop runs it: the one that is given, or the one that was built beside the benchmark.
pub fn program(given: Option<PathBuf>) -> PathBuf {
    let build = "run `cargo build --release --workspace` first";
    let found = given.or_else(kassa_load::beside_this_program);
    let found = found.unwrap_or_else(|| panic!("there is no kassa-server above the benchmark: {build}"));
    let program = std::fs::read(&found).expect("the program can be read");
    let fault = NOTHING_STORED.as_bytes();
    let with_faults = program.windows(fault.len()).any(|part| part == fault);
    assert!(!with_faults, "{} is built with fault injection, which no shop runs: {build}", found.display());
    found
}

/// The database of a data folder that was founded, and never restored.
pub fn database(data: &Path) -> PathBuf {
    data.join("gen-000001").join("kassa.db")
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("an entry can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("an entry has a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// Removes a folder of the benchmark's own.
pub fn remove(folder: &Path) {
    std::fs::remove_dir_all(folder).expect("a folder of the benchmark's own can be removed");
}
