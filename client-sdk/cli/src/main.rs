//! `kassa`: a shop's till, catalogue and settings from the command line.
//!
//! - [`args`]: what can be typed; [`commands`]: a file per command
//! - [`shop`]: the connection, and the shop's currency and time zone
//! - [`output`]: all that is printed, as text or as JSON; [`failure`]: exit codes, and what to do next
//! - [`amount`], [`count`]: amounts and counts as people read them
//! - [`secret`]: files with tokens in them
//! - [`price_list`]: CSV files of products, read and cut into chunks, and written; [`new_file`]: files that
//!   are there whole or not at all
//! - [`progress`]: bars for what takes a while

mod amount;
mod args;
mod commands;
mod count;
mod day;
mod failure;
mod message;
mod new_file;
mod output;
mod price_list;
mod progress;
mod receipt_line;
mod secret;
mod shop;
mod table;

use std::process::ExitCode;

use tokio::runtime::Builder;

use crate::{
    args::{Cli, Command},
    output::Output,
};

fn main() -> ExitCode {
    let cli = match Cli::typed() {
        Ok(cli) => cli,
        Err(error) => return args::refuse(&error),
    };
    let output = Output::new(cli.options.json);
    match run(cli, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.failure(&failure),
    }
}

fn run(cli: Cli, output: Output) -> Result<(), failure::Failure> {
    // The terminals of a benchmark are to be as fast as their server; whoever types one command needs one thread.
    let mut runtime = match cli.command {
        Command::Bench(_) => Builder::new_multi_thread(),
        _ => Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build()?;
    runtime.block_on(commands::run(cli, output))
}
