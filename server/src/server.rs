//! The index of the server: what it opens, the layers that a request passes, the services it reaches,
//! and how it stops.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::middleware::{from_fn, from_fn_with_state};
use kassa_proto::{FILE_DESCRIPTOR_SET, v1 as pb};
use sea_orm::EntityTrait;
use tokio::{net::TcpListener, sync::oneshot};
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};
use tonic_health::server::HealthReporter;

use crate::{
    access::{
        AccessService, doorkeeper::Doorkeeper, opening::open_books, pairing_guard::PairingGuard,
        pin_hash::Hasher, secrets::Pepper,
    },
    admin::AdminService,
    app::{App, SharedApp},
    books::{Books, BooksTask, WorkingSet},
    cash_register::CashRegisterService,
    catalog::CatalogService,
    clock::SharedClock,
    config::Config,
    disk::Disk,
    jobs, layers,
    orders::OrdersService,
    shifts::ShiftsService,
    store::{DataFolder, StartError, Store, entity::business},
};

/// How long requests under way may take to finish once the server is told to stop; hyper alone could
/// wait for ever for a client that does not let go.
const STOP_DEADLINE: Duration = Duration::from_secs(10);
/// The largest message that health and reflection take.
const SMALL_MESSAGE: usize = 64 * 1_024;
const MOST_HEADER_BYTES: u32 = 16 * 1_024;

/// Opens the books and serves until `shutdown` is there.
///
/// # Errors
/// [`RunError`]: why the server does not start, or how it broke.
pub async fn run(
    listener: TcpListener,
    config: Config,
    clock: SharedClock,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), RunError> {
    open(config, clock).await?.serve(listener, shutdown).await
}

/// Why the server does not start, or how it broke.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The network failed.
    #[error("the network failed: {0}")]
    Network(#[from] std::io::Error),
    /// The gRPC library failed.
    #[error("serving failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// A server whose books are open, before it takes requests.
pub struct Opened {
    app: SharedApp,
    books_task: BooksTask,
    config: Config,
    /// Whether the shop was founded just now.
    pub first_start: bool,
}

/// Opens the data folder and the books.
///
/// # Errors
/// [`StartError`] says what is in the way.
pub async fn open(config: Config, clock: SharedClock) -> Result<Opened, StartError> {
    open_in(DataFolder::open(&config.data_dir)?, config, clock).await
}

/// Opens the books in a data folder that is locked already.
///
/// # Errors
/// [`StartError`] says what is in the way.
pub async fn open_in(folder: DataFolder, config: Config, clock: SharedClock) -> Result<Opened, StartError> {
    let store = Store::open_in(folder, &config).await?;
    WorkingSet::probe(&store.readers)
        .await
        .map_err(|cause| StartError::Books(format!("the database lacks what this program needs: {cause}")))?;
    let disk = Disk::of(&store.folder, &config);
    let (books, books_task) =
        Books::open(&config, store.folder.database(), Arc::clone(&clock), Arc::clone(&disk)).await?;
    let pepper = Pepper::of(&store.folder, clock.as_ref())?;
    let first_start = open_books(&store.folder, &store.readers, &books, clock.as_ref()).await?;
    let business = business::Entity::find().one(&store.readers).await?;
    let doorkeeper = Doorkeeper::load(&store.readers, Arc::clone(&clock)).await;
    let app = App {
        books,
        epoch: business.map_or(1, |business| business.epoch),
        doorkeeper: doorkeeper.map_err(|error| StartError::Books(error.to_string()))?,
        pairing_guard: PairingGuard::default(),
        hasher: Hasher::new(pepper.clone()),
        pepper,
        start_time: clock.now(),
        clock,
        readers: store.readers,
        folder: store.folder,
        disk,
        config: config.clone(),
    };
    Ok(Opened { app: Arc::new(app), books_task, config, first_start })
}

impl Opened {
    /// Serves until `shutdown` is there; then finishes what is under way, empties the write-ahead log
    /// and closes.
    ///
    /// # Errors
    /// [`RunError`] if the network or the gRPC library fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), RunError> {
        let address = listener.local_addr()?;
        let keep = Duration::from_secs(u64::from(self.config.idempotency.keep_hours) * 3_600);
        let cleaning = tokio::spawn(jobs::expire_answers::run(Arc::clone(&self.app), keep));
        let looking = Duration::from_millis(self.config.limits.idle_check_ms);
        let ending = tokio::spawn(jobs::end_idle_shifts::run(Arc::clone(&self.app), looking));
        let watching = tokio::spawn(Arc::clone(&self.app.disk).watch());
        let served = serve_until(&self.app, &self.config, listener, shutdown).await;
        cleaning.abort();
        ending.abort();
        watching.abort();
        // Postings that were taken are answered and stored even if their connections are gone.
        self.books_task.close().await;
        if let Err(error) = self.app.readers.close_by_ref().await {
            tracing::warn!(%error, "the readers did not close");
        }
        tracing::info!(%address, "stopped");
        served
    }
}

