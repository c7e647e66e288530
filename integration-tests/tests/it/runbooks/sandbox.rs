//! The machine of a run book: a folder in the place of `/`, the real programs, and stand-ins for what only a whole machine
//! has.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use kassa_integration_tests::{Program, binary, command};
use tempfile::TempDir;

/// Folders that the books name, which lie below the sandbox's.
const MAPPED: [&str; 4] = ["/var/lib/kassa", "/media/usb", "/usr/local/bin", "/etc/systemd/system"];
const ADDRESS: &str = "127.0.0.1:50051";
const BACKUP: &str = "kassa-backup-";

pub struct Sandbox {
    root: TempDir,
    program: Option<Program>,
    /// Where the server listens, or did last.
    address: String,
    /// The server's environment, beside what all of them have.
    pub environment: Vec<(&'static str, &'static str)>,
    /// What the backups that a book names are called here.
    backups: HashMap<String, String>,
}

impl Sandbox {
    /// A machine with the programs and the drive in its slot, and nothing else.
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let new = Self {
            root,
            program: None,
            address: ADDRESS.to_owned(),
            environment: Vec::new(),
            backups: HashMap::new(),
        };
        // A release's folder, which the books install from.
        let release = new.path("/release");
        fs::create_dir_all(release.join("target/release")).unwrap();
        symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs"), release.join("docs")).unwrap();
        for folder in MAPPED.iter().filter(|folder| **folder != "/var/lib/kassa") {
            fs::create_dir_all(new.path(folder)).unwrap();
        }
        for program in ["kassa", "kassa-server"] {
            // The books copy programs, and these are large.
            let script = new.path("/script");
            fs::write(&script, format!("#!/bin/sh\nexec '{}' \"$@\"\n", binary(program).display())).unwrap();
            for folder in [release.join("target/release"), new.path("/usr/local/bin")] {
                // Not written here: what another test starts meanwhile would hold it open, and it could not be run.
                let mut install = Command::new("install");
                assert!(install.arg(&script).arg(folder.join(program)).status().unwrap().success());
            }
        }
        new
    }

    /// Where a folder or a file of the machine really lies.
    pub fn path(&self, path: &str) -> PathBuf {
        let root = self.root.path().canonicalize().unwrap();
        root.join(path.trim_start_matches('/'))
    }

    pub fn data(&self) -> PathBuf {
        self.path("/var/lib/kassa")
    }

    pub fn start(&mut self) {
        let mut server = Program::command(&self.data());
        // Backups by the clock come when a scene wants them.
        server.env("KASSA_LIMITS__BACKUP_CHECK_MS", "86400000").envs(self.environment.iter().copied());
        self.program = Program::try_start_with(server).ok();
        if let Some(program) = &self.program {
            self.address.clone_from(&program.address);
        }
    }

    /// Another machine, with the drive of the one before: its data are gone, and the drive's backups are others.
    pub fn replace_machine(&mut self) {
        self.stop();
        fs::remove_dir_all(self.data()).unwrap();
        self.backups.clear();
    }

    pub fn stop(&mut self) {
        if let Some(program) = self.program.take() {
            assert!(program.terminate().success(), "the server stops in order");
        }
    }

    /// Does what systemd and a drive would do, if that is what a command wants.
    pub fn stand_in(&mut self, command: &str) -> bool {
        let (drive, away) = (self.path("/media/usb"), self.path("/media/usb-away"));
        match command {
            "systemctl start kassa" | "systemctl enable --now kassa" => self.start(),
            "systemctl stop kassa" => self.stop(),
            "systemctl restart kassa" => {
                self.stop();
                self.start();
            }
            // A drive that is not there leaves an empty folder.
            "umount /media/usb" => {
                fs::rename(&drive, away).unwrap();
                fs::create_dir(drive).unwrap();
            }
            "mount /media/usb" if away.exists() => {
                fs::remove_dir(&drive).unwrap();
                fs::rename(away, drive).unwrap();
            }
            "mount /media/usb" => {}
            _ => return false,
        }
        true
    }

    /// Runs a book's command and gives its status and what it prints, in the book's words. `shown` are the names of
    /// backups that the book shows: the first one stands for the first one that is printed.
    pub fn run(&mut self, line: &str, shown: &[String]) -> (i32, Vec<String>) {
        // Who owns a file is a matter of the whole machine.
        let mut here = line.replace("-o kassa -g kassa ", "");
        for folder in MAPPED {
            here = here.replace(folder, self.path(folder).to_str().unwrap());
        }
        for (book, real) in &self.backups {
            here = here.replace(book, real);
        }
        let (status, printed) = self.shell(&here);
        let root = self.path("/");
        let printed = printed.replace(root.to_str().unwrap().trim_end_matches('/'), "");
        let mut printed = printed.replace(&self.address, ADDRESS);
        let known: Vec<String> = self.backups.values().cloned().collect();
        let new = names(&printed).into_iter().filter(|name| !known.contains(name));
        let promised = names(&shown.join("\n")).into_iter().filter(|name| !self.backups.contains_key(name));
        let bound: Vec<(String, String)> = promised.zip(new).collect();
        self.backups.extend(bound);
        for (book, real) in &self.backups {
            printed = printed.replace(real, book);
        }
        (status, printed.lines().map(str::to_owned).collect())
    }

    /// All that a command prints, on both ways, in order.
    pub fn shell(&self, line: &str) -> (i32, String) {
        let mut shell = command_without_kassa("sh");
        let here = if self.data().is_dir() { self.data() } else { self.path("/release") };
        let folder = if line.contains("target/release") { self.path("/release") } else { here };
        let path = format!("{}:{}", self.path("/usr/local/bin").display(), std::env::var("PATH").unwrap());
        shell.arg("-c").arg(format!("exec 2>&1; {line}")).current_dir(folder).env("PATH", path);
        shell.env("KASSA_DATA_DIR", self.data()).env("KASSA_SERVER", format!("http://{}", self.address));
        let ended = shell.stdin(Stdio::null()).output().expect("there is a shell");
        let printed = String::from_utf8(ended.stdout).expect("text");
        (ended.status.code().expect("it is not killed"), printed)
    }

    /// The same, for what must succeed.
    pub fn done(&self, line: &str) -> String {
        let (status, printed) = self.shell(line);
        assert_eq!(status, 0, "{line}: {printed}");
        printed
    }

    /// Waits until something is so.
    pub fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            assert!(began.elapsed() < Duration::from_secs(60), "{what} never comes");
            std::thread::yield_now();
        }
    }
}

fn command_without_kassa(name: &str) -> Command {
    let mut shell = Command::new(name);
    for (variable, _) in command("kassa").get_envs() {
        shell.env_remove(variable);
    }
    shell
}

/// The names of backups in a text, each once, in order.
fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-.".contains(letter)) {
        let name = word.trim_end_matches(".json").trim_end_matches(".db").trim_end_matches('.');
        if name.starts_with(BACKUP) && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}
