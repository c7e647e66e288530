//! Every change of the contract, sent ten times at once under one key: one effect, ten equal answers; and
//! once more after a restart.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use kassa_client::{cash, product_line, proto::v1 as pb};
use kassa_integration_tests::{PIN, Shop, usd};
use kassa_server::rpcs::rpcs;
use prost::Message;
use prost_types::FieldMask;

use crate::wire::{Answer, KEY, TOKEN, Tables, Wire, difference};

/// A shop whose changes are all sent ten times.
struct Insisting {
    shop: Shop,
    sent: Vec<Sent>,
}

/// A change that was made.
struct Sent {
    method: &'static str,
    token: String,
    key: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Insisting {
    /// By the local terminal, signed in as the owner.
    async fn ten<M: Message + Default>(&mut self, method: &'static str, request: &impl Message) -> M {
        let token = std::fs::read_to_string(self.shop.data().join("keys/local.token")).unwrap();
        self.ten_by(token.trim(), method, request).await
    }

    /// Sends a change ten times at once, and gives its answer.
    async fn ten_by<M: Message + Default>(
        &mut self,
        token: &str,
        method: &'static str,
        request: &impl Message,
    ) -> M {
        let (token, request) = (token.to_owned(), request.encode_to_vec());
        let key = format!("ten/{}", self.sent.len());
        let sent = Sent { method, token, key, request, answer: Vec::new() };
        let wire = Wire::to(&self.shop);
        let answers = join_all((0..10).map(|_| sent.send(&wire))).await;
        let first = answers[0].0.message::<M>();
        let bytes = answers[0].0.message_bytes().to_vec();
        assert_eq!(answers.iter().filter(|(_, replayed)| !replayed).count(), 1, "{method} happened once");
        assert!(answers.iter().all(|(answer, _)| answer.message_bytes() == bytes), "{method}");
        let before = Tables::of(&self.shop).rows();
        let (_, replayed) = sent.send(&wire).await;
        assert!(replayed, "{method}");
        assert_eq!(difference(&before, &Tables::of(&self.shop).rows()), None, "{method}");
        self.sent.push(Sent { answer: bytes, ..sent });
        first
    }

    /// Sends everything once more.
    async fn again(&self) {
        let wire = Wire::to(&self.shop);
        let before = Tables::of(&self.shop).rows();
        for sent in &self.sent {
            let (answer, replayed) = sent.send(&wire).await;
            assert!(replayed, "{} happened once more", sent.method);
            assert_eq!(answer.message_bytes(), sent.answer, "{}", sent.method);
        }
        assert_eq!(difference(&before, &Tables::of(&self.shop).rows()), None);
    }
}

impl Sent {
    async fn send(&self, wire: &Wire) -> (Answer, bool) {
        let call = wire.call(self.method).with(KEY, &self.key).with(TOKEN, format!("Bearer {}", self.token));
        let answer = call.send_bytes(&self.request).await;
        let replayed = answer.header("idempotent-replayed") == Some("true");
        (answer, replayed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_of_every_change_are_one_and_stay_one_after_a_restart() {
    let shop = Shop::found().await;
    let mut insisting = Insisting { shop, sent: Vec::new() };
    set_up(&mut insisting).await;
    keep_people(&mut insisting).await;
    sell(&mut insisting).await;
    use_the_drawer(&mut insisting).await;
    buy(&mut insisting).await;
    send_goods(&mut insisting).await;
    adjust_and_count(&mut insisting).await;
    end_the_day(&mut insisting).await;
    insisting.shop.restart().await;
    insisting.again().await;

    let sent: BTreeSet<String> =
        insisting.sent.iter().map(|sent| format!("/kassa.v1.{}", sent.method)).collect();
    let keyed = rpcs().iter().filter(|rpc| rpc.keyed).map(|rpc| rpc.path.to_owned());
    assert_eq!(sent, keyed.collect(), "every change was sent");
}

async fn set_up(shop: &mut Insisting) {
    let settings = pb::Settings { name: "Corner".to_owned(), ..Default::default() };
    let update_mask = Some(FieldMask { paths: vec!["name".to_owned()] });
    let put = pb::PutSettingsRequest { settings: Some(settings), update_mask };
    let _: pb::PutSettingsResponse = shop.ten("Admin/PutSettings", &put).await;
    let branch = pb::Branch { code: "B2".to_owned(), name: "Two".to_owned(), ..Default::default() };
    let put = pb::PutBranchesRequest { branches: vec![branch] };
    let _: pb::PutBranchesResponse = shop.ten("Admin/PutBranches", &put).await;
    let register = pb::Register { code: "R2".to_owned(), name: "Two".to_owned(), ..Default::default() };
    let put = pb::PutRegistersRequest { registers: vec![register] };
    let _: pb::PutRegistersResponse = shop.ten("Admin/PutRegisters", &put).await;
    let user = pb::User { name: "huda".to_owned(), role: pb::Role::Supervisor.into(), ..Default::default() };
    let put = pb::PutUsersRequest { users: vec![user] };
    let _: pb::PutUsersResponse = shop.ten("Admin/PutUsers", &put).await;
    shop.shop.set_pin("huda", PIN).await;
    let unlock = pb::UnlockUserRequest { user_id: "huda".to_owned() };
    let _: pb::UnlockUserResponse = shop.ten("Access/UnlockUser", &unlock).await;
    let spare = shop.shop.pair("R2").await;
    let revoke = pb::RevokeTerminalRequest { terminal_id: spare.terminal_id };
    let _: pb::RevokeTerminalResponse = shop.ten("Admin/RevokeTerminal", &revoke).await;
    let product = pb::Product { sku: "tea".to_owned(), name: "Tea".to_owned(), ..Default::default() };
    let product = pb::Product { price: Some(usd("1.00")), ..product };
    let put = pb::PutProduct { product: Some(product), opening_stock: None };
    let put = pb::PutProductsRequest { products: vec![put], ..Default::default() };
    let _: pb::PutProductsResponse = shop.ten("Catalog/PutProducts", &put).await;
    let level = pb::StockLevel {
        product_id: "honey".to_owned(),
        low_quantity: Some(pb::Decimal { value: "0".to_owned() }),
    };
    let put = pb::PutStockLevelsRequest { levels: vec![level] };
    let _: pb::PutStockLevelsResponse = shop.ten("Stock/PutStockLevels", &put).await;
}

async fn keep_people(shop: &mut Insisting) {
    let customer = pb::Customer { name: "Amal".to_owned(), ..Default::default() };
    let put = pb::PutCustomersRequest { customers: vec![customer] };
    let put: pb::PutCustomersResponse = shop.ten("Customers/PutCustomers", &put).await;
    let customer_id = put.customers[0].customer_id.clone();
    let forget = pb::AnonymizeCustomerRequest { customer_id, ..Default::default() };
    let _: pb::AnonymizeCustomerResponse = shop.ten("Customers/AnonymizeCustomer", &forget).await;
    let _: pb::ClockInResponse = shop.ten("Shifts/ClockIn", &pb::ClockInRequest::default()).await;
    let _: pb::ClockOutResponse = shop.ten("Shifts/ClockOut", &pb::ClockOutRequest::default()).await;
}

async fn sell(shop: &mut Insisting) {
    let open = pb::OpenShiftRequest { opening_float: Some(usd("50.00")), ..Default::default() };
    let _: pb::OpenShiftResponse = shop.ten("Shifts/OpenShift", &open).await;
    let sale = shop.shop.sale("1 x honey, 2 x bread, cash 20.00").await;
    let sold: pb::CompleteSaleResponse = shop.ten("Orders/CompleteSale", &sale).await;
    let sold = sold.order.unwrap();
    let print = pb::PrintReceiptRequest { order_id: sold.order_id.clone(), ..Default::default() };
    let _: pb::PrintReceiptResponse = shop.ten("Orders/PrintReceipt", &print).await;
    let refund = shop.shop.refund(&sold, "1 x bread, cash 2.00", "2.00");
    let _: pb::RefundSaleResponse = shop.ten("Orders/RefundSale", &refund).await;
    let exchange = pb::ExchangeSaleRequest {
        returned_lines: shop.shop.refund(&sold, "1 x bread, cash 2.00", "2.00").lines,
        order_id: sold.order_id,
        lines: vec![product_line(shop.shop.product("milk"), "2")],
        tenders: vec![cash(usd("1.10"))],
        expected_total: Some(usd("1.10")),
        ..Default::default()
    };
    let _: pb::ExchangeSaleResponse = shop.ten("Orders/ExchangeSale", &exchange).await;
    let other = shop.shop.sell("1 x bread, cash 2.00").await;
    let void =
        pb::VoidSaleRequest { order_id: other.order_id, reason: "twice".to_owned(), ..Default::default() };
    let _: pb::VoidSaleResponse = shop.ten("Orders/VoidSale", &void).await;
    let save = pb::SaveDraftRequest {
        lines: vec![product_line(shop.shop.product("bread"), "1")],
        ..Default::default()
    };
    let draft = shop.shop.kassa.orders().save_draft(save).await.unwrap().into_inner().draft.unwrap();
    let take = pb::TakeOverDraftRequest { draft_id: draft.draft_id.clone(), version: draft.version };
    let taken: pb::TakeOverDraftResponse = shop.ten("Orders/TakeOverDraft", &take).await;
    let discard = pb::DiscardDraftRequest {
        draft_id: draft.draft_id,
        version: taken.draft.unwrap().version,
        reason: "went away".to_owned(),
    };
    let _: pb::DiscardDraftResponse = shop.ten("Orders/DiscardDraft", &discard).await;
}

async fn use_the_drawer(shop: &mut Insisting) {
    let movement = pb::RecordMovementRequest {
        r#type: pb::MovementType::PaidIn.into(),
        amount: Some(usd("5.00")),
        reason: "change from the bank".to_owned(),
        ..Default::default()
    };
    let _: pb::RecordMovementResponse = shop.ten("CashRegister/RecordMovement", &movement).await;
    let open = pb::OpenDrawerRequest { reason: "a note is torn".to_owned(), ..Default::default() };
    let _: pb::OpenDrawerResponse = shop.ten("CashRegister/OpenDrawer", &open).await;
    let transfer = pb::TransferCashRequest {
        to_register_id: "R2".to_owned(),
        amount: Some(usd("10.00")),
        ..Default::default()
    };
    let sent: pb::TransferCashResponse = shop.ten("CashRegister/TransferCash", &transfer).await;
    let receive =
        pb::ReceiveCashRequest { transfer_id: sent.transfer.unwrap().transfer_id, ..Default::default() };
    let _: pb::ReceiveCashResponse = shop.ten("CashRegister/ReceiveCash", &receive).await;
    let counted = pb::ReconcileRequest {
        counted: Some(usd("60.00")),
        reason: "at noon".to_owned(),
        ..Default::default()
    };
    let _: pb::ReconcileResponse = shop.ten("CashRegister/Reconcile", &counted).await;
}

async fn buy(shop: &mut Insisting) {
    let price =
        pb::PutBranchPrice { sku: "juice".to_owned(), price: Some(usd("4.10")), ..Default::default() };
    let put = pb::PutBranchPricesRequest { prices: vec![price], ..Default::default() };
    let _: pb::PutBranchPricesResponse = shop.ten("Catalog/PutBranchPrices", &put).await;
    let line = pb::PurchaseLine {
        product_id: "bread".to_owned(),
        quantity: Some(pb::Decimal { value: "30".to_owned() }),
        cost: Some(usd("21.00")),
        ..Default::default()
    };
    let put = pb::PutPurchaseRequest {
        supplier: "Delta Farms".to_owned(),
        lines: vec![line],
        ..Default::default()
    };
    let put: pb::PutPurchaseResponse = shop.ten("Purchases/PutPurchase", &put).await;
    let purchase = put.purchase.unwrap();
    let (purchase_id, version) = (purchase.purchase_id, purchase.version);
    let approve = pb::ApprovePurchaseRequest { purchase_id, version, ..Default::default() };
    let approved: pb::ApprovePurchaseResponse = shop.ten("Purchases/ApprovePurchase", &approve).await;
    let purchase = approved.purchase.unwrap();
    let (purchase_id, version) = (purchase.purchase_id, purchase.version);
    let cancel = pb::CancelPurchaseRequest { purchase_id, version, reason: "sent back".to_owned() };
    let _: pb::CancelPurchaseResponse = shop.ten("Purchases/CancelPurchase", &cancel).await;
}

async fn send_goods(shop: &mut Insisting) {
    let bread = pb::SendStockLine {
        product_id: "bread".to_owned(),
        quantity: Some(pb::Decimal { value: "20".to_owned() }),
        ..Default::default()
    };
    let send =
        pb::SendStockRequest { to_branch_id: "B2".to_owned(), lines: vec![bread], ..Default::default() };
    let sent: pb::SendStockResponse = shop.ten("Stock/SendStock", &send).await;
    let transfer_id = sent.transfer.unwrap().transfer_id;
    let take_back = pb::ReceiveStockRequest { transfer_id, ..Default::default() };
    let _: pb::ReceiveStockResponse = shop.ten("Stock/ReceiveStock", &take_back).await;
}

async fn adjust_and_count(shop: &mut Insisting) {
    let decimal = |value: &str| Some(pb::Decimal { value: value.to_owned() });
    let damaged = pb::AdjustStockLine {
        product_id: "bread".to_owned(),
        quantity: decimal("-3"),
        reason: pb::StockAdjustmentReason::Damaged.into(),
        ..Default::default()
    };
    let adjust = pb::AdjustStockRequest { lines: vec![damaged], ..Default::default() };
    let _: pb::AdjustStockResponse = shop.ten("Stock/AdjustStock", &adjust).await;
    let start = pb::StartStockCountRequest::default();
    let started: pb::StartStockCountResponse = shop.ten("Stock/StartStockCount", &start).await;
    let counted = pb::EnterStockCountLine {
        product_id: "juice".to_owned(),
        counted: decimal("990"),
        ..Default::default()
    };
    let count_id = started.count.unwrap().count_id;
    let enter = pb::EnterStockCountRequest { count_id: count_id.clone(), lines: vec![counted] };
    let entered: pb::EnterStockCountResponse = shop.ten("Stock/EnterStockCount", &enter).await;
    let expected_version = entered.count.unwrap().version;
    let finish = pb::FinishStockCountRequest { count_id, expected_version };
    let _: pb::FinishStockCountResponse = shop.ten("Stock/FinishStockCount", &finish).await;
    let again = shop.shop.kassa.stock().start_stock_count(start).await.unwrap().into_inner();
    let (count_id, reason) = (again.count.unwrap().count_id, "closing".to_owned());
    let cancel = pb::CancelStockCountRequest { count_id, reason };
    let _: pb::CancelStockCountResponse = shop.ten("Stock/CancelStockCount", &cancel).await;
}

async fn end_the_day(shop: &mut Insisting) {
    let hand_over = pb::HandOverShiftRequest { to_user_id: "huda".to_owned(), ..Default::default() };
    let _: pb::HandOverShiftResponse = shop.ten("Shifts/HandOverShift", &hand_over).await;
    let end: pb::EndShiftResponse = shop.ten("Shifts/EndShift", &pb::EndShiftRequest::default()).await;
    let amount_minor = shop.shop.in_the_drawer().await;
    let drawer = pb::TenderCount {
        r#type: pb::TenderType::Cash.into(),
        amount: Some(pb::Money { amount_minor, ..Default::default() }),
        ..Default::default()
    };
    let close = pb::CloseShiftRequest {
        shift_id: end.shift.unwrap().shift_id,
        counts: vec![drawer],
        reason: "as at noon".to_owned(),
        ..Default::default()
    };
    let _: pb::CloseShiftResponse = shop.ten("Shifts/CloseShift", &close).await;
    let opened = shop.shop.open_shift("60.00").await.shift.unwrap();
    let force = pb::ForceCloseShiftRequest {
        shift_id: opened.shift_id,
        expected_version: opened.version,
        reason: "nobody came".to_owned(),
        ..Default::default()
    };
    let _: pb::ForceCloseShiftResponse = shop.ten("Shifts/ForceCloseShift", &force).await;
}
