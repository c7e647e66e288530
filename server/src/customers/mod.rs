//! Who buys. What is said of a person stands in the customer's row alone: orders have an id, the journal a
//! salted hash, keys nothing. So a person can be forgotten although orders, journal and keys are for ever.

pub mod anonymize_customer;
pub mod person;
pub mod put_customers;
pub mod queries;

use kassa_proto::v1::{self as pb, ErrorReason as Reason};
use uuid::Uuid;

use crate::{
    books::{Stop, WorkingSet},
    caller::Caller,
    encoding::{customer::person_of, time::stored_timestamp},
    error::Error,
    modules::Module,
    page,
    settings::shop,
    store::entity::{business, customer},
};

/// The customers' version as terminals keep it.
fn version_text(business: &business::Model) -> String {
    page::version_text(business.epoch, business.customer_version)
}

/// There is no such customer.
pub fn not_found(path: &str, what: &str) -> Error {
    Error::of_field(Reason::CustomerNotFound, path, format!("there is no customer {what}"))
}

/// The customer asked to be forgotten.
fn anonymized(path: impl Into<String>) -> Error {
    Error::of_field(Reason::CustomerAnonymized, path, "this customer asked to be forgotten, and was")
}

/// A customer of the business, by the id in a request's `customer_id`.
///
/// # Errors
/// `CUSTOMER_NOT_FOUND`, `CUSTOMER_ANONYMIZED`.
fn known<'a>(books: &'a WorkingSet, caller: &Caller, id: Uuid) -> Result<&'a customer::Model, Stop> {
    let found = books.get::<customer::Model>(&id)?.filter(|row| row.business_id == caller.business_id);
    let customer = found.ok_or_else(|| not_found("customer_id", &id.to_string()))?;
    match customer.anonymize_time {
        None => Ok(customer),
        Some(_) => Err(anonymized("customer_id").into()),
    }
}

/// Whoever a sale names, if it names somebody.
///
/// # Errors
/// `MODULE_DISABLED`, `CUSTOMER_NOT_FOUND`, `CUSTOMER_ANONYMIZED`.
pub fn prove_buyer(books: &WorkingSet, caller: &Caller, customer_id: Option<Uuid>) -> Result<(), Stop> {
    let Some(id) = customer_id else { return Ok(()) };
    if !Module::Customers.is_on(shop(books, caller)?) {
        return Err(Module::Customers.disabled().into());
    }
    known(books, caller, id).map(|_| ())
}

/// A customer as the contract sends it.
pub fn customer_to_pb(row: &customer::Model) -> pb::Customer {
    pb::Customer {
        customer_id: row.id.to_string(),
        version: row.version,
        create_time: Some(stored_timestamp(row.create_time)),
        update_time: Some(stored_timestamp(row.update_time)),
        anonymize_time: row.anonymize_time.map(stored_timestamp),
        ..person_of(row)
    }
}
