//! Every method of the table against everybody who may knock: who comes past the access layer is exactly
//! who the table names.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use kassa_client::{
    Reason,
    proto::v1::{self as pb, Role},
};
use kassa_integration_tests::{PIN, Shop};
use kassa_server::rpcs::{Access, Branches, Rpc, rpcs};

use prost::Message as _;

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
        let call = wire.call(&rpc.path);
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
    let (last, first): (Vec<&Rpc>, Vec<&Rpc>) = rpcs()
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

/// Whose what a request changes is, as an admin sees it who works in B1 alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Own,
    Other,
    WholeShop,
}

/// A change that somebody tries.
struct Attempt {
    path: &'static str,
    target: Target,
    what: &'static str,
    message: Vec<u8>,
}

/// Changes of lower roles that reach no other branch: what they change is found by its id or number in the
/// terminal's own branch or at a register of it, is shared by all branches, or is on its way between two.
const OF_THE_OWN_BRANCH: [&str; 25] = [
    "Orders/CompleteSale",
    "Orders/RefundSale",
    "Orders/ExchangeSale",
    "Orders/VoidSale",
    "Orders/TakeOverDraft",
    "Orders/DiscardDraft",
    "Orders/PrintReceipt",
    "Shifts/HandOverShift",
    "Shifts/CloseShift",
    "Shifts/ForceCloseShift",
    "Shifts/ClockIn",
    "Shifts/ClockOut",
    "CashRegister/ReceiveCash",
    "Stock/PutStockLevels",
    "Customers/AnonymizeCustomer",
    "Purchases/PutPurchase",
    "Purchases/ApprovePurchase",
    "Purchases/CancelPurchase",
    "Stock/SendStock",
    "Stock/ReceiveStock",
    "Stock/AdjustStock",
    "Stock/StartStockCount",
    "Stock/EnterStockCount",
    "Stock/FinishStockCount",
    "Stock/CancelStockCount",
];

fn named(name: &str, role: Role, branch: &str) -> pb::User {
    let (name, branch_id) = (name.to_owned(), branch.to_owned());
    pb::User { name, branch_id, role: role.into(), ..Default::default() }
}

