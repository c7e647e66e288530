//! Shifts: who sold on which register, from when to when.

pub mod convert;
pub mod counters;
mod open_shift;
mod queries;
pub mod selling;

use kassa_proto::v1::{self as pb, shifts_server::Shifts};
use tonic::{Request, Response, Status};

use self::open_shift::OpenShift;
use crate::app::SharedApp;

/// `kassa.v1.Shifts`.
pub struct ShiftsService(pub SharedApp);

#[tonic::async_trait]
impl Shifts for ShiftsService {
    async fn open_shift(
        &self,
        request: Request<pb::OpenShiftRequest>,
    ) -> Result<Response<pb::OpenShiftResponse>, Status> {
        self.0.post(request, OpenShift::parse).await
    }

    async fn get_current_shift(
        &self,
        request: Request<pb::GetCurrentShiftRequest>,
    ) -> Result<Response<pb::GetCurrentShiftResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(queries::current(&self.0.readers, &caller, &request).await?))
    }
}
