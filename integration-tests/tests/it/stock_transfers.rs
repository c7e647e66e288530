//! Goods between branches.

use chrono::TimeDelta;
use kassa_client::{
    Error, Kassa, Reason,
    proto::v1::{
        self as pb, EventKind, ReceiveStockRequest, Role, SendStockRequest, StockCause, StockTransfer,
        StockTransferDirection as Direction, StockTransferState as State,
    },
};
use kassa_integration_tests::{PIN, Shop};

use crate::{
    repeats::{a_day_later, ten_times},
    wire::{Tables, Wire, difference},
};

/// B1 with the owner, and B2 with the supervisor huda.
struct Branches {
    shop: Shop,
    /// The token of the terminal at B2.
    terminal: String,
    /// The token of huda's session at it.
    huda: String,
}

impl Branches {
    async fn open() -> Self {
        let shop = Shop::found().await;
        shop.branch("B2").await;
        shop.register_in("B2", "R2").await;
        shop.user("huda", Role::Supervisor).await;
        let terminal = shop.pair("R2").await.token;
        let mut branches = Self { shop, terminal, huda: String::new() };
        branches.sign_in().await;
        branches
    }

    /// Huda signs in, at the same terminal each time.
    async fn sign_in(&mut self) {
        let request = pb::SignInRequest { user_id: "huda".to_owned(), pin: PIN.to_owned() };
        let terminal = self.shop.with_token(&self.terminal);
        self.huda = terminal.access().sign_in(request).await.unwrap().into_inner().token;
    }

    /// Another client of the owner's terminal each time.
    fn b1(&self) -> Kassa {
        self.shop.second_terminal()
    }

    /// Another client of huda's terminal each time.
    fn b2(&self) -> Kassa {
        self.shop.with_token(&self.huda)
    }

    /// Somebody at the branch B3.
    async fn at_b3(&self, name: &str, role: Role) -> Kassa {
        self.shop.branch("B3").await;
        self.shop.register_in("B3", "R3").await;
        self.shop.user(name, role).await;
        self.shop.signed_in(name, "R3").await
    }

    /// What there is of a product at both branches.
    async fn shelves(&self, sku: &str) -> [String; 2] {
        [on_the_shelf(&self.b1(), sku).await, on_the_shelf(&self.b2(), sku).await]
    }
}

fn decimal(value: &str) -> Option<pb::Decimal> {
    Some(pb::Decimal { value: value.to_owned() })
}

/// Goods to be sent to B2, such as `("bread", "20")`.
fn goods(lines: &[(&str, &str)]) -> SendStockRequest {
    let lines = lines.iter().map(|(sku, quantity)| pb::SendStockLine {
        product_id: (*sku).to_owned(),
        quantity: decimal(quantity),
        ..Default::default()
    });
    SendStockRequest { to_branch_id: "B2".to_owned(), lines: lines.collect(), ..Default::default() }
}

async fn send(at: &Kassa, lines: &[(&str, &str)]) -> StockTransfer {
    at.stock().send_stock(goods(lines)).await.unwrap().into_inner().transfer.unwrap()
}

/// All of a transfer, as it was sent.
fn all_of(transfer: &StockTransfer) -> ReceiveStockRequest {
    ReceiveStockRequest { transfer_id: transfer.transfer_id.clone(), ..Default::default() }
}

/// What was counted of a line: good and damaged ones, and why.
fn counted(
    line: &pb::StockTransferLine,
    received: &str,
    damaged: &str,
    reason: &str,
) -> pb::ReceiveStockLine {
    pb::ReceiveStockLine {
        line_id: line.line_id.clone(),
        received_quantity: decimal(received),
        damaged_quantity: decimal(damaged).filter(|it| !it.value.is_empty()),
        reason: reason.to_owned(),
    }
}

async fn receive(at: &Kassa, request: ReceiveStockRequest) -> Result<StockTransfer, Error> {
    Ok(at.stock().receive_stock(request).await?.into_inner().transfer.unwrap())
}

async fn read(at: &Kassa, name: &str) -> Result<StockTransfer, Error> {
    let request = pb::GetStockTransferRequest { transfer_id: name.to_owned(), ..Default::default() };
    Ok(at.stock().get_stock_transfer(request).await?.into_inner().transfer.unwrap())
}

