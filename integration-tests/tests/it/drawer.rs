//! The drawer besides sales.

use kassa_client::{
    Answer, Error, Reason,
    proto::v1::{self as pb, MovementType, RecordMovementRequest},
};
use kassa_integration_tests::{Shop, half_up, usd};

use crate::{
    repeats::{a_day_later, ten_times},
    wire::{Tables, Wire, difference},
};

/// A movement with a reason.
fn of(kind: MovementType, amount: &str) -> RecordMovementRequest {
    RecordMovementRequest {
        r#type: kind.into(),
        amount: Some(usd(amount)),
        reason: "milk for the kitchen".to_owned(),
        reference: "slip 17".to_owned(),
        ..Default::default()
    }
}

async fn record(
    shop: &Shop,
    request: RecordMovementRequest,
) -> Result<Answer<pb::RecordMovementResponse>, Error> {
    shop.kassa.cash_register().record_movement(request).await
}

async fn shift(shop: &Shop) -> pb::Shift {
    let shift = shop.kassa.shifts().get_current_shift(pb::GetCurrentShiftRequest::default()).await;
    shift.unwrap().into_inner().shift.unwrap()
}

/// The newest movements, newest first.
async fn movements(shop: &Shop) -> Vec<pb::CashMovement> {
    let request = pb::ListMovementsRequest { page_size: 500, ..Default::default() };
    shop.kassa.cash_register().list_movements(request).await.unwrap().into_inner().movements
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_in_and_out_is_in_the_drawer_in_the_shift_and_in_the_list() {
    let shop = Shop::open().await; // 100.00
    let sale = shop.sell("2 x juice, cash 10.00").await; // + 10.00 - 2.02
    shop.kassa.orders().refund_sale(shop.refund(&sale, "1 x juice, cash 3.99", "3.99")).await.unwrap();
    for (kind, amount) in [
        (MovementType::PaidIn, "5.00"),
        (MovementType::FloatIn, "20.00"),
        (MovementType::PaidOut, "1.50"),
        (MovementType::Expense, "2.25"),
        (MovementType::SafeDrop, "40.00"),
        (MovementType::BankDrop, "30.00"),
    ] {
        let done = record(&shop, of(kind, amount)).await.unwrap().into_inner();
        let (movement, drawer) = (done.movement.unwrap(), done.drawer.unwrap());
        assert_eq!((movement.r#type(), movement.amount.clone()), (kind, Some(usd(amount))));
        assert_eq!(
            (movement.reason.as_str(), movement.reference.as_str()),
            ("milk for the kitchen", "slip 17")
        );
        assert_eq!(movement.balance, drawer.balance);
        assert_eq!(movements(&shop).await[0], movement);
    }
    // 100 + 10 - 2.02 - 3.99 + 5 + 20 - 1.50 - 2.25 - 40 - 30, by hand.
    assert_eq!(shop.in_the_drawer().await, 55_24);
    assert_eq!(shift(&shop).await.expected_cash, Some(usd("55.24")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_movement_that_is_wrong_is_refused_and_leaves_nothing_behind() {
    let shop = Shop::open().await;
    let (wire, tables) = (Wire::to(&shop), Tables::of(&shop));
    let good = of(MovementType::PaidOut, "5.00");
    let with = |change: fn(&mut RecordMovementRequest)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let cases = [
        (with(|it| it.r#type = 0), Reason::InvalidField, "type"),
        (with(|it| it.r#type = 99), Reason::InvalidField, "type"),
        (with(|it| it.r#type = MovementType::Over.into()), Reason::InvalidField, "type"),
        (with(|it| it.r#type = MovementType::SaleCash.into()), Reason::InvalidField, "type"),
        (with(|it| it.amount = None), Reason::InvalidField, "amount"),
        (with(|it| it.amount = Some(usd("0"))), Reason::InvalidField, "amount"),
        (with(|it| it.amount = Some(usd("-1.00"))), Reason::InvalidField, "amount"),
        (with(|it| it.amount.as_mut().unwrap().amount_minor = i64::MAX), Reason::AmountOverflow, "amount"),
        (
            with(|it| it.amount.as_mut().unwrap().currency_code = "EUR".to_owned()),
            Reason::CurrencyMismatch,
            "amount",
        ),
        (with(|it| it.reason = " \n".to_owned()), Reason::InvalidField, "reason"),
        (with(|it| it.reason = "x".repeat(201)), Reason::InvalidField, "reason"),
        (with(|it| it.reason = "4111 1111 1111 1111".to_owned()), Reason::CardNumberRefused, "reason"),
        (with(|it| it.reference = "x".repeat(101)), Reason::InvalidField, "reference"),
        (with(|it| it.reference = "4111-1111-1111-1111".to_owned()), Reason::CardNumberRefused, "reference"),
        (with(|it| it.register_id = "R9".to_owned()), Reason::RegisterNotFound, "register_id"),
        (with(|it| it.shift_id = "today".to_owned()), Reason::InvalidField, "shift_id"),
        (with(|it| it.shift_id = kassa_client::new_id()), Reason::ShiftNotFound, "shift_id"),
        (with(|it| it.reverses_movement_id = "1".to_owned()), Reason::InvalidField, "reverses_movement_id"),
        (
            with(|it| it.reverses_movement_id = kassa_client::new_id()),
            Reason::MovementNotFound,
            "reverses_movement_id",
        ),
        (with(|it| it.amount = Some(usd("100.01"))), Reason::InsufficientCash, ""),
    ];
    for (request, reason, path) in cases {
        let before = tables.rows();
        let refusal = wire.call("CashRegister/RecordMovement").send(&request).await.refusal();
        let changed = difference(&before, &tables.rows());
        assert_eq!(refusal.place(), (reason, path), "{request:?}: {}", refusal.message);
        assert_eq!(changed, None, "{request:?} was refused, but this table changed");
    }
    let transfer = pb::TransferCashRequest { amount: Some(usd("5.00")), ..Default::default() };
    let to = |register: &str| {
        let to_register_id = register.to_owned();
        pb::TransferCashRequest { to_register_id, ..transfer.clone() }
    };
    for (request, reason, path) in [
        (to(""), Reason::InvalidField, "to_register_id"),
        (to("R9"), Reason::RegisterNotFound, "to_register_id"),
        (to("R1"), Reason::InvalidField, "to_register_id"),
        (pb::TransferCashRequest { amount: None, ..to("R1") }, Reason::InvalidField, "amount"),
    ] {
        let refusal = wire.call("CashRegister/TransferCash").send(&request).await.refusal();
        assert_eq!(refusal.place(), (reason, path), "{}", refusal.message);
    }
    let unknown = pb::ReceiveCashRequest { transfer_id: kassa_client::new_id(), ..Default::default() };
    let refusal = wire.call("CashRegister/ReceiveCash").send(&unknown).await.refusal();
    assert_eq!(refusal.place(), (Reason::TransferNotFound, "transfer_id"));
    let uncounted = pb::ReconcileRequest { reason: "noon".to_owned(), ..Default::default() };
    let refusal = wire.call("CashRegister/Reconcile").send(&uncounted).await.refusal();
    assert_eq!(refusal.place(), (Reason::InvalidField, "counted"));
    let refusal =
        wire.call("CashRegister/OpenDrawer").send(&pb::OpenDrawerRequest::default()).await.refusal();
    assert_eq!(refusal.place(), (Reason::InvalidField, "reason"));
    assert_eq!(shop.in_the_drawer().await, 100_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_without_a_shift_moves_no_cash() {
    let shop = Shop::found().await;
    let refused = record(&shop, of(MovementType::PaidIn, "5.00")).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::NoOpenShift));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_repeats_under_one_key_are_one_movement() {
    let mut shop = Shop::open().await;
    let drop = |shop: &Shop| {
        let drop = of(MovementType::SafeDrop, "30.00");
        shop.second_terminal().cash_register().record_movement(drop).key("noon-drop")
    };
    let answer = ten_times(&mut shop, drop).await;
    assert_eq!((shop.in_the_drawer().await, movements(&shop).await.len()), (70_00, 2));

    // The answer is the same, whatever came after it.
    record(&shop, of(MovementType::PaidIn, "1.00")).await.unwrap();
    assert_eq!(a_day_later(&mut shop, drop).await, answer);
    assert_eq!(shop.in_the_drawer().await, 71_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_drops_that_the_drawer_holds_one_of_one_is_refused() {
    let shop = Shop::open().await;
    let (one, other) = (shop.kassa.clone(), shop.second_terminal());
    let drop = || of(MovementType::SafeDrop, "60.00");
    let (one, other) = tokio::join!(
        one.cash_register().record_movement(drop()),
        other.cash_register().record_movement(drop())
    );
    let refused: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.iter().map(Error::reason).collect::<Vec<_>>(), [Some(Reason::InsufficientCash)]);
    assert_eq!(
        refused[0].message(),
        "INSUFFICIENT_CASH: the drawer holds 40.00, and 60.00 is to be paid out"
    );
    assert_eq!(shop.in_the_drawer().await, 40_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_reversed_once_although_two_people_see_it() {
    let shop = Shop::open().await;
    let mistake = record(&shop, of(MovementType::Expense, "50.00")).await.unwrap().into_inner();
    let reverses_movement_id = mistake.movement.unwrap().movement_id;
    let reversal = || RecordMovementRequest {
        reverses_movement_id: reverses_movement_id.clone(),
        reason: "typed 50 for 5".to_owned(),
        ..Default::default()
    };
    let (one, other) = (shop.kassa.clone(), shop.second_terminal());
    let (one, other) = tokio::join!(
        one.cash_register().record_movement(reversal()),
        other.cash_register().record_movement(reversal())
    );
    let refused: Vec<_> =
        [one, other].into_iter().filter_map(Result::err).map(|error| error.reason()).collect();
    assert_eq!(refused, [Some(Reason::MovementNotReversible)]);
    let newest = &movements(&shop).await[0];
    assert_eq!(
        (newest.r#type(), &newest.reverses_movement_id),
        (MovementType::PaidIn, &reverses_movement_id)
    );
    assert_eq!(shop.in_the_drawer().await, 100_00);

    let float = movements(&shop).await.pop().unwrap();
    let of_opening = RecordMovementRequest { reverses_movement_id: float.movement_id, ..reversal() };
    let refused = record(&shop, of_opening).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::MovementNotReversible));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_without_a_sale_moves_nothing_and_is_an_event() {
    let shop = Shop::open().await;
    let before = shop.in_the_drawer().await;
    let request = pb::OpenDrawerRequest { reason: "change for the meter".to_owned(), ..Default::default() };
    let open = || shop.kassa.cash_register().open_drawer(request.clone()).key("meter");
    let opened = open().await.unwrap();
    assert_eq!(opened.drawer.as_ref().unwrap().balance.as_ref().unwrap().amount_minor, before);
    assert!(open().await.unwrap().replayed());
    assert_eq!(movements(&shop).await.len(), 1, "the float");
    let report = shop.kassa.shifts().get_shift_report(pb::GetShiftReportRequest::default()).await.unwrap();
    assert_eq!(report.into_inner().report.unwrap().drawer_opening_count, 1);
    // A day later nobody knows the answer any more, and nothing is done twice.
    shop.clock.advance(chrono::TimeDelta::hours(25));
    assert_eq!(open().await.unwrap_err().reason(), Some(Reason::KeyExpired));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_differs_leaves_its_variance_and_its_reason() {
    let shop = Shop::open().await;
    let count = |counted: &str, reason: &str| {
        let (counted, reason) = (Some(usd(counted)), reason.to_owned());
        shop.kassa.cash_register().reconcile(pb::ReconcileRequest { counted, reason, ..Default::default() })
    };
    let agreed = count("100.00", "the noon count").await.unwrap().into_inner();
    assert_eq!((agreed.variance, agreed.movement), (Some(usd("0")), None));
    let short = count("97.50", "a note of 2.50 torn").await.unwrap().into_inner();
    assert_eq!((short.expected, short.variance), (Some(usd("100.00")), Some(usd("-2.50"))));
    let movement = short.movement.unwrap();
    assert_eq!((movement.r#type(), movement.amount), (MovementType::Short, Some(usd("2.50"))));
    assert_eq!(movement.reason, "a note of 2.50 torn");
    assert_eq!(shop.in_the_drawer().await, 97_50);
    let over = count("98.00", "found under the tray").await.unwrap().into_inner();
    assert_eq!((over.expected, over.variance), (Some(usd("97.50")), Some(usd("0.50"))));
    assert_eq!(shop.in_the_drawer().await, 98_00);
    // What the shift expects is what its movements make; the counts are what was found.
    assert_eq!(shift(&shop).await.expected_cash, Some(usd("100.00")));
}

/// Sends cash from the local terminal's drawer.
async fn send(shop: &Shop, to: &str, amount: &str) -> pb::CashTransfer {
    let (to_register_id, amount) = (to.to_owned(), Some(usd(amount)));
    let request = pb::TransferCashRequest { to_register_id, amount, ..Default::default() };
    let sent = shop.kassa.cash_register().transfer_cash(request).await.unwrap();
    sent.into_inner().transfer.unwrap()
}

/// The transfers that are in transit, newest first.
async fn in_transit(shop: &Shop) -> Vec<pb::CashTransfer> {
    let state = pb::CashTransferState::InTransit.into();
    let request = pb::ListTransfersRequest { state, ..Default::default() };
    shop.kassa.cash_register().list_transfers(request).await.unwrap().into_inner().transfers
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_on_its_way_is_in_no_drawer_and_is_taken_back_once_although_two_try() {
    let shop = Shop::open().await;
    shop.register("R2").await;
    let sent = send(&shop, "R2", "40.00").await;
    assert_eq!(shop.in_the_drawer().await, 60_00);
    assert_eq!(shift(&shop).await.expected_cash, Some(usd("60.00")));
    assert_eq!(in_transit(&shop).await, vec![sent.clone()]);
    let (transfer_id, register_id) = (sent.transfer_id.clone(), "R2".to_owned());
    let at_r2 = pb::ReceiveCashRequest { transfer_id, register_id, ..Default::default() };
    let refused = shop.kassa.cash_register().receive_cash(at_r2.clone()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::NoOpenShift));

    let back = pb::ReceiveCashRequest { register_id: String::new(), ..at_r2 };
    let (one, other) = (shop.kassa.clone(), shop.second_terminal());
    let (one, other) = tokio::join!(
        one.cash_register().receive_cash(back.clone()),
        other.cash_register().receive_cash(back.clone())
    );
    let refused: Vec<_> =
        [&one, &other].into_iter().filter_map(|it| it.as_ref().err()).map(Error::reason).collect();
    assert_eq!(refused, [Some(Reason::TransferReceived)]);
    let taken = [one, other].into_iter().find_map(Result::ok).unwrap().into_inner();
    let transfer = taken.transfer.unwrap();
    assert_eq!(transfer.state(), pb::CashTransferState::TakenBack);
    let halves: Vec<_> = movements(&shop).await.into_iter().take(2).collect();
    assert_eq!(halves[0].r#type(), MovementType::TransferIn);
    assert_eq!(halves[1].r#type(), MovementType::TransferOut);
    assert!(halves.iter().all(|half| half.transfer_id == sent.transfer_id), "two halves under one id");
    assert_eq!(halves[0].movement_id, transfer.in_movement_id);
    assert_eq!(halves[1].movement_id, transfer.out_movement_id);
    assert_eq!((shop.in_the_drawer().await, in_transit(&shop).await), (100_00, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_sent_once_under_its_id() {
    let shop = Shop::open().await;
    shop.register("R2").await;
    let request = pb::TransferCashRequest {
        transfer_id: kassa_client::new_id(),
        to_register_id: "R2".to_owned(),
        amount: Some(usd("40.00")),
        ..Default::default()
    };
    let send = || shop.kassa.cash_register().transfer_cash(request.clone());
    let first = send().await.unwrap().into_inner();
    assert!(send().await.unwrap().replayed());
    shop.clock.advance(chrono::TimeDelta::hours(25));
    assert_eq!(send().await.unwrap().into_inner(), first, "rebuilt from the transfer");
    let refused = send().key("another").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::TransferExists));
    assert_eq!((shop.in_the_drawer().await, in_transit(&shop).await.len()), (60_00, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_are_listed_by_register_and_state_a_page_at_a_time() {
    let shop = Shop::open().await;
    for code in ["R2", "R3"] {
        shop.register(code).await;
    }
    let mut sent = Vec::new();
    for to in ["R2", "R3", "R2"] {
        sent.push(send(&shop, to, "1.00").await);
    }
    sent.reverse();
    let list = |register: &str, page_size, page_token| pb::ListTransfersRequest {
        register_id: register.to_owned(),
        page_size,
        page_token,
        ..Default::default()
    };
    let till = shop.kassa.cash_register();
    let to_r2 = till.list_transfers(list("R2", 0, String::new())).await.unwrap().into_inner();
    assert_eq!(to_r2.transfers, [sent[0].clone(), sent[2].clone()]);
    // All were sent at the same moment of the test's clock: the ids order them.
    let first = till.list_transfers(list("", 2, String::new())).await.unwrap().into_inner();
    let rest = till.list_transfers(list("", 2, first.next_page_token)).await.unwrap().into_inner();
    assert_eq!([first.transfers, rest.transfers].concat(), sent);
    assert_eq!(rest.next_page_token, "");
    let refused = till.list_transfers(list("R9", 0, String::new())).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RegisterNotFound));
    let unknown = pb::ListTransfersRequest { state: 9, ..Default::default() };
    assert_eq!(till.list_transfers(unknown).await.unwrap_err().reason(), Some(Reason::InvalidField));
}

/// A till that is not the local terminal's register.
async fn at(shop: &Shop, register: &str) -> pb::Drawer {
    let request = pb::GetDrawerRequest { register_id: register.to_owned() };
    shop.kassa.cash_register().get_drawer(request).await.unwrap().into_inner().drawer.unwrap()
}

/// Ends the shift of `R1`, and opens one on `R2`: one user has one open shift.
async fn move_to_r2(shop: &Shop, float: &str) {
    shop.kassa.shifts().end_shift(pb::EndShiftRequest::default()).await.unwrap();
    let (register_id, opening_float) = ("R2".to_owned(), Some(usd(float)));
    let open = pb::OpenShiftRequest { register_id, opening_float, ..Default::default() };
    shop.kassa.shifts().open_shift(open).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_received_at_two_terminals_at_once_is_received_once() {
    let shop = Shop::open().await;
    shop.register("R2").await;
    let sent = send(&shop, "R2", "40.00").await;
    move_to_r2(&shop, "10.00").await;
    let receive = pb::ReceiveCashRequest {
        transfer_id: sent.transfer_id.clone(),
        register_id: "R2".to_owned(),
        amount: Some(usd("40.00")),
        ..Default::default()
    };
    let other_amount = pb::ReceiveCashRequest { amount: Some(usd("39.00")), ..receive.clone() };
    let refused = shop.kassa.cash_register().receive_cash(other_amount).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InvalidField));
    let (one, other) = (shop.kassa.clone(), shop.second_terminal());
    let (one, other) = tokio::join!(
        one.cash_register().receive_cash(receive.clone()),
        other.cash_register().receive_cash(receive.clone())
    );
    let refused: Vec<_> =
        [&one, &other].into_iter().filter_map(|it| it.as_ref().err()).map(Error::reason).collect();
    assert_eq!(refused, [Some(Reason::TransferReceived)]);
    let received = [one, other].into_iter().find_map(Result::ok).unwrap().into_inner();
    let transfer = received.transfer.unwrap();
    assert_eq!((transfer.state(), transfer.amount), (pb::CashTransferState::Received, Some(usd("40.00"))));
    assert_eq!(
        (at(&shop, "R1").await.balance, at(&shop, "R2").await.balance),
        (Some(usd("60.00")), Some(usd("50.00")))
    );
    assert_eq!(in_transit(&shop).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shift_expects_is_the_opening_and_all_that_moved() {
    let shop = Shop::open().await;
    shop.register("R2").await;
    // From R1, for the transfers into R2: one of 12.00 and one of 3.50.
    let sent = [send(&shop, "R2", "12.00").await, send(&shop, "R2", "3.50").await];
    move_to_r2(&shop, "50.00").await;
    let r2 = || "R2".to_owned();
    for transfer in sent {
        let (transfer_id, register_id) = (transfer.transfer_id, r2());
        let receive = pb::ReceiveCashRequest { transfer_id, register_id, ..Default::default() };
        shop.kassa.cash_register().receive_cash(receive).await.unwrap();
    }
    let mut sale = shop.sale("3 x juice, cash 20.00").await; // 11.97, 8.03 back
    sale.register_id = r2();
    let sale = shop.kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();
    let mut refund = shop.refund(&sale, "1 x juice, cash 3.99", "3.99");
    refund.register_id = r2();
    shop.kassa.orders().refund_sale(refund).await.unwrap();
    for (kind, amount) in [
        (MovementType::PaidIn, "7.00"),
        (MovementType::FloatIn, "30.00"),
        (MovementType::PaidOut, "2.25"),
        (MovementType::Expense, "4.10"),
        (MovementType::SafeDrop, "25.00"),
        (MovementType::BankDrop, "15.00"),
    ] {
        record(&shop, RecordMovementRequest { register_id: r2(), ..of(kind, amount) }).await.unwrap();
    }
    let back = pb::TransferCashRequest {
        register_id: r2(),
        to_register_id: "R1".to_owned(),
        amount: Some(usd("6.00")),
        ..Default::default()
    };
    shop.kassa.cash_register().transfer_cash(back).await.unwrap();

    let expected = 50_00 // opening
        + 20_00 // cash sales
        - 8_03 // change
        - 3_99 // cash refunds
        + 7_00 // paid in
        + 30_00 // float in
        + 12_00 + 3_50 // transfers in
        - 2_25 // paid out
        - 4_10 // expenses
        - 25_00 // safe drops
        - 15_00 // bank drops
        - 6_00; // transfers out
    let shift = pb::GetCurrentShiftRequest { register_id: r2() };
    let shift = shop.kassa.shifts().get_current_shift(shift).await.unwrap().into_inner().shift.unwrap();
    assert_eq!(shift.expected_cash.unwrap().amount_minor, expected);
    assert_eq!(at(&shop, "R2").await.balance.unwrap().amount_minor, expected);

    // A count of a cent less: the variance stands beside what was expected.
    let counted = Some(pb::Money { amount_minor: expected - 1, ..Default::default() });
    let (register_id, reason) = (r2(), "a cent is missing".to_owned());
    let count = pb::ReconcileRequest { register_id, counted, reason, ..Default::default() };
    let counted = shop.kassa.cash_register().reconcile(count).await.unwrap().into_inner();
    assert_eq!((counted.expected.unwrap().amount_minor, counted.variance), (expected, Some(usd("-0.01"))));
    let report = pb::GetShiftReportRequest { shift_id: shift.shift_id, ..Default::default() };
    let report = shop.kassa.shifts().get_shift_report(report).await.unwrap().into_inner().report.unwrap();
    let movements: Vec<(MovementType, i64)> =
        report.movements.iter().map(|it| (it.r#type(), it.total.as_ref().unwrap().amount_minor)).collect();
    for moved in [
        (MovementType::PaidIn, 7_00),
        (MovementType::FloatIn, 30_00),
        (MovementType::TransferIn, 15_50),
        (MovementType::PaidOut, 2_25),
        (MovementType::Expense, 4_10),
        (MovementType::SafeDrop, 25_00),
        (MovementType::BankDrop, 15_00),
        (MovementType::TransferOut, 6_00),
        (MovementType::Short, 1),
    ] {
        assert!(movements.contains(&moved), "{moved:?} in the report: {movements:?}");
    }
}

/// Everything besides a sale that a cashier may want of the drawer of R1: what it is refused for in a colleague's
/// shift, and what it was refused for.
async fn tries(kassa: &kassa_client::Kassa) -> Vec<(String, Reason, Option<Reason>)> {
    let (till, r1) = (kassa.cash_register(), || "R1".to_owned());
    let mut tried = Vec::new();
    for kind in [
        MovementType::PaidIn,
        MovementType::PaidOut,
        MovementType::Expense,
        MovementType::FloatIn,
        MovementType::SafeDrop,
        MovementType::BankDrop,
    ] {
        // More than there is, too: the answer says nothing of what is there.
        for amount in ["5.00", "500.00"] {
            let request = RecordMovementRequest { register_id: r1(), ..of(kind, amount) };
            let refused = till.record_movement(request).await.err();
            let reason = refused.and_then(|it| it.reason());
            tried.push((format!("{kind:?} {amount}"), Reason::ApprovalRequired, reason));
        }
    }
    let sent = pb::TransferCashRequest {
        register_id: r1(),
        to_register_id: "R2".to_owned(),
        amount: Some(usd("5.00")),
        ..Default::default()
    };
    let refused = till.transfer_cash(sent).await.err();
    tried.push(("TransferCash".to_owned(), Reason::ApprovalRequired, refused.and_then(|it| it.reason())));
    for counted in ["0", "100.00"] {
        let request = pb::ReconcileRequest {
            register_id: r1(),
            counted: Some(usd(counted)),
            reason: "let me see".to_owned(),
            ..Default::default()
        };
        let refused = till.reconcile(request).await.err();
        tried.push((
            format!("Reconcile {counted}"),
            Reason::ApprovalRequired,
            refused.and_then(|it| it.reason()),
        ));
    }
    let opened =
        pb::OpenDrawerRequest { register_id: r1(), reason: "change".to_owned(), ..Default::default() };
    let refused = till.open_drawer(opened).await.err();
    tried.push(("OpenDrawer".to_owned(), Reason::ApprovalRequired, refused.and_then(|it| it.reason())));
    tried
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_at_another_terminal_leaves_the_drawer_of_this_register_alone() {
    let shop = Shop::open().await;
    shop.register("R2").await;
    shop.user("badr", pb::Role::Cashier).await;
    let badr = shop.signed_in("badr", "R2").await;
    for (what, _, reason) in tries(&badr).await {
        assert_eq!(reason, Some(Reason::WrongBranch), "{what}");
    }
    let r1 = || "R1".to_owned();
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let elsewhere = pb::CompleteSaleRequest { register_id: r1(), ..sale.clone() };
    let refused = badr.orders().complete_sale(elsewhere).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::WrongBranch), "a sale");
    let sold = shop.sell("1 x bread, cash 2.00").await;
    let back =
        pb::RefundSaleRequest { register_id: r1(), ..shop.refund(&sold, "1 x bread, cash 2.00", "2.00") };
    assert_eq!(badr.orders().refund_sale(back).await.unwrap_err().reason(), Some(Reason::WrongBranch));
    let open = pb::OpenShiftRequest { register_id: r1(), ..Default::default() };
    assert_eq!(badr.shifts().open_shift(open).await.unwrap_err().reason(), Some(Reason::WrongBranch));
    assert_eq!(shop.in_the_drawer().await, 102_00);
    // At their own register everything is as before.
    badr.shifts().open_shift(Default::default()).await.unwrap();
    badr.orders().complete_sale(sale).await.unwrap();
    record_by(&badr, of(MovementType::SafeDrop, "1.00")).await.unwrap();
}

async fn record_by(
    kassa: &kassa_client::Kassa,
    request: RecordMovementRequest,
) -> Result<Answer<pb::RecordMovementResponse>, Error> {
    kassa.cash_register().record_movement(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_colleagues_shift_a_cashier_sells_and_receives_and_moves_nothing_else_alone() {
    let shop = Shop::open().await;
    shop.register("R2").await;
    for (name, role) in [("badr", pb::Role::Cashier), ("dana", pb::Role::Supervisor)] {
        shop.user(name, role).await;
    }
    let badr = shop.signed_in("badr", "R1").await;
    for (what, right, reason) in tries(&badr).await {
        assert_eq!(reason, Some(right), "{what}");
    }
    assert_eq!(shop.in_the_drawer().await, 100_00);
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let sold = badr.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();
    badr.orders().refund_sale(shop.refund(&sold, "1 x bread, cash 2.00", "2.00")).await.unwrap();

    // A supervisor acts from any terminal of the branch, and sends what the cashier may receive.
    let dana = shop.signed_in("dana", "R2").await;
    dana.shifts().open_shift(Default::default()).await.unwrap();
    record_by(&dana, of(MovementType::FloatIn, "10.00")).await.unwrap();
    let sent = pb::TransferCashRequest {
        to_register_id: "R1".to_owned(),
        amount: Some(usd("10.00")),
        ..Default::default()
    };
    let sent = dana.cash_register().transfer_cash(sent).await.unwrap().into_inner().transfer.unwrap();
    let receive = pb::ReceiveCashRequest { transfer_id: sent.transfer_id, ..Default::default() };
    badr.cash_register().receive_cash(receive).await.unwrap();
    let drop = RecordMovementRequest { register_id: "R1".to_owned(), ..of(MovementType::SafeDrop, "30.00") };
    record_by(&dana, drop).await.unwrap();
    let counted = pb::ReconcileRequest {
        register_id: "R1".to_owned(),
        counted: Some(usd("79.00")),
        reason: "the float".to_owned(),
        ..Default::default()
    };
    dana.cash_register().reconcile(counted).await.unwrap();
    assert_eq!(shop.in_the_drawer().await, 79_00);
}

/// Only what was there before there was a smallest coin, or what somebody counted, is no multiple of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_coins_cannot_make_goes_into_no_drawer_and_out_of_none() {
    let shop = Shop::open().await;
    shop.register("R2").await;
    record(&shop, of(MovementType::PaidIn, "1.03")).await.unwrap();
    shop.set_coins(half_up(25)).await;
    let refused = |answer: Result<(), Error>| {
        let error = answer.unwrap_err();
        assert_eq!(error.reason(), Some(Reason::InvalidField), "{error:?}");
        let [violation] = error.field_violations() else { panic!("{error:?}") };
        assert_eq!(violation.path, "amount");
        assert!(violation.description.contains("the smallest is 0.25"), "{violation:?}");
    };
    for kind in [
        MovementType::PaidIn,
        MovementType::FloatIn,
        MovementType::PaidOut,
        MovementType::Expense,
        MovementType::SafeDrop,
        MovementType::BankDrop,
    ] {
        refused(record(&shop, of(kind, "10.10")).await.map(drop));
        record(&shop, of(kind, "10.25")).await.unwrap();
    }
    let transfer = |amount: &str| pb::TransferCashRequest {
        to_register_id: "R2".to_owned(),
        amount: Some(usd(amount)),
        ..Default::default()
    };
    refused(shop.kassa.cash_register().transfer_cash(transfer("10.10")).await.map(drop));
    shop.kassa.cash_register().transfer_cash(transfer("10.00")).await.unwrap();
    // What lies beside the coins goes out with them, and is gone.
    assert_eq!(shop.in_the_drawer().await, 70_53);
    record(&shop, of(MovementType::SafeDrop, "20.53")).await.unwrap();
    refused(record(&shop, of(MovementType::SafeDrop, "0.03")).await.map(drop));
    assert_eq!(shop.in_the_drawer().await, 50_00);
}
