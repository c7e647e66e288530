//! Tokens and keys.

use kassa_client::{Code, Reason, proto::v1 as pb};

use super::Refusing;
use crate::wire::{KEY, TOKEN, difference};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_token_that_is_valid_is_refused() {
    let refusing = Refusing::open().await;
    let sale = refusing.sale().await;
    let before = refusing.tables.rows();
    let token = std::fs::read_to_string(refusing.shop.data().join("keys/local.token")).unwrap();
    let token = token.trim();
    let nobody = format!("Bearer {}", "0123456789abcdef".repeat(4));
    let texts = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        nobody,
        token.to_owned(),
        format!("Basic {token}"),
        format!("Bearer {}", token.to_uppercase()),
        format!("Bearer {}", &token[..63]),
        format!("Bearer {token} {token}"),
    ];
    let texts = texts.iter().map(String::as_bytes);
    for authorization in texts.chain([&b"Bearer \xff\xfe\x80"[..], b"\xff\xfe"]) {
        let call = refusing.wire.call("Orders/CompleteSale").with(TOKEN, authorization);
        let refusal = call.send(&sale).await.refusal();
        let told = (refusal.reason, refusal.code);
        assert_eq!(told, (Reason::TokenInvalid, Code::Unauthenticated), "{authorization:?}");
        assert!(!refusal.message.contains(token));
    }
    let refusal = refusing.wire.call("Orders/CompleteSale").without(TOKEN).send(&sale).await.refusal();
    assert_eq!((refusal.reason, refusal.code), (Reason::TokenInvalid, Code::Unauthenticated));
    assert_eq!(difference(&before, &refusing.tables.rows()), None);
    // The scheme's letters are nobody's business (RFC 9110, 11.1).
    let sold = refusing.wire.call("Orders/CompleteSale").with(TOKEN, format!("bEARER {token}"));
    sold.send(&sale).await.message::<pb::CompleteSaleResponse>();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_a_key_that_is_one_is_refused() {
    let refusing = Refusing::open().await;
    let sale = refusing.sale().await;
    let before = refusing.tables.rows();
    let missing = refusing.wire.call("Orders/CompleteSale").without(KEY).send(&sale).await.refusal();
    assert_eq!((missing.reason, missing.code), (Reason::IdempotencyKeyRequired, Code::InvalidArgument));
    let empty = refusing.wire.call("Orders/CompleteSale").with(KEY, "").send(&sale).await.refusal();
    assert_eq!((empty.reason, empty.code), (Reason::IdempotencyKeyRequired, Code::InvalidArgument));

    let long = "k".repeat(256);
    let bad: [&[u8]; 5] = [long.as_bytes(), b"two words", b"tab\tbed", b"\xff\xfe", "مفتاح".as_bytes()];
    for key in bad {
        let refusal = refusing.wire.call("Orders/CompleteSale").with(KEY, key).send(&sale).await.refusal();
        assert_eq!(refusal.place(), (Reason::InvalidMetadata, KEY), "{key:?}");
        assert_eq!(refusal.code, Code::InvalidArgument);
    }
    let twice = refusing.wire.call("Orders/CompleteSale").and(KEY, "another").send(&sale).await.refusal();
    assert_eq!(twice.place(), (Reason::InvalidMetadata, KEY));
    assert_eq!(difference(&before, &refusing.tables.rows()), None);
    refusing.assert_untouched().await;

    let longest = refusing.wire.call("Orders/CompleteSale").with(KEY, "k".repeat(255)).send(&sale).await;
    longest.message::<pb::CompleteSaleResponse>();
}

/// Size, token, key, fields, replay, rules: what comes first is told first.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_call_is_told_in_the_contracts_order() {
    let refusing = Refusing::open().await;
    let good = refusing.sale().await;
    let sell = || refusing.wire.call("Orders/CompleteSale").with(KEY, "one-key");
    let sold = sell().send(&good).await.message::<pb::CompleteSaleResponse>();

    let mut rules = good.clone();
    rules.tenders.clear();
    let mut fields = rules.clone();
    fields.lines.clear();
    let mut size = fields.clone();
    size.note = "n".repeat(300_000);

    let reason = async |call: crate::wire::Call, sale| call.send(sale).await.refusal().reason;
    assert_eq!(reason(sell().without(TOKEN).without(KEY), &size).await, Reason::RequestTooLarge);
    assert_eq!(reason(sell().without(TOKEN).without(KEY), &fields).await, Reason::TokenInvalid);
    assert_eq!(reason(sell().without(KEY), &fields).await, Reason::IdempotencyKeyRequired);
    assert_eq!(reason(sell(), &fields).await, Reason::InvalidField);
    assert_eq!(reason(sell(), &rules).await, Reason::IdempotencyKeyReused);
    assert_eq!(reason(sell().with(KEY, "another"), &rules).await, Reason::TenderShort);
    assert_eq!(sell().send(&good).await.message::<pb::CompleteSaleResponse>(), sold);
}
