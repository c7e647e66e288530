//! Goods that go or come without a sale: damaged, lost, found, with a reason and within limits.

use chrono::TimeDelta;
use kassa_client::{
    Answer, Error, Kassa, Reason,
    proto::v1::{self as pb, ApprovalAction, EventKind, Role, StockAdjustmentReason, StockCause},
};
use kassa_integration_tests::{PIN, Shop, usd};

use crate::repeats::{a_day_later, ten_times};

fn line(sku: &str, quantity: &str, reason: StockAdjustmentReason, note: &str) -> pb::AdjustStockLine {
    pb::AdjustStockLine {
        product_id: sku.to_owned(),
        quantity: Some(pb::Decimal { value: quantity.to_owned() }),
        reason: reason.into(),
        note: note.to_owned(),
    }
}

fn request(lines: Vec<pb::AdjustStockLine>) -> pb::AdjustStockRequest {
    pb::AdjustStockRequest { lines, ..Default::default() }
}

fn damaged(sku: &str, quantity: &str) -> pb::AdjustStockRequest {
    request(vec![line(sku, quantity, StockAdjustmentReason::Damaged, "")])
}

async fn adjust(
    kassa: &Kassa,
    request: pb::AdjustStockRequest,
) -> Result<Answer<pb::AdjustStockResponse>, Error> {
    kassa.stock().adjust_stock(request).await
}

async fn adjusted(shop: &Shop, request: pb::AdjustStockRequest) -> pb::StockAdjustment {
    adjust(&shop.kassa, request).await.unwrap().into_inner().adjustment.unwrap()
}

async fn changes(shop: &Shop, sku: &str) -> Vec<pb::StockChange> {
    let request = pb::ListStockChangesRequest { product_id: sku.to_owned(), ..Default::default() };
    shop.kassa.stock().list_stock_changes(request).await.unwrap().into_inner().changes
}

