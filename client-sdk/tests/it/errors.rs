//! What an error tells.

use std::collections::HashMap;

use kassa_client::{Code, Reason, proto::v1::GetOrderRequest, proto::v1::PutProductsRequest};
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::scripted::{Scripted, Step};

/// A status as the contract wants it.
pub fn refusal(code: Code, reason: &str, mut details: ErrorDetails) -> Status {
    let variables = HashMap::from([("limit".to_owned(), "3".to_owned())]);
    details.set_error_info(reason, "kassa", variables);
    Status::with_error_details(code, format!("{reason}: in words"), details)
}

async fn refused(status: Status) -> kassa_client::Error {
    let server = Scripted::start();
    server.then(Step::Refuse(status));
    server.client().orders().get_order(GetOrderRequest::default()).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn details_are_read() {
    let mut details = ErrorDetails::with_bad_request_violation("lines[0].quantity", "must be more than zero");
    details.set_localized_message("ar", "الكمية يجب أن تكون أكبر من صفر");
    let mut status = refusal(Code::InvalidArgument, "INVALID_FIELD", details);
    status.metadata_mut().insert("x-request-id", "request-7".parse().unwrap());
    let error = refused(status).await;
    assert_eq!(error.reason(), Some(Reason::InvalidField));
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(error.message(), "INVALID_FIELD: in words");
    assert_eq!(error.to_string(), "INVALID_FIELD: in words");
    assert_eq!(error.localized_message(), Some("الكمية يجب أن تكون أكبر من صفر"));
    assert_eq!(error.metadata("limit"), Some("3"));
    assert_eq!(error.request_id(), Some("request-7"));
    let violation = &error.field_violations()[0];
    assert_eq!(violation.path, "lines[0].quantity");
    assert_eq!(violation.description, "must be more than zero");
    assert!(!error.is_unreachable() && !error.is_access() && !error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn a_newer_servers_reason_keeps_its_text() {
    let error = refused(refusal(Code::FailedPrecondition, "MOON_IS_FULL", ErrorDetails::new())).await;
    assert_eq!(error.reason(), None);
    assert_eq!(error.reason_name(), Some("MOON_IS_FULL"));
}

#[tokio::test(start_paused = true)]
async fn the_trailer_speaks_where_details_are_missing() {
    let mut status = Status::not_found("no such order");
    status.metadata_mut().insert("kassa-error-reason", "ORDER_NOT_FOUND".parse().unwrap());
    let error = refused(status).await;
    assert!(error.is(Reason::OrderNotFound));
    assert_eq!(error.to_string(), "ORDER_NOT_FOUND: no such order");
}

#[tokio::test(start_paused = true)]
async fn another_domains_reason_is_not_kassas() {
    let details = ErrorDetails::with_error_info("NO_OPEN_SHIFT", "proxy.example", HashMap::new());
    let error = refused(Status::with_error_details(Code::FailedPrecondition, "no", details)).await;
    assert_eq!(error.reason_name(), None);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_can_not_be_sent_is_refused_here() {
    let server = Scripted::start();
    let kassa = server.client();
    let error = kassa.catalog().put_products(PutProductsRequest::default()).key("مفتاح").await.unwrap_err();
    assert!(error.is(Reason::InvalidMetadata));
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_no_server_would_take_is_not_sent() {
    let server = Scripted::start();
    let request = PutProductsRequest { branch_id: "B".repeat(5 << 20), ..Default::default() };
    let error = server.client().catalog().put_products(request).await.unwrap_err();
    assert!(error.is(Reason::RequestTooLarge) && !error.is_outcome_unknown());
    assert_eq!(server.seen().len(), 0);
}
