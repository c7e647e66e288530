//! `kassa.v1.CashRegister`.

use kassa_proto::v1::{GetDrawerRequest, GetDrawerResponse, ListMovementsRequest, ListMovementsResponse};

use crate::{Call, Kassa};

/// The registers' cash drawers.
#[derive(Debug, Clone)]
pub struct CashRegister(pub(crate) Kassa);

impl CashRegister {
    /// Reads what should be in a drawer.
    pub fn get_drawer(&self, request: GetDrawerRequest) -> Call<GetDrawerRequest, GetDrawerResponse> {
        Call::read(&self.0, "/kassa.v1.CashRegister/GetDrawer", request)
    }

    /// Lists a drawer's movements, newest first.
    pub fn list_movements(
        &self,
        request: ListMovementsRequest,
    ) -> Call<ListMovementsRequest, ListMovementsResponse> {
        Call::read(&self.0, "/kassa.v1.CashRegister/ListMovements", request)
    }
}
