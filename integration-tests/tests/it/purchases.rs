//! Purchases: goods come on the shelf once, at what they cost.

use chrono::TimeDelta;
use kassa_client::{
    Error, Kassa, Reason,
    proto::v1::{self as pb, EventKind, Purchase, PurchaseState, StockCause},
};
use kassa_integration_tests::{Shop, usd};

use crate::{
    repeats::{a_day_later, ten_times},
    wire::{Tables, Wire, difference},
};

/// A delivery in words: `10 tea 50.00, 1.5 cheese 9.00`.
fn delivery(words: &str) -> pb::PutPurchaseRequest {
    let line = |words: &str| {
        let [quantity, sku, cost] = words.split(' ').collect::<Vec<_>>()[..] else {
            panic!("no line: {words}")
        };
        pb::PurchaseLine {
            product_id: sku.to_owned(),
            quantity: Some(pb::Decimal { value: quantity.to_owned() }),
            cost: Some(usd(cost)),
            ..Default::default()
        }
    };
    pb::PutPurchaseRequest {
        supplier: "Nile Dairy".to_owned(),
        lines: words.split(", ").map(line).collect(),
        ..Default::default()
    }
}

async fn put(kassa: &Kassa, request: pb::PutPurchaseRequest) -> Result<Purchase, Error> {
    Ok(kassa.purchases().put_purchase(request).await?.into_inner().purchase.unwrap())
}

/// What approves a purchase as it was read.
fn approval(of: &Purchase) -> pb::ApprovePurchaseRequest {
    let (purchase_id, version) = (of.purchase_id.clone(), of.version);
    pb::ApprovePurchaseRequest { purchase_id, version, ..Default::default() }
}

async fn approve(kassa: &Kassa, of: &Purchase) -> Result<Purchase, Error> {
    Ok(kassa.purchases().approve_purchase(approval(of)).await?.into_inner().purchase.unwrap())
}

async fn cancel(kassa: &Kassa, of: &Purchase) -> Result<Purchase, Error> {
    let (purchase_id, version, reason) = (of.purchase_id.clone(), of.version, "sent back".to_owned());
    let request = pb::CancelPurchaseRequest { purchase_id, version, reason };
    Ok(kassa.purchases().cancel_purchase(request).await?.into_inner().purchase.unwrap())
}

/// Buys: puts and approves.
async fn buy(shop: &Shop, words: &str) -> Purchase {
    let draft = put(&shop.kassa, delivery(words)).await.unwrap();
    approve(&shop.kassa, &draft).await.unwrap()
}

async fn read(kassa: &Kassa, purchase_id: &str) -> Purchase {
    let request = pb::GetPurchaseRequest { purchase_id: purchase_id.to_owned(), ..Default::default() };
    kassa.purchases().get_purchase(request).await.unwrap().into_inner().purchase.unwrap()
}

async fn list(kassa: &Kassa, request: pb::ListPurchasesRequest) -> Vec<Purchase> {
    kassa.purchases().list_purchases(request).await.unwrap().into_inner().purchases
}

/// A shop that sells tea for 8.00, and has none; another branch's shelf is empty, too.
async fn tea_shop() -> Shop {
    let shop = Shop::open().await;
    let tea = pb::Product {
        sku: "tea".to_owned(),
        name: "Tea".to_owned(),
        barcodes: vec!["tea".to_owned()],
        price: Some(usd("8.00")),
        ..Default::default()
    };
    let products = vec![pb::PutProduct { product: Some(tea), opening_stock: None }];
    let put = pb::PutProductsRequest { products, ..Default::default() };
    shop.kassa.catalog().put_products(put).await.unwrap();
    shop
}

/// What is on the shelf and what one of it has cost on average, in minor units.
async fn shelf(shop: &Shop, sku: &str) -> (String, Option<String>) {
    let request = pb::GetStockRequest { product_id: sku.to_owned(), ..Default::default() };
    let stock = shop.kassa.stock().get_stock(request).await.unwrap().into_inner().stock.unwrap();
    (stock.quantity.unwrap().value, stock.average_cost_minor.map(|cost| cost.value))
}

fn at(quantity: &str, cost: &str) -> (String, Option<String>) {
    (quantity.to_owned(), Some(cost.to_owned()))
}