/// Everything that an admin might try in two branches: `users` are those of B1, of B2 and of all.
fn attempts(terminals: [String; 2], bilal: &pb::User) -> Vec<Attempt> {
    use Target::{Other, Own, WholeShop};
    let mut all = Vec::new();
    let mut add = |path, target, what, message: Vec<u8>| all.push(Attempt { path, target, what, message });

    let settings = |field: &str, settings: pb::Settings| {
        let update_mask = Some(prost_types::FieldMask { paths: vec![field.to_owned()] });
        pb::PutSettingsRequest { settings: Some(settings), update_mask }.encode_to_vec()
    };
    let named_shop = pb::Settings { name: "Hers".to_owned(), ..Default::default() };
    add("Admin/PutSettings", WholeShop, "the shop's name", settings("name", named_shop));
    let money = |minor| Some(pb::Money { amount_minor: minor, currency_code: "USD".to_owned() });
    let limits = pb::RoleLimits {
        role: Role::Cashier.into(),
        most_discount_percent: Some(pb::Decimal { value: "100".to_owned() }),
        most_paid_out: money(1_000_00),
        most_variance: money(1_000_00),
        ..Default::default()
    };
    let limits = pb::Settings { role_limits: vec![limits], ..Default::default() };
    add("Admin/PutSettings", WholeShop, "the limits of a role", settings("role_limits", limits));

    let maintenance = pb::SetMaintenanceRequest::default();
    add("Admin/SetMaintenance", WholeShop, "opening the books", maintenance.encode_to_vec());
    add("Backups/CreateBackup", WholeShop, "a backup", Vec::new());
    let restore = pb::RestoreBackupRequest { name: "kassa-0001".to_owned(), dry_run: true };
    add("Backups/RestoreBackup", WholeShop, "a restore", restore.encode_to_vec());

    let branch = |code: &str| {
        let (code, name) = (code.to_owned(), "Renamed".to_owned());
        let branches = vec![pb::Branch { code, name, ..Default::default() }];
        pb::PutBranchesRequest { branches }.encode_to_vec()
    };
    add("Admin/PutBranches", Own, "her branch", branch("B1"));
    add("Admin/PutBranches", Other, "another branch", branch("B2"));
    add("Admin/PutBranches", Other, "a new branch", branch("B3"));

    let register = |code: &str, branch: &str| {
        let (code, name, branch_id) = (code.to_owned(), "Renamed".to_owned(), branch.to_owned());
        let registers = vec![pb::Register { code, name, branch_id, ..Default::default() }];
        pb::PutRegistersRequest { registers }.encode_to_vec()
    };
    add("Admin/PutRegisters", Own, "her register", register("R1", ""));
    add("Admin/PutRegisters", Own, "a new register here", register("R3", "B1"));
    add("Admin/PutRegisters", Other, "a register there", register("R2", ""));
    add("Admin/PutRegisters", Other, "a new register there", register("R4", "B2"));

    let user = |user: pb::User| pb::PutUsersRequest { users: vec![user] }.encode_to_vec();
    add("Admin/PutUsers", Own, "a new cashier here", user(named("new", Role::Cashier, "B1")));
    add("Admin/PutUsers", Own, "a cashier of here", user(named("basma", Role::Supervisor, "B1")));
    add("Admin/PutUsers", WholeShop, "a cashier set free", user(named("basma", Role::Cashier, "")));
    add("Admin/PutUsers", WholeShop, "herself set free", user(named("huda", Role::Admin, "")));
    add("Admin/PutUsers", WholeShop, "an admin of all", user(named("freed", Role::Admin, "")));
    add("Admin/PutUsers", WholeShop, "a user of all taken in", user(named("salma", Role::Cashier, "B1")));
    add("Admin/PutUsers", Other, "a new cashier there", user(named("far", Role::Cashier, "B2")));
    add("Admin/PutUsers", Other, "a cashier sent away", user(named("basma", Role::Cashier, "B2")));
    let fetched = pb::User { branch_id: "B1".to_owned(), version: 0, ..bilal.clone() };
    add("Admin/PutUsers", Other, "a cashier of there fetched by id", user(fetched));

    for (user, target) in [("basma", Own), ("bilal", Other), ("salma", WholeShop), ("noura", WholeShop)] {
        let (user_id, new_pin) = (user.to_owned(), "739184".to_owned());
        let pin = pb::SetPinRequest { user_id, new_pin, ..Default::default() };
        add("Access/SetPin", target, user, pin.encode_to_vec());
        if user != "noura" {
            let unlock = pb::UnlockUserRequest { user_id: user.to_owned() };
            add("Access/UnlockUser", target, user, unlock.encode_to_vec());
        }
    }
    for (register, target) in [("R1", Own), ("R2", Other)] {
        let [register_id, terminal_name] = [register, "Till"].map(str::to_owned);
        let code = pb::CreatePairingCodeRequest { register_id, terminal_name };
        add("Admin/CreatePairingCode", target, register, code.encode_to_vec());
    }
    for (terminal_id, target) in terminals.into_iter().zip([Own, Other]) {
        let revoke = pb::RevokeTerminalRequest { terminal_id };
        add("Admin/RevokeTerminal", target, "a terminal", revoke.encode_to_vec());
    }
    for (branch, target) in [("B1", Own), ("B2", Other)] {
        let branch_id = branch.to_owned();
        let price = pb::PutBranchPrice { sku: "bread".to_owned(), price: money(3_00), ..Default::default() };
        let prices = pb::PutBranchPricesRequest { branch_id: branch_id.clone(), prices: vec![price] };
        add("Catalog/PutBranchPrices", target, branch, prices.encode_to_vec());
        let (sku, name) = (format!("tea-{branch}"), "Tea".to_owned());
        let product = Some(pb::Product { sku, name, price: money(2_00), ..Default::default() });
        let opening_stock = Some(pb::Decimal { value: "7".to_owned() });
        let products = vec![pb::PutProduct { product, opening_stock }];
        let put = pb::PutProductsRequest { branch_id, products, ..Default::default() };
        add("Catalog/PutProducts", target, branch, put.encode_to_vec());
    }

    let customer = pb::Customer { name: "Layla".to_owned(), ..Default::default() };
    let customers = pb::PutCustomersRequest { customers: vec![customer] };
    add("Customers/PutCustomers", Own, "a customer of all branches", customers.encode_to_vec());

    // At the tills: each names the register.
    let (register_id, reason) = ("R2".to_owned(), "why not".to_owned());
    let open = pb::OpenShiftRequest { register_id: register_id.clone(), ..Default::default() };
    add("Shifts/OpenShift", Other, "a shift", open.encode_to_vec());
    let end = pb::EndShiftRequest { register_id: register_id.clone(), ..Default::default() };
    add("Shifts/EndShift", Other, "a shift", end.encode_to_vec());
    let opened = pb::OpenDrawerRequest {
        register_id: register_id.clone(),
        reason: reason.clone(),
        ..Default::default()
    };
    add("CashRegister/OpenDrawer", Other, "a drawer", opened.encode_to_vec());
    let moved = pb::RecordMovementRequest {
        register_id: register_id.clone(),
        r#type: pb::MovementType::PaidIn.into(),
        amount: money(1_00),
        reason: reason.clone(),
        ..Default::default()
    };
    add("CashRegister/RecordMovement", Other, "a drawer", moved.encode_to_vec());
    let sent = pb::TransferCashRequest {
        register_id: register_id.clone(),
        to_register_id: "R1".to_owned(),
        amount: money(1_00),
        ..Default::default()
    };
    add("CashRegister/TransferCash", Other, "a drawer", sent.encode_to_vec());
    let counted = pb::ReconcileRequest { register_id, counted: money(0), reason, ..Default::default() };
    add("CashRegister/Reconcile", Other, "a drawer", counted.encode_to_vec());
    all
}

