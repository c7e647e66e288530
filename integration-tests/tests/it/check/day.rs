//! A day of a shop that leaves something in every column of every table.

use chrono::TimeDelta;
use kassa_client::{
    card, cash, product_line,
    proto::v1::{
        self as pb, CashRounding, CashRoundingMode, CompleteSaleRequest, Discount, LineItem, Money, Settings,
        discount::Value,
    },
};
use kassa_integration_tests::{PIN, Shop, usd};
use kassa_server::clock::Clock as _;

/// A shop after its day. Its server is stopped, so that its database is one file.
pub async fn day() -> Shop {
    let mut shop = Shop::found().await;
    put_settings(
        &shop,
        &[
            "name",
            "receipt_header",
            "receipt_footer",
            "cash_rounding",
            "time_zone",
            "blind_close",
            "idle_limit",
            "role_limits",
            "modules",
        ],
    )
    .await;
    put_products(&shop).await;
    put_levels(&shop).await;
    price_at_the_branch(&shop).await;
    employ(&shop).await;
    shop.clock.advance(TimeDelta::minutes(7));
    shop.open_shift("100.00").await;
    let joined = shop.open_shift("0").await;
    assert!(joined.joined, "a key that has no record");

    sell_for_cash(&shop).await;
    sell_for_card_with_discounts(&shop).await;
    put_settings(&shop, &["prices_include_tax", "tax_rounding", "rounding_mode"]).await;
    sell_with_taxes_on_top(&shop).await;

    shop.stop().await.unwrap();
    std::fs::remove_file(shop.data().join("keys/local.token")).unwrap();
    shop.start().await;
    shop.clock.advance(TimeDelta::hours(1));
    shop.sell("1 x milk, 1 x honey, card 12.51").await;
    give_back(&shop).await;
    sell_to_customers(&shop).await;
    keep_carts(&shop).await;
    exchange(&shop).await;
    buy(&shop).await;
    train_and_print(&shop).await;
    use_the_drawer(&shop).await;
    send_goods(&shop).await;
    approve(&shop).await;
    come_to_work(&shop).await;
    count_the_shelves(&shop).await;
    close(&shop).await;
    move_to_the_door(&shop).await;
    shop.stop().await.unwrap();
    shop
}

/// Grants: one for a line of a sale that was made with it, one for a movement, and one that nobody used.
async fn approve(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(2));
    shop.user("hala", pb::Role::Cashier).await;
    shop.user("salma", pb::Role::Supervisor).await;
    let cashier = shop.signed_in("hala", "R1").await;
    let grant = async |action: pb::ApprovalAction, order_id: &str, line_id: &str, minor: i64| {
        let (user_id, pin) = ("salma".to_owned(), PIN.to_owned());
        let (order_id, line_id) = (order_id.to_owned(), line_id.to_owned());
        let amount = Some(self::minor(minor));
        let action = action.into();
        let request = pb::GrantApprovalRequest { user_id, pin, action, order_id, line_id, amount };
        shop.clock.advance(TimeDelta::seconds(1));
        cashier.access().grant_approval(request).await.unwrap().into_inner().grant_id
    };
    let mut sale = shop.sale("2 x juice, card 7.00").await;
    sale.order_id = kassa_client::new_id();
    sale.lines[0].line_id = kassa_client::new_id();
    sale.lines[0].unit_price_override = Some(usd("3.50"));
    let quote = pb::QuoteOrderRequest { lines: sale.lines.clone(), ..Default::default() };
    let quote = cashier.orders().quote_order(quote).await.unwrap().into_inner();
    let line = &quote.lines[0];
    let less =
        line.list_price.as_ref().unwrap().amount_minor * 2 - line.subtotal.as_ref().unwrap().amount_minor;
    sale.expected_total = quote.total.clone();
    sale.tenders[0].amount = quote.total;
    let of_line = pb::ApprovalAction::PriceOverride;
    sale.grant_ids = vec![grant(of_line, &sale.order_id, &sale.lines[0].line_id, less).await];
    cashier.orders().complete_sale(sale.clone()).await.unwrap();
    let movement = pb::RecordMovementRequest {
        r#type: pb::MovementType::PaidOut.into(),
        amount: Some(usd("20.01")),
        reason: "the window cleaner".to_owned(),
        grant_ids: vec![grant(pb::ApprovalAction::PaidOut, "", "", 25_00).await],
        ..Default::default()
    };
    cashier.cash_register().record_movement(movement).await.unwrap();
    grant(pb::ApprovalAction::VoidSale, &sale.order_id, "", 10_00).await;
    let adjustment_id = kassa_client::new_id();
    let of_adjustment = grant(pb::ApprovalAction::StockAdjustment, &adjustment_id, "", 99_00).await;
    let adjustment = pb::AdjustStockRequest {
        adjustment_id,
        lines: vec![
            adjusted("juice", "-2", pb::StockAdjustmentReason::Damaged, "fell off the shelf"),
            adjusted("cheese", "0.25", pb::StockAdjustmentReason::Found, ""),
        ],
        note: "the evening round".to_owned(),
        grant_ids: vec![of_adjustment],
    };
    cashier.catalog().adjust_stock(adjustment).await.unwrap();
    cashier.access().sign_out(pb::SignOutRequest {}).await.unwrap();
}

