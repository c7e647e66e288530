//! Every method of the table against everybody who may knock: who comes past the access layer is exactly
//! who the table names.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use kassa_client::{
    Reason,
    proto::v1::{self as pb, Role},
};
use kassa_integration_tests::{PIN, Shop};
use kassa_server::access::rpcs::{Access, RPCS, Rpc};

use crate::wire::{TOKEN, Wire};

/// A message of nothing, which every method takes and none can carry out to somebody's harm.
const NOTHING: pb::GetStatusRequest = pb::GetStatusRequest {};

const ROLES: [Role; 4] = [Role::Cashier, Role::Supervisor, Role::Admin, Role::Owner];

/// Somebody who knocks, and with what.
struct Knocking {
    who: String,
    token: Option<String>,
    /// Whether the table lets them in.
    comes_in: fn(Access, Role) -> bool,
    role: Role,
}

impl Knocking {
    fn stranger(who: &str, token: Option<String>) -> Self {
        let comes_in = |access, _| access == Access::Open;
        Self { who: who.to_owned(), token, comes_in, role: Role::Unspecified }
    }

    /// Knocks at a method, and says what the access layer answered.
    async fn knock(&self, wire: &Wire, rpc: &Rpc) -> Result<(), String> {
        let call = wire.call(rpc.path);
        let call = match &self.token {
            Some(token) => call.with(TOKEN, format!("Bearer {token}")),
            None => call.without(TOKEN),
        };
        let answer = call.send(&NOTHING).await;
        let refused = answer.header("kassa-error-reason").map(str::to_owned);
        let (past, should) = (
            !matches!(refused.as_deref(), Some("TOKEN_INVALID" | "ROLE_REQUIRED")),
            (self.comes_in)(rpc.access, self.role),
        );
        if past == should { Ok(()) } else { Err(format!("{} at {}: {refused:?}", self.who, rpc.path)) }
    }
}

/// Everybody, in a shop whose clock has made some sessions old.
async fn everybody(shop: &Shop) -> Vec<Knocking> {
    for role in ROLES {
        shop.user(role.as_str_name(), role).await;
    }
    let name = |role: Role| role.as_str_name();
    let mut all = vec![
        Knocking::stranger("nobody", None),
        Knocking::stranger("a wrong token", Some("0123456789abcdef".repeat(4))),
    ];
    let expired = shop.session(name(Role::Owner), "R1").await;
    shop.clock.advance(TimeDelta::hours(25));
    all.push(Knocking::stranger("a session that is over", Some(expired)));

    let ended = shop.session(name(Role::Owner), "R1").await;
    shop.with_token(&ended).access().sign_out(pb::SignOutRequest {}).await.unwrap();
    all.push(Knocking::stranger("a session that was ended", Some(ended)));

    let revoked = shop.pair("R1").await;
    let request = pb::SignInRequest { user_id: name(Role::Owner).to_owned(), pin: PIN.to_owned() };
    let of_revoked = shop.with_token(&revoked.token).access().sign_in(request).await.unwrap();
    let terminal_id = revoked.terminal_id;
    shop.kassa.admin().revoke_terminal(pb::RevokeTerminalRequest { terminal_id }).await.unwrap();
    all.push(Knocking::stranger("a revoked terminal", Some(revoked.token)));
    all.push(Knocking::stranger("a session on a revoked terminal", Some(of_revoked.into_inner().token)));

    all.push(Knocking {
        who: "a terminal without a user".to_owned(),
        token: Some(shop.pair("R1").await.token),
        comes_in: |access, _| matches!(access, Access::Open | Access::Terminal),
        role: Role::Unspecified,
    });
    for role in ROLES {
        all.push(Knocking {
            who: name(role).to_owned(),
            token: Some(shop.session(name(role), "R1").await),
            comes_in: |access, role| match access {
                Access::Open | Access::Terminal => true,
                Access::From(lowest) => role >= lowest,
            },
            role,
        });
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_those_come_in_whom_the_table_names() {
    let shop = Shop::found().await;
    let everybody = everybody(&shop).await;
    let wire = Wire::to(&shop);
    let (mut knocks, mut wrong) = (0, Vec::new());
    // Signing out would end the session that knocks next: it is the last.
    let (last, first): (Vec<&Rpc>, Vec<&Rpc>) = RPCS
        .iter()
        .filter(|rpc| rpc.path.starts_with("/kassa."))
        .partition(|rpc| rpc.path.ends_with("/SignOut"));
    for rpc in first.into_iter().chain(last) {
        for knocking in &everybody {
            knocks += 1;
            wrong.extend(knocking.knock(&wire, rpc).await.err());
        }
    }
    assert!(wrong.is_empty(), "{} of {knocks} knocks: {wrong:#?}", wrong.len());
    assert!(knocks >= 11 * 38, "{knocks}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_token_is_told_as_what_it_is() {
    let shop = Shop::found().await;
    let wire = Wire::to(&shop);
    let mut reasons = BTreeSet::new();
    for knocking in everybody(&shop).await {
        let call = wire.call("Admin/PutSettings");
        let call = match knocking.token {
            Some(token) => call.with(TOKEN, format!("Bearer {token}")),
            None => call.without(TOKEN),
        };
        let refusal = call.send(&NOTHING).await.refusal();
        let stranger = knocking.role == Role::Unspecified && !knocking.who.contains("without a user");
        let right = match knocking.role {
            _ if stranger => Reason::TokenInvalid,
            Role::Admin | Role::Owner => Reason::InvalidField,
            _ => Reason::RoleRequired,
        };
        assert_eq!(refusal.reason, right, "{}", knocking.who);
        reasons.insert(refusal.reason);
    }
    assert_eq!(reasons.len(), 3);
}
