//! `kassa.v1.Shifts`.

use kassa_proto::v1::{GetCurrentShiftRequest, GetCurrentShiftResponse, OpenShiftRequest, OpenShiftResponse};

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
}
