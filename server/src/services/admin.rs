//! `kassa.v1.Admin`.

use std::sync::Arc;

use kassa_proto::v1::{self as pb, admin_server::Admin};
use tonic::{Request, Response, Status};

use crate::{
    access::{
        convert::{branch_to_pb, user_to_pb},
        create_pairing_code::CreatePairingCode,
        named_user::NamedUser,
        revoke_terminal::RevokeTerminal,
        scope::Named,
    },
    admin::{
        audit, directory, put_branches::PutBranches, put_registers::PutRegisters, put_settings::PutSettings,
        put_users::PutUsers, queries, sales_report,
    },
    app::{SharedApp, caller},
    diagnostics,
    error::Error,
    lifecycle::{Lifecycle, set_maintenance::set_maintenance},
};

/// `kassa.v1.Admin`.
pub struct AdminService {
    /// The books as a whole.
    pub lifecycle: Arc<Lifecycle>,
    /// What is in them, while they are open.
    pub app: Option<SharedApp>,
}

impl AdminService {
    fn app(&self) -> Result<&SharedApp, Error> {
        // The layers let no such call come here.
        self.app.as_ref().ok_or_else(|| Error::internal("a call came past the maintenance layer"))
    }
}

#[tonic::async_trait]
impl Admin for AdminService {
    async fn get_status(
        &self,
        request: Request<pb::GetStatusRequest>,
    ) -> Result<Response<pb::GetStatusResponse>, Status> {
        let caller = caller(&request)?;
        let Some(app) = &self.app else { return Ok(Response::new(self.lifecycle.status())) };
        Ok(Response::new(queries::status(app, &caller).await?))
    }

    async fn set_maintenance(
        &self,
        request: Request<pb::SetMaintenanceRequest>,
    ) -> Result<Response<pb::SetMaintenanceResponse>, Status> {
        Ok(Response::new(set_maintenance(&self.lifecycle, request.into_inner()).await?))
    }

    async fn look_up_idempotency_key(
        &self,
        request: Request<pb::LookUpIdempotencyKeyRequest>,
    ) -> Result<Response<pb::LookUpIdempotencyKeyResponse>, Status> {
        let (reading, caller, request) = self.app()?.read(request).await?;
        Ok(Response::new(queries::look_up_key(&reading, &caller, request).await?))
    }

    async fn get_settings(
        &self,
        request: Request<pb::GetSettingsRequest>,
    ) -> Result<Response<pb::GetSettingsResponse>, Status> {
        let (reading, caller, _) = self.app()?.read(request).await?;
        let settings = queries::settings(&reading, &caller).await?;
        Ok(Response::new(pb::GetSettingsResponse { settings: Some(settings) }))
    }

    async fn put_settings(
        &self,
        request: Request<pb::PutSettingsRequest>,
    ) -> Result<Response<pb::PutSettingsResponse>, Status> {
        // It may switch a module off, and the session cache keeps that.
        self.app()?.post_access_change(request, PutSettings::parse).await
    }

    async fn list_audit_log(
        &self,
        request: Request<pb::ListAuditLogRequest>,
    ) -> Result<Response<pb::ListAuditLogResponse>, Status> {
        let (reading, caller, request) = self.app()?.read(request).await?;
        Ok(Response::new(audit::entries(&reading, &caller, request, self.app()?.epoch).await?))
    }

    async fn put_branches(
        &self,
        request: Request<pb::PutBranchesRequest>,
    ) -> Result<Response<pb::PutBranchesResponse>, Status> {
        self.app()?.post(request, PutBranches::parse).await
    }

    async fn list_branches(
        &self,
        request: Request<pb::ListBranchesRequest>,
    ) -> Result<Response<pb::ListBranchesResponse>, Status> {
        let (reading, caller, request) = self.app()?.read(request).await?;
        Ok(Response::new(directory::branches(&reading, &caller, request, self.app()?.epoch).await?))
    }

    async fn get_branch(
        &self,
        request: Request<pb::GetBranchRequest>,
    ) -> Result<Response<pb::GetBranchResponse>, Status> {
        let (reading, caller, request) = self.app()?.read(request).await?;
        let branch = Named::parse(&request.branch_id).read_branch(&reading, &caller).await?;
        Ok(Response::new(pb::GetBranchResponse { branch: Some(branch_to_pb(&branch)) }))
    }

