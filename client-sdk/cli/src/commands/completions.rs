//! `kassa completions`

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use crate::{args::Cli, failure::Failure, output::Output};

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

pub fn run(completions: &Completions, output: Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(completions.shell, &mut Cli::command(), "kassa", &mut script);
    let script = String::from_utf8_lossy(&script);
    output.text(script.trim_end())?;
    output.json(|| Ok(serde_json::json!({ "script": script })))
}
