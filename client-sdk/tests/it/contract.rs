//! Every RPC of the contract has its method here.

use std::collections::BTreeSet;

use kassa_client::{Kassa, proto};
use prost::Message as _;
use prost_types::FileDescriptorSet;

#[tokio::test]
async fn every_rpc_has_its_method() {
    let kassa = Kassa::builder("http://127.0.0.1:50051").build().unwrap();
    let (orders, catalog, admin) = (kassa.orders(), kassa.catalog(), kassa.admin());
    let methods = BTreeSet::from([
        orders.quote_order(Default::default()).method(),
        orders.complete_sale(Default::default()).method(),
        orders.get_order(Default::default()).method(),
        orders.refund_sale(Default::default()).method(),
        orders.exchange_sale(Default::default()).method(),
        orders.void_sale(Default::default()).method(),
        orders.save_draft(Default::default()).method(),
        orders.get_draft(Default::default()).method(),
        orders.list_drafts(Default::default()).method(),
        orders.take_over_draft(Default::default()).method(),
        orders.discard_draft(Default::default()).method(),
        orders.get_order_by_number(Default::default()).method(),
        orders.list_orders(Default::default()).method(),
        orders.print_receipt(Default::default()).method(),
        orders.get_receipt(Default::default()).method(),
        kassa.shifts().open_shift(Default::default()).method(),
        kassa.shifts().get_current_shift(Default::default()).method(),
        kassa.shifts().record_activity(Default::default()).method(),
        kassa.shifts().hand_over_shift(Default::default()).method(),
        kassa.shifts().end_shift(Default::default()).method(),
        kassa.shifts().close_shift(Default::default()).method(),
        kassa.shifts().force_close_shift(Default::default()).method(),
        kassa.shifts().get_shift(Default::default()).method(),
        kassa.shifts().list_shifts(Default::default()).method(),
        kassa.shifts().get_shift_report(Default::default()).method(),
        kassa.shifts().clock_in(Default::default()).method(),
        kassa.shifts().clock_out(Default::default()).method(),
        kassa.shifts().list_attendance(Default::default()).method(),
        kassa.cash_register().get_drawer(Default::default()).method(),
        kassa.cash_register().list_movements(Default::default()).method(),
        kassa.cash_register().record_movement(Default::default()).method(),
        kassa.cash_register().open_drawer(Default::default()).method(),
        kassa.cash_register().transfer_cash(Default::default()).method(),
        kassa.cash_register().receive_cash(Default::default()).method(),
        kassa.cash_register().list_transfers(Default::default()).method(),
        kassa.cash_register().reconcile(Default::default()).method(),
        kassa.cash_register().verify_journal(Default::default()).method(),
        catalog.put_products(Default::default()).method(),
        catalog.get_product(Default::default()).method(),
        catalog.find_products(Default::default()).method(),
        catalog.list_products(Default::default()).method(),
        catalog.put_stock_levels(Default::default()).method(),
        catalog.get_stock(Default::default()).method(),
        catalog.list_stock(Default::default()).method(),
        catalog.list_stock_changes(Default::default()).method(),
        catalog.put_customers(Default::default()).method(),
        catalog.get_customer(Default::default()).method(),
        catalog.find_customers(Default::default()).method(),
        catalog.list_customers(Default::default()).method(),
        catalog.anonymize_customer(Default::default()).method(),
        catalog.list_categories(Default::default()).method(),
        catalog.put_branch_prices(Default::default()).method(),
        catalog.get_branch_price(Default::default()).method(),
        catalog.list_branch_prices(Default::default()).method(),
        catalog.put_purchase(Default::default()).method(),
        catalog.approve_purchase(Default::default()).method(),
        catalog.cancel_purchase(Default::default()).method(),
        catalog.get_purchase(Default::default()).method(),
        catalog.list_purchases(Default::default()).method(),
        catalog.send_stock(Default::default()).method(),
        catalog.receive_stock(Default::default()).method(),
        catalog.get_stock_transfer(Default::default()).method(),
        catalog.list_stock_transfers(Default::default()).method(),
        catalog.adjust_stock(Default::default()).method(),
        catalog.get_stock_adjustment(Default::default()).method(),
        catalog.list_stock_adjustments(Default::default()).method(),
        catalog.start_stock_count(Default::default()).method(),
        catalog.enter_stock_count(Default::default()).method(),
        catalog.finish_stock_count(Default::default()).method(),
        catalog.cancel_stock_count(Default::default()).method(),
        catalog.get_stock_count(Default::default()).method(),
        catalog.list_stock_counts(Default::default()).method(),
        kassa.access().who_am_i(Default::default()).method(),
        kassa.access().grant_approval(Default::default()).method(),
        kassa.access().pair_terminal(Default::default()).method(),
        kassa.access().sign_in(Default::default()).method(),
        kassa.access().sign_out(Default::default()).method(),
        kassa.access().set_pin(Default::default()).method(),
        kassa.access().unlock_user(Default::default()).method(),
        admin.get_status(Default::default()).method(),
        admin.look_up_idempotency_key(Default::default()).method(),
        admin.get_settings(Default::default()).method(),
        admin.put_settings(Default::default()).method(),
        admin.list_audit_log(Default::default()).method(),
        admin.put_branches(Default::default()).method(),
        admin.list_branches(Default::default()).method(),
        admin.get_branch(Default::default()).method(),
        admin.put_registers(Default::default()).method(),
        admin.list_registers(Default::default()).method(),
        admin.get_register(Default::default()).method(),
        admin.put_users(Default::default()).method(),
        admin.list_users(Default::default()).method(),
        admin.get_user(Default::default()).method(),
        admin.create_pairing_code(Default::default()).method(),
        admin.list_terminals(Default::default()).method(),
        admin.revoke_terminal(Default::default()).method(),
        admin.get_sales_report(Default::default()).method(),
        admin.set_maintenance(Default::default()).method(),
        admin.check_integrity(Default::default()).method(),
        admin.create_backup(Default::default()).method(),
        admin.list_backups(Default::default()).method(),
        admin.verify_backup(Default::default()).method(),
        admin.restore_backup(Default::default()).method(),
        admin.get_idempotency_stats(Default::default()).method(),
        admin.collect_diagnostics(Default::default()).method(),
    ]);
    let files = FileDescriptorSet::decode(proto::FILE_DESCRIPTOR_SET).unwrap().file;
    let contract: BTreeSet<String> = files
        .iter()
        .flat_map(|file| file.service.iter().map(move |service| (file.package(), service)))
        .flat_map(|(package, service)| {
            service
                .method
                .iter()
                .map(move |method| format!("/{package}.{}/{}", service.name(), method.name()))
        })
        .collect();
    assert_eq!(methods.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), contract);
}
