//! A shop that answers as it was told, and a folder to run the program in.

mod services;

use std::{
    collections::HashMap,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
};

use kassa_client::proto::v1::{
    access_server::AccessServer, admin_server::AdminServer, catalog_server::CatalogServer,
    shifts_server::ShiftsServer,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Status, transport::Server};
use tonic_types::{ErrorDetails, StatusExt as _};

/// What the shop remembers, and how it was told to answer.
#[derive(Default)]
pub struct Books {
    /// The status of each call of a method from now on.
    pub refusals: HashMap<&'static str, fn() -> Status>,
    /// The keys of the imports that were carried out, and how many products each had.
    pub imports: Vec<(String, usize)>,
    /// Which of them have no answer any more.
    pub expired: bool,
    /// Imports after so many are refused.
    pub room: Option<usize>,
}

#[derive(Clone, Default)]
pub struct Played(Arc<Mutex<Books>>);

pub struct Shop {
    pub folder: TempDir,
    pub books: Arc<Mutex<Books>>,
    address: String,
    /// Serves until the test ends.
    _runtime: Runtime,
}

impl Shop {
    pub fn open() -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let played = Played::default();
        let books = Arc::clone(&played.0);
        runtime.spawn(
            Server::builder()
                .add_service(AccessServer::new(played.clone()))
                .add_service(AdminServer::new(played.clone()))
                .add_service(CatalogServer::new(played.clone()))
                .add_service(ShiftsServer::new(played))
                .serve_with_incoming(TcpListenerStream::new(listener)),
        );
        Self { folder: TempDir::new().unwrap(), books, address, _runtime: runtime }
    }

    /// Runs `kassa` in the shop's folder.
    pub fn kassa(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kassa"));
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command.env_remove("KASSA_TOKEN_FILE").env("KASSA_SERVER", &self.address);
        command
    }

    pub fn refuse(&self, method: &'static str, status: fn() -> Status) {
        self.books.lock().unwrap().refusals.insert(method, status);
    }
}

/// A status as the contract wants it, not to be tried again.
pub fn refusal(code: Code, reason: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, "kassa", HashMap::new());
    let mut status = Status::with_error_details(code, format!("{reason}: in words"), details);
    status.metadata_mut().insert("grpc-retry-pushback-ms", (-1).into());
    status
}

/// What a run of the program left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.stderr, "");
        serde_json::from_str(&self.stdout).unwrap()
    }
}