async fn list(kassa: &Kassa) -> Vec<pb::StockAdjustment> {
    let request = pb::ListStockAdjustmentsRequest { page_size: 500, ..Default::default() };
    kassa.stock().list_stock_adjustments(request).await.unwrap().into_inner().adjustments
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_moves_its_goods_and_says_why() {
    let shop = Shop::open().await;
    let made = adjusted(
        &shop,
        pb::AdjustStockRequest {
            lines: vec![
                line("milk", "-2", StockAdjustmentReason::Damaged, "fell off the shelf"),
                line("cheese", "0.25", StockAdjustmentReason::Found, ""),
                line("milk", "-1", StockAdjustmentReason::OwnUse, ""),
            ],
            note: "the evening round".to_owned(),
            ..Default::default()
        },
    )
    .await;
    // 2 x 1.55, 0.25 x 12.40, 1 x 1.55
    assert_eq!(made.value, Some(usd("7.75")));
    let values: Vec<_> = made.lines.iter().map(|line| line.value.clone().unwrap()).collect();
    assert_eq!(values, [usd("3.10"), usd("3.10"), usd("1.55")]);
    assert_eq!((made.line_count, made.note.as_str()), (3, "the evening round"));
    assert_eq!(made.business_date, Some(pb::Date { year: 2026, month: 11, day: 20 }));
    assert_eq!([shop.on_the_shelf("milk").await, shop.on_the_shelf("cheese").await], ["0", "25.75"]);

    let milk = changes(&shop, "milk").await;
    let reasons: Vec<_> = milk.iter().map(|change| (change.cause(), change.reason.as_str())).collect();
    let adjustment = StockCause::Adjustment;
    assert_eq!(
        reasons,
        [(adjustment, "OWN_USE"), (adjustment, "DAMAGED: fell off the shelf"), (StockCause::Opening, "")]
    );
    assert!(milk[..2].iter().all(|change| change.document_id == made.adjustment_id));

    let adjustment_id = made.adjustment_id.clone();
    let read = pb::GetStockAdjustmentRequest { adjustment_id, ..Default::default() };
    let read = shop.kassa.stock().get_stock_adjustment(read).await.unwrap().into_inner().adjustment;
    assert_eq!(read.as_ref(), Some(&made));
    assert_eq!(list(&shop.kassa).await, [pb::StockAdjustment { lines: Vec::new(), ..made }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_are_worth_what_they_cost_at_the_branch() {
    let shop = Shop::open().await;
    let price = pb::PutBranchPrice { sku: "milk".to_owned(), price: Some(usd("2.00")), ..Default::default() };
    let put = pb::PutBranchPricesRequest { prices: vec![price], ..Default::default() };
    shop.kassa.catalog().put_branch_prices(put).await.unwrap();
    let made = adjusted(&shop, damaged("milk", "-1.5")).await;
    assert_eq!((made.value, made.lines[0].unit_price.clone()), (Some(usd("3.00")), Some(usd("2.00"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_adjusted_down_to_its_level_is_told_to_be_low() {
    let shop = Shop::open().await;
    let low_quantity = Some(pb::Decimal { value: "1".to_owned() });
    let levels = vec![pb::StockLevel { product_id: "milk".to_owned(), low_quantity }];
    shop.kassa.stock().put_stock_levels(pb::PutStockLevelsRequest { levels }).await.unwrap();
    adjusted(&shop, damaged("milk", "-2")).await;
    adjusted(&shop, damaged("milk", "-1")).await;
    let request = pb::ListAuditLogRequest { kinds: vec![EventKind::LowStock.into()], ..Default::default() };
    let log = shop.kassa.admin().list_audit_log(request).await.unwrap().into_inner();
    let words: Vec<_> = log.entries.iter().map(|entry| entry.words.as_str()).collect();
    assert_eq!(words, ["milk is low: 1 left, the level is 1"], "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_adjusts_below_zero_what_is_blocked_and_a_refusal_leaves_nothing() {
    let shop = Shop::open().await;
    let both = request(vec![
        line("bread", "-1", StockAdjustmentReason::Lost, ""),
        line("honey", "-1.001", StockAdjustmentReason::Lost, ""),
    ]);
    let refused = adjust(&shop.kassa, both).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InsufficientStock));
    assert_eq!(refused.field_violations()[0].path, "lines[1].quantity");
    assert_eq!([changes(&shop, "bread").await.len(), changes(&shop, "honey").await.len()], [1, 1]);
    assert_eq!(list(&shop.kassa).await, []);
    // The other policies let the books go below zero: nobody knows better than who stands there.
    adjusted(&shop, damaged("milk", "-4")).await;
    assert_eq!(shop.on_the_shelf("milk").await, "-1");
    adjusted(&shop, damaged("honey", "-1")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_adjustments_are_refused_by_their_paths() {
    use StockAdjustmentReason::{Damaged, Found, Lost, Unspecified};
    let shop = Shop::open().await;
    let good = || line("milk", "-1", Lost, "");
    let with = |lines: Vec<pb::AdjustStockLine>| request(lines);
    let cases = [
        (with(vec![]), Reason::InvalidField, "lines"),
        (with(vec![good(); 501]), Reason::InvalidField, "lines"),
        (with(vec![good(), line("milk", "0", Lost, "")]), Reason::InvalidField, "lines[1].quantity"),
        (with(vec![line("milk", "1", Damaged, "")]), Reason::InvalidField, "lines[0].quantity"),
        (with(vec![line("milk", "-1", Found, "")]), Reason::InvalidField, "lines[0].quantity"),
        (with(vec![line("milk", "much", Lost, "")]), Reason::InvalidField, "lines[0].quantity"),
        (with(vec![line("milk", "-1", Unspecified, "")]), Reason::InvalidField, "lines[0].reason"),
        (with(vec![line("", "-1", Lost, "")]), Reason::InvalidField, "lines[0].product_id"),
        (with(vec![line("tea", "-1", Lost, "")]), Reason::ProductNotFound, "lines[0].product_id"),
        (with(vec![line("milk", "-1", Lost, &"n".repeat(201))]), Reason::InvalidField, "lines[0].note"),
        (
            with(vec![line("milk", "-1", Lost, "4111 1111 1111 1111")]),
            Reason::CardNumberRefused,
            "lines[0].note",
        ),
        (
            pb::AdjustStockRequest { note: "n".repeat(1_001), ..with(vec![good()]) },
            Reason::InvalidField,
            "note",
        ),
        (
            pb::AdjustStockRequest { adjustment_id: "7".to_owned(), ..with(vec![good()]) },
            Reason::InvalidField,
            "adjustment_id",
        ),
        (
            with(vec![line("milk", "-9223372036854775.808", Lost, "")]),
            Reason::AmountOverflow,
            "lines[0].quantity",
        ),
    ];
    for (request, reason, path) in cases {
        let refused = adjust(&shop.kassa, request).await.unwrap_err();
        assert_eq!(refused.reason(), Some(reason), "{refused}");
        assert_eq!(refused.field_violations().first().map(|it| it.path.as_str()), Some(path), "{refused}");
    }
    assert_eq!(list(&shop.kassa).await, []);
    adjusted(&shop, with(vec![line("bread", "-1", Lost, ""); 500])).await;
    assert_eq!(shop.on_the_shelf("bread").await, "99500");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_sent_ten_times_from_two_terminals_and_after_a_restart_is_one() {
    let mut shop = Shop::open().await;
    let request = pb::AdjustStockRequest { adjustment_id: kassa_client::new_id(), ..damaged("bread", "-7") };
    let send_at = |kassa: &Kassa| kassa.stock().adjust_stock(request.clone()).key("evening");
    let send = |shop: &Shop| send_at(&shop.second_terminal());
    let told = ten_times(&mut shop, send).await;
    // The key of another terminal is another key; the adjustment is in the books all the same.
    let other = shop.terminal("R1").await;
    shop.set_pin("owner", PIN).await;
    let other = shop.sign_in(&other, "owner").await.unwrap();
    let refused = send_at(&other).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::StockAdjustmentExists));
    assert_eq!(shop.on_the_shelf("bread").await, "99993");
    assert_eq!(list(&shop.kassa).await.len(), 1);
    assert_eq!(a_day_later(&mut shop, send).await, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_piece_is_damaged_once_by_two_at_once() {
    let shop = Shop::open().await;
    let other = shop.second_terminal();
    let [one, two] = [&shop.kassa, &other].map(|kassa| adjust(kassa, damaged("honey", "-1")));
    let (one, two) = tokio::join!(one, two);
    let refused = match (one, two) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("one of both: {both:?}"),
    };
    assert_eq!(refused.reason(), Some(Reason::InsufficientStock));
    assert_eq!(shop.on_the_shelf("honey").await, "0");
}

/// A cashier at R1, and a supervisor in the shop.
async fn cashier(shop: &Shop) -> Kassa {
    shop.user("hala", Role::Cashier).await;
    shop.user("salma", Role::Supervisor).await;
    shop.signed_in("hala", "R1").await
}

async fn grant(cashier: &Kassa, adjustment_id: &str, amount: &str) -> Result<String, Error> {
    let request = pb::GrantApprovalRequest {
        user_id: "salma".to_owned(),
        pin: PIN.to_owned(),
        action: ApprovalAction::StockAdjustment.into(),
        order_id: adjustment_id.to_owned(),
        amount: Some(usd(amount)),
        ..Default::default()
    };
    Ok(cashier.access().grant_approval(request).await?.into_inner().grant_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_adjusts_with_a_supervisors_grant_for_just_that_and_once() {
    let shop = Shop::open().await;
    let cashier = cashier(&shop).await;
    let wanted = pb::AdjustStockRequest { adjustment_id: kassa_client::new_id(), ..damaged("milk", "-2") };
    let refused = adjust(&cashier, wanted.clone()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalRequired));
    let said = ["action", "order_id", "amount_minor"].map(|name| refused.metadata(name).unwrap());
    assert_eq!(said, ["STOCK_ADJUSTMENT", &wanted.adjustment_id, "310"]);

    let with = |grant: &str, request: &pb::AdjustStockRequest| pb::AdjustStockRequest {
        grant_ids: vec![grant.to_owned()],
        ..request.clone()
    };
    let too_little = grant(&cashier, &wanted.adjustment_id, "3.09").await.unwrap();
    let refused = adjust(&cashier, with(&too_little, &wanted)).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalInvalid), "it covers less");
    let of_another = grant(&cashier, &kassa_client::new_id(), "9.00").await.unwrap();
    let refused = adjust(&cashier, with(&of_another, &wanted)).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalInvalid), "it is for another adjustment");
    let late = grant(&cashier, &wanted.adjustment_id, "3.10").await.unwrap();
    shop.clock.advance(TimeDelta::minutes(6));
    let refused = adjust(&cashier, with(&late, &wanted)).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalExpired));
    assert_eq!(shop.on_the_shelf("milk").await, "3");

    let good = grant(&cashier, &wanted.adjustment_id, "3.10").await.unwrap();
    adjust(&cashier, with(&good, &wanted)).await.unwrap();
    assert_eq!(shop.on_the_shelf("milk").await, "1");
    let next = pb::AdjustStockRequest { adjustment_id: String::new(), ..wanted };
    let refused = adjust(&cashier, with(&good, &next)).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalInvalid), "it is for the first one");

    let request =
        pb::ListAuditLogRequest { kinds: vec![EventKind::StockAdjusted.into()], ..Default::default() };
    let log = shop.kassa.admin().list_audit_log(request).await.unwrap().into_inner();
    let words: Vec<_> = log.entries.iter().map(|entry| entry.words.as_str()).collect();
    assert_eq!(words, ["stock adjusted, worth 3.10: milk -2 (damaged); salma allowed it"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_adjusts_alone_up_to_its_limit_whether_goods_go_or_come() {
    let shop = Shop::open().await;
    let cashier = cashier(&shop).await;
    let read = shop.kassa.admin().get_settings(Default::default()).await.unwrap().into_inner();
    let limits = read.settings.unwrap().role_limits;
    let most: Vec<_> =
        limits.iter().map(|it| it.most_stock_adjustment.clone().unwrap().amount_minor).collect();
    assert_eq!(most, [0, 1_000_000_000_000, 1_000_000_000_000, 1_000_000_000_000]);

    let put = async |limits: pb::RoleLimits| {
        let settings = pb::Settings { role_limits: vec![limits], ..Default::default() };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["role_limits".to_owned()] });
        shop.kassa
            .admin()
            .put_settings(pb::PutSettingsRequest { settings: Some(settings), update_mask })
            .await
    };
    let of_cashiers = pb::RoleLimits { most_stock_adjustment: Some(usd("4.00")), ..limits[0].clone() };
    put(of_cashiers.clone()).await.unwrap();
    // A client of before there was this limit leaves it as it is.
    put(pb::RoleLimits { most_stock_adjustment: None, ..of_cashiers.clone() }).await.unwrap();
    let negative = pb::Money { amount_minor: -1, ..Default::default() };
    let refused =
        put(pb::RoleLimits { most_stock_adjustment: Some(negative), ..of_cashiers }).await.unwrap_err();
    assert_eq!(refused.field_violations()[0].path, "settings.role_limits[0].most_stock_adjustment");

    let both = |bread: &str| {
        request(vec![
            line("bread", "-1", StockAdjustmentReason::Lost, ""),
            line("bread", bread, StockAdjustmentReason::Found, ""),
        ])
    };
    adjust(&cashier, both("1")).await.unwrap();
    let refused = adjust(&cashier, both("1.01")).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalRequired));
    assert_eq!(refused.metadata("amount_minor"), Some("402"));
    adjust(&shop.kassa, both("5000")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn adjustments_come_in_pages_and_those_of_another_branch_are_out_of_reach() {
    let shop = Shop::open().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("salma", Role::Supervisor).await;
    let mut made = Vec::new();
    for number in 0..7 {
        // Some at the same moment.
        shop.clock.advance(TimeDelta::seconds(number % 2));
        made.push(adjusted(&shop, damaged("bread", "-1")).await.adjustment_id);
    }
    let elsewhere = shop.signed_in("salma", "R2").await;
    let there = adjust(&elsewhere, damaged("bread", "-1")).await.unwrap().into_inner().adjustment.unwrap();
    assert_eq!(shop.on_the_shelf("bread").await, "99993", "each branch has its own shelf");

    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListStockAdjustmentsRequest { page_size: 3, page_token, ..Default::default() };
        let page = shop.kassa.stock().list_stock_adjustments(request).await.unwrap().into_inner();
        assert!(page.adjustments.len() <= 3);
        all.extend(page.adjustments.into_iter().map(|it| it.adjustment_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    made.reverse();
    assert_eq!(all, made);

    let get = |adjustment_id: &str, branch_id: &str| pb::GetStockAdjustmentRequest {
        adjustment_id: adjustment_id.to_owned(),
        branch_id: branch_id.to_owned(),
    };
    let stock = elsewhere.stock();
    for (request, reason) in [
        (get(&made[0], ""), Reason::StockAdjustmentNotFound),
        (get(&made[0], "B1"), Reason::WrongBranch),
        (get(&made[0], "B9"), Reason::BranchNotFound),
        (get(&kassa_client::new_id(), ""), Reason::StockAdjustmentNotFound),
        (get("", ""), Reason::InvalidField),
    ] {
        assert_eq!(stock.get_stock_adjustment(request).await.unwrap_err().reason(), Some(reason));
    }
    let listed = list(&elsewhere).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].adjustment_id, there.adjustment_id);
    let b1 = pb::ListStockAdjustmentsRequest { branch_id: "B1".to_owned(), ..Default::default() };
    let refused = stock.list_stock_adjustments(b1).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::WrongBranch));
    let of_b2 = get(&there.adjustment_id, "B2");
    let read = shop.kassa.stock().get_stock_adjustment(of_b2).await.unwrap().into_inner().adjustment;
    assert_eq!(read, Some(there), "the owner sees all branches");
}
