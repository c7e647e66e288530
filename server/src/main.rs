//! The command line of the server.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use kassa_server::{commands, config::Flags};

/// Kassa: the point-of-sale backend that shops can trust.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The configuration file; `kassa.toml` in the data folder where there is none.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where to listen, such as 127.0.0.1:50051; port 0 takes a free one.
    #[arg(long, global = true, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Print the configuration in force and stop.
    #[arg(long, global = true)]
    print_config: bool,
}

#[derive(Clone, Subcommand)]
enum Command {
    /// Serve (what happens without a command).
    Serve,
    /// Prove the books; allowed while the server runs. Exit status 3 if something is wrong.
    Check,
    /// Make a backup; allowed while the server runs.
    Backup,
    /// Make a backup the shop's books while no server runs. The books of before are kept.
    Restore {
        /// The backup's file, from this folder or another drive
        file: PathBuf,
        /// Prove the backup, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Bring the database up to date without serving.
    Migrate {
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let flags = Flags { data_dir: arguments.data_dir, listen: arguments.listen };
    let config = match commands::configure(arguments.config.as_deref(), &flags) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    if arguments.print_config {
        return commands::print_config(&config);
    }
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => commands::serve(config),
        Command::Check => commands::check(&config),
        Command::Migrate { dry_run: true } => commands::migrate_dry_run(&config),
        Command::Migrate { dry_run: false } => commands::migrate(&config),
        Command::Restore { file, dry_run } => commands::restore(&config, &file, dry_run),
        Command::Backup => commands::backup(&config),
    }
}
