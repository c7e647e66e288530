//! The shop.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use kassa_client::{
    Answer, Builder, Error, Kassa,
    proto::v1::{self as pb, CompleteSaleRequest, Order, line_item},
};
use kassa_server::{
    check,
    clock::{Clock as _, SharedClock},
    config::{Config, DiskConfig},
    server::{self, Opened, RunError},
    store::{DataFolder, StartError},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{TestClock, script, template};

/// The PIN of every user that a test adds.
pub const PIN: &str = "480213";
/// How long a folder may be locked by nobody.
const UNLOCKED: Duration = Duration::from_secs(10);

/// A shop whose server runs in this process. Dropping it proves its books.
pub struct Shop {
    /// The client of the local terminal, signed in as the owner.
    pub kassa: Kassa,
    /// The server's time.
    pub clock: Arc<TestClock>,
    /// Where the server listens.
    pub address: SocketAddr,
    config: Config,
    folder: TempDir,
    products: BTreeMap<String, String>,
    running: Option<Running>,
    proves_its_books: bool,
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), RunError>>,
}

impl Shop {
    /// A founded shop: goods on the shelf, no shift yet.
    pub async fn found() -> Self {
        Self::found_with(|_| {}).await
    }

    /// The same with another configuration.
    pub async fn found_with(configure: impl FnOnce(&mut Config)) -> Self {
        Self::found_at(TempDir::new().expect("a temporary folder"), configure).await
    }

    /// The same on a machine that is not as new as that: its data folder is `data` in the folder.
    pub async fn found_at(folder: TempDir, configure: impl FnOnce(&mut Config)) -> Self {
        let mut shop = Self::empty_at(folder, configure).await;
        let put = pb::PutProductsRequest { products: script::products(), ..Default::default() };
        let put = shop.kassa.catalog().put_products(put).await.expect("the goods are put");
        let skus = script::PRODUCTS.iter().map(|(sku, ..)| (*sku).to_owned());
        shop.products = skus.zip(put.into_inner().product_ids).collect();
        shop
    }

    /// A founded shop that has no goods yet.
    pub async fn empty() -> Self {
        Self::empty_at(TempDir::new().expect("a temporary folder"), |_| {}).await
    }

    async fn empty_at(folder: TempDir, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = config(&folder);
        configure(&mut config);
        template::put(&config.data_dir);
        let clock = Arc::new(TestClock::default());
        let (kassa, address, running) = start(&config, &clock).await.expect("the server opens");
        let (running, products) = (Some(running), BTreeMap::new());
        Self { kassa, clock, address, config, folder, products, running, proves_its_books: true }
    }

    /// A shop that was founded elsewhere: `data` in the folder is its data folder, and its time goes on from a
    /// moment.
    ///
    /// # Errors
    /// What is in the way of its server.
    pub async fn found_in(folder: TempDir, from: DateTime<Utc>) -> Result<Self, StartError> {
        let config = config(&folder);
        let clock = Arc::new(TestClock::default());
        clock.advance(from - clock.now());
        let (kassa, address, running) = start(&config, &clock).await?;
        let (running, products) = (Some(running), BTreeMap::new());
        let mut shop =
            Self { kassa, clock, address, config, folder, products, running, proves_its_books: true };
        for (sku, ..) in script::PRODUCTS {
            let request = pb::GetProductRequest { sku: sku.to_owned(), ..Default::default() };
            let product = shop.kassa.catalog().get_product(request).await.expect("there is the product");
            let product = product.into_inner().product.expect("a product");
            shop.products.insert(sku.to_owned(), product.product_id);
        }
        Ok(shop)
    }

    /// A founded shop with an open shift and 100.00 in the drawer.
    pub async fn open() -> Self {
        let shop = Self::found().await;
        shop.open_shift("100.00").await;
        shop
    }

    /// Opens a shift on the terminal's register.
    pub async fn open_shift(&self, float: &str) -> pb::OpenShiftResponse {
        let request = pb::OpenShiftRequest { opening_float: Some(script::usd(float)), ..Default::default() };
        self.kassa.shifts().open_shift(request).await.expect("the shift opens").into_inner()
    }

