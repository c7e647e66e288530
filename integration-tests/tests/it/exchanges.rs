//! Exchanges: goods for goods, and only the difference in money.

use kassa_client::{
    Reason,
    proto::v1::{self as pb, ExchangeSaleRequest, Order, OrderKind, TenderType},
};
use kassa_integration_tests::{Shop, half_up, usd};

/// An exchange in words: what comes back of the sale, what is sold for it and how it is paid.
async fn asked(shop: &Shop, sale: &Order, back: &str, sold: &str, net: &str) -> ExchangeSaleRequest {
    // `script` reads tenders too; those of the return are none.
    let returned = shop.refund(sale, back, "0");
    let sale = shop.sale(sold).await;
    ExchangeSaleRequest {
        order_id: returned.order_id,
        returned_lines: returned.lines,
        lines: sale.lines,
        tenders: sale.tenders,
        expected_total: Some(usd(net)),
        ..Default::default()
    }
}

async fn exchange(shop: &Shop, request: ExchangeSaleRequest) -> Result<(Order, Order), kassa_client::Error> {
    let answer = shop.kassa.orders().exchange_sale(request).await?.into_inner();
    Ok((answer.returned.unwrap(), answer.sold.unwrap()))
}

fn reason<T: std::fmt::Debug>(refused: Result<T, kassa_client::Error>) -> Option<Reason> {
    refused.unwrap_err().reason()
}

