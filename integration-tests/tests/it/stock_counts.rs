//! Counts of what is on the shelves, while the shop goes on selling.

use chrono::{DateTime, TimeDelta, Utc};
use kassa_client::{
    Answer, Error, Kassa, Reason,
    proto::v1::{self as pb, EventKind, Role, StockCause, StockCountState},
};
use kassa_integration_tests::{PIN, Shop};
use kassa_server::clock::Clock as _;

use crate::repeats::{a_day_later, ten_times};

async fn start(shop: &Shop) -> pb::StockCount {
    let request = pb::StartStockCountRequest { note: "the whole shop".to_owned(), ..Default::default() };
    shop.kassa.stock().start_stock_count(request).await.unwrap().into_inner().count.unwrap()
}

fn counted(sku: &str, quantity: &str) -> pb::EnterStockCountLine {
    pb::EnterStockCountLine {
        product_id: sku.to_owned(),
        counted: Some(pb::Decimal { value: quantity.to_owned() }),
        count_time: None,
    }
}

fn counted_at(sku: &str, quantity: &str, time: DateTime<Utc>) -> pb::EnterStockCountLine {
    let time = prost_types::Timestamp {
        seconds: time.timestamp(),
        nanos: i32::try_from(time.timestamp_subsec_nanos()).unwrap(),
    };
    pb::EnterStockCountLine { count_time: Some(time), ..counted(sku, quantity) }
}

async fn try_enter(
    kassa: &Kassa,
    count: &pb::StockCount,
    lines: Vec<pb::EnterStockCountLine>,
) -> Result<Answer<pb::EnterStockCountResponse>, Error> {
    let request = pb::EnterStockCountRequest { count_id: count.count_id.clone(), lines };
    kassa.stock().enter_stock_count(request).await
}

async fn enter(shop: &Shop, count: &pb::StockCount, lines: Vec<pb::EnterStockCountLine>) -> pb::StockCount {
    try_enter(&shop.kassa, count, lines).await.unwrap().into_inner().count.unwrap()
}

async fn try_finish(kassa: &Kassa, count: &pb::StockCount) -> Result<pb::StockCount, Error> {
    let (count_id, expected_version) = (count.count_id.clone(), count.version);
    let request = pb::FinishStockCountRequest { count_id, expected_version };
    Ok(kassa.stock().finish_stock_count(request).await?.into_inner().count.unwrap())
}

async fn cancel(kassa: &Kassa, count: &pb::StockCount) -> Result<pb::StockCount, Error> {
    let (count_id, reason) = (count.count_id.clone(), "the delivery came".to_owned());
    let request = pb::CancelStockCountRequest { count_id, reason };
    Ok(kassa.stock().cancel_stock_count(request).await?.into_inner().count.unwrap())
}

async fn read(kassa: &Kassa, count_id: &str) -> pb::StockCount {
    let request = pb::GetStockCountRequest { count_id: count_id.to_owned(), ..Default::default() };
    kassa.stock().get_stock_count(request).await.unwrap().into_inner().count.unwrap()
}

/// What was counted, expected and differs of each product, in words.
fn lines(count: &pb::StockCount) -> Vec<String> {
    let text = |decimal: &Option<pb::Decimal>| {
        decimal.as_ref().map_or_else(|| "?".to_owned(), |decimal| decimal.value.clone())
    };
    let lines = count.lines.iter().map(|line| {
        let [counted, expected, difference] = [&line.counted, &line.expected, &line.difference].map(text);
        format!("{}: {counted} of {expected}, {difference}", line.sku)
    });
    lines.collect()
}

async fn changes(shop: &Shop, sku: &str) -> Vec<(StockCause, String, String)> {
    let request = pb::ListStockChangesRequest { product_id: sku.to_owned(), ..Default::default() };
    let list = shop.kassa.stock().list_stock_changes(request).await.unwrap().into_inner();
    let text = |decimal: &Option<pb::Decimal>| decimal.clone().unwrap().value;
    list.changes.iter().rev().map(|it| (it.cause(), text(&it.quantity), text(&it.balance))).collect()
}

