//! The commands of the `kassa-server` program: what they print and how they exit.

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    backup::{self, BackupError, Backups, Claim, Place, Reason, SecondFolder, Watch},
    check::{self, CheckError},
    clock::{SharedClock, SystemClock},
    config::{Config, Flags},
    lifecycle::{self, Maintenance, Phase, upgrade},
    server::{self, Opened, RunError, ready_line},
    store::{DataFolder, StartError},
    telemetry::{self, LogError},
};

/// What is still under way when a command is over is rubbish that the next start removes.
const LAST_WAIT: Duration = Duration::from_secs(5);

const FAILURE: u8 = 1;
const CONFIG: u8 = 2;
const FAULTS: u8 = 3;
const LOCKED: u8 = 4;
const SCHEMA: u8 = 5;

/// Reads the configuration, or says what is wrong with it.
///
/// # Errors
/// The exit status for a configuration that is refused.
pub fn configure(file: Option<&Path>, flags: &Flags) -> Result<Config, ExitCode> {
    Config::load(file, flags).map_err(|error| complain(CONFIG, &error))
}

/// Prints the configuration as it would stand in `kassa.toml`.
pub fn print_config(config: &Config) -> ExitCode {
    match toml::to_string(config) {
        Ok(text) => {
            say(text.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => complain(FAILURE, &error),
    }
}

/// Serves until Ctrl-C or SIGTERM.
pub fn serve(config: Config) -> ExitCode {
    in_runtime(|runtime| runtime.block_on(serve_until_stopped(config)))
}

async fn serve_until_stopped(config: Config) -> ExitCode {
    // The folder comes first: the log lies in it, and a second server must not write there. Started twice,
    // the second one says so, and not that the port is taken.
    let clock: SharedClock = Arc::new(SystemClock);
    let opened = async {
        let folder = DataFolder::open(&config.data_dir)?;
        let listener = TcpListener::bind(config.listen).await?;
        let log = telemetry::start(&config, &folder.logs(), SharedClock::clone(&clock));
        Ok::<_, RunError>((listener, folder, log))
    };
    let (listener, folder, log) = match opened.await {
        Ok(opened) => opened,
        Err(error) => return failed(&error, &config).await,
    };
    let _log = match log {
        Ok(guard) => guard,
        Err(error @ LogError::Level(_)) => return complain(CONFIG, &error),
        Err(error @ LogError::Files(_)) => return complain(FAILURE, &error),
    };
    tracing::info!(version = crate::VERSION, "starting");
    let stop = stop_signal();
    let served = async {
        let address = listener.local_addr()?;
        let opened = server::open_in(folder, config.clone(), clock).await?;
        welcome(&opened, &config, &ready_line(address));
        tracing::info!(%address, "listening");
        serve_managed(opened, listener, stop).await
    };
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the server failed");
            failed(&error, &config).await
        }
    }
}

#[cfg(unix)]
use crate::service_manager::serve as serve_managed;

/// Elsewhere no service manager is told anything.
#[cfg(not(unix))]
async fn serve_managed(
    opened: Opened,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), RunError> {
    opened.serve(listener, stop).await
}

/// What a person sees who starts the server, and what to do next.
fn welcome(opened: &Opened, config: &Config, ready: &str) {
    let data = config.data_dir.canonicalize().unwrap_or_else(|_| config.data_dir.clone());
    say(&format!("Kassa {}", crate::VERSION));
    say(&format!("  data   {}", data.display()));
    say(&format!("  log    {}", data.join("logs").display()));
    say(&format!("  token  {}", data.join("keys").join("local.token").display()));
    let phase = opened.lifecycle.phase();
    let is_new = matches!(&phase, Phase::Open(open) if open.first_start);
    match phase {
        Phase::Open(_) if is_new => {
            say("  a new shop: branch B1, register R1, user owner, currency USD");
        }
        Phase::Open(open) => {
            if let Some(backup) = open.upgrade.backup {
                say(&format!("  the database was brought up to date; the one of before is kept as {backup}"));
            }
        }
        Phase::Maintenance(maintenance) => return complain_of(&maintenance, ready),
    }
    say(ready);
    say("");
    if is_new {
        say("Next, in another terminal: load a sample catalogue and ring up some sales with");
        say("  cargo run --release -p kassa-cli -- demo");
    }
    say("Stop with Ctrl-C.");
}