async fn serve_until(
    app: &SharedApp,
    config: &Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), RunError> {
    let (reporter, health) = tonic_health::server::health_reporter();
    report_serving(&reporter).await;
    let routes = routes(app, health)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = Server::builder()
        .max_concurrent_streams(config.limits.streams_per_connection)
        .http2_max_header_list_size(MOST_HEADER_BYTES)
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .add_routes(routes)
        // Without it every call waits 40 ms for the other side's delayed acknowledgement.
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), async {
            // An error only says that the sender is gone: stop as well.
            let _ = stopped.await;
        });
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        () = shutdown => {}
    }
    tracing::info!("stopping: requests under way are finished, new ones refused");
    let _ = stop.send(());
    match tokio::time::timeout(STOP_DEADLINE, serving).await {
        Ok(ended) => Ok(ended?),
        Err(_) => {
            tracing::warn!(
                seconds = STOP_DEADLINE.as_secs(),
                "some clients did not let go; stopping all the same"
            );
            Ok(())
        }
    }
}

/// The layers, from the inside out, around the services.
fn routes(
    app: &SharedApp,
    health: pb_health::HealthServer<impl pb_health::Health>,
) -> Result<Routes, std::io::Error> {
    let v1 = reflection().build_v1().map_err(std::io::Error::other)?;
    let v1alpha = reflection().build_v1alpha().map_err(std::io::Error::other)?;
    let services = Routes::new(health.max_decoding_message_size(SMALL_MESSAGE))
        .add_service(v1.max_decoding_message_size(SMALL_MESSAGE))
        .add_service(v1alpha.max_decoding_message_size(SMALL_MESSAGE))
        .add_service(pb::orders_server::OrdersServer::new(OrdersService(Arc::clone(app))))
        .add_service(pb::shifts_server::ShiftsServer::new(ShiftsService(Arc::clone(app))))
        .add_service(pb::cash_register_server::CashRegisterServer::new(CashRegisterService(Arc::clone(app))))
        .add_service(pb::catalog_server::CatalogServer::new(CatalogService(Arc::clone(app))))
        .add_service(pb::access_server::AccessServer::new(AccessService(Arc::clone(app))))
        .add_service(pb::admin_server::AdminServer::new(AdminService(Arc::clone(app))));
    let layered = services
        .into_axum_router()
        .layer(from_fn(layers::key::keyed))
        .layer(from_fn_with_state(Arc::clone(app), layers::access::admitted))
        .layer(from_fn(layers::method::known))
        .layer(from_fn_with_state(Arc::clone(app), layers::request::identify));
    Ok(Routes::from(layered))
}

use tonic_health::pb::health_server as pb_health;

fn reflection<'a>() -> tonic_reflection::server::Builder<'a> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

async fn report_serving(reporter: &HealthReporter) {
    reporter.set_serving::<pb::orders_server::OrdersServer<OrdersService>>().await;
    reporter.set_serving::<pb::shifts_server::ShiftsServer<ShiftsService>>().await;
    reporter.set_serving::<pb::cash_register_server::CashRegisterServer<CashRegisterService>>().await;
    reporter.set_serving::<pb::catalog_server::CatalogServer<CatalogService>>().await;
    reporter.set_serving::<pb::access_server::AccessServer<AccessService>>().await;
    reporter.set_serving::<pb::admin_server::AdminServer<AdminService>>().await;
}

/// The line that says that requests are taken, for people and for scripts.
pub fn ready_line(address: SocketAddr) -> String {
    format!("listening on {address}")
}
