//! Forgetting: what is known of a person is gone from everywhere, and what they bought is not.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use kassa_client::{
    Code, Reason,
    proto::v1::{self as pb, Customer, EventKind, PutCustomersRequest, Role},
};
use kassa_integration_tests::Shop;
use rusqlite::types::Value;

use super::{amal, find, forget, get, list, named, put, reason, receipt, registered, sell_to};
use crate::wire::Tables;

/// What would tell who it was.
const TRACES: [&str; 12] = [
    "K-17",
    "Amal Haddad",
    "amal haddad",
    "أمل حدّاد",
    "امل حداد",
    "+966 50 123-4567",
    "966501234567",
    "Haddad@example.com",
    "haddad@example.com",
    "310122393500003",
    "12 Palm Street",
    "likes the crust",
];

/// The traces in some bytes.
fn traces(bytes: &[u8]) -> BTreeSet<&'static str> {
    let is_in = |trace: &&str| bytes.windows(trace.len()).any(|window| window == trace.as_bytes());
    TRACES.into_iter().filter(is_in).collect()
}

/// The tables that have a trace in any cell.
fn tables_with_traces(shop: &Shop) -> BTreeSet<String> {
    let with_traces = Tables::of(shop).rows().into_iter().filter(|(_, rows)| {
        rows.iter().flatten().any(|cell| match cell {
            Value::Text(text) => !traces(text.as_bytes()).is_empty(),
            Value::Blob(bytes) => !traces(bytes).is_empty(),
            _ => false,
        })
    });
    with_traces.map(|(name, _)| name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_a_person_stands_in_one_table_and_after_they_are_forgotten_in_none() {
    let mut shop = Shop::open().await;
    let (orders, customers) = (shop.kassa.orders(), shop.kassa.customers());
    let register = PutCustomersRequest { customers: vec![amal(), named("Ziad")] };
    let made = customers.put_customers(register.clone()).key("card").await.unwrap().into_inner();
    let id = made.customers[0].customer_id.clone();
    // She was another one before, and found by everything.
    put(&shop, vec![Customer { customer_id: id.clone(), ..named("Amal") }]).await.unwrap();
    put(&shop, vec![Customer { customer_id: id.clone(), ..amal() }]).await.unwrap();
    for query in ["K-17", "0501234567", "amal.haddad@example.com", "haddad"] {
        assert_eq!(find(&shop, query).await.len(), 1, "{query}");
    }
    let sale = sell_to(&shop, &id, "2 x bread, cash 5.00").await.unwrap();
    let paper = pb::PrintReceiptRequest { order_id: sale.order_id.clone(), ..Default::default() };
    let printed = orders.print_receipt(paper.clone()).key("paper").await.unwrap().into_inner();
    assert!(printed.text.contains("Amal Haddad") && printed.text.contains("310122393500003"));
    let (_, copy) = list(&shop, "", 0).await;
    assert_eq!(tables_with_traces(&shop), BTreeSet::from(["customers".to_owned()]));

    let forgotten = forget(&shop, &id).await;
    assert_eq!(tables_with_traces(&shop), BTreeSet::new());
    assert!(forgotten.anonymize_time.is_some() && forgotten.name.is_empty() && forgotten.version > 3);
    assert_eq!(get(&shop, &id).await, forgotten);
    for query in TRACES {
        assert_eq!(find(&shop, query).await, [], "{query}");
    }
    let by_code = pb::GetCustomerRequest { code: "K-17".to_owned(), ..Default::default() };
    assert_eq!(reason(customers.get_customer(by_code).await), Some(Reason::CustomerNotFound));
    assert_eq!(list(&shop, "", 0).await.0.len(), 1, "only Ziad is left");
    assert_eq!(list(&shop, &copy, 0).await.0, [forgotten], "a copy is told whom to take out");

    // The receipt has no name any more, and the same figures.
    let nameless = receipt(&shop, &sale).await;
    assert_eq!(traces(nameless.as_bytes()), BTreeSet::new());
    let figures = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| traces(line.as_bytes()).is_empty());
        lines.map(str::to_owned).collect()
    };
    assert_eq!(figures(&nameless), figures(&printed.text));
    assert_eq!(shop.read(&sale).await, sale);

    // Keys of before give their answers, and no word of her; a person can't be tried on them.
    let again = customers.put_customers(register.clone()).key("card").await.unwrap();
    assert!(again.replayed());
    assert_eq!(again.into_inner(), made);
    let mut other = register;
    other.customers[0].phone = "+966 50 123-4568".to_owned();
    assert!(customers.put_customers(other).key("card").await.unwrap().replayed());
    let again = orders.print_receipt(paper).key("paper").await.unwrap();
    assert!(again.replayed());
    assert_eq!((again.copy_number, again.text.as_str()), (0, nameless.as_str()));

    // Not in the free space of the file either.
    shop.stop().await.unwrap();
    assert_eq!(traces(&std::fs::read(shop.database()).unwrap()), BTreeSet::new());
    assert!(!shop.database().with_extension("db-wal").exists(), "the write-ahead log is empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_while_a_copy_is_made_is_taken_out_of_it_again() {
    let shop = Shop::found().await;
    let gone = registered(&shop, named("Hala")).await;
    forget(&shop, &gone).await;
    let amal = registered(&shop, amal()).await;
    registered(&shop, named("Ziad")).await;
    let page = async |page_token: String| {
        let request = pb::ListCustomersRequest { page_size: 1, page_token, ..Default::default() };
        shop.kassa.customers().list_customers(request).await.unwrap().into_inner()
    };
    let first = page(String::new()).await;
    assert_eq!(first.customers[0].customer_id, amal);
    let forgotten = forget(&shop, &amal).await;
    let second = page(first.next_page_token).await;
    assert_eq!(second.customers[0].name, "Ziad");
    let last = page(second.next_page_token).await;
    assert_eq!((last.customers, last.next_page_token.as_str()), (vec![forgotten], ""));
    assert_eq!(list(&shop, &last.customer_version, 0).await.0, []);
    assert_eq!(list(&shop, "", 0).await.0.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keys_fingerprint_is_the_same_whoever_is_registered() {
    let shop = Shop::found().await;
    let put = |customer: Customer, key: &str| {
        shop.kassa
            .customers()
            .put_customers(PutCustomersRequest { customers: vec![customer] })
            .key(key.to_owned())
    };
    put(amal(), "one").await.unwrap();
    put(named("Ziad"), "other").await.unwrap();
    let file = rusqlite::Connection::open(shop.database()).unwrap();
    let fingerprints =
        "SELECT count(DISTINCT fingerprint) FROM idempotency_keys WHERE method LIKE '%PutCustomers'";
    assert_eq!(file.query_row(fingerprints, [], |row| row.get(0)), Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_is_an_admins_once_and_for_good() {
    let shop = Shop::found().await;
    let id = registered(&shop, amal()).await;
    let ask = |version| pb::AnonymizeCustomerRequest { customer_id: id.clone(), version };
    for role in [Role::Cashier, Role::Supervisor] {
        shop.user(role.as_str_name(), role).await;
        let till = shop.signed_in(role.as_str_name(), "R1").await;
        let refused = till.customers().anonymize_customer(ask(0)).await.unwrap_err();
        assert_eq!((refused.reason(), refused.code()), (Some(Reason::RoleRequired), Code::PermissionDenied));
    }
    shop.user("nur", Role::Admin).await;
    let admin = shop.signed_in("nur", "R1").await;
    let customers = admin.customers();
    assert_eq!(reason(customers.anonymize_customer(ask(7)).await), Some(Reason::VersionMismatch));
    let nobody = pb::AnonymizeCustomerRequest { customer_id: kassa_client::new_id(), version: 0 };
    assert_eq!(reason(customers.anonymize_customer(nobody).await), Some(Reason::CustomerNotFound));
    assert_eq!(reason(customers.anonymize_customer(Default::default()).await), Some(Reason::InvalidField));

    let tries = (0..10).map(|_| customers.anonymize_customer(ask(1)).key("please").into_future());
    let answers = futures_util::future::join_all(tries).await.into_iter().map(Result::unwrap);
    let mut answers: Vec<_> = answers.map(kassa_client::Answer::into_inner).collect();
    answers.dedup();
    assert_eq!(answers.len(), 1);
    let look_up =
        pb::LookUpIdempotencyKeyRequest { method: "AnonymizeCustomer".to_owned(), key: "please".to_owned() };
    let done = admin.admin().look_up_idempotency_key(look_up).await.unwrap();
    assert_eq!((done.document_kind(), &done.document_id), (pb::DocumentKind::Customer, &id));
    assert_eq!(reason(customers.anonymize_customer(ask(0)).await), Some(Reason::CustomerAnonymized));
    let back = put(&shop, vec![Customer { customer_id: id.clone(), ..amal() }]).await;
    assert_eq!(reason(back), Some(Reason::CustomerAnonymized));
    // The same person may come back as somebody new, with the old card.
    assert_ne!(registered(&shop, amal()).await, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_the_key_of_a_forgetting_is_answered_from_the_customer() {
    let shop = Shop::found().await;
    let id = registered(&shop, amal()).await;
    let request = || pb::AnonymizeCustomerRequest { customer_id: id.clone(), version: 0 };
    let register = PutCustomersRequest { customers: vec![amal()] };
    let customers = shop.kassa.customers();
    customers
        .put_customers(PutCustomersRequest { customers: vec![named("Hala")] })
        .key("card")
        .await
        .unwrap();
    let first = customers.anonymize_customer(request()).key("please").await.unwrap().into_inner();
    shop.clock.advance(TimeDelta::hours(25));
    let again = customers.anonymize_customer(request()).key("please").await.unwrap();
    assert!(again.replayed());
    assert_eq!(again.into_inner(), first);
    assert_eq!(reason(customers.put_customers(register).key("card").await), Some(Reason::KeyExpired));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_names_ids_and_nobody() {
    let shop = Shop::found().await;
    let id = registered(&shop, amal()).await;
    forget(&shop, &id).await;
    let log = shop.kassa.admin().list_audit_log(pb::ListAuditLogRequest::default()).await.unwrap();
    let newest: Vec<(EventKind, &str)> =
        log.entries.iter().take(2).map(|entry| (entry.kind(), entry.words.as_str())).collect();
    let (gone, came) = (format!("customer {id} forgotten"), format!("customers written: {id}"));
    assert_eq!(
        newest,
        [(EventKind::CustomerAnonymized, gone.as_str()), (EventKind::CustomersChanged, came.as_str())]
    );
}