/// Rows of the shop that nobody of B1 may change.
async fn out_of_reach(shop: &Shop) -> String {
    let admin = shop.kassa.admin();
    let branch_id = "B2".to_owned();
    let registers = pb::ListRegistersRequest { branch_id: branch_id.clone(), ..Default::default() };
    let terminals = pb::ListTerminalsRequest { branch_id, ..Default::default() };
    let rows = (
        admin.list_users(pb::ListUsersRequest::default()).await.unwrap().into_inner(),
        admin.list_branches(pb::ListBranchesRequest::default()).await.unwrap().into_inner(),
        admin.list_registers(registers).await.unwrap().into_inner(),
        admin.list_terminals(terminals).await.unwrap().into_inner(),
        admin.get_settings(pb::GetSettingsRequest::default()).await.unwrap().into_inner(),
    );
    format!("{rows:#?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_works_in_one_branch_alone_changes_nothing_of_another_and_nothing_of_the_whole_shop() {
    let shop = Shop::found().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    for (name, role) in [("salma", Role::Cashier), ("noura", Role::Admin)] {
        shop.user(name, role).await;
    }
    let mut bilal = pb::User::default();
    for (name, role, branch) in
        [("huda", Role::Admin, "B1"), ("basma", Role::Cashier, "B1"), ("bilal", Role::Cashier, "B2")]
    {
        shop.user(name, role).await;
        let users = vec![named(name, role, branch)];
        let put = shop.kassa.admin().put_users(pb::PutUsersRequest { users }).await.unwrap();
        bilal = put.into_inner().users.remove(0);
    }
    let terminals = [shop.pair("R1").await.terminal_id, shop.pair("R2").await.terminal_id];
    let attempts = attempts(terminals, &bilal);
    for rpc in rpcs().iter().filter(|rpc| rpc.keyed || rpc.can_wait || rpc.of_whole_shop) {
        let Some(method) = rpc.path.strip_prefix("/kassa.v1.") else { continue };
        let is_tried = attempts.iter().any(|attempt| attempt.path == method);
        assert!(is_tried != OF_THE_OWN_BRANCH.contains(&method), "{method} is in neither list or in both");
    }

    let session = shop.session("huda", "R1").await;
    let wire = Wire::to(&shop).by(session.clone());
    let before = out_of_reach(&shop).await;
    let mut wrong = Vec::new();
    let (own, beyond): (Vec<&Attempt>, Vec<&Attempt>) =
        attempts.iter().partition(|attempt| attempt.target == Target::Own);
    for Attempt { path, what, message, target } in &beyond {
        let answer = wire.call(path).send_bytes(message).await;
        let reason = answer.header("kassa-error-reason");
        // An owner works in all branches, so that nobody of one alone restores.
        let right = if path.ends_with("/RestoreBackup") { "ROLE_REQUIRED" } else { "WRONG_BRANCH" };
        if reason != Some(right) {
            wrong.push(format!("{path}, {what} ({target:?}): {reason:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), beyond.len());
    assert_eq!(before, out_of_reach(&shop).await);
    for Attempt { path, what, message, .. } in &own {
        let answer = wire.call(path).send_bytes(message).await;
        assert_eq!(answer.header("kassa-error-reason"), None, "{path}, {what}: {:?}", answer.status());
    }
    // The first sale of the shop, which freezes its currency.
    let huda = shop.with_token(&session);
    huda.shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap();
    huda.orders().complete_sale(shop.sale("1 x bread, cash 5.00").await).await.unwrap();

    // Who works in all branches may, and the table says where nobody may.
    let owner = Wire::to(&shop);
    for Attempt { path, what, message, .. } in &beyond {
        let rpc = rpcs().iter().find(|rpc| rpc.path.strip_prefix("/kassa.v1.") == Some(*path)).unwrap();
        let answer = owner.call(path).send_bytes(message).await;
        let refused = answer.header("kassa-error-reason") == Some("WRONG_BRANCH");
        let of_a_till = rpc.branches == Branches::Own && message.windows(2).any(|code| code == b"R2");
        assert_eq!(refused, of_a_till, "{path}, {what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_of_all_branches_gets_none() {
    let shop = Shop::found().await;
    shop.user("huda", Role::Admin).await;
    for (role, reason) in [(Role::Owner, Reason::InvalidField), (Role::Admin, Reason::OwnerRequired)] {
        let users = vec![named("owner", role, "B1")];
        let refused = shop.kassa.admin().put_users(pb::PutUsersRequest { users }).await.unwrap_err();
        assert_eq!(refused.reason(), Some(reason));
    }
}
