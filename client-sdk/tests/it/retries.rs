//! What is attempted again, how often, and what is known when it was not enough.

use std::{collections::HashMap, time::Duration};

use kassa_client::{Code, Reason, new_id, proto::v1::CompleteSaleRequest, proto::v1::GetOrderRequest};
use tokio::time::Instant;
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{
    errors::refusal,
    scripted::{Scripted, Step},
};

fn sale() -> CompleteSaleRequest {
    CompleteSaleRequest { order_id: new_id(), ..Default::default() }
}

fn stopping() -> Status {
    refusal(Code::Unavailable, "STOPPING", ErrorDetails::new())
}

/// A deadline that passed in the server, which says what it knows.
fn passed(outcome: &str) -> Status {
    let metadata = HashMap::from([("outcome".to_owned(), outcome.to_owned())]);
    let details = ErrorDetails::with_error_info("DEADLINE_PASSED", "kassa", metadata);
    Status::with_error_details(Code::DeadlineExceeded, "the deadline has passed", details)
}

fn come_back_in(milliseconds: i64) -> Status {
    let mut status = stopping();
    status.metadata_mut().insert("grpc-retry-pushback-ms", milliseconds.into());
    status
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_when_is_asked_again_then_and_not_before() {
    let server = Scripted::start();
    server.then(Step::Refuse(come_back_in(3_000)));
    let began = Instant::now();
    let sold = server.client().orders().complete_sale(sale()).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(!sold.replayed());
    let keys = server.keys();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_after_the_sale_is_given_again() {
    let server = Scripted::start();
    server.then(Step::SellThenCut);
    let sale = sale();
    let sold = server.client().orders().complete_sale(sale.clone()).await.unwrap();
    assert!(sold.replayed());
    assert_eq!(sold.key(), Some(sale.order_id.as_str()));
    assert_eq!((sold.request_id(), sold.epoch()), (Some("request-1"), Some(3)));
    assert_eq!(server.keys(), [sale.order_id.clone(), sale.order_id]);
    assert_eq!(server.sales(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_in_time_is_asked_for_again() {
    let server = Scripted::start();
    server.then(Step::SellThenHang);
    let kassa = server.client_with(|builder| builder.timeout(Duration::from_secs(2)));
    let began = Instant::now();
    let sold = kassa.orders().complete_sale(sale()).await.unwrap();
    assert!(sold.replayed());
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert_eq!(server.sales(), 1);
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.metadata.contains_key("grpc-timeout")), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_not_tried_again() {
    let server = Scripted::start();
    server.always(|| Step::Refuse(refusal(Code::ResourceExhausted, "DISK_FULL", ErrorDetails::new())));
    let error = server.client().orders().complete_sale(sale()).await.unwrap_err();
    assert!(error.is(Reason::DiskFull));
    assert!(!error.is_retryable() && !error.is_outcome_unknown());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_tried_again_after_its_retry_info() {
    let server = Scripted::start();
    let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(50)));
    server.then(Step::Refuse(refusal(Code::ResourceExhausted, "OVERLOADED", details)));
    server.client().orders().complete_sale(sale()).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_bounded() {
    let server = Scripted::start();
    server.always(|| Step::Refuse(stopping()));
    let error = server.client().orders().complete_sale(sale()).await.unwrap_err();
    assert_eq!((server.seen().len(), error.attempts()), (8, 8));
    assert!(error.is(Reason::Stopping));
    assert!(error.is_retryable() && !error.is_outcome_unknown() && !error.is_unreachable());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passed_in_the_server_is_judged_by_what_it_says_of_the_outcome() {
    for (step, unknown) in [
        ((|| Step::Refuse(passed("none"))) as fn() -> Step, false),
        (|| Step::Refuse(passed("unknown")), true),
    ] {
        let server = Scripted::start();
        server.always(step);
        let error = server.client().orders().complete_sale(sale()).await.unwrap_err();
        assert!(error.is(Reason::DeadlinePassed) && error.is_retryable() && !error.is_unreachable());
        assert_eq!(error.is_outcome_unknown(), unknown);
        // And the next attempt settles it.
        let server = Scripted::start();
        server.then(step());
        server.client().orders().complete_sale(sale()).await.unwrap();
        assert_eq!((server.seen().len(), server.sales()), (2, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn time_is_bounded_and_a_silent_server_leaves_the_outcome_unknown() {
    let server = Scripted::start();
    server.always(|| Step::Hang);
    let began = Instant::now();
    let sale = sale();
    let error = server.client().orders().complete_sale(sale.clone()).await.unwrap_err();
    assert!(began.elapsed() <= Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(error.is_outcome_unknown() && error.is_unreachable());
    assert_eq!(error.key(), Some(sale.order_id.as_str()));
    assert!(error.to_string().contains(&sale.order_id));
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_would_outlast_the_call_is_not_begun() {
    let server = Scripted::start();
    server.always(|| Step::Refuse(come_back_in(3_600_000)));
    let began = Instant::now();
    let error = server.client().orders().complete_sale(sale()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3_600)));
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_negative_pushback_ends_it() {
    let server = Scripted::start();
    server.always(|| Step::Refuse(come_back_in(-1)));
    let error = server.client().orders().complete_sale(sale()).await.unwrap_err();
    assert!(!error.is_retryable());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_there_did_nothing() {
    let server = Scripted::start();
    server.set_down(true);
    let error = server.client().orders().complete_sale(sale()).await.unwrap_err();
    assert!(error.is_unreachable() && error.is_retryable() && !error.is_outcome_unknown());
    assert_eq!((error.code(), error.attempts()), (Code::Unavailable, 8));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_went_down_with_the_sale_leaves_it_unknown_until_it_is_repeated() {
    let server = Scripted::start();
    server.then(Step::SellThenHang);
    let kassa = server.client_with(|builder| builder.timeout(Duration::from_secs(1)).attempts(3));
    let first = tokio::spawn(kassa.orders().complete_sale(CompleteSaleRequest::default()).into_future());
    server.attempts(1).await;
    server.set_down(true);
    let error = first.await.unwrap().unwrap_err();
    assert!(error.is_outcome_unknown());

    server.set_down(false);
    let key = error.key().unwrap();
    let sold = kassa.orders().complete_sale(CompleteSaleRequest::default()).key(key).await.unwrap();
    assert!(sold.replayed());
    assert_eq!(server.sales(), 1);
    let seen = server.seen();
    assert_eq!(seen[0].order_id, seen[1].order_id, "the same request under the same key");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_does_not_settle_what_an_earlier_attempt_did() {
    let server = Scripted::start();
    server.then(Step::SellThenCut);
    server.then(Step::Refuse(refusal(Code::Unauthenticated, "TOKEN_INVALID", ErrorDetails::new())));
    let error = server.client().orders().complete_sale(sale()).await.unwrap_err();
    assert!(error.is_access() && error.is_outcome_unknown());
}

#[tokio::test(start_paused = true)]
async fn a_rule_settles_what_an_earlier_attempt_did() {
    let server = Scripted::start();
    server.then(Step::Hang);
    server.then(Step::Refuse(refusal(Code::FailedPrecondition, "NO_OPEN_SHIFT", ErrorDetails::new())));
    let error = server.client().orders().complete_sale(sale()).await.unwrap_err();
    assert!(error.is(Reason::NoOpenShift) && !error.is_outcome_unknown());
}

#[tokio::test(start_paused = true)]
async fn reads_survive_a_cut_connection_and_carry_no_key() {
    let server = Scripted::start();
    server.then(Step::SellThenCut);
    server.client().orders().get_order(GetOrderRequest::default()).key("ignored").await.unwrap();
    assert_eq!(server.seen().len(), 2);
    assert!(server.seen().iter().all(|seen| seen.key.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_read_without_an_answer_has_no_outcome_to_doubt() {
    let server = Scripted::start();
    server.always(|| Step::Hang);
    let error = server.client().orders().get_order(GetOrderRequest::default()).await.unwrap_err();
    assert!(error.is_unreachable() && !error.is_outcome_unknown());
    assert_eq!(error.code(), Code::DeadlineExceeded);
}
