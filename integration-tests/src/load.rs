//! Terminals that sell while the server is struck, and what they know of their sales afterwards.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use kassa_client::{
    Kassa, Reason,
    proto::v1::{self as pb, CompleteSaleRequest, Order},
};
use tokio::{sync::watch, task::JoinHandle, time};

use crate::{LeftOut, Program, Proof, proof::count, usd};

const TOTAL: i64 = 6_00;
/// How soon a terminal sends a sale again that the server refused.
const AGAIN: Duration = Duration::from_millis(5);

/// What the terminals of a shop know of their sales.
#[derive(Debug, Default)]
pub struct Known {
    /// Acknowledged, by the orders' ids: these must be there, once, as they were answered.
    pub sold: BTreeMap<String, Order>,
    /// Sent, but no answer was heard: these must be there once after the same key was sent again.
    pub unknown: Vec<CompleteSaleRequest>,
    /// How often the server answered that it can't, by what it said.
    pub refused: BTreeMap<String, usize>,
    /// Receipts that were given out, of sales that are in no books since a backup was restored.
    pub on_paper: BTreeSet<String>,
    /// From the moment of a power cut on nobody hears an answer.
    deaf: bool,
}

/// The terminals of a shop with one product and an open shift.
pub struct Tills {
    /// The data folder of the shop.
    pub data: PathBuf,
    sale: CompleteSaleRequest,
    known: Arc<Mutex<Known>>,
}

/// Terminals at work.
pub struct Selling {
    known: Arc<Mutex<Known>>,
    stop: Arc<AtomicBool>,
    progress: watch::Receiver<()>,
    terminals: Vec<JoinHandle<()>>,
}

impl Tills {
    /// Opens a shop in an empty data folder. No server runs on it afterwards.
    pub async fn open(data: &Path) -> Self {
        Self::open_at(Program::start(data), data).await
    }

    /// The same with a server that runs already, and is stopped.
    pub async fn open_at(program: Program, data: &Path) -> Self {
        let kassa = program.client(data);
        let product = pb::Product {
            sku: "bread".to_owned(),
            name: "Bread".to_owned(),
            price: Some(usd("2.00")),
            ..pb::Product::default()
        };
        let products = vec![pb::PutProduct { product: Some(product), opening_stock: None }];
        let put = pb::PutProductsRequest { products, ..Default::default() };
        let put = kassa.catalog().put_products(put).await.expect("the product is put").into_inner();
        let shift = kassa.shifts().open_shift(pb::OpenShiftRequest::default()).await;
        shift.expect("the shift is opened");
        assert!(program.terminate().success(), "the server stops cleanly");
        let product = put.product_ids.into_iter().next().expect("its id");
        let sale = CompleteSaleRequest {
            lines: vec![kassa_client::product_line(product, "3")],
            tenders: vec![kassa_client::cash(usd("10.00"))],
            expected_total: Some(usd("6.00")),
            ..Default::default()
        };
        Self { data: data.to_owned(), sale, known: Arc::default() }
    }

    /// What is known by now.
    pub fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }

    /// Lets terminals sell without a pause until the server can't be reached or they are told to stop.
    pub fn sell(&self, address: &str, terminals: usize) -> Selling {
        self.known().deaf = false;
        let (progress, progressed) = watch::channel(());
        let progress = Arc::new(progress);
        let stop = Arc::new(AtomicBool::new(false));
        let terminals = (0..terminals).map(|_| {
            // One try a sale: what became of the others is asked after the restart.
            let builder = Kassa::builder(format!("http://{address}")).attempts(1);
            let builder = builder.token_file(self.data.join("keys/local.token"));
            let till = Till {
                kassa: builder.timeout(Duration::from_secs(30)).build().expect("a client"),
                sale: self.sale.clone(),
                known: Arc::clone(&self.known),
                stop: Arc::clone(&stop),
                progress: Arc::clone(&progress),
            };
            tokio::spawn(till.work())
        });
        let terminals = terminals.collect();
        Selling { known: Arc::clone(&self.known), stop, progress: progressed, terminals }
    }

    /// Sends every sale of unknown outcome again, as a terminal does. Says how many had been stored.
    ///
    /// # Errors
    /// What the server answers if it does not take one of them.
    pub async fn settle(&self, kassa: &Kassa) -> Result<usize, kassa_client::Error> {
        let mut stored = 0;
        let unknown = std::mem::take(&mut self.known().unknown);
        for sale in unknown {
            let answer = match kassa.orders().complete_sale(sale.clone()).await {
                Err(error) if error.is(Reason::NoOpenShift) => {
                    open_shift(kassa).await;
                    kassa.orders().complete_sale(sale).await?
                }
                answer => answer?,
            };
            stored += usize::from(answer.replayed());
            self.known().hear(answer.into_inner());
        }
        Ok(stored)
    }

    /// Compares what the terminals know with what the server has.
    ///
    /// # Errors
    /// What the server answers if it does not tell.
    pub async fn prove(&self, kassa: &Kassa) -> Result<Proof, kassa_client::Error> {
        let orders = all_orders(kassa).await?;
        let drawer = kassa.cash_register().get_drawer(pb::GetDrawerRequest::default()).await?.into_inner();
        let balance = drawer.drawer.and_then(|drawer| drawer.balance).map(|balance| balance.amount_minor);
        let left_out = LeftOut::of(&self.data, &self.known());
        let mut proof = Proof::of_books(&self.known().sold, &orders, &left_out);
        let expected = TOTAL * i64::try_from(orders.len()).expect("a countable number");
        if balance != Some(expected) {
            proof.half.push(format!("the drawer holds {balance:?}, and its sales make {expected}"));
        }
        Ok(proof)
    }
}

