//! The cash drawers of the registers.

pub mod convert;
pub mod drawer;
mod queries;

use kassa_proto::v1::{self as pb, cash_register_server::CashRegister};
use tonic::{Request, Response, Status};

use crate::app::SharedApp;

/// `kassa.v1.CashRegister`.
pub struct CashRegisterService(pub SharedApp);

#[tonic::async_trait]
impl CashRegister for CashRegisterService {
    async fn get_drawer(
        &self,
        request: Request<pb::GetDrawerRequest>,
    ) -> Result<Response<pb::GetDrawerResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(queries::drawer(&self.0.readers, &caller, &request).await?))
    }

    async fn list_movements(
        &self,
        request: Request<pb::ListMovementsRequest>,
    ) -> Result<Response<pb::ListMovementsResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(queries::movements(&self.0.readers, &caller, request, self.0.epoch).await?))
    }
}
