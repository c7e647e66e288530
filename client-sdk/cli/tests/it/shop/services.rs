//! The services of the played shop.

use kassa_client::proto::v1::{
    self, access_server::Access, admin_server::Admin, catalog_server::Catalog, shifts_server::Shifts,
};
use tonic::{Code, Request, Response, Status};

use super::{Played, refusal};

impl Played {
    fn check(&self, method: &str) -> Result<(), Status> {
        match self.0.lock().unwrap().refusals.get(method) {
            Some(status) => Err(status()),
            None => Ok(()),
        }
    }
}

fn unplayed<T>() -> Result<T, Status> {
    Err(Status::unimplemented("not played"))
}

#[tonic::async_trait]
impl Access for Played {
    async fn who_am_i(&self, _: Request<v1::WhoAmIRequest>) -> Result<Response<v1::WhoAmIResponse>, Status> {
        self.check("WhoAmI")?;
        Ok(Response::new(v1::WhoAmIResponse { user_name: "owner".to_owned(), ..Default::default() }))
    }

    async fn pair_terminal(
        &self,
        _: Request<v1::PairTerminalRequest>,
    ) -> Result<Response<v1::PairTerminalResponse>, Status> {
        unplayed()
    }

    async fn sign_in(&self, _: Request<v1::SignInRequest>) -> Result<Response<v1::SignInResponse>, Status> {
        unplayed()
    }

    async fn sign_out(
        &self,
        _: Request<v1::SignOutRequest>,
    ) -> Result<Response<v1::SignOutResponse>, Status> {
        unplayed()
    }

    async fn set_pin(&self, _: Request<v1::SetPinRequest>) -> Result<Response<v1::SetPinResponse>, Status> {
        unplayed()
    }

    async fn grant_approval(
        &self,
        _: Request<v1::GrantApprovalRequest>,
    ) -> Result<Response<v1::GrantApprovalResponse>, Status> {
        unplayed()
    }

    async fn unlock_user(
        &self,
        _: Request<v1::UnlockUserRequest>,
    ) -> Result<Response<v1::UnlockUserResponse>, Status> {
        unplayed()
    }
}

#[tonic::async_trait]
impl Admin for Played {
    type CreateBackupStream = tokio_stream::Empty<Result<v1::CreateBackupResponse, Status>>;
    type RestoreBackupStream = tokio_stream::Empty<Result<v1::RestoreBackupResponse, Status>>;
    type VerifyBackupStream = tokio_stream::Empty<Result<v1::VerifyBackupResponse, Status>>;

    async fn create_backup(
        &self,
        _: Request<v1::CreateBackupRequest>,
    ) -> Result<Response<Self::CreateBackupStream>, Status> {
        self.check("CreateBackup")?;
        unplayed()
    }

    async fn restore_backup(
        &self,
        _: Request<v1::RestoreBackupRequest>,
    ) -> Result<Response<Self::RestoreBackupStream>, Status> {
        self.check("RestoreBackup")?;
        unplayed()
    }

    async fn list_backups(
        &self,
        _: Request<v1::ListBackupsRequest>,
    ) -> Result<Response<v1::ListBackupsResponse>, Status> {
        unplayed()
    }

    async fn verify_backup(
        &self,
        _: Request<v1::VerifyBackupRequest>,
    ) -> Result<Response<Self::VerifyBackupStream>, Status> {
        self.check("VerifyBackup")?;
        unplayed()
    }

    async fn get_settings(
        &self,
        _: Request<v1::GetSettingsRequest>,
    ) -> Result<Response<v1::GetSettingsResponse>, Status> {
        let settings = v1::Settings { currency_code: "USD".to_owned(), ..Default::default() };
        Ok(Response::new(v1::GetSettingsResponse { settings: Some(settings) }))
    }

    async fn get_status(
        &self,
        _: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        unplayed()
    }

    async fn look_up_idempotency_key(
        &self,
        _: Request<v1::LookUpIdempotencyKeyRequest>,
    ) -> Result<Response<v1::LookUpIdempotencyKeyResponse>, Status> {
        unplayed()
    }

    async fn put_settings(
        &self,
        _: Request<v1::PutSettingsRequest>,
    ) -> Result<Response<v1::PutSettingsResponse>, Status> {
        unplayed()
    }

    async fn put_branches(
        &self,
        _: Request<v1::PutBranchesRequest>,
    ) -> Result<Response<v1::PutBranchesResponse>, Status> {
        unplayed()
    }

    async fn list_audit_log(
        &self,
        _: Request<v1::ListAuditLogRequest>,
    ) -> Result<Response<v1::ListAuditLogResponse>, Status> {
        unplayed()
    }

