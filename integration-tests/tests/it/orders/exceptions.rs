//! Goods that left for nothing are told, to whoever looks at the shop afterwards.

use kassa_client::{
    Kassa, Reason,
    proto::v1::{self as pb, OrderExceptionKind as Kind, SalesGrouping},
};
use kassa_integration_tests::{Shop, half_up, usd};

use crate::approvals::{approve, asked};

async fn with_exceptions(shop: &Shop) -> Vec<pb::Order> {
    let request = pb::ListOrdersRequest { with_exceptions: true, ..Default::default() };
    shop.kassa.orders().list_orders(request).await.unwrap().into_inner().orders
}

/// Cashiers and how many exceptions each has.
async fn counted(shop: &Shop, shift_id: &str) -> Vec<(String, i64)> {
    counted_of(shop, shift_id, "").await
}

/// The same of what one user answers for.
async fn counted_of(shop: &Shop, shift_id: &str, user: &str) -> Vec<(String, i64)> {
    let (group_by, shift_id) = (SalesGrouping::Cashier.into(), shift_id.to_owned());
    let user_id = user.to_owned();
    let request = pb::GetSalesReportRequest { group_by, shift_id, user_id, ..Default::default() };
    let report = shop.kassa.admin().get_sales_report(request).await.unwrap().into_inner();
    let count = |figures: Option<&pb::SalesFigures>| figures.map_or(0, |figures| figures.exception_count);
    let rows: Vec<_> =
        report.rows.iter().map(|row| (row.name.clone(), count(row.figures.as_ref()))).collect();
    assert_eq!(count(report.total.as_ref()), rows.iter().map(|(_, count)| count).sum::<i64>());
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_round_to_nothing_are_exceptions_of_their_cashier() {
    let shop = Shop::open().await;
    shop.user("amal", pb::Role::Cashier).await;
    let amal = shop.signed_in("amal", "R1").await;
    shop.sell("1 x bread, cash 2.00").await;
    let mut crumbs = shop.sale("1 x bread, 0.001 x cheese, cash 2.01").await;
    let cheese = crumbs.lines[1].clone();
    // 0.001 kg at 12.40 is a cent; a third of that is none.
    let free = pb::LineItem { unit_price_override: Some(usd("4.00")), ..cheese };
    crumbs.lines.extend(std::iter::repeat_n(free, 498));
    let sold = shop.kassa.orders().complete_sale(crumbs).await.unwrap().into_inner().order.unwrap();
    assert_eq!(sold.total, Some(usd("2.01")));
    assert_eq!(sold.exceptions.len(), 498);
    for (exception, line) in sold.exceptions.iter().zip(&sold.lines[2..]) {
        assert_eq!((exception.kind(), &exception.line_id), (Kind::LineOfNothing, &line.line_id));
        assert_eq!(exception.amount, Some(usd("4.00")));
    }
    // A discount of all of it says so by itself.
    let mut gift = shop.sale("1 x bread, cash 2.00").await;
    let all = pb::Decimal { value: "100".to_owned() };
    let all = pb::Discount { name: "gift".to_owned(), value: Some(pb::discount::Value::Percent(all)) };
    gift.lines[0].discounts = vec![all];
    (gift.tenders, gift.expected_total) = (Vec::new(), Some(usd("0.00")));
    let gift = shop.kassa.orders().complete_sale(gift).await.unwrap().into_inner().order.unwrap();
    assert_eq!(gift.exceptions, []);

    assert_eq!(with_exceptions(&shop).await, [shop.read(&sold).await]);
    assert_eq!(counted(&shop, &sold.shift_id).await, [("owner".to_owned(), 498)]);
    let small = amal.orders().complete_sale(shop.sale("0.001 x cheese, cash 0.01").await).await;
    assert_eq!(small.unwrap().into_inner().order.unwrap().exceptions, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_coins_make_nothing_of_is_an_exception_of_its_cashier() {
    let shop = Shop::open().await;
    shop.user("amal", pb::Role::Cashier).await;
    let amal = shop.signed_in("amal", "R1").await;
    shop.set_coins(half_up(5)).await;
    let settled = amal.orders().complete_sale(shop.sale("1 x bread, card 1.98, cash 0.00").await).await;
    let settled = settled.unwrap().into_inner().order.unwrap();
    let [exception] = settled.exceptions.as_slice() else { panic!("{settled:?}") };
    assert_eq!((exception.kind(), exception.line_id.as_str()), (Kind::SettledByRounding, ""));
    assert_eq!(exception.amount, Some(usd("0.02")));
    // Cash that is rounded is none.
    assert_eq!(shop.sell("1 x juice, cash 4.00").await.exceptions, []);
    assert_eq!(with_exceptions(&shop).await, [shop.read(&settled).await]);
    let mut counted = counted(&shop, &settled.shift_id).await;
    counted.sort();
    assert_eq!(counted, [("amal".to_owned(), 1), ("owner".to_owned(), 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_for_what_a_card_paid_is_an_exception_of_whoever_allowed_it() {
    let shop = Shop::open().await;
    for (name, role) in [("hala", pb::Role::Cashier), ("amal", pb::Role::Supervisor)] {
        shop.user(name, role).await;
    }
    let [hala, amal] = [shop.signed_in("hala", "R1").await, shop.signed_in("amal", "R1").await];
    let by_card = shop.sell("3 x bread, card 6.00").await;
    let mixed = shop.sell("3 x bread, card 4.00, cash 2.00").await;
    // With amal's word: two of the four that the card paid, and then what cash had paid itself.
    let refund = async |kassa: &Kassa, sale: &pb::Order, words: &str, total: &str| {
        let mut request = shop.refund(sale, words, total);
        let answer = kassa.orders().refund_sale(request.clone()).await;
        let answer = match answer {
            Err(refused) if refused.reason() == Some(Reason::ApprovalRequired) => {
                request.grant_ids = vec![approve(kassa, asked(&refused)).await];
                kassa.orders().refund_sale(request).await
            }
            answer => answer,
        };
        answer.unwrap().into_inner().order.unwrap()
    };
    let granted = refund(&hala, &by_card, "1 x bread, cash 2.00", "2.00").await;
    let own = refund(&hala, &mixed, "1 x bread, cash 2.00", "2.00").await;
    let more = refund(&hala, &mixed, "1 x bread, cash 1.00, card 1.00", "2.00").await;
    let alone = refund(&amal, &by_card, "1 x bread, cash 2.00", "2.00").await;
    let as_paid = refund(&hala, &by_card, "1 x bread, card 2.00", "2.00").await;
    assert_eq!((&own.exceptions, &as_paid.exceptions), (&Vec::new(), &Vec::new()));
    let me = amal.access().who_am_i(pb::WhoAmIRequest {}).await.unwrap().into_inner();
    for (refund, amount) in [(&granted, "2.00"), (&more, "1.00"), (&alone, "2.00")] {
        let [exception] = shop.read(refund).await.exceptions.try_into().unwrap();
        assert_eq!((exception.kind(), exception.amount), (Kind::PaidBackInCash, Some(usd(amount))));
        assert_eq!(
            (exception.allowed_by_user_id, exception.allowed_by_user_name.as_str()),
            (me.user_id.clone(), "amal")
        );
    }
    let listed: Vec<String> = with_exceptions(&shop).await.into_iter().map(|it| it.order_id).collect();
    assert_eq!(listed, [alone, more, granted].map(|it| it.order_id));
    let mut counted = counted(&shop, &by_card.shift_id).await;
    counted.sort();
    assert_eq!(counted, [("amal".to_owned(), 3), ("hala".to_owned(), 0), ("owner".to_owned(), 0)]);
    for (user, count) in [("amal", 3), ("hala", 0)] {
        assert_eq!(counted_of(&shop, &by_card.shift_id, user).await, [(user.to_owned(), count)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_pays_cash_for_a_card_is_one_too_and_what_coins_round_away_is_none() {
    let shop = Shop::open().await;
    shop.user("hala", pb::Role::Cashier).await;
    shop.user("amal", pb::Role::Supervisor).await;
    let hala = shop.signed_in("hala", "R1").await;
    let sale = shop.sell("2 x bread, card 4.00").await;
    let mut exchange = pb::ExchangeSaleRequest {
        order_id: sale.order_id.clone(),
        returned_lines: shop.refund(&sale, "2 x bread, cash 4.00", "4.00").lines,
        lines: shop.sale("1 x bread, cash 2.00").await.lines,
        tenders: vec![pb::Tender {
            r#type: pb::TenderType::Cash.into(),
            amount: Some(usd("2.00")),
            ..Default::default()
        }],
        expected_total: Some(pb::Money { amount_minor: -2_00, ..Default::default() }),
        ..Default::default()
    };
    let refused = hala.orders().exchange_sale(exchange.clone()).await.unwrap_err();
    exchange.grant_ids = vec![approve(&hala, asked(&refused)).await];
    let returned = hala.orders().exchange_sale(exchange).await.unwrap().into_inner().returned.unwrap();
    let [exception] = shop.read(&returned).await.exceptions.try_into().unwrap();
    assert_eq!((exception.kind(), exception.amount), (Kind::PaidBackInCash, Some(usd("2.00"))));
    let log = shop.kassa.admin().list_audit_log(pb::ListAuditLogRequest::default()).await.unwrap();
    let words = &log.into_inner().entries[0].words;
    assert!(words.starts_with("exchanged RET-") && words.ends_with(": 2.00; amal allowed it"), "{words}");

    // Two cents by card, of which coins make nothing: no cash goes out, and nobody answers for it.
    shop.set_coins(half_up(5)).await;
    let mut small = shop.sale("0.002 x cheese, card 0.02").await;
    small.expected_total = Some(usd("0.02"));
    let small = shop.kassa.orders().complete_sale(small).await.unwrap().into_inner().order.unwrap();
    let back = shop.refund(&small, "0.002 x cheese", "0.02");
    let back = shop.kassa.orders().refund_sale(back).await.unwrap().into_inner().order.unwrap();
    let kinds: Vec<Kind> = back.exceptions.iter().map(pb::OrderException::kind).collect();
    assert_eq!(kinds, [Kind::SettledByRounding]);
}
