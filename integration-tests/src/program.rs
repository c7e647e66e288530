//! The real programs, as the README's command builds them.

use std::{
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use kassa_client::Kassa;

/// A program of the workspace: it lies beside the tests.
pub fn binary(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("the test has a path");
    let folder = tests.ancestors().find(|folder| folder.join(name).is_file());
    let folder = folder.unwrap_or_else(|| {
        panic!("there is no {name} above {}: run `cargo build --workspace` first", tests.display())
    });
    folder.join(name)
}

/// A program of the workspace in an environment without Kassa's variables.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(binary(name));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("KASSA_") {
            command.env_remove(variable);
        }
    }
    command
}

/// What a program did that ran to its end.
#[derive(Debug)]
pub struct Run {
    /// Its exit status.
    pub status: i32,
    /// What it printed.
    pub output: String,
    /// What it complained of.
    pub complaints: String,
}

impl Run {
    /// Runs a program to its end.
    pub fn of(command: &mut Command) -> Self {
        Self::with_input(command, "")
    }

    /// The same with something to read.
    pub fn with_input(command: &mut Command, input: &str) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("its input");
        // A program that ends before it has read all is none of the test's business.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let ended = child.wait_with_output().expect("the program ends");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let status = ended.status.code().expect("it is not killed");
        Self { status, output: text(ended.stdout), complaints: text(ended.stderr) }
    }
}

/// A running `kassa-server`. Dropping it kills it.
pub struct Program {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
    /// What it printed before it was ready, and the ready line.
    pub printed: Vec<String>,
    /// Where it listens.
    pub address: String,
}

impl Program {
    /// The command that starts the server on a folder and a free port.
    pub fn command(data: &Path) -> Command {
        let mut command = command("kassa-server");
        command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(data);
        // The disk of a test is as small as it is; tests of the disk set their own limits.
        for limit in ["WARN_MB", "SALES_ONLY_MB", "RESERVE_MB"] {
            command.env(format!("KASSA_DISK__{limit}"), "0");
        }
        command
    }

    /// Starts the server on a folder and a free port, and waits for its ready line.
    pub fn start(data: &Path) -> Self {
        Self::start_with(Self::command(data))
    }

    /// Starts the server with a command of one's own, and waits for its ready line.
    pub fn start_with(command: Command) -> Self {
        Self::try_start_with(command)
            .unwrap_or_else(|printed| panic!("the server ended before it was ready: {printed:?}"))
    }

    /// The same for a server that may be unable to start.
    ///
    /// # Errors
    /// What it printed before it ended.
    pub fn try_start_with(command: Command) -> Result<Self, Vec<String>> {
        let mut program = Self::begin(command);
        if program.is_ready_at_last() { Ok(program) } else { Err(std::mem::take(&mut program.printed)) }
    }

    /// Starts the server with a command of one's own, and waits for nothing.
    pub fn begin(mut command: Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.expect("the server starts");
        let output = BufReader::new(child.stdout.take().expect("its output")).lines();
        Self { child, output, printed: Vec::new(), address: String::new() }
    }

    /// Waits for its ready line. False if it ended before.
    pub fn is_ready_at_last(&mut self) -> bool {
        while let Some(line) = self.next_line() {
            let address = line.strip_prefix("listening on ").map(str::to_owned);
            self.printed.push(line);
            if let Some(address) = address {
                self.address = address;
                return true;
            }
        }
        false
    }

    /// The next line that it prints; none once it has ended.
    pub fn next_line(&mut self) -> Option<String> {
        self.output.next().map(|line| line.expect("a line of text"))
    }

    /// A client of the local terminal.
    pub fn client(&self, data: &Path) -> Kassa {
        let builder = Kassa::builder(format!("http://{}", self.address));
        builder.token_file(data.join("keys/local.token")).build().expect("a client")
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.end_at_once();
    }

    /// `kill -9`; what it had printed can still be read.
    pub fn end_at_once(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server is gone");
    }

    /// SIGTERM, as an init system sends it, and how the server ended.
    pub fn terminate(self) -> ExitStatus {
        self.signal("TERM")
    }

    /// Another signal that ends it, such as `INT`, and how the server ended.
    pub fn signal(mut self, name: &str) -> ExitStatus {
        self.send(name);
        let status = self.child.wait().expect("the server ends");
        // What watches it from beside holds its output until it has written all it saw.
        while self.next_line().is_some() {}
        status
    }

    /// Lets it do nothing any more; the system still takes connections and their bytes for it.
    pub fn freeze(&self) {
        self.send("STOP");
    }

    fn send(&self, signal: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("there is a kill program");
        assert!(sent.success(), "the signal is sent");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
