//! What the logs tell: the version, and what happened to money.

use std::fs;

use kassa_client::{Reason, proto::v1 as pb};
use kassa_integration_tests::{Program, Run, command, usd};
use serde_json::Value;

use super::{Place, sell, status};

/// The lines of the files that tell of money.
fn money(place: &Place) -> Vec<Value> {
    let mut files: Vec<_> =
        fs::read_dir(place.file("logs")).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.file_name().unwrap().to_str().unwrap().starts_with("audit-"));
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let lines = text.lines().filter(|line| line.contains("\"what\""));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_is_told_by_the_program_its_status_and_the_first_line_of_each_log() {
    let place = Place::new();
    let version = env!("CARGO_PKG_VERSION");
    for program in ["kassa-server", "kassa"] {
        let run = Run::of(command(program).arg("--version"));
        assert!(run.output.trim().ends_with(version), "{run:?}");
    }
    let program = Program::start(&place.data());
    assert_eq!(status(&program, &place.data()).await.version, version);
    place.wait_for_log(&["listening"]);
    for file in fs::read_dir(place.file("logs")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(text.lines().next().unwrap().contains(&format!("Kassa {version}")), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_about_money_is_a_line_whatever_the_log_s_level() {
    let place = Place::new();
    let mut command = Program::command(&place.data());
    command.env("KASSA_LOG__LEVEL", "error");
    let program = Program::start_with(command);
    let kassa = program.client(&place.data());
    let sold = sell(&program, &place.data()).await;
    let refund = pb::RefundSaleRequest {
        order_id: sold.order_id.clone(),
        lines: vec![pb::RefundLine {
            line_id: sold.lines[0].line_id.clone(),
            quantity: sold.lines[0].quantity.clone(),
            reason: "stale".to_owned(),
            restock: false,
        }],
        tenders: vec![kassa_client::cash(usd("2.00"))],
        expected_total: Some(usd("2.00")),
        ..Default::default()
    };
    // Three times: what is repeated happened once, and what is refused not at all.
    let first = kassa.orders().refund_sale(refund.clone()).key("once").await.unwrap();
    assert!(kassa.orders().refund_sale(refund.clone()).key("once").await.unwrap().replayed());
    let refused = kassa.orders().refund_sale(refund).key("twice").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RefundExceedsSale));
    let request_id = first.request_id().unwrap().to_owned();
    assert!(program.terminate().success());

    let lines = money(&place);
    let what: Vec<_> = lines.iter().map(|line| line["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["SHIFT_OPENED", "SALE_COMPLETED", "SALE_REFUNDED"], "{lines:?}");
    let refunded = &lines[2];
    let returned = first.into_inner().order.unwrap();
    for (name, expected) in [
        ("number", returned.receipt_number.as_str()),
        ("amount", "2.00"),
        ("currency", "USD"),
        ("register", "R1"),
        ("method", "kassa.v1.Orders/RefundSale"),
        ("request_id", &request_id),
    ] {
        assert_eq!(refunded[name], expected, "{name}: {refunded}");
    }
    assert!(!refunded["user_id"].as_str().unwrap().is_empty() && refunded["time"].is_string(), "{refunded}");
    assert_eq!((&lines[1]["amount"], &lines[1]["number"]), (&"2.00".into(), &sold.receipt_number.into()));
}
