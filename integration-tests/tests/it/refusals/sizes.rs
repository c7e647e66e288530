//! Requests that are too large, and those that are just not.

use std::{future::pending, time::Duration};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use kassa_client::{Code, Reason, proto::v1 as pb};
use kassa_integration_tests::usd;
use prost::Message as _;
use tokio::time::timeout;

use super::Refusing;
use crate::wire::{TOKEN, difference, in_pieces};

const SMALL: usize = 256 * 1_024;
const IMPORT: usize = 2 * 1_024 * 1_024;

/// Bytes of an unknown field, which a message of this length may end with: newer clients send such.
fn padded(message: &impl prost::Message, length: usize) -> Vec<u8> {
    let mut bytes = message.encode_to_vec();
    let rest = length - bytes.len() - 5;
    // Field 200, a text; its length in three bytes.
    bytes.extend([
        0xc2,
        0x0c,
        0x80 | (rest & 0x7f) as u8,
        0x80 | (rest >> 7 & 0x7f) as u8,
        (rest >> 14) as u8,
    ]);
    bytes.resize(length, b' ');
    bytes
}

fn goods(count: usize, name: &str) -> pb::PutProductsRequest {
    let product = |number: usize| pb::PutProduct {
        product: Some(pb::Product {
            sku: format!("{number:04}"),
            name: name.to_owned(),
            name_ar: name.to_owned(),
            barcodes: (0..20).map(|place| format!("{number:04}{place:060}")).collect(),
            price: Some(usd("1.00")),
            ..Default::default()
        }),
        opening_stock: None,
    };
    pb::PutProductsRequest { products: (0..count).map(product).collect(), ..Default::default() }
}

fn assert_too_large(refusal: &crate::wire::Refusal, most: usize) {
    assert_eq!((refusal.reason, refusal.code), (Reason::RequestTooLarge, Code::ResourceExhausted));
    assert_eq!(refusal.variable("most_bytes"), Some(most.to_string().as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_256_kib_is_taken_and_one_byte_more_is_refused() {
    let refusing = Refusing::open().await;
    let sale = refusing.sale().await;
    let before = refusing.tables.rows();
    let sell = || refusing.wire.call("Orders/CompleteSale");
    assert_too_large(&sell().send_bytes(&padded(&sale, SMALL + 1)).await.refusal(), SMALL);
    // Who has no token sends no more either.
    let pair = refusing.wire.call("Access/PairTerminal").without(TOKEN);
    let code = pb::PairTerminalRequest { code: "2222-2222".to_owned() };
    assert_too_large(&pair.send_bytes(&padded(&code, SMALL + 1)).await.refusal(), SMALL);
    // Through the client too: it lets the server say so.
    let large = pb::CompleteSaleRequest { note: "n".repeat(SMALL), ..sale.clone() };
    let refused = refusing.shop.kassa.orders().complete_sale(large).await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::RequestTooLarge), Code::ResourceExhausted));
    assert!(!refused.is_retryable(), "repeating it does not make it smaller");
    assert_eq!(difference(&before, &refusing.tables.rows()), None);
    refusing.assert_untouched().await;
    sell().send_bytes(&padded(&sale, SMALL)).await.message::<pb::CompleteSaleResponse>();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_2_mib_is_taken_and_one_byte_more_is_refused() {
    let refusing = Refusing::open().await;
    let goods = goods(1_000, &"ن".repeat(100));
    assert!((1_500_000..IMPORT).contains(&goods.encoded_len()), "{}", goods.encoded_len());
    let before = refusing.tables.rows();
    let put = || refusing.wire.call("Catalog/PutProducts");
    assert_too_large(&put().send_bytes(&padded(&goods, IMPORT + 1)).await.refusal(), IMPORT);
    assert_eq!(difference(&before, &refusing.tables.rows()), None);
    let taken = put().send_bytes(&padded(&goods, IMPORT)).await.message::<pb::PutProductsResponse>();
    assert_eq!(taken.created_count, 1_000);
}

/// Nobody waits for megabytes that will be refused, nor for those that never come.
#[tokio::test(flavor = "multi_thread")]
async fn a_length_that_is_too_large_is_refused_before_its_bytes_come() {
    let refusing = Refusing::open().await;
    for (method, most) in [("Orders/CompleteSale", SMALL), ("Catalog/PutProducts", IMPORT)] {
        let length = u32::to_be_bytes(5 * 1_024 * 1_024);
        let announcement = Bytes::from([&[0], &length[..]].concat());
        let never = stream::once(async { announcement }).chain(stream::once(pending()));
        let answer = refusing.wire.call(method).send_body(in_pieces(never));
        let answer = timeout(Duration::from_secs(20), answer).await.expect("it is answered at once");
        assert_too_large(&answer.refusal(), most);
    }
    refusing.assert_untouched().await;
}