    async fn list_branches(
        &self,
        _: Request<v1::ListBranchesRequest>,
    ) -> Result<Response<v1::ListBranchesResponse>, Status> {
        unplayed()
    }

    async fn get_branch(
        &self,
        _: Request<v1::GetBranchRequest>,
    ) -> Result<Response<v1::GetBranchResponse>, Status> {
        unplayed()
    }

    async fn put_registers(
        &self,
        _: Request<v1::PutRegistersRequest>,
    ) -> Result<Response<v1::PutRegistersResponse>, Status> {
        unplayed()
    }

    async fn list_registers(
        &self,
        _: Request<v1::ListRegistersRequest>,
    ) -> Result<Response<v1::ListRegistersResponse>, Status> {
        unplayed()
    }

    async fn get_register(
        &self,
        _: Request<v1::GetRegisterRequest>,
    ) -> Result<Response<v1::GetRegisterResponse>, Status> {
        unplayed()
    }

    async fn put_users(
        &self,
        _: Request<v1::PutUsersRequest>,
    ) -> Result<Response<v1::PutUsersResponse>, Status> {
        unplayed()
    }

    async fn list_users(
        &self,
        _: Request<v1::ListUsersRequest>,
    ) -> Result<Response<v1::ListUsersResponse>, Status> {
        unplayed()
    }

    async fn get_user(
        &self,
        _: Request<v1::GetUserRequest>,
    ) -> Result<Response<v1::GetUserResponse>, Status> {
        unplayed()
    }

    async fn create_pairing_code(
        &self,
        _: Request<v1::CreatePairingCodeRequest>,
    ) -> Result<Response<v1::CreatePairingCodeResponse>, Status> {
        unplayed()
    }

    async fn list_terminals(
        &self,
        _: Request<v1::ListTerminalsRequest>,
    ) -> Result<Response<v1::ListTerminalsResponse>, Status> {
        unplayed()
    }

    async fn revoke_terminal(
        &self,
        _: Request<v1::RevokeTerminalRequest>,
    ) -> Result<Response<v1::RevokeTerminalResponse>, Status> {
        unplayed()
    }

    async fn get_idempotency_stats(
        &self,
        _: Request<v1::GetIdempotencyStatsRequest>,
    ) -> Result<Response<v1::GetIdempotencyStatsResponse>, Status> {
        unplayed()
    }

    async fn collect_diagnostics(
        &self,
        _: Request<v1::CollectDiagnosticsRequest>,
    ) -> Result<Response<v1::CollectDiagnosticsResponse>, Status> {
        unplayed()
    }

    async fn get_sales_report(
        &self,
        _: Request<v1::GetSalesReportRequest>,
    ) -> Result<Response<v1::GetSalesReportResponse>, Status> {
        unplayed()
    }

    async fn check_integrity(
        &self,
        _: Request<v1::CheckIntegrityRequest>,
    ) -> Result<Response<v1::CheckIntegrityResponse>, Status> {
        unplayed()
    }

    async fn set_maintenance(
        &self,
        _: Request<v1::SetMaintenanceRequest>,
    ) -> Result<Response<v1::SetMaintenanceResponse>, Status> {
        unplayed()
    }
}

#[tonic::async_trait]
impl Shifts for Played {
    async fn open_shift(
        &self,
        _: Request<v1::OpenShiftRequest>,
    ) -> Result<Response<v1::OpenShiftResponse>, Status> {
        self.check("OpenShift")?;
        unplayed()
    }

    async fn get_current_shift(
        &self,
        _: Request<v1::GetCurrentShiftRequest>,
    ) -> Result<Response<v1::GetCurrentShiftResponse>, Status> {
        self.check("GetCurrentShift")?;
        unplayed()
    }

    async fn record_activity(
        &self,
        _: Request<v1::RecordActivityRequest>,
    ) -> Result<Response<v1::RecordActivityResponse>, Status> {
        unplayed()
    }

    async fn hand_over_shift(
        &self,
        _: Request<v1::HandOverShiftRequest>,
    ) -> Result<Response<v1::HandOverShiftResponse>, Status> {
        unplayed()
    }

    async fn end_shift(
        &self,
        _: Request<v1::EndShiftRequest>,
    ) -> Result<Response<v1::EndShiftResponse>, Status> {
        unplayed()
    }

    async fn close_shift(
        &self,
        _: Request<v1::CloseShiftRequest>,
    ) -> Result<Response<v1::CloseShiftResponse>, Status> {
        unplayed()
    }

    async fn force_close_shift(
        &self,
        _: Request<v1::ForceCloseShiftRequest>,
    ) -> Result<Response<v1::ForceCloseShiftResponse>, Status> {
        unplayed()
    }

