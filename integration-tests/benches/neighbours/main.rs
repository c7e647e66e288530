//! What a busy terminal costs its neighbour: how long a quote and a sale take while another terminal asks for lists,
//! reports and proofs as fast as it is answered, beside how long they take alone, in one run.
//!
//! ```text
//! cargo build --release && cargo bench -p kassa-integration-tests --bench neighbours
//! ```
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints what it measured, and fails loudly where it measured nothing"
)]

#[expect(dead_code, reason = "the benchmark of sales uses all of it")]
#[path = "../sales/folders.rs"]
mod folders;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use clap::Parser;
use futures_util::future::join_all;
use hdrhistogram::Histogram;
use kassa_client::{Error, Kassa, Reason, proto::v1 as pb};
use kassa_load::{LoadShop, Selling, Server, Until};
use tempfile::TempDir;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Clients that fill the database.
const FILLERS: usize = 64;
const PIN: &str = "480213";

/// Measures a quote and a sale beside a busy terminal.
#[derive(Parser)]
struct Options {
    /// How often everything is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each load lasts.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// How many orders of five lines there are.
    #[arg(long, default_value_t = 5_000)]
    orders: usize,
    /// The server's program, where it is not the one that was built beside the benchmark.
    #[arg(long)]
    program: Option<PathBuf>,
    /// `cargo bench` says this, `cargo test --all-targets` does not.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What the busy terminal asks for, and how many of it at once.
#[derive(Clone, Copy, PartialEq)]
enum Load {
    Nothing,
    Lists,
    Reports,
    Proofs,
}

impl Load {
    const ALL: [Self; 4] = [Self::Nothing, Self::Lists, Self::Reports, Self::Proofs];

    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "alone",
            Self::Lists => "120 ListOrders(500)",
            Self::Reports => "120 GetSalesReport",
            Self::Proofs => "60 CheckIntegrity",
        }
    }

    fn calls(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Lists | Self::Reports => 120,
            Self::Proofs => 60,
        }
    }

    async fn call(self, kassa: &Kassa, shift_id: &str) -> Result<(), Error> {
        match self {
            Self::Nothing => Ok(()),
            Self::Lists => {
                let request = pb::ListOrdersRequest { page_size: 500, ..Default::default() };
                kassa.orders().list_orders(request).await.map(|_| ())
            }
            Self::Reports => {
                let group_by = pb::SalesGrouping::Product.into();
                let shift_id = shift_id.to_owned();
                let request = pb::GetSalesReportRequest { group_by, shift_id, ..Default::default() };
                kassa.admin().get_sales_report(request).await.map(|_| ())
            }
            Self::Proofs => kassa.admin().check_integrity(pb::CheckIntegrityRequest {}).await.map(|_| ()),
        }
    }
}

fn main() {
    let options = Options::parse();
    if !options.bench {
        println!("nothing is measured unless `cargo bench` runs this");
        return;
    }
    let program = folders::program(options.program.clone());
    // Beside the build, for /tmp is no disk on many machines.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the measurements");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure(&options, &program, folder.path()));
}

async fn measure(options: &Options, program: &Path, folder: &Path) {
    let data = folder.join("shop");
    let shop = filled(program, &data, options.orders).await;
    println!("| round | load | quote: p50 | p99 | slowest | sale: p50 | p99 | slowest | the load's calls |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for round in 1..=options.rounds {
        let server = Server::start(program, &data).await.expect("the server starts");
        let token = administrator(&server, round).await;
        let mut alone = None;
        for load in Load::ALL {
            let beside = beside(load, &shop, &server, &token, options.seconds).await;
            let alone = alone.get_or_insert_with(|| beside.clone());
            println!("| {round} | {} | {} |", load.name(), beside.shown(alone));
        }
        server.stop().await.expect("the server stops");
    }
}

/// Founds a shop in which so many orders were sold.
async fn filled(program: &Path, data: &Path, orders: usize) -> Arc<LoadShop> {
    let server = Server::start(program, data).await.expect("the server starts");
    let shop = LoadShop::found(&server, FILLERS, 5).await.expect("the shop is founded");
    let shop = Arc::new(shop);
    let terminals = shop.terminals(&server, FILLERS, false).expect("terminals");
    Selling::begin(&shop, &terminals, Until::Sales(orders)).ended().await.expect("no sale fails");
    drop(terminals);
    server.stop().await.expect("the server stops");
    shop
}

