//! `kassa.v1.Shifts`.

use kassa_proto::v1::{self as pb, shifts_server::Shifts};
use tonic::{Request, Response, Status};

use crate::{
    app::SharedApp,
    shifts::{
        attendance::{self, clock_in::ClockIn, clock_out::ClockOut},
        close_shift::{CloseShift, ForceCloseShift},
        end_shift::EndShift,
        hand_over_shift::HandOverShift,
        open_shift::OpenShift,
        queries,
        record_activity::RecordActivity,
    },
};

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
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::current(&reading, &caller, &request).await?))
    }

    async fn record_activity(
        &self,
        request: Request<pb::RecordActivityRequest>,
    ) -> Result<Response<pb::RecordActivityResponse>, Status> {
        self.0.post(request, RecordActivity::parse).await
    }

    async fn hand_over_shift(
        &self,
        request: Request<pb::HandOverShiftRequest>,
    ) -> Result<Response<pb::HandOverShiftResponse>, Status> {
        self.0.post(request, HandOverShift::parse).await
    }

    async fn end_shift(
        &self,
        request: Request<pb::EndShiftRequest>,
    ) -> Result<Response<pb::EndShiftResponse>, Status> {
        self.0.post(request, EndShift::parse).await
    }

    async fn close_shift(
        &self,
        request: Request<pb::CloseShiftRequest>,
    ) -> Result<Response<pb::CloseShiftResponse>, Status> {
        self.0.post(request, CloseShift::parse).await
    }

    async fn force_close_shift(
        &self,
        request: Request<pb::ForceCloseShiftRequest>,
    ) -> Result<Response<pb::ForceCloseShiftResponse>, Status> {
        self.0.post(request, ForceCloseShift::parse).await
    }

    async fn get_shift(
        &self,
        request: Request<pb::GetShiftRequest>,
    ) -> Result<Response<pb::GetShiftResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::get(&reading, &caller, request).await?))
    }

    async fn list_shifts(
        &self,
        request: Request<pb::ListShiftsRequest>,
    ) -> Result<Response<pb::ListShiftsResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::list(&reading, &caller, request, self.0.epoch).await?))
    }

    async fn get_shift_report(
        &self,
        request: Request<pb::GetShiftReportRequest>,
    ) -> Result<Response<pb::GetShiftReportResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::shift_report(&reading, &caller, request).await?))
    }

    async fn clock_in(
        &self,
        request: Request<pb::ClockInRequest>,
    ) -> Result<Response<pb::ClockInResponse>, Status> {
        self.0.post(request, ClockIn::parse).await
    }

    async fn clock_out(
        &self,
        request: Request<pb::ClockOutRequest>,
    ) -> Result<Response<pb::ClockOutResponse>, Status> {
        self.0.post(request, ClockOut::parse).await
    }

    async fn list_attendance(
        &self,
        request: Request<pb::ListAttendanceRequest>,
    ) -> Result<Response<pb::ListAttendanceResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(attendance::queries::list(&reading, &caller, request, self.0.epoch).await?))
    }
}
