//! Branches, registers, users, terminals.

use chrono::TimeDelta;
use kassa_client::{
    Code, Reason,
    proto::v1::{self as pb, Role},
};
use kassa_integration_tests::Shop;

fn reason<T: std::fmt::Debug>(refused: Result<T, kassa_client::Error>) -> Option<Reason> {
    refused.unwrap_err().reason()
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_registers_and_users_are_put_listed_and_read() {
    let shop = Shop::found().await;
    // Lists are in the order of time.
    shop.clock.advance(TimeDelta::seconds(1));
    shop.branch("B2").await;
    let till = shop.register_in("B2", "R2").await;
    assert_eq!((till.branch_code.as_str(), till.version), ("B2", 1));
    shop.register("R3").await;
    let amal = shop.user("Amal", Role::Cashier).await;

    let admin = shop.kassa.admin();
    let branches =
        admin.list_branches(pb::ListBranchesRequest::default()).await.unwrap().into_inner().branches;
    assert_eq!(branches.iter().map(|branch| branch.code.as_str()).collect::<Vec<_>>(), ["B1", "B2"]);
    let codes = async |branch: &str| -> Vec<String> {
        let request = pb::ListRegistersRequest { branch_id: branch.to_owned(), ..Default::default() };
        let listed = admin.list_registers(request).await.unwrap().into_inner().registers;
        listed.into_iter().map(|register| register.code).collect()
    };
    assert_eq!(
        (codes("").await, codes("B2").await),
        (vec!["R1".to_owned(), "R3".to_owned()], vec!["R2".to_owned()])
    );
    let read = admin.get_register(pb::GetRegisterRequest { register_id: "R2".to_owned() }).await.unwrap();
    assert_eq!(read.into_inner().register, Some(till));
    let read = admin.get_branch(pb::GetBranchRequest::default()).await.unwrap().into_inner();
    assert_eq!(read.branch.unwrap().code, "B1");
    for named in ["AMAL", amal.user_id.as_str()] {
        let read = admin.get_user(pb::GetUserRequest { user_id: named.to_owned() }).await.unwrap();
        assert_eq!(read.into_inner().user, Some(amal.clone()), "{named}");
    }
    // One by one, and none twice.
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let page =
            admin.list_users(pb::ListUsersRequest { page_size: 1, page_token }).await.unwrap().into_inner();
        names.extend(page.users.into_iter().map(|user| user.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["owner", "amal"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_makes_no_second_register_and_a_version_that_is_old_changes_nothing() {
    let shop = Shop::found().await;
    let put = |name: &str, version| {
        let register =
            pb::Register { code: "R2".to_owned(), name: name.to_owned(), version, ..Default::default() };
        shop.kassa.admin().put_registers(pb::PutRegistersRequest { registers: vec![register] })
    };
    let first = put("Door", 0).key("the-door").await.unwrap();
    let again = put("Door", 0).key("the-door").await.unwrap();
    assert!(again.replayed() && !first.replayed());
    assert_eq!(first.into_inner(), again.into_inner());
    let (one, other) = tokio::join!(put("Window", 1).into_future(), put("Wall", 1).into_future());
    let refused = [one.err(), other.err()].into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(refused.len(), 1, "of two that change the same version one is refused");
    assert_eq!((refused[0].reason(), refused[0].code()), (Some(Reason::VersionMismatch), Code::Aborted));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_is_refused_by_its_name() {
    let shop = Shop::found().await;
    let admin = shop.kassa.admin();
    let user = |role: Role| pb::User { name: "owner".to_owned(), role: role.into(), ..Default::default() };
    let put = |user| admin.put_users(pb::PutUsersRequest { users: vec![user] });
    assert_eq!(reason(put(user(Role::Cashier)).await), Some(Reason::OwnerRequired));
    assert_eq!(
        reason(put(pb::User { active: Some(false), ..user(Role::Owner) }).await),
        Some(Reason::OwnerRequired)
    );
    let nobody = pb::GetUserRequest { user_id: "nobody".to_owned() };
    assert_eq!(reason(admin.get_user(nobody).await), Some(Reason::UserNotFound));
    assert_eq!(reason(admin.get_user(pb::GetUserRequest::default()).await), Some(Reason::InvalidField));
    let elsewhere = pb::GetBranchRequest { branch_id: "B9".to_owned() };
    assert_eq!(reason(admin.get_branch(elsewhere).await), Some(Reason::BranchNotFound));
    let many =
        (0..101).map(|number| pb::Branch { code: format!("X{number}"), ..Default::default() }).collect();
    assert_eq!(
        reason(admin.put_branches(pb::PutBranchesRequest { branches: many }).await),
        Some(Reason::InvalidField)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_is_paired_with_a_code_once_and_knows_where_it_stands() {
    let shop = Shop::found().await;
    shop.register("R2").await;
    let request =
        pb::CreatePairingCodeRequest { register_id: "R2".to_owned(), terminal_name: "Door".to_owned() };
    let code = shop.kassa.admin().create_pairing_code(request).await.unwrap().into_inner().code;
    let pair = |code: &str| {
        shop.without_token().access().pair_terminal(pb::PairTerminalRequest { code: code.to_owned() })
    };
    let paired = pair(&code.to_lowercase()).await.unwrap().into_inner();
    assert_eq!((paired.terminal_name.as_str(), paired.register_code.as_str()), ("Door", "R2"));
    assert!(!format!("{paired:?}").contains(&paired.token), "a token is never shown");
    assert_eq!(reason(pair(&code).await), Some(Reason::PairingCodeInvalid));

    let terminal = shop.with_token(&paired.token);
    let me = terminal.access().who_am_i(pb::WhoAmIRequest::default()).await.unwrap();
    assert_eq!((me.terminal_name.as_str(), me.user_id.as_str(), me.role()), ("Door", "", Role::Unspecified));
    // Nobody is signed in: nothing else is allowed.
    let status = terminal.admin().get_status(pb::GetStatusRequest::default()).await.unwrap_err();
    assert_eq!((status.reason(), status.code()), (Some(Reason::RoleRequired), Code::PermissionDenied));
    // Neither the code nor the token is in the database or the logs.
    for file in [shop.database(), shop.database().with_extension("db-wal")] {
        let bytes = std::fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            !text.contains(&paired.token) && !text.contains(&code) && !text.contains(&code.replace('-', ""))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_pairs_one_of_ten_terminals_that_try_it_at_once() {
    let shop = Shop::found().await;
    let request = pb::CreatePairingCodeRequest { terminal_name: "Door".to_owned(), ..Default::default() };
    let code = shop.kassa.admin().create_pairing_code(request).await.unwrap().into_inner().code;
    let tries = (0..4).map(|_| {
        shop.without_token()
            .access()
            .pair_terminal(pb::PairTerminalRequest { code: code.clone() })
            .into_future()
    });
    let paired = futures_util::future::join_all(tries).await;
    assert_eq!(paired.iter().filter(|paired| paired.is_ok()).count(), 1);
    let listed = shop.kassa.admin().list_terminals(pb::ListTerminalsRequest::default()).await.unwrap();
    assert_eq!(listed.terminals.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_for_ten_minutes_and_wrong_ones_make_everybody_wait() {
    let shop = Shop::found().await;
    let request = || pb::CreatePairingCodeRequest { terminal_name: "Door".to_owned(), ..Default::default() };
    let code = async || shop.kassa.admin().create_pairing_code(request()).await.unwrap().into_inner().code;
    let pair = async |code: &str| {
        let request = pb::PairTerminalRequest { code: code.to_owned() };
        shop.without_token().access().pair_terminal(request).await
    };
    let old = code().await;
    shop.clock.advance(TimeDelta::minutes(10));
    assert_eq!(reason(pair(&old).await), Some(Reason::PairingCodeInvalid));
    let good = code().await;
    for _ in 0..5 {
        assert_eq!(reason(pair("2222-2222").await), Some(Reason::PairingCodeInvalid));
    }
    let delayed = pair(&good).await.unwrap_err();
    assert_eq!((delayed.reason(), delayed.code()), (Some(Reason::PairingDelayed), Code::ResourceExhausted));
    assert!(delayed.retry_after().is_some_and(|pause| !pause.is_zero()));
    shop.clock.advance(TimeDelta::seconds(1));
    pair(&good).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_terminal_is_out_at_once_and_stays_out_after_a_restart() {
    let mut shop = Shop::found().await;
    let paired = shop.pair("R1").await;
    let terminal = shop.with_token(&paired.token);
    terminal.access().who_am_i(pb::WhoAmIRequest::default()).await.unwrap();
    let revoke = |terminal_id: &str| {
        shop.kassa.admin().revoke_terminal(pb::RevokeTerminalRequest { terminal_id: terminal_id.to_owned() })
    };
    let revoked = revoke(&paired.terminal_id).await.unwrap().into_inner().terminal.unwrap();
    assert!(revoked.revoke_time.is_some());
    assert_eq!(
        reason(terminal.access().who_am_i(pb::WhoAmIRequest::default()).await),
        Some(Reason::TokenInvalid)
    );
    // Again is no harm, and the local terminal is never revoked.
    assert_eq!(revoke(&paired.terminal_id).await.unwrap().into_inner().terminal, Some(revoked));
    let me = shop.kassa.access().who_am_i(pb::WhoAmIRequest::default()).await.unwrap().into_inner();
    assert_eq!(reason(revoke(&me.terminal_id).await), Some(Reason::InvalidField));
    assert_eq!(reason(revoke(&kassa_client::new_id()).await), Some(Reason::TerminalNotFound));
    let live = shop.kassa.admin().list_terminals(pb::ListTerminalsRequest::default()).await.unwrap();
    assert_eq!(live.terminals.iter().map(|terminal| terminal.name.as_str()).collect::<Vec<_>>(), ["local"]);
    let all = pb::ListTerminalsRequest { include_revoked: true, ..Default::default() };
    assert_eq!(shop.kassa.admin().list_terminals(all).await.unwrap().terminals.len(), 2);
    shop.restart().await;
    let terminal = shop.with_token(&paired.token);
    assert_eq!(
        reason(terminal.access().who_am_i(pb::WhoAmIRequest::default()).await),
        Some(Reason::TokenInvalid)
    );
}