/// Attendance: of somebody who came and left, of somebody who forgot to say so, and of somebody who is in.
async fn come_to_work(shop: &Shop) {
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

fn adjusted(sku: &str, quantity: &str, reason: pb::StockAdjustmentReason, note: &str) -> pb::AdjustStockLine {
    pb::AdjustStockLine {
        product_id: sku.to_owned(),
        quantity: Some(pb::Decimal { value: quantity.to_owned() }),
        reason: reason.into(),
        note: note.to_owned(),
    }
}

/// Counts in every state: one that changes the stock, with a recount and goods that were counted some time
/// ago; one that was given up; one that goes on.
async fn count_the_shelves(shop: &Shop) {
    let catalog = shop.kassa.catalog();
    let start = async |note: &str| {
        shop.clock.advance(TimeDelta::minutes(1));
        let request = pb::StartStockCountRequest { note: note.to_owned(), ..Default::default() };
        catalog.start_stock_count(request).await.unwrap().into_inner().count.unwrap()
    };
    let enter = async |count: &pb::StockCount, sku: &str, quantity: &str, minutes_ago: i64| {
        shop.clock.advance(TimeDelta::minutes(3));
        let time = shop.clock.now() - TimeDelta::minutes(minutes_ago);
        let line = pb::EnterStockCountLine {
            product_id: sku.to_owned(),
            counted: Some(pb::Decimal { value: quantity.to_owned() }),
            count_time: Some(prost_types::Timestamp { seconds: time.timestamp(), nanos: 0 }),
        };
        let request = pb::EnterStockCountRequest { count_id: count.count_id.clone(), lines: vec![line] };
        catalog.enter_stock_count(request).await.unwrap().into_inner().count.unwrap()
    };
    let count = start("everything").await;
    enter(&count, "bread", "7", 0).await;
    enter(&count, "juice", "1002", 0).await;
    shop.sell("1 x juice, cash 20.00").await;
    let count = enter(&count, "juice", "1001", 4).await;
    shop.clock.advance(TimeDelta::minutes(2));
    let request = pb::FinishStockCountRequest { count_id: count.count_id, expected_version: count.version };
    catalog.finish_stock_count(request).await.unwrap();
    let count_id = start("the cold shelf").await.count_id;
    shop.clock.advance(TimeDelta::minutes(1));
    let reason = "the delivery came".to_owned();
    catalog.cancel_stock_count(pb::CancelStockCountRequest { count_id, reason }).await.unwrap();
    let open = start("the window").await;
    enter(&open, "honey", "3.5", 1).await;
}

/// Shifts in every state: one counted wrong, counted again with its coins and closed; one that ended and
/// was counted at the next opening; one that is open.
async fn close(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(10));
    shop.kassa.shifts().record_activity(Default::default()).await.unwrap();
    let drawer = shop.in_the_drawer().await;
    let money = |minor| Some(Money { amount_minor: minor, ..Default::default() });
    let count = |minor, pieces| pb::TenderCount {
        r#type: pb::TenderType::Cash.into(),
        amount: money(minor),
        denominations: vec![pb::Denomination { value: money(minor / pieces), pieces }],
        ..Default::default()
    };
    let mut request = pb::CloseShiftRequest { counts: vec![count(drawer - 5, 1)], ..Default::default() };
    shop.kassa.shifts().close_shift(request.clone()).await.unwrap_err();
    request.reason = "five cents are missing".to_owned();
    request.left_in_drawer = money(20_00);
    shop.kassa.shifts().close_shift(request).await.unwrap();
    shop.open_shift("20.00").await;
    shop.sell("1 x bread, cash 5.00").await;
    shop.clock.advance(TimeDelta::minutes(3));
    shop.kassa.shifts().end_shift(Default::default()).await.unwrap();
    shop.open_shift("22.00").await;
}

