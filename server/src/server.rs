//! The index of the server: what it opens, the layers that a request passes, the services it reaches,
//! and how it stops.

use std::{future::Future, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use kassa_proto::{FILE_DESCRIPTOR_SET, v1 as pb};
use tokio::net::TcpListener;
use tonic::service::Routes;

use crate::{
    app::SharedApp,
    clock::SharedClock,
    config::Config,
    connections, faults, jobs, layers,
    lifecycle::{Lifecycle, OverBooks},
    rpcs,
    services::{
        access::AccessService, admin::AdminService, backups::BackupsService,
        cash_register::CashRegisterService, catalog::CatalogService, customers::CustomersService,
        orders::OrdersService, purchases::PurchasesService, shifts::ShiftsService, stock::StockService,
    },
    store::{DataFolder, StartError},
};

/// The largest message that health and reflection take.
const SMALL_MESSAGE: usize = 64 * 1_024;

const OVER_BOOKS: OverBooks = OverBooks { routes: open_routes, jobs: jobs::start };

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
}

/// A server that is ready to take requests.
pub struct Opened {
    /// Its books.
    pub lifecycle: Arc<Lifecycle>,
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
    rpcs::read()?;
    Ok(Opened { lifecycle: Lifecycle::start(folder, config, clock, OVER_BOOKS).await? })
}

impl Opened {
    /// Serves until `shutdown` is there; then finishes what is under way, empties the write-ahead log
    /// and closes.
    ///
    /// # Errors
    /// [`RunError`] if the network fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), RunError> {
        let address = listener.local_addr()?;
        let lifecycle = Arc::clone(&self.lifecycle);
        let shutdown = async move {
            shutdown.await;
            // A backup under way would keep its caller's connection open.
            lifecycle.backups().stop();
            lifecycle.turns.stop();
        };
        let watching = tokio::spawn(Arc::clone(&self.lifecycle.disk).watch());
        let telling = tokio::spawn(Arc::clone(&self.lifecycle.repeats).keep_telling());
        let streams = self.lifecycle.config.limits.streams_per_connection;
        connections::serve(listener, routes(&self.lifecycle)?, streams, shutdown).await;
        watching.abort();
        telling.abort();
        self.lifecycle.repeats.tell_all();
        faults::tell_all();
        self.lifecycle.stop().await;
        tracing::info!(%address, "stopped");
        Ok(())
    }
}

/// What every request passes, and then the services of the phase.
fn routes(lifecycle: &Arc<Lifecycle>) -> Result<Router, StartError> {
    let phases =
        layers::phase::Phases { closed: closed_routes(lifecycle)?, lifecycle: Arc::clone(lifecycle) };
    Ok(Router::new()
        .fallback(layers::phase::dispatch)
        .with_state(phases)
        .layer(from_fn(layers::method::known))
        .layer(from_fn(layers::deadline::kept))
        .layer(from_fn_with_state(Arc::clone(lifecycle), layers::request::identify)))
}

/// The services over open books.
///
/// # Errors
/// [`StartError::Contract`] if the contract can't be told.
fn open_routes(app: &SharedApp, lifecycle: &Arc<Lifecycle>) -> Result<Router, StartError> {
    let admin = AdminService { lifecycle: Arc::clone(lifecycle), app: Some(Arc::clone(app)) };
    let services = common(lifecycle)?
        .add_service(pb::orders_server::OrdersServer::new(OrdersService(Arc::clone(app))))
        .add_service(pb::shifts_server::ShiftsServer::new(ShiftsService(Arc::clone(app))))
        .add_service(pb::cash_register_server::CashRegisterServer::new(CashRegisterService(Arc::clone(app))))
        .add_service(pb::catalog_server::CatalogServer::new(CatalogService(Arc::clone(app))))
        .add_service(pb::stock_server::StockServer::new(StockService(Arc::clone(app))))
        .add_service(pb::purchases_server::PurchasesServer::new(PurchasesService(Arc::clone(app))))
        .add_service(pb::customers_server::CustomersServer::new(CustomersService(Arc::clone(app))))
        .add_service(pb::access_server::AccessServer::new(AccessService(Arc::clone(app))))
        .add_service(backups_server(lifecycle))
        .add_service(pb::admin_server::AdminServer::new(admin));
    let layered = services
        .into_axum_router()
        .layer(from_fn(layers::key::keyed))
        .layer(from_fn_with_state(Arc::clone(app), layers::access::admitted))
        .layer(from_fn_with_state(Arc::clone(app), layers::damage::noticed));
    Ok(layered)
}

/// The services while the books are closed.
fn closed_routes(lifecycle: &Arc<Lifecycle>) -> Result<Router, StartError> {
    let admin = AdminService { lifecycle: Arc::clone(lifecycle), app: None };
    let services = common(lifecycle)?
        .add_service(backups_server(lifecycle))
        .add_service(pb::admin_server::AdminServer::new(admin));
    let admitted = from_fn_with_state(Arc::clone(lifecycle), layers::maintenance::admitted);
    Ok(services.into_axum_router().layer(admitted))
}

fn backups_server(lifecycle: &Arc<Lifecycle>) -> pb::backups_server::BackupsServer<BackupsService> {
    pb::backups_server::BackupsServer::new(BackupsService(Arc::clone(lifecycle)))
}

/// What is there in every phase.
fn common(lifecycle: &Lifecycle) -> Result<Routes, StartError> {
    let v1 = reflection().build_v1().map_err(|error| StartError::Contract(error.to_string()))?;
    let v1alpha = reflection().build_v1alpha().map_err(|error| StartError::Contract(error.to_string()))?;
    Ok(Routes::new(lifecycle.health.service().max_decoding_message_size(SMALL_MESSAGE))
        .add_service(v1.max_decoding_message_size(SMALL_MESSAGE))
        .add_service(v1alpha.max_decoding_message_size(SMALL_MESSAGE)))
}

/// It tells the files as they are encoded: decoded into prost's types, they would lose what each RPC says of itself.
fn reflection<'a>() -> tonic_reflection::server::Builder<'a> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// The line that says that requests are taken, for people and for scripts.
pub fn ready_line(address: SocketAddr) -> String {
    format!("listening on {address}")
}
