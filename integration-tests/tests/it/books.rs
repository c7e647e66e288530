//! The books themselves: batches, faults, and what one posting can do to another.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use chrono::TimeDelta;
use kassa_client::{Code, Reason, proto::v1 as pb};
use kassa_integration_tests::{Shop, TestClock, usd};
use kassa_server::{
    books::{Books, BooksThread, Context, Decision, Key, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    clock::SharedClock,
    config::Config,
    disk::Disk,
    lifecycle::upgrade,
    readings::Readers,
    store::{
        DataFolder, Synchronous,
        engine::Scope,
        entity::{branch, business},
        fault::{CommitFault, Faults},
    },
};
use sea_orm::prelude::Uuid;
use tempfile::TempDir;
use tokio::sync::oneshot;

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_commit_is_answered_by_what_became_of_it() {
    let shop = Shop::open().await;
    let failed = || shop.config().faults.failed_commits();
    let sale = shop.sale("1 x bread, cash 2.00").await;
    shop.config().faults.fail_commit(CommitFault::Lost);
    let refused = shop.kassa.orders().complete_sale(sale.clone()).await.unwrap_err();
    assert_eq!((refused.reason(), failed()), (Some(Reason::DiskIo), 1), "the fault was really injected");
    assert_eq!(shop.orders().await, []);
    assert!(!shop.kassa.orders().complete_sale(sale).await.unwrap().replayed());

    let sale = shop.sale("1 x bread, cash 2.00").await;
    shop.config().faults.fail_commit(CommitFault::Stored);
    let sold = shop.kassa.orders().complete_sale(sale).await.unwrap();
    assert_eq!((sold.replayed(), failed()), (false, 2));

    assert_eq!(shop.orders().await.len(), 2);
    assert_eq!(shop.in_the_drawer().await, 104_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_which_nothing_can_be_learned_is_unknown_and_the_same_key_settles_it() {
    let shop = Shop::open().await;
    let sale = shop.sale("1 x bread, cash 2.00").await;
    shop.config().faults.fail_commit(CommitFault::StoredUnseen);
    // The client tries again by itself, under the same key.
    let sold = shop.kassa.orders().complete_sale(sale).await.unwrap();
    assert_eq!(shop.config().faults.failed_commits(), 1, "the fault was really injected");
    assert!(sold.replayed());
    assert_eq!(shop.orders().await.len(), 1);
    assert_eq!(shop.in_the_drawer().await, 102_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_at_the_commit_has_stored_nothing_and_says_so() {
    let shop = Shop::open().await;
    let sale = shop.sale("1 x bread, cash 2.00").await;
    shop.config().faults.fail_commit(CommitFault::Full);
    let refused = shop.kassa.orders().complete_sale(sale.clone()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::DiskFull));
    assert_eq!(shop.orders().await, []);
    shop.kassa.orders().complete_sale(sale).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_at_the_commit_is_told_as_that_even_of_a_batch_without_a_new_key() {
    let bare = Bare::open().await;
    let key = |text: &str| Some(Key { text: text.to_owned(), fingerprint: [7; 32] });
    for (refused_key, written_key) in [(key("of one that is refused"), None), (None, key("another"))] {
        let before = bare.faults.failed_commits();
        bare.faults.fail_commit(CommitFault::Full);
        let both = bare.in_one_batch(async {
            tokio::join!(
                bare.books.post(bare.caller.clone(), refused_key, Deed::Rejected),
                bare.books.post(bare.caller.clone(), written_key, Deed::Write),
            )
        });
        let (refused, written) = both.await;
        assert_eq!(bare.faults.failed_commits(), before + 1, "the fault was really injected");
        let reasons = [refused, written].map(|answer| answer.err().map(|error| error.reason()));
        assert!(!reasons.contains(&Some(Reason::OutcomeUnknown)), "{reasons:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_clearly_and_selling_resumes_without_a_restart() {
    let shop = Shop::open().await;
    let file = rusqlite::Connection::open(shop.database()).unwrap();
    let pages: i64 = file.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    shop.config().faults.limit_pages(usize::try_from(pages).unwrap());
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let mut sold_before = 0;
    let refused = loop {
        let mut sale = sale.clone();
        // Rows fill what is left of the pages first.
        sale.note = "n".repeat(1_000);
        match shop.kassa.orders().complete_sale(sale).await {
            Ok(_) => sold_before += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::DiskFull), Code::ResourceExhausted));
    assert!(refused.message().contains("free space"), "{refused}");
    assert!(!refused.is_retryable());
    let again = shop.kassa.orders().complete_sale(sale.clone()).await.err().map(|error| error.reason());
    assert!(matches!(again, None | Some(Some(Reason::DiskFull))), "{again:?}");
    shop.config().faults.limit_pages(0);
    for _ in 0..5 {
        shop.kassa.orders().complete_sale(sale.clone()).await.unwrap();
    }
    // Another program sees what was acknowledged: it is on the disk, not only in the server's mind.
    let stored: i64 = file.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!(stored, sold_before + 5 + i64::from(again.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_that_exceed_a_batch_wait_for_the_next_one() {
    let shop = Shop::open().await;
    let import = |name: char| pb::PutProductsRequest {
        products: (0..1_000)
            .map(|number| pb::PutProduct {
                product: Some(pb::Product {
                    sku: format!("{name}{number}"),
                    name: format!("{name} {number}"),
                    barcodes: vec![format!("{name}-{number}")],
                    price: Some(usd("1.00")),
                    ..pb::Product::default()
                }),
                opening_stock: None,
            })
            .collect(),
        ..Default::default()
    };
    // 3,000 rows each: the second one passes 4,000, and the rest has to wait.
    let imports =
        ['a', 'b', 'c', 'd'].map(|name| shop.kassa.catalog().put_products(import(name)).into_future());
    let (imports, sale) =
        tokio::join!(futures_util::future::join_all(imports), shop.try_sell("1 x bread, cash 2.00"));
    for put in imports {
        assert_eq!(put.unwrap().created_count, 1_000);
    }
    sale.unwrap();
    let status = shop.kassa.admin().get_status(pb::GetStatusRequest::default()).await.unwrap();
    assert_eq!(status.product_count, 4_005);
}

/// What a posting of these tests does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    /// Panics while it names its needs.
    PanicInReadSet,
    /// Panics after it changed something.
    PanicInDecide,
    /// Is refused after it changed something.
    Rejected,
    /// Is rejected, and what it changed stays.
    RejectedAndCommitted,
    /// Adds a branch whose code is taken, without looking.
    BreakConstraint,
    /// Asks for a row that it never names, over and over.
    NeverSatisfied,
    /// Adds a letter to the receipt footer.
    Write,
}

impl Posting for Deed {
    const METHOD: &'static str = "test/Deed";
    type Reply = pb::GetSettingsResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        assert!(*self != Self::PanicInReadSet, "a fault in read_set");
        read_set.row::<business::Model>(caller.business_id);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        if *self == Self::NeverSatisfied {
            books.get::<branch::Model>(&context.new_id())?;
        }
        books.update::<business::Model, _>(&caller.business_id, |business| {
            business.receipt_footer.push('x');
            // Whoever keeps the row learns by it that it is another one.
            business.version += 1;
            Ok(())
        })?;
        match self {
            Self::PanicInDecide => panic!("a fault in decide"),
            Self::Rejected => return Err(kassa_server::error::Error::invalid("deed", "is refused").into()),
            Self::RejectedAndCommitted => {
                return Ok(Decision::RejectedAndCommitted(kassa_server::error::Error::invalid(
                    "deed",
                    "is rejected",
                )));
            }
            Self::BreakConstraint => {
                let template = books.get::<branch::Model>(&caller.branch_id)?.unwrap().clone();
                books.insert(branch::Model { id: context.new_id(), ..template })?;
            }
            Self::PanicInReadSet | Self::NeverSatisfied | Self::Write => {}
        }
        Ok(Decision::Done(pb::GetSettingsResponse::default()))
    }
}

/// Books without a server around them.
struct Bare {
    books: Books,
    task: BooksThread,
    readers: Readers,
    caller: Caller,
    clock: Arc<TestClock>,
    faults: Arc<Faults>,
    _folder: TempDir,
}

impl Bare {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        let clock = Arc::new(TestClock::default());
        let data = DataFolder::open(&config.data_dir).unwrap();
        let shared: SharedClock = clock.clone();
        let data = upgrade::up_to_date(data, &config, &shared).await.unwrap().folder;
        let (books, task) =
            Books::open(&config, &data, clock.clone(), Disk::of(&data, &config)).await.unwrap();
        let readers = Readers::open(&data.database(), Synchronous::Full, Arc::default()).await.unwrap();
        kassa_server::lifecycle::first_start::open_books(&data, &readers, &books, clock.as_ref())
            .await
            .unwrap();
        let token = data.read_local_token().unwrap().unwrap();
        let session_cache =
            kassa_server::access::session_cache::SessionCache::load(&readers, clock.clone()).await.unwrap();
        let caller = session_cache.admit(Some(format!("Bearer {token}").as_bytes()), &readers).await.unwrap();
        Self { books, task, readers, caller, clock, faults: config.faults, _folder: folder }
    }

    /// What is posted at once shares a batch: the books' thread stands still until all of it waits there.
    async fn in_one_batch<T>(&self, posts: impl Future<Output = T>) -> T {
        let (begun, has_begun) = oneshot::channel();
        let (go_on, waits) = std::sync::mpsc::channel();
        let still = StandsStill { begun: Mutex::new(Some(begun)), waits: Mutex::new(waits) };
        let (stood, (all, ())) = tokio::join!(self.books.post(self.caller.clone(), None, still), async {
            has_begun.await.unwrap();
            // They are in the queue once they were asked the first time.
            tokio::join!(biased; posts, async { go_on.send(()).unwrap() })
        });
        stood.unwrap();
        all
    }

    /// Posts all in one batch.
    async fn post(&self, deeds: &[Deed]) -> Vec<Option<Reason>> {
        let posts = deeds.iter().map(|deed| self.books.post(self.caller.clone(), None, *deed));
        let answers = self.in_one_batch(futures_util::future::join_all(posts)).await;
        answers.into_iter().map(|answer| answer.err().map(|error| error.reason())).collect()
    }

    /// How many letters the deeds have written.
    async fn written(&self) -> usize {
        use sea_orm::EntityTrait as _;
        let reading = self.readers.begin().await.unwrap();
        let business = business::Entity::find().one(&reading).await.unwrap().unwrap();
        business.receipt_footer.len()
    }
}

/// Says that it is decided, and keeps the books' thread until it is told to go on.
struct StandsStill {
    begun: Mutex<Option<oneshot::Sender<()>>>,
    waits: Mutex<std::sync::mpsc::Receiver<()>>,
}

impl Posting for StandsStill {
    const METHOD: &'static str = "test/StandsStill";
    type Reply = pb::GetSettingsResponse;

    fn read_set(&self, _known: &WorkingSet, _caller: &Caller, _read_set: &mut ReadSet) {}

    fn decide(&self, _books: &mut WorkingSet, _context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let begun = self.begun.lock().unwrap().take();
        begun.expect("it is decided once").send(()).unwrap();
        self.waits.lock().unwrap().recv().unwrap();
        Ok(Decision::Done(pb::GetSettingsResponse::default()))
    }
}

/// Counts how often it is decided: once more for each batch that broke under it.
struct Decided(Arc<AtomicUsize>);

impl Posting for Decided {
    const METHOD: &'static str = "test/Decided";
    type Reply = pb::GetSettingsResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        self.0.fetch_add(1, SeqCst);
        Deed::Write.decide(books, context)
    }
}

impl Bare {
    /// A posting of this caller that breaks a constraint, with a neighbour's in its batch: how often that is decided.
    async fn decided_beside_a_break_of(&self, breaker: &Caller) -> usize {
        let decided = Arc::new(AtomicUsize::new(0));
        let both = self.in_one_batch(async {
            tokio::join!(
                self.books.post(breaker.clone(), None, Deed::BreakConstraint),
                self.books.post(self.caller.clone(), None, Decided(Arc::clone(&decided))),
            )
        });
        let (broken, written) = both.await;
        assert_eq!(broken.unwrap_err().reason(), Reason::Internal);
        written.unwrap();
        decided.load(SeqCst)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_breaks_batches_again_and_again_runs_alone_for_a_minute() {
    let bare = Bare::open().await;
    let terminal = |number| Caller { terminal_id: Uuid::from_u128(number), ..bare.caller.clone() };
    let (breaker, other) = (terminal(1), terminal(2));
    assert_eq!(bare.decided_beside_a_break_of(&breaker).await, 2, "once is an accident");
    assert_eq!(bare.decided_beside_a_break_of(&breaker).await, 2);
    for _ in 0..3 {
        assert_eq!(bare.decided_beside_a_break_of(&breaker).await, 1, "the shop does not notice it any more");
    }
    assert_eq!(bare.decided_beside_a_break_of(&other).await, 2, "another terminal has its own accident");
    bare.clock.advance(TimeDelta::seconds(61));
    assert_eq!(bare.decided_beside_a_break_of(&breaker).await, 2, "it is forgiven after a minute");
    assert_eq!(bare.written().await, 7);
    bare.task.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn books_take_postings_until_they_are_closed() {
    let bare = Bare::open().await;
    assert!(bare.books.take_postings());
    bare.task.close().await;
    assert!(!bare.books.take_postings(), "so that nobody tells systemd that the shop is well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_one_callers_and_leaves_nothing_behind() {
    let bare = Bare::open().await;
    let deeds = [Deed::Write, Deed::PanicInDecide, Deed::Write, Deed::PanicInReadSet, Deed::Write];
    let internal = Some(Reason::Internal);
    // A posting that panics in its needs is decided all the same: it asks for what it lacks.
    assert_eq!(bare.post(&deeds).await, [None, internal, None, None, None]);
    assert_eq!(bare.written().await, 4);
    bare.task.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_leaves_nothing_behind_unless_it_is_committed() {
    let bare = Bare::open().await;
    let invalid = Some(Reason::InvalidField);
    assert_eq!(
        bare.post(&[Deed::Rejected, Deed::RejectedAndCommitted, Deed::Rejected, Deed::Write]).await,
        [invalid, invalid, invalid, None]
    );
    assert_eq!(bare.written().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_constraint_fails_its_own_posting_alone() {
    let bare = Bare::open().await;
    let deeds = [Deed::Write, Deed::Write, Deed::BreakConstraint, Deed::Write];
    assert_eq!(bare.post(&deeds).await, [None, None, Some(Reason::Internal), None]);
    assert_eq!(bare.written().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posting_that_is_never_satisfied_is_stopped() {
    let bare = Bare::open().await;
    assert_eq!(bare.post(&[Deed::NeverSatisfied, Deed::Write]).await, [Some(Reason::Internal), None]);
    assert_eq!(bare.written().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_at_once_and_says_when_to_come_back() {
    let shop = Shop::found_with(|config| config.limits.queue = 1).await;
    shop.open_shift("0.00").await;
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let address = format!("http://{}", shop.address);
    let once =
        kassa_client::Kassa::builder(address).token_file(shop.data().join("keys/local.token")).attempts(1);
    let once = once.build().unwrap();
    // The first answer tells the client how many requests the connection may carry.
    once.access().who_am_i(pb::WhoAmIRequest::default()).await.unwrap();
    let calls = (0..200).map(|_| once.orders().complete_sale(sale.clone()).into_future());
    let answers = futures_util::future::join_all(calls).await;
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(!refused.is_empty(), "200 calls at a queue of one, and none was refused");
    for error in &refused {
        assert_eq!(
            (error.reason(), error.code()),
            (Some(Reason::Overloaded), Code::ResourceExhausted),
            "{error:?}"
        );
        assert!(error.retry_after().is_some());
    }
    assert_eq!(shop.orders().await.len(), answers.len() - refused.len());
}