    async fn put_registers(
        &self,
        request: Request<pb::PutRegistersRequest>,
    ) -> Result<Response<pb::PutRegistersResponse>, Status> {
        self.app()?.post(request, PutRegisters::parse).await
    }

    async fn list_registers(
        &self,
        request: Request<pb::ListRegistersRequest>,
    ) -> Result<Response<pb::ListRegistersResponse>, Status> {
        let (reading, caller, request) = self.app()?.read(request).await?;
        Ok(Response::new(directory::registers(&reading, &caller, request, self.app()?.epoch).await?))
    }

    async fn get_register(
        &self,
        request: Request<pb::GetRegisterRequest>,
    ) -> Result<Response<pb::GetRegisterResponse>, Status> {
        let (reading, caller, request) = self.app()?.read(request).await?;
        Ok(Response::new(directory::register(&reading, &caller, &request).await?))
    }

    async fn put_users(
        &self,
        request: Request<pb::PutUsersRequest>,
    ) -> Result<Response<pb::PutUsersResponse>, Status> {
        self.app()?.post_access_change(request, PutUsers::parse).await
    }

    async fn list_users(
        &self,
        request: Request<pb::ListUsersRequest>,
    ) -> Result<Response<pb::ListUsersResponse>, Status> {
        let (reading, caller, request) = self.app()?.read(request).await?;
        Ok(Response::new(directory::users(&reading, &caller, request, self.app()?.epoch).await?))
    }

    async fn get_user(
        &self,
        request: Request<pb::GetUserRequest>,
    ) -> Result<Response<pb::GetUserResponse>, Status> {
        let (reading, _, request) = self.app()?.read(request).await?;
        let user = NamedUser::parse(&request.user_id)?.read(&reading).await?;
        Ok(Response::new(pb::GetUserResponse { user: Some(user_to_pb(&user)) }))
    }

    async fn create_pairing_code(
        &self,
        request: Request<pb::CreatePairingCodeRequest>,
    ) -> Result<Response<pb::CreatePairingCodeResponse>, Status> {
        let app = self.app()?;
        let parse = |request| CreatePairingCode::parse(request, app.clock.as_ref(), &app.pepper);
        let made = app.post(request, parse).await?;
        app.pairing_guard.forgive();
        Ok(made)
    }

    async fn list_terminals(
        &self,
        request: Request<pb::ListTerminalsRequest>,
    ) -> Result<Response<pb::ListTerminalsResponse>, Status> {
        let (reading, caller, request) = self.app()?.read(request).await?;
        Ok(Response::new(directory::terminals(&reading, &caller, request, self.app()?.epoch).await?))
    }

    async fn revoke_terminal(
        &self,
        request: Request<pb::RevokeTerminalRequest>,
    ) -> Result<Response<pb::RevokeTerminalResponse>, Status> {
        self.app()?.post_access_change(request, RevokeTerminal::parse).await
    }

    async fn check_integrity(
        &self,
        request: Request<pb::CheckIntegrityRequest>,
    ) -> Result<Response<pb::CheckIntegrityResponse>, Status> {
        let (caller, _) = self.app()?.accept(request)?;
        Ok(Response::new(queries::check_integrity(self.app()?, &caller).await?))
    }

    async fn collect_diagnostics(
        &self,
        request: Request<pb::CollectDiagnosticsRequest>,
    ) -> Result<Response<pb::CollectDiagnosticsResponse>, Status> {
        let (caller, _) = self.app()?.accept(request)?;
        Ok(Response::new(diagnostics::collect(self.app()?, &caller).await?))
    }

    async fn get_sales_report(
        &self,
        request: Request<pb::GetSalesReportRequest>,
    ) -> Result<Response<pb::GetSalesReportResponse>, Status> {
        let app = self.app()?;
        let (reading, caller, request) = app.read(request).await?;
        Ok(Response::new(sales_report::sales_report((&reading, &app.sales_sums), &caller, &request).await?))
    }

    async fn get_idempotency_stats(
        &self,
        request: Request<pb::GetIdempotencyStatsRequest>,
    ) -> Result<Response<pb::GetIdempotencyStatsResponse>, Status> {
        self.app()?.caller(&request)?;
        Ok(Response::new(queries::idempotency_stats(self.app()?)))
    }
}