/// A refund in cash and one to a card, of the same sale, and a void.
async fn give_back(shop: &Shop) {
    let sale = shop.sell("3 x bread, 0.5 x cheese, card 5.00, cash 20.00").await;
    let total = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
    let bread = sale.lines[0].total.as_ref().unwrap().amount_minor / 3;
    for (words, restock) in
        [(format!("1 x bread, card {}", total(bread)), true), ("1 x bread, cash 2.15".to_owned(), false)]
    {
        let mut request = shop.refund(&sale, &words, &total(bread));
        request.lines[0].restock = restock;
        request.note = "with the receipt".to_owned();
        shop.kassa.orders().refund_sale(request).await.unwrap();
    }
    // Another way than it was paid: cash for what the card paid, and a voucher for what was paid in cash.
    let sale = shop.sell("2 x bread, card 3.00, cash 20.00").await;
    let bread = sale.total.as_ref().unwrap().amount_minor / 2;
    for words in [format!("1 x bread, voucher {}", total(bread)), "1 x bread, cash 2.12".to_owned()] {
        shop.kassa.orders().refund_sale(shop.refund(&sale, &words, &total(bread))).await.unwrap();
    }
    let voided = shop.sell("1 x bread, cash 20.00").await;
    let request = pb::VoidSaleRequest {
        order_id: voided.order_id,
        reason: "rang up the wrong cart".to_owned(),
        ..Default::default()
    };
    shop.kassa.orders().void_sale(request).await.unwrap();
}

/// Two people with something in every field, of whom one changes, buys and stays, and one is forgotten.
async fn sell_to_customers(shop: &Shop) {
    let person = |name: &str, code: &str| pb::Customer {
        code: code.to_owned(),
        name: name.to_owned(),
        name_ar: "أمل".to_owned(),
        phone: "+966 50 123 4567".to_owned(),
        email: "amal@example.com".to_owned(),
        tax_number: "310122393500003".to_owned(),
        address: "12 Palm Street".to_owned(),
        note: "likes the crust".to_owned(),
        ..Default::default()
    };
    let put = async |customers| {
        shop.clock.advance(TimeDelta::seconds(7));
        let request = pb::PutCustomersRequest { customers };
        shop.kassa.catalog().put_customers(request).await.unwrap().into_inner().customers
    };
    let made = put(vec![person("Amal Haddad", "K-17"), person("Ziad", "K-18")]).await;
    let [amal, ziad] = [0, 1].map(|place| made[place].customer_id.clone());
    put(vec![pb::Customer { customer_id: amal.clone(), ..person("Amal H.", "K-19") }]).await;
    for customer_id in [amal, ziad.clone()] {
        let sale = CompleteSaleRequest { customer_id, ..shop.sale("1 x bread, cash 5.00").await };
        shop.kassa.orders().complete_sale(sale).await.unwrap();
    }
    shop.clock.advance(TimeDelta::seconds(7));
    let forget = pb::AnonymizeCustomerRequest { customer_id: ziad, version: 0 };
    shop.kassa.catalog().anonymize_customer(forget).await.unwrap();
}

/// A sale for training, and papers of two orders.
async fn train_and_print(shop: &Shop) {
    let sale = shop.sale("3 x juice, cash 20.00").await;
    let training = CompleteSaleRequest { training: true, ..sale };
    let training = shop.kassa.orders().complete_sale(training).await.unwrap().into_inner().order.unwrap();
    let sold = shop.sell("1 x bread, cash 3.00").await;
    for order_id in [training.order_id, sold.order_id.clone(), sold.order_id] {
        let request = pb::PrintReceiptRequest { order_id, ..Default::default() };
        shop.kassa.orders().print_receipt(request).await.unwrap();
    }
}