/// The token of an administrator on a terminal of their own, at the register of the first one.
async fn administrator(server: &Server, round: usize) -> String {
    let kassa = server.local().expect("a client");
    let register =
        kassa.access().who_am_i(pb::WhoAmIRequest {}).await.expect("who it is").register_code.clone();
    let name = format!("admin-{round}");
    let user = pb::User { name: name.clone(), role: pb::Role::Admin.into(), ..Default::default() };
    let users = pb::PutUsersRequest { users: vec![user] };
    kassa.admin().put_users(users).await.expect("the user is put");
    let pin = pb::SetPinRequest { user_id: name.clone(), new_pin: PIN.to_owned(), ..Default::default() };
    kassa.access().set_pin(pin).await.expect("the PIN is set");
    let code = pb::CreatePairingCodeRequest { register_id: register, terminal_name: name.clone() };
    let code = kassa.admin().create_pairing_code(code).await.expect("a code is made").into_inner().code;
    let paired = kassa.access().pair_terminal(pb::PairTerminalRequest { code }).await;
    let terminal = client(server, &paired.expect("the terminal is paired").into_inner().token);
    let sign_in = pb::SignInRequest { user_id: name, pin: PIN.to_owned() };
    terminal.access().sign_in(sign_in).await.expect("the user signs in").into_inner().token
}

fn client(server: &Server, token: &str) -> Kassa {
    let builder = Kassa::builder(server.address()).token(token);
    builder.timeout(PATIENCE).attempts(1).build().expect("a client")
}

/// How long the neighbour waited, and what became of the load's calls.
#[derive(Clone)]
struct Beside {
    quotes: Histogram<u64>,
    sales: Histogram<u64>,
    /// By the reason that they were refused for; those that were answered have none.
    calls: BTreeMap<String, usize>,
}

impl Beside {
    fn shown(&self, alone: &Self) -> String {
        let shown = |these: &Histogram<u64>, alone: &Histogram<u64>| {
            let value = |quantile: f64| {
                let (this, alone) = (these.value_at_quantile(quantile), alone.value_at_quantile(quantile));
                format!("{:.1} ms, {:.1} x", this as f64 / 1_000.0, this as f64 / alone as f64)
            };
            format!("{} | {} | {}", value(0.5), value(0.99), value(1.0))
        };
        let calls: Vec<_> = self.calls.iter().map(|(what, count)| format!("{count} {what}")).collect();
        let (quotes, sales) = (shown(&self.quotes, &alone.quotes), shown(&self.sales, &alone.sales));
        format!("{quotes} | {sales} | {}", calls.join(", "))
    }
}

async fn beside(load: Load, shop: &LoadShop, server: &Server, token: &str, seconds: f64) -> Beside {
    let calls = Arc::new(Mutex::new(BTreeMap::new()));
    let till = client(server, &shop.tills[0].token);
    let shift = till.shifts().get_current_shift(pb::GetCurrentShiftRequest::default()).await;
    let shift = shift.expect("there is the shift").into_inner().shift.expect("a shift");
    let shift_id = shift.shift_id;
    let busy: Vec<_> = (0..load.calls())
        .map(|_| {
            // A client sends the same request once, so each call has a client of its own.
            let (kassa, calls, shift_id) = (client(server, token), Arc::clone(&calls), shift_id.clone());
            tokio::spawn(async move {
                loop {
                    let refused = load.call(&kassa, &shift_id).await.err();
                    let wrong = refused.as_ref().is_some_and(|error| error.is(Reason::InvalidField));
                    assert!(!wrong, "the load is no load: {refused:?}");
                    let reason = refused.as_ref().map(|error| error.reason_name().unwrap_or("no reason"));
                    let what = reason.unwrap_or("answered").to_owned();
                    *calls.lock().expect("nobody panics").entry(what).or_default() += 1;
                    if let Some(wait) = refused.and_then(|error| error.retry_after()) {
                        tokio::time::sleep(wait).await;
                    }
                }
            })
        })
        .collect();
    let histogram = || Histogram::new(3).expect("a histogram");
    let (mut quotes, mut sales) = (histogram(), histogram());
    let began = Instant::now();
    for number in 0.. {
        if began.elapsed().as_secs_f64() >= seconds {
            break;
        }
        let sale = shop.sale(number).request;
        let quote = pb::QuoteOrderRequest { lines: sale.lines.clone(), ..Default::default() };
        let asked = Instant::now();
        till.orders().quote_order(quote).await.expect("no quote fails");
        quotes.record(micros(asked)).expect("it has room");
        let asked = Instant::now();
        till.orders().complete_sale(sale).await.expect("no sale fails");
        sales.record(micros(asked)).expect("it has room");
    }
    for call in &busy {
        call.abort();
    }
    for call in join_all(busy).await {
        assert!(call.is_err_and(|error| error.is_cancelled()), "the load did not last");
    }
    let calls = std::mem::take(&mut *calls.lock().expect("nobody panics"));
    Beside { quotes, sales, calls }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).expect("a short time")
}