/// What a person sees whose database is damaged.
fn complain_of(maintenance: &Maintenance, ready: &str) {
    say("");
    say("THE DATABASE IS DAMAGED. Nothing can be sold until a backup is restored.");
    say(&format!("  {}", maintenance.reason));
    say("قاعدة البيانات تالفة. لا يمكن البيع قبل استعادة نسخة احتياطية.");
    say("");
    say(ready);
}

/// Ends with the first Ctrl-C or SIGTERM from the call on. A signal that came before anybody listened would
/// kill the server on the spot.
#[cfg(unix)]
fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    async fn heard(signal: io::Result<Signal>) {
        match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "a signal to stop can't be heard");
                std::future::pending().await
            }
        }
    }

    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async {
        tokio::select! {
            () = heard(interrupt) => {}
            () = heard(terminate) => {}
        }
    }
}

/// Ends with Ctrl-C.
#[cfg(not(unix))]
async fn stop_signal() {
    let _ = tokio::signal::ctrl_c().await;
}

/// Proves the books: a line per check.
pub fn check(config: &Config) -> ExitCode {
    in_runtime(|runtime| match runtime.block_on(check::check_folder(&config.data_dir)) {
        Ok(report) => {
            say(report.to_string().trim_end());
            if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(FAULTS) }
        }
        Err(CheckError::Newer { step }) => runtime.block_on(newer(step, config)),
        Err(error) => complain(FAILURE, &error),
    })
}

/// Makes a backup; a server may be running.
pub fn backup(config: &Config) -> ExitCode {
    in_runtime(|runtime| {
        let folder = match with_books(runtime, config) {
            Ok(folder) => folder,
            Err(exit) => return exit,
        };
        match runtime.block_on(make_backup(config, &folder)) {
            Ok(()) => ExitCode::SUCCESS,
            // It was copied just now: the database is what is newer.
            Err(BackupError::Newer { step }) => runtime.block_on(newer(step, config)),
            Err(error) => complain(FAILURE, &error),
        }
    })
}

/// The data folder of a command that looks at books, and makes none.
fn with_books(runtime: &Runtime, config: &Config) -> Result<DataFolder, ExitCode> {
    DataFolder::open_to_read(&config.data_dir)
        .map_err(|error| runtime.block_on(failed(&error.into(), config)))
}

async fn make_backup(config: &Config, folder: &DataFolder) -> Result<(), BackupError> {
    let (place, clock): (_, SharedClock) = (Place::of(folder, config), Arc::new(SystemClock));
    let made = backup::create(&place, Reason::ByHand, &clock, &Watch::to_the_end()).await?;
    let rows = made.backup.manifest.map(|manifest| manifest.facts.rows).unwrap_or_default();
    let count = |table: &str| rows.get(table).copied().unwrap_or_default();
    say(&place.file(&made.backup.name).display().to_string());
    say(&format!(
        "  {} bytes, verified; orders {}, shifts {}, products {}, journal records {}",
        made.backup.bytes,
        count("orders"),
        count("shifts"),
        count("products"),
        count("journal_records"),
    ));
    tell_second(made.second);
    Ok(())
}

fn tell_second(state: SecondFolder) {
    match state {
        SecondFolder::NotConfigured => {}
        SecondFolder::Ready => say("  copied to the second folder"),
        SecondFolder::Absent => warn("the second folder is not there: plug the drive in"),
        SecondFolder::Failed(words) => warn(&format!("the second folder has no copy: {words}")),
    }
}