/// Bread for juice, and the difference in cash.
async fn exchange(shop: &Shop) {
    let sale = shop.sell("2 x bread, card 4.26").await;
    let juice = shop.sale("1 x juice, cash 20.00").await;
    let returned = shop.refund(&sale, "1 x bread, cash 1.00", "1.00").lines;
    let net = juice.expected_total.as_ref().unwrap().amount_minor
        - sale.lines[0].total.as_ref().unwrap().amount_minor / 2;
    let request = pb::ExchangeSaleRequest {
        order_id: sale.order_id,
        returned_lines: returned,
        lines: juice.lines,
        tenders: juice.tenders,
        expected_total: Some(minor(net)),
        note: "another taste".to_owned(),
        ..Default::default()
    };
    shop.kassa.orders().exchange_sale(request).await.unwrap();
}

/// Purchases in every state: one was changed before it was approved, one goes back after it came, one never
/// came, and one is still expected.
async fn buy(shop: &Shop) {
    let catalog = shop.kassa.catalog();
    let line = |product: &str, quantity: &str, cost: &str| pb::PurchaseLine {
        product_id: product.to_owned(),
        quantity: Some(pb::Decimal { value: quantity.to_owned() }),
        cost: Some(usd(cost)),
        ..Default::default()
    };
    let put = async |purchase_id: &str, version: i64, document: &str| {
        shop.clock.advance(TimeDelta::seconds(20));
        let request = pb::PutPurchaseRequest {
            purchase_id: purchase_id.to_owned(),
            version,
            supplier: "Nile Dairy".to_owned(),
            document_number: document.to_owned(),
            document_date: Some(pb::Date { year: 2026, month: 11, day: 18 }),
            note: "the driver waits".to_owned(),
            lines: vec![line("juice", "24", "31.20"), line("cheese", "3.5", "20.00")],
        };
        catalog.put_purchase(request).await.unwrap().into_inner().purchase.unwrap()
    };
    let approve = async |draft: pb::Purchase| {
        shop.clock.advance(TimeDelta::seconds(20));
        let (purchase_id, version) = (draft.purchase_id, draft.version);
        let request = pb::ApprovePurchaseRequest { purchase_id, version, ..Default::default() };
        catalog.approve_purchase(request).await.unwrap().into_inner().purchase.unwrap()
    };
    let cancel = async |purchase: pb::Purchase| {
        shop.clock.advance(TimeDelta::seconds(20));
        let (purchase_id, version) = (purchase.purchase_id, purchase.version);
        let request = pb::CancelPurchaseRequest { purchase_id, version, reason: "sour".to_owned() };
        catalog.cancel_purchase(request).await.unwrap();
    };
    let draft = put("", 0, "ND-1").await;
    approve(put(&draft.purchase_id, 1, "ND-2").await).await;
    cancel(approve(put("", 0, "ND-3").await).await).await;
    cancel(put("", 0, "").await).await;
    put("", 0, "ND-5").await;
    shop.sell("2 x juice, card 9.10").await;
}

/// Three carts: one is sold, one discarded, and one is still being rung up.
async fn keep_carts(shop: &Shop) {
    let save = async |version: i64, draft_id: String| {
        let request = pb::SaveDraftRequest {
            draft_id,
            version,
            label: "by the window".to_owned(),
            lines: vec![product_line(shop.product("bread"), "2")],
            discounts: vec![percent("Friday", "10")],
            note: "waits for a friend".to_owned(),
            customer_id: String::new(),
        };
        shop.clock.advance(TimeDelta::seconds(5));
        shop.kassa.orders().save_draft(request).await.unwrap().into_inner().draft.unwrap()
    };
    let discarded = save(0, String::new()).await;
    let request =
        pb::DiscardDraftRequest { draft_id: discarded.draft_id, version: 1, reason: "went away".to_owned() };
    shop.kassa.orders().discard_draft(request).await.unwrap();
    let open = save(0, String::new()).await;
    save(1, open.draft_id).await;
    let sold = save(0, String::new()).await;
    let take_over = pb::TakeOverDraftRequest { draft_id: sold.draft_id.clone(), version: 1 };
    shop.kassa.orders().take_over_draft(take_over).await.unwrap();
    let sale = CompleteSaleRequest {
        draft_id: sold.draft_id,
        draft_version: 2,
        ..shop.sale("2 x bread, cash 20.00").await
    };
    shop.kassa.orders().complete_sale(sale).await.unwrap();
}

