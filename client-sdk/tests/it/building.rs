//! What is found before anything is sent.

use std::{fs, time::Duration};

use kassa_client::{BuildError, Kassa, proto::v1::GetOrderRequest};

use crate::scripted::Scripted;

#[tokio::test]
async fn addresses_are_checked_though_connecting_is_lazy() {
    for good in ["http://127.0.0.1:50051", "http://localhost:50051/", "http://[::1]:50051"] {
        Kassa::builder(good).build().unwrap();
    }
    for bad in
        ["", "127.0.0.1:50051", "ftp://shop", "http://", "http://shop/path", "http://a b", "http://shop?x=1"]
    {
        let error = Kassa::builder(bad).build().unwrap_err();
        assert!(matches!(error, BuildError::Address { .. }), "{bad}: {error}");
    }
    let error = Kassa::builder("https://127.0.0.1:50051").build().unwrap_err();
    assert!(matches!(error, BuildError::TlsUnsupported { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_token_file_is_read_and_its_line_end_is_not_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local.token");
    fs::write(&path, "kassa-token\n").unwrap();
    let server = Scripted::start();
    let kassa = server.client_with(|builder| builder.token_file(&path).language("ar"));
    kassa.orders().get_order(GetOrderRequest::default()).await.unwrap();
    let metadata = &server.seen()[0].metadata;
    assert_eq!(metadata.get("authorization").unwrap(), "Bearer kassa-token");
    assert_eq!(metadata.get("accept-language").unwrap(), "ar");
}

#[tokio::test]
async fn tokens_are_checked() {
    let build = |token: &str| Kassa::builder("http://127.0.0.1:50051").token(token).build();
    assert!(matches!(build(" \n"), Err(BuildError::Token)));
    assert!(matches!(build("two words"), Err(BuildError::Token)));
    let missing =
        Kassa::builder("http://127.0.0.1:50051").token_file("/nowhere/local.token").build().unwrap_err();
    assert!(missing.to_string().contains("/nowhere/local.token"), "{missing}");
}

#[tokio::test]
async fn secrets_are_not_shown() {
    let builder = Kassa::builder("http://127.0.0.1:50051").token("hush");
    assert!(!format!("{builder:?}").contains("hush"));
    assert!(!format!("{:?}", builder.build().unwrap()).contains("hush"));
}

#[tokio::test]
async fn no_time_is_too_long_to_add_up() {
    let builder = Kassa::builder("http://127.0.0.1:1").attempts(1);
    let kassa = builder.timeout(Duration::MAX).total_time(Duration::MAX).build().unwrap();
    kassa.orders().get_order(GetOrderRequest::default()).await.unwrap_err();
}

#[test]
fn outside_a_runtime_it_is_an_error_and_no_panic() {
    assert!(matches!(Kassa::builder("http://127.0.0.1:50051").build(), Err(BuildError::NoRuntime)));
}
