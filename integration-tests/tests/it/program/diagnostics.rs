//! What the server tells support.

use std::fs;

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::Program;

use super::{Place, sell};

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_tell_support_everything_but_secrets_and_customers() {
    let place = Place::new();
    let program = Program::start(&place.data());
    sell(&program, &place.data()).await;
    let kassa = program.client(&place.data());
    let person =
        pb::Customer { name: "Amal Haddad".to_owned(), phone: "0501234567".to_owned(), ..Default::default() };
    kassa.customers().put_customers(pb::PutCustomersRequest { customers: vec![person] }).await.unwrap();
    let refused = kassa.orders().complete_sale(pb::CompleteSaleRequest::default()).await.unwrap_err();
    place.wait_for_log(&[refused.request_id().unwrap()]);
    let collected =
        kassa.admin().collect_diagnostics(pb::CollectDiagnosticsRequest::default()).await.unwrap();
    let part = |name: &str| &collected.parts.iter().find(|part| part.name == name).unwrap().text;
    assert!(part("status").contains(&format!("Kassa: {}\n", env!("CARGO_PKG_VERSION"))));
    assert!(part("configuration").contains("sales_only_mb = 0"));
    assert!(part("schema").starts_with("m20261120_000001_first_sale\n"));
    assert!(part("files").contains("  gen-000001/kassa.db\n"), "{}", part("files"));
    assert!(part("end of the log").contains(refused.request_id().unwrap()));
    assert_eq!((collected.log_error_count, collected.old_shift_count, collected.old_draft_count), (0, 0, 0));

    let all: String = collected.parts.iter().map(|part| part.text.as_str()).collect();
    let token = fs::read_to_string(place.file("keys/local.token")).unwrap();
    let pepper = fs::read_to_string(place.file("keys/pepper")).unwrap();
    for secret in [token.trim(), pepper.trim(), "Amal", "501234567"] {
        assert!(!all.contains(secret), "{secret}");
    }
}
