//! Whose drawer it is, and how much of it a role moves alone: every movement, wherever it is tried and whoever
//! tries it, and what a grant lets through.

use kassa_client::{
    Error, Kassa, Reason,
    proto::v1::{self as pb, MovementType, Role},
};
use kassa_integration_tests::{PIN, Shop, half_up, usd};

use crate::approvals::{approve, asked};

/// The shift in which somebody tries a movement of the drawer of R1.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Own,
    Colleagues,
    OtherRegister,
}

const KINDS: [MovementType; 13] = [
    MovementType::SaleCash,
    MovementType::RefundCash,
    MovementType::TransferIn,
    MovementType::FloatIn,
    MovementType::PaidIn,
    MovementType::PaidOut,
    MovementType::Expense,
    MovementType::SafeDrop,
    MovementType::BankDrop,
    MovementType::TransferOut,
    MovementType::Over,
    MovementType::Short,
    MovementType::ShiftEnd,
];

/// Within the limits of a cashier, which are 50.00, and above them.
const AMOUNTS: [&str; 2] = ["50.00", "50.01"];

fn expected(kind: MovementType, role: Role, place: Place, is_within: bool) -> Option<Reason> {
    if role == Role::Supervisor {
        return None;
    }
    let needs_a_grant = match kind {
        _ if place == Place::OtherRegister => return Some(Reason::WrongBranch),
        MovementType::ShiftEnd => return (place != Place::Own).then_some(Reason::NotYourShift),
        MovementType::SaleCash
        | MovementType::Change
        | MovementType::RefundCash
        | MovementType::TransferIn => false,
        MovementType::PaidIn | MovementType::FloatIn => place != Place::Own,
        MovementType::PaidOut
        | MovementType::Expense
        | MovementType::SafeDrop
        | MovementType::BankDrop
        | MovementType::TransferOut
        | MovementType::Over
        | MovementType::Short => place != Place::Own || !is_within,
        MovementType::Unspecified => unreachable!(),
    };
    needs_a_grant.then_some(Reason::ApprovalRequired)
}

fn r1() -> String {
    "R1".to_owned()
}

async fn balance(shop: &Shop) -> i64 {
    let request = pb::GetDrawerRequest { register_id: r1() };
    let drawer = shop.kassa.cash_register().get_drawer(request).await.unwrap().into_inner().drawer;
    drawer.unwrap().balance.unwrap().amount_minor
}

fn minor(amount_minor: i64) -> Option<pb::Money> {
    Some(pb::Money { amount_minor, ..Default::default() })
}

/// Counts R1 with a difference.
async fn count(shop: &Shop, kassa: &Kassa, by: i64, grant_ids: &[String]) -> Result<(), Error> {
    let request = pb::ReconcileRequest {
        register_id: r1(),
        counted: minor(balance(shop).await + by),
        reason: "the noon count".to_owned(),
        grant_ids: grant_ids.to_vec(),
        ..Default::default()
    };
    kassa.cash_register().reconcile(request).await.map(drop)
}

/// Sends cash from R1 to R2.
async fn send(kassa: &Kassa, amount: &str, grant_ids: &[String]) -> Result<String, Error> {
    let request = pb::TransferCashRequest {
        register_id: r1(),
        to_register_id: "R2".to_owned(),
        amount: Some(usd(amount)),
        grant_ids: grant_ids.to_vec(),
        ..Default::default()
    };
    let sent = kassa.cash_register().transfer_cash(request).await?.into_inner();
    Ok(sent.transfer.unwrap().transfer_id)
}

/// Puts cash into the drawer of R1, or takes it out.
async fn record(
    kassa: &Kassa,
    kind: MovementType,
    amount: &str,
    grant_ids: &[String],
) -> Result<String, Error> {
    let request = pb::RecordMovementRequest {
        register_id: r1(),
        r#type: kind.into(),
        amount: Some(usd(amount)),
        reason: "milk for the kitchen".to_owned(),
        grant_ids: grant_ids.to_vec(),
        ..Default::default()
    };
    let done = kassa.cash_register().record_movement(request).await?.into_inner();
    Ok(done.movement.unwrap().movement_id)
}

