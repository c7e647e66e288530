//! Files with a token in them, which only the user who made one can read; and PINs, which are never an
//! argument: arguments are in the shell's history, and everybody sees them.

use std::{
    fs::{self, OpenOptions},
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};

use crate::failure::Failure;

/// Removes a file with a token, and says whether there was one.
pub fn remove(file: &Path) -> io::Result<bool> {
    match fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where PINs come from.
#[derive(Debug, Clone, Copy)]
pub enum Pins {
    /// Somebody types them, and they are not shown.
    Keyboard,
    /// A script writes each into a line.
    Stdin,
}

impl From<bool> for Pins {
    /// From `--pin-stdin`.
    fn from(stdin: bool) -> Self {
        if stdin { Self::Stdin } else { Self::Keyboard }
    }
}

impl Pins {
    /// The next PIN.
    pub fn ask(self, question: &str) -> Result<String, Failure> {
        let mut line = String::new();
        match self {
            Self::Stdin => {
                io::stdin().read_line(&mut line)?;
            }
            Self::Keyboard => {
                let terminal = console::Term::stderr();
                if !terminal.is_term() || !io::stdin().is_terminal() {
                    let what = "nobody can type a PIN here: write it into standard input, with --pin-stdin";
                    return Err(Failure::Usage(what.to_owned()));
                }
                terminal.write_str(&format!("{question}: "))?;
                line = terminal.read_secure_line()?;
            }
        }
        Ok(line.trim().to_owned())
    }
}

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
