//! Ending, counting and closing shifts, and their reports.

use chrono::TimeDelta;
use kassa_client::{
    Reason,
    proto::{
        money::{MAX_AMOUNT_MINOR, MAX_SUM_MINOR},
        v1::{self as pb, ShiftCountPurpose, ShiftReportKind, ShiftState, TenderType},
    },
};
use kassa_integration_tests::{Shop, usd};
use kassa_server::check::check_folder;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::{cash_count, close, count, current, end, open_with};
use crate::repeats::a_day_later;

/// A day of sales, a refund and a void: 10.53 net.
async fn trade(shop: &Shop) {
    shop.sell("1 x juice, cash 5.00").await;
    shop.sell("2 x bread, card 4.00").await;
    let sale = shop.sell("1 x bread, cash 2.00").await;
    let refund = shop.refund(&sale, "1 x bread, cash 2.00", "2.00");
    shop.kassa.orders().refund_sale(refund).await.unwrap();
    let voided = shop.sell("1 x bread, cash 2.00").await;
    let void = pb::VoidSaleRequest {
        order_id: voided.order_id,
        reason: "wrong cart".to_owned(),
        ..Default::default()
    };
    shop.kassa.orders().void_sale(void).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_counts_each_tender_brings_the_drawer_to_what_is_left_and_issues_the_z() {
    let shop = Shop::open().await;
    trade(&shop).await;
    // 100.00 and 3.99 for the juice; the bread was given back.
    let counts = vec![
        pb::TenderCount {
            denominations: vec![
                pb::Denomination { value: Some(usd("100.00")), pieces: 1 },
                pb::Denomination { value: Some(usd("0.50")), pieces: 8 },
            ],
            ..cash_count("104.00")
        },
        count(TenderType::Card, "3.00"),
    ];
    let request = pb::CloseShiftRequest {
        counts,
        left_in_drawer: Some(usd("60.00")),
        reason: "a coin too many, and a slip is missing".to_owned(),
        ..Default::default()
    };
    let closed = shop.kassa.shifts().close_shift(request.clone()).await.unwrap().into_inner();
    let (shift, report) = (closed.shift.unwrap(), closed.report.unwrap());
    assert_eq!(shift.state(), ShiftState::Closed);
    assert_eq!((shift.counted_cash, shift.left_in_drawer), (Some(usd("104.00")), Some(usd("60.00"))));
    assert_eq!((shift.to_safe, shift.expected_cash), (Some(usd("44.00")), Some(usd("103.99"))));
    assert_eq!(shop.in_the_drawer().await, 60_00);

    assert_eq!((report.kind(), report.sequence), (ShiftReportKind::Z, 1));
    assert_eq!((report.sale_count, report.gross_total.clone()), (4, Some(usd("11.99"))));
    assert_eq!((report.return_count, report.returns_total.clone()), (1, Some(usd("2.00"))));
    assert_eq!((report.void_count, report.voids_total.clone()), (1, Some(usd("2.00"))));
    assert_eq!(report.net_total, Some(usd("7.99")));
    assert_eq!(report.perpetual_total, Some(usd("7.99")));
    assert_eq!(report.perpetual_absolute_total, Some(usd("15.99")));
    let [cash, card] = report.tenders.as_slice() else { panic!("{:?}", report.tenders) };
    assert_eq!((&cash.expected, &cash.variance), (&Some(usd("103.99")), &Some(usd("0.01"))));
    assert_eq!((&cash.received, &cash.returned), (&Some(usd("7.99")), &Some(usd("4.00"))));
    assert_eq!((&card.expected, &card.variance), (&Some(usd("4.00")), &Some(usd("-1.00"))));

    // The same close again is the first one; with another count it is refused.
    let again = shop
        .kassa
        .shifts()
        .close_shift(pb::CloseShiftRequest { shift_id: shift.shift_id.clone(), ..request.clone() });
    assert_eq!(again.await.unwrap().into_inner().report, Some(report.clone()));
    let other = pb::CloseShiftRequest {
        shift_id: shift.shift_id.clone(),
        counts: vec![cash_count("1.00")],
        ..request
    };
    let refused = shop.kassa.shifts().close_shift(other).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ShiftClosed));

    let read = shop.kassa.shifts().get_shift(pb::GetShiftRequest { shift_id: shift.number }).await.unwrap();
    let [made] = read.counts.as_slice() else { panic!("{:?}", read.counts) };
    assert_eq!((made.purpose(), made.tenders.len()), (ShiftCountPurpose::Close, 2));
    assert_eq!(made.tenders[0].denominations.len(), 2);
}

