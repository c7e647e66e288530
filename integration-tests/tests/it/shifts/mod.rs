//! Shifts.

mod closing;
mod owners;

use kassa_client::{
    Kassa, Reason,
    proto::v1::{self as pb, TenderType},
};
use kassa_integration_tests::{Shop, usd};

/// Opens a register's shift with a float.
async fn open_with(kassa: &Kassa, register: &str, float: &str) -> pb::OpenShiftResponse {
    let register_id = register.to_owned();
    let request = pb::OpenShiftRequest { register_id, opening_float: Some(usd(float)), ..Default::default() };
    kassa.shifts().open_shift(request).await.unwrap().into_inner()
}

async fn current(kassa: &Kassa) -> pb::Shift {
    let current = kassa.shifts().get_current_shift(pb::GetCurrentShiftRequest::default()).await.unwrap();
    current.into_inner().shift.unwrap()
}

async fn end(kassa: &Kassa) -> pb::Shift {
    let ended = kassa.shifts().end_shift(pb::EndShiftRequest::default()).await.unwrap();
    ended.into_inner().shift.unwrap()
}

/// Closes the shift with counts that agree.
async fn close(shop: &Shop, counts: Vec<pb::TenderCount>) -> pb::CloseShiftResponse {
    let request = pb::CloseShiftRequest { counts, ..Default::default() };
    shop.kassa.shifts().close_shift(request).await.unwrap().into_inner()
}

fn count(kind: TenderType, amount: &str) -> pb::TenderCount {
    pb::TenderCount { r#type: kind.into(), amount: Some(usd(amount)), ..Default::default() }
}

fn cash_count(amount: &str) -> pb::TenderCount {
    count(TenderType::Cash, amount)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_terminals_that_open_at_once_get_one_shift() {
    let shop = Shop::found().await;
    let terminals: Vec<_> = (0..10).map(|_| shop.second_terminal()).collect();
    let openings = terminals.iter().map(|terminal| {
        let request = pb::OpenShiftRequest { opening_float: Some(usd("50.00")), ..Default::default() };
        terminal.shifts().open_shift(request).into_future()
    });
    let opened: Vec<_> = futures_util::future::join_all(openings).await;
    let opened: Vec<_> =
        opened.into_iter().map(|opened| opened.expect("nobody is refused").into_inner()).collect();
    assert_eq!(opened.iter().filter(|opened| opened.joined).count(), 9);
    let mut shifts: Vec<_> = opened.into_iter().map(|opened| opened.shift.unwrap().shift_id).collect();
    shifts.dedup();
    assert_eq!(shifts.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_without_a_shift_says_so() {
    let shop = Shop::found().await;
    let shift = shop.kassa.shifts().get_current_shift(pb::GetCurrentShiftRequest::default());
    assert_eq!(shift.await.unwrap_err().reason(), Some(Reason::NoOpenShift));
    assert_eq!(shop.try_sell("1 x bread, cash 2.00").await.unwrap_err().reason(), Some(Reason::NoOpenShift));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_float_that_is_counted_is_in_the_drawer_and_the_shift_counts_what_it_sells() {
    let shop = Shop::found().await;
    let opened = shop.open_shift("75.50").await;
    assert!(!opened.joined);
    assert_eq!(opened.shift.unwrap().number, "SHF-202611-R1-000001");
    assert_eq!(shop.in_the_drawer().await, 75_50);
    shop.sell("1 x juice, cash 5.00").await;
    shop.sell("1 x bread, card 2.00").await;
    let shift = shop.kassa.shifts().get_current_shift(pb::GetCurrentShiftRequest::default()).await.unwrap();
    let shift = shift.into_inner().shift.unwrap();
    assert_eq!((shift.sale_count, shift.sales_total), (2, Some(usd("5.99"))));
    assert_eq!((shift.cash_received, shift.change_given), (Some(usd("5.00")), Some(usd("1.01"))));
    assert_eq!(shift.expected_cash, Some(usd("79.49")));
    assert_eq!(shop.in_the_drawer().await, 79_49);
    let types: Vec<i32> = {
        let movements = shop.kassa.cash_register().list_movements(pb::ListMovementsRequest::default());
        movements.await.unwrap().into_inner().movements.iter().map(|movement| movement.r#type).collect()
    };
    let newest_first = [pb::MovementType::Change, pb::MovementType::SaleCash, pb::MovementType::FloatIn];
    assert_eq!(types, newest_first.map(i32::from));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_refuses_a_second_open_shift_and_a_number_used_twice() {
    let shop = Shop::open().await;
    close(&shop, vec![cash_count("100.00")]).await;
    shop.open_shift("100.00").await;
    let file = rusqlite::Connection::open(shop.database()).unwrap();
    let numbers: Vec<String> = file
        .prepare("SELECT number FROM shifts ORDER BY number")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(numbers, ["SHF-202611-R1-000001", "SHF-202611-R1-000002"]);
    for by_hand in [
        "UPDATE shifts SET state = 1 WHERE state = 3",
        "UPDATE shifts SET number = 'SHF-202611-R1-000002' WHERE state = 3",
    ] {
        let refused = file.execute(by_hand, []).unwrap_err().to_string();
        assert!(refused.contains("UNIQUE"), "{by_hand}: {refused}");
    }
}