/// Cash in and out, a mistake and its reversal, an opening without a sale, transfers that are in transit
/// and back, counts.
async fn use_the_drawer(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(1));
    let till = shop.kassa.cash_register();
    let movement = |kind: pb::MovementType, amount: &str| pb::RecordMovementRequest {
        r#type: kind.into(),
        amount: Some(usd(amount)),
        reason: "milk for the kitchen".to_owned(),
        reference: "slip 17".to_owned(),
        ..Default::default()
    };
    till.record_movement(movement(pb::MovementType::PaidIn, "15.00")).await.unwrap();
    let mistake = till.record_movement(movement(pb::MovementType::Expense, "30.00")).await.unwrap();
    let reversal = pb::RecordMovementRequest {
        reverses_movement_id: mistake.into_inner().movement.unwrap().movement_id,
        reason: "typed 30 for 3".to_owned(),
        ..Default::default()
    };
    till.record_movement(reversal).await.unwrap();
    let reason = "change for the parking meter".to_owned();
    till.open_drawer(pb::OpenDrawerRequest { reason, ..Default::default() }).await.unwrap();
    for take_back in [true, false] {
        shop.clock.advance(TimeDelta::minutes(1));
        let sent = pb::TransferCashRequest {
            to_register_id: "R3".to_owned(),
            amount: Some(usd("12.00")),
            reason: "R3 has no coins".to_owned(),
            reference: "bag 4".to_owned(),
            ..Default::default()
        };
        let sent = till.transfer_cash(sent).await.unwrap().into_inner().transfer.unwrap();
        shop.clock.advance(TimeDelta::minutes(1));
        if take_back {
            let (transfer_id, reason) = (sent.transfer_id, "R3 is closed".to_owned());
            till.receive_cash(pb::ReceiveCashRequest { transfer_id, reason, ..Default::default() })
                .await
                .unwrap();
        }
    }
    for counted in ["80.00", "80.00"] {
        shop.clock.advance(TimeDelta::minutes(1));
        let (counted, reason) = (Some(usd(counted)), "the evening count".to_owned());
        till.reconcile(pb::ReconcileRequest { counted, reason, ..Default::default() }).await.unwrap();
    }
}

/// Goods for the other branch: some arrive, short and damaged, some are taken back, and some are on their way.
async fn send_goods(shop: &Shop) {
    let (here, there) = (shop.kassa.catalog(), shop.signed_in("ziad", "R2").await);
    let line = |sku: &str, quantity: &str| pb::SendStockLine {
        product_id: sku.to_owned(),
        quantity: Some(pb::Decimal { value: quantity.to_owned() }),
        ..Default::default()
    };
    let mut sent = Vec::new();
    for note in ["on the blue van", "on the bus", "on foot"] {
        shop.clock.advance(TimeDelta::minutes(9));
        let request = pb::SendStockRequest {
            to_branch_id: "B2".to_owned(),
            lines: vec![line("juice", "12"), line("cheese", "1.5")],
            note: note.to_owned(),
            ..Default::default()
        };
        sent.push(here.send_stock(request).await.unwrap().into_inner().transfer.unwrap());
    }
    shop.clock.advance(TimeDelta::minutes(20));
    let short = pb::ReceiveStockLine {
        line_id: sent[0].lines[0].line_id.clone(),
        received_quantity: Some(pb::Decimal { value: "10".to_owned() }),
        damaged_quantity: Some(pb::Decimal { value: "1".to_owned() }),
        reason: "a bottle broke, and one is missing".to_owned(),
    };
    let receive = |transfer: &pb::StockTransfer, reason: &str| pb::ReceiveStockRequest {
        transfer_id: transfer.number.clone(),
        reason: reason.to_owned(),
        ..Default::default()
    };
    let request = pb::ReceiveStockRequest { lines: vec![short], ..receive(&sent[0], "the van was late") };
    there.catalog().receive_stock(request).await.unwrap();
    here.receive_stock(receive(&sent[1], "the bus did not come")).await.unwrap();
}

