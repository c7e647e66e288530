//! A clock that goes wrong: the books go on by their numbers, and nobody comes in or stays out for it.

use chrono::{DateTime, TimeDelta, Utc};
use kassa_client::{
    Kassa, Reason,
    proto::v1::{self as pb, EventKind, Role},
};
use kassa_integration_tests::{PIN, Shop, usd};
use kassa_server::clock::Clock as _;

/// The time of an order.
fn time(order: &pb::Order) -> DateTime<Utc> {
    let time = order.create_time.unwrap();
    DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).unwrap()).unwrap()
}

/// The count at the end of a number such as `INV-202611-R1-000042`.
fn count(order: &pb::Order) -> u32 {
    order.receipt_number.rsplit('-').next().unwrap().parse().unwrap()
}

/// What the audit log of a terminal's branch says of the clock, newest first.
async fn steps(kassa: &Kassa) -> Vec<String> {
    let kinds = vec![EventKind::ClockChanged.into()];
    let request = pb::ListAuditLogRequest { kinds, ..Default::default() };
    let log = kassa.admin().list_audit_log(request).await.unwrap().into_inner();
    log.entries.into_iter().map(|entry| entry.words).collect()
}

async fn status(shop: &Shop) -> pb::GetStatusResponse {
    shop.kassa.admin().get_status(pb::GetStatusRequest::default()).await.unwrap().into_inner()
}