fn minutes(shop: &Shop, minutes: i64) {
    shop.clock.advance(TimeDelta::minutes(minutes));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sold_between_entry_and_finish_makes_no_difference() {
    let shop = Shop::open().await;
    let count = start(&shop).await;
    assert_eq!((count.state(), count.version, count.line_count), (StockCountState::Open, 1, 0));
    shop.sell("2 x juice, cash 20.00").await; // before it is counted: 998 in the books
    let lines_in = vec![counted("juice", "990"), counted("milk", "3"), counted("cheese", "26")];
    let entered = enter(&shop, &count, lines_in).await;
    assert_eq!((entered.version, entered.line_count, entered.lines.len()), (2, 3, 0));
    minutes(&shop, 5);
    shop.sell("10 x juice, 1 x milk, 0.5 x cheese, cash 100.00").await;

    let seen = read(&shop.kassa, "").await;
    assert_eq!(seen.count_id, count.count_id, "the one that is open");
    assert_eq!(lines(&seen), ["milk: 3 of 3, 0", "cheese: 26 of 25.5, 0.5", "juice: 990 of 998, -8"]);
    let finished = try_finish(&shop.kassa, &seen).await.unwrap();
    assert_eq!((finished.state(), finished.version), (StockCountState::Finished, 3));
    assert_eq!((finished.line_count, finished.changed_count), (3, 2));
    assert!(finished.end_time.is_some() && finished.end_user_id == finished.start_user_id);

    // 990 were there, 10 were sold since; 26 kg, and half a kilo.
    assert_eq!(shop.on_the_shelf("juice").await, "980");
    assert_eq!(shop.on_the_shelf("cheese").await, "25.5");
    assert_eq!(shop.on_the_shelf("milk").await, "2", "no difference moves nothing");
    assert_eq!(shop.on_the_shelf("bread").await, "100000", "what was not counted is left alone");
    let of = |cause, quantity: &str, balance: &str| (cause, quantity.to_owned(), balance.to_owned());
    assert_eq!(
        changes(&shop, "juice").await,
        [
            of(StockCause::Opening, "1000", "1000"),
            of(StockCause::Sale, "-2", "998"),
            of(StockCause::Sale, "-10", "988"),
            of(StockCause::Count, "-8", "980"),
        ]
    );
    assert_eq!(changes(&shop, "milk").await.len(), 2);
    assert_eq!(lines(&read(&shop.kassa, &count.count_id).await), lines(&seen));
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_counted_some_time_ago_are_held_against_the_books_of_that_time() {
    let shop = Shop::open().await;
    minutes(&shop, 1);
    let count = start(&shop).await;
    minutes(&shop, 10);
    shop.sell("5 x juice, cash 20.00").await; // 995
    let (at_the_sale, milk_time) = (shop.clock.now(), shop.clock.now() - TimeDelta::minutes(9));
    minutes(&shop, 10);
    shop.sell("20 x juice, 1 x milk, cash 100.00").await; // 975, and 2 of milk
    minutes(&shop, 10);
    let lines_in = vec![
        counted_at("juice", "996", at_the_sale),
        counted_at("milk", "3", milk_time),
        counted("cheese", "25.5"),
    ];
    enter(&shop, &count, lines_in).await;
    let seen = read(&shop.kassa, "").await;
    assert_eq!(lines(&seen), ["milk: 3 of 3, 0", "cheese: 25.5 of 25.5, 0", "juice: 996 of 995, 1"]);
    let sequences: Vec<_> = seen.lines.iter().map(|line| line.stock_sequence).collect();
    assert_eq!(sequences, [1, 1, 2]);
    minutes(&shop, 1);
    shop.sell("5 x juice, cash 20.00").await; // 970
    try_finish(&shop.kassa, &seen).await.unwrap();
    assert_eq!(shop.on_the_shelf("juice").await, "971");
    assert_eq!(shop.on_the_shelf("milk").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_before_the_count_or_after_now_is_refused() {
    let shop = Shop::open().await;
    minutes(&shop, 1);
    let count = start(&shop).await;
    let (began, second) = (shop.clock.now(), TimeDelta::seconds(1));
    minutes(&shop, 1);
    for (time, is_good) in
        [(began - second, false), (began, true), (shop.clock.now(), true), (shop.clock.now() + second, false)]
    {
        let lines_in = vec![counted("bread", "3"), counted_at("milk", "3", time)];
        let entered = try_enter(&shop.kassa, &count, lines_in).await;
        assert_eq!(entered.is_ok(), is_good, "{time}: {entered:?}");
        if let Err(refused) = entered {
            assert_eq!(refused.reason(), Some(Reason::InvalidField));
            assert_eq!(refused.field_violations()[0].path, "lines[1].count_time");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sales_that_are_made_while_goods_of_the_past_are_entered_are_never_counted_twice() {
    let shop = Shop::open().await;
    let count = start(&shop).await;
    // All in one moment: whatever order they are stored in, 1,000 were there before and 60 are sold.
    let sellers: Vec<_> = (0..20).map(|_| shop.second_terminal()).collect();
    let sale = shop.sale("3 x juice, cash 20.00").await;
    let sales = sellers.iter().map(|kassa| kassa.orders().complete_sale(sale.clone()).into_future());
    let now = shop.clock.now();
    let entries = (0..5).map(|_| try_enter(&shop.kassa, &count, vec![counted_at("juice", "1000", now)]));
    let (sold, entered) =
        tokio::join!(futures_util::future::join_all(sales), futures_util::future::join_all(entries));
    assert!(sold.iter().all(Result::is_ok) && entered.iter().all(Result::is_ok));
    let seen = read(&shop.kassa, "").await;
    let difference = seen.lines[0].difference.clone().unwrap().value.parse::<i64>().unwrap();
    // The check proves that what was expected is what the books had after the change that is named.
    let sold_before = seen.lines[0].stock_sequence - 1;
    assert_eq!(difference, 3 * sold_before);
    try_finish(&shop.kassa, &seen).await.unwrap();
    assert_eq!(shop.on_the_shelf("juice").await, (1_000 - 60 + difference).to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recount_replaces_what_was_entered_before() {
    let shop = Shop::open().await;
    let count = start(&shop).await;
    enter(&shop, &count, vec![counted("juice", "900"), counted("milk", "1")]).await;
    shop.sell("10 x juice, cash 50.00").await;
    let entered = enter(&shop, &count, vec![counted(&shop.product("juice"), "991")]).await;
    assert_eq!((entered.version, entered.line_count), (3, 2));
    let seen = read(&shop.kassa, "").await;
    assert_eq!(lines(&seen), ["milk: 1 of 3, -2", "juice: 991 of 990, 1"]);
    try_finish(&shop.kassa, &seen).await.unwrap();
    assert_eq!([shop.on_the_shelf("juice").await, shop.on_the_shelf("milk").await], ["991", "1"]);
    let request = pb::ListAuditLogRequest {
        kinds: vec![EventKind::StockCountEntered.into(), EventKind::StockCountFinished.into()],
        ..Default::default()
    };
    let log = shop.kassa.admin().list_audit_log(request).await.unwrap().into_inner();
    let words: Vec<_> = log.entries.iter().rev().map(|entry| entry.words.as_str()).collect();
    assert_eq!(
        words,
        [
            "stock count entered, 2 products: juice 900, milk 1",
            "stock count entered, 1 product: juice 991",
            "stock count finished, 2 products: milk by -2, juice by 1",
        ],
        "the first count is in the journal too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_is_a_fact_that_no_policy_refuses() {
    let shop = Shop::open().await;
    let low_quantity = Some(pb::Decimal { value: "0".to_owned() });
    let levels = vec![pb::StockLevel { product_id: "honey".to_owned(), low_quantity }];
    shop.kassa.stock().put_stock_levels(pb::PutStockLevelsRequest { levels }).await.unwrap();
    let count = start(&shop).await;
    // Nothing was on the shelf, but somebody sells the jar that the books still have.
    let entered = enter(&shop, &count, vec![counted("honey", "0")]).await;
    shop.sell("1 x honey, cash 20.00").await;
    try_finish(&shop.kassa, &entered).await.unwrap();
    assert_eq!(shop.on_the_shelf("honey").await, "-1");

    let count = start(&shop).await;
    let entered = enter(&shop, &count, vec![counted("honey", "5")]).await;
    try_finish(&shop.kassa, &entered).await.unwrap();
    let count = start(&shop).await;
    let entered = enter(&shop, &count, vec![counted("honey", "0")]).await;
    try_finish(&shop.kassa, &entered).await.unwrap();
    let request = pb::ListAuditLogRequest { kinds: vec![EventKind::LowStock.into()], ..Default::default() };
    let log = shop.kassa.admin().list_audit_log(request).await.unwrap().into_inner();
    assert_eq!(log.entries.len(), 2, "the sale came down to the level, and the last count did");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_is_cancelled_changes_nothing() {
    let shop = Shop::open().await;
    let count = start(&shop).await;
    enter(&shop, &count, vec![counted("juice", "1")]).await;
    let cancelled = cancel(&shop.kassa, &count).await.unwrap();
    assert_eq!((cancelled.state(), cancelled.version), (StockCountState::Cancelled, 3));
    assert_eq!((cancelled.cancel_reason.as_str(), cancelled.changed_count), ("the delivery came", 0));
    assert_eq!(shop.on_the_shelf("juice").await, "1000");
    for refused in [
        try_enter(&shop.kassa, &count, vec![counted("juice", "1")]).await.map(|_| ()).unwrap_err(),
        try_finish(&shop.kassa, &cancelled).await.unwrap_err(),
        cancel(&shop.kassa, &count).await.unwrap_err(),
    ] {
        assert_eq!(refused.reason(), Some(Reason::StockCountFinished), "{refused}");
        assert_eq!(refused.metadata("state"), Some("STOCK_COUNT_STATE_CANCELLED"));
    }
    start(&shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_has_one_open_count() {
    let shop = Shop::open().await;
    let terminals: Vec<_> = (0..6).map(|_| shop.second_terminal()).collect();
    let starts =
        terminals.iter().map(|kassa| kassa.stock().start_stock_count(Default::default()).into_future());
    let started = futures_util::future::join_all(starts).await;
    let (good, refused): (Vec<_>, Vec<_>) = started.into_iter().partition(Result::is_ok);
    assert_eq!(good.len(), 1);
    let open = good.into_iter().next().unwrap().unwrap().into_inner().count.unwrap();
    for refused in refused {
        let refused = refused.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::StockCountOpen));
        assert_eq!(refused.metadata("count_id"), Some(open.count_id.as_str()));
    }
    cancel(&shop.kassa, &open).await.unwrap();
    let again = pb::StartStockCountRequest { count_id: open.count_id, ..Default::default() };
    let refused = shop.kassa.stock().start_stock_count(again).key("another").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::StockCountExists));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_finishes_at_once_are_one_and_a_finish_overlooks_nothing() {
    let shop = Shop::open().await;
    let count = start(&shop).await;
    let first = enter(&shop, &count, vec![counted("juice", "999")]).await;
    let second = enter(&shop, &count, vec![counted("milk", "2")]).await;
    let refused = try_finish(&shop.kassa, &first).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::VersionMismatch));
    assert_eq!(refused.metadata("current_version"), Some("3"));

    let other = shop.second_terminal();
    let (one, two) = tokio::join!(try_finish(&shop.kassa, &second), try_finish(&other, &second));
    let refused = match (one, two) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("one of both: {both:?}"),
    };
    assert_eq!(refused.reason(), Some(Reason::StockCountFinished));
    assert_eq!(refused.metadata("state"), Some("STOCK_COUNT_STATE_FINISHED"));
    assert_eq!([shop.on_the_shelf("juice").await, shop.on_the_shelf("milk").await], ["999", "2"]);
    assert_eq!(changes(&shop, "juice").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finish_sent_ten_times_from_two_terminals_and_after_a_restart_is_one() {
    let mut shop = Shop::open().await;
    let count = start(&shop).await;
    let entered = enter(&shop, &count, vec![counted("juice", "999")]).await;
    let (count_id, expected_version) = (entered.count_id.clone(), entered.version);
    let request = pb::FinishStockCountRequest { count_id, expected_version };
    let send_at = |kassa: &Kassa| kassa.stock().finish_stock_count(request.clone()).key("evening");
    let send = |shop: &Shop| send_at(&shop.second_terminal());
    let told = ten_times(&mut shop, send).await;
    let other = shop.terminal("R1").await;
    shop.set_pin("owner", PIN).await;
    let other = shop.sign_in(&other, "owner").await.unwrap();
    assert_eq!(send_at(&other).await.unwrap_err().reason(), Some(Reason::StockCountFinished));
    assert_eq!(changes(&shop, "juice").await.len(), 2);
    assert_eq!(a_day_later(&mut shop, send).await, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn cashiers_enter_and_do_not_see_what_is_expected() {
    let shop = Shop::open().await;
    let count = start(&shop).await;
    shop.user("hala", Role::Cashier).await;
    shop.user("salma", Role::Supervisor).await;
    let hala = shop.signed_in("hala", "R1").await;
    let entered = try_enter(&hala, &count, vec![counted("juice", "999")]).await.unwrap().into_inner();
    assert_eq!(entered.count.unwrap().line_count, 1);
    let blind = read(&hala, "").await;
    assert_eq!(lines(&blind), ["juice: 999 of ?, ?"]);
    assert_eq!(blind.lines[0].stock_sequence, 0);
    let start_again = hala.stock().start_stock_count(Default::default()).await.map(|_| ()).unwrap_err();
    for refused in
        [try_finish(&hala, &blind).await.unwrap_err(), cancel(&hala, &blind).await.unwrap_err(), start_again]
    {
        assert_eq!(refused.reason(), Some(Reason::RoleRequired));
    }
    let salma = shop.signed_in("salma", "R1").await;
    let seen = read(&salma, "").await;
    assert_eq!(lines(&seen), ["juice: 999 of 1000, -1"]);
    assert_ne!(seen.lines[0].user_id, seen.start_user_id, "who counted is written down");
    try_finish(&salma, &seen).await.unwrap();
    assert_eq!(lines(&read(&hala, &count.count_id).await), lines(&seen), "afterwards it is no secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_registers_enter_into_one_count_and_another_may_finish_it() {
    let shop = Shop::open().await;
    shop.register("R2").await;
    shop.user("salma", Role::Supervisor).await;
    let door = shop.signed_in("salma", "R2").await;
    let count = start(&shop).await;
    try_enter(&door, &count, vec![counted("juice", "990")]).await.unwrap();
    let entered = enter(&shop, &count, vec![counted("milk", "4")]).await;
    try_finish(&door, &entered).await.unwrap();
    assert_eq!([shop.on_the_shelf("juice").await, shop.on_the_shelf("milk").await], ["990", "4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_entries_change_nothing() {
    let shop = Shop::open().await;
    let count = start(&shop).await;
    let by_id = shop.product("milk");
    let no_time = prost_types::Timestamp { seconds: i64::MAX, nanos: 0 };
    let no_time = pb::EnterStockCountLine { count_time: Some(no_time), ..counted("milk", "1") };
    for (lines_in, reason, path) in [
        (vec![], Reason::InvalidField, "lines"),
        (vec![counted("milk", "1"); 501], Reason::InvalidField, "lines"),
        (vec![counted("", "1")], Reason::InvalidField, "lines[0].product_id"),
        (vec![counted("milk", "1"), counted("tea", "1")], Reason::ProductNotFound, "lines[1].product_id"),
        (vec![counted("milk", "1"), counted(&by_id, "2")], Reason::InvalidField, "lines[1].product_id"),
        (vec![counted("milk", "-0.001")], Reason::InvalidField, "lines[0].counted"),
        (vec![counted("milk", "")], Reason::InvalidField, "lines[0].counted"),
        (vec![counted("milk", "99999999999999999999")], Reason::AmountOverflow, "lines[0].counted"),
        (vec![no_time], Reason::InvalidField, "lines[0].count_time"),
    ] {
        let refused = try_enter(&shop.kassa, &count, lines_in).await.unwrap_err();
        assert_eq!(refused.reason(), Some(reason), "{refused}");
        assert_eq!(refused.field_violations().first().map(|it| it.path.as_str()), Some(path), "{refused}");
    }
    assert_eq!((read(&shop.kassa, "").await.version, read(&shop.kassa, "").await.lines.len()), (1, 0));
    let stock = shop.kassa.stock();
    let no_version = pb::FinishStockCountRequest { count_id: count.count_id.clone(), expected_version: 0 };
    let refused = stock.finish_stock_count(no_version).await.unwrap_err();
    assert_eq!(refused.field_violations()[0].path, "expected_version");
    let no_reason = pb::CancelStockCountRequest { count_id: count.count_id.clone(), reason: " ".to_owned() };
    let refused = stock.cancel_stock_count(no_reason).await.unwrap_err();
    assert_eq!(refused.field_violations()[0].path, "reason");
    let note = pb::StartStockCountRequest { note: "n".repeat(1_001), ..Default::default() };
    let refused = stock.start_stock_count(note).await.unwrap_err();
    assert_eq!(refused.field_violations()[0].path, "note");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_holds_two_thousand_products_and_no_more() {
    let shop = Shop::open().await;
    for thousand in 0..3 {
        let products = (0..1_000).map(|number| pb::PutProduct {
            product: Some(pb::Product {
                sku: format!("p-{thousand}-{number}"),
                name: format!("Product {number}"),
                price: Some(pb::Money { amount_minor: 1_00, ..Default::default() }),
                ..Default::default()
            }),
            opening_stock: Some(pb::Decimal { value: "10".to_owned() }),
        });
        let put = pb::PutProductsRequest { products: products.collect(), ..Default::default() };
        shop.kassa.catalog().put_products(put).await.unwrap();
    }
    let count = start(&shop).await;
    for half in 0..4 {
        let lines_in =
            (0..500).map(|number| counted(&format!("p-{}-{}", half / 2, half % 2 * 500 + number), "9"));
        enter(&shop, &count, lines_in.collect()).await;
    }
    let refused = try_enter(&shop.kassa, &count, vec![counted("p-2-0", "9")]).await.unwrap_err();
    assert_eq!(
        (refused.reason(), refused.field_violations()[0].path.as_str()),
        (Some(Reason::InvalidField), "lines")
    );
    // One that is in it may be counted again.
    let full = enter(&shop, &count, vec![counted("p-0-0", "10")]).await;
    assert_eq!(read(&shop.kassa, "").await.lines.len(), 2_000);
    let finished = try_finish(&shop.kassa, &full).await.unwrap();
    assert_eq!((finished.line_count, finished.changed_count), (2_000, 1_999));
    assert_eq!([shop.on_the_shelf("p-0-0").await, shop.on_the_shelf("p-1-999").await], ["10", "9"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_come_in_pages_and_those_of_another_branch_are_out_of_reach() {
    let shop = Shop::open().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("salma", Role::Supervisor).await;
    let elsewhere = shop.signed_in("salma", "R2").await;
    let mut made = Vec::new();
    for number in 0..5 {
        // Some at the same moment.
        shop.clock.advance(TimeDelta::seconds(number % 2));
        let count = start(&shop).await;
        cancel(&shop.kassa, &count).await.unwrap();
        made.push(count.count_id);
    }
    let open = start(&shop).await;
    made.push(open.count_id.clone());
    made.reverse();
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListStockCountsRequest { page_size: 2, page_token, ..Default::default() };
        let page = shop.kassa.stock().list_stock_counts(request).await.unwrap().into_inner();
        assert!(page.counts.len() <= 2);
        all.extend(page.counts.into_iter().map(|it| it.count_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(all, made);
    let state = StockCountState::Open.into();
    let only_open = pb::ListStockCountsRequest { state, ..Default::default() };
    let listed = shop.kassa.stock().list_stock_counts(only_open).await.unwrap().into_inner().counts;
    assert_eq!(listed.iter().map(|it| &it.count_id).collect::<Vec<_>>(), [&open.count_id]);
    let no_state = pb::ListStockCountsRequest { state: 9, ..Default::default() };
    let refused = shop.kassa.stock().list_stock_counts(no_state).await.unwrap_err();
    assert_eq!(refused.field_violations()[0].path, "state");

    for refused in [
        try_enter(&elsewhere, &open, vec![counted("milk", "1")]).await.map(|_| ()).unwrap_err(),
        try_finish(&elsewhere, &open).await.unwrap_err(),
        cancel(&elsewhere, &open).await.unwrap_err(),
    ] {
        assert_eq!(refused.reason(), Some(Reason::StockCountNotFound), "{refused}");
    }
    let get = |count_id: &str, branch_id: &str| pb::GetStockCountRequest {
        count_id: count_id.to_owned(),
        branch_id: branch_id.to_owned(),
    };
    for (request, reason) in [
        (get(&open.count_id, ""), Reason::StockCountNotFound),
        (get("", ""), Reason::StockCountNotFound),
        (get(&open.count_id, "B1"), Reason::WrongBranch),
        (get("7", ""), Reason::InvalidField),
    ] {
        let refused = elsewhere.stock().get_stock_count(request).await.unwrap_err();
        assert_eq!(refused.reason(), Some(reason), "{refused}");
    }
    let b1 = pb::ListStockCountsRequest { branch_id: "B1".to_owned(), ..Default::default() };
    let refused = elsewhere.stock().list_stock_counts(b1).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::WrongBranch));

    // Each branch counts its own shelf.
    let there = elsewhere.stock().start_stock_count(Default::default()).await.unwrap().into_inner();
    let there = there.count.unwrap();
    let entered = try_enter(&elsewhere, &there, vec![counted("milk", "7")]).await.unwrap().into_inner();
    assert_eq!(lines(&read(&elsewhere, "").await), ["milk: 7 of 0, 7"], "it never was at this branch");
    try_finish(&elsewhere, &entered.count.unwrap()).await.unwrap();
    assert_eq!(shop.on_the_shelf("milk").await, "3");
    let of_b2 = pb::GetStockRequest { product_id: "milk".to_owned(), branch_id: "B2".to_owned() };
    let stock = shop.kassa.stock().get_stock(of_b2).await.unwrap().into_inner().stock.unwrap();
    assert_eq!(stock.quantity.unwrap().value, "7");
}
