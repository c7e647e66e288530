//! Bytes that are no message, and methods that are none.

use ::bytes::Bytes;
use futures_util::stream;
use http_body_util::Full;
use kassa_client::{Code, Reason, proto::v1 as pb};
use prost::Message as _;
use tonic::body::Body;

use super::Refusing;
use crate::wire::{difference, framed, in_pieces};

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_are_refused() {
    let refusing = Refusing::open().await;
    let before = refusing.tables.rows();
    let sale = refusing.sale().await.encode_to_vec();
    // A note (field 11) of bytes that are no UTF-8.
    let not_utf8 = [&sale[..], &[0x5a, 2, 0xc3, 0x28]].concat();
    let messages: [(&str, &[u8]); 6] = [
        ("random bytes", &[0xde, 0xad, 0xbe, 0xef]),
        ("a length without its bytes", &[0x0a, 0xff]),
        ("a varint without an end", &[0xff; 12]),
        ("a field with number 0", &[0x02, 0x00]),
        ("a group that is never closed", &[0x0b]),
        ("a string that is no UTF-8", &not_utf8),
    ];
    for (what, bytes) in messages {
        let refusal = refusing.wire.call("Orders/CompleteSale").send_bytes(bytes).await.refusal();
        assert_eq!((refusal.reason, refusal.code), (Reason::InvalidMessage, Code::InvalidArgument), "{what}");
    }
    let frames: [(&str, Vec<u8>); 5] = [
        ("nothing at all", Vec::new()),
        ("half a length", vec![0, 0, 0]),
        ("less than the length says", [&[0, 0, 0, 0, 200], &sale[..100]].concat()),
        ("compressed, and nobody said how", [&[1], &framed(&sale)[1..]].concat()),
        ("a flag that is none", [&[7], &framed(&sale)[1..]].concat()),
    ];
    for (what, bytes) in frames {
        let call = refusing.wire.call("Orders/CompleteSale");
        let refusal = call.send_body(Body::new(Full::new(Bytes::from(bytes)))).await.refusal();
        assert_eq!((refusal.reason, refusal.code), (Reason::InvalidMessage, Code::InvalidArgument), "{what}");
    }
    assert_eq!(difference(&before, &refusing.tables.rows()), None);
    refusing.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_or_a_service_that_is_none_is_refused() {
    let refusing = Refusing::open().await;
    let long = format!("/kassa.v1.Orders/{}", "x".repeat(4_000));
    let paths = [
        "/kassa.v1.Orders/RefundOrder",
        "/kassa.v1.Orders/completesale",
        "/kassa.v1.Orders/CompleteSale/",
        "/kassa.v1.Reports/GetReport",
        "/kassa.v2.Orders/CompleteSale",
        "/Orders/CompleteSale",
        "/grpc.health.v1.Health/Doctor",
        "/",
        "/../../etc/passwd",
        "/kassa.v1.Orders/%2e%2e",
        &long,
    ];
    for path in paths {
        let refusal = refusing.wire.call(path).send(&pb::GetStatusRequest {}).await.refusal();
        assert_eq!((refusal.reason, refusal.code), (Reason::UnknownMethod, Code::Unimplemented), "{path}");
    }
    refusing.assert_untouched().await;
}

/// With the code that gRPC's rules of compression ask for, so that clients can send it plain.
#[tokio::test(flavor = "multi_thread")]
async fn a_compression_that_the_server_does_not_know_is_refused() {
    let refusing = Refusing::open().await;
    let call = refusing.wire.call("Orders/CompleteSale").with("grpc-encoding", "zstd");
    let refusal = call.send(&refusing.sale().await).await.refusal();
    assert_eq!((refusal.reason, refusal.code), (Reason::UnknownMethod, Code::Unimplemented));
    assert!(refusal.message.contains("zstd"), "{}", refusal.message);
    refusing.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_byte_by_byte_is_a_message() {
    let refusing = Refusing::open().await;
    let bytes = framed(&refusing.sale().await.encode_to_vec());
    let frames: Vec<_> = bytes.chunks(1).map(Bytes::copy_from_slice).collect();
    let answer = refusing.wire.call("Orders/CompleteSale").send_body(in_pieces(stream::iter(frames))).await;
    let sold = answer.message::<pb::CompleteSaleResponse>();
    assert_eq!(sold.order.unwrap().receipt_number, "INV-202611-R1-000001");
}
