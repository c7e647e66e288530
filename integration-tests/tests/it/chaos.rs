//! Whatever people do in whatever order, with whatever settings: the books add up, and no answer is INTERNAL.
//!
//! ```text
//! KASSA_CHAOS_STEPS=100000 KASSA_CHAOS_SEED=1 cargo test --workspace --test it chaos:: -- --nocapture
//! ```
//!
//! The model plays the same against the rules alone (`server/src/model`) and predicts each answer; here they come from
//! the real server, through the real client, on the real database.

use std::{collections::BTreeMap, env, fmt::Debug, time::Duration};

use kassa_client::{
    Code, Error, Kassa, Reason, new_id, product_line,
    proto::v1::{
        self as pb, CashRoundingMode, MovementType, Order, OrderKind, Role, RoundingMode, TaxRounding,
        TenderType,
    },
};
use kassa_integration_tests::{
    Shop, back_up,
    chance::{Chance, seed},
};

use crate::approvals::asked;

/// Small prices, of which the parts are small: SKU, price in cents, tax rate, unit.
const GOODS: [(&str, i64, &str, &str); 7] = [
    ("bag", 1, "15", "pc"),
    ("stamp", 3, "0", "pc"),
    ("nut", 8, "8.875", "kg"),
    ("sweet", 37, "5", "pc"),
    ("pen", 9_99, "14", "pc"),
    ("cheese", 12_40, "14", "kg"),
    ("coat", 164_50, "20", "pc"),
];
const COINS: [i64; 6] = [0, 0, 5, 10, 25, 1_00];
const PAID_BY: [TenderType; 3] = [TenderType::Card, TenderType::Voucher, TenderType::BankTransfer];
/// What people do, and how often of a hundred times.
const DEEDS: [(&str, u64); 10] = [
    ("sell", 40),
    ("refund", 22),
    ("exchange", 8),
    ("void", 6),
    ("settings", 6),
    ("movement", 6),
    ("transfer", 4),
    ("receive", 3),
    ("close", 3),
    ("price", 2),
];

fn money(amount_minor: i64) -> Option<pb::Money> {
    Some(pb::Money { amount_minor, ..Default::default() })
}

fn minor(money: Option<&pb::Money>) -> i64 {
    money.map_or(0, |money| money.amount_minor)
}

fn decimal(thousandths: i64) -> Option<pb::Decimal> {
    Some(pb::Decimal { value: format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000) })
}

fn thousandths(decimal: Option<&pb::Decimal>) -> i64 {
    let quantity = decimal.and_then(|decimal| kassa_client::proto::decimal::Quantity::try_from(decimal).ok());
    quantity.map_or(0, |quantity| quantity.thousandths())
}