    async fn get_shift(
        &self,
        _: Request<v1::GetShiftRequest>,
    ) -> Result<Response<v1::GetShiftResponse>, Status> {
        unplayed()
    }

    async fn list_shifts(
        &self,
        _: Request<v1::ListShiftsRequest>,
    ) -> Result<Response<v1::ListShiftsResponse>, Status> {
        unplayed()
    }

    async fn get_shift_report(
        &self,
        _: Request<v1::GetShiftReportRequest>,
    ) -> Result<Response<v1::GetShiftReportResponse>, Status> {
        unplayed()
    }

    async fn clock_in(
        &self,
        _: Request<v1::ClockInRequest>,
    ) -> Result<Response<v1::ClockInResponse>, Status> {
        unplayed()
    }

    async fn clock_out(
        &self,
        _: Request<v1::ClockOutRequest>,
    ) -> Result<Response<v1::ClockOutResponse>, Status> {
        unplayed()
    }

    async fn list_attendance(
        &self,
        _: Request<v1::ListAttendanceRequest>,
    ) -> Result<Response<v1::ListAttendanceResponse>, Status> {
        unplayed()
    }
}

#[tonic::async_trait]
impl Catalog for Played {
    async fn put_products(
        &self,
        request: Request<v1::PutProductsRequest>,
    ) -> Result<Response<v1::PutProductsResponse>, Status> {
        let key = request.metadata().get("idempotency-key").unwrap().to_str().unwrap().to_owned();
        let count = request.get_ref().products.len();
        let reply = v1::PutProductsResponse { created_count: count as i32, ..Default::default() };
        if request.get_ref().validate_only {
            self.check("validate_only")?;
            return Ok(Response::new(reply));
        }
        let mut books = self.0.lock().unwrap();
        let mut response = Response::new(reply);
        if books.imports.iter().any(|(done, _)| *done == key) {
            if books.expired {
                return Err(refusal(Code::FailedPrecondition, "KEY_EXPIRED"));
            }
            response.metadata_mut().insert("idempotent-replayed", "true".parse().unwrap());
        } else if books.room.is_some_and(|room| books.imports.len() >= room) {
            return Err(refusal(Code::Unavailable, "OUTCOME_UNKNOWN"));
        } else {
            books.imports.push((key, count));
        }
        Ok(response)
    }

    async fn get_product(
        &self,
        _: Request<v1::GetProductRequest>,
    ) -> Result<Response<v1::GetProductResponse>, Status> {
        unplayed()
    }

    async fn find_products(
        &self,
        _: Request<v1::FindProductsRequest>,
    ) -> Result<Response<v1::FindProductsResponse>, Status> {
        unplayed()
    }

    async fn list_products(
        &self,
        _: Request<v1::ListProductsRequest>,
    ) -> Result<Response<v1::ListProductsResponse>, Status> {
        let product = |number: u32| v1::Product { sku: format!("SKU-{number}"), ..Default::default() };
        let products = (0..500).map(product).collect();
        Ok(Response::new(v1::ListProductsResponse { products, ..Default::default() }))
    }

    async fn put_stock_levels(
        &self,
        _: Request<v1::PutStockLevelsRequest>,
    ) -> Result<Response<v1::PutStockLevelsResponse>, Status> {
        unplayed()
    }

    async fn get_stock(
        &self,
        _: Request<v1::GetStockRequest>,
    ) -> Result<Response<v1::GetStockResponse>, Status> {
        unplayed()
    }

    async fn list_stock(
        &self,
        _: Request<v1::ListStockRequest>,
    ) -> Result<Response<v1::ListStockResponse>, Status> {
        unplayed()
    }

    async fn list_stock_changes(
        &self,
        _: Request<v1::ListStockChangesRequest>,
    ) -> Result<Response<v1::ListStockChangesResponse>, Status> {
        unplayed()
    }

    async fn put_customers(
        &self,
        _: Request<v1::PutCustomersRequest>,
    ) -> Result<Response<v1::PutCustomersResponse>, Status> {
        unplayed()
    }

    async fn get_customer(
        &self,
        _: Request<v1::GetCustomerRequest>,
    ) -> Result<Response<v1::GetCustomerResponse>, Status> {
        unplayed()
    }

    async fn find_customers(
        &self,
        _: Request<v1::FindCustomersRequest>,
    ) -> Result<Response<v1::FindCustomersResponse>, Status> {
        unplayed()
    }

    async fn list_customers(
        &self,
        _: Request<v1::ListCustomersRequest>,
    ) -> Result<Response<v1::ListCustomersResponse>, Status> {
        unplayed()
    }

