//! The real programs, as the README's command builds them.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
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

/// A running `kassa-server`. Dropping it kills it.
pub struct Program {
    child: Child,
    /// What it printed before it was ready, and the ready line.
    pub printed: Vec<String>,
    /// Where it listens.
    pub address: String,
}

impl Program {
    /// Starts the server on a folder and a free port, and waits for its ready line.
    pub fn start(data: &Path) -> Self {
        let child = Command::new(binary("kassa-server"))
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        // From here on `Drop` looks after the child, whatever happens.
        let mut program = Self { child, printed: Vec::new(), address: String::new() };
        let output = BufReader::new(program.child.stdout.take().expect("its output"));
        for line in output.lines() {
            let line = line.expect("a line of text");
            let address = line.strip_prefix("listening on ").map(str::to_owned);
            program.printed.push(line);
            if let Some(address) = address {
                program.address = address;
                return program;
            }
        }
        panic!("the server ended before it was ready: {:?}", program.printed);
    }

    /// A client of the local terminal.
    pub fn client(&self, data: &Path) -> Kassa {
        let builder = Kassa::builder(format!("http://{}", self.address));
        builder.token_file(data.join("keys/local.token")).build().expect("a client")
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server is gone");
    }

    /// SIGTERM, as an init system sends it, and how the server ended.
    pub fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("there is a kill program");
        assert!(sent.success(), "the signal is sent");
        self.child.wait().expect("the server ends")
    }

    /// Runs `kassa-server` to its end: its exit status, output and complaints.
    pub fn run(arguments: &[&str]) -> (i32, String, String) {
        run("kassa-server", arguments)
    }
}

fn run(name: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut child = Command::new(binary(name))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let (mut output, mut complaints) = (String::new(), String::new());
    child.stdout.take().expect("output").read_to_string(&mut output).expect("text");
    child.stderr.take().expect("complaints").read_to_string(&mut complaints).expect("text");
    let status = child.wait().expect("it ends").code().expect("it is not killed");
    (status, output, complaints)
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