fn tender(kind: TenderType, amount: i64) -> pb::Tender {
    pb::Tender { r#type: kind.into(), amount: money(amount), ..Default::default() }
}

/// A shop full of people who do as they like.
struct Chaos {
    shop: Shop,
    /// The owner and a cashier at the first register, a supervisor and a cashier at the second.
    people: Vec<Kassa>,
    chance: Chance,
    products: Vec<String>,
    sales: Vec<String>,
    transfers: Vec<String>,
    coin: i64,
    told: BTreeMap<(&'static str, String), usize>,
}

impl Chaos {
    async fn open(seed: u64) -> Self {
        let shop = Shop::open().await;
        shop.register("R2").await;
        shop.user("hala", Role::Cashier).await;
        shop.user("amal", Role::Supervisor).await;
        shop.user("nur", Role::Cashier).await;
        let put = GOODS.iter().map(|(sku, price, rate, unit)| pb::PutProduct {
            product: Some(pb::Product {
                sku: (*sku).to_owned(),
                name: (*sku).to_owned(),
                price: money(*price),
                tax_rate: Some(pb::Decimal { value: (*rate).to_owned() }),
                unit: (*unit).to_owned(),
                ..Default::default()
            }),
            opening_stock: None,
        });
        let put = pb::PutProductsRequest { products: put.collect(), ..Default::default() };
        let products = shop.kassa.catalog().put_products(put).await.unwrap().into_inner().product_ids;
        let mut people = vec![shop.kassa.clone()];
        for (name, register) in [("hala", "R1"), ("amal", "R2"), ("nur", "R2")] {
            people.push(shop.signed_in(name, register).await);
        }
        Self {
            shop,
            people,
            chance: Chance::of(seed, "chaos", 0),
            products,
            sales: Vec::new(),
            transfers: Vec::new(),
            coin: 0,
            told: BTreeMap::new(),
        }
    }

    fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.chance.below(u64::try_from(end).unwrap_or(1))).unwrap_or(0)
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.chance.below(times) == 0
    }

    fn somebody(&mut self) -> Kassa {
        let who = usize::try_from(self.chance.below(self.people.len() as u64)).unwrap();
        self.people[who].clone()
    }

    /// Counts what was told, and refuses what nobody should ever be told.
    fn hear<T: Debug>(&mut self, deed: &'static str, answer: Result<T, Error>) -> Option<T> {
        let (told, answer) = match answer {
            Ok(answer) => ("done".to_owned(), Some(answer)),
            Err(error) => {
                let is_ours = [Code::Internal, Code::Unknown, Code::DataLoss].contains(&error.code());
                assert!(!is_ours && error.reason().is_some(), "{deed}: {error:?}\n{}", self.counts());
                (error.reason_name().unwrap_or_default().to_owned(), None)
            }
        };
        *self.told.entry((deed, told)).or_default() += 1;
        answer
    }

    /// Does something, and most of the time once more with a grant if somebody has to allow it.
    async fn ask<T: Debug>(
        &mut self,
        deed: &'static str,
        kassa: &Kassa,
        ask: impl AsyncFn(Vec<String>) -> Result<T, Error>,
    ) -> Option<T> {
        let answer = ask(Vec::new()).await;
        let has_to_be_allowed =
            answer.as_ref().err().filter(|error| error.reason() == Some(Reason::ApprovalRequired));
        let Some(wanted) = has_to_be_allowed.filter(|_| !self.one_in(3)).map(asked) else {
            return self.hear(deed, answer);
        };
        self.hear(deed, answer);
        let given = kassa.access().grant_approval(wanted).await;
        let given = self.hear("approve", given)?.into_inner();
        let answer = ask(vec![given.grant_id]).await;
        let done = self.hear(deed, answer);
        if done.is_some() {
            *self.told.entry(("approved", "done".to_owned())).or_default() += 1;
        }
        done
    }

    fn counts(&self) -> String {
        let line =
            |((deed, told), count): (&(&str, String), &usize)| format!("{deed:<10} {told:<28} {count:>8}\n");
        self.told.iter().map(line).collect()
    }

    fn lines(&mut self) -> Vec<pb::LineItem> {
        let count = 1 + self.below(4);
        let mut lines = Vec::new();
        for _ in 0..count {
            let place = usize::try_from(self.chance.below(GOODS.len() as u64)).unwrap();
            let quantity =
                if GOODS[place].3 == "kg" { 1 + self.below(2_500) } else { 1_000 * (1 + self.below(12)) };
            let mut line = product_line(&self.products[place], "1");
            line.quantity = decimal(quantity);
            if self.one_in(4) {
                line.discounts = vec![self.discount()];
            }
            lines.push(line);
        }
        lines
    }

    fn discount(&mut self) -> pb::Discount {
        let percent = [10, 33, 50, 100][usize::try_from(self.below(4)).unwrap()];
        let value = if self.one_in(3) {
            pb::discount::Value::Amount(money(1 + self.below(20)).unwrap())
        } else {
            pb::discount::Value::Percent(pb::Decimal { value: percent.to_string() })
        };
        pb::Discount { name: "offer".to_owned(), value: Some(value) }
    }

    /// Cash of at least so much, as coins make it most of the time.
    fn cash(&mut self, amount: i64) -> i64 {
        let over = if self.one_in(2) { self.below(5_00) } else { 0 };
        let cash = amount + over;
        if self.coin == 0 || self.one_in(12) {
            return cash;
        }
        (cash + self.coin - 1) / self.coin * self.coin
    }

    /// Ways to pay a total: by a card or so, partly by it, in cash.
    async fn tenders(&mut self, kassa: &Kassa, quote: &pb::QuoteOrderRequest, total: i64) -> Vec<pb::Tender> {
        let kind = self.chance.one_of(&PAID_BY);
        let part = match self.below(3) {
            0 => total,
            1 => self.below(total + 1),
            _ => 0,
        };
        let mut tenders = if part > 0 { vec![tender(kind, part)] } else { Vec::new() };
        if part < total {
            let asked = pb::QuoteOrderRequest { tenders: tenders.clone(), ..quote.clone() };
            let quoted = kassa.orders().quote_order(asked).await;
            let due =
                self.hear("quote", quoted).map_or(total - part, |quoted| minor(quoted.cash_due.as_ref()));
            let cash = self.cash(due);
            tenders.push(tender(TenderType::Cash, cash));
        }
        tenders
    }

    async fn sell(&mut self) {
        let kassa = self.somebody();
        let lines = self.lines();
        let discounts = if self.one_in(4) { vec![self.discount()] } else { Vec::new() };
        let quote = pb::QuoteOrderRequest { lines, discounts, ..Default::default() };
        let quoted = kassa.orders().quote_order(quote.clone()).await;
        let Some(quoted) = self.hear("quote", quoted) else { return };
        let tenders = self.tenders(&kassa, &quote, minor(quoted.total.as_ref())).await;
        let sale = pb::CompleteSaleRequest {
            order_id: new_id(),
            lines: quote.lines,
            discounts: quote.discounts,
            tenders,
            expected_total: quoted.total.clone(),
            ..Default::default()
        };
        let sell = async |grant_ids: Vec<String>| {
            kassa.orders().complete_sale(pb::CompleteSaleRequest { grant_ids, ..sale.clone() }).await
        };
        if let Some(sold) = self.ask("sell", &kassa, sell).await {
            self.sales.push(sold.into_inner().order.unwrap().order_id);
        }
    }

    /// One of the last sales most of the time, as it is now.
    async fn sale(&mut self, kassa: &Kassa) -> Option<Order> {
        let recent = if self.one_in(4) { self.sales.len() } else { self.sales.len().min(12) };
        if recent == 0 {
            return None;
        }
        let back = usize::try_from(self.chance.below(recent as u64)).unwrap();
        let order_id = self.sales[self.sales.len() - 1 - back].clone();
        let read = kassa.orders().get_order(pb::GetOrderRequest { order_id }).await;
        self.hear("read", read)?.into_inner().order
    }

    /// Parts of a sale that are left, most of the time.
    fn returned(&mut self, sale: &Order) -> Vec<pb::RefundLine> {
        let mut lines = Vec::new();
        for line in &sale.lines {
            let left = thousandths(line.quantity.as_ref()) - thousandths(line.returned_quantity.as_ref());
            if left <= 0 || self.one_in(3) {
                continue;
            }
            let is_whole = left % 1_000 == 0;
            let quantity = match self.below(3) {
                0 => left,
                _ if is_whole => 1_000 * (1 + self.below(left / 1_000)),
                _ => 1 + self.below(left),
            };
            lines.push(pb::RefundLine {
                line_id: line.line_id.clone(),
                quantity: decimal(quantity),
                reason: "did not like it".to_owned(),
                restock: self.one_in(2),
            });
        }
        lines
    }

    /// How money goes back: what is no cash first, and the rest in cash.
    fn back(&mut self, sale: &Order, total: i64) -> (Vec<pb::Tender>, i64) {
        let mut rest = total;
        let mut tenders = Vec::new();
        for paid in &sale.tenders {
            let kind = TenderType::try_from(paid.r#type).unwrap_or_default();
            if [TenderType::Cash, TenderType::Exchange].contains(&kind) || self.one_in(3) || rest == 0 {
                continue;
            }
            let amount = if self.one_in(3) { 1 + self.below(rest) } else { rest };
            let amount = amount.min(minor(paid.amount.as_ref()));
            tenders.push(tender(kind, amount));
            rest -= amount;
        }
        (tenders, rest)
    }

    async fn refund(&mut self) {
        let kassa = self.somebody();
        let Some(sale) = self.sale(&kassa).await else { return };
        let lines = self.returned(&sale);
        let mut request = pb::RefundSaleRequest {
            refund_id: new_id(),
            order_id: sale.order_id.clone(),
            lines,
            expected_total: money(0),
            ..Default::default()
        };
        // The server says what it comes to, and then what of it goes back in cash.
        for _ in 0..3 {
            let answer = kassa.orders().refund_sale(request.clone()).await;
            let Err(error) = &answer else {
                self.hear("refund", answer);
                return;
            };
            let told = |name: &str| error.metadata(name).and_then(|text| text.parse::<i64>().ok());
            match (error.reason(), told("total_minor"), told("cash_minor")) {
                (Some(Reason::TotalMismatch), Some(total), _) => {
                    request.expected_total = money(total);
                    let (tenders, rest) = self.back(&sale, total);
                    request.tenders = tenders;
                    if rest > 0 {
                        request.tenders.push(tender(TenderType::Cash, rest));
                    }
                }
                (Some(Reason::RefundTenderMismatch), _, Some(cash)) => {
                    request.tenders.retain(|it| it.r#type != i32::from(TenderType::Cash));
                    if cash > 0 {
                        request.tenders.push(tender(TenderType::Cash, cash));
                    }
                }
                _ => break,
            }
        }
        let refund = async |grant_ids: Vec<String>| {
            let request = pb::RefundSaleRequest { grant_ids, ..request.clone() };
            kassa.orders().refund_sale(request).await
        };
        self.ask("refund", &kassa, refund).await;
    }

    async fn exchange(&mut self) {
        let kassa = self.somebody();
        let Some(sale) = self.sale(&kassa).await else { return };
        let mut request = pb::ExchangeSaleRequest {
            sale_id: new_id(),
            return_id: new_id(),
            order_id: sale.order_id.clone(),
            returned_lines: self.returned(&sale),
            lines: self.lines(),
            expected_total: money(0),
            ..Default::default()
        };
        for _ in 0..4 {
            let answer = kassa.orders().exchange_sale(request.clone()).await;
            let Err(error) = &answer else {
                if let Some(made) = self.hear("exchange", answer) {
                    self.sales.push(made.into_inner().sold.unwrap().order_id);
                }
                return;
            };
            let told = |name: &str| error.metadata(name).and_then(|text| text.parse::<i64>().ok());
            let cash = match (error.reason(), told("total_minor")) {
                (Some(Reason::TotalMismatch), Some(total)) => {
                    request.expected_total = money(total);
                    let kind = self.chance.one_of(&PAID_BY);
                    let by = if self.one_in(2) { kind } else { TenderType::Cash };
                    request.tenders = if total == 0 { Vec::new() } else { vec![tender(by, total.abs())] };
                    continue;
                }
                (Some(Reason::RefundTenderMismatch), _) => told("cash_minor"),
                (Some(Reason::TenderShort), _) => told("cash_due_minor"),
                _ => None,
            };
            let Some(cash) = cash else { break };
            let is_cash = |it: &pb::Tender| it.r#type == i32::from(TenderType::Cash);
            let before: i64 =
                request.tenders.iter().filter(|it| is_cash(it)).map(|it| minor(it.amount.as_ref())).sum();
            let short = error.reason() == Some(Reason::TenderShort);
            request.tenders.retain(|it| !is_cash(it));
            let cash = if short { before + cash } else { cash };
            if cash > 0 || short {
                request.tenders.push(tender(TenderType::Cash, cash));
            }
        }
        let exchange = async |grant_ids: Vec<String>| {
            let request = pb::ExchangeSaleRequest { grant_ids, ..request.clone() };
            kassa.orders().exchange_sale(request).await
        };
        if let Some(made) = self.ask("exchange", &kassa, exchange).await {
            self.sales.push(made.into_inner().sold.unwrap().order_id);
        }
    }

    async fn void(&mut self) {
        let kassa = self.somebody();
        let Some(sale) = self.sale(&kassa).await else { return };
        let reason = "the wrong cart".to_owned();
        let request = pb::VoidSaleRequest { order_id: sale.order_id, reason, ..Default::default() };
        let void = async |grant_ids: Vec<String>| {
            kassa.orders().void_sale(pb::VoidSaleRequest { grant_ids, ..request.clone() }).await
        };
        self.ask("void", &kassa, void).await;
    }

    async fn settings(&mut self) {
        let mode = |chance: &mut Chance| {
            let modes = [
                CashRoundingMode::HalfUp,
                CashRoundingMode::HalfDown,
                CashRoundingMode::Up,
                CashRoundingMode::Down,
            ];
            i32::from(chance.one_of(&modes))
        };
        let coin = self.chance.one_of(&COINS);
        let settings = pb::Settings {
            prices_include_tax: self.one_in(2),
            tax_rounding: self.chance.one_of(&[TaxRounding::PerLine, TaxRounding::PerRate]).into(),
            rounding_mode: self
                .chance
                .one_of(&[RoundingMode::HalfAwayFromZero, RoundingMode::HalfEven])
                .into(),
            cash_rounding: Some(pb::CashRounding {
                unit_minor: coin,
                total: mode(&mut self.chance),
                change: mode(&mut self.chance),
                refund: mode(&mut self.chance),
                small_coins: self.one_in(4),
            }),
            blind_close: self.one_in(2),
            ..Default::default()
        };
        let paths = ["prices_include_tax", "tax_rounding", "rounding_mode", "cash_rounding", "blind_close"];
        let path = self.chance.one_of(&paths);
        let update_mask = Some(prost_types::FieldMask { paths: vec![path.to_owned()] });
        let request = pb::PutSettingsRequest { settings: Some(settings), update_mask };
        let kassa = if self.one_in(5) { self.somebody() } else { self.people[0].clone() };
        let answer = kassa.admin().put_settings(request).await;
        if self.hear("settings", answer).is_some() && path == "cash_rounding" {
            self.coin = coin;
        }
    }

    async fn price(&mut self) {
        let place = usize::try_from(self.chance.below(GOODS.len() as u64)).unwrap();
        let (sku, price, rate, unit) = GOODS[place];
        let product = pb::Product {
            product_id: self.products[place].clone(),
            sku: sku.to_owned(),
            name: sku.to_owned(),
            price: money(price + self.below(price + 3)),
            tax_rate: Some(pb::Decimal { value: rate.to_owned() }),
            unit: unit.to_owned(),
            ..Default::default()
        };
        let products = vec![pb::PutProduct { product: Some(product), opening_stock: None }];
        let request = pb::PutProductsRequest { products, ..Default::default() };
        let answer = self.people[0].catalog().put_products(request).await;
        self.hear("price", answer);
    }

    async fn movement(&mut self) {
        let kassa = self.somebody();
        let kinds = [
            MovementType::PaidIn,
            MovementType::PaidOut,
            MovementType::Expense,
            MovementType::FloatIn,
            MovementType::SafeDrop,
        ];
        let kind = self.chance.one_of(&kinds);
        let amount = 1 + self.below(30_00);
        let request = pb::RecordMovementRequest {
            r#type: kind.into(),
            amount: money(self.cash(amount)),
            reason: "the window cleaner".to_owned(),
            ..Default::default()
        };
        let movement = async |grant_ids: Vec<String>| {
            let request = pb::RecordMovementRequest { grant_ids, ..request.clone() };
            kassa.cash_register().record_movement(request).await
        };
        self.ask("movement", &kassa, movement).await;
    }

    async fn transfer(&mut self) {
        let kassa = self.somebody();
        let (from, to) = if self.one_in(2) { ("R1", "R2") } else { ("R2", "R1") };
        let amount = 1 + self.below(20_00);
        let request = pb::TransferCashRequest {
            register_id: from.to_owned(),
            to_register_id: to.to_owned(),
            amount: money(self.cash(amount)),
            ..Default::default()
        };
        let transfer = async |grant_ids: Vec<String>| {
            kassa
                .cash_register()
                .transfer_cash(pb::TransferCashRequest { grant_ids, ..request.clone() })
                .await
        };
        if let Some(sent) = self.ask("transfer", &kassa, transfer).await {
            self.transfers.push(sent.into_inner().transfer.unwrap().transfer_id);
        }
    }

    async fn receive(&mut self) {
        let Some(transfer_id) = self.transfers.pop() else { return };
        let kassa = self.somebody();
        let request = pb::ReceiveCashRequest { transfer_id: transfer_id.clone(), ..Default::default() };
        let answer = kassa.cash_register().receive_cash(request).await;
        if self.hear("receive", answer).is_none() {
            self.transfers.insert(0, transfer_id);
        }
    }

    /// Closes a shift with a count that may be wrong, and opens the next one.
    async fn close(&mut self) {
        let kassa = self.somebody();
        let counted = self.below(500_00);
        let close = pb::CloseShiftRequest {
            counts: vec![pb::TenderCount {
                r#type: TenderType::Cash.into(),
                amount: money(counted),
                ..Default::default()
            }],
            left_in_drawer: money(self.below(counted + 1)),
            reason: if self.one_in(4) { String::new() } else { "counted twice".to_owned() },
            ..Default::default()
        };
        if !self.one_in(3) {
            let close = async |grant_ids: Vec<String>| {
                kassa.shifts().close_shift(pb::CloseShiftRequest { grant_ids, ..close.clone() }).await
            };
            self.ask("close", &kassa, close).await;
        }
        let open = pb::OpenShiftRequest { opening_float: money(self.below(200_00)), ..Default::default() };
        let answer = kassa.shifts().open_shift(open).await;
        self.hear("open", answer);
    }

    async fn step(&mut self) {
        let mut at = self.chance.below(DEEDS.iter().map(|(_, often)| often).sum());
        for (deed, often) in DEEDS {
            if at >= often {
                at -= often;
                continue;
            }
            return match deed {
                "sell" => self.sell().await,
                "refund" => self.refund().await,
                "exchange" => self.exchange().await,
                "void" => self.void().await,
                "settings" => self.settings().await,
                "movement" => self.movement().await,
                "transfer" => self.transfer().await,
                "receive" => self.receive().await,
                "close" => self.close().await,
                _ => self.price().await,
            };
        }
    }

    /// Reports of shifts add up, the books are proved whole, and a backup of them can be made.
    async fn prove(&self) {
        // Large books take an unoptimised build a while.
        let kassa = &self.shop.patient(Duration::from_secs(600));
        let proof = kassa.admin().check_integrity(pb::CheckIntegrityRequest::default()).await.unwrap();
        let proof = proof.into_inner();
        assert!(proof.sound, "{proof:?}\n{}", self.counts());
        let backup = back_up(kassa).await.unwrap_or_else(|error| panic!("{error:?}\n{}", self.counts()));
        assert_eq!(backup.backup.unwrap().state(), pb::BackupState::Verified);
    }
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_people_do_no_answer_is_a_fault_of_ours_and_the_books_add_up() {
    let steps = number("KASSA_CHAOS_STEPS").unwrap_or(500);
    let seed = number("KASSA_CHAOS_SEED").unwrap_or_else(seed);
    println!("seed {seed}, {steps} steps");
    let mut chaos = Chaos::open(seed).await;
    for step in 1..=steps {
        chaos.step().await;
        if step % 20_000 == 0 {
            chaos.prove().await;
        }
        if step % 2_000 == 0 {
            println!("{step} steps");
        }
    }
    chaos.prove().await;
    let orders = chaos.shop.orders().await;
    let of = |kind: OrderKind| orders.iter().filter(|order| order.kind() == kind).count();
    println!("{}", chaos.counts());
    println!(
        "{} sales, {} returns, {} voids",
        of(OrderKind::Sale),
        of(OrderKind::Return),
        of(OrderKind::Void)
    );
    // All that could go wrong was really done.
    for deed in ["sell", "refund", "exchange", "void", "settings", "movement", "close", "open", "approved"] {
        let done = chaos.told.get(&(deed, "done".to_owned())).copied().unwrap_or_default();
        assert!(done > 0, "{deed} was never done:\n{}", chaos.counts());
    }
}
