//! `kill -9` of the real program under load, again and again on one shop.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use kassa_client::{
    Kassa,
    proto::v1::{self as pb, CompleteSaleRequest, Order},
};
use kassa_integration_tests::{Program, usd};
use kassa_server::check::check_folder;
use tokio::sync::watch;

const ROUNDS: usize = 60;
const TERMINALS: usize = 4;
const SALES_A_ROUND: usize = 20;

/// What the terminals know of their sales, by the orders' ids.
#[derive(Default)]
struct Known {
    /// Acknowledged: these must be there, once, as they were answered.
    sold: BTreeMap<String, Order>,
    /// Sent, and then the connection broke.
    unknown: Vec<CompleteSaleRequest>,
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_under_load_loses_no_acknowledged_sale_and_doubles_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let sale = prepare(&data).await;
    let mut known = Known::default();
    let mut recovered = 0;
    for round in 0..ROUNDS {
        let program = Program::start(&data);
        recovered += settle(&program.client(&data), &mut known).await;
        let before = known.sold.len();
        // A batch takes a few milliseconds: every round is cut at another moment of it.
        let moment = Duration::from_micros(97 * round as u64);
        sell_until_killed(program, moment, &data, &sale, &mut known).await;
        let acknowledged = known.sold.len() - before;
        assert!(acknowledged >= SALES_A_ROUND, "round {round}: only {acknowledged} sales were acknowledged");
        assert!(!known.unknown.is_empty(), "round {round}: no sale was in flight");
        let report = check_folder(&data).await.unwrap();
        assert!(report.is_sound(), "round {round}: the books are not sound:\n{report}");
    }
    let program = Program::start(&data);
    let kassa = program.client(&data);
    recovered += settle(&kassa, &mut known).await;
    prove(&kassa, &known).await;
    // How often a cut fell between commit and answer is chance, so it is told and not asserted.
    println!("{ROUNDS} kills, {} sales, {recovered} of them stored but not acknowledged", known.sold.len());
    assert!(program.terminate().success());
    assert!(check_folder(&data).await.unwrap().is_sound());
}

/// A shop with one product and an open shift.
async fn prepare(data: &Path) -> CompleteSaleRequest {
    let program = Program::start(data);
    let kassa = program.client(data);
    let product = pb::Product {
        sku: "bread".to_owned(),
        name: "Bread".to_owned(),
        price: Some(usd("2.00")),
        ..pb::Product::default()
    };
    let products = vec![pb::PutProduct { product: Some(product), opening_stock: None }];
    let put = pb::PutProductsRequest { products, ..Default::default() };
    let product_id = kassa.catalog().put_products(put).await.unwrap().product_ids[0].clone();
    kassa.shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap();
    assert!(program.terminate().success());
    CompleteSaleRequest {
        lines: vec![kassa_client::product_line(product_id, "3")],
        tenders: vec![kassa_client::cash(usd("10.00"))],
        expected_total: Some(usd("6.00")),
        ..Default::default()
    }
}

/// Sends every sale of unknown outcome again, as a terminal does. Says how many had been stored.
async fn settle(kassa: &Kassa, known: &mut Known) -> usize {
    let mut stored = 0;
    for sale in std::mem::take(&mut known.unknown) {
        let answer = kassa.orders().complete_sale(sale).await.expect("the same key settles it");
        stored += usize::from(answer.replayed());
        let order = answer.into_inner().order.unwrap();
        let before = known.sold.insert(order.order_id.clone(), order);
        assert_eq!(before, None, "a sale of unknown outcome was acknowledged before");
    }
    stored
}

async fn sell_until_killed(
    program: Program,
    moment: Duration,
    data: &Path,
    sale: &CompleteSaleRequest,
    known: &mut Known,
) {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let (progress, mut progressed) = watch::channel(());
    let progress = Arc::new(progress);
    let mut terminals = Vec::new();
    for _ in 0..TERMINALS {
        let address = format!("http://{}", program.address);
        let builder = Kassa::builder(address).token_file(data.join("keys/local.token"));
        // One try a sale: what became of the others is asked after the restart.
        let kassa = builder.attempts(1).timeout(Duration::from_secs(30)).build().unwrap();
        let (sale, acknowledged, progress) = (sale.clone(), Arc::clone(&acknowledged), Arc::clone(&progress));
        terminals.push(tokio::spawn(async move {
            let mut sold = Vec::new();
            loop {
                let sale = CompleteSaleRequest { order_id: kassa_client::new_id(), ..sale.clone() };
                match kassa.orders().complete_sale(sale.clone()).await {
                    Ok(answer) => sold.push(answer.into_inner().order.unwrap()),
                    Err(error) => {
                        assert!(error.code() != kassa_client::Code::FailedPrecondition, "{error}");
                        return (sold, sale);
                    }
                }
                acknowledged.fetch_add(1, SeqCst);
                progress.send_replace(());
            }
        }));
    }
    while acknowledged.load(SeqCst) < SALES_A_ROUND {
        progressed.changed().await.unwrap();
    }
    tokio::time::sleep(moment).await;
    program.kill();
    for terminal in terminals {
        let (sold, unknown) = terminal.await.unwrap();
        known.sold.extend(sold.into_iter().map(|order| (order.order_id.clone(), order)));
        known.unknown.push(unknown);
    }
}

/// Every acknowledged sale is there once, as it was answered, and there is no other.
async fn prove(kassa: &Kassa, known: &Known) {
    let mut numbers = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListOrdersRequest { page_size: 500, page_token, ..Default::default() };
        let page = kassa.orders().list_orders(request).await.unwrap().into_inner();
        for order in page.orders {
            assert_eq!(known.sold.get(&order.order_id), Some(&order));
            numbers.push(order.receipt_number);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    numbers.reverse();
    let expected: Vec<String> =
        numbers.iter().zip(1..).map(|(_, count)| format!("INV-202611-R1-{count:06}")).collect();
    let tails = |numbers: &[String]| -> Vec<String> {
        numbers.iter().map(|number| number[10..].to_owned()).collect()
    };
    assert_eq!(tails(&numbers), tails(&expected), "numbers have no gap and no double");
    assert_eq!(numbers.len(), known.sold.len());
    let drawer = kassa.cash_register().get_drawer(pb::GetDrawerRequest::default()).await.unwrap();
    let balance = drawer.into_inner().drawer.unwrap().balance.unwrap().amount_minor;
    assert_eq!(balance, 6_00 * i64::try_from(numbers.len()).unwrap());
}