    /// Changes settings: those that are named.
    pub async fn set(&self, paths: &[&str], settings: pb::Settings) {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let update_mask = Some(prost_types::FieldMask { paths });
        let request = pb::PutSettingsRequest { settings: Some(settings), update_mask };
        self.kassa.admin().put_settings(request).await.expect("the settings are put");
    }

    /// Has cash rounded.
    pub async fn set_coins(&self, coins: pb::CashRounding) {
        self.set(&["cash_rounding"], pb::Settings { cash_rounding: Some(coins), ..Default::default() }).await;
    }

    /// The id of one of the goods.
    pub fn product(&self, sku: &str) -> String {
        self.products.get(sku).cloned().unwrap_or_else(|| panic!("no product {sku}"))
    }

    /// A sale in words, quoted for its total.
    pub async fn sale(&self, words: &str) -> CompleteSaleRequest {
        let (lines, tenders) = script::read(words, |sku| self.products.get(sku).cloned());
        let quote = pb::QuoteOrderRequest { lines: lines.clone(), ..Default::default() };
        let quote = self.kassa.orders().quote_order(quote).await.expect("the sale can be quoted");
        CompleteSaleRequest { lines, tenders, expected_total: quote.total.clone(), ..Default::default() }
    }

    /// Sells.
    pub async fn sell(&self, words: &str) -> Order {
        self.try_sell(words).await.expect("the sale is made").into_inner().order.expect("an order")
    }

    /// Sells, or says why not.
    pub async fn try_sell(&self, words: &str) -> Result<Answer<pb::CompleteSaleResponse>, Error> {
        self.kassa.orders().complete_sale(self.sale(words).await).await
    }

    /// A refund in words, such as `1 x bread, cash 2.00`: back on the shelf, for its worth.
    pub fn refund(&self, sale: &Order, words: &str, total: &str) -> pb::RefundSaleRequest {
        let (lines, tenders) = script::read(words, |sku| self.products.get(sku).cloned());
        let lines = lines.into_iter().map(|returned| {
            let Some(line_item::Item::ProductId(product)) = returned.item else {
                panic!("no product: {words}")
            };
            let sold = sale.lines.iter().find(|line| line.product_id == product);
            pb::RefundLine {
                line_id: sold.expect("it was sold").line_id.clone(),
                quantity: returned.quantity,
                reason: "did not like it".to_owned(),
                restock: true,
            }
        });
        pb::RefundSaleRequest {
            order_id: sale.order_id.clone(),
            lines: lines.collect(),
            tenders,
            expected_total: Some(script::usd(total)),
            ..Default::default()
        }
    }

    /// Reads an order again, with what was given back of it up to now.
    pub async fn read(&self, order: &Order) -> Order {
        let request = pb::GetOrderRequest { order_id: order.order_id.clone() };
        let read = self.kassa.orders().get_order(request).await.expect("the order is there");
        read.into_inner().order.expect("an order")
    }

    /// What should be in the drawer, in minor units.
    pub async fn in_the_drawer(&self) -> i64 {
        let drawer = self.kassa.cash_register().get_drawer(pb::GetDrawerRequest::default()).await;
        let drawer = drawer.expect("there is a drawer").into_inner().drawer.expect("a drawer");
        drawer.balance.expect("a balance").amount_minor
    }

    /// What is on the shelf, as text.
    pub async fn on_the_shelf(&self, sku: &str) -> String {
        let request = pb::GetProductRequest { sku: sku.to_owned(), ..Default::default() };
        let product = self.kassa.catalog().get_product(request).await.expect("there is the product");
        product.into_inner().stock.expect("a stock").value
    }