/// Tries a movement of the drawer of R1.
async fn attempt(
    shop: &Shop,
    kassa: &Kassa,
    kind: MovementType,
    amount: &str,
    grant_ids: &[String],
) -> Result<(), Error> {
    match kind {
        MovementType::SaleCash | MovementType::Change => {
            let sale = shop.sale("1 x bread, cash 20.00").await;
            let sale = pb::CompleteSaleRequest { register_id: r1(), ..sale };
            kassa.orders().complete_sale(sale).await.map(drop)
        }
        MovementType::RefundCash => {
            let sale = shop.sale("1 x bread, cash 2.00").await;
            let sale = pb::CompleteSaleRequest { register_id: r1(), ..sale };
            let sold = shop.kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();
            let back = shop.refund(&sold, "1 x bread, cash 2.00", "2.00");
            let back = pb::RefundSaleRequest { register_id: r1(), ..back };
            kassa.orders().refund_sale(back).await.map(drop)
        }
        MovementType::TransferIn => {
            let transfer_id = send(&shop.kassa, amount, &[]).await.unwrap();
            let receive = pb::ReceiveCashRequest { transfer_id, register_id: r1(), ..Default::default() };
            kassa.cash_register().receive_cash(receive).await.map(drop)
        }
        MovementType::TransferOut => send(kassa, amount, grant_ids).await.map(drop),
        MovementType::Over => count(shop, kassa, usd(amount).amount_minor, grant_ids).await,
        MovementType::Short => count(shop, kassa, -usd(amount).amount_minor, grant_ids).await,
        MovementType::ShiftEnd => {
            let end = pb::EndShiftRequest { register_id: r1(), ..Default::default() };
            kassa.shifts().end_shift(end).await.map(drop)
        }
        MovementType::PaidIn
        | MovementType::PaidOut
        | MovementType::Expense
        | MovementType::FloatIn
        | MovementType::SafeDrop
        | MovementType::BankDrop => record(kassa, kind, amount, grant_ids).await.map(drop),
        MovementType::Unspecified => unreachable!(),
    }
}

async fn limit(shop: &Shop, role: Role, most: &str) {
    let limits = pb::RoleLimits {
        role: role.into(),
        most_discount_percent: Some(pb::Decimal { value: "10".to_owned() }),
        most_paid_out: Some(usd(most)),
        most_variance: Some(usd(most)),
        most_drop: Some(usd(most)),
        ..Default::default()
    };
    let settings = pb::Settings { role_limits: vec![limits], ..Default::default() };
    shop.set(&["role_limits"], settings).await;
}

