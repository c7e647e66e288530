//! Files with a token in them: only the user who made one can read it.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use crate::failure::Failure;

/// Refuses a file that is there: the token in it may be somebody's only one.
pub fn must_be_free(file: &Path) -> Result<(), Failure> {
    if file.exists() {
        let what = format!("{} is there already; give another file with --save", file.display());
        return Err(Failure::Refused(what));
    }
    Ok(())
}

/// Writes a token into a file of its own, in place of one that is there.
pub fn write(file: &Path, token: &str) -> io::Result<()> {
    let new = file.with_added_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(&new)?;
    writeln!(open, "{token}")?;
    open.sync_all()?;
    fs::rename(&new, file)
}
