//! A working day, as one story: three cashiers, two registers, a supervisor. The sums are done by hand.

use chrono::TimeDelta;
use kassa_client::{
    Kassa, Reason,
    proto::v1::{self as pb, MovementType, Role, ShiftState, TenderType, line_item::Item},
};
use kassa_integration_tests::{Shop, usd};

/// Opens a register's shift.
async fn open(kassa: &Kassa, float: &str) -> pb::Shift {
    let request = pb::OpenShiftRequest { opening_float: Some(usd(float)), ..Default::default() };
    kassa.shifts().open_shift(request).await.unwrap().into_inner().shift.unwrap()
}

/// Sells what the words say.
async fn sell(shop: &Shop, kassa: &Kassa, words: &str) -> pb::Order {
    shop.clock.advance(TimeDelta::minutes(4));
    let sale = shop.sale(words).await;
    kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap()
}

async fn drop_cash(kassa: &Kassa, kind: MovementType, amount: &str) {
    let amount = Some(usd(amount));
    let request = pb::RecordMovementRequest { r#type: kind.into(), amount, ..Default::default() };
    kassa.cash_register().record_movement(request).await.unwrap();
}

fn cash(amount: &str) -> pb::TenderCount {
    count(TenderType::Cash, amount)
}

fn count(kind: TenderType, amount: &str) -> pb::TenderCount {
    pb::TenderCount { r#type: kind.into(), amount: Some(usd(amount)), ..Default::default() }
}

/// What should be in a register's drawer.
async fn in_the_drawer(shop: &Shop, register: &str) -> i64 {
    let request = pb::GetDrawerRequest { register_id: register.to_owned() };
    let drawer = shop.kassa.cash_register().get_drawer(request).await.unwrap().into_inner().drawer.unwrap();
    drawer.balance.unwrap().amount_minor
}

fn tender(report: &pb::ShiftReport, kind: TenderType) -> &pb::ReportedTender {
    report.tenders.iter().find(|tender| tender.r#type() == kind).expect("a tender of this type")
}

/// Rate, base and tax.
fn taxes(report: &pb::ShiftReport) -> Vec<(String, pb::Money, pb::Money)> {
    let row = |tax: &pb::TaxTotal| {
        (tax.rate.clone().unwrap().value, tax.base.clone().unwrap(), tax.tax.clone().unwrap())
    };
    report.tax_totals.iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_working_day_adds_up_to_the_last_minor_unit() {
    let mut shop = Shop::found().await;
    shop.register("R2").await;
    for (name, role) in [
        ("amal", Role::Cashier),
        ("badr", Role::Cashier),
        ("celia", Role::Cashier),
        ("dana", Role::Supervisor),
    ] {
        shop.user(name, role).await;
    }
    let blind = pb::Settings { blind_close: true, ..Default::default() };
    let mut settings = pb::PutSettingsRequest { settings: Some(blind), ..Default::default() };
    settings.update_mask.get_or_insert_default().paths = vec!["blind_close".to_owned()];
    shop.kassa.admin().put_settings(settings).await.unwrap();
    let amal = shop.signed_in("amal", "R1").await;
    let badr = shop.signed_in("badr", "R2").await;

    // The morning: amal at R1, badr at R2.
    let door = open(&amal, "100.00").await;
    let yard = open(&badr, "50.00").await;
    let first = sell(&shop, &amal, "2 x bread, 1 x juice, cash 10.00").await; // 7.99, change 2.01
    assert_eq!(first.change, Some(usd("2.01")));
    sell(&shop, &amal, "1 x milk, card 1.55").await;
    drop_cash(&amal, MovementType::SafeDrop, "50.00").await; // 57.99 left
    sell(&shop, &badr, "0.5 x cheese, cash 10.00").await; // 6.20: 56.20 at R2
    drop_cash(&badr, MovementType::BankDrop, "20.00").await; // 36.20 left

    // Noon: amal hands over to celia, who counts with her.
    let hand_over = pb::HandOverShiftRequest {
        to_user_id: "celia".to_owned(),
        counted_cash: Some(usd("57.99")),
        expected_version: door.version,
        ..Default::default()
    };
    amal.shifts().hand_over_shift(hand_over).await.unwrap();
    let celia = shop.signed_in("celia", "R1").await;
    let juices = sell(&shop, &celia, "3 x juice, cash 20.00").await; // 11.97: 69.96
    assert_ne!(juices.user_id, first.user_id, "the owner of each sale stays known");

    // A refund (67.96), an exchange (69.07), and a sale that a supervisor voids (69.07).
    let refund = shop.refund(&first, "1 x bread, cash 2.00", "2.00");
    celia.orders().refund_sale(refund).await.unwrap();
    let product = |sku: &str, quantity: &str| pb::LineItem {
        item: Some(Item::ProductId(shop.product(sku))),
        quantity: Some(pb::Decimal { value: quantity.to_owned() }),
        ..Default::default()
    };
    let exchange = pb::ExchangeSaleRequest {
        order_id: juices.order_id.clone(),
        returned_lines: vec![pb::RefundLine {
            line_id: juices.lines[0].line_id.clone(),
            quantity: Some(pb::Decimal { value: "1".to_owned() }),
            reason: "wanted milk".to_owned(),
            restock: true,
        }],
        lines: vec![product("bread", "1"), product("milk", "2")], // 5.10 for 3.99
        tenders: vec![pb::Tender {
            r#type: TenderType::Cash.into(),
            amount: Some(usd("1.11")),
            ..Default::default()
        }],
        expected_total: Some(usd("1.11")),
        ..Default::default()
    };
    celia.orders().exchange_sale(exchange).await.unwrap();
    let mistake = sell(&shop, &celia, "1 x juice, cash 3.99").await;
    let dana = shop.signed_in("dana", "R1").await;
    let void = pb::VoidSaleRequest {
        order_id: mistake.order_id,
        reason: "rang up for the wrong customer".to_owned(),
        ..Default::default()
    };
    dana.orders().void_sale(void).await.unwrap();

    // The evening: celia counts blind. Seven cents are missing, and nobody tells her how many.
    let shown = celia.shifts().get_current_shift(Default::default()).await.unwrap().into_inner();
    let shown = shown.shift.unwrap();
    assert!(shown.figures_withheld && shown.expected_cash.is_none());
    let x = celia.shifts().get_shift_report(Default::default()).await.unwrap_err();
    assert_eq!(x.reason(), Some(Reason::FiguresWithheld));
    let mut close = pb::CloseShiftRequest {
        counts: vec![cash("69.00"), count(TenderType::Card, "1.55")],
        left_in_drawer: Some(usd("40.00")),
        ..Default::default()
    };
    let refused = celia.shifts().close_shift(close.clone()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::VarianceReasonRequired));
    assert_eq!(refused.metadata("variance_minor"), None);
    close.reason = "counted twice".to_owned();
    let closed = celia.shifts().close_shift(close).await.unwrap().into_inner();
    let (z, shift) = (closed.report.unwrap(), closed.shift.unwrap());
    assert_eq!(shift.shift_id, door.shift_id);

    assert_eq!((z.sale_count, z.gross_total.clone()), (5, Some(usd("30.60"))));
    assert_eq!((z.return_count, z.returns_total.clone()), (2, Some(usd("5.99"))));
    assert_eq!((z.void_count, z.voids_total.clone()), (1, Some(usd("3.99"))));
    assert_eq!(z.net_total, Some(usd("20.62")));
    assert_eq!(z.perpetual_absolute_total, Some(usd("40.58")));
    let tax = |rate: &str, base: &str, tax: &str| (rate.to_owned(), usd(base), usd(tax));
    assert_eq!(taxes(&z), [tax("0", "4.00", "0"), tax("5", "4.43", "0.22"), tax("14", "10.50", "1.47")]);
    let in_cash = tender(&z, TenderType::Cash);
    assert_eq!((&in_cash.received, &in_cash.returned), (&Some(usd("25.06")), &Some(usd("5.99"))));
    assert_eq!((&in_cash.expected, &in_cash.variance), (&Some(usd("69.07")), &Some(usd("-0.07"))));
    assert_eq!(tender(&z, TenderType::Card).variance, Some(usd("0")));
    assert_eq!(tender(&z, TenderType::Exchange).expected, Some(usd("0")));
    assert_eq!((&z.to_safe, &z.left_in_drawer), (&Some(usd("29.00")), &Some(usd("40.00"))));
    assert_eq!((z.opened_by.as_str(), z.owner.as_str(), z.closed_by.as_str()), ("amal", "celia", "celia"));
    assert_eq!(in_the_drawer(&shop, "R1").await, 40_00, "what is left is what the books have");

    // badr goes home with his shift open. The PC is off at night.
    shop.stop().await.unwrap();
    shop.clock.advance(TimeDelta::hours(14));
    shop.start().await;
    let dana = shop.signed_in("dana", "R2").await;
    let read = || dana.shifts().get_shift(pb::GetShiftRequest { shift_id: yard.shift_id.clone() });
    while read().await.unwrap().shift.as_ref().unwrap().state() == ShiftState::Open {}
    let badr = shop.signed_in("badr", "R2").await;
    let today = open(&badr, "36.00").await; // 20 cents are missing
    assert_eq!(today.opening_float, Some(usd("36.00")));
    let close = pb::CloseShiftRequest {
        shift_id: yard.shift_id.clone(),
        reason: "left open overnight".to_owned(),
        ..Default::default()
    };
    let z = dana.shifts().close_shift(close).await.unwrap().into_inner().report.unwrap();
    assert!(z.ended_automatically);
    assert_eq!((z.net_total.clone(), z.opened_by.as_str()), (Some(usd("6.20")), "badr"));
    let in_cash = tender(&z, TenderType::Cash);
    assert_eq!((&in_cash.expected, &in_cash.counted), (&Some(usd("36.20")), &Some(usd("36.00"))));
    assert_eq!(in_cash.variance, Some(usd("-0.20")));
    assert_eq!(in_the_drawer(&shop, "R2").await, 36_00, "what is left is what the books have");
}