    /// All orders, newest first.
    pub async fn orders(&self) -> Vec<Order> {
        let mut orders = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = pb::ListOrdersRequest { page_size: 500, page_token, ..Default::default() };
            let page = self.kassa.orders().list_orders(request).await.expect("a page").into_inner();
            orders.extend(page.orders);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return orders;
            }
        }
    }

    /// Another client, with connections and calls of its own: a second terminal of the same register.
    pub fn second_terminal(&self) -> Kassa {
        local(self.address, &self.config.data_dir)
    }

    /// The same that asks once, and does not wait for what passes by itself.
    pub fn impatient(&self) -> Kassa {
        let builder = client(self.address).token_file(self.config.data_dir.join("keys/local.token"));
        builder.attempts(1).build().expect("a client")
    }

    /// The same that waits for an answer as long as that.
    pub fn patient(&self, timeout: Duration) -> Kassa {
        let builder = client(self.address).token_file(self.config.data_dir.join("keys/local.token"));
        builder.timeout(timeout).total_time(timeout).build().expect("a client")
    }

    /// Adds a branch.
    pub async fn branch(&self, code: &str) -> pb::Branch {
        let (code, name) = (code.to_owned(), format!("Branch {code}"));
        let branches = vec![pb::Branch { code, name, ..Default::default() }];
        let put = self.kassa.admin().put_branches(pb::PutBranchesRequest { branches }).await;
        put.expect("the branch is put").into_inner().branches.remove(0)
    }

    /// Adds a register to the branch of the local terminal.
    pub async fn register(&self, code: &str) -> pb::Register {
        self.register_in("", code).await
    }

    /// Adds a register to a branch.
    pub async fn register_in(&self, branch: &str, code: &str) -> pb::Register {
        let (code, name, branch_id) = (code.to_owned(), format!("Register {code}"), branch.to_owned());
        let registers = vec![pb::Register { code, name, branch_id, ..Default::default() }];
        let put = self.kassa.admin().put_registers(pb::PutRegistersRequest { registers }).await;
        put.expect("the register is put").into_inner().registers.remove(0)
    }

    /// Adds a user with the PIN [`PIN`], or gives one another role.
    pub async fn user(&self, name: &str, role: pb::Role) -> pb::User {
        let users = vec![pb::User { name: name.to_owned(), role: role.into(), ..Default::default() }];
        let put = self.kassa.admin().put_users(pb::PutUsersRequest { users }).await;
        let user = put.expect("the user is put").into_inner().users.remove(0);
        self.set_pin(name, PIN).await;
        user
    }

    /// Gives a user another PIN.
    pub async fn set_pin(&self, name: &str, pin: &str) {
        let (user_id, new_pin) = (name.to_owned(), pin.to_owned());
        let request = pb::SetPinRequest { user_id, new_pin, ..Default::default() };
        self.kassa.access().set_pin(request).await.expect("the PIN is set");
    }

    /// Signs a user in whose PIN is [`PIN`], on a terminal that is paired at a register for it.
    pub async fn signed_in(&self, name: &str, register: &str) -> Kassa {
        let terminal = self.terminal(register).await;
        self.sign_in(&terminal, name).await.expect("the user signs in")
    }

    /// Signs a user in on a terminal, and gives the client of the session.
    ///
    /// # Errors
    /// What the server refuses.
    pub async fn sign_in(&self, terminal: &Kassa, name: &str) -> Result<Kassa, Error> {
        Ok(self.with_token(&session(terminal, name).await?))
    }

    /// The token of a session of a user whose PIN is [`PIN`], on a terminal that is paired for it.
    pub async fn session(&self, name: &str, register: &str) -> String {
        session(&self.terminal(register).await, name).await.expect("the user signs in")
    }

    /// Pairs a terminal at a register, and gives its client; nobody is signed in on it.
    pub async fn terminal(&self, register: &str) -> Kassa {
        self.with_token(&self.pair(register).await.token)
    }

    /// Pairs a terminal at a register.
    pub async fn pair(&self, register: &str) -> pb::PairTerminalResponse {
        let request = pb::CreatePairingCodeRequest {
            register_id: register.to_owned(),
            terminal_name: format!("Till at {register}"),
        };
        let made = self.kassa.admin().create_pairing_code(request).await.expect("a code is made");
        let request = pb::PairTerminalRequest { code: made.into_inner().code };
        self.without_token()
            .access()
            .pair_terminal(request)
            .await
            .expect("the terminal is paired")
            .into_inner()
    }

    /// A client with a token of its own.
    pub fn with_token(&self, token: &str) -> Kassa {
        client(self.address).token(token).build().expect("a client")
    }

    /// A client without a token.
    pub fn without_token(&self) -> Kassa {
        client(self.address).build().expect("a client")
    }

    /// What its server is configured with; in a test, the faults that can be injected are in it, too.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.config.data_dir
    }

    /// The live database file, for looking at with another program's eyes.
    pub fn database(&self) -> std::path::PathBuf {
        DataFolder::open_to_read(&self.config.data_dir).expect("there are books").database()
    }

    /// Stops the server as SIGTERM would, and says how it went.
    pub async fn stop(&mut self) -> Result<(), RunError> {
        let Running { stop, task } = self.running.take().expect("the server runs");
        stop.send(()).expect("the server listens for its stop");
        task.await.expect("the server does not panic")
    }

    /// Stops the server and starts it anew on the same folder.
    pub async fn restart(&mut self) {
        self.stop().await.expect("the server stops cleanly");
        self.start().await;
    }

    /// Starts the server again.
    pub async fn start(&mut self) {
        self.try_start().await.expect("the server opens");
    }

    /// Starts the server again, or says why it does not start.
    ///
    /// # Errors
    /// What is in the way.
    pub async fn try_start(&mut self) -> Result<(), StartError> {
        let (kassa, address, running) = start(&self.config, &self.clock).await?;
        (self.kassa, self.address, self.running) = (kassa, address, Some(running));
        Ok(())
    }

    /// For a test that damages the books on purpose.
    pub fn with_unsound_books(mut self) -> Self {
        self.proves_its_books = false;
        self
    }
}

