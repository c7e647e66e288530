//! A shop that answers as it was told, and a folder to run the program in.

use std::{
    collections::HashMap,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use kassa_client::proto::v1;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status, transport::Server};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::fake;

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
        let books = Arc::<Mutex<Books>>::default();
        let played = Arc::clone(&books);
        let routes = fake::routes(move |path, request| {
            let answer = played.lock().unwrap().answer(&path, &request);
            async { answer }
        });
        runtime.spawn(
            Server::builder().add_routes(routes).serve_with_incoming(TcpListenerStream::new(listener)),
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

impl Books {
    fn answer(&mut self, path: &str, request: &Request<Bytes>) -> Result<Response<Bytes>, Status> {
        let method = path.rsplit('/').next().unwrap_or_default();
        self.check(method)?;
        match method {
            "WhoAmI" => {
                let user_name = "owner".to_owned();
                Ok(fake::answer(&v1::WhoAmIResponse { user_name, ..Default::default() }))
            }
            "GetSettings" => {
                let settings = v1::Settings { currency_code: "USD".to_owned(), ..Default::default() };
                Ok(fake::answer(&v1::GetSettingsResponse { settings: Some(settings) }))
            }
            "ListProducts" => {
                let product =
                    |number: u32| v1::Product { sku: format!("SKU-{number}"), ..Default::default() };
                let products = (0..500).map(product).collect();
                Ok(fake::answer(&v1::ListProductsResponse { products, ..Default::default() }))
            }
            "PutProducts" => self.put_products(request),
            _ => Err(Status::unimplemented("not played")),
        }
    }

    fn check(&self, method: &str) -> Result<(), Status> {
        self.refusals.get(method).map_or(Ok(()), |status| Err(status()))
    }

    fn put_products(&mut self, request: &Request<Bytes>) -> Result<Response<Bytes>, Status> {
        let key = request.metadata().get("idempotency-key").unwrap().to_str().unwrap().to_owned();
        let put: v1::PutProductsRequest = fake::read(request);
        let count = put.products.len();
        let created_count = count as i32;
        let mut response = fake::answer(&v1::PutProductsResponse { created_count, ..Default::default() });
        if put.validate_only {
            self.check("validate_only")?;
            return Ok(response);
        }
        if self.imports.iter().any(|(done, _)| *done == key) {
            if self.expired {
                return Err(refusal(Code::FailedPrecondition, "KEY_EXPIRED"));
            }
            response.metadata_mut().insert("idempotent-replayed", "true".parse().unwrap());
        } else if self.room.is_some_and(|room| self.imports.len() >= room) {
            return Err(refusal(Code::Unavailable, "OUTCOME_UNKNOWN"));
        } else {
            self.imports.push((key, count));
        }
        Ok(response)
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