/// Type and minor units of each tender.
fn tenders(order: &Order) -> Vec<(TenderType, i64)> {
    order.tenders.iter().map(|it| (it.r#type(), it.amount.as_ref().unwrap().amount_minor)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_is_two_orders_and_the_difference_in_one_commit() {
    let shop = Shop::open().await;
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let request = asked(&shop, &sale, "1 x bread", "1 x juice, cash 5.00", "1.99").await;
    let (returned, sold) = exchange(&shop, request).await.unwrap();
    assert_eq!((returned.kind(), sold.kind()), (OrderKind::Return, OrderKind::Sale));
    assert_eq!(returned.receipt_number, "RET-202611-R1-000001");
    assert_eq!(sold.receipt_number, "INV-202611-R1-000002");
    assert_eq!((&returned.exchange_order_id, &sold.exchange_order_id), (&sold.order_id, &returned.order_id));
    assert_eq!(returned.original_order_id, sale.order_id);
    assert_eq!(tenders(&returned), [(TenderType::Exchange, 2_00)]);
    assert_eq!(tenders(&sold), [(TenderType::Cash, 5_00), (TenderType::Exchange, 2_00)]);
    assert_eq!(sold.change, Some(usd("3.01")));
    assert_eq!(shop.in_the_drawer().await, 105_99);
    assert_eq!(
        (shop.on_the_shelf("bread").await, shop.on_the_shelf("juice").await),
        ("99999".into(), "999".into())
    );
    assert_eq!(shop.read(&sale).await.returned_total, Some(usd("2.00")));
    assert_eq!(shop.orders().await.len(), 3);

    let receipt = pb::GetReceiptRequest { order_id: sold.order_id, ..Default::default() };
    let receipt = shop.kassa.orders().get_receipt(receipt).await.unwrap().into_inner().text;
    insta::assert_snapshot!(receipt, @"
                 My shop
           INV-202611-R1-000002
  in exchange with RET-202611-R1-000001
2026-11-20 12:00                  R1 owner
------------------------------------------
juice
  1 pc x 3.99                         3.99
------------------------------------------
TOTAL USD                             3.99
Cash                                  5.00
Goods returned                        2.00
Change                                3.01
------------------------------------------
Tax                Net       Tax     Gross
14%               3.50      0.49      3.99
");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shop_pays_the_difference_the_way_it_came() {
    let shop = Shop::open().await;
    let sale = shop.sell("1 x honey, cash 20.00").await; // 9.99
    let wrong = asked(&shop, &sale, "1 x honey", "2 x bread, card 5.98", "-5.99").await;
    assert_eq!(reason(exchange(&shop, wrong).await), Some(Reason::RefundTenderMismatch));
    let right = asked(&shop, &sale, "1 x honey", "2 x bread, cash 5.99", "-5.99").await;
    let (returned, sold) = exchange(&shop, right).await.unwrap();
    assert_eq!(tenders(&returned), [(TenderType::Cash, 5_99), (TenderType::Exchange, 4_00)]);
    assert_eq!(tenders(&sold), [(TenderType::Exchange, 4_00)]);
    assert_eq!(shop.in_the_drawer().await, 104_00);
    assert_eq!(shop.on_the_shelf("honey").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_exchanges_of_the_same_piece_one_is_refused() {
    let shop = Shop::open().await;
    let sale = shop.sell("1 x juice, cash 3.99").await;
    let request = asked(&shop, &sale, "1 x juice", "1 x juice", "0").await;
    let (one, other) = (shop.kassa.clone(), shop.second_terminal());
    let (one, other) =
        tokio::join!(one.orders().exchange_sale(request.clone()), other.orders().exchange_sale(request));
    let refused: Vec<_> =
        [one, other].into_iter().filter_map(Result::err).map(|error| error.reason()).collect();
    assert_eq!(refused, [Some(Reason::RefundExceedsSale)]);
    assert_eq!(shop.orders().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_repeated_under_its_key_happens_once() {
    let mut shop = Shop::open().await;
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let request = ExchangeSaleRequest {
        sale_id: kassa_client::new_id(),
        ..asked(&shop, &sale, "1 x bread", "1 x juice, cash 5.00", "1.99").await
    };
    let first = shop.kassa.orders().exchange_sale(request.clone()).await.unwrap();
    shop.restart().await;
    let again = shop.kassa.orders().exchange_sale(request.clone()).await.unwrap();
    assert!(again.replayed());
    shop.clock.advance(chrono::TimeDelta::hours(25));
    let rebuilt = shop.kassa.orders().exchange_sale(request).await.unwrap();
    assert_eq!(again.into_inner(), first.clone().into_inner());
    assert_eq!(rebuilt.into_inner(), first.into_inner());
    assert_eq!(shop.in_the_drawer().await, 105_99);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_exchange_sold_is_refunded_with_its_caps_and_never_voided() {
    let shop = Shop::open().await;
    let sale = shop.sell("2 x bread, card 4.00").await;
    let request = asked(&shop, &sale, "2 x bread", "2 x juice, card 3.98", "3.98").await;
    let (returned, sold) = exchange(&shop, request).await.unwrap();
    for order in [&returned, &sold] {
        let void = pb::VoidSaleRequest {
            order_id: order.order_id.clone(),
            reason: "a mistake".to_owned(),
            ..Default::default()
        };
        assert_eq!(reason(shop.kassa.orders().void_sale(void).await), Some(Reason::OrderNotReversible));
    }
    let refund = async |words: &str, total: &str| {
        shop.kassa.orders().refund_sale(shop.refund(&sold, words, total)).await
    };
    // 3.98 of it was paid by card; the 4.00 that bread paid go back in cash, for the owner allows it.
    assert_eq!(reason(refund("2 x juice, card 7.99", "7.98").await), Some(Reason::RefundTenderMismatch));
    assert_eq!(reason(refund("2 x juice, cash 7.97", "7.98").await), Some(Reason::RefundTenderMismatch));
    refund("1 x juice, card 3.98, cash 0.01", "3.99").await.unwrap();
    refund("1 x juice, cash 3.99", "3.99").await.unwrap();
    assert_eq!(shop.in_the_drawer().await, 96_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goods_paid_goes_back_in_cash_by_a_supervisor_alone() {
    let shop = Shop::open().await;
    for (name, role) in [("amal", pb::Role::Cashier), ("ziad", pb::Role::Supervisor)] {
        shop.user(name, role).await;
    }
    let sale = shop.sell("1 x bread, card 2.00").await;
    let request = asked(&shop, &sale, "1 x bread", "1 x bread", "0").await;
    let (_, sold) = exchange(&shop, request).await.unwrap();
    let refund = shop.refund(&sold, "1 x bread, cash 2.00", "2.00");
    let cashier = shop.signed_in("amal", "R1").await;
    let refused = cashier.orders().refund_sale(refund.clone()).await;
    assert_eq!(reason(refused), Some(Reason::ApprovalRequired));
    let supervisor = shop.signed_in("ziad", "R1").await;
    supervisor.orders().refund_sale(refund).await.unwrap();
    assert_eq!(shop.in_the_drawer().await, 98_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_is_wrong_is_refused_and_leaves_nothing_behind() {
    let shop = Shop::open().await;
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let good = asked(&shop, &sale, "1 x bread", "1 x juice, cash 1.99", "1.99").await;
    let with = |change: fn(&mut ExchangeSaleRequest)| {
        let mut request = good.clone();
        change(&mut request);
        exchange(&shop, request)
    };
    let exchange_tender = |request: &mut ExchangeSaleRequest| {
        request.tenders[0].r#type = TenderType::Exchange.into();
    };
    let cases = [
        (with(|request| request.returned_lines.clear()).await, Reason::InvalidField),
        (with(|request| request.lines.clear()).await, Reason::InvalidField),
        (with(|request| request.returned_lines[0].reason.clear()).await, Reason::InvalidField),
        (with(exchange_tender).await, Reason::InvalidField),
        (with(|request| request.expected_total = None).await, Reason::InvalidField),
        (with(|request| request.expected_total = Some(usd("2.00"))).await, Reason::TotalMismatch),
        (with(|request| request.tenders.clear()).await, Reason::TenderShort),
        (with(|request| request.order_id = kassa_client::new_id()).await, Reason::OrderNotFound),
        (
            with(|request| request.returned_lines[0].quantity = Some(pb::Decimal { value: "3".to_owned() }))
                .await,
            Reason::RefundExceedsSale,
        ),
    ];
    for (number, (refused, expected)) in cases.into_iter().enumerate() {
        assert_eq!(reason(refused), Some(expected), "case {number}");
    }
    assert_eq!(shop.in_the_drawer().await, 104_00);
    assert_eq!(shop.orders().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_part_in_cash_is_rounded_and_on_all_that_went_back() {
    let shop = Shop::open().await;
    shop.set_coins(half_up(5)).await;
    let sale = shop.sell("3 x juice, cash 20.00").await; // 11.97, in cash 11.95

    // 1.99 goes back, which is 2.00 in coins.
    let request = asked(&shop, &sale, "1 x juice", "1 x bread, cash 2.00", "-1.99").await;
    let (returned, _) = exchange(&shop, request).await.unwrap();
    assert_eq!(returned.rounding_adjustment, Some(usd("0.01")));
    assert_eq!(shop.in_the_drawer().await, 109_95);
    // 9.97 so far, which is 9.95.
    let refund = shop.refund(&sale, "2 x juice, cash 7.95", "7.98");
    shop.kassa.orders().refund_sale(refund).await.unwrap();
    assert_eq!(shop.in_the_drawer().await, 102_00);

    // And the customer pays 1.99: 2.00 in coins.
    let sale = shop.sell("1 x bread, card 2.00").await;
    let request = asked(&shop, &sale, "1 x bread", "1 x juice, cash 2.00", "1.99").await;
    let (_, sold) = exchange(&shop, request).await.unwrap();
    assert_eq!((sold.rounding_adjustment, sold.change), (Some(usd("0.01")), Some(usd("0.00"))));
    assert_eq!(shop.in_the_drawer().await, 104_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_and_a_refund_of_the_same_piece_are_one_too_many() {
    let shop = Shop::open().await;
    let sale = shop.sell("1 x juice, cash 3.99").await;
    let request = asked(&shop, &sale, "1 x juice", "1 x juice", "0").await;
    let refund = shop.refund(&sale, "1 x juice, cash 3.99", "3.99");
    let (one, other) = (shop.kassa.clone(), shop.second_terminal());
    let (one, other) = tokio::join!(one.orders().exchange_sale(request), other.orders().refund_sale(refund));
    let refused: Vec<_> =
        [one.err(), other.err()].into_iter().flatten().map(|error| error.reason()).collect();
    assert_eq!(refused, [Some(Reason::RefundExceedsSale)]);
}