fn config(folder: &TempDir) -> Config {
    let mut config = Config { data_dir: folder.path().join("data"), ..Config::default() };
    config.listen.set_port(0);
    // A disk that is nearly full is a test's own business, and not all tests'.
    config.disk = DiskConfig { warn_mb: 0, sales_only_mb: 0, reserve_mb: 0 };
    config
}

async fn start(config: &Config, clock: &Arc<TestClock>) -> Result<(Kassa, SocketAddr, Running), StartError> {
    let listener = TcpListener::bind(config.listen).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let clock: SharedClock = Arc::<TestClock>::clone(clock);
    let opened = unlocked(config, &clock).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(opened.serve(listener, async {
        // A shop that is dropped stops its server too.
        let _ = stopped.await;
    }));
    Ok((local(address, &config.data_dir), address, Running { stop, task }))
}

/// Opens the books. A program that another test starts just now holds every file of this process, locks included, from
/// its fork until it is another program.
async fn unlocked(config: &Config, clock: &SharedClock) -> Result<Opened, StartError> {
    let began = Instant::now();
    loop {
        match server::open(config.clone(), Arc::clone(clock)).await {
            Err(StartError::Locked { .. }) if began.elapsed() < UNLOCKED => tokio::task::yield_now().await,
            opened => return opened,
        }
    }
}

async fn session(terminal: &Kassa, name: &str) -> Result<String, Error> {
    let request = pb::SignInRequest { user_id: name.to_owned(), pin: PIN.to_owned() };
    Ok(terminal.access().sign_in(request).await?.into_inner().token)
}

fn local(address: SocketAddr, data: &Path) -> Kassa {
    client(address).token_file(data.join("keys/local.token")).build().expect("a client")
}

fn client(address: SocketAddr) -> Builder {
    // The machine of a test may be slow; what is tested is not how fast it is.
    Kassa::builder(format!("http://{address}")).timeout(Duration::from_secs(30))
}

impl Drop for Shop {
    /// Every test ends with this: the books must be sound, whatever was done to the server.
    fn drop(&mut self) {
        if std::thread::panicking() || !self.proves_its_books {
            return;
        }
        let data = self.folder.path().join("data");
        // The test's own runtime can't be blocked on from inside.
        let proof = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(check::check_folder(&data))
        });
        let report = proof.join().expect("the check does not panic").expect("the books can be checked");
        assert!(report.is_sound(), "the books are not sound:\n{report}");
    }
}
