//! The client: one connection. Its handles, one per service, are in [`services`](crate::services).

use std::{fmt, sync::Arc, time::Duration};

use tonic::{
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

use crate::{Builder, Error, answer::Raw, call::EncodedRequest, flights::Flights};

/// A client of one Kassa server. Cloning is cheap: clones share the connection, and with it the
/// calls that are on their way.
#[derive(Clone)]
pub struct Kassa(Arc<Inner>);

struct Inner {
    connection: Connection,
    flights: Flights,
}

/// All that an attempt needs.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) channel: Channel,
    pub(crate) authorization: Option<MetadataValue<Ascii>>,
    pub(crate) language: Option<MetadataValue<Ascii>>,
    /// How long one attempt may take.
    pub(crate) timeout: Duration,
    /// How long a call may take with all its attempts and pauses.
    pub(crate) total_time: Duration,
    pub(crate) attempts: u32,
}

impl Kassa {
    /// Begins a client for a server's address, such as `http://127.0.0.1:50051`.
    pub fn builder(address: impl Into<String>) -> Builder {
        Builder::new(address.into())
    }

    pub(crate) fn new(connection: Connection) -> Self {
        Self(Arc::new(Inner { connection, flights: Flights::new() }))
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.0.connection
    }

    pub(crate) async fn send(&self, encoded: EncodedRequest) -> Result<Raw, Error> {
        self.0.flights.join(&self.0.connection, encoded).await
    }
}

impl fmt::Debug for Kassa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token is a secret.
        f.debug_struct("Kassa").finish_non_exhaustive()
    }
}
