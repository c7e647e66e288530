//! The real server in a process of its own.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use kassa_client::Kassa;
use tokio::{task::spawn_blocking, time::sleep};

use crate::{LoadError, usage};

const READY: &str = "listening on ";
/// How often the log is looked at while the server stops.
const LOOK: Duration = Duration::from_millis(1);

/// The server's program beside the program that runs, or in a folder above: so they are built and installed.
#[must_use]
pub fn beside_this_program() -> Option<PathBuf> {
    let name = format!("kassa-server{}", std::env::consts::EXE_SUFFIX);
    let program = std::env::current_exe().ok()?;
    program.ancestors().skip(1).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

/// A running server on a free port of this machine. Dropping it kills it.
pub struct Server {
    child: Child,
    /// Kept open as long as it runs: its output has somewhere to go.
    _output: Option<BufReader<ChildStdout>>,
    data: PathBuf,
    address: String,
}

/// How a server stopped.
#[derive(Debug, Clone, Copy)]
pub struct Stopped {
    /// From the signal until the write-ahead log was empty: all of it is in the database then.
    pub log_emptied: Duration,
    /// Processor time of all its life, where the system tells.
    pub cpu: Option<Duration>,
}

impl Server {
    /// Starts a program on a data folder, and waits until it listens. Who waits no longer has killed it.
    ///
    /// # Errors
    /// [`LoadError::Program`] if it does not run, [`LoadError::NotReady`] if it ends again.
    pub async fn start(program: &Path, data: &Path) -> Result<Self, LoadError> {
        Self::start_with(program, data, |_| {}).await
    }

    /// The same with changes to the command.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(
        program: &Path,
        data: &Path,
        change: impl FnOnce(&mut Command),
    ) -> Result<Self, LoadError> {
        // Beside the folder: the data folder is the server's own.
        let errors = data.with_added_extension("stderr");
        let mut command = command(program, data);
        change(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&errors)?);
        let broken = |source| LoadError::Program { program: program.to_owned(), source };
        let mut child = command.spawn().map_err(broken)?;
        let output = child.stdout.take().map(BufReader::new);
        let mut server = Self { child, _output: None, data: data.to_owned(), address: String::new() };
        let output = output.ok_or_else(|| broken(std::io::ErrorKind::BrokenPipe.into()))?;
        // Whoever gives up waits for no line: the server is dropped then, and its output ends.
        let read = spawn_blocking(|| ready(output)).await.map_err(std::io::Error::other)??;
        let Some((output, address)) = read else {
            let said = fs::read_to_string(&errors).unwrap_or_default();
            let said = said.lines().last().unwrap_or("nothing").to_owned();
            return Err(LoadError::NotReady { said });
        };
        (server._output, server.address) = (Some(output), address);
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The id of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A client with the rights of the server's own machine.
    ///
    /// # Errors
    /// [`LoadError::Build`] if the server left no token.
    pub fn local(&self) -> Result<Kassa, LoadError> {
        let builder = Kassa::builder(&self.address).timeout(Duration::from_secs(60));
        Ok(builder.token_file(self.data.join("keys/local.token")).build()?)
    }

    /// A client with a token.
    ///
    /// # Errors
    /// [`LoadError::Build`] if it is no token.
    pub fn client(&self, token: &str) -> Result<Kassa, LoadError> {
        Ok(Kassa::builder(&self.address).timeout(Duration::from_secs(60)).token(token).build()?)
    }

    /// Stops it as an init system does, and says when its log was empty.
    ///
    /// # Errors
    /// [`LoadError::NotStopped`] if it ends with an error, or not at all.
    pub async fn stop(mut self) -> Result<Stopped, LoadError> {
        let log = database(&self.data).with_extension("db-wal");
        let before = usage::of_ended_children();
        let began = Instant::now();
        self.send_the_signal()?;
        let mut log_emptied = None;
        let status = loop {
            // The log is emptied, and its file removed when the last connection closes.
            if log_emptied.is_none() && fs::metadata(&log).map_or(0, |file| file.len()) == 0 {
                log_emptied = Some(began.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            sleep(LOOK).await;
        };
        let log_emptied = log_emptied.unwrap_or_else(|| began.elapsed());
        if !status.success() {
            return Err(LoadError::NotStopped(status.to_string()));
        }
        let cpu = usage::of_ended_children().zip(before).map(|(after, before)| after.saturating_sub(before));
        Ok(Stopped { log_emptied, cpu })
    }

    fn send_the_signal(&self) -> Result<(), LoadError> {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", "TERM", &id]).status()?;
        if sent.success() { Ok(()) } else { Err(LoadError::NotStopped("it took no signal".to_owned())) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the server listens, once it does; none if it ended before.
fn ready(mut output: BufReader<ChildStdout>) -> std::io::Result<Option<(BufReader<ChildStdout>, String)>> {
    let mut line = String::new();
    while output.read_line(&mut line)? > 0 {
        if let Some(address) = line.trim().strip_prefix(READY) {
            let address = format!("http://{address}");
            return Ok(Some((output, address)));
        }
        line.clear();
    }
    Ok(None)
}

/// The database of a data folder that was founded, and never restored.
#[must_use]
pub fn database(data: &Path) -> PathBuf {
    data.join("gen-000001").join("kassa.db")
}

fn command(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    // What is set for the shop's own server is not meant for this one.
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("KASSA_") {
            command.env_remove(variable);
        }
    }
    command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(data);
    // What a server does once a start or once a day is no cost of a sale: the proof of the whole books, and the backup.
    for job in ["PROVE_AFTER_MS", "BACKUP_CHECK_MS"] {
        command.env(format!("KASSA_LIMITS__{job}"), "86400000");
    }
    // The disk is as full as it is: a measurement needs no reserve.
    for limit in ["WARN_MB", "SALES_ONLY_MB", "RESERVE_MB"] {
        command.env(format!("KASSA_DISK__{limit}"), "0");
    }
    command
}