const BREAD: &str = "1 x bread, cash 2.00";

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_90_seconds_while_the_shop_sells_is_smoothed() {
    let shop = Shop::open().await;
    let mut sold = vec![shop.sell(BREAD).await];
    for step in [-90, 1, 1, 1] {
        shop.clock.advance(TimeDelta::seconds(step));
        sold.push(shop.sell(BREAD).await);
        sold.push(shop.sell(BREAD).await);
    }
    for pair in sold.windows(2) {
        assert_eq!(time(&pair[1]) - time(&pair[0]), TimeDelta::milliseconds(1), "time goes on");
        assert_eq!(count(&pair[1]), count(&pair[0]) + 1, "and so do numbers");
        assert!(pair[1].order_id > pair[0].order_id, "ids are made at the time of the books");
    }
    // When the machine has caught up, its time is the books' again.
    shop.clock.advance(TimeDelta::seconds(120));
    assert_eq!(time(&shop.sell(BREAD).await), shop.clock.now());
    assert_eq!(steps(&shop.kassa).await, [""; 0]);
    assert_eq!(status(&shop).await.clock_step, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_three_days_is_taken_audited_once_in_each_branch_and_shown() {
    let shop = Shop::open().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("amal", Role::Admin).await;
    let other = shop.terminal("R2").await;
    let before = shop.sell(BREAD).await;
    shop.clock.advance(TimeDelta::days(-3));
    // The first thing that happens is the sale, and the books say so before it.
    let after = shop.sell(BREAD).await;
    assert_eq!(time(&after), shop.clock.now());
    assert_eq!(count(&after), count(&before) + 1);
    assert_eq!(after.business_date, before.business_date, "a shift keeps its date");
    for _ in 0..3 {
        shop.clock.advance(TimeDelta::seconds(1));
        shop.sell(BREAD).await;
    }
    let said = ["the server's clock went back from 2026-11-20 12:00:00 UTC"];
    assert_eq!(steps(&shop.kassa).await, said);
    let admin = shop.sign_in(&other, "amal").await.unwrap();
    assert_eq!(steps(&admin).await, said, "each branch has its own log");
    let status = status(&shop).await;
    assert_eq!(status.clock_step, Some(prost_types::Duration { seconds: 3 * 86_400, nanos: 0 }));
    assert_eq!(status.clock_step_time, after.create_time);
    let newest: Vec<u32> = shop.orders().await.iter().map(count).collect();
    assert_eq!(newest, [5, 4, 3, 2, 1], "orders are listed by their sequence");
}

/// What is smoothed for one branch may be less than what another one's clock went back by, and the books say of neither what
/// is not so.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_smoothed_in_one_branch_leaves_sound_books_in_another() {
    for seconds in [-30, -119, -121, -150, -209, -211, -240, -300] {
        let shop = Shop::open().await;
        shop.branch("B2").await;
        shop.register_in("B2", "R2").await;
        shop.user("amal", Role::Cashier).await;
        let harbour = shop.signed_in("amal", "R2").await;
        let float = pb::OpenShiftRequest { opening_float: Some(usd("50.00")), ..Default::default() };
        shop.sell(BREAD).await;
        shop.clock.advance(TimeDelta::seconds(90));
        harbour.shifts().open_shift(float).await.unwrap();
        shop.clock.advance(TimeDelta::seconds(seconds));
        shop.sell(BREAD).await;
        let paid_in = pb::RecordMovementRequest {
            r#type: pb::MovementType::PaidIn.into(),
            amount: Some(usd("1.00")),
            reason: "coins".to_owned(),
            ..Default::default()
        };
        harbour.cash_register().record_movement(paid_in).await.unwrap();
        let request = pb::CheckIntegrityRequest::default();
        let report = shop.kassa.admin().check_integrity(request).await.unwrap().into_inner();
        assert!(report.sound, "{seconds} seconds: {report:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_back_from_what_was_no_event_is_told() {
    let shop = Shop::open().await;
    let sale = shop.sale(BREAD).await;
    shop.clock.advance(TimeDelta::minutes(30));
    let cart = pb::SaveDraftRequest { lines: sale.lines, ..Default::default() };
    shop.kassa.orders().save_draft(cart).await.unwrap();
    shop.clock.advance(TimeDelta::minutes(-25));
    shop.sell(BREAD).await;
    assert_eq!(steps(&shop.kassa).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_before_a_step_back_is_ended_after_it() {
    let shop = Shop::open().await;
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let came = pb::ClockInRequest::default();
    shop.kassa.shifts().clock_in(came).await.unwrap();
    let counting = pb::StartStockCountRequest::default();
    let counting = shop.kassa.stock().start_stock_count(counting).await.unwrap().into_inner().count.unwrap();
    shop.clock.advance(TimeDelta::days(-3));

    let refund = shop.refund(&sale, "1 x bread, cash 2.00", "2.00");
    shop.kassa.orders().refund_sale(refund).await.unwrap();
    let left = shop.kassa.shifts().clock_out(pb::ClockOutRequest::default()).await.unwrap().into_inner();
    let left = left.attendance.unwrap();
    assert_eq!(left.clock_in_time, left.clock_out_time, "nobody works less than no time");
    let line = pb::EnterStockCountLine {
        product_id: "milk".to_owned(),
        counted: Some(pb::Decimal { value: "1".to_owned() }),
        count_time: None,
    };
    let request = pb::EnterStockCountRequest { count_id: counting.count_id.clone(), lines: vec![line] };
    let entered = shop.kassa.stock().enter_stock_count(request).await.unwrap().into_inner().count.unwrap();
    let request =
        pb::FinishStockCountRequest { count_id: counting.count_id, expected_version: entered.version };
    shop.kassa.stock().finish_stock_count(request).await.unwrap();
    let counts = vec![pb::TenderCount {
        r#type: pb::TenderType::Cash.into(),
        amount: Some(usd("102.00")),
        ..Default::default()
    }];
    let close = pb::CloseShiftRequest { counts, ..Default::default() };
    let closed = shop.kassa.shifts().close_shift(close).await.unwrap().into_inner().shift.unwrap();
    assert!(closed.close_time.unwrap().seconds < closed.open_time.unwrap().seconds);
    // The next one is of the day that the clock says now.
    let opened = shop.open_shift("102.00").await.shift.unwrap();
    let date = opened.business_date.unwrap();
    assert_eq!((date.year, date.month, date.day), (2026, 11, 17));
    shop.sell(BREAD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_after_a_step_back_knows_the_last_time_in_the_books() {
    let mut shop = Shop::open().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    let first = shop.sell(BREAD).await;
    // A small step while the server is off.
    shop.stop().await.unwrap();
    shop.clock.advance(TimeDelta::seconds(-60));
    shop.start().await;
    let second = shop.sell(BREAD).await;
    assert!(time(&second) > time(&first));
    assert_eq!(steps(&shop.kassa).await.len(), 0);
    // A large one: written down once, however often it is started again.
    shop.stop().await.unwrap();
    shop.clock.advance(TimeDelta::days(-3));
    shop.start().await;
    for _ in 0..3 {
        shop.sell(BREAD).await;
        shop.restart().await;
    }
    let last = shop.sell(BREAD).await;
    assert_eq!(time(&last), shop.clock.now());
    assert_eq!((steps(&shop.kassa).await.len(), count(&last)), (1, 6));
    assert!(status(&shop).await.clock_step.is_some(), "it is still shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_failed_leaves_the_step_to_the_next_one_and_it_is_told_once() {
    use kassa_server::store::fault::CommitFault;
    let shop = Shop::open().await;
    for (fault, told) in [(CommitFault::Lost, 1), (CommitFault::Stored, 2), (CommitFault::StoredUnseen, 3)] {
        shop.clock.advance(TimeDelta::days(-1));
        shop.config().faults.fail_commit(fault);
        let sale = shop.sale(BREAD).await;
        // What is known not to be stored is not tried again by the client.
        if shop.kassa.orders().complete_sale(sale.clone()).await.is_err() {
            shop.kassa.orders().complete_sale(sale).await.unwrap();
        }
        assert_eq!(steps(&shop.kassa).await.len(), told, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_put_right_by_an_hour_throws_nobody_out() {
    let shop = Shop::open().await;
    shop.user("amal", Role::Cashier).await;
    let amal = shop.signed_in("amal", "R1").await;
    let who = async || amal.access().who_am_i(pb::WhoAmIRequest::default()).await;
    shop.clock.advance(TimeDelta::hours(-1));
    who().await.unwrap();
    // Unused since, it is over as long after as any other.
    shop.clock.advance(TimeDelta::minutes(12 * 60 - 1));
    who().await.unwrap();
    shop.clock.advance(TimeDelta::hours(12));
    assert_eq!(who().await.unwrap_err().reason(), Some(Reason::TokenInvalid));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_ahead_and_back_again_locks_nobody_out_and_lets_nobody_in() {
    let shop = Shop::open().await;
    shop.user("amal", Role::Cashier).await;
    shop.user("salma", Role::Supervisor).await;
    let terminal = shop.terminal("R1").await;
    let today = shop.sign_in(&terminal, "amal").await.unwrap();
    shop.clock.advance(TimeDelta::days(365));
    // The session of a year ago is over; a new one is begun, and a pairing code made.
    assert_eq!(shop.kassa.access().who_am_i(pb::WhoAmIRequest::default()).await.unwrap().user_name, "owner");
    let over = today.access().who_am_i(pb::WhoAmIRequest::default()).await.unwrap_err();
    assert_eq!(over.reason(), Some(Reason::TokenInvalid));
    let ahead = shop.sign_in(&terminal, "salma").await.unwrap();
    let request =
        pb::CreatePairingCodeRequest { register_id: "R1".to_owned(), terminal_name: "Till 9".to_owned() };
    let code = shop.kassa.admin().create_pairing_code(request).await.unwrap().into_inner().code;
    wrong_pins(&terminal, "amal").await;

    shop.clock.advance(TimeDelta::days(-365));
    // Neither is good for a year.
    let refused = ahead.access().who_am_i(pb::WhoAmIRequest::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::TokenInvalid));
    let refused =
        shop.without_token().access().pair_terminal(pb::PairTerminalRequest { code }).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::PairingCodeInvalid));
    // Nobody waits for a year; and that nobody typed the PIN right meanwhile is not forgotten.
    let refused = sign_in(&terminal, "amal", "0000").await.unwrap_err();
    assert_eq!((refused.reason(), refused.metadata("failed_count")), (Some(Reason::PinWrong), Some("4")));
    let wait = refused.metadata("delay_seconds").unwrap().parse().unwrap();
    shop.clock.advance(TimeDelta::seconds(wait));
    sign_in(&terminal, "amal", PIN).await.unwrap();
    shop.sell(BREAD).await;
    assert_eq!(steps(&shop.kassa).await.len(), 1);
}

async fn wrong_pins(terminal: &Kassa, name: &str) {
    for _ in 0..3 {
        let refused = sign_in(terminal, name, "0000").await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::PinWrong));
    }
    assert_eq!(sign_in(terminal, name, PIN).await.unwrap_err().reason(), Some(Reason::PinDelayed));
}

async fn sign_in(terminal: &Kassa, name: &str, pin: &str) -> Result<(), kassa_client::Error> {
    let request = pb::SignInRequest { user_id: name.to_owned(), pin: pin.to_owned() };
    terminal.access().sign_in(request).await.map(|_| ())
}
