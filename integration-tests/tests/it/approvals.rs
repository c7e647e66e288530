//! What a role may do alone, and what it needs somebody's approval for.

use chrono::TimeDelta;
use kassa_client::{
    Error, Kassa, Reason,
    proto::v1::{self as pb, ApprovalAction, Role, RoleLimits},
};
use kassa_integration_tests::{PIN, Shop, usd};

/// Limits the owner like a cashier: of 10% off, of a cent that is missing, and of nothing else.
async fn limit_the_owner(shop: &Shop) {
    let limits = RoleLimits {
        role: Role::Owner.into(),
        most_discount_percent: Some(pb::Decimal { value: "10".to_owned() }),
        most_paid_out: Some(usd("0")),
        most_variance: Some(usd("0.01")),
        ..Default::default()
    };
    let settings = pb::Settings { role_limits: vec![limits], ..Default::default() };
    shop.set(&["role_limits"], settings).await;
}

/// What an error says is to be approved: action, order, line, amount.
fn wanted(error: &Error) -> [&str; 4] {
    assert_eq!(error.reason(), Some(Reason::ApprovalRequired));
    ["action", "order_id", "line_id", "amount_minor"].map(|name| error.metadata(name).unwrap())
}

fn off(amount: &str) -> pb::Discount {
    let value = Some(pb::discount::Value::Amount(usd(amount)));
    pb::Discount { name: "friend".to_owned(), value }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discount_above_the_limit_says_what_is_to_be_approved() {
    let shop = Shop::open().await;
    limit_the_owner(&shop).await;
    let mut sale = shop.sale("5 x bread, 1 x juice, cash 20.00").await;
    sale.order_id = kassa_client::new_id();
    sale.lines[0].line_id = kassa_client::new_id();
    sale.lines[0].discounts.push(off("1.01"));
    sale.expected_total = Some(usd("12.98"));
    let refused = shop.kassa.orders().complete_sale(sale.clone()).await.unwrap_err();
    assert_eq!(wanted(&refused), ["DISCOUNT", &sale.order_id, &sale.lines[0].line_id, "101"]);
    assert_eq!(refused.metadata("currency"), Some("USD"));

    sale.lines[0].discounts.clear();
    sale.discounts.push(off("1.41"));
    sale.expected_total = Some(usd("12.58"));
    let refused = shop.kassa.orders().complete_sale(sale.clone()).await.unwrap_err();
    assert_eq!(wanted(&refused), ["DISCOUNT", &sale.order_id, "", "141"]);
    // A tenth of every line, and what is begun of a minor unit is whole.
    sale.discounts = vec![off("1.40")];
    sale.expected_total = Some(usd("12.59"));
    shop.kassa.orders().complete_sale(sale).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_price_says_what_is_to_be_approved() {
    let shop = Shop::open().await;
    limit_the_owner(&shop).await;
    let mut sale = shop.sale("5 x bread, cash 20.00").await;
    sale.lines[0].unit_price_override = Some(usd("1.80"));
    sale.expected_total = Some(usd("9.00"));
    let refused = shop.kassa.orders().complete_sale(sale.clone()).await.unwrap_err();
    let [action, _, line, amount] = wanted(&refused);
    assert_eq!((action, line.len(), amount), ("PRICE_OVERRIDE", 36, "100"));
    sale.lines[0].unit_price_override = Some(usd("2.00"));
    sale.expected_total = Some(usd("10.00"));
    shop.kassa.orders().complete_sale(sale).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_and_a_refund_another_way_say_what_is_to_be_approved() {
    let shop = Shop::open().await;
    let sale = shop.sell("5 x bread, card 6.00, cash 10.00").await;
    limit_the_owner(&shop).await;
    let void = pb::VoidSaleRequest {
        order_id: sale.order_id.clone(),
        reason: "rang up the wrong cart".to_owned(),
        ..Default::default()
    };
    let refused = shop.kassa.orders().void_sale(void).await.unwrap_err();
    assert_eq!(wanted(&refused), ["VOID_SALE", &sale.order_id, "", "1000"]);
    let another_way = shop.refund(&sale, "5 x bread, cash 10.00", "10.00");
    let refused = shop.kassa.orders().refund_sale(another_way).await.unwrap_err();
    assert_eq!(wanted(&refused), ["REFUND_TENDER", &sale.order_id, "", "600"]);
    let the_way_it_came = shop.refund(&sale, "5 x bread, card 6.00, cash 4.00", "10.00");
    shop.kassa.orders().refund_sale(the_way_it_came).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_goes_another_way_is_counted_where_it_was_paid() {
    let shop = Shop::open().await;
    let sale = shop.sell("5 x bread, card 6.00, cash 10.00").await; // 4.00 of it in cash
    let refund = |words: &'static str, total: &'static str| {
        let request = shop.refund(&sale, words, total);
        async { shop.kassa.orders().refund_sale(request).await }
    };
    refund("3 x bread, cash 6.00", "6.00").await.unwrap();
    assert_eq!(shop.in_the_drawer().await, 98_00);
    // 2.00 of the card's went back in cash: 4.00 are left on it, and nothing of the cash.
    refund("1 x bread, card 2.00", "2.00").await.unwrap();
    refund("1 x bread, voucher 2.00", "2.00").await.unwrap();
    let more = refund("1 x bread, cash 2.00", "2.00").await.unwrap_err();
    assert_eq!(more.reason(), Some(Reason::RefundExceedsSale));
    assert_eq!(shop.in_the_drawer().await, 98_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_that_nobody_gave_are_refused_and_at_most_twenty_are_read() {
    let shop = Shop::open().await;
    limit_the_owner(&shop).await;
    let mut sale = shop.sale("1 x bread, cash 2.00").await;
    sale.discounts.push(off("1.00"));
    sale.expected_total = Some(usd("1.00"));
    for (grants, expected, path) in [
        (vec![kassa_client::new_id()], Reason::ApprovalInvalid, "grant_ids[0]"),
        (vec!["x".to_owned()], Reason::InvalidField, "grant_ids[0]"),
        (vec![String::new()], Reason::InvalidField, "grant_ids[0]"),
        (vec![kassa_client::new_id(); 21], Reason::InvalidField, "grant_ids"),
    ] {
        let request = pb::CompleteSaleRequest { grant_ids: grants, ..sale.clone() };
        let refused = shop.kassa.orders().complete_sale(request).await.unwrap_err();
        assert_eq!(refused.reason(), Some(expected));
        assert_eq!(refused.field_violations()[0].path, path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_shop_limits_its_cashiers_and_nobody_else() {
    let shop = Shop::found().await;
    let settings = shop.kassa.admin().get_settings(pb::GetSettingsRequest::default()).await.unwrap();
    let limits = settings.into_inner().settings.unwrap().role_limits;
    let shown: Vec<_> = limits
        .iter()
        .map(|limits| {
            let percent = limits.most_discount_percent.as_ref().unwrap().value.as_str();
            (
                limits.role(),
                percent,
                limits.price_override,
                limits.most_paid_out.as_ref().unwrap().amount_minor,
            )
        })
        .collect();
    let no_limit = 1_000_000_000_000;
    assert_eq!(
        shown,
        [
            (Role::Cashier, "10", false, 0),
            (Role::Supervisor, "100", true, no_limit),
            (Role::Admin, "100", true, no_limit),
            (Role::Owner, "100", true, no_limit),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_within_the_roles_limit_needs_no_reason() {
    let shop = Shop::open().await;
    limit_the_owner(&shop).await;
    let close = |counted: &str| {
        let cash = pb::TenderCount {
            r#type: pb::TenderType::Cash.into(),
            amount: Some(usd(counted)),
            ..Default::default()
        };
        let request = pb::CloseShiftRequest { counts: vec![cash], ..Default::default() };
        async { shop.kassa.shifts().close_shift(request).await }
    };
    let refused = close("99.98").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::VarianceReasonRequired));
    close("99.99").await.unwrap();
}

/// A shop with an open shift, a supervisor, and a cashier who is signed in at the register.
async fn with_a_cashier() -> (Shop, Kassa) {
    let shop = Shop::open().await;
    shop.user("amal", Role::Supervisor).await;
    shop.user("hala", Role::Cashier).await;
    let cashier = shop.signed_in("hala", "R1").await;
    (shop, cashier)
}

/// What an error says is to be approved, as the request of the supervisor who approves it.
pub fn asked(error: &Error) -> pb::GrantApprovalRequest {
    let [action, order_id, line_id, amount] = wanted(error).map(str::to_owned);
    let action = ApprovalAction::from_str_name(&format!("APPROVAL_ACTION_{action}")).unwrap().into();
    let amount = Some(pb::Money { amount_minor: amount.parse().unwrap(), ..Default::default() });
    let (user_id, pin) = ("amal".to_owned(), PIN.to_owned());
    let movement_type = error
        .metadata("movement_type")
        .map_or(0, |name| pb::MovementType::from_str_name(&format!("MOVEMENT_TYPE_{name}")).unwrap().into());
    pb::GrantApprovalRequest { user_id, pin, action, order_id, line_id, amount, movement_type }
}

pub async fn approve(cashier: &Kassa, request: pb::GrantApprovalRequest) -> String {
    cashier.access().grant_approval(request).await.unwrap().into_inner().grant_id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisors_pin_lets_a_cashier_do_each_thing_once() {
    let (shop, cashier) = with_a_cashier().await;
    let paid_by_card = shop.sell("5 x bread, card 10.00").await;

    let mut sale = shop.sale("5 x bread, cash 20.00").await;
    sale.order_id = kassa_client::new_id();
    sale.lines[0].line_id = kassa_client::new_id();
    sale.lines[0].unit_price_override = Some(usd("1.80"));
    sale.discounts.push(off("2.00"));
    sale.expected_total = Some(usd("7.00"));
    // Two things are to be approved; each is asked for by itself.
    for expected in [ApprovalAction::PriceOverride, ApprovalAction::Discount] {
        let refused = cashier.orders().complete_sale(sale.clone()).await.unwrap_err();
        let request = asked(&refused);
        assert_eq!(request.action(), expected);
        sale.grant_ids.push(approve(&cashier, request).await);
    }
    let sold = cashier.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();

    let mut void = pb::VoidSaleRequest {
        order_id: sold.order_id,
        reason: "rang up the wrong cart".to_owned(),
        ..Default::default()
    };
    let refused = cashier.orders().void_sale(void.clone()).await.unwrap_err();
    void.grant_ids.push(approve(&cashier, asked(&refused)).await);
    cashier.orders().void_sale(void).await.unwrap();

    let mut refund = shop.refund(&paid_by_card, "1 x bread, cash 2.00", "2.00");
    let refused = cashier.orders().refund_sale(refund.clone()).await.unwrap_err();
    refund.grant_ids.push(approve(&cashier, asked(&refused)).await);
    cashier.orders().refund_sale(refund).await.unwrap();

    let mut opening =
        pb::OpenDrawerRequest { reason: "change for the parking meter".to_owned(), ..Default::default() };
    let refused = cashier.cash_register().open_drawer(opening.clone()).await.unwrap_err();
    opening.grant_ids.push(approve(&cashier, asked(&refused)).await);
    cashier.cash_register().open_drawer(opening).await.unwrap();

    let mut paid_out = pb::RecordMovementRequest {
        r#type: pb::MovementType::Expense.into(),
        amount: Some(usd("3.00")),
        reason: "milk for the kitchen".to_owned(),
        ..Default::default()
    };
    let refused = cashier.cash_register().record_movement(paid_out.clone()).await.unwrap_err();
    paid_out.grant_ids.push(approve(&cashier, asked(&refused)).await);
    cashier.cash_register().record_movement(paid_out.clone()).await.unwrap();
    let again = cashier.cash_register().record_movement(paid_out).await.unwrap_err();
    assert_eq!(again.reason(), Some(Reason::ApprovalUsed));
    assert_eq!(shop.in_the_drawer().await, 95_00);

    let kinds = vec![pb::EventKind::GrantGiven.into()];
    let log = pb::ListAuditLogRequest { kinds, ..Default::default() };
    let log = shop.kassa.admin().list_audit_log(log).await.unwrap().into_inner().entries;
    let words: Vec<&str> = log.iter().map(|entry| entry.words.as_str()).collect();
    assert_eq!(words.len(), 6);
    assert!(words[0].starts_with("amal allowed hala: drawer expense of "), "{}", words[0]);
    assert!(words[0].ends_with(", up to 3.00"), "{}", words[0]);
    assert!(words[5].starts_with("amal allowed hala: price override of "), "{}", words[5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_fits_nothing_but_what_it_was_given_for() {
    let (shop, cashier) = with_a_cashier().await;
    shop.user("omar", Role::Cashier).await;
    let [one, other] = [shop.sell("5 x bread, card 10.00").await, shop.sell("5 x bread, card 10.00").await];
    let refused = cashier.orders().refund_sale(shop.refund(&one, "1 x bread, cash 2.00", "2.00")).await;
    let asked = asked(&refused.unwrap_err());
    let grant = approve(&cashier, asked.clone()).await;
    let refund = |kassa: &Kassa, sale: &pb::Order, words: &str, total: &str, grant: &str| {
        let mut request = shop.refund(sale, words, total);
        request.grant_ids.push(grant.to_owned());
        let call = kassa.orders().refund_sale(request);
        async { call.await.map(|_| ()).map_err(|error| error.reason().unwrap()) }
    };
    // Another order, more than was granted, somebody else.
    let two = refund(&cashier, &one, "2 x bread, cash 4.00", "4.00", &grant).await;
    assert_eq!(two, Err(Reason::ApprovalInvalid));
    let of_other = refund(&cashier, &other, "1 x bread, cash 2.00", "2.00", &grant).await;
    assert_eq!(of_other, Err(Reason::ApprovalInvalid));
    let omar = shop.signed_in("omar", "R1").await;
    let by_omar = refund(&omar, &one, "1 x bread, cash 2.00", "2.00", &grant).await;
    assert_eq!(by_omar, Err(Reason::ApprovalInvalid));
    // Another action.
    let void = pb::VoidSaleRequest {
        order_id: one.order_id.clone(),
        reason: "wrong cart".to_owned(),
        grant_ids: vec![grant.clone()],
        ..Default::default()
    };
    let refused = cashier.orders().void_sale(void).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalRequired));
    // Five minutes, and not a second more.
    shop.clock.advance(TimeDelta::minutes(5));
    let late = refund(&cashier, &one, "1 x bread, cash 2.00", "2.00", &grant).await;
    assert_eq!(late, Err(Reason::ApprovalExpired));
    let fresh = approve(&cashier, asked).await;
    shop.clock.advance(TimeDelta::seconds(299));
    refund(&cashier, &one, "1 x bread, cash 2.00", "2.00", &fresh).await.unwrap();
    let again = refund(&cashier, &one, "1 x bread, cash 2.00", "2.00", &fresh).await;
    assert_eq!(again, Err(Reason::ApprovalUsed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_used_twice_at_once_gives_one_refund_and_one_refusal() {
    let (shop, cashier) = with_a_cashier().await;
    let terminal = shop.terminal("R1").await;
    let second = shop.sign_in(&terminal, "hala").await.unwrap();
    let sale = shop.sell("5 x bread, card 10.00").await;
    let mut refund = shop.refund(&sale, "1 x bread, cash 2.00", "2.00");
    let refused = cashier.orders().refund_sale(refund.clone()).await.unwrap_err();
    refund.grant_ids.push(approve(&cashier, asked(&refused)).await);
    let (one, other) = tokio::join!(
        cashier.orders().refund_sale(refund.clone()),
        second.orders().refund_sale(refund.clone()),
    );
    let refused: Vec<_> =
        [one, other].into_iter().filter_map(Result::err).map(|error| error.reason()).collect();
    assert_eq!(refused, [Some(Reason::ApprovalUsed)]);
    assert_eq!(shop.in_the_drawer().await, 98_00);
    assert_eq!(shop.read(&sale).await.returned_total, Some(usd("2.00")));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sale_and_one_refusal_come_of_a_sale_that_two_terminals_make_with_one_grant() {
    let (shop, cashier) = with_a_cashier().await;
    let second = shop.signed_in("hala", "R1").await;
    let mut sale = shop.sale("1 x bread, cash 2.00").await;
    sale.order_id = kassa_client::new_id();
    sale.discounts.push(off("1.00"));
    sale.expected_total = Some(usd("1.00"));
    let refused = cashier.orders().complete_sale(sale.clone()).await.unwrap_err();
    sale.grant_ids.push(approve(&cashier, asked(&refused)).await);
    let (one, other) = tokio::join!(
        cashier.orders().complete_sale(sale.clone()),
        second.orders().complete_sale(sale.clone()),
    );
    let refused: Vec<_> =
        [one, other].into_iter().filter_map(Result::err).map(|error| error.reason()).collect();
    assert_eq!(refused, [Some(Reason::OrderExists)]);
    assert_eq!(shop.in_the_drawer().await, 101_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_approves_nothing_and_makes_the_approver_wait() {
    let (shop, cashier) = with_a_cashier().await;
    let request = |user_id: &str, pin: &str| pb::GrantApprovalRequest {
        user_id: user_id.to_owned(),
        pin: pin.to_owned(),
        action: ApprovalAction::OpenDrawer.into(),
        ..Default::default()
    };
    let reason =
        async |request| cashier.access().grant_approval(request).await.err().and_then(|error| error.reason());
    for _ in 0..3 {
        assert_eq!(reason(request("amal", "480214")).await, Some(Reason::PinWrong));
    }
    assert_eq!(reason(request("amal", PIN)).await, Some(Reason::PinDelayed));
    shop.clock.advance(TimeDelta::seconds(31));
    assert_eq!(reason(request("amal", PIN)).await, None);
    assert_eq!(reason(request("hala", PIN)).await, Some(Reason::RoleRequired));
    assert_eq!(reason(request("nobody", PIN)).await, Some(Reason::UserNotFound));
    assert_eq!(reason(request("", PIN)).await, Some(Reason::InvalidField));
    assert_eq!(reason(request("amal", "12")).await, Some(Reason::InvalidField));
}