/// A second branch with a register, people who come and change, terminals that come and go.
async fn employ(shop: &Shop) {
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

/// Cash that is sent to the other register, and received there.
async fn move_to_the_door(shop: &Shop) {
    let (till, to) = (shop.kassa.cash_register(), "R3".to_owned());
    let amount = Some(usd("5.00"));
    let sent = pb::TransferCashRequest { to_register_id: to.clone(), amount, ..Default::default() };
    let sent = till.transfer_cash(sent).await.unwrap().into_inner().transfer.unwrap();
    shop.clock.advance(TimeDelta::minutes(2));
    let counted = Money { amount_minor: shop.in_the_drawer().await, ..Default::default() };
    let cash = pb::TenderCount {
        r#type: pb::TenderType::Cash.into(),
        amount: Some(counted.clone()),
        ..Default::default()
    };
    let close =
        pb::CloseShiftRequest { counts: vec![cash], left_in_drawer: Some(counted), ..Default::default() };
    shop.kassa.shifts().close_shift(close).await.unwrap();
    let open = pb::OpenShiftRequest {
        register_id: to.clone(),
        opening_float: Some(usd("10.00")),
        ..Default::default()
    };
    shop.kassa.shifts().open_shift(open).await.unwrap();
    let (transfer_id, register_id) = (sent.transfer_id, to);
    let receive = pb::ReceiveCashRequest { transfer_id, register_id, ..Default::default() };
    till.receive_cash(receive).await.unwrap();
}

async fn put_settings(shop: &Shop, paths: &[&str]) {
    shop.clock.advance(TimeDelta::seconds(61));
    let mode = |mode: CashRoundingMode| i32::from(mode);
    let settings = Settings {
        name: "Corner shop".to_owned(),
        time_zone: "Africa/Cairo".to_owned(),
        prices_include_tax: false,
        tax_rounding: pb::TaxRounding::PerRate.into(),
        rounding_mode: pb::RoundingMode::HalfEven.into(),
        cash_rounding: Some(CashRounding {
            unit_minor: 5,
            total: mode(CashRoundingMode::HalfUp),
            change: mode(CashRoundingMode::HalfDown),
            refund: mode(CashRoundingMode::HalfUp),
        }),
        role_limits: vec![pb::RoleLimits {
            role: pb::Role::Cashier.into(),
            most_discount_percent: Some(pb::Decimal { value: "12.5".to_owned() }),
            void_sale: true,
            most_paid_out: Some(usd("20.00")),
            most_variance: Some(usd("1.50")),
            most_stock_adjustment: Some(usd("2.50")),
            ..Default::default()
        }],
        blind_close: true,
        idle_limit: Some(prost_types::Duration { seconds: 7_200, nanos: 0 }),
        receipt_header: "Welcome".to_owned(),
        receipt_footer: "Thank you".to_owned(),
        modules: Some(pb::Modules { attendance: Some(true), ..Default::default() }),
        ..Settings::default()
    };
    let mut request = pb::PutSettingsRequest { settings: Some(settings), ..Default::default() };
    request.update_mask.get_or_insert_default().paths = paths.iter().map(|path| (*path).to_owned()).collect();
    shop.kassa.admin().put_settings(request).await.unwrap();
}

/// Changes a product again and again: names, a barcode more, one less, one that comes back.
async fn put_products(shop: &Shop) {
    let lists: [&[&str]; 4] =
        [&["7001", "7002"], &["7003"], &["7002", "7003", "6220000000000"], &["7003", "7002"]];
    for (barcodes, price) in lists.into_iter().zip(["2.00", "2.05", "2.03", "2.03"]) {
        shop.clock.advance(TimeDelta::seconds(13));
        put_bread(shop, barcodes, price).await;
    }
    // Nothing changes: a key that has no record.
    put_bread(shop, lists[3], "2.03").await;
}

/// One product is low after its next sale, one is not, and one is never low any more.
async fn put_levels(shop: &Shop) {
    for levels in [&[("cheese", "25.4"), ("juice", "10"), ("milk", "1")][..], &[("milk", "")]] {
        let levels = levels.iter().map(|(sku, low)| pb::StockLevel {
            product_id: (*sku).to_owned(),
            low_quantity: (!low.is_empty()).then(|| pb::Decimal { value: (*low).to_owned() }),
        });
        let request = pb::PutStockLevelsRequest { levels: levels.collect() };
        shop.kassa.catalog().put_stock_levels(request).await.unwrap();
    }
}

async fn put_bread(shop: &Shop, barcodes: &[&str], price: &str) {
    let product = pb::Product {
        sku: "bread".to_owned(),
        name: "White Bread".to_owned(),
        name_ar: "خبز".to_owned(),
        barcodes: barcodes.iter().map(|barcode| (*barcode).to_owned()).collect(),
        price: Some(usd(price)),
        tax_rate: Some(pb::Decimal { value: "5".to_owned() }),
        category: "Bakery".to_owned(),
        ..pb::Product::default()
    };
    let products = vec![pb::PutProduct { product: Some(product), opening_stock: None }];
    let request = pb::PutProductsRequest { products, ..Default::default() };
    shop.kassa.catalog().put_products(request).await.unwrap();
}

/// Juice at a price of its own that was another before, and honey whose price was taken away again.
async fn price_at_the_branch(shop: &Shop) {
    for (sku, price) in
        [("juice", Some("3.50")), ("honey", Some("9.00")), ("juice", Some("3.99")), ("honey", None)]
    {
        shop.clock.advance(TimeDelta::seconds(17));
        let price = pb::PutBranchPrice { sku: sku.to_owned(), price: price.map(usd), ..Default::default() };
        let request = pb::PutBranchPricesRequest { prices: vec![price], ..Default::default() };
        shop.kassa.catalog().put_branch_prices(request).await.unwrap();
    }
}

async fn sell_for_cash(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(1));
    // 2 x 2.03 and 0.235 x 12.40 is 6.97: 6.95 in coins of 5.
    let sale = shop.sell("2 x 7003, 0.235 x cheese, cash 20.00").await;
    assert_eq!((sale.rounding_adjustment, sale.change), (Some(usd("-0.02")), Some(usd("13.05"))));
}

