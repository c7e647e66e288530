//! Callers who do not wait long: every answer says whether the books have what was asked for.

use futures_util::{StreamExt as _, stream};
use kassa_client::{Code, Reason, new_id, proto::v1 as pb};

use super::Refusing;
use crate::wire::{Answer, KEY, Refusal, Wire, difference};

const TIMEOUT: &str = "grpc-timeout";

/// The refusal; `None` if it was carried out in time.
fn refusal(answer: &Answer) -> Option<Refusal> {
    (answer.status().code() != Code::Ok).then(|| answer.refusal())
}

fn assert_passed(refusal: &Refusal, outcomes: &[&str]) {
    assert_eq!((refusal.reason, refusal.code), (Reason::DeadlinePassed, Code::DeadlineExceeded));
    assert!(outcomes.contains(&refusal.variable("outcome").unwrap()), "{refusal:?}");
}

impl Refusing {
    /// The library's channel would give up by itself, before the server has said anything.
    async fn patient() -> Self {
        let refusing = Self::open().await;
        let wire = Wire::patient(&refusing.shop).await;
        Self { wire, ..refusing }
    }

    async fn key_state(&self, key: &str) -> pb::IdempotencyKeyState {
        let request =
            pb::LookUpIdempotencyKeyRequest { method: "CompleteSale".to_owned(), key: key.to_owned() };
        self.shop.kassa.admin().look_up_idempotency_key(request).await.unwrap().state()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_whose_deadline_passes_says_what_is_known_of_it_and_its_key_agrees() {
    let refusing = Refusing::patient().await;
    let sale = refusing.shop.sale("1 x bread, cash 2.00").await;
    let deadlines = ["1n", "50u", "500u", "1m", "2m", "4m", "8m", "16m", "1S", "0n"];
    let calls = (0..60).flat_map(|_| deadlines).map(|deadline| {
        let (key, sale) = (new_id(), pb::CompleteSaleRequest { order_id: new_id(), ..sale.clone() });
        let call = refusing.wire.call("Orders/CompleteSale").with(KEY, &key).with(TIMEOUT, deadline);
        async move { (deadline, key, call.send(&sale).await) }
    });
    let answers: Vec<_> = stream::iter(calls).buffer_unordered(32).collect().await;
    // What was queued before this one is stored, or never will be.
    refusing.shop.sell("1 x bread, cash 2.00").await;
    let mut told = std::collections::BTreeMap::<_, usize>::new();
    for (deadline, key, answer) in answers {
        let outcome = match refusal(&answer) {
            Some(refusal) => {
                assert_passed(&refusal, &["none", "unknown"]);
                refusal.variable("outcome").unwrap().to_owned()
            }
            None => "stored".to_owned(),
        };
        let state = refusing.key_state(&key).await;
        match outcome.as_str() {
            "none" => assert_eq!(state, pb::IdempotencyKeyState::Unknown, "{deadline}"),
            "stored" => assert_eq!(state, pb::IdempotencyKeyState::Done, "{deadline}"),
            _ => {}
        }
        if ["0n", "1n"].contains(&deadline) {
            assert_eq!(outcome, "none", "it had passed before anything was done");
        }
        *told.entry(outcome).or_default() += 1;
    }
    assert!(told["none"] >= 120, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_passes_while_the_books_wait_leaves_a_doubt_that_the_key_settles() {
    let refusing = Refusing::patient().await;
    let (key, sale) = (new_id(), refusing.sale().await);
    let other = rusqlite::Connection::open(refusing.shop.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let sell = || refusing.wire.call("Orders/CompleteSale").with(KEY, &key);
    assert_passed(&sell().with(TIMEOUT, "300m").send(&sale).await.refusal(), &["unknown"]);
    other.execute_batch("ROLLBACK").unwrap();
    sell().send(&sale).await.message::<pb::CompleteSaleResponse>();
    assert_eq!(refusing.key_state(&key).await, pb::IdempotencyKeyState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_whose_deadline_passes_has_stored_nothing() {
    let refusing = Refusing::patient().await;
    let before = refusing.tables.rows();
    for deadline in ["1n", "1u", "200u", "1m"] {
        let request = pb::ListProductsRequest::default();
        let list = refusing.wire.call("Catalog/ListProducts").with(TIMEOUT, deadline);
        if let Some(refusal) = refusal(&list.send(&request).await) {
            assert_passed(&refusal, &["none"]);
        }
    }
    let health = refusing.wire.call("/grpc.health.v1.Health/Check").with(TIMEOUT, "1n");
    assert_passed(&health.send(&pb::GetStatusRequest {}).await.refusal(), &["none"]);
    assert_eq!(difference(&before, &refusing.tables.rows()), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_is_none_is_refused() {
    let refusing = Refusing::patient().await;
    let sale = refusing.sale().await;
    for bad in ["", "S", "5", "5s", "-5S", "5.5S", "123456789S", "soon"] {
        let call = refusing.wire.call("Orders/CompleteSale").with(TIMEOUT, bad);
        let refusal = call.send(&sale).await.refusal();
        assert_eq!(refusal.place(), (Reason::InvalidMetadata, TIMEOUT), "{bad:?}");
    }
    let twice = refusing.wire.call("Orders/CompleteSale").with(TIMEOUT, "5S").and(TIMEOUT, "1n");
    assert_eq!(twice.send(&sale).await.refusal().place(), (Reason::InvalidMetadata, TIMEOUT));
    refusing.assert_untouched().await;
    let far = refusing.wire.call("Orders/CompleteSale").with(TIMEOUT, "99999999H");
    far.send(&sale).await.message::<pb::CompleteSaleResponse>();
}
