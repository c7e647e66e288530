//! `kassa.v1.Admin`.

use kassa_proto::v1::{
    CheckIntegrityRequest, CheckIntegrityResponse, CollectDiagnosticsRequest, CollectDiagnosticsResponse,
    CreateBackupRequest, CreateBackupResponse, CreatePairingCodeRequest, CreatePairingCodeResponse,
    GetBranchRequest, GetBranchResponse, GetIdempotencyStatsRequest, GetIdempotencyStatsResponse,
    GetRegisterRequest, GetRegisterResponse, GetSalesReportRequest, GetSalesReportResponse,
    GetSettingsRequest, GetSettingsResponse, GetStatusRequest, GetStatusResponse, GetUserRequest,
    GetUserResponse, ListAuditLogRequest, ListAuditLogResponse, ListBackupsRequest, ListBackupsResponse,
    ListBranchesRequest, ListBranchesResponse, ListRegistersRequest, ListRegistersResponse,
    ListTerminalsRequest, ListTerminalsResponse, ListUsersRequest, ListUsersResponse,
    LookUpIdempotencyKeyRequest, LookUpIdempotencyKeyResponse, PutBranchesRequest, PutBranchesResponse,
    PutRegistersRequest, PutRegistersResponse, PutSettingsRequest, PutSettingsResponse, PutUsersRequest,
    PutUsersResponse, RestoreBackupRequest, RestoreBackupResponse, RevokeTerminalRequest,
    RevokeTerminalResponse, SetMaintenanceRequest, SetMaintenanceResponse, VerifyBackupRequest,
    VerifyBackupResponse,
};

use crate::{Call, Kassa, PartsCall};

/// Running the shop's server.
#[derive(Debug, Clone)]
pub struct Admin(pub(crate) Kassa);