async fn sell_for_card_with_discounts(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(1));
    let lines = vec![
        LineItem {
            discounts: vec![percent("Friends", "10"), amount("Damaged", "0.50")],
            unit_price_override: Some(usd("3.50")),
            ..product_line(shop.product("juice"), "3")
        },
        LineItem { discounts: vec![amount("Old", "1.00")], ..product_line(shop.product("cheese"), "1.5") },
    ];
    let discounts = vec![percent("Friday", "12.5"), amount("Voucher", "2.00")];
    sell(shop, lines, discounts, |total| {
        let details = pb::Card {
            brand: "visa".to_owned(),
            last_four: "4242".to_owned(),
            authorization_code: "A1B2C3".to_owned(),
        };
        let mut tender = card(minor(total + 150), details);
        tender.tip = Some(usd("1.50"));
        vec![tender]
    })
    .await;
}

async fn sell_with_taxes_on_top(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(1));
    let lines = vec![product_line(shop.product("juice"), "7"), product_line(shop.product("bread"), "1")];
    let voucher = pb::Tender {
        r#type: pb::TenderType::Voucher.into(),
        amount: Some(usd("10.00")),
        ..pb::Tender::default()
    };
    sell(shop, lines, Vec::new(), |_| vec![voucher, cash(usd("50.00"))]).await;
}

async fn sell(
    shop: &Shop,
    lines: Vec<LineItem>,
    discounts: Vec<Discount>,
    tenders: impl FnOnce(i64) -> Vec<pb::Tender>,
) {
    let quote =
        pb::QuoteOrderRequest { lines: lines.clone(), discounts: discounts.clone(), ..Default::default() };
    let total = shop.kassa.orders().quote_order(quote).await.unwrap().into_inner().total.unwrap();
    let sale = CompleteSaleRequest {
        lines,
        discounts,
        tenders: tenders(total.amount_minor),
        expected_total: Some(total),
        note: "by the door".to_owned(),
        ..Default::default()
    };
    shop.kassa.orders().complete_sale(sale).await.unwrap();
}

fn minor(amount_minor: i64) -> Money {
    Money { amount_minor, ..usd("0") }
}

fn amount(name: &str, text: &str) -> Discount {
    Discount { name: name.to_owned(), value: Some(Value::Amount(usd(text))) }
}

fn percent(name: &str, text: &str) -> Discount {
    Discount { name: name.to_owned(), value: Some(Value::Percent(pb::Decimal { value: text.to_owned() })) }
}