async fn changes(shop: &Shop, sku: &str) -> Vec<pb::StockChange> {
    let request = pb::ListStockChangesRequest { product_id: sku.to_owned(), ..Default::default() };
    shop.kassa.stock().list_stock_changes(request).await.unwrap().into_inner().changes
}

/// What the audit log says of a kind of event, the first at the front.
async fn told(shop: &Shop, kind: EventKind) -> Vec<String> {
    let request = pb::ListAuditLogRequest { kinds: vec![kind.into()], ..Default::default() };
    let log = shop.kassa.admin().list_audit_log(request).await.unwrap().into_inner();
    log.entries.into_iter().rev().map(|entry| entry.words).collect()
}

fn reason<T: std::fmt::Debug>(refused: Result<T, Error>) -> Option<Reason> {
    refused.unwrap_err().reason()
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_come_on_the_shelf_with_the_approval_and_move_the_average() {
    let shop = tea_shop().await;
    let request = pb::PutPurchaseRequest {
        document_number: " ND-77 ".to_owned(),
        document_date: Some(pb::Date { year: 2026, month: 11, day: 19 }),
        note: "two boxes were wet".to_owned(),
        ..delivery("10 tea 50.00, 2.5 cheese 20.00")
    };
    let draft = put(&shop.kassa, request).await.unwrap();
    assert_eq!((draft.state(), draft.version, draft.number.as_str()), (PurchaseState::Draft, 1, ""));
    assert_eq!((draft.document_number.as_str(), draft.line_count), ("ND-77", 2));
    assert_eq!(draft.cost_total, Some(usd("70.00")));
    assert_eq!((draft.lines[0].sku.as_str(), draft.lines[0].name.as_str()), ("tea", "Tea"));
    assert_eq!(shelf(&shop, "tea").await, ("0".to_owned(), None), "a draft moves nothing");

    let bought = approve(&shop.kassa, &draft).await.unwrap();
    assert_eq!((bought.state(), bought.number.as_str()), (PurchaseState::Approved, "PUR-202611-B1-000001"));
    assert_eq!((bought.version, &bought.lines), (2, &draft.lines));
    assert_eq!(bought.business_date, Some(pb::Date { year: 2026, month: 11, day: 20 }));
    assert_eq!(shelf(&shop, "tea").await, at("10", "500"));
    // Nobody knows what the 25.5 kg cost that were there before.
    assert_eq!(shelf(&shop, "cheese").await, at("28", "800"));
    let change = &changes(&shop, "tea").await[0];
    assert_eq!((change.cause(), &change.document_id), (StockCause::Purchase, &bought.purchase_id));

    // 10 for 50.00, 30 for 90.00 and 10 for nothing: 140.00 for 50 is 2.80 each.
    assert_eq!(buy(&shop, "30 tea 90.00, 10 tea 0.00").await.number, "PUR-202611-B1-000002");
    assert_eq!(shelf(&shop, "tea").await, at("50", "280"));
    // What is sold leaves at the average: 20 are left, worth 56.00. 20 for 100.00 make 156.00 for 40.
    shop.sell("30 x tea, cash 240.00").await;
    buy(&shop, "20 tea 100.00").await;
    assert_eq!(shelf(&shop, "tea").await, at("40", "390"));

    assert_eq!(read(&shop.kassa, &bought.purchase_id).await, bought);
    let by_number = pb::GetPurchaseRequest { number: bought.number.clone(), ..Default::default() };
    let by_number = shop.kassa.purchases().get_purchase(by_number).await.unwrap().into_inner();
    assert_eq!(by_number.purchase, Some(bought));
    assert_eq!(told(&shop, EventKind::PurchasePut).await[0], "purchase ND-77 from Nile Dairy put, 70.00");
    assert_eq!(
        told(&shop, EventKind::PurchaseApproved).await[0],
        "purchase PUR-202611-B1-000001 ND-77 from Nile Dairy approved, 70.00"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_changed_at_the_version_that_was_read_until_it_is_approved() {
    let shop = tea_shop().await;
    let purchase_id = kassa_client::new_id();
    let request = pb::PutPurchaseRequest { purchase_id: purchase_id.clone(), ..delivery("10 tea 50.00") };
    let first = put(&shop.kassa, request.clone()).await.unwrap();
    let more = pb::PutPurchaseRequest {
        purchase_id: purchase_id.clone(),
        version: 1,
        supplier: "Delta Farms".to_owned(),
        ..delivery("12 tea 60.00")
    };
    let second = put(&shop.kassa, more.clone()).await.unwrap();
    assert_eq!((second.version, second.supplier.as_str()), (2, "Delta Farms"));
    assert_eq!((&second.purchase_id, &second.create_time), (&purchase_id, &first.create_time));
    for stale in [request, more.clone()] {
        assert_eq!(reason(put(&shop.kassa, stale).await), Some(Reason::VersionMismatch));
    }
    assert_eq!(reason(approve(&shop.kassa, &first).await), Some(Reason::VersionMismatch));
    assert_eq!(reason(cancel(&shop.kassa, &first).await), Some(Reason::VersionMismatch));

    let bought = approve(&shop.kassa, &second).await.unwrap();
    for refused in [
        put(&shop.kassa, pb::PutPurchaseRequest { version: 3, ..more.clone() }).await,
        approve(&shop.kassa, &bought).await,
        approve(&shop.kassa, &second).await,
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::PurchaseApproved));
        assert!(refused.message().contains("PUR-202611-B1-000001"), "{refused}");
    }
    cancel(&shop.kassa, &bought).await.unwrap();
    for refused in [
        put(&shop.kassa, more).await,
        approve(&shop.kassa, &second).await,
        cancel(&shop.kassa, &bought).await,
    ] {
        assert_eq!(reason(refused), Some(Reason::PurchaseCancelled));
    }
    assert_eq!(shelf(&shop, "tea").await.0, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_purchase_is_refused_and_leaves_nothing_behind() {
    let shop = tea_shop().await;
    let (wire, tables) = (Wire::to(&shop), Tables::of(&shop));
    let good = delivery("10 tea 50.00, 1 milk 1.00");
    let with = |change: fn(&mut pb::PutPurchaseRequest)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let cases = [
        (with(|it| it.purchase_id = "7".to_owned()), Reason::InvalidField, "purchase_id"),
        (with(|it| it.version = 1), Reason::InvalidField, "purchase_id"),
        (with(|it| it.version = -1), Reason::InvalidField, "purchase_id"),
        (
            with(|it| (it.purchase_id, it.version) = (kassa_client::new_id(), 1)),
            Reason::PurchaseNotFound,
            "purchase_id",
        ),
        (
            with(|it| (it.purchase_id, it.version) = (kassa_client::new_id(), -1)),
            Reason::InvalidField,
            "version",
        ),
        (with(|it| it.supplier = " ".to_owned()), Reason::InvalidField, "supplier"),
        (with(|it| it.supplier = "x".repeat(201)), Reason::InvalidField, "supplier"),
        (with(|it| it.document_number = "x".repeat(65)), Reason::InvalidField, "document_number"),
        (
            with(|it| it.document_date = Some(pb::Date { year: 2026, month: 2, day: 29 })),
            Reason::InvalidField,
            "document_date",
        ),
        (with(|it| it.note = "x".repeat(1_001)), Reason::InvalidField, "note"),
        (with(|it| it.note = "4111 1111 1111 1111".to_owned()), Reason::CardNumberRefused, "note"),
        (with(|it| it.lines.clear()), Reason::InvalidField, "lines"),
        (with(|it| it.lines = vec![it.lines[0].clone(); 501]), Reason::InvalidField, "lines"),
        (with(|it| it.lines[1].line_id = "1".to_owned()), Reason::InvalidField, "lines[1].line_id"),
        (
            with(|it| it.lines.iter_mut().for_each(|line| line.line_id = uuid(7))),
            Reason::InvalidField,
            "lines[1].line_id",
        ),
        (with(|it| it.lines[0].product_id.clear()), Reason::InvalidField, "lines[0].product_id"),
        (
            with(|it| it.lines[1].product_id = "coffee".to_owned()),
            Reason::ProductNotFound,
            "lines[1].product_id",
        ),
        (with(|it| it.lines[0].quantity = None), Reason::InvalidField, "lines[0].quantity"),
        (with(|it| quantity(it, "0")), Reason::InvalidField, "lines[0].quantity"),
        (with(|it| quantity(it, "-1")), Reason::InvalidField, "lines[0].quantity"),
        (with(|it| quantity(it, "1.0001")), Reason::InvalidField, "lines[0].quantity"),
        (with(|it| quantity(it, "99999999999999999999")), Reason::AmountOverflow, "lines[0].quantity"),
        (with(|it| it.lines[0].cost = None), Reason::InvalidField, "lines[0].cost"),
        (with(|it| it.lines[0].cost = Some(usd("-0.01"))), Reason::InvalidField, "lines[0].cost"),
        (with(|it| cost(it, i64::MAX)), Reason::AmountOverflow, "lines[0].cost"),
        (with(|it| cost(it, 1_000_000_000_000)), Reason::AmountOverflow, "lines"),
        (
            with(|it| it.lines[1].cost.as_mut().unwrap().currency_code = "EUR".to_owned()),
            Reason::CurrencyMismatch,
            "lines[1].cost",
        ),
    ];
    for (request, reason, path) in cases {
        let before = tables.rows();
        let refusal = wire.call("Purchases/PutPurchase").send(&request).await.refusal();
        assert_eq!(refusal.place(), (reason, path), "{request:?}: {}", refusal.message);
        assert_eq!(difference(&before, &tables.rows()), None, "{request:?} was refused");
    }
    let draft = put(&shop.kassa, good.clone()).await.unwrap();
    let unknown = Purchase { purchase_id: kassa_client::new_id(), ..draft.clone() };
    for (request, reason, path) in [
        (approval(&Purchase::default()), Reason::InvalidField, "purchase_id"),
        (approval(&Purchase { version: 0, ..draft.clone() }), Reason::InvalidField, "version"),
        (approval(&unknown), Reason::PurchaseNotFound, "purchase_id"),
        (approval(&Purchase { version: 2, ..draft.clone() }), Reason::VersionMismatch, "version"),
    ] {
        let refusal = wire.call("Purchases/ApprovePurchase").send(&request).await.refusal();
        assert_eq!(refusal.place(), (reason, path), "{request:?}: {}", refusal.message);
        let pb::ApprovePurchaseRequest { purchase_id, version, .. } = request;
        let request = pb::CancelPurchaseRequest { purchase_id, version, reason: "wrong".to_owned() };
        let refusal = wire.call("Purchases/CancelPurchase").send(&request).await.refusal();
        assert_eq!(refusal.place(), (reason, path), "{request:?}: {}", refusal.message);
    }
    let (purchase_id, reason) = (draft.purchase_id.clone(), " \t".to_owned());
    let silent = pb::CancelPurchaseRequest { purchase_id, version: 1, reason };
    let refusal = wire.call("Purchases/CancelPurchase").send(&silent).await.refusal();
    assert_eq!(refusal.place(), (Reason::InvalidField, "reason"));
    let refusal = wire.call("Purchases/GetPurchase").send(&pb::GetPurchaseRequest::default()).await.refusal();
    assert_eq!(refusal.place(), (Reason::InvalidField, "purchase_id"));
    let number = "PUR-202611-B1-000009".to_owned();
    let of_none = pb::GetPurchaseRequest { number, ..Default::default() };
    let refusal = wire.call("Purchases/GetPurchase").send(&of_none).await.refusal();
    assert_eq!(refusal.place(), (Reason::PurchaseNotFound, "purchase_id"));
    let filter = pb::ListPurchasesRequest { state: 9, ..Default::default() };
    let refusal = wire.call("Purchases/ListPurchases").send(&filter).await.refusal();
    assert_eq!(refusal.place(), (Reason::InvalidField, "state"));
    assert_eq!(changes(&shop, "tea").await, []);
}

fn uuid(number: u8) -> String {
    format!("01980e3a-5f00-7000-8000-0000000000{number:02}")
}

fn quantity(request: &mut pb::PutPurchaseRequest, value: &str) {
    request.lines[0].quantity = Some(pb::Decimal { value: value.to_owned() });
}

fn cost(request: &mut pb::PutPurchaseRequest, minor: i64) {
    request.lines[0].cost = Some(pb::Money { amount_minor: minor, ..Default::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_is_sent_ten_times_under_one_key_puts_the_goods_on_the_shelf_once() {
    let mut shop = tea_shop().await;
    let draft = put(&shop.kassa, delivery("10 tea 50.00")).await.unwrap();
    let approve =
        |shop: &Shop| shop.second_terminal().purchases().approve_purchase(approval(&draft)).key("van");
    let answer = ten_times(&mut shop, approve).await;
    assert_eq!((shelf(&shop, "tea").await, changes(&shop, "tea").await.len()), (at("10", "500"), 1));
    assert_eq!(told(&shop, EventKind::PurchaseApproved).await.len(), 1);

    assert_eq!(a_day_later(&mut shop, approve).await, answer);
    assert_eq!(shelf(&shop, "tea").await.0, "10");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_people_who_approve_the_same_delivery_one_is_told_its_number() {
    let shop = tea_shop().await;
    shop.register("R3").await;
    shop.user("huda", pb::Role::Supervisor).await;
    let (one, other) = (shop.kassa.clone(), shop.signed_in("huda", "R3").await);
    for round in 1..=5 {
        let draft = put(&one, delivery("10 tea 50.00")).await.unwrap();
        let (mine, theirs) = tokio::join!(approve(&one, &draft), approve(&other, &draft));
        let (bought, refused) = match (mine, theirs) {
            (Ok(bought), Err(refused)) | (Err(refused), Ok(bought)) => (bought, refused),
            both => panic!("{both:?}"),
        };
        assert_eq!(refused.reason(), Some(Reason::PurchaseApproved));
        assert!(refused.message().contains(&bought.number), "{refused}");
        assert_eq!(bought.number, format!("PUR-202611-B1-{round:06}"), "no number is left out");
        assert_eq!(shelf(&shop, "tea").await.0, (10 * round).to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suppliers_document_that_is_entered_twice_is_refused_unless_it_is_wanted() {
    let shop = tea_shop().await;
    let of = |supplier: &str, document: &str| pb::PutPurchaseRequest {
        supplier: supplier.to_owned(),
        document_number: document.to_owned(),
        ..delivery("10 tea 50.00")
    };
    let first = put(&shop.kassa, of("Nile Dairy", "77")).await.unwrap();
    let second = put(&shop.kassa, of("NILE DAIRY ", " 77")).await.unwrap();
    let first = approve(&shop.kassa, &first).await.unwrap();
    let refused = approve(&shop.kassa, &second).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::PurchaseDocumentExists));
    assert!(refused.message().contains(&first.number), "{refused}");
    assert_eq!(shelf(&shop, "tea").await.0, "10");
    for (supplier, document) in
        [("Nile Dairy", "78"), ("Delta Farms", "77"), ("Nile Dairy", ""), ("Nile Dairy", "")]
    {
        let other = put(&shop.kassa, of(supplier, document)).await.unwrap();
        approve(&shop.kassa, &other).await.unwrap();
    }
    let wanted = pb::ApprovePurchaseRequest { allow_duplicate_document: true, ..approval(&second) };
    shop.kassa.purchases().approve_purchase(wanted).await.unwrap();
    // What was cancelled is in nobody's way; the other one with the same document still is.
    cancel(&shop.kassa, &first).await.unwrap();
    let third = put(&shop.kassa, of("Nile Dairy", "77")).await.unwrap();
    assert_eq!(reason(approve(&shop.kassa, &third).await), Some(Reason::PurchaseDocumentExists));
    cancel(&shop.kassa, &read(&shop.kassa, &second.purchase_id).await).await.unwrap();
    approve(&shop.kassa, &third).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_purchase_takes_its_goods_and_their_cost_off_the_shelf_again() {
    let shop = tea_shop().await;
    let draft = put(&shop.kassa, delivery("10 tea 50.00")).await.unwrap();
    let ended = cancel(&shop.kassa, &draft).await.unwrap();
    assert_eq!((ended.state(), ended.number.as_str()), (PurchaseState::Cancelled, ""));
    assert_eq!((ended.reason.as_str(), ended.version), ("sent back", 2));
    assert_eq!(changes(&shop, "tea").await, [], "a draft moved nothing, and moves nothing back");

    buy(&shop, "10 tea 50.00").await;
    let dear = buy(&shop, "30 tea 90.00").await;
    assert_eq!(shelf(&shop, "tea").await, at("40", "350"));
    shop.clock.advance(TimeDelta::minutes(5));
    let ended = cancel(&shop.kassa, &dear).await.unwrap();
    assert_eq!(shelf(&shop, "tea").await, at("10", "500"), "as if it had never come");
    assert_eq!((ended.state(), &ended.number), (PurchaseState::Cancelled, &dear.number));
    assert_eq!(ended.cancelled_by_user_id, ended.created_by_user_id);
    assert_eq!((&ended.approve_time, &ended.cancel_time), (&dear.approve_time, &ended.update_time));
    let change = &changes(&shop, "tea").await[0];
    assert_eq!((change.cause(), change.reason.as_str()), (StockCause::PurchaseCancelled, "sent back"));
    assert_eq!(change.quantity.as_ref().unwrap().value, "-30");
    assert_eq!(
        told(&shop, EventKind::PurchaseCancelled).await,
        [
            "purchase from Nile Dairy cancelled, 50.00: sent back",
            "purchase PUR-202611-B1-000002 from Nile Dairy cancelled, 90.00: sent back",
        ]
    );
    // 30 more at 3.00, 35 sold: the five that are left are worth less than what goes back.
    let gone = buy(&shop, "30 tea 90.00").await;
    shop.sell("35 x tea, cash 280.00").await;
    cancel(&shop.kassa, &gone).await.unwrap();
    assert_eq!(shelf(&shop, "tea").await, at("-25", "350"), "tea may go below zero, and keeps its average");
    assert_eq!(buy(&shop, "1 tea 1.00").await.number, "PUR-202611-B1-000004", "a number is used once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sold_out_is_bought_and_sold_again_and_what_was_sold_is_not_taken_back() {
    let shop = Shop::open().await;
    shop.sell("1 x honey, cash 20.00").await;
    assert_eq!(reason(shop.try_sell("1 x honey, cash 20.00").await), Some(Reason::InsufficientStock));
    let bought = buy(&shop, "1 bread 0.50, 3 honey 15.00").await;
    shop.sell("1 x honey, cash 20.00").await;
    let tables = Tables::of(&shop);
    let before = tables.rows();
    let refused = cancel(&shop.kassa, &bought).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InsufficientStock));
    assert_eq!(refused.field_violations()[0].path, "lines[1].quantity");
    assert_eq!(difference(&before, &tables.rows()), None, "the bread stays, too");
    assert_eq!(read(&shop.kassa, &bought.purchase_id).await, bought);
    shop.sell("2 x honey, cash 20.00").await;
    assert_eq!(shop.on_the_shelf("honey").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_that_come_tell_nothing_of_low_stock_and_goods_that_go_back_do() {
    let shop = Shop::open().await;
    let low_quantity = Some(pb::Decimal { value: "10".to_owned() });
    let levels = vec![pb::StockLevel { product_id: "milk".to_owned(), low_quantity }];
    shop.kassa.stock().put_stock_levels(pb::PutStockLevelsRequest { levels }).await.unwrap();
    buy(&shop, "1 milk 1.00").await;
    let bought = buy(&shop, "20 milk 20.00").await;
    assert_eq!(told(&shop, EventKind::LowStock).await, Vec::<String>::new());
    cancel(&shop.kassa, &bought).await.unwrap();
    assert_eq!(told(&shop, EventKind::LowStock).await, ["milk is low: 4 left, the level is 10"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_branch_s_purchases_are_out_of_reach_and_it_has_numbers_of_its_own() {
    let shop = tea_shop().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("huda", pb::Role::Supervisor).await;
    shop.user("nur", pb::Role::Cashier).await;
    let huda = shop.signed_in("huda", "R2").await;
    let mine = put(&shop.kassa, delivery("10 tea 50.00")).await.unwrap();
    let change = pb::PutPurchaseRequest {
        purchase_id: mine.purchase_id.clone(),
        version: 1,
        ..delivery("99 tea 1.00")
    };
    assert_eq!(reason(put(&huda, change.clone()).await), Some(Reason::PurchaseNotFound));
    assert_eq!(
        reason(put(&huda, pb::PutPurchaseRequest { version: 0, ..change }).await),
        Some(Reason::PurchaseNotFound)
    );
    assert_eq!(reason(approve(&huda, &mine).await), Some(Reason::PurchaseNotFound));
    assert_eq!(reason(cancel(&huda, &mine).await), Some(Reason::PurchaseNotFound));
    let get = pb::GetPurchaseRequest { purchase_id: mine.purchase_id.clone(), ..Default::default() };
    assert_eq!(reason(huda.purchases().get_purchase(get.clone()).await), Some(Reason::PurchaseNotFound));
    let of_b1 = pb::GetPurchaseRequest { branch_id: "B1".to_owned(), ..get.clone() };
    assert_eq!(reason(huda.purchases().get_purchase(of_b1).await), Some(Reason::WrongBranch));
    let of_b1 = pb::ListPurchasesRequest { branch_id: "B1".to_owned(), ..Default::default() };
    assert_eq!(reason(huda.purchases().list_purchases(of_b1).await), Some(Reason::WrongBranch));

    approve(&shop.kassa, &mine).await.unwrap();
    let theirs = put(&huda, delivery("3 tea 9.00")).await.unwrap();
    assert_eq!(approve(&huda, &theirs).await.unwrap().number, "PUR-202611-B2-000001");
    assert_eq!(list(&huda, Default::default()).await.len(), 1);
    assert_eq!(shelf(&shop, "tea").await, at("10", "500"), "the other shelf is another shelf");
    let of_b2 = pb::ListPurchasesRequest { branch_id: "B2".to_owned(), ..Default::default() };
    let seen = list(&shop.kassa, of_b2).await;
    assert_eq!(seen.iter().map(|it| &it.purchase_id).collect::<Vec<_>>(), [&theirs.purchase_id]);

    let nur = shop.signed_in("nur", "R2").await;
    assert_eq!(reason(put(&nur, delivery("1 tea 1.00")).await), Some(Reason::RoleRequired));
    assert_eq!(reason(nur.purchases().get_purchase(get).await), Some(Reason::RoleRequired));
    assert_eq!(reason(nur.purchases().list_purchases(Default::default()).await), Some(Reason::RoleRequired));
}

#[tokio::test(flavor = "multi_thread")]
async fn purchases_are_listed_by_state_supplier_and_time_in_pages_without_their_lines() {
    let shop = tea_shop().await;
    let mut all = Vec::new();
    for number in 0..7 {
        let supplier = if number % 2 == 0 { "Nile Dairy" } else { "Öst & 100% Söner" };
        let request = pb::PutPurchaseRequest { supplier: supplier.to_owned(), ..delivery("1 tea 1.00") };
        let mut purchase = put(&shop.kassa, request).await.unwrap();
        if number < 3 {
            purchase = approve(&shop.kassa, &purchase).await.unwrap();
        }
        if number % 3 == 0 {
            purchase = cancel(&shop.kassa, &purchase).await.unwrap();
        }
        all.push(purchase);
        // Two of each minute: ids tell them apart.
        shop.clock.advance(TimeDelta::minutes(number % 2));
    }
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListPurchasesRequest { page_size: 3, page_token, ..Default::default() };
        let page = shop.kassa.purchases().list_purchases(request).await.unwrap().into_inner();
        assert!(page.purchases.iter().all(|it| it.lines.is_empty() && it.line_count == 1));
        found.extend(page.purchases);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let place = |it: &Purchase| std::cmp::Reverse((it.create_time.unwrap().seconds, it.purchase_id.clone()));
    all.sort_by_key(place);
    let ids = |of: &[Purchase]| of.iter().map(|it| it.purchase_id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&found), ids(&all), "newest first");
    let count = async |request| list(&shop.kassa, request).await.len();
    let of = |supplier: &str, state: PurchaseState| pb::ListPurchasesRequest {
        supplier: supplier.to_owned(),
        state: state.into(),
        ..Default::default()
    };
    assert_eq!(count(of("", PurchaseState::Approved)).await, 2);
    assert_eq!(count(of("", PurchaseState::Cancelled)).await, 3);
    assert_eq!(count(of("ile dAI", PurchaseState::Unspecified)).await, 4);
    assert_eq!(count(of("öst", PurchaseState::Unspecified)).await, 3);
    assert_eq!(count(of("ÖST & 100% s", PurchaseState::Draft)).await, 1);
    assert_eq!(count(of("%", PurchaseState::Unspecified)).await, 3, "a percent sign is one");
    let start_time = found[4].create_time;
    let later = pb::ListPurchasesRequest { start_time, ..Default::default() };
    let before = pb::ListPurchasesRequest { end_time: start_time, ..Default::default() };
    assert_eq!((count(later).await, count(before).await), (5, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_bought_freezes_the_currency_as_what_was_sold_does() {
    let shop = Shop::found().await;
    put(&shop.kassa, delivery("1 milk 1.00")).await.unwrap();
    let settings = pb::Settings { currency_code: "EUR".to_owned(), ..Default::default() };
    let mut request = pb::PutSettingsRequest { settings: Some(settings), ..Default::default() };
    request.update_mask.get_or_insert_default().paths = vec!["currency_code".to_owned()];
    assert_eq!(reason(shop.kassa.admin().put_settings(request).await), Some(Reason::CurrencyFrozen));
}
