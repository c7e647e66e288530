//! `kassa.v1.Customers`.

use kassa_proto::v1::{self as pb, customers_server::Customers};
use tonic::{Request, Response, Status};

use crate::{
    app::SharedApp,
    customers::{
        self,
        anonymize_customer::AnonymizeCustomer,
        put_customers::{self, PutCustomers},
    },
};

/// `kassa.v1.Customers`.
pub struct CustomersService(pub SharedApp);

#[tonic::async_trait]
impl Customers for CustomersService {
    async fn put_customers(
        &self,
        request: Request<pb::PutCustomersRequest>,
    ) -> Result<Response<pb::PutCustomersResponse>, Status> {
        self.0.post_with_fingerprint(request, put_customers::fingerprint, PutCustomers::parse).await
    }

    async fn get_customer(
        &self,
        request: Request<pb::GetCustomerRequest>,
    ) -> Result<Response<pb::GetCustomerResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(customers::queries::get(&reading, &caller, &request).await?))
    }

    async fn find_customers(
        &self,
        request: Request<pb::FindCustomersRequest>,
    ) -> Result<Response<pb::FindCustomersResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        let found = customers::queries::find(&reading, &caller, request, self.0.epoch).await?;
        Ok(Response::new(found))
    }

    async fn list_customers(
        &self,
        request: Request<pb::ListCustomersRequest>,
    ) -> Result<Response<pb::ListCustomersResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(customers::queries::list(&reading, &caller, request).await?))
    }

    async fn anonymize_customer(
        &self,
        request: Request<pb::AnonymizeCustomerRequest>,
    ) -> Result<Response<pb::AnonymizeCustomerResponse>, Status> {
        self.0.post(request, AnonymizeCustomer::parse).await
    }
}
