//! Customers: a part of `kassa.v1.Catalog`.

use kassa_proto::v1::{
    AnonymizeCustomerRequest, AnonymizeCustomerResponse, FindCustomersRequest, FindCustomersResponse,
    GetCustomerRequest, GetCustomerResponse, ListCustomersRequest, ListCustomersResponse,
    PutCustomersRequest, PutCustomersResponse,
};

use crate::{Call, Catalog};

impl Catalog {
    /// Registers and changes customers, at most 500 a call: all of them or none.
    pub fn put_customers(
        &self,
        request: PutCustomersRequest,
    ) -> Call<PutCustomersRequest, PutCustomersResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/PutCustomers", request)
    }

    /// Reads one customer by id or code.
    pub fn get_customer(&self, request: GetCustomerRequest) -> Call<GetCustomerRequest, GetCustomerResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/GetCustomer", request)
    }

    /// Finds customers by code, phone number, e-mail address or words of their names, the best first.
    pub fn find_customers(
        &self,
        request: FindCustomersRequest,
    ) -> Call<FindCustomersRequest, FindCustomersResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/FindCustomers", request)
    }

    /// Lists the customers, or those that changed after a version.
    pub fn list_customers(
        &self,
        request: ListCustomersRequest,
    ) -> Call<ListCustomersRequest, ListCustomersResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/ListCustomers", request)
    }

    /// Forgets a person for good; orders and their figures stay.
    pub fn anonymize_customer(
        &self,
        request: AnonymizeCustomerRequest,
    ) -> Call<AnonymizeCustomerRequest, AnonymizeCustomerResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/AnonymizeCustomer", request)
    }
}
