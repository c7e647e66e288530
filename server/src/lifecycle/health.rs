//! Whether there is service, as the standard health check tells it.

use kassa_proto::v1 as pb;
use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

/// Tells those who ask whether there is service.
#[derive(Default)]
pub struct Health(HealthReporter);

impl Health {
    /// The service that tells it.
    pub fn service(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.0.clone()))
    }

    /// The books were opened, or closed. `Admin` and `Backups` are always there.
    pub async fn report(&self, open: bool) {
        let status = if open { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in [
            "",
            pb::orders_server::SERVICE_NAME,
            pb::shifts_server::SERVICE_NAME,
            pb::cash_register_server::SERVICE_NAME,
            pb::catalog_server::SERVICE_NAME,
            pb::stock_server::SERVICE_NAME,
            pb::purchases_server::SERVICE_NAME,
            pb::customers_server::SERVICE_NAME,
            pb::access_server::SERVICE_NAME,
        ] {
            self.0.set_service_status(name, status).await;
        }
        for name in [pb::backups_server::SERVICE_NAME, pb::admin_server::SERVICE_NAME] {
            self.0.set_service_status(name, ServingStatus::Serving).await;
        }
    }
}
