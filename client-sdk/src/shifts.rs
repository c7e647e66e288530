//! `kassa.v1.Shifts`.

use kassa_proto::v1::{
    ClockInRequest, ClockInResponse, ClockOutRequest, ClockOutResponse, CloseShiftRequest,
    CloseShiftResponse, EndShiftRequest, EndShiftResponse, ForceCloseShiftRequest, ForceCloseShiftResponse,
    GetCurrentShiftRequest, GetCurrentShiftResponse, GetShiftReportRequest, GetShiftReportResponse,
    GetShiftRequest, GetShiftResponse, HandOverShiftRequest, HandOverShiftResponse, ListAttendanceRequest,
    ListAttendanceResponse, ListShiftsRequest, ListShiftsResponse, OpenShiftRequest, OpenShiftResponse,
    RecordActivityRequest, RecordActivityResponse,
};

use crate::{Call, Kassa};

/// Who sold on which register, from when to when.
#[derive(Debug, Clone)]
pub struct Shifts(pub(crate) Kassa);

impl Shifts {
    /// Opens a shift, or hands back the one that is open on the register (`joined`).
    ///
    /// An empty `shift_id` is filled; the key is the `shift_id` unless [`Call::key`] gives another.
    pub fn open_shift(&self, request: OpenShiftRequest) -> Call<OpenShiftRequest, OpenShiftResponse> {
        Call::make(&self.0, "/kassa.v1.Shifts/OpenShift", request, |request| &mut request.shift_id)
    }

    /// Reads the shift that is open on a register.
    pub fn get_current_shift(
        &self,
        request: GetCurrentShiftRequest,
    ) -> Call<GetCurrentShiftRequest, GetCurrentShiftResponse> {
        Call::read(&self.0, "/kassa.v1.Shifts/GetCurrentShift", request)
    }

    /// Says that somebody is at the register, so that the server does not end the shift. Without a key:
    /// saying it twice does nothing more.
    pub fn record_activity(
        &self,
        request: RecordActivityRequest,
    ) -> Call<RecordActivityRequest, RecordActivityResponse> {
        Call::read(&self.0, "/kassa.v1.Shifts/RecordActivity", request)
    }

    /// Hands an open shift over to another user, with or without a count of the drawer.
    pub fn hand_over_shift(
        &self,
        request: HandOverShiftRequest,
    ) -> Call<HandOverShiftRequest, HandOverShiftResponse> {
        Call::change(&self.0, "/kassa.v1.Shifts/HandOverShift", request)
    }

    /// Ends a shift: it takes no more sales and waits for its count.
    pub fn end_shift(&self, request: EndShiftRequest) -> Call<EndShiftRequest, EndShiftResponse> {
        Call::change(&self.0, "/kassa.v1.Shifts/EndShift", request)
    }

    /// Counts and closes a shift, and issues its Z report.
    pub fn close_shift(&self, request: CloseShiftRequest) -> Call<CloseShiftRequest, CloseShiftResponse> {
        Call::change(&self.0, "/kassa.v1.Shifts/CloseShift", request)
    }

    /// Closes a shift whose cashier does not. Only for supervisors.
    pub fn force_close_shift(
        &self,
        request: ForceCloseShiftRequest,
    ) -> Call<ForceCloseShiftRequest, ForceCloseShiftResponse> {
        Call::change(&self.0, "/kassa.v1.Shifts/ForceCloseShift", request)
    }

    /// Reads a shift with its counts.
    pub fn get_shift(&self, request: GetShiftRequest) -> Call<GetShiftRequest, GetShiftResponse> {
        Call::read(&self.0, "/kassa.v1.Shifts/GetShift", request)
    }

    /// Lists the shifts of a branch, the newest first.
    pub fn list_shifts(&self, request: ListShiftsRequest) -> Call<ListShiftsRequest, ListShiftsResponse> {
        Call::read(&self.0, "/kassa.v1.Shifts/ListShifts", request)
    }

    /// Reads a shift's report: an X while it is not closed, then its Z, byte for byte the same each time.
    pub fn get_shift_report(
        &self,
        request: GetShiftReportRequest,
    ) -> Call<GetShiftReportRequest, GetShiftReportResponse> {
        Call::read(&self.0, "/kassa.v1.Shifts/GetShiftReport", request)
    }

    /// Writes down that somebody came to work: the signed-in user, or whom a supervisor names.
    ///
    /// An empty `attendance_id` is filled; the key is the `attendance_id` unless [`Call::key`] gives
    /// another.
    pub fn clock_in(&self, request: ClockInRequest) -> Call<ClockInRequest, ClockInResponse> {
        Call::make(&self.0, "/kassa.v1.Shifts/ClockIn", request, |request| &mut request.attendance_id)
    }

    /// Writes down that somebody left: the signed-in user, or whom a supervisor names. It ends no shift.
    pub fn clock_out(&self, request: ClockOutRequest) -> Call<ClockOutRequest, ClockOutResponse> {
        Call::change(&self.0, "/kassa.v1.Shifts/ClockOut", request)
    }

    /// Lists who was at work in a branch and when, the latest to come first.
    pub fn list_attendance(
        &self,
        request: ListAttendanceRequest,
    ) -> Call<ListAttendanceRequest, ListAttendanceResponse> {
        Call::read(&self.0, "/kassa.v1.Shifts/ListAttendance", request)
    }
}
