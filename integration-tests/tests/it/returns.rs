//! Refunds and voids.

use kassa_client::{
    Reason,
    proto::v1::{self as pb, OrderKind, RefundSaleRequest},
};
use kassa_integration_tests::{Shop, half_up, usd};

async fn refund(shop: &Shop, request: RefundSaleRequest) -> Result<pb::Order, kassa_client::Error> {
    Ok(shop.kassa.orders().refund_sale(request).await?.into_inner().order.unwrap())
}

async fn void(shop: &Shop, sale: &pb::Order) -> Result<pb::Order, kassa_client::Error> {
    let request = pb::VoidSaleRequest {
        order_id: sale.order_id.clone(),
        reason: "rang up the wrong cart".to_owned(),
        ..Default::default()
    };
    Ok(shop.kassa.orders().void_sale(request).await?.into_inner().order.unwrap())
}

fn reason<T: std::fmt::Debug>(refused: Result<T, kassa_client::Error>) -> Option<Reason> {
    refused.unwrap_err().reason()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_moves_money_drawer_and_stock_by_exactly_what_comes_back() {
    let shop = Shop::open().await;
    let sale = shop.sell("3 x bread, 0.5 x cheese, cash 20.00").await;
    let (drawer, bread) = (shop.in_the_drawer().await, shop.on_the_shelf("bread").await);
    assert_eq!((drawer, bread.as_str()), (112_20, "99997"));

    let returned = refund(&shop, shop.refund(&sale, "1 x bread, cash 2.00", "2.00")).await.unwrap();
    assert_eq!(returned.kind(), OrderKind::Return);
    assert_eq!(returned.receipt_number, "RET-202611-R1-000001");
    assert_eq!(returned.original_order_id, sale.order_id);
    assert_eq!(shop.in_the_drawer().await, 110_20);
    assert_eq!(shop.on_the_shelf("bread").await, "99998");

    let sale = shop.read(&sale).await;
    assert_eq!(sale.returned_total, Some(usd("2.00")));
    assert_eq!(sale.lines[0].returned_quantity.as_ref().unwrap().value, "1");
    assert_eq!(sale.lines[1].returned_quantity, None);
    let shift = shop.kassa.shifts().get_current_shift(pb::GetCurrentShiftRequest::default()).await.unwrap();
    let shift = shift.into_inner().shift.unwrap();
    assert_eq!((shift.return_count, shift.returns_total), (1, Some(usd("2.00"))));
    assert_eq!(shift.expected_cash, Some(usd("110.20")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_go_back_on_the_shelf_stays_off_it() {
    let shop = Shop::open().await;
    let sale = shop.sell("1 x milk, cash 1.55").await;
    let mut request = shop.refund(&sale, "1 x milk, cash 1.55", "1.55");
    request.lines[0].restock = false;
    refund(&shop, request).await.unwrap();
    assert_eq!(shop.on_the_shelf("milk").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_by_the_piece_add_up_to_the_last_minor_unit() {
    let shop = Shop::open().await;
    // Three for 11.37 after a discount: 3.79 each, and not a cent more or less in all.
    let mut sale = shop.sale("3 x juice, card 11.36").await;
    sale.discounts = vec![pb::Discount {
        name: "loyal".to_owned(),
        value: Some(pb::discount::Value::Amount(usd("0.61"))),
    }];
    sale.expected_total = Some(usd("11.36"));
    let sale = shop.kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();
    for total in ["3.79", "3.78", "3.79"] {
        let words = format!("1 x juice, card {total}");
        refund(&shop, shop.refund(&sale, &words, total)).await.unwrap();
    }
    assert_eq!(shop.read(&sale).await.returned_total, Some(usd("11.36")));
    let more = refund(&shop, shop.refund(&sale, "1 x juice, card 3.79", "3.79")).await;
    assert_eq!(reason(more), Some(Reason::RefundExceedsSale));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_refunds_of_the_same_piece_one_is_refused() {
    let shop = Shop::open().await;
    let sale = shop.sell("1 x juice, cash 3.99").await;
    let request = shop.refund(&sale, "1 x juice, cash 3.99", "3.99");
    let (one, other) = (shop.kassa.clone(), shop.second_terminal());
    let (one, other) =
        tokio::join!(one.orders().refund_sale(request.clone()), other.orders().refund_sale(request));
    let refused: Vec<_> =
        [one, other].into_iter().filter_map(Result::err).map(|error| error.reason()).collect();
    assert_eq!(refused, [Some(Reason::RefundExceedsSale)]);
    assert_eq!(shop.in_the_drawer().await, 100_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_repeated_under_its_key_happens_once() {
    let mut shop = Shop::open().await;
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let request = RefundSaleRequest {
        refund_id: kassa_client::new_id(),
        ..shop.refund(&sale, "1 x bread, cash 2.00", "2.00")
    };
    let first = shop.kassa.orders().refund_sale(request.clone()).await.unwrap();
    shop.restart().await;
    let again = shop.kassa.orders().refund_sale(request.clone()).await.unwrap();
    assert!(again.replayed());
    shop.clock.advance(chrono::TimeDelta::hours(25));
    let rebuilt = shop.kassa.orders().refund_sale(request).await.unwrap();
    assert_eq!(again.into_inner(), first.clone().into_inner());
    assert_eq!(rebuilt.into_inner(), first.into_inner());
    assert_eq!(shop.in_the_drawer().await, 102_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_back_the_way_it_came() {
    let shop = Shop::open().await;
    let sale = shop.sell("5 x bread, card 6.00, cash 10.00").await; // 4.00 of it in cash
    let try_refund = |words: &'static str| refund(&shop, shop.refund(&sale, words, "10.00"));
    for words in [
        "5 x bread, card 6.00",
        "5 x bread, card 6.00, cash 3.99",
        "5 x bread, card 6.00, cash 4.01",
        "5 x bread, card 6.00, cash 3.00, voucher 2.00",
    ] {
        assert_eq!(reason(try_refund(words).await), Some(Reason::RefundTenderMismatch), "{words}");
    }
    try_refund("5 x bread, card 6.00, cash 4.00").await.unwrap();
    assert_eq!(shop.in_the_drawer().await, 100_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_is_rounded_on_all_that_went_back_in_cash() {
    let shop = Shop::open().await;
    shop.set_coins(half_up(5)).await;
    let sale = shop.sell("3 x juice, cash 20.00").await; // 11.97, in cash 11.95
    assert_eq!(shop.in_the_drawer().await, 111_95);
    // 3.99, 7.98 and 11.97 so far are 4.00, 8.00 and, capped at what was paid, 11.95.
    for cash in ["4.00", "4.00", "3.95"] {
        let words = format!("1 x juice, cash {cash}");
        refund(&shop, shop.refund(&sale, &words, "3.99")).await.unwrap();
    }
    assert_eq!(shop.in_the_drawer().await, 100_00);
}

/// A shop whose smallest coin is five cents.
async fn shop_of_coins() -> Shop {
    let shop = Shop::open().await;
    // Small ones are taken, as in a shop of before, and refunds make coins of them.
    shop.set_coins(pb::CashRounding { small_coins: true, ..half_up(5) }).await;
    shop
}

/// Two lines at their prices, paid by some tenders.
async fn sold_at(shop: &Shop, prices: [&str; 2], total: &str, words: &str) -> pb::Order {
    let mut sale = shop.sale(&format!("1 x bread, 1 x juice, {words}")).await;
    for (line, price) in sale.lines.iter_mut().zip(prices) {
        line.unit_price_override = Some(usd(price));
    }
    sale.expected_total = Some(usd(total));
    shop.kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn coins_that_a_refund_paid_for_a_card_leave_the_books_sound() {
    let shop = shop_of_coins().await;
    let sale = sold_at(&shop, ["0.03", "9.99"], "10.02", "card 10.00, cash 0.02").await;
    // No coin was paid for the 0.02, and none comes back for them; the card's 10.00 are coins.
    let wrong = refund(&shop, shop.refund(&sale, "1 x bread, cash 0.05", "0.03")).await;
    assert_eq!(reason(wrong), Some(Reason::RefundTenderMismatch));
    let mut nothing = shop.refund(&sale, "1 x bread, cash 1.00", "0.03");
    nothing.tenders[0].amount = Some(usd("0.00"));
    let first = refund(&shop, nothing).await.unwrap();
    assert_eq!((first.tenders.len(), first.rounding_adjustment), (0, Some(usd("-0.03"))));
    refund(&shop, shop.refund(&sale, "1 x juice, cash 10.00", "9.99")).await.unwrap();
    assert_eq!(shop.in_the_drawer().await, 90_02);
    shop.kassa.backups().create_backup(pb::CreateBackupRequest {}).await.unwrap().last().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_of_a_cent_come_back_one_by_one_with_their_tax() {
    let shop = Shop::open().await;
    // 12 at 0.01 with 15% in it, half price: 0.06 is 0.05 and 0.01 tax.
    let product = pb::Product {
        sku: "bag".to_owned(),
        name: "Bag".to_owned(),
        unit: "pc".to_owned(),
        stock_policy: pb::StockPolicy::Allow.into(),
        barcodes: vec!["6220000000099".to_owned()],
        price: Some(usd("0.01")),
        tax_rate: Some(pb::Decimal { value: "15".to_owned() }),
        ..Default::default()
    };
    let products = vec![pb::PutProduct { product: Some(product), ..Default::default() }];
    let request = pb::PutProductsRequest { products, ..Default::default() };
    shop.kassa.catalog().put_products(request).await.unwrap();
    let mut sale = shop.sale("1 x bread, cash 0.06").await;
    sale.lines[0].item = Some(pb::line_item::Item::Barcode("6220000000099".to_owned()));
    sale.lines[0].quantity = Some(pb::Decimal { value: "12".to_owned() });
    let half = pb::discount::Value::Percent(pb::Decimal { value: "50".to_owned() });
    sale.lines[0].discounts.push(pb::Discount { name: "half".to_owned(), value: Some(half) });
    sale.expected_total = Some(usd("0.06"));
    let sale = shop.kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();
    let mut tax = 0;
    for piece in 0..12 {
        let worth = if piece % 2 == 0 { "0.01" } else { "0.00" };
        let returned = pb::RefundLine {
            line_id: sale.lines[0].line_id.clone(),
            quantity: Some(pb::Decimal { value: "1".to_owned() }),
            reason: "torn".to_owned(),
            restock: true,
        };
        let cash = pb::TenderType::Cash.into();
        let paid = pb::Tender { r#type: cash, amount: Some(usd(worth)), ..Default::default() };
        let request = RefundSaleRequest {
            order_id: sale.order_id.clone(),
            lines: vec![returned],
            tenders: vec![paid],
            expected_total: Some(usd(worth)),
            ..Default::default()
        };
        let back = refund(&shop, request).await.unwrap();
        let line = &back.lines[0];
        let minor = |amount: &Option<pb::Money>| amount.as_ref().unwrap().amount_minor;
        assert!(minor(&line.net) >= 0 && minor(&line.tax) >= 0, "piece {piece}: {line:?}");
        tax += minor(&line.tax);
    }
    assert_eq!(tax, 1, "the tax of the sale came back whole");
    assert_eq!(shop.in_the_drawer().await, 100_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_wrong_is_refused_and_leaves_nothing_behind() {
    let shop = Shop::open().await;
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let good = shop.refund(&sale, "1 x bread, cash 2.00", "2.00");
    let with = |change: fn(&mut RefundSaleRequest)| {
        let mut request = good.clone();
        change(&mut request);
        refund(&shop, request)
    };
    let cases = [
        (with(|request| request.lines.clear()).await, Reason::InvalidField),
        (with(|request| request.lines[0].reason.clear()).await, Reason::InvalidField),
        (with(|request| request.lines[0].line_id = kassa_client::new_id()).await, Reason::InvalidField),
        (
            with(|request| request.lines[0].quantity = Some(pb::Decimal { value: "-1".to_owned() })).await,
            Reason::InvalidField,
        ),
        (with(|request| request.lines.push(request.lines[0].clone())).await, Reason::InvalidField),
        (
            with(|request| request.lines[0].quantity = Some(pb::Decimal { value: "3".to_owned() })).await,
            Reason::RefundExceedsSale,
        ),
        (with(|request| request.expected_total = Some(usd("1.99"))).await, Reason::TotalMismatch),
        (with(|request| request.order_id = kassa_client::new_id()).await, Reason::OrderNotFound),
        (
            with(|request| request.lines[0].reason = "4111 1111 1111 1111".to_owned()).await,
            Reason::CardNumberRefused,
        ),
    ];
    for (number, (refused, expected)) in cases.into_iter().enumerate() {
        assert_eq!(reason(refused), Some(expected), "case {number}");
    }
    assert_eq!(shop.in_the_drawer().await, 104_00);
    assert_eq!(shop.read(&sale).await, sale);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_takes_the_whole_sale_back_once() {
    let shop = Shop::open().await;
    let mut with_tip = shop.sale("2 x bread, card 5.00").await;
    with_tip.tenders[0].tip = Some(usd("1.00"));
    let sale = shop.kassa.orders().complete_sale(with_tip).await.unwrap().into_inner().order.unwrap();
    let cash = shop.sell("1 x honey, cash 10.00").await;
    assert_eq!(shop.on_the_shelf("honey").await, "0");

    let voided = void(&shop, &cash).await.unwrap();
    assert_eq!((voided.kind(), voided.receipt_number.as_str()), (OrderKind::Void, "RET-202611-R1-000001"));
    assert_eq!(shop.read(&cash).await.voided_by_order_id, voided.order_id);
    assert_eq!(shop.on_the_shelf("honey").await, "1");
    assert_eq!(shop.in_the_drawer().await, 100_00);
    let with_tip = void(&shop, &sale).await.unwrap();
    assert_eq!((with_tip.tip_total, with_tip.total), (Some(usd("1.00")), Some(usd("4.00"))));

    assert_eq!(reason(void(&shop, &cash).await), Some(Reason::OrderNotReversible));
    assert_eq!(reason(void(&shop, &voided).await), Some(Reason::OrderNotReversible));
    let refunded = refund(&shop, shop.refund(&cash, "1 x honey, cash 9.99", "9.99")).await;
    assert_eq!(reason(refunded), Some(Reason::OrderNotReversible));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refunded_in_part_is_not_voided_and_a_refund_is_not_refunded() {
    let shop = Shop::open().await;
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let returned = refund(&shop, shop.refund(&sale, "1 x bread, cash 2.00", "2.00")).await.unwrap();
    assert_eq!(reason(void(&shop, &sale).await), Some(Reason::RefundExceedsSale));
    let again = refund(&shop, shop.refund(&returned, "1 x bread, cash 2.00", "2.00")).await;
    assert_eq!(reason(again), Some(Reason::OrderNotReversible));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refunds_receipt_names_the_sale() {
    let shop = Shop::open().await;
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let returned = refund(&shop, shop.refund(&sale, "1 x bread, cash 2.00", "2.00")).await.unwrap();
    let receipt = pb::GetReceiptRequest { order_id: returned.order_id, ..Default::default() };
    let receipt = shop.kassa.orders().get_receipt(receipt).await.unwrap().into_inner().text;
    insta::assert_snapshot!(receipt, @"
                 My shop
           RET-202611-R1-000001
      REFUND OF INV-202611-R1-000001
2026-11-20 12:00                  R1 owner
------------------------------------------
bread
  1 pc x 2.00                         2.00
------------------------------------------
TOTAL USD                             2.00
Cash                                  2.00
------------------------------------------
Tax                Net       Tax     Gross
0%                2.00      0.00      2.00
");
}