/// Makes a backup file the books of a folder on which no server runs: for the day it can't start.
pub fn restore(config: &Config, file: &Path, dry_run: bool) -> ExitCode {
    in_runtime(|runtime| {
        if let Err(words) = is_a_file(file, config) {
            return complain(FAILURE, &words);
        }
        let (folder, unknown) = match DataFolder::open_to_restore(&config.data_dir) {
            Ok(opened) => opened,
            Err(error) => return runtime.block_on(failed(&error.into(), config)),
        };
        if let Some(unknown) = unknown {
            warn(&unknown.to_string());
            warn(&format!("the newest books, in {}, are taken for those of before", folder.generation()));
        }
        match runtime.block_on(restore_file(config, &folder, file, dry_run)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(FAILURE, &error),
        }
    })
}

/// Whether what was typed is a file that can be read; else what to type.
fn is_a_file(file: &Path, config: &Config) -> Result<(), String> {
    let shown = file.display();
    match fs::metadata(file) {
        Ok(found) if found.is_dir() => return Err(format!("{shown} is a folder: name a file in it")),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            let example = config.data_dir.join("backups").join("kassa-backup-....db");
            return Err(format!("there is no file {shown}: name a backup, such as {}", example.display()));
        }
        Ok(_) | Err(_) => {}
    }
    File::open(file).map(drop).map_err(|cause| format!("{shown} can't be read: {cause}"))
}

async fn restore_file(
    config: &Config,
    folder: &DataFolder,
    file: &Path,
    dry_run: bool,
) -> Result<(), lifecycle::RestoreError> {
    let clock: SharedClock = Arc::new(SystemClock);
    let proved = lifecycle::prove_file(folder, config, file).await?;
    say(&format!("{} is sound: {}", file.display(), proved.words()));
    if dry_run {
        say("nothing was changed; without --dry-run these become the shop's books");
        return Ok(());
    }
    let claim = Claim::take(&folder.backups())?;
    match lifecycle::keep_what_is_there(folder, &claim, config, &clock).await? {
        lifecycle::Kept::Backup(backup) => {
            say(&format!("the books of before are kept as {}", backup.name));
            tell_second(
                backup::second::copy(&Place::of(folder, config), &backup, &Watch::to_the_end()).await,
            );
        }
        lifecycle::Kept::Generation => {
            say(&format!("the books of before can't be proved; they stay in {}", folder.generation()));
        }
        lifecycle::Kept::Nothing => {}
    }
    let restored = lifecycle::build(folder, file, config, &clock, 0).await?;
    say(&format!("restored: epoch {}, in {}", restored.epoch, restored.folder.generation()));
    for gap in &restored.gaps {
        say(&format!("  numbers that may be on paper are left out: {gap}"));
    }
    if proved.pins_void {
        say(
            "  these books are another machine's, as far as anybody knows: its PINs are void here. Set each anew with",
        );
        say(
            "  `kassa users pin NAME`, and pair each terminal anew with `kassa terminals pair-code NAME --register CODE`",
        );
    }
    say("start the server now, and look at its status with: kassa status");
    Ok(())
}

/// Brings the database up to date.
pub fn migrate(config: &Config) -> ExitCode {
    in_runtime(|runtime| {
        // A typing error in the folder's name must not found a shop there.
        if let Err(exit) = with_books(runtime, config) {
            return exit;
        }
        let folder = match DataFolder::open(&config.data_dir) {
            Ok(folder) => folder,
            Err(error) => return runtime.block_on(failed(&error.into(), config)),
        };
        let clock: SharedClock = Arc::new(SystemClock);
        match runtime.block_on(upgrade::up_to_date(folder, config, &clock)) {
            Ok(upgrade) => {
                if let Some(backup) = upgrade.backup {
                    say(&format!("made {backup} first"));
                }
                upgrade.steps.iter().for_each(|step| say(&format!("applied {step}")));
                say("the database is up to date");
                ExitCode::SUCCESS
            }
            Err(error) => runtime.block_on(failed(&error.into(), config)),
        }
    })
}