/// The numbers of a branch's transfers, newest first.
async fn numbers(at: &Kassa, direction: Direction, state: State) -> Vec<String> {
    let (direction, state) = (direction.into(), state.into());
    let request = pb::ListStockTransfersRequest { direction, state, ..Default::default() };
    let list = at.stock().list_stock_transfers(request).await.unwrap().into_inner().transfers;
    assert!(list.iter().all(|it| it.lines.is_empty() && it.line_count > 0), "lists have no lines");
    list.into_iter().map(|it| it.number).collect()
}

async fn on_the_shelf(at: &Kassa, sku: &str) -> String {
    let request = pb::GetStockRequest { product_id: sku.to_owned(), ..Default::default() };
    let stock = at.stock().get_stock(request).await.unwrap().into_inner().stock.unwrap();
    stock.quantity.unwrap().value
}

/// The changes of a product as cause, quantity and document, the first at the front.
async fn changes(at: &Kassa, sku: &str) -> Vec<(StockCause, String, String)> {
    let request = pb::ListStockChangesRequest { product_id: sku.to_owned(), ..Default::default() };
    let list = at.stock().list_stock_changes(request).await.unwrap().into_inner().changes;
    let change = |it: pb::StockChange| (it.cause(), it.quantity.unwrap().value, it.document_id);
    list.into_iter().rev().map(change).collect()
}

/// What a branch's audit log says of these kinds, the first at the front.
async fn told(at: &Kassa, kinds: &[EventKind]) -> Vec<String> {
    let kinds = kinds.iter().map(|kind| i32::from(*kind)).collect();
    let request = pb::ListAuditLogRequest { kinds, ..Default::default() };
    let log = at.admin().list_audit_log(request).await.unwrap().into_inner();
    log.entries.into_iter().rev().map(|entry| entry.words).collect()
}

const MOVED: [EventKind; 2] = [EventKind::StockSent, EventKind::StockReceived];

