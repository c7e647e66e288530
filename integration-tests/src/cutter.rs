//! Cuts the power of a file system.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A program that waits with its finger on the switch: its start takes longer than many a sale.
pub struct Cutter {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Cutter {
    /// On the file system of a folder.
    ///
    /// # Errors
    /// What this machine lacks.
    pub fn at(disk: &Path) -> Result<Self, String> {
        let mut command = Command::new("python3");
        command.args(["-c", include_str!("power_cut.py")]).arg(disk).stderr(Stdio::null());
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| format!("python3: {error}"))?;
        let input = child.stdin.take().expect("its input");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut cutter = Self { child, input, output };
        cutter.hear("ready")?;
        Ok(cutter)
    }

    /// Cuts.
    ///
    /// # Errors
    /// Why the file system is still there.
    pub fn cut(mut self) -> Result<(), String> {
        self.input.write_all(b"\n").map_err(|error| error.to_string())?;
        let cut = self.hear("cut");
        let _ = self.child.wait();
        cut
    }

    fn hear(&mut self, word: &str) -> Result<(), String> {
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|error| error.to_string())?;
        if line.trim() == word { Ok(()) } else { Err("EXT4_IOC_SHUTDOWN does not work here".to_owned()) }
    }
}