    async fn anonymize_customer(
        &self,
        _: Request<v1::AnonymizeCustomerRequest>,
    ) -> Result<Response<v1::AnonymizeCustomerResponse>, Status> {
        unplayed()
    }

    async fn list_categories(
        &self,
        _: Request<v1::ListCategoriesRequest>,
    ) -> Result<Response<v1::ListCategoriesResponse>, Status> {
        unplayed()
    }

    async fn put_branch_prices(
        &self,
        _: Request<v1::PutBranchPricesRequest>,
    ) -> Result<Response<v1::PutBranchPricesResponse>, Status> {
        unplayed()
    }

    async fn get_branch_price(
        &self,
        _: Request<v1::GetBranchPriceRequest>,
    ) -> Result<Response<v1::GetBranchPriceResponse>, Status> {
        unplayed()
    }

    async fn list_branch_prices(
        &self,
        _: Request<v1::ListBranchPricesRequest>,
    ) -> Result<Response<v1::ListBranchPricesResponse>, Status> {
        unplayed()
    }

    async fn put_purchase(
        &self,
        _: Request<v1::PutPurchaseRequest>,
    ) -> Result<Response<v1::PutPurchaseResponse>, Status> {
        unplayed()
    }

    async fn approve_purchase(
        &self,
        _: Request<v1::ApprovePurchaseRequest>,
    ) -> Result<Response<v1::ApprovePurchaseResponse>, Status> {
        unplayed()
    }

    async fn cancel_purchase(
        &self,
        _: Request<v1::CancelPurchaseRequest>,
    ) -> Result<Response<v1::CancelPurchaseResponse>, Status> {
        unplayed()
    }

    async fn get_purchase(
        &self,
        _: Request<v1::GetPurchaseRequest>,
    ) -> Result<Response<v1::GetPurchaseResponse>, Status> {
        unplayed()
    }

    async fn list_purchases(
        &self,
        _: Request<v1::ListPurchasesRequest>,
    ) -> Result<Response<v1::ListPurchasesResponse>, Status> {
        unplayed()
    }

    async fn send_stock(
        &self,
        _: Request<v1::SendStockRequest>,
    ) -> Result<Response<v1::SendStockResponse>, Status> {
        unplayed()
    }

    async fn receive_stock(
        &self,
        _: Request<v1::ReceiveStockRequest>,
    ) -> Result<Response<v1::ReceiveStockResponse>, Status> {
        unplayed()
    }

    async fn get_stock_transfer(
        &self,
        _: Request<v1::GetStockTransferRequest>,
    ) -> Result<Response<v1::GetStockTransferResponse>, Status> {
        unplayed()
    }

    async fn list_stock_transfers(
        &self,
        _: Request<v1::ListStockTransfersRequest>,
    ) -> Result<Response<v1::ListStockTransfersResponse>, Status> {
        unplayed()
    }

    async fn adjust_stock(
        &self,
        _: Request<v1::AdjustStockRequest>,
    ) -> Result<Response<v1::AdjustStockResponse>, Status> {
        unplayed()
    }

    async fn get_stock_adjustment(
        &self,
        _: Request<v1::GetStockAdjustmentRequest>,
    ) -> Result<Response<v1::GetStockAdjustmentResponse>, Status> {
        unplayed()
    }

    async fn list_stock_adjustments(
        &self,
        _: Request<v1::ListStockAdjustmentsRequest>,
    ) -> Result<Response<v1::ListStockAdjustmentsResponse>, Status> {
        unplayed()
    }

    async fn start_stock_count(
        &self,
        _: Request<v1::StartStockCountRequest>,
    ) -> Result<Response<v1::StartStockCountResponse>, Status> {
        unplayed()
    }

    async fn enter_stock_count(
        &self,
        _: Request<v1::EnterStockCountRequest>,
    ) -> Result<Response<v1::EnterStockCountResponse>, Status> {
        unplayed()
    }

    async fn finish_stock_count(
        &self,
        _: Request<v1::FinishStockCountRequest>,
    ) -> Result<Response<v1::FinishStockCountResponse>, Status> {
        unplayed()
    }

    async fn cancel_stock_count(
        &self,
        _: Request<v1::CancelStockCountRequest>,
    ) -> Result<Response<v1::CancelStockCountResponse>, Status> {
        unplayed()
    }

    async fn get_stock_count(
        &self,
        _: Request<v1::GetStockCountRequest>,
    ) -> Result<Response<v1::GetStockCountResponse>, Status> {
        unplayed()
    }

    async fn list_stock_counts(
        &self,
        _: Request<v1::ListStockCountsRequest>,
    ) -> Result<Response<v1::ListStockCountsResponse>, Status> {
        unplayed()
    }
}
