//! The connections of the clients: HTTP/2, each served by a task of its own until it ends or the server stops.
//!
//! The gRPC library has a server of its own, which keeps the callers' deadlines by a timer around all layers: where
//! that timer comes first, its answer has no reason and does not say what was stored. So the layers keep them
//! ([`crate::layers::deadline`]), and nothing stands around the layers.

use std::{future::Future, io, time::Duration};

use axum::Router;
use hyper::server::conn::http2;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, time::sleep};

/// How long requests under way may take to finish once the server is told to stop; a client that does not let go
/// could keep it for ever.
const STOP_DEADLINE: Duration = Duration::from_secs(10);
const MOST_HEADER_BYTES: u32 = 16 * 1_024;
/// A terminal whose cable is pulled is noticed after both.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// Where no connection can be accepted, as without a free file descriptor, it is tried again after this.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Serves until `shutdown` is there, then finishes what is under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    streams_per_connection: u32,
    shutdown: impl Future<Output = ()>,
) {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(streams_per_connection)
        .max_header_list_size(MOST_HEADER_BYTES)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT);
    let service = TowerToHyperService::new(router);
    let open = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) if is_the_clients(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted; trying again");
                sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        // Without it every call waits 40 ms for the other side's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection can't be set up");
        }
        let connection = open.watch(builder.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
    tracing::info!("stopping: requests under way are finished, new ones refused");
    drop(listener);
    if tokio::time::timeout(STOP_DEADLINE, open.shutdown()).await.is_err() {
        let seconds = STOP_DEADLINE.as_secs();
        tracing::warn!(seconds, "some clients did not let go; stopping all the same");
    }
}

/// A client that went away before it was accepted is no fault of the network's.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
