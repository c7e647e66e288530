//! People, their terminals, and when they come and go.

use chrono::TimeDelta;
use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{PIN, Shop};
use kassa_server::clock::Clock as _;

/// A second branch with a register, people who come and change, terminals that come and go.
pub async fn employ(shop: &Shop) {
    shop.clock.advance(TimeDelta::seconds(31));
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    let register = shop.register("R3").await;
    let registers = vec![pb::Register { name: "By the door".to_owned(), ..register }];
    shop.kassa.admin().put_registers(pb::PutRegistersRequest { registers }).await.unwrap();
    let branches =
        vec![pb::Branch { code: "B1".to_owned(), name: "Harbour".to_owned(), ..Default::default() }];
    shop.kassa.admin().put_branches(pb::PutBranchesRequest { branches }).await.unwrap();
    let amal = shop.user("amal", pb::Role::Cashier).await;
    shop.user("ziad", pb::Role::Supervisor).await;
    let left = pb::User {
        active: Some(false),
        display_name: "Amal H.".to_owned(),
        branch_id: "B2".to_owned(),
        ..amal
    };
    shop.kassa.admin().put_users(pb::PutUsersRequest { users: vec![left] }).await.unwrap();
    shop.clock.advance(TimeDelta::seconds(17));
    shop.pair("R2").await;
    let terminal_id = shop.pair("R3").await.terminal_id;
    shop.kassa.admin().revoke_terminal(pb::RevokeTerminalRequest { terminal_id }).await.unwrap();
    come_and_go(shop).await;
    let unused = pb::CreatePairingCodeRequest { terminal_name: "Nobody".to_owned(), ..Default::default() };
    shop.kassa.admin().create_pairing_code(unused).await.unwrap();
}

/// Sessions that end in every way, one that goes on, wrong PINs that are forgiven and ones that are not.
async fn come_and_go(shop: &Shop) {
    let terminal = shop.terminal("R3").await;
    shop.set_pin("owner", PIN).await;
    let wrong = |name: &str| {
        terminal.access().sign_in(pb::SignInRequest { user_id: name.to_owned(), pin: "480214".to_owned() })
    };
    for name in ["ziad", "ziad", "ziad", "owner"] {
        shop.clock.advance(TimeDelta::seconds(1));
        wrong(name).await.unwrap_err();
    }
    let unlock = pb::UnlockUserRequest { user_id: "ziad".to_owned() };
    shop.kassa.access().unlock_user(unlock).await.unwrap();
    shop.sign_in(&terminal, "ziad").await.unwrap();
    shop.clock.advance(TimeDelta::minutes(3));
    shop.sign_in(&terminal, "owner").await.unwrap();
    terminal.access().sign_out(pb::SignOutRequest {}).await.unwrap();
    shop.sign_in(&terminal, "ziad").await.unwrap();
    shop.user("nur", pb::Role::Cashier).await;
    for _ in 0..3 {
        wrong("nur").await.unwrap_err();
    }
}

/// Attendance: of somebody who came and left, of somebody who forgot to say so, and of somebody who is in.
pub async fn come_to_work(shop: &Shop) {
    let people = shop.kassa.shifts();
    let of = |name: &str| pb::ClockInRequest { user_id: name.to_owned(), ..Default::default() };
    people.clock_in(pb::ClockInRequest { note: "for ziad".to_owned(), ..of("hala") }).await.unwrap();
    let forgotten = shop.clock.now().timestamp();
    shop.clock.advance(TimeDelta::minutes(2));
    let reason = "forgot it".to_owned();
    let clock_out_time = Some(prost_types::Timestamp { seconds: forgotten + 60, nanos: 0 });
    let forgot = pb::ClockOutRequest { user_id: "hala".to_owned(), clock_out_time, reason };
    people.clock_out(forgot).await.unwrap();
    people.clock_in(of("")).await.unwrap();
    shop.clock.advance(TimeDelta::minutes(1));
    let reason = "bread for the neighbours".to_owned();
    people.clock_out(pb::ClockOutRequest { reason, ..Default::default() }).await.unwrap();
    people.clock_in(of("salma")).await.unwrap();
}
