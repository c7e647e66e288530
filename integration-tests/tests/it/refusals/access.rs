//! Tokens and keys.

use kassa_client::{Code, Reason, proto::v1 as pb};

use kassa_integration_tests::Shop;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_sells_and_does_not_change_prices_or_settings() {
    let shop = Shop::open().await;
    shop.user("amal", pb::Role::Cashier).await;
    let token = shop.session("amal", "R1").await;
    let mut refusing = Refusing::new(shop);
    refusing.wire = refusing.wire.by(token);
    for method in ["Catalog/PutProducts", "Admin/PutSettings"] {
        let refusal = refusing.refuse(method, method, &pb::PutSettingsRequest::default()).await;
        assert_eq!(
            (refusal.reason, refusal.code),
            (Reason::RoleRequired, Code::PermissionDenied),
            "{method}"
        );
        assert_eq!(refusal.variable("role"), Some("admin"));
        // The role comes before the key and the fields.
        let refusal = refusing.wire.call(method).without(KEY).send(&pb::WhoAmIRequest {}).await.refusal();
        assert_eq!(refusal.reason, Reason::RoleRequired);
    }
    let journal = "CashRegister/VerifyJournal";
    let refusal = refusing.refuse(journal, journal, &pb::VerifyJournalRequest::default()).await;
    assert_eq!((refusal.reason, refusal.variable("role")), (Reason::RoleRequired, Some("supervisor")));
    let sale = refusing.shop.sale("1 x bread, cash 2.00").await;
    refusing.wire.call("Orders/CompleteSale").send(&sale).await.message::<pb::CompleteSaleResponse>();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_branch_is_out_of_reach() {
    let shop = Shop::found().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    // And one at home, for which the supervisor has a shift open elsewhere.
    shop.register("R3").await;
    shop.user("nur", pb::Role::Supervisor).await;
    let token = shop.session("nur", "R1").await;
    shop.with_token(&token).shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap();
    let mut refusing = Refusing::new(shop);
    refusing.wire = refusing.wire.by(token);
    let sale = pb::CompleteSaleRequest { register_id: "R2".to_owned(), ..refusing.sale().await };
    let register_id = || "R2".to_owned();
    let refusals = [
        refusing.refuse("a sale", "Orders/CompleteSale", &sale).await,
        refusing
            .refuse(
                "a quote",
                "Orders/QuoteOrder",
                &pb::QuoteOrderRequest {
                    register_id: register_id(),
                    lines: sale.lines.clone(),
                    ..Default::default()
                },
            )
            .await,
        refusing
            .refuse(
                "a shift",
                "Shifts/OpenShift",
                &pb::OpenShiftRequest { register_id: register_id(), ..Default::default() },
            )
            .await,
        refusing
            .refuse(
                "its shift",
                "Shifts/GetCurrentShift",
                &pb::GetCurrentShiftRequest { register_id: register_id() },
            )
            .await,
        refusing
            .refuse(
                "its drawer",
                "CashRegister/GetDrawer",
                &pb::GetDrawerRequest { register_id: register_id() },
            )
            .await,
        refusing
            .refuse(
                "its movements",
                "CashRegister/ListMovements",
                &pb::ListMovementsRequest { register_id: register_id(), ..Default::default() },
            )
            .await,
        refusing
            .refuse(
                "its orders",
                "Orders/ListOrders",
                &pb::ListOrdersRequest { register_id: register_id(), ..Default::default() },
            )
            .await,
    ];
    for refusal in refusals {
        assert_eq!(refusal.place(), (Reason::WrongBranch, "register_id"), "{}", refusal.message);
        assert_eq!(refusal.code, Code::PermissionDenied);
    }
    let orders = pb::ListOrdersRequest { branch_id: "B2".to_owned(), ..Default::default() };
    let refusal = refusing.refuse("its orders", "Orders/ListOrders", &orders).await;
    assert_eq!(refusal.place(), (Reason::WrongBranch, "branch_id"));

    let elsewhere = pb::OpenShiftRequest { register_id: "R3".to_owned(), ..Default::default() };
    let refusal = refusing.refuse("a second shift", "Shifts/OpenShift", &elsewhere).await;
    assert_eq!((refusal.reason, refusal.code), (Reason::UserHasOpenShift, Code::FailedPrecondition));
    let number = refusal.variable("shift_number").unwrap();
    assert_eq!(number, "SHF-202611-R1-000001");
    // The shift of R1 takes no sales of R3.
    let shift = refusing.shop.kassa.shifts().get_current_shift(pb::GetCurrentShiftRequest::default());
    let shift_id = shift.await.unwrap().into_inner().shift.unwrap().shift_id;
    let sale = pb::CompleteSaleRequest { register_id: "R3".to_owned(), shift_id, ..sale };
    let refusal = refusing.refuse("another register's shift", "Orders/CompleteSale", &sale).await;
    assert_eq!(refusal.place(), (Reason::InvalidField, "shift_id"));
}
