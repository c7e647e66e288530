//! What is made of the contract's RPCs: a method each, which is sent as the RPC's option says.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use kassa_client::{
    Kassa,
    proto::v1::{
        CreatePairingCodeRequest, GetOrderRequest, OpenShiftRequest, PutSettingsRequest, SaveDraftRequest,
    },
};
use prost::Message;
use tonic::Request;

use crate::{fake, scripted::Scripted};

/// A request, as the server got it.
struct Got {
    path: String,
    key: Option<String>,
    body: Bytes,
}

/// Calls at a server that is stopping, and so can have done nothing or anything.
async fn called<F: Future>(call: impl FnOnce(Kassa) -> F) -> Vec<Got> {
    let got = Arc::<Mutex<Vec<Got>>>::default();
    let notes = Arc::clone(&got);
    let server = Scripted::answered_by(fake::routes(move |path, request: Request<Bytes>| {
        let key = request.metadata().get("idempotency-key").map(|key| key.to_str().unwrap().to_owned());
        notes.lock().unwrap().push(Got { path, key, body: request.into_inner() });
        async { Err(tonic::Status::unavailable("going away")) }
    }));
    call(server.client_with(|builder| builder.attempts(2))).await;
    std::mem::take(&mut got.lock().unwrap())
}

fn read<M: Message + Default>(got: &Got) -> M {
    M::decode(got.body.clone()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_reads_has_no_key_and_is_sent_again() {
    let got = called(async |kassa| {
        kassa.orders().get_order(GetOrderRequest::default()).key("mine").await.unwrap_err();
    });
    let got = got.await;
    assert_eq!(got.iter().map(|got| got.path.as_str()).collect::<Vec<_>>(), ["/kassa.v1.Orders/GetOrder"; 2]);
    assert!(got.iter().all(|got| got.key.is_none()));
}

#[tokio::test(start_paused = true)]
async fn what_makes_a_document_has_its_id_for_a_key_and_is_sent_again_with_it() {
    let got = called(async |kassa| {
        kassa.shifts().open_shift(OpenShiftRequest::default()).await.unwrap_err();
    });
    let got = got.await;
    let [first, again] = got.as_slice() else { panic!("{} attempts", got.len()) };
    let opened: OpenShiftRequest = read(first);
    assert_eq!(first.key.as_ref(), Some(&opened.shift_id));
    assert_eq!((&first.key, &first.body), (&again.key, &again.body));
}

#[tokio::test(start_paused = true)]
async fn what_changes_something_has_a_key_and_is_sent_again_with_it() {
    let got = called(async |kassa| {
        kassa.admin().put_settings(PutSettingsRequest::default()).await.unwrap_err();
    });
    let got = got.await;
    let [first, again] = got.as_slice() else { panic!("{} attempts", got.len()) };
    assert!(first.key.is_some());
    assert_eq!(first.key, again.key);
}

#[tokio::test(start_paused = true)]
async fn what_is_saved_by_its_version_has_an_id_and_no_key_and_is_sent_again() {
    let got = called(async |kassa| {
        kassa.orders().save_draft(SaveDraftRequest::default()).await.unwrap_err();
    });
    let got = got.await;
    let [first, again] = got.as_slice() else { panic!("{} attempts", got.len()) };
    let saved: SaveDraftRequest = read(first);
    assert_ne!(saved.draft_id, "");
    assert_eq!((&first.key, &first.body), (&None, &again.body));
}

#[tokio::test(start_paused = true)]
async fn what_would_be_another_thing_the_second_time_is_sent_once() {
    let got = called(async |kassa| {
        kassa.admin().create_pairing_code(CreatePairingCodeRequest::default()).await.unwrap_err();
        kassa.backups().verify_backup(Default::default()).await.unwrap_err();
    });
    let got = got.await;
    let paths: Vec<&str> = got.iter().map(|got| got.path.as_str()).collect();
    assert_eq!(paths, ["/kassa.v1.Admin/CreatePairingCode", "/kassa.v1.Backups/VerifyBackup"]);
    assert!(got.iter().all(|got| got.key.is_none()));
}

#[tokio::test]
async fn every_service_has_its_handle_and_a_method_is_called_as_its_rpc() {
    let kassa = Kassa::builder("http://127.0.0.1:50051").build().unwrap();
    let methods = [
        kassa.access().who_am_i(Default::default()).method(),
        kassa.admin().look_up_idempotency_key(Default::default()).method(),
        kassa.backups().restore_backup(Default::default()).method(),
        kassa.cash_register().verify_journal(Default::default()).method(),
        kassa.customers().anonymize_customer(Default::default()).method(),
        kassa.orders().get_order_by_number(Default::default()).method(),
        kassa.shifts().force_close_shift(Default::default()).method(),
    ];
    let paths = [
        "Access/WhoAmI",
        "Admin/LookUpIdempotencyKey",
        "Backups/RestoreBackup",
        "CashRegister/VerifyJournal",
        "Customers/AnonymizeCustomer",
        "Orders/GetOrderByNumber",
        "Shifts/ForceCloseShift",
    ];
    assert_eq!(methods.map(str::to_owned), paths.map(|path| format!("/kassa.v1.{path}")));
}