#[tokio::test(flavor = "multi_thread")]
async fn goods_leave_the_one_shelf_and_come_onto_the_other_once() {
    let branches = Branches::open().await;
    let (b1, b2) = (branches.b1(), branches.b2());
    let request = SendStockRequest {
        note: "on the blue van".to_owned(),
        ..goods(&[("bread", "20"), ("cheese", "2.5")])
    };
    let sent = b1.stock().send_stock(request).await.unwrap().into_inner().transfer.unwrap();
    let told_of = (sent.number.as_str(), sent.state(), sent.note.as_str(), sent.line_count);
    assert_eq!(told_of, ("TRF-202611-B1-000001", State::Sent, "on the blue van", 2));
    assert_eq!((sent.from_branch_code.as_str(), sent.to_branch_code.as_str()), ("B1", "B2"));
    assert_eq!(sent.lines[1].name, "cheese");
    assert_eq!(branches.shelves("bread").await, ["99980", "0"], "in transit it is on no shelf");
    assert_eq!(read(&b2, &sent.number).await.unwrap(), sent);
    assert_eq!(numbers(&b2, Direction::In, State::Sent).await, [sent.number.as_str()]);
    assert_eq!(numbers(&b1, Direction::Out, State::Sent).await, [sent.number.as_str()]);

    branches.shop.clock.advance(TimeDelta::hours(2));
    let received = receive(&b2, all_of(&sent)).await.unwrap();
    assert_eq!((received.state(), received.differs), (State::Received, false));
    assert_eq!(received.lines[1].received_quantity, decimal("2.5"));
    assert_ne!(received.receiver_user_id, received.sender_user_id);
    assert_eq!(branches.shelves("bread").await, ["99980", "20"]);
    assert_eq!(branches.shelves("cheese").await, ["23", "2.5"]);
    for at in [&b1, &b2] {
        assert_eq!(read(at, &sent.transfer_id).await.unwrap(), received, "both see what became of it");
        let refused = receive(at, all_of(&sent)).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::StockTransferReceived));
        assert_eq!(refused.metadata("state"), Some("STOCK_TRANSFER_STATE_RECEIVED"));
    }
    let of_transfer = |cause, quantity: &str| (cause, quantity.to_owned(), sent.transfer_id.clone());
    assert_eq!(changes(&b1, "bread").await[1..], [of_transfer(StockCause::TransferOut, "-20")]);
    assert_eq!(changes(&b2, "bread").await, [of_transfer(StockCause::TransferIn, "20")]);
    assert_eq!(told(&b1, &MOVED).await, ["goods sent to B2: TRF-202611-B1-000001, 2 lines"]);
    assert_eq!(told(&b2, &MOVED).await, ["goods received from B1: TRF-202611-B1-000001, 2 lines"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_short_over_or_damaged_is_written_down_with_its_reason() {
    let branches = Branches::open().await;
    let (b1, b2) = (branches.b1(), branches.b2());
    let sent = send(&b1, &[("bread", "20"), ("juice", "6"), ("cheese", "3"), ("milk", "2")]).await;
    let [bread, juice, cheese, milk] = [0, 1, 2, 3].map(|line| &sent.lines[line]);
    let request = ReceiveStockRequest {
        lines: vec![
            counted(bread, "17", "2", "two loaves wet, one missing"),
            counted(juice, "7", "", ""),
            counted(cheese, "0", "3", ""),
            counted(milk, "2", "0", ""),
        ],
        reason: "the van was late".to_owned(),
        ..all_of(&sent)
    };
    let received = receive(&b2, request).await.unwrap();
    let text = |part: &Option<pb::Decimal>| part.clone().unwrap().value;
    let parts = received.lines.iter().map(|line| {
        [&line.received_quantity, &line.damaged_quantity, &line.short_quantity, &line.over_quantity].map(text)
    });
    assert_eq!(
        parts.collect::<Vec<_>>(),
        [["17", "2", "1", "0"], ["7", "0", "0", "1"], ["0", "3", "0", "0"], ["2", "0", "0", "0"]]
    );
    let reasons: Vec<&str> = received.lines.iter().map(|line| line.reason.as_str()).collect();
    assert_eq!(reasons, ["two loaves wet, one missing", "the van was late", "the van was late", ""]);
    assert!(received.differs);
    assert_eq!(read(&b1, &sent.number).await.unwrap(), received);
    assert_eq!(branches.shelves("bread").await, ["99980", "17"]);
    assert_eq!(branches.shelves("juice").await, ["994", "7"]);
    assert_eq!(branches.shelves("cheese").await, ["22.5", "0"]);
    assert_eq!(changes(&b2, "cheese").await, [], "what can't be sold is on no shelf");
    let words = "goods received from B1: TRF-202611-B1-000001, 4 lines, not as they were sent";
    assert_eq!(told(&b2, &MOVED).await, [words]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_received_is_taken_back() {
    let branches = Branches::open().await;
    let (b1, b2) = (branches.b1(), branches.b2());
    let sent = send(&b1, &[("bread", "20"), ("juice", "5")]).await;
    let request = ReceiveStockRequest {
        lines: vec![counted(&sent.lines[1], "4", "1", "a bottle broke")],
        reason: "B2 was closed".to_owned(),
        ..all_of(&sent)
    };
    let back = receive(&b1, request).await.unwrap();
    assert_eq!((back.state(), back.reason.as_str()), (State::TakenBack, "B2 was closed"));
    assert_eq!(branches.shelves("bread").await, ["100000", "0"]);
    assert_eq!(branches.shelves("juice").await, ["999", "0"]);
    assert_eq!(changes(&b1, "bread").await[2].0, StockCause::TransferBack);
    let refused = receive(&b2, all_of(&sent)).await.unwrap_err();
    assert_eq!(refused.metadata("state"), Some("STOCK_TRANSFER_STATE_TAKEN_BACK"));
    assert_eq!(numbers(&b2, Direction::In, State::TakenBack).await, [sent.number]);
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_sent_ten_times_under_one_key_are_sent_once() {
    let mut branches = Branches::open().await;
    let request = goods(&[("bread", "20"), ("cheese", "2.5")]);
    let send = |shop: &Shop| shop.second_terminal().stock().send_stock(request.clone()).key("van-7");
    let answer = ten_times(&mut branches.shop, send).await;
    // The answer is the same, although the goods were received since.
    receive(&branches.b2(), all_of(answer.transfer.as_ref().unwrap())).await.unwrap();
    assert_eq!(a_day_later(&mut branches.shop, send).await, answer);
    branches.sign_in().await;
    assert_eq!(branches.shelves("bread").await, ["99980", "20"]);
    assert_eq!(numbers(&branches.b1(), Direction::Out, State::Unspecified).await.len(), 1);
    // The key is a terminal's own; the transfer's id is everybody's.
    let same_id = SendStockRequest { transfer_id: answer.transfer.unwrap().transfer_id, ..request };
    let refused = branches.b1().stock().send_stock(same_id).key("van-8").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::StockTransferExists));
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_received_ten_times_under_one_key_are_received_once() {
    let mut branches = Branches::open().await;
    let sent = send(&branches.b1(), &[("bread", "20")]).await;
    let request =
        ReceiveStockRequest { lines: vec![counted(&sent.lines[0], "18", "1", "wet")], ..all_of(&sent) };
    let huda = branches.huda.clone();
    let receive = |kassa: &Kassa| kassa.stock().receive_stock(request.clone()).key("ramp-1");
    let answer = ten_times(&mut branches.shop, |shop| receive(&shop.with_token(&huda))).await;
    // A day later huda has to sign in before she can ask.
    branches.shop.clock.advance(TimeDelta::hours(25));
    branches.sign_in().await;
    let again = receive(&branches.b2()).await.unwrap();
    assert!(again.replayed());
    assert_eq!(again.into_inner(), answer, "rebuilt from the transfer");
    assert_eq!(branches.shelves("bread").await, ["99980", "18"]);
}

/// What was refused of two that came at once.
fn refused<T>(answers: [Result<T, Error>; 2]) -> Vec<Option<Reason>> {
    answers.into_iter().filter_map(Result::err).map(|error| error.reason()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_that_two_people_receive_at_once_are_received_once() {
    let branches = Branches::open().await;
    let sent = send(&branches.b1(), &[("bread", "20")]).await;
    // Huda at her terminal, and the owner at another one.
    branches.shop.set_pin("owner", PIN).await;
    let (huda, owner) = (branches.b2(), branches.shop.signed_in("owner", "R2").await);
    let (first, second) = tokio::join!(receive(&huda, all_of(&sent)), receive(&owner, all_of(&sent)));
    assert_eq!(refused([first, second]), [Some(Reason::StockTransferReceived)]);
    assert_eq!(branches.shelves("bread").await, ["99980", "20"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_that_are_received_while_they_are_taken_back_are_on_one_shelf() {
    let branches = Branches::open().await;
    let (b1, b2) = (branches.b1(), branches.b2());
    for round in 1..=5 {
        let sent = send(&b1, &[("bread", "20")]).await;
        let (there, back) = tokio::join!(receive(&b2, all_of(&sent)), receive(&b1, all_of(&sent)));
        assert_eq!(refused([there, back]), [Some(Reason::StockTransferReceived)], "round {round}");
        let [here, there] = branches.shelves("bread").await.map(|it| it.parse::<i64>().unwrap());
        assert_eq!(here + there, 100_000, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_one_is_sent_once_and_what_is_missing_stays() {
    let branches = Branches::open().await;
    let (one, other) = (branches.b1(), branches.b1());
    let too_much = goods(&[("bread", "1"), ("honey", "2")]);
    let refusal = one.stock().send_stock(too_much).await.unwrap_err();
    assert_eq!(refusal.reason(), Some(Reason::InsufficientStock));
    assert_eq!(refusal.field_violations()[0].path, "lines[1].quantity");
    assert_eq!(branches.shelves("bread").await[0], "100000", "all or nothing");
    let (first, second) = tokio::join!(
        one.stock().send_stock(goods(&[("honey", "1")])),
        other.stock().send_stock(goods(&[("honey", "1")]))
    );
    assert_eq!(refused([first, second]), [Some(Reason::InsufficientStock)]);
    assert_eq!(branches.shelves("honey").await, ["0", "0"]);
    // Where the product's policy allows it, the books may be behind.
    let milk = send(&one, &[("milk", "5")]).await;
    assert_eq!(
        (milk.number.as_str(), on_the_shelf(&one, "milk").await.as_str()),
        ("TRF-202611-B1-000002", "-2")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sending_branch_is_told_once_that_little_is_left() {
    let branches = Branches::open().await;
    let (b1, b2) = (branches.b1(), branches.b2());
    for at in [&b1, &b2] {
        let levels = vec![pb::StockLevel { product_id: "juice".to_owned(), low_quantity: decimal("100") }];
        at.stock().put_stock_levels(pb::PutStockLevelsRequest { levels }).await.unwrap();
    }
    for quantity in ["900", "50"] {
        let sent = send(&b1, &[("juice", quantity)]).await;
        receive(&b2, all_of(&sent)).await.unwrap();
    }
    assert_eq!(told(&b1, &[EventKind::LowStock]).await, ["juice is low: 100 left, the level is 100"]);
    assert_eq!(told(&b2, &[EventKind::LowStock]).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_branch_sees_nothing_of_it() {
    let branches = Branches::open().await;
    let third = branches.at_b3("ziad", Role::Supervisor).await;
    let sent = send(&branches.b1(), &[("bread", "20")]).await;
    for name in [&sent.transfer_id, &sent.number] {
        let refused = read(&third, name).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::StockTransferNotFound));
        let request = ReceiveStockRequest { transfer_id: name.clone(), ..Default::default() };
        assert_eq!(receive(&third, request).await.unwrap_err().reason(), Some(Reason::StockTransferNotFound));
    }
    assert_eq!(numbers(&third, Direction::Unspecified, State::Unspecified).await, Vec::<String>::new());
    assert_eq!(told(&third, &MOVED).await, Vec::<String>::new());
    let elsewhere =
        pb::GetStockTransferRequest { transfer_id: sent.number.clone(), branch_id: "B1".to_owned() };
    let refused = third.stock().get_stock_transfer(elsewhere).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::WrongBranch));

    // The owner looks at the branch that is named, and sees what that one sees.
    let seen = async |branch: &str| {
        let (transfer_id, branch_id) = (sent.number.clone(), branch.to_owned());
        let request = pb::GetStockTransferRequest { transfer_id, branch_id };
        branches.b1().stock().get_stock_transfer(request).await.map(|_| ()).map_err(|it| it.reason())
    };
    assert_eq!([seen("B1").await, seen("B2").await], [Ok(()), Ok(())]);
    assert_eq!(seen("B3").await, Err(Some(Reason::StockTransferNotFound)));
    let request = pb::ListStockTransfersRequest { branch_id: "B2".to_owned(), ..Default::default() };
    let of_b2 = branches.b1().stock().list_stock_transfers(request).await.unwrap().into_inner();
    assert_eq!(of_b2.transfers.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cashiers_read_transfers_and_move_none() {
    let branches = Branches::open().await;
    branches.shop.user("amal", Role::Cashier).await;
    let amal = branches.shop.signed_in("amal", "R2").await;
    let sent = send(&branches.b1(), &[("bread", "20")]).await;
    assert_eq!(read(&amal, &sent.number).await.unwrap().number, sent.number);
    let refused = receive(&amal, all_of(&sent)).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RoleRequired));
    let refused = amal.stock().send_stock(goods(&[("bread", "1")])).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RoleRequired));
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_are_listed_by_direction_and_state_a_page_at_a_time() {
    let branches = Branches::open().await;
    let (b1, b2) = (branches.b1(), branches.b2());
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(send(&b1, &[("bread", "2")]).await);
    }
    receive(&b2, all_of(&sent[0])).await.unwrap();
    let back = SendStockRequest { to_branch_id: "B1".to_owned(), ..goods(&[("bread", "1")]) };
    let back = b2.stock().send_stock(back).await.unwrap().into_inner().transfer.unwrap();
    assert_eq!(back.number, "TRF-202611-B2-000001", "each branch counts its own");
    let [first, second, third] = [0, 1, 2].map(|place| sent[place].number.clone());
    let all = [back.number.clone(), third.clone(), second.clone(), first.clone()];
    assert_eq!(numbers(&b1, Direction::Unspecified, State::Unspecified).await, all);
    assert_eq!(numbers(&b2, Direction::Unspecified, State::Unspecified).await, all);
    assert_eq!(numbers(&b1, Direction::In, State::Unspecified).await, [back.number]);
    assert_eq!(numbers(&b2, Direction::In, State::Sent).await, [third, second]);
    assert_eq!(numbers(&b2, Direction::In, State::Received).await, [first]);

    let (mut pages, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListStockTransfersRequest { page_size: 3, page_token, ..Default::default() };
        let page = b1.stock().list_stock_transfers(request).await.unwrap().into_inner();
        pages.extend(page.transfers.into_iter().map(|it| it.number));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, all);
    for (direction, state) in [(9, 0), (0, 9)] {
        let request = pb::ListStockTransfersRequest { direction, state, ..Default::default() };
        let refused = b1.stock().list_stock_transfers(request).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::InvalidField));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_that_are_sent_wrongly_stay_where_they_are() {
    let branches = Branches::open().await;
    let (wire, tables) = (Wire::to(&branches.shop), Tables::of(&branches.shop));
    let good = || SendStockRequest {
        transfer_id: kassa_client::new_id(),
        ..goods(&[("bread", "2"), ("milk", "1")])
    };
    let with = |change: fn(&mut SendStockRequest)| {
        let mut request = good();
        change(&mut request);
        request
    };
    let cases = [
        (with(|it| it.transfer_id = "1".to_owned()), Reason::InvalidField, "transfer_id"),
        (with(|it| it.to_branch_id.clear()), Reason::InvalidField, "to_branch_id"),
        (with(|it| it.to_branch_id = "B1".to_owned()), Reason::InvalidField, "to_branch_id"),
        (with(|it| it.to_branch_id = "B9".to_owned()), Reason::BranchNotFound, "to_branch_id"),
        (with(|it| it.lines.clear()), Reason::InvalidField, "lines"),
        (with(|it| it.lines = vec![it.lines[0].clone(); 501]), Reason::InvalidField, "lines"),
        (with(|it| it.lines[1].line_id = "x".to_owned()), Reason::InvalidField, "lines[1].line_id"),
        (
            with(|it| {
                let id = kassa_client::new_id();
                it.lines.iter_mut().for_each(|line| line.line_id.clone_from(&id));
            }),
            Reason::InvalidField,
            "lines[1].line_id",
        ),
        (with(|it| it.lines[1].product_id.clear()), Reason::InvalidField, "lines[1].product_id"),
        (
            with(|it| it.lines[1].product_id = "tea".to_owned()),
            Reason::ProductNotFound,
            "lines[1].product_id",
        ),
        (with(|it| it.lines[0].quantity = None), Reason::InvalidField, "lines[0].quantity"),
        (with(|it| it.lines[0].quantity = decimal("0")), Reason::InvalidField, "lines[0].quantity"),
        (with(|it| it.lines[0].quantity = decimal("-1")), Reason::InvalidField, "lines[0].quantity"),
        (with(|it| it.lines[0].quantity = decimal("1.2345")), Reason::InvalidField, "lines[0].quantity"),
        (
            with(|it| {
                it.lines[0].quantity = decimal("9223372036854775.807");
                it.lines.push(it.lines[0].clone());
            }),
            Reason::AmountOverflow,
            "lines[2].quantity",
        ),
        (with(|it| it.note = "x".repeat(1_001)), Reason::InvalidField, "note"),
        (with(|it| it.note = "4111 1111 1111 1111".to_owned()), Reason::CardNumberRefused, "note"),
    ];
    for (request, reason, path) in cases {
        let before = tables.rows();
        let refusal = wire.call("Stock/SendStock").send(&request).await.refusal();
        assert_eq!(refusal.place(), (reason, path), "{}", refusal.message);
        assert_eq!(difference(&before, &tables.rows()), None, "{path} was refused, but this table changed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_that_are_received_wrongly_stay_in_transit() {
    let branches = Branches::open().await;
    let wire = Wire::to(&branches.shop).by(branches.huda.clone());
    let tables = Tables::of(&branches.shop);
    let sent = send(&branches.b1(), &[("bread", "20"), ("milk", "1")]).await;
    let with = |change: &dyn Fn(&mut ReceiveStockRequest)| {
        let lines = vec![counted(&sent.lines[0], "18", "1", "wet")];
        let mut request = ReceiveStockRequest { lines, ..all_of(&sent) };
        change(&mut request);
        request
    };
    let unknown = kassa_client::new_id();
    let cases = [
        (with(&|it| it.transfer_id.clear()), Reason::InvalidField, "transfer_id"),
        (with(&|it| it.transfer_id = "x".repeat(65)), Reason::InvalidField, "transfer_id"),
        (with(&|it| it.transfer_id.clone_from(&unknown)), Reason::StockTransferNotFound, "transfer_id"),
        (
            with(&|it| it.transfer_id = "TRF-202611-B1-000002".to_owned()),
            Reason::StockTransferNotFound,
            "transfer_id",
        ),
        (with(&|it| it.lines[0].line_id.clear()), Reason::InvalidField, "lines[0].line_id"),
        (with(&|it| it.lines[0].line_id.clone_from(&unknown)), Reason::InvalidField, "lines[0].line_id"),
        (with(&|it| it.lines.push(it.lines[0].clone())), Reason::InvalidField, "lines[1].line_id"),
        (with(&|it| it.lines = vec![it.lines[0].clone(); 501]), Reason::InvalidField, "lines"),
        (
            with(&|it| it.lines[0].received_quantity = None),
            Reason::InvalidField,
            "lines[0].received_quantity",
        ),
        (
            with(&|it| it.lines[0].received_quantity = decimal("-1")),
            Reason::InvalidField,
            "lines[0].received_quantity",
        ),
        (
            with(&|it| it.lines[0].damaged_quantity = decimal("-1")),
            Reason::InvalidField,
            "lines[0].damaged_quantity",
        ),
        (
            with(&|it| it.lines[0].damaged_quantity = decimal("9223372036854775.807")),
            Reason::AmountOverflow,
            "lines[0].damaged_quantity",
        ),
        (with(&|it| it.lines[0].reason = " ".to_owned()), Reason::InvalidField, "lines[0].reason"),
        (with(&|it| it.lines[0].reason = "x".repeat(201)), Reason::InvalidField, "lines[0].reason"),
        (
            with(&|it| it.lines[0].reason = "4111 1111 1111 1111".to_owned()),
            Reason::CardNumberRefused,
            "lines[0].reason",
        ),
        (with(&|it| it.reason = "x".repeat(201)), Reason::InvalidField, "reason"),
    ];
    for (request, reason, path) in cases {
        let before = tables.rows();
        let refusal = wire.call("Stock/ReceiveStock").send(&request).await.refusal();
        assert_eq!(refusal.place(), (reason, path), "{}", refusal.message);
        assert_eq!(difference(&before, &tables.rows()), None, "{path} was refused, but this table changed");
    }
    assert_eq!(read(&branches.b2(), &sent.number).await.unwrap(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goods_cost_travels_with_them_and_cashiers_do_not_see_it() {
    let shop = Shop::open().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("salma", Role::Supervisor).await;
    shop.user("huda", Role::Cashier).await;
    // A dozen for 10.00: 83.333 cents each; there were three of unknown cost, which do not weigh.
    let line = pb::PurchaseLine {
        product_id: "milk".to_owned(),
        quantity: Some(pb::Decimal { value: "12".to_owned() }),
        cost: Some(kassa_integration_tests::usd("10.00")),
        ..Default::default()
    };
    let put =
        pb::PutPurchaseRequest { supplier: "Nile Dairy".to_owned(), lines: vec![line], ..Default::default() };
    let bought = shop.kassa.purchases().put_purchase(put).await.unwrap().into_inner().purchase.unwrap();
    let (purchase_id, version) = (bought.purchase_id, bought.version);
    let approve = pb::ApprovePurchaseRequest { purchase_id, version, ..Default::default() };
    shop.kassa.purchases().approve_purchase(approve).await.unwrap();
    let line = pb::SendStockLine {
        product_id: "milk".to_owned(),
        quantity: Some(pb::Decimal { value: "6".to_owned() }),
        ..Default::default()
    };
    let send = SendStockRequest { to_branch_id: "B2".to_owned(), lines: vec![line], ..Default::default() };
    let sent = shop.kassa.stock().send_stock(send).await.unwrap().into_inner().transfer.unwrap();
    let receive = ReceiveStockRequest { transfer_id: sent.transfer_id, ..Default::default() };
    let salma = shop.signed_in("salma", "R2").await;
    salma.stock().receive_stock(receive).await.unwrap();

    let milk = pb::GetStockRequest { product_id: "milk".to_owned(), ..Default::default() };
    let there = salma.stock().get_stock(milk.clone()).await.unwrap().into_inner().stock.unwrap();
    // Six at 83.333 cents are 5.00 to the cent.
    assert_eq!(there.average_cost_minor.unwrap().value, "83.333");
    let huda = shop.signed_in("huda", "R2").await;
    let seen = huda.stock().get_stock(milk.clone()).await.unwrap().into_inner().stock.unwrap();
    assert_eq!((seen.average_cost_minor, seen.quantity.unwrap().value.as_str()), (None, "6"));
    let changes = pb::ListStockChangesRequest { product_id: milk.product_id, ..Default::default() };
    let seen = huda.stock().list_stock_changes(changes).await.unwrap().into_inner();
    assert!(seen.changes.iter().all(|change| change.average_cost_minor.is_none()));
}