/// A shop with two registers, the supervisor amal, and somebody who stands where they try.
async fn somebody(role: Role, place: Place) -> (Shop, Kassa) {
    let shop = Shop::found().await;
    shop.register("R2").await;
    limit(&shop, Role::Cashier, "50.00").await;
    for (name, role) in [("amal", Role::Supervisor), ("hala", role), ("badr", Role::Cashier)] {
        shop.user(name, role).await;
    }
    let hala = shop.signed_in("hala", if place == Place::OtherRegister { "R2" } else { "R1" }).await;
    let owner = if place == Place::Own { hala.clone() } else { shop.signed_in("badr", "R1").await };
    let float = pb::OpenShiftRequest { opening_float: Some(usd("1000.00")), ..Default::default() };
    owner.shifts().open_shift(float).await.unwrap();
    (shop, hala)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_movement_is_its_shifts_owners_a_supervisors_or_takes_a_grant() {
    for role in [Role::Cashier, Role::Supervisor] {
        for place in [Place::Own, Place::Colleagues, Place::OtherRegister] {
            let (shop, kassa) = somebody(role, place).await;
            for kind in KINDS {
                for amount in AMOUNTS {
                    let what = format!("{kind:?} of {amount} by a {role:?} in {place:?}");
                    let right = expected(kind, role, place, amount == AMOUNTS[0]);
                    // What the attempt brings about by itself is in the drawer before.
                    let before = balance(&shop).await;
                    let refused = attempt(&shop, &kassa, kind, amount, &[]).await.err();
                    assert_eq!(refused.as_ref().and_then(Error::reason), right, "{what}: {refused:?}");
                    let Some(refused) = refused else { continue };
                    let preparation = match kind {
                        MovementType::TransferIn => -usd(amount).amount_minor,
                        MovementType::RefundCash => 2_00,
                        _ => 0,
                    };
                    assert_eq!(balance(&shop).await, before + preparation, "{what}");
                    if right == Some(Reason::ApprovalRequired) {
                        let grant = [approve(&kassa, asked(&refused)).await];
                        attempt(&shop, &kassa, kind, amount, &grant).await.unwrap();
                        let again = attempt(&shop, &kassa, kind, amount, &grant).await.unwrap_err();
                        assert_eq!(again.reason(), Some(Reason::ApprovalUsed), "{what}");
                    }
                }
            }
        }
    }
}

/// A grant of amal's for a movement of a register's drawer.
async fn grant(kassa: &Kassa, register_id: &str, kind: MovementType, amount: &str) -> String {
    let request = pb::GrantApprovalRequest {
        user_id: "amal".to_owned(),
        pin: PIN.to_owned(),
        action: pb::ApprovalAction::Drawer.into(),
        order_id: register_id.to_owned(),
        amount: Some(usd(amount)),
        movement_type: kind.into(),
        ..Default::default()
    };
    approve(kassa, request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashiers_count_that_differs_takes_a_grant_of_its_register_way_and_size_once() {
    let (shop, hala) = somebody(Role::Cashier, Place::Own).await;
    limit(&shop, Role::Cashier, "0").await;
    let movements = async || {
        let request = pb::ListMovementsRequest { register_id: r1(), page_size: 500, ..Default::default() };
        shop.kassa.cash_register().list_movements(request).await.unwrap().into_inner().movements
    };
    let before = movements().await;
    let refused = count(&shop, &hala, -1_000_00, &[]).await.unwrap_err();
    let wanted = asked(&refused);
    let r1_id = wanted.order_id.clone();
    assert_eq!(
        (wanted.action(), wanted.movement_type(), wanted.amount),
        (pb::ApprovalAction::Drawer, MovementType::Short, minor(1_000_00))
    );
    let r2_id = kassa_client::new_id();
    for (register, kind, amount) in [
        (&r2_id, MovementType::Short, "1000.00"),
        (&r1_id, MovementType::Over, "1000.00"),
        (&r1_id, MovementType::Short, "999.99"),
    ] {
        let bad = [grant(&hala, register, kind, amount).await];
        let refused = count(&shop, &hala, -1_000_00, &bad).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::ApprovalInvalid), "{kind:?} {amount}");
    }
    assert_eq!(movements().await, before, "nothing is left behind");
    count(&shop, &hala, 0, &[]).await.unwrap();
    let good = [grant(&hala, &r1_id, MovementType::Short, "1000.00").await];
    count(&shop, &hala, -1_000_00, &good).await.unwrap();
    assert_eq!(balance(&shop).await, 0);
    record(&hala, MovementType::PaidIn, "5.00", &[]).await.unwrap();
    let again = count(&shop, &hala, -1, &good).await.unwrap_err();
    assert_eq!(again.reason(), Some(Reason::ApprovalUsed));
    // At a close it is explained, and never refused.
    let cash =
        pb::TenderCount { r#type: pb::TenderType::Cash.into(), amount: minor(0), ..Default::default() };
    let close = pb::CloseShiftRequest {
        counts: vec![cash],
        reason: "the five are gone".to_owned(),
        ..Default::default()
    };
    hala.shifts().close_shift(close).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_counts_blind_is_not_told_what_to_have_approved() {
    let (shop, hala) = somebody(Role::Cashier, Place::Own).await;
    let settings = pb::Settings { blind_close: true, ..Default::default() };
    shop.set(&["blind_close"], settings).await;
    let mut told = Vec::new();
    for by in [-50_01, 50_01, 900_00] {
        let refused = count(&shop, &hala, by, &[]).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::ApprovalRequired));
        let names = ["amount_minor", "movement_type", "order_id"];
        told.push((
            refused.message().to_owned(),
            names.map(|name| refused.metadata(name).map(str::to_owned)),
        ));
    }
    assert!(told.iter().all(|it| it == &told[0]), "one tells as much as the other: {told:?}");
    let [amount, kind, register] = &told[0].1;
    assert_eq!((amount, kind), (&None, &None));
    let enough = [grant(&hala, register.as_deref().unwrap(), MovementType::Over, "60.00").await];
    count(&shop, &hala, -55_00, &enough).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_move_it_is_not_told_what_the_drawer_holds() {
    let (shop, hala) = somebody(Role::Cashier, Place::Colleagues).await;
    shop.set_coins(half_up(5)).await;
    for amount in ["20.00", "20.01", "1000.00", "1000.05", "5000.00"] {
        for kind in [MovementType::PaidOut, MovementType::SafeDrop, MovementType::TransferOut] {
            let refused = attempt(&shop, &hala, kind, amount, &[]).await.unwrap_err();
            assert_eq!(refused.reason(), Some(Reason::ApprovalRequired), "{kind:?} {amount}");
        }
    }
    // With the word for it they are.
    let refused = attempt(&shop, &hala, MovementType::SafeDrop, "1000.05", &[]).await.unwrap_err();
    let grant = [approve(&hala, asked(&refused)).await];
    let refused = attempt(&shop, &hala, MovementType::SafeDrop, "1000.05", &grant).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InsufficientCash));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_a_drop_that_they_may_not_make() {
    let (shop, hala) = somebody(Role::Cashier, Place::Own).await;
    let refused = record(&hala, MovementType::SafeDrop, "80.00", &[]).await.unwrap_err();
    let wanted = asked(&refused);
    let given = approve(&hala, wanted.clone()).await;
    limit(&shop, Role::Supervisor, "79.99").await;
    let late = record(&hala, MovementType::SafeDrop, "80.00", &[given]).await.unwrap_err();
    assert_eq!(late.reason(), Some(Reason::ApprovalInvalid));
    let refused = hala.access().grant_approval(wanted).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RoleRequired));
    let amal = shop.signed_in("amal", "R1").await;
    let refused = record(&amal, MovementType::BankDrop, "80.00", &[]).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalRequired));
    record(&amal, MovementType::BankDrop, "79.99", &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cashier_approves_what_is_moved_in_a_colleagues_drawer_themselves() {
    let (_shop, hala) = somebody(Role::Cashier, Place::Colleagues).await;
    for kind in [MovementType::PaidOut, MovementType::Expense, MovementType::PaidIn, MovementType::SafeDrop] {
        let refused = record(&hala, kind, "20.00", &[]).await.unwrap_err();
        let wanted = asked(&refused);
        assert_eq!((wanted.action(), wanted.movement_type()), (pb::ApprovalAction::Drawer, kind));
        for cashier in ["hala", "badr"] {
            let themselves = pb::GrantApprovalRequest { user_id: cashier.to_owned(), ..wanted.clone() };
            let refused = hala.access().grant_approval(themselves).await.unwrap_err();
            assert_eq!(refused.reason(), Some(Reason::RoleRequired), "{kind:?}");
        }
        // Within the limit of cashiers, so that each of them may give it: it is not of a colleague's drawer.
        let own = pb::GrantApprovalRequest {
            user_id: "hala".to_owned(),
            action: pb::ApprovalAction::PaidOut.into(),
            order_id: String::new(),
            movement_type: 0,
            ..wanted
        };
        let own = [approve(&hala, own).await];
        let refused = record(&hala, kind, "20.00", &own).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::ApprovalRequired), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drops_have_no_limit_at_first_and_a_client_that_knows_none_leaves_it() {
    let shop = Shop::found().await;
    let limits = async || {
        let settings = shop.kassa.admin().get_settings(pb::GetSettingsRequest::default()).await.unwrap();
        settings.into_inner().settings.unwrap().role_limits
    };
    let most = |limits: &[pb::RoleLimits]| -> Vec<i64> {
        limits.iter().map(|it| it.most_drop.as_ref().unwrap().amount_minor).collect()
    };
    assert_eq!(most(&limits().await), [1_000_000_000_000; 4]);
    limit(&shop, Role::Cashier, "50.00").await;
    let mut known = limits().await;
    known.iter_mut().for_each(|it| it.most_drop = None);
    let settings = pb::Settings { role_limits: known, ..Default::default() };
    shop.set(&["role_limits"], settings).await;
    assert_eq!(most(&limits().await)[0], 50_00);
}

fn cash(counted: &str) -> pb::TenderCount {
    let amount = Some(usd(counted));
    pb::TenderCount { r#type: pb::TenderType::Cash.into(), amount, ..Default::default() }
}

/// Counts the shift of R1 and closes it.
async fn close(
    kassa: &Kassa,
    counted: &str,
    reason: &str,
    grant_ids: &[String],
) -> Result<pb::CloseShiftResponse, Error> {
    let request = pb::CloseShiftRequest {
        register_id: r1(),
        counts: vec![cash(counted)],
        reason: reason.to_owned(),
        grant_ids: grant_ids.to_vec(),
        ..Default::default()
    };
    kassa.shifts().close_shift(request).await.map(kassa_client::Answer::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleagues_shift_is_counted_and_closed_with_a_grant_of_just_that_shift() {
    for (role, place) in [
        (Role::Cashier, Place::Own),
        (Role::Supervisor, Place::Colleagues),
        (Role::Supervisor, Place::OtherRegister),
    ] {
        let (_shop, kassa) = somebody(role, place).await;
        close(&kassa, "1000.00", "", &[]).await.unwrap();
    }
    let (shop, hala) = somebody(Role::Cashier, Place::OtherRegister).await;
    assert_eq!(close(&hala, "1000.00", "", &[]).await.unwrap_err().reason(), Some(Reason::WrongBranch));
    let hala = shop.signed_in("hala", "R1").await;
    let shift = async || {
        let current = pb::GetCurrentShiftRequest { register_id: r1() };
        shop.kassa.shifts().get_current_shift(current).await.unwrap().into_inner().shift.unwrap()
    };
    let badrs = shift().await;
    let refused = close(&hala, "900.00", "", &[]).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalRequired));
    let wanted = asked(&refused);
    assert_eq!((wanted.action(), &wanted.order_id), (pb::ApprovalAction::CloseShift, &badrs.shift_id));
    assert_eq!(shift().await, badrs, "whoever may not close it does not count it either");
    let other = pb::GrantApprovalRequest { order_id: kassa_client::new_id(), ..wanted.clone() };
    let other = [approve(&hala, other).await];
    let refused = close(&hala, "900.00", "", &other).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalInvalid));
    // A count that is refused is kept, and the grant is still good for the close.
    let grant = [approve(&hala, wanted.clone()).await];
    let refused = close(&hala, "900.00", "", &grant).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::VarianceReasonRequired));
    assert_eq!(shift().await.count_attempts, 1);
    let closed = close(&hala, "900.00", "a hundred is missing", &grant).await.unwrap().shift.unwrap();
    assert_eq!((closed.state(), &closed.shift_id), (pb::ShiftState::Closed, &badrs.shift_id));
    let again = close(&hala, "900.00", "a hundred is missing", &grant).await.unwrap_err();
    assert_eq!(again.reason(), Some(Reason::NoOpenShift));
    // By its id the first result comes again for whoever closed it, and for no other cashier.
    let same = |shift_id: &str| pb::CloseShiftRequest {
        shift_id: shift_id.to_owned(),
        counts: vec![cash("900.00")],
        reason: "a hundred is missing".to_owned(),
        ..Default::default()
    };
    let first = hala.shifts().close_shift(same(&closed.shift_id)).await.unwrap().into_inner().report.unwrap();
    assert_eq!(first.sequence, 1);
    shop.user("omar", Role::Cashier).await;
    let omar = shop.signed_in("omar", "R1").await;
    let refused = omar.shifts().close_shift(same(&closed.shift_id)).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ShiftClosed));
    let both = [&grant[..], &other].concat();
    shop.signed_in("badr", "R1").await.shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap();
    let next = close(&hala, "900.00", "", &both).await.unwrap_err();
    assert_eq!(next.reason(), Some(Reason::ApprovalInvalid), "it was for the last one");
    // A cashier approves no close, not even of their own shift for somebody else.
    let mut badr = asked(&close(&hala, "900.00", "", &[]).await.unwrap_err());
    badr.user_id = "badr".to_owned();
    let refused = hala.access().grant_approval(badr).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RoleRequired));
}
