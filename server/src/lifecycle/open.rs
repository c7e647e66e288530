//! The books of one generation, open, and the services over them.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use axum::Router;
use sea_orm::EntityTrait as _;
use tokio::task::JoinHandle;

use super::{
    Lifecycle, adopt_epoch, backups_of,
    first_start::open_books,
    start_check,
    upgrade::{self, Upgrade},
};
use crate::{
    access::{pairing_guard::PairingGuard, pin_hash::Hasher, secrets::Pepper, session_cache::SessionCache},
    app::{App, SharedApp},
    books::{Books, BooksThread, WorkingSet},
    integrity::Integrity,
    readings::Readers,
    sales_sums::SalesSums,
    store::{DataFolder, StartError, entity::business},
};

/// How long readings under way may keep the books from being closed.
const READERS_DEADLINE: Duration = Duration::from_secs(10);

/// Open books.
pub struct Open {
    /// What the services share.
    pub app: SharedApp,
    /// The services.
    pub routes: Router,
    /// Whether the shop was founded just now.
    pub first_start: bool,
    /// What was done to the database to open it.
    pub upgrade: Upgrade,
    running: std::sync::Mutex<Option<Running>>,
}

/// What has to be stopped when the books are closed.
struct Running {
    books: BooksThread,
    jobs: Vec<JoinHandle<()>>,
}

impl Open {
    /// Opens a generation: brings its schema up to date, looks at its books, and starts what works on them.
    ///
    /// # Errors
    /// [`StartError`] says what is in the way.
    pub(super) async fn open(lifecycle: &Arc<Lifecycle>, folder: DataFolder) -> Result<Self, StartError> {
        let (config, clock) = (&lifecycle.config, &lifecycle.clock);
        let upgrade = upgrade::up_to_date(folder, config, clock).await?;
        let folder = upgrade.folder.clone();
        let readers =
            Readers::open(&folder.database(), config.sqlite.synchronous, Arc::clone(&lifecycle.turns))
                .await?;
        {
            let reading = readers.begin().await?;
            start_check::look(&reading).await?;
            WorkingSet::probe(&reading).await?;
            adopt_epoch::adopt(&folder, &reading).await?;
        }
        let open = || Books::open(config, &folder, Arc::clone(clock), Arc::clone(&lifecycle.disk));
        let (mut books, mut task) = open().await?;
        let pepper = Pepper::of(&folder, clock.as_ref())?;
        let backups = backups_of(&folder, config, (clock, &lifecycle.turns));
        backups.tidy().await;
        let first_start = open_books(&folder, &readers, &books, clock.as_ref()).await?;
        if first_start {
            // Only now there are books for the reservations to know.
            task.close().await;
            adopt_epoch::adopt(&folder, &readers.begin().await?).await?;
            (books, task) = open().await?;
        }
        let business = business::Entity::find().one(&readers.begin().await?).await?;
        let session_cache = SessionCache::load(&readers, Arc::clone(clock)).await?;
        let app = Arc::new(App {
            books,
            epoch: business.map_or(1, |business| business.epoch),
            session_cache,
            pairing_guard: PairingGuard::default(),
            hasher: Hasher::new(pepper.clone()),
            pepper,
            start_time: lifecycle.start_time,
            clock: Arc::clone(clock),
            readers,
            sales_sums: SalesSums::default(),
            folder,
            disk: Arc::clone(&lifecycle.disk),
            config: config.clone(),
            backups,
            integrity: Integrity::default(),
        });
        let routes = (lifecycle.over_books.routes)(&app, lifecycle)?;
        let jobs = (lifecycle.over_books.jobs)(&app, lifecycle);
        let running = std::sync::Mutex::new(Some(Running { books: task, jobs }));
        Ok(Self { app, routes, first_start, upgrade, running })
    }

    /// Finishes what is under way, empties the write-ahead log and closes.
    pub(super) async fn close(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { books, jobs }) = running else { return };
        jobs.iter().for_each(JoinHandle::abort);
        for job in jobs {
            // Until it has ended it holds the app, and with it the lock of the data folder.
            if let Err(error) = job.await
                && error.is_panic()
            {
                tracing::error!(%error, "a job broke");
            }
        }
        self.app.backups.stop();
        self.app.backups.ended().await;
        // Readers first: the write-ahead log can't be emptied under them.
        match tokio::time::timeout(READERS_DEADLINE, self.app.readers.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the readers did not close"),
            Err(_) => tracing::warn!("some readings did not end; closing all the same"),
        }
        // Postings that were taken are answered and stored even if their connections are gone.
        books.close().await;
    }
}