/// Says what [`migrate`] would do, and does nothing.
pub fn migrate_dry_run(config: &Config) -> ExitCode {
    in_runtime(|runtime| {
        let folder = match with_books(runtime, config) {
            Ok(folder) => folder,
            Err(exit) => return exit,
        };
        match runtime.block_on(upgrade::lacking(&folder, config)) {
            Ok(steps) if steps.as_ref().is_none_or(Vec::is_empty) => say("the database is up to date"),
            Ok(steps) => {
                steps.iter().flatten().for_each(|step| say(&format!("would apply {step}")));
                say(
                    "nothing was changed; without --dry-run a backup is made first, then the steps are applied to a copy",
                );
            }
            Err(error) => return runtime.block_on(failed(&error.into(), config)),
        }
        ExitCode::SUCCESS
    })
}

/// Complains of a database that is newer than the program.
async fn newer(step: String, config: &Config) -> ExitCode {
    failed(&StartError::Newer { step }.into(), config).await
}

/// Of a database that is newer than the program: the backup with which the program goes on.
async fn name_way_back(config: &Config) {
    let Ok(folder) = DataFolder::open_to_read(&config.data_dir) else { return };
    let backups = Backups::new(
        Place::of(&folder, config),
        config.backup.time.into(),
        (Arc::new(SystemClock), Arc::default()),
    );
    match backups.newest_sound(lifecycle::last_epoch(&folder), &Watch::to_the_end()).await {
        Ok(Some(name)) => {
            let file = backups.place().file(&name);
            hint(&format!(
                "or go back, without what was sold since: kassa-server restore {}",
                file.display()
            ));
        }
        Ok(None) => {}
        Err(error) => warn(&format!("which backup to go back to can't be told: {error}")),
    }
}

fn in_runtime(command: impl FnOnce(&Runtime) -> ExitCode) -> ExitCode {
    match Runtime::new() {
        Ok(runtime) => {
            let status = command(&runtime);
            // What is left only reads, such as a proof of large books, or hangs on a drive that does not answer.
            runtime.shutdown_timeout(LAST_WAIT);
            status
        }
        Err(error) => complain(FAILURE, &error),
    }
}

async fn failed(error: &RunError, config: &Config) -> ExitCode {
    let status = match error {
        RunError::Start(StartError::Locked { .. }) => LOCKED,
        RunError::Start(
            StartError::Newer { .. }
            | StartError::Upgrade(_)
            | StartError::Unsound(_)
            | StartError::NoBackup(_),
        ) => SCHEMA,
        RunError::Start(_) => FAILURE,
        RunError::Network(cause) => {
            let address = config.listen;
            return complain(
                FAILURE,
                &format_args!("can't listen on {address}: {cause}; is another server running?"),
            );
        }
    };
    let exit = complain(status, error);
    match error {
        RunError::Start(StartError::Newer { .. }) => name_way_back(config).await,
        RunError::Start(error) if error.is_of_permission() => {
            hint(
                "nothing is damaged. Run this as the user whom the data folder belongs to, or give it back to that user:",
            );
            hint(&format!("sudo chown -R kassa: {}", config.data_dir.display()));
        }
        _ => {}
    }
    exit
}

#[expect(clippy::print_stderr, reason = "the program's word to the person who started it")]
fn complain(status: u8, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("kassa-server: {error}");
    ExitCode::from(status)
}

#[expect(clippy::print_stderr, reason = "the program's word to the person who started it")]
fn warn(words: &str) {
    eprintln!("kassa-server: warning: {words}");
}

#[expect(clippy::print_stderr, reason = "the program's word to the person who started it")]
fn hint(words: &str) {
    eprintln!("  -> {words}");
}

/// A closed pipe is no reason to stop serving.
fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(io::stdout(), "{line}");
}
