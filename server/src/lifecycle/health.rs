//! Whether there is service, as the standard health check tells it.

use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

use crate::rpcs;

/// Tells those who ask whether there is service.
#[derive(Default)]
pub struct Health(HealthReporter);

impl Health {
    /// The service that tells it.
    pub fn service(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.0.clone()))
    }

    /// The books were opened, or closed. What has an RPC for maintenance is always there.
    pub async fn report(&self, open: bool) {
        for (service, in_maintenance) in rpcs::services().into_iter().chain([("", false)]) {
            let there = open || in_maintenance;
            let status = if there { ServingStatus::Serving } else { ServingStatus::NotServing };
            self.0.set_service_status(service, status).await;
        }
    }
}
