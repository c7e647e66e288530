//! Branches, registers, users, terminals.

use chrono::TimeDelta;
use kassa_client::{
    Code, Reason,
    proto::v1::{self as pb, Role},
};
use kassa_integration_tests::{PIN, Shop};

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

async fn me(kassa: &kassa_client::Kassa) -> Result<pb::WhoAmIResponse, kassa_client::Error> {
    kassa.access().who_am_i(pb::WhoAmIRequest::default()).await.map(kassa_client::Answer::into_inner)
}

fn typed(user: &str, pin: &str) -> pb::SignInRequest {
    pb::SignInRequest { user_id: user.to_owned(), pin: pin.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_signs_in_sells_as_herself_and_signs_out() {
    let shop = Shop::found().await;
    shop.register("R2").await;
    let amal = shop.user("amal", Role::Cashier).await;
    let terminal = shop.terminal("R2").await;
    let session = terminal.access().sign_in(typed("Amal", PIN)).await.unwrap().into_inner();
    assert!(!format!("{session:?}").contains(&session.token), "a token is never shown");
    let till = shop.with_token(&session.token);
    let who = me(&till).await.unwrap();
    assert_eq!(
        (who.user_name.as_str(), who.role(), who.register_code.as_str()),
        ("amal", Role::Cashier, "R2")
    );
    assert_eq!(who.session_expire_time, session.expire_time);

    till.shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap();
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let sold = till.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();
    assert_eq!((sold.user_id, sold.receipt_number.as_str()), (amal.user_id, "INV-202611-R2-000001"));

    till.access().sign_out(pb::SignOutRequest {}).await.unwrap();
    assert_eq!(me(&till).await.unwrap_err().reason(), Some(Reason::TokenInvalid));
    // The terminal is still one, and signing out again is no harm.
    assert_eq!(me(&terminal).await.unwrap().user_id, "");
    terminal.access().sign_out(pb::SignOutRequest {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_the_next_one_the_users_leaving_a_new_pin_or_its_terminal() {
    let shop = Shop::found().await;
    for name in ["amal", "ziad"] {
        shop.user(name, Role::Cashier).await;
    }
    let paired = shop.pair("R1").await;
    let terminal = shop.with_token(&paired.token);
    let gone = async |session: &kassa_client::Kassa, why: &str| {
        assert_eq!(me(session).await.unwrap_err().reason(), Some(Reason::TokenInvalid), "{why}");
    };
    let first = shop.sign_in(&terminal, "amal").await.unwrap();
    let second = shop.sign_in(&terminal, "ziad").await.unwrap();
    gone(&first, "somebody else signed in").await;
    // A role is not the session's: it is read anew.
    shop.kassa.admin().put_users(users("ziad", Role::Supervisor, None)).await.unwrap();
    assert_eq!(me(&second).await.unwrap().role(), Role::Supervisor);
    shop.set_pin("ziad", "908172").await;
    gone(&second, "an admin set another PIN").await;
    shop.set_pin("ziad", PIN).await;
    let third = shop.sign_in(&terminal, "ziad").await.unwrap();
    shop.kassa.admin().put_users(users("ziad", Role::Supervisor, Some(false))).await.unwrap();
    gone(&third, "who left is out").await;
    shop.kassa.admin().put_users(users("ziad", Role::Supervisor, Some(true))).await.unwrap();
    gone(&third, "and stays out").await;
    let fourth = shop.sign_in(&terminal, "ziad").await.unwrap();
    let request = pb::RevokeTerminalRequest { terminal_id: paired.terminal_id };
    shop.kassa.admin().revoke_terminal(request).await.unwrap();
    gone(&fourth, "the terminal was revoked").await;
    gone(&terminal, "the terminal was revoked").await;
}

fn users(name: &str, role: Role, active: Option<bool>) -> pb::PutUsersRequest {
    let user = pb::User { name: name.to_owned(), role: role.into(), active, ..Default::default() };
    pb::PutUsersRequest { users: vec![user] }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_over_after_twelve_hours_unused_and_after_a_day_in_any_case() {
    let mut shop = Shop::found().await;
    shop.user("amal", Role::Cashier).await;
    let terminal = shop.terminal("R1").await;
    let used = shop.sign_in(&terminal, "amal").await.unwrap();
    for hours in [11, 11] {
        shop.clock.advance(TimeDelta::hours(hours));
        me(&used).await.unwrap();
    }
    shop.clock.advance(TimeDelta::hours(2));
    assert_eq!(me(&used).await.unwrap_err().reason(), Some(Reason::TokenInvalid), "a day");
    let unused = shop.sign_in(&terminal, "amal").await.unwrap();
    shop.clock.advance(TimeDelta::hours(12));
    assert_eq!(me(&unused).await.unwrap_err().reason(), Some(Reason::TokenInvalid), "twelve hours");
    let request = typed("amal", PIN);
    let token = terminal.access().sign_in(request).await.unwrap().into_inner().token;
    shop.restart().await;
    me(&shop.with_token(&token)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pins_make_one_user_wait_across_restarts_and_nobody_else() {
    let mut shop = Shop::found().await;
    for (name, role) in [("amal", Role::Cashier), ("ziad", Role::Supervisor)] {
        shop.user(name, role).await;
    }
    let token = shop.pair("R1").await.token;
    let sign_in = async |shop: &Shop, user: &str, pin: &str| {
        shop.with_token(&token).access().sign_in(typed(user, pin)).await
    };
    // Ten at once count one after the other: the fourth is not even looked at.
    let tries = (0..10).map(|number| {
        let terminal = shop.with_token(&token);
        let pin = format!("48021{}", if number == 3 { 4 } else { number });
        async move { terminal.access().sign_in(typed("amal", &pin)).await.unwrap_err() }
    });
    let refused = futures_util::future::join_all(tries).await;
    let wrong = refused.iter().filter(|error| error.reason() == Some(Reason::PinWrong)).count();
    assert_eq!(wrong, 3, "{refused:?}");
    let delayed = sign_in(&shop, "amal", PIN).await.unwrap_err();
    assert_eq!((delayed.reason(), delayed.code()), (Some(Reason::PinDelayed), Code::ResourceExhausted));
    assert_eq!(delayed.retry_after(), Some(std::time::Duration::from_secs(30)));
    shop.restart().await;
    assert_eq!(reason(sign_in(&shop, "amal", PIN).await), Some(Reason::PinDelayed));
    let supervisor = sign_in(&shop, "ziad", PIN).await.unwrap().into_inner();
    let supervisor = shop.with_token(&supervisor.token);
    let unlock = |user: &str| pb::UnlockUserRequest { user_id: user.to_owned() };
    let unlocked = supervisor.access().unlock_user(unlock("amal")).await.unwrap();
    assert_eq!(unlocked.forgiven_count, 3);
    assert_eq!(reason(supervisor.access().unlock_user(unlock("owner")).await), Some(Reason::RoleRequired));
    sign_in(&shop, "amal", PIN).await.unwrap();
    for _ in 0..3 {
        assert_eq!(reason(sign_in(&shop, "amal", "000001").await), Some(Reason::PinWrong));
    }
    shop.clock.advance(TimeDelta::seconds(30));
    sign_in(&shop, "amal", PIN).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_can_not_sign_in_is_told_why() {
    let shop = Shop::found().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("amal", Role::Cashier).await;
    shop.kassa.admin().put_users(users("new", Role::Cashier, None)).await.unwrap();
    let terminal = shop.terminal("R2").await;
    let refused = async |user: &str, pin: &str| reason(terminal.access().sign_in(typed(user, pin)).await);
    assert_eq!(refused("nobody", PIN).await, Some(Reason::UserNotFound));
    assert_eq!(refused("", PIN).await, Some(Reason::InvalidField));
    assert_eq!(refused("amal", "12").await, Some(Reason::InvalidField));
    assert_eq!(refused("new", PIN).await, Some(Reason::PinNotSet));
    let home = pb::User {
        name: "amal".to_owned(),
        role: Role::Cashier.into(),
        branch_id: "B1".to_owned(),
        ..Default::default()
    };
    shop.kassa.admin().put_users(pb::PutUsersRequest { users: vec![home] }).await.unwrap();
    assert_eq!(refused("amal", PIN).await, Some(Reason::WrongBranch));
    shop.kassa.admin().put_users(users("amal", Role::Cashier, Some(false))).await.unwrap();
    assert_eq!(refused("amal", PIN).await, Some(Reason::UserInactive));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_is_set_by_its_owner_with_the_old_one_and_by_admins_for_others() {
    let shop = Shop::found().await;
    for (name, role) in [("amal", Role::Cashier), ("huda", Role::Admin)] {
        shop.user(name, role).await;
    }
    let (amal, huda) = (shop.signed_in("amal", "R1").await, shop.signed_in("huda", "R1").await);
    let set = |kassa: &kassa_client::Kassa, user: &str, old: &str, new: &str| {
        let [user_id, old_pin, new_pin] = [user, old, new].map(str::to_owned);
        kassa.access().set_pin(pb::SetPinRequest { user_id, old_pin, new_pin })
    };
    assert_eq!(reason(set(&amal, "", "", "739184").await), Some(Reason::InvalidField));
    assert_eq!(reason(set(&amal, "", "000001", "739184").await), Some(Reason::PinWrong));
    for trivial in ["1111", "1234", "9876", "12", "12345678901234"] {
        assert_eq!(reason(set(&amal, "", PIN, trivial).await), Some(Reason::InvalidField), "{trivial}");
    }
    set(&amal, "", PIN, "739184").await.unwrap();
    me(&amal).await.unwrap();
    assert_eq!(reason(set(&amal, "huda", "", "739184").await), Some(Reason::RoleRequired));
    assert_eq!(reason(set(&huda, "owner", "", "739184").await), Some(Reason::RoleRequired));
    set(&huda, "amal", "", "555123").await.unwrap();
    assert_eq!(reason(me(&amal).await), Some(Reason::TokenInvalid));
    set(&shop.kassa, "", "", "739184").await.unwrap();
    let terminal = shop.terminal("R1").await;
    terminal.access().sign_in(typed("owner", "739184")).await.unwrap();
    // No PIN is anywhere in the database.
    for file in [shop.database(), shop.database().with_extension("db-wal")] {
        let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
        for pin in [PIN, "739184", "555123"] {
            assert!(!text.contains(pin), "{pin}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_name_other_branches_and_who_works_in_one_does_not() {
    let shop = Shop::found().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("huda", Role::Admin).await;
    shop.user("amal", Role::Supervisor).await;
    let till = shop.signed_in("amal", "R2").await;
    till.shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap();
    let sale = shop.sale("1 x bread, cash 2.00").await;
    till.orders().complete_sale(sale).await.unwrap();

    let there = |kassa: &kassa_client::Kassa| {
        let kassa = kassa.clone();
        async move {
            let orders = pb::ListOrdersRequest { branch_id: "B2".to_owned(), ..Default::default() };
            let orders = kassa.orders().list_orders(orders).await?.into_inner().orders.len();
            let drawer = pb::GetDrawerRequest { register_id: "R2".to_owned() };
            let drawer = kassa.cash_register().get_drawer(drawer).await?.into_inner().drawer.unwrap();
            let movements = pb::ListMovementsRequest { register_id: "R2".to_owned(), ..Default::default() };
            let movements =
                kassa.cash_register().list_movements(movements).await?.into_inner().movements.len();
            let shift = pb::GetCurrentShiftRequest { register_id: "R2".to_owned() };
            kassa.shifts().get_current_shift(shift).await?;
            Ok::<_, kassa_client::Error>((orders, drawer.balance.unwrap().amount_minor, movements))
        }
    };
    let huda = shop.signed_in("huda", "R1").await;
    assert_eq!(there(&huda).await.unwrap(), (1, 200, 1));
    assert_eq!(there(&shop.kassa).await.unwrap(), (1, 200, 1));
    assert_eq!(reason(there(&shop.signed_in("amal", "R1").await).await), Some(Reason::WrongBranch));
    let confined = pb::User {
        name: "huda".to_owned(),
        role: Role::Admin.into(),
        branch_id: "B1".to_owned(),
        ..Default::default()
    };
    shop.kassa.admin().put_users(pb::PutUsersRequest { users: vec![confined] }).await.unwrap();
    let huda = shop.signed_in("huda", "R1").await;
    assert_eq!(reason(there(&huda).await), Some(Reason::WrongBranch));
    // Goods are put on the shelves of a branch that is named, by those who may.
    let mut product = pb::Product { sku: "tea".to_owned(), name: "Tea".to_owned(), ..Default::default() };
    product.price = Some(pb::Money::default());
    let opening_stock = Some(pb::Decimal { value: "7".to_owned() });
    let put = pb::PutProductsRequest {
        branch_id: "B2".to_owned(),
        products: vec![pb::PutProduct { product: Some(product), opening_stock }],
        ..Default::default()
    };
    assert_eq!(reason(huda.catalog().put_products(put.clone()).await), Some(Reason::WrongBranch));
    shop.kassa.catalog().put_products(put).await.unwrap();
    assert_eq!(shop.on_the_shelf("tea").await, "0");
    let request = pb::GetProductRequest { sku: "tea".to_owned(), ..Default::default() };
    let there = till.catalog().get_product(request).await.unwrap();
    assert_eq!(there.into_inner().stock.unwrap().value, "7");
}
