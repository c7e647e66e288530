//! Modules: what a shop switches off answers nobody, and the rest goes on.

use kassa_client::{
    Code, Reason,
    proto::v1::{self as pb, Role},
};
use kassa_integration_tests::Shop;
use kassa_server::{modules::Module, rpcs::rpcs};
use prost_types::FieldMask;

use crate::wire::{KEY, TOKEN, Wire};

/// A message of nothing, which every method takes.
const NOTHING: pb::GetStatusRequest = pb::GetStatusRequest {};

async fn put(shop: &Shop, path: &str, modules: pb::Modules) -> pb::Modules {
    let settings = pb::Settings { modules: Some(modules), ..Default::default() };
    let update_mask = Some(FieldMask { paths: vec![path.to_owned()] });
    let request = pb::PutSettingsRequest { settings: Some(settings), update_mask };
    let put = shop.kassa.admin().put_settings(request).await.unwrap().into_inner();
    put.settings.unwrap().modules.unwrap()
}

async fn switch(shop: &Shop, module: Module, on: bool) {
    let on = Some(on);
    let all = pb::Modules { customers: on, purchasing: on, stock_transfers: on, attendance: on };
    assert_eq!(module.in_pb(&put(shop, &module.path(), all).await), on);
}

/// The module that a method is refused for, of those that are.
async fn refused_for(wire: &Wire, path: &str) -> Option<String> {
    let answer = wire.call(path).without(KEY).send(&NOTHING).await;
    if answer.header("kassa-error-reason") != Some("MODULE_DISABLED") {
        return None;
    }
    let refusal = answer.refusal();
    assert_eq!(refusal.code, Code::PermissionDenied);
    Some(refusal.variable("module").unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_is_off_answers_nobody_and_all_others_answer() {
    let shop = Shop::found().await;
    let wire = Wire::to(&shop);
    for module in Module::ALL {
        for on in [false, true] {
            switch(&shop, module, on).await;
            for rpc in rpcs().iter().filter(|rpc| rpc.path.starts_with("/kassa.")) {
                let off = (rpc.module == Some(module) && !on).then(|| module.name().to_owned());
                assert_eq!(refused_for(&wire, &rpc.path).await, off, "{} while {module:?} is {on}", rpc.path);
            }
        }
    }
    let of = |module| rpcs().iter().filter(|rpc| rpc.module == Some(module)).count();
    assert_eq!(of(Module::Attendance), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_switched_off_says_so_after_the_role_and_before_the_key() {
    let shop = Shop::found().await;
    shop.user("amal", Role::Cashier).await;
    let cashier = Wire::to(&shop).by(shop.session("amal", "R1").await);
    let terminal = Wire::to(&shop).by(shop.pair("R1").await.token);
    switch(&shop, Module::Attendance, false).await;
    let reason = async |wire: &Wire, token: bool| {
        let call = wire.call("Shifts/ClockIn").without(KEY);
        let call = if token { call } else { call.without(TOKEN) };
        call.send(&NOTHING).await.refusal()
    };
    assert_eq!(reason(&cashier, false).await.reason, Reason::TokenInvalid);
    assert_eq!(reason(&terminal, true).await.reason, Reason::RoleRequired);
    let off = reason(&cashier, true).await;
    assert_eq!(off.reason, Reason::ModuleDisabled);
    assert!(off.message.contains("modules.attendance"), "{}", off.message);
    switch(&shop, Module::Attendance, true).await;
    assert_eq!(reason(&cashier, true).await.reason, Reason::IdempotencyKeyRequired);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_modules_are_on_at_first_and_what_was_recorded_outlives_a_switch() {
    let mut shop = Shop::found().await;
    let settings = shop.kassa.admin().get_settings(Default::default()).await.unwrap().into_inner();
    let modules = settings.settings.unwrap().modules.unwrap();
    assert!(Module::ALL.into_iter().all(|module| module.in_pb(&modules) == Some(true)));
    shop.kassa.shifts().clock_in(Default::default()).await.unwrap();
    let off = pb::Modules { attendance: Some(false), ..Default::default() };
    let modules = put(&shop, "modules", off).await;
    assert_eq!((modules.attendance, modules.customers), (Some(false), Some(true)), "the rest stay");
    // The server remembers it over a restart.
    shop.restart().await;
    let refused = shop.kassa.shifts().list_attendance(Default::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ModuleDisabled));
    switch(&shop, Module::Attendance, true).await;
    let listed = shop.kassa.shifts().list_attendance(Default::default()).await.unwrap().into_inner();
    assert_eq!(listed.attendance.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_names_no_customer_where_the_shop_keeps_none() {
    let shop = Shop::open().await;
    let customer = pb::Customer { name: "Amal".to_owned(), ..Default::default() };
    let put = pb::PutCustomersRequest { customers: vec![customer] };
    let put = shop.kassa.customers().put_customers(put).await.unwrap().into_inner();
    let mut sale = shop.sale("1 x bread, cash 2.00").await;
    sale.customer_id.clone_from(&put.customers[0].customer_id);
    switch(&shop, Module::Customers, false).await;
    let refused = shop.kassa.orders().complete_sale(sale.clone()).await.unwrap_err();
    assert_eq!(
        (refused.reason(), refused.metadata("module")),
        (Some(Reason::ModuleDisabled), Some("customers"))
    );
    switch(&shop, Module::Customers, true).await;
    shop.kassa.orders().complete_sale(sale).await.unwrap();
}
