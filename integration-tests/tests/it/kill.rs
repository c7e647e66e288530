//! `kill -9` of the real program under load, again and again on one shop.

use std::{collections::BTreeMap, time::Duration};

use kassa_client::proto::v1::Order;
use kassa_integration_tests::{LeftOut, Program, Proof, Tills};
use kassa_server::check::check_folder;

const ROUNDS: usize = 60;
const TERMINALS: usize = 4;
const SALES_A_ROUND: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine_under_load_loses_no_acknowledged_sale_and_doubles_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let tills = Tills::open(&data).await;
    let mut recovered = 0;
    for round in 0..ROUNDS {
        let program = Program::start(&data);
        recovered += tills.settle(&program.client(&data)).await.expect("the same key settles it");
        let mut selling = tills.sell(&program.address, TERMINALS);
        assert!(selling.sold(SALES_A_ROUND).await, "round {round}: too few sales were acknowledged");
        // A batch takes a few milliseconds: every round is cut at another moment of it.
        tokio::time::sleep(Duration::from_micros(97 * round as u64)).await;
        program.kill();
        selling.ended().await;
        assert_eq!(tills.known().refused, BTreeMap::new(), "round {round}");
        assert!(!tills.known().unknown.is_empty(), "round {round}: no sale was in flight");
        let report = check_folder(&data).await.unwrap();
        assert!(report.is_sound(), "round {round}: the books are not sound:\n{report}");
    }
    let program = Program::start(&data);
    let kassa = program.client(&data);
    recovered += tills.settle(&kassa).await.expect("the same key settles it");
    let proof = tills.prove(&kassa).await.unwrap();
    assert!(proof.holds(), "{proof:?}");
    let sold = tills.known().sold.len();
    // How often a cut fell between commit and answer is chance, so it is told and not asserted.
    println!("{ROUNDS} kills, {sold} sales, {recovered} of them stored but not acknowledged");
    assert!(program.terminate().success());
    assert!(check_folder(&data).await.unwrap().is_sound());
}

#[test]
fn a_proof_names_what_is_lost_doubled_and_half() {
    let order = |count: usize| {
        let receipt_number = format!("INV-202611-R1-{count:06}");
        Order { order_id: format!("sale {count}"), receipt_number, ..Default::default() }
    };
    let sold: BTreeMap<String, Order> =
        [1, 2, 3].map(|count| (order(count).order_id, order(count))).into_iter().collect();
    let found = |orders: &[Order]| {
        let proof = Proof::of(&sold, orders);
        (proof.lost.len(), proof.doubled.len(), proof.half.len())
    };
    let all = [order(3), order(2), order(1)];
    assert_eq!(found(&all), (0, 0, 0));
    assert_eq!(found(&all[1..]), (1, 0, 0), "the last one is lost");
    assert_eq!(found(&[order(3), order(1)]), (1, 0, 1), "one in between is lost, and leaves a gap");
    assert_eq!(found(&[order(3), order(2), order(1), order(2)]), (0, 1, 0), "one is there twice");
    let under_another_key = Order { order_id: "another".to_owned(), ..order(4) };
    assert_eq!(found(&[under_another_key, order(3), order(2), order(1)]), (0, 1, 0), "nobody sent it");
    let other = Order { note: "not as it was".to_owned(), ..order(2) };
    assert_eq!(found(&[order(3), other, order(1)]), (0, 0, 1), "one is not what was answered");
}

#[test]
fn a_proof_knows_what_a_restore_left_out() {
    let order = |count: usize| {
        let receipt_number = format!("INV-202611-R1-{count:06}");
        Order { order_id: format!("sale {count}"), receipt_number, ..Default::default() }
    };
    let left_out =
        LeftOut { gaps: vec![(2, 1_001)], on_paper: [order(2).receipt_number].into_iter().collect() };
    let found = |orders: &[Order]| {
        let sold = orders.iter().map(|order| (order.order_id.clone(), order.clone())).collect();
        let proof = Proof::of_books(&sold, orders, &left_out);
        (proof.lost.len(), proof.doubled.len(), proof.half.len())
    };
    assert_eq!(found(&[order(1_002), order(1)]), (0, 0, 0));
    assert_eq!(found(&[order(1_003), order(1)]), (0, 0, 1), "one after the gap is missing");
    assert_eq!(found(&[order(2), order(1)]), (0, 1, 1), "one is on paper already, and of the gap");
}