impl Admin {
    /// Says how the server is.
    pub fn get_status(&self, request: GetStatusRequest) -> Call<GetStatusRequest, GetStatusResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/GetStatus", request)
    }

    /// Says what became of an idempotency key of this terminal.
    pub fn look_up_idempotency_key(
        &self,
        request: LookUpIdempotencyKeyRequest,
    ) -> Call<LookUpIdempotencyKeyRequest, LookUpIdempotencyKeyResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/LookUpIdempotencyKey", request)
    }

    /// Reads the shop's settings.
    pub fn get_settings(&self, request: GetSettingsRequest) -> Call<GetSettingsRequest, GetSettingsResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/GetSettings", request)
    }

    /// Lists what somebody may have to answer for in the caller's branch, newest first.
    pub fn list_audit_log(
        &self,
        request: ListAuditLogRequest,
    ) -> Call<ListAuditLogRequest, ListAuditLogResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/ListAuditLog", request)
    }

    /// Changes the settings that `update_mask` names.
    pub fn put_settings(&self, request: PutSettingsRequest) -> Call<PutSettingsRequest, PutSettingsResponse> {
        Call::change(&self.0, "/kassa.v1.Admin/PutSettings", request)
    }

    /// Creates and changes branches.
    pub fn put_branches(&self, request: PutBranchesRequest) -> Call<PutBranchesRequest, PutBranchesResponse> {
        Call::change(&self.0, "/kassa.v1.Admin/PutBranches", request)
    }

    /// Lists the branches of the business.
    pub fn list_branches(
        &self,
        request: ListBranchesRequest,
    ) -> Call<ListBranchesRequest, ListBranchesResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/ListBranches", request)
    }

    /// Reads one branch.
    pub fn get_branch(&self, request: GetBranchRequest) -> Call<GetBranchRequest, GetBranchResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/GetBranch", request)
    }

    /// Creates and changes registers.
    pub fn put_registers(
        &self,
        request: PutRegistersRequest,
    ) -> Call<PutRegistersRequest, PutRegistersResponse> {
        Call::change(&self.0, "/kassa.v1.Admin/PutRegisters", request)
    }

    /// Lists the registers of a branch.
    pub fn list_registers(
        &self,
        request: ListRegistersRequest,
    ) -> Call<ListRegistersRequest, ListRegistersResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/ListRegisters", request)
    }

    /// Reads one register.
    pub fn get_register(&self, request: GetRegisterRequest) -> Call<GetRegisterRequest, GetRegisterResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/GetRegister", request)
    }

    /// Creates and changes users.
    pub fn put_users(&self, request: PutUsersRequest) -> Call<PutUsersRequest, PutUsersResponse> {
        Call::change(&self.0, "/kassa.v1.Admin/PutUsers", request)
    }

    /// Lists the users of the business.
    pub fn list_users(&self, request: ListUsersRequest) -> Call<ListUsersRequest, ListUsersResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/ListUsers", request)
    }

    /// Reads one user, by id or name.
    pub fn get_user(&self, request: GetUserRequest) -> Call<GetUserRequest, GetUserResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/GetUser", request)
    }

    /// Makes a code with which one terminal is paired, once. Attempted again only where nothing can have
    /// happened: a second code would be made.
    pub fn create_pairing_code(
        &self,
        request: CreatePairingCodeRequest,
    ) -> Call<CreatePairingCodeRequest, CreatePairingCodeResponse> {
        Call::once(&self.0, "/kassa.v1.Admin/CreatePairingCode", request)
    }

    /// Lists the terminals of a branch.
    pub fn list_terminals(
        &self,
        request: ListTerminalsRequest,
    ) -> Call<ListTerminalsRequest, ListTerminalsResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/ListTerminals", request)
    }

    /// Takes a terminal's token and its sessions away, at once and for good.
    pub fn revoke_terminal(
        &self,
        request: RevokeTerminalRequest,
    ) -> Call<RevokeTerminalRequest, RevokeTerminalResponse> {
        Call::change(&self.0, "/kassa.v1.Admin/RevokeTerminal", request)
    }

    /// Collects what support needs to know of the server. Only for admins.
    pub fn collect_diagnostics(
        &self,
        request: CollectDiagnosticsRequest,
    ) -> Call<CollectDiagnosticsRequest, CollectDiagnosticsResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/CollectDiagnostics", request)
    }

    /// Adds up sales by hour, day, category, product, cashier, tender or tax rate. Only for supervisors.
    pub fn get_sales_report(
        &self,
        request: GetSalesReportRequest,
    ) -> Call<GetSalesReportRequest, GetSalesReportResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/GetSalesReport", request)
    }

    /// Proves the whole books while the shop sells. Only for admins.
    pub fn check_integrity(
        &self,
        request: CheckIntegrityRequest,
    ) -> Call<CheckIntegrityRequest, CheckIntegrityResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/CheckIntegrity", request)
    }

    /// Closes the books for maintenance, or opens them again. Attempted once: whoever asks wants to know.
    pub fn set_maintenance(
        &self,
        request: SetMaintenanceRequest,
    ) -> Call<SetMaintenanceRequest, SetMaintenanceResponse> {
        Call::once(&self.0, "/kassa.v1.Admin/SetMaintenance", request)
    }

    /// Makes a backup while the shop sells: the parts tell how far it is, the last one has it. It goes on if
    /// nobody waits.
    pub fn create_backup(
        &self,
        request: CreateBackupRequest,
    ) -> PartsCall<CreateBackupRequest, CreateBackupResponse> {
        PartsCall::new(&self.0, "/kassa.v1.Admin/CreateBackup", request)
    }

    /// Lists the backups in the server's folder, newest first.
    pub fn list_backups(&self, request: ListBackupsRequest) -> Call<ListBackupsRequest, ListBackupsResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/ListBackups", request)
    }

    /// Makes a backup the shop's books: the parts tell each step, the last one what was restored. It goes on if
    /// nobody waits.
    pub fn restore_backup(
        &self,
        request: RestoreBackupRequest,
    ) -> PartsCall<RestoreBackupRequest, RestoreBackupResponse> {
        PartsCall::new(&self.0, "/kassa.v1.Admin/RestoreBackup", request)
    }

    /// Reads a backup whole and proves it: the parts tell how far it is, the last one what was found.
    pub fn verify_backup(
        &self,
        request: VerifyBackupRequest,
    ) -> PartsCall<VerifyBackupRequest, VerifyBackupResponse> {
        PartsCall::new(&self.0, "/kassa.v1.Admin/VerifyBackup", request)
    }

    /// Counts how often keys came again since the server started. Only for supervisors.
    pub fn get_idempotency_stats(
        &self,
        request: GetIdempotencyStatsRequest,
    ) -> Call<GetIdempotencyStatsRequest, GetIdempotencyStatsResponse> {
        Call::read(&self.0, "/kassa.v1.Admin/GetIdempotencyStats", request)
    }
}
