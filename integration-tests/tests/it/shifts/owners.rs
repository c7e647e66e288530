//! Whose shift it is: handing over, and who may do what to it.

use kassa_client::{
    Kassa, Reason,
    proto::v1::{self as pb, Role},
};
use kassa_integration_tests::{Shop, usd};

use super::{cash_count, current, open_with};

fn to(user: &str) -> pb::HandOverShiftRequest {
    pb::HandOverShiftRequest { to_user_id: user.to_owned(), ..Default::default() }
}

/// Two cashiers and a supervisor; amal has the shift on R1.
async fn shop() -> (Shop, Kassa) {
    let shop = Shop::found().await;
    shop.register("R2").await;
    for (name, role) in [("amal", Role::Cashier), ("badr", Role::Cashier), ("dana", Role::Supervisor)] {
        shop.user(name, role).await;
    }
    let amal = shop.signed_in("amal", "R1").await;
    open_with(&amal, "", "100.00").await;
    (shop, amal)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_and_supervisors_do_something_to_a_shift() {
    let (shop, amal) = shop().await;
    let badr = shop.signed_in("badr", "R1").await;
    let close = || pb::CloseShiftRequest { counts: vec![cash_count("100.00")], ..Default::default() };
    let refusals = [
        badr.shifts().record_activity(Default::default()).await.unwrap_err(),
        badr.shifts().hand_over_shift(to("badr")).await.unwrap_err(),
        badr.shifts().end_shift(Default::default()).await.unwrap_err(),
    ];
    for refused in refusals {
        assert_eq!(refused.reason(), Some(Reason::NotYourShift), "{refused}");
    }
    let refused = badr.shifts().close_shift(close()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ApprovalRequired), "{refused}");
    let shift = current(&amal).await;
    let force = pb::ForceCloseShiftRequest {
        shift_id: shift.shift_id,
        expected_version: shift.version,
        reason: "now".to_owned(),
        ..Default::default()
    };
    let refused = amal.shifts().force_close_shift(force).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RoleRequired), "not even the owner of it");

    amal.shifts().record_activity(Default::default()).await.unwrap();
    let dana = shop.signed_in("dana", "R1").await;
    dana.shifts().record_activity(Default::default()).await.unwrap();
    dana.shifts().hand_over_shift(to("badr")).await.unwrap();
    let refused = amal.shifts().end_shift(Default::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::NotYourShift), "it is badr's now");
    badr.shifts().close_shift(close()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_counts_the_drawer_and_leaves_each_sale_its_owner() {
    let (shop, amal) = shop().await;
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let first = amal.orders().complete_sale(sale.clone()).await.unwrap().into_inner().order.unwrap();
    let request = pb::HandOverShiftRequest { counted_cash: Some(usd("101.50")), ..to("badr") };
    let handed = amal.shifts().hand_over_shift(request).await.unwrap().into_inner().shift.unwrap();
    assert_ne!((&handed.user_id, handed.version), (&handed.opened_by_user_id, 1));
    assert_eq!(shop.in_the_drawer().await, 101_50, "the fifty cents are short in her time");
    let badr = shop.signed_in("badr", "R1").await;
    let second = badr.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();
    assert_eq!((&first.user_id, &second.user_id), (&handed.opened_by_user_id, &handed.user_id));
    for (user, reason) in [("nobody", Reason::UserNotFound), ("badr", Reason::InvalidField)] {
        let refused = badr.shifts().hand_over_shift(to(user)).await.unwrap_err();
        assert_eq!(refused.reason(), Some(reason), "{user}");
    }
    let stale = pb::HandOverShiftRequest { expected_version: 1, ..to("amal") };
    let refused = badr.shifts().hand_over_shift(stale).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::VersionMismatch));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_and_an_opening_at_once_leave_a_user_one_open_shift() {
    let (shop, amal) = shop().await;
    let badr = shop.signed_in("badr", "R2").await;
    let dana = shop.signed_in("dana", "R2").await;
    for round in 0..5 {
        let (handed, opened) = tokio::join!(
            amal.shifts().hand_over_shift(to("badr")).into_future(),
            badr.shifts().open_shift(pb::OpenShiftRequest::default()).into_future(),
        );
        let refused = match (&handed, &opened) {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused.reason(),
            both => panic!("round {round}: {both:?}"),
        };
        assert_eq!(refused, Some(Reason::UserHasOpenShift), "round {round}");
        // Back to where it was: amal on R1, nobody on R2. From there a supervisor alone may do it.
        if handed.is_ok() {
            dana.shifts()
                .hand_over_shift(pb::HandOverShiftRequest { register_id: "R1".to_owned(), ..to("amal") })
                .await
                .unwrap();
        } else {
            let close = pb::CloseShiftRequest { counts: vec![cash_count("0")], ..Default::default() };
            badr.shifts().close_shift(close).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_is_handed_only_to_somebody_who_may_work_in_its_branch() {
    let (shop, amal) = shop().await;
    shop.branch("B2").await;
    for (branch, refused) in [("B2", Some(Reason::WrongBranch)), ("B1", None)] {
        let (name, branch_id) = ("badr".to_owned(), branch.to_owned());
        let users = vec![pb::User { name, branch_id, role: Role::Cashier.into(), ..Default::default() }];
        shop.kassa.admin().put_users(pb::PutUsersRequest { users }).await.unwrap();
        let handed = amal.shifts().hand_over_shift(to("badr")).await;
        assert_eq!(handed.err().and_then(|it| it.reason()), refused, "{branch}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_closes_and_hands_over_at_the_register_and_a_supervisor_anywhere() {
    let (shop, amal) = shop().await;
    shop.register("R2").await;
    let shift_id = current(&amal).await.shift_id;
    let close = || pb::CloseShiftRequest {
        shift_id: shift_id.clone(),
        counts: vec![cash_count("100.00")],
        ..Default::default()
    };
    let away = shop.signed_in("amal", "R2").await;
    let handed = pb::HandOverShiftRequest { shift_id: shift_id.clone(), ..to("badr") };
    let ended = pb::EndShiftRequest { shift_id: shift_id.clone(), ..Default::default() };
    for refused in [
        away.shifts().close_shift(close()).await.unwrap_err(),
        away.shifts().hand_over_shift(handed).await.unwrap_err(),
        away.shifts().end_shift(ended).await.unwrap_err(),
    ] {
        assert_eq!(refused.reason(), Some(Reason::WrongBranch), "{refused}");
    }
    shop.signed_in("dana", "R2").await.shifts().close_shift(close()).await.unwrap();
}