impl Known {
    /// A backup was restored. What had been sold after it is gone, and its numbers are on paper; `kept` names the
    /// sales in the backup, and `last` is the last number that may have been given out before.
    pub fn restored(&mut self, kept: &BTreeSet<String>, last: i64) {
        let sold = std::mem::take(&mut self.sold);
        let is_there = |order: &Order| kept.contains(&order.order_id) || count(order) > Some(last);
        let (sold, gone) = sold.into_iter().partition(|(_, order)| is_there(order));
        self.sold = sold;
        self.on_paper.extend(gone.into_values().map(|order: Order| order.receipt_number));
    }

    fn hear(&mut self, answer: pb::CompleteSaleResponse) {
        let order = answer.order.expect("a sale's answer has its order");
        self.sold.insert(order.order_id.clone(), order);
    }
}

impl Selling {
    /// Waits until so many more sales are acknowledged. False if that took too long or no terminal is left.
    pub async fn sold(&mut self, count: usize) -> bool {
        let goal = lock(&self.known).sold.len() + count;
        self.until(|known| known.sold.len() >= goal).await
    }

    /// Waits until the terminals know something.
    pub async fn until(&mut self, reached: impl Fn(&Known) -> bool) -> bool {
        let reaching = async {
            while !reached(&lock(&self.known)) {
                if self.progress.changed().await.is_err() {
                    return reached(&lock(&self.known));
                }
            }
            true
        };
        time::timeout(Duration::from_secs(60), reaching).await.unwrap_or(false)
    }

    /// The power goes: an answer that is not heard by now never is. Gives how many were.
    pub fn deafen(&self) -> usize {
        let mut known = lock(&self.known);
        known.deaf = true;
        known.sold.len()
    }

    /// Tells the terminals to stop, and waits for them.
    pub async fn stop(self) {
        self.stop.store(true, SeqCst);
        self.ended().await;
    }

    /// Waits for the terminals; they end when the server is gone.
    pub async fn ended(self) {
        for terminal in self.terminals {
            terminal.await.expect("a terminal does not panic");
        }
    }
}

struct Till {
    kassa: Kassa,
    sale: CompleteSaleRequest,
    known: Arc<Mutex<Known>>,
    stop: Arc<AtomicBool>,
    progress: Arc<watch::Sender<()>>,
}

impl Till {
    async fn work(self) {
        while !self.stop.load(SeqCst) {
            let sale = CompleteSaleRequest { order_id: kassa_client::new_id(), ..self.sale.clone() };
            if !self.complete(&sale).await {
                lock(&self.known).unknown.push(sale);
                return;
            }
        }
    }

    /// Sends a sale until it is acknowledged, as a terminal does. False if nobody hears it any more.
    async fn complete(&self, sale: &CompleteSaleRequest) -> bool {
        loop {
            let answer = self.kassa.orders().complete_sale(sale.clone()).await;
            if answer.as_ref().is_err_and(|error| error.is(Reason::NoOpenShift)) {
                open_shift(&self.kassa).await;
            }
            let gone = {
                let mut known = lock(&self.known);
                match answer {
                    _ if known.deaf => return false,
                    Ok(answer) => {
                        known.hear(answer.into_inner());
                        self.progress.send_replace(());
                        return true;
                    }
                    Err(error) if error.is_unreachable() => true,
                    Err(error) => {
                        let why = format!("{:?}: {}", error.code(), error.message());
                        *known.refused.entry(why).or_default() += 1;
                        false
                    }
                }
            };
            self.progress.send_replace(());
            if gone || self.stop.load(SeqCst) {
                return false;
            }
            time::sleep(AGAIN).await;
        }
    }
}

/// What a cashier does whose shift the server ended, because the clock said that nobody had used it for days: counts the
/// drawer, and opens the next one.
async fn open_shift(kassa: &Kassa) {
    let drawer = kassa.cash_register().get_drawer(pb::GetDrawerRequest::default()).await;
    let opening_float = drawer.ok().and_then(|drawer| drawer.into_inner().drawer?.balance);
    // Another terminal of the register may have been first. If none was, the next sale is refused again.
    let _ = kassa.shifts().open_shift(pb::OpenShiftRequest { opening_float, ..Default::default() }).await;
}

async fn all_orders(kassa: &Kassa) -> Result<Vec<Order>, kassa_client::Error> {
    let mut orders = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListOrdersRequest { page_size: 500, page_token, ..Default::default() };
        let page = kassa.orders().list_orders(request).await?.into_inner();
        orders.extend(page.orders);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(orders);
        }
    }
}

/// A terminal that panicked has told its own story.
fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