/// Pressed twice: the second time is recorded nowhere, and its key answers for the shift all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_and_a_close_once_more_under_other_keys_are_answered_a_day_later_too() {
    let mut shop = Shop::found().await;
    let shift_id = shop.open_shift("100.00").await.shift.unwrap().shift_id;
    let end = |shop: &Shop, key: &str| {
        let request = pb::EndShiftRequest { shift_id: shift_id.clone(), ..Default::default() };
        shop.kassa.shifts().end_shift(request).key(key)
    };
    let close = |shop: &Shop, key: &str| {
        let counts = vec![cash_count("100.00")];
        let request = pb::CloseShiftRequest { shift_id: shift_id.clone(), counts, ..Default::default() };
        shop.kassa.shifts().close_shift(request).key(key)
    };
    for key in ["once", "twice"] {
        assert!(!end(&shop, key).await.unwrap().replayed());
    }
    let closed = close(&shop, "once").await.unwrap().into_inner();
    assert_eq!(close(&shop, "twice").await.unwrap().into_inner(), closed);
    assert_eq!(a_day_later(&mut shop, |shop| close(shop, "twice")).await, closed);
    let ended = a_day_later(&mut shop, |shop| end(shop, "twice")).await;
    assert_eq!(ended.shift.unwrap().shift_id, shift_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_z_is_the_same_bytes_each_time_and_the_x_is_what_it_will_say() {
    let mut shop = Shop::open().await;
    trade(&shop).await;
    let ask = || pb::GetShiftReportRequest::default();
    let x = shop.kassa.shifts().get_shift_report(ask()).await.unwrap().into_inner();
    assert!(x.document.is_empty() && x.text.contains("X REPORT"), "{}", x.text);
    let x = x.report.unwrap();
    let closed = close(&shop, vec![cash_count("103.99"), count(TenderType::Card, "4.00")]).await;
    let id = closed.shift.unwrap().shift_id;
    let z = |shift_id: String| pb::GetShiftReportRequest { shift_id, ..ask() };
    let first = shop.kassa.shifts().get_shift_report(z(id.clone())).await.unwrap().into_inner();
    assert_eq!(first.document_sha256, Sha256::digest(&first.document).to_vec());
    assert_eq!(pb::ShiftReport::decode(first.document.as_slice()).unwrap(), first.report.clone().unwrap());
    let report = first.report.clone().unwrap();
    assert_eq!((&report.net_total, &report.tax_totals), (&x.net_total, &x.tax_totals));
    assert_eq!((&report.categories, &report.hours), (&x.categories, &x.hours));
    shop.restart().await;
    open_with(&shop.kassa, "", "103.99").await;
    shop.sell("1 x juice, cash 5.00").await;
    let later = shop.kassa.shifts().get_shift_report(z(id)).await.unwrap().into_inner();
    assert_eq!(later, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_differs_is_kept_and_needs_a_reason() {
    let shop = Shop::open().await;
    shop.sell("1 x juice, cash 3.99").await;
    for wrong in ["100.00", "103.00"] {
        let request = pb::CloseShiftRequest { counts: vec![cash_count(wrong)], ..Default::default() };
        let refused = shop.kassa.shifts().close_shift(request).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::VarianceReasonRequired));
    }
    assert_eq!(current(&shop.kassa).await.state(), ShiftState::Open, "a refused close ends nothing");
    shop.sell("1 x bread, cash 2.00").await;
    let closed = close(&shop, vec![cash_count("105.99")]).await.shift.unwrap();
    let read =
        shop.kassa.shifts().get_shift(pb::GetShiftRequest { shift_id: closed.shift_id }).await.unwrap();
    let purposes: Vec<_> = read.counts.iter().map(pb::ShiftCount::purpose).collect();
    use ShiftCountPurpose::{Close, RefusedClose};
    assert_eq!(purposes, [RefusedClose, RefusedClose, Close]);
    let variance = read.counts[0].tenders[0].variance.clone();
    assert_eq!(variance, Some(usd("-3.99")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_shift_takes_no_sale_and_the_next_opening_counts_it() {
    let shop = Shop::open().await;
    shop.sell("1 x juice, cash 5.00").await;
    let ended = end(&shop.kassa).await;
    assert_eq!(ended.state(), ShiftState::Ended);
    assert_eq!(end(&shop.kassa).await, ended, "ended twice is ended");
    let mut sale = shop.sale("1 x bread, cash 2.00").await;
    sale.shift_id = ended.shift_id.clone();
    let refused = shop.kassa.orders().complete_sale(sale).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ShiftEnded));

    let uncounted = shop.kassa.shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap_err();
    assert_eq!(uncounted.reason(), Some(Reason::CountRequired));
    let next = open_with(&shop.kassa, "", "103.00").await.shift.unwrap();
    assert_eq!(next.number, "SHF-202611-R1-000002");
    assert_eq!(shop.in_the_drawer().await, 103_00);
    let read = pb::GetShiftRequest { shift_id: ended.shift_id.clone() };
    let read = shop.kassa.shifts().get_shift(read).await.unwrap().into_inner();
    let shift = read.shift.unwrap();
    assert_eq!((shift.state(), shift.counted_cash), (ShiftState::Ended, Some(usd("103.00"))));
    assert_eq!(read.counts[0].purpose(), ShiftCountPurpose::NextOpening);

    // Its close counts the other tenders alone, and leaves the drawer of the next shift alone.
    shop.sell("1 x bread, cash 2.00").await;
    let close = |counts| pb::CloseShiftRequest {
        shift_id: ended.shift_id.clone(),
        counts,
        reason: "0.99 were missing in the morning".to_owned(),
        ..Default::default()
    };
    let refused = shop.kassa.shifts().close_shift(close(vec![cash_count("99.00")])).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InvalidField));
    let closed = shop.kassa.shifts().close_shift(close(vec![])).await.unwrap().into_inner();
    let cash = &closed.report.unwrap().tenders[0];
    assert_eq!((&cash.counted, &cash.variance), (&Some(usd("103.00")), &Some(usd("-0.99"))));
    assert_eq!(shop.in_the_drawer().await, 105_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_left_open_overnight_with_the_server_off_is_ended_and_its_count_is_owed() {
    let mut shop = Shop::open().await;
    shop.sell("1 x juice, cash 5.00").await;
    shop.stop().await.unwrap();
    shop.clock.advance(TimeDelta::hours(13));
    shop.start().await;
    let opening = loop {
        let opened = shop.kassa.shifts().open_shift(pb::OpenShiftRequest::default()).await;
        match opened {
            // The server looks when it starts; this may be faster.
            Ok(joined) => assert!(joined.joined),
            Err(refused) => break refused,
        }
    };
    assert_eq!(opening.reason(), Some(Reason::CountRequired));
    let movements = shop.kassa.cash_register().list_movements(Default::default()).await.unwrap();
    let marker = &movements.movements[0];
    assert_eq!((marker.r#type(), &marker.amount), (pb::MovementType::ShiftEnd, &Some(usd("0"))));
    let opened = open_with(&shop.kassa, "", "103.99").await.shift.unwrap();
    assert_eq!(opened.opening_float, Some(usd("103.99")));
    assert_eq!(shop.in_the_drawer().await, 103_99, "nothing was invented");
    let shifts = shop.kassa.shifts().list_shifts(Default::default()).await.unwrap().into_inner().shifts;
    let [_, old] = shifts.as_slice() else { panic!("{shifts:?}") };
    assert!(old.ended_automatically && old.ended_by_user_id.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_keeps_a_shift_open_and_a_running_server_ends_an_idle_one() {
    let shop = Shop::found_with(|config| config.limits.idle_check_ms = 20).await;
    shop.open_shift("50.00").await;
    shop.clock.advance(TimeDelta::hours(11));
    shop.kassa.shifts().record_activity(Default::default()).await.unwrap();
    shop.clock.advance(TimeDelta::hours(11));
    assert_eq!(current(&shop.kassa).await.state(), ShiftState::Open);
    shop.clock.advance(TimeDelta::hours(2));
    let list = || shop.kassa.shifts().list_shifts(Default::default());
    while list().await.unwrap().shifts[0].state() == ShiftState::Open {}
    assert!(list().await.unwrap().shifts[0].ended_automatically);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_forced_closes_one_closes_and_one_sees_another_version() {
    let shop = Shop::open().await;
    let shift = current(&shop.kassa).await;
    let force = || pb::ForceCloseShiftRequest {
        shift_id: shift.shift_id.clone(),
        expected_version: shift.version,
        reason: "the cashier went home".to_owned(),
        ..Default::default()
    };
    let terminals = [shop.second_terminal(), shop.second_terminal()];
    let calls = terminals.iter().map(|terminal| terminal.shifts().force_close_shift(force()).into_future());
    let results = futures_util::future::join_all(calls).await;
    let refused: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert_eq!(refused.len(), 1);
    assert!(matches!(refused[0].reason(), Some(Reason::VersionMismatch)), "{:?}", refused[0]);
    let report = results.into_iter().find_map(Result::ok).unwrap().into_inner().report.unwrap();
    assert!(report.forced);
    assert_eq!((&report.tenders[0].counted, &report.left_in_drawer), (&None, &None), "nothing is invented");
    assert_eq!(shop.in_the_drawer().await, 100_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_and_a_sale_at_once_agree() {
    for _ in 0..5 {
        let shop = Shop::open().await;
        let shift = current(&shop.kassa).await;
        let mut sale = shop.sale("1 x juice, card 3.99").await;
        sale.shift_id = shift.shift_id.clone();
        let other = shop.second_terminal();
        let closing = pb::CloseShiftRequest { counts: vec![cash_count("100.00")], ..Default::default() };
        let (sold, closed) = tokio::join!(
            other.orders().complete_sale(sale).into_future(),
            shop.kassa.shifts().close_shift(closing).into_future(),
        );
        let report = closed.unwrap().into_inner().report.unwrap();
        match sold {
            Ok(_) => assert_eq!(report.sale_count, 1),
            Err(refused) => {
                assert_eq!((refused.reason(), report.sale_count), (Some(Reason::ShiftEnded), 0));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_and_an_opening_at_once_leave_one_open_shift_at_most() {
    let shop = Shop::open().await;
    for round in 0..5 {
        let other = shop.second_terminal();
        let (ended, opened) = tokio::join!(
            shop.kassa.shifts().end_shift(Default::default()).into_future(),
            other
                .shifts()
                .open_shift(pb::OpenShiftRequest { opening_float: Some(usd("100.00")), ..Default::default() })
                .into_future(),
        );
        ended.unwrap();
        opened.unwrap();
        let status = shop.kassa.admin().get_status(Default::default()).await.unwrap();
        assert!(status.open_shift_count <= 1, "round {round}");
        open_with(&shop.kassa, "", "100.00").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shifts_are_listed_in_pages_and_the_newest_first() {
    let shop = Shop::found().await;
    for _ in 0..5 {
        open_with(&shop.kassa, "", "0").await;
        close(&shop, vec![cash_count("0")]).await;
        shop.clock.advance(TimeDelta::minutes(1));
    }
    let mut numbers = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListShiftsRequest { page_size: 2, page_token, ..Default::default() };
        let page = shop.kassa.shifts().list_shifts(request).await.unwrap().into_inner();
        assert!(page.shifts.len() <= 2);
        numbers.extend(page.shifts.into_iter().map(|shift| shift.number));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let expected: Vec<String> = (1..=5).rev().map(|it| format!("SHF-202611-R1-{it:06}")).collect();
    assert_eq!(numbers, expected);
    let ended = pb::ListShiftsRequest { state: ShiftState::Ended.into(), ..Default::default() };
    assert!(shop.kassa.shifts().list_shifts(ended).await.unwrap().shifts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_that_mean_nothing_are_refused_by_name() {
    let shop = Shop::open().await;
    let piece = |value: &str, pieces| pb::Denomination { value: Some(usd(value)), pieces };
    let wrong_sum = pb::TenderCount { denominations: vec![piece("1.00", 3)], ..cash_count("4.00") };
    let twice =
        pb::TenderCount { denominations: vec![piece("1.00", 1), piece("1.00", 1)], ..cash_count("2.00") };
    let of_card =
        pb::TenderCount { denominations: vec![piece("4.00", 1)], ..count(TenderType::Card, "4.00") };
    for (counts, path) in [
        (vec![], "counts"),
        (vec![cash_count("1.00"), cash_count("1.00")], "counts[1].type"),
        (vec![pb::TenderCount { amount: None, ..cash_count("0") }], "counts[0].amount"),
        (vec![wrong_sum], "counts[0].denominations"),
        (vec![twice], "counts[0].denominations[1].value"),
        (vec![cash_count("1.00"), of_card], "counts[1].denominations"),
    ] {
        let request = pb::CloseShiftRequest { counts, ..Default::default() };
        let refused = shop.kassa.shifts().close_shift(request).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::InvalidField));
        assert_eq!(refused.field_violations()[0].path, path);
    }
    let request = pb::CloseShiftRequest {
        counts: vec![cash_count("1.00")],
        left_in_drawer: Some(usd("2.00")),
        ..Default::default()
    };
    let refused = shop.kassa.shifts().close_shift(request).await.unwrap_err();
    assert_eq!(refused.field_violations()[0].path, "left_in_drawer");
    assert!(check_folder(shop.data()).await.unwrap().is_sound());
}

/// In Iranian rials or Vietnamese dong a shift takes more than any one sale may: what is counted and moved of many
/// sales together has room.
#[tokio::test(flavor = "multi_thread")]
async fn a_shift_takes_counts_and_moves_more_than_one_sale_may() {
    let mut shop = Shop::open().await;
    let money = |amount_minor| Some(pb::Money { amount_minor, ..Default::default() });
    let carpet = pb::Product {
        sku: "carpet".to_owned(),
        name: "Carpet".to_owned(),
        price: money(MAX_AMOUNT_MINOR),
        ..Default::default()
    };
    let put = pb::PutProduct { product: Some(carpet), opening_stock: None };
    let put = pb::PutProductsRequest { products: vec![put], ..Default::default() };
    let put = shop.kassa.catalog().put_products(put).await.unwrap().into_inner();
    for _ in 0..3 {
        let sale = pb::CompleteSaleRequest {
            lines: vec![kassa_client::product_line(&put.product_ids[0], "1")],
            tenders: vec![pb::Tender {
                r#type: TenderType::Cash.into(),
                amount: money(MAX_AMOUNT_MINOR),
                ..Default::default()
            }],
            expected_total: money(MAX_AMOUNT_MINOR),
            ..Default::default()
        };
        shop.kassa.orders().complete_sale(sale).await.unwrap();
    }
    // The owner has no limit, which is not a limit of one sale's size.
    for kind in [pb::MovementType::PaidOut, pb::MovementType::SafeDrop] {
        let movement = pb::RecordMovementRequest {
            r#type: kind.into(),
            amount: money(MAX_AMOUNT_MINOR + 1),
            reason: "to the bank".to_owned(),
            ..Default::default()
        };
        shop.kassa.cash_register().record_movement(movement).await.unwrap();
    }
    let left = 3 * MAX_AMOUNT_MINOR + 100_00 - 2 * (MAX_AMOUNT_MINOR + 1);
    assert_eq!(shop.in_the_drawer().await, left);
    let counted = left + MAX_AMOUNT_MINOR;
    let close = pb::CloseShiftRequest {
        counts: vec![pb::TenderCount {
            r#type: TenderType::Cash.into(),
            amount: money(counted),
            denominations: vec![
                pb::Denomination { value: money(MAX_AMOUNT_MINOR), pieces: 2 },
                pb::Denomination { value: money(counted - 2 * MAX_AMOUNT_MINOR), pieces: 1 },
            ],
            ..Default::default()
        }],
        left_in_drawer: money(counted),
        reason: "a parcel from the bank".to_owned(),
        ..Default::default()
    };
    let report = shop.kassa.shifts().close_shift(close).await.unwrap().into_inner().report.unwrap();
    assert_eq!(report.gross_total.unwrap().amount_minor, 3 * MAX_AMOUNT_MINOR);
    let float = pb::OpenShiftRequest { opening_float: money(counted), ..Default::default() };
    shop.kassa.shifts().open_shift(float).await.unwrap();
    let beyond = pb::ReconcileRequest {
        counted: money(MAX_SUM_MINOR + 1),
        reason: "more than there is".to_owned(),
        ..Default::default()
    };
    let refused = shop.kassa.cash_register().reconcile(beyond).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::AmountOverflow));
    shop.stop().await.unwrap();
}
