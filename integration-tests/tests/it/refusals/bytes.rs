//! Bytes that are no message, and methods that are none.

use std::time::Duration;

use ::bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::{Method, StatusCode};
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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_post_is_no_call() {
    let refusing = Refusing::open().await;
    let sale = refusing.sale().await;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let answer = refusing.wire.call("Orders/CompleteSale").by(method.clone()).send(&sale).await;
        let refusal = answer.refusal();
        assert_eq!((answer.http, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")));
        assert_eq!((refusal.reason, refusal.code), (Reason::UnknownMethod, Code::Unimplemented), "{method}");
    }
    let health = refusing.wire.call("/grpc.health.v1.Health/Check").by(Method::GET);
    let answer = health.send(&pb::GetStatusRequest {}).await;
    assert_eq!(answer.http, StatusCode::METHOD_NOT_ALLOWED);
    refusing.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_grpc_in_protobuf_is_no_call() {
    let refusing = Refusing::open().await;
    let sale = refusing.sale().await;
    let call = || refusing.wire.call("Orders/CompleteSale");
    let others =
        ["text/plain", "", "application/grpc-web", "application/grpc+json", "application/grpcs", "grpc"];
    let others = others.map(|other| (other, call().with("content-type", other)));
    let twice = ("two types", call().and("content-type", "text/plain"));
    let none = ("no type", call().without("content-type"));
    for (what, call) in others.into_iter().chain([twice, none]) {
        let answer = call.send(&sale).await;
        assert_eq!(answer.http, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{what}");
        assert_eq!(answer.refusal().place(), (Reason::InvalidMetadata, "content-type"), "{what}");
    }
    refusing.assert_untouched().await;
    for same in ["application/grpc", "application/grpc+proto", "Application/GRPC; charset=utf-8"] {
        let sale = refusing.shop.sale("1 x bread, cash 2.00").await;
        let answer = call().with("content-type", same).send(&sale).await;
        answer.message::<pb::CompleteSaleResponse>();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_message_and_whatever_else_comes_after_the_first_is_refused() {
    let refusing = Refusing::open().await;
    let before = refusing.tables.rows();
    let first = framed(&refusing.sale().await.encode_to_vec());
    let second = framed(&refusing.sale().await.encode_to_vec());
    let bodies = [
        ("two sales", [&first[..], &second[..]].concat()),
        ("the same sale twice", [&first[..], &first[..]].concat()),
        ("an empty message after it", [&first[..], &framed(&[])[..]].concat()),
        ("half a frame after it", [&first[..], &[0, 0]].concat()),
    ];
    for (what, body) in bodies {
        let call = refusing.wire.call("Orders/CompleteSale");
        let refusal = call.send_body(Body::new(Full::new(Bytes::from(body)))).await.refusal();
        assert_eq!((refusal.reason, refusal.code), (Reason::InvalidMessage, Code::InvalidArgument), "{what}");
    }
    // One whose second message comes later, and which never ends, is not waited for.
    let pieces = stream::iter([first, second]).chain(stream::pending());
    let call = refusing.wire.call("Orders/CompleteSale").send_body(in_pieces(pieces));
    let answer = tokio::time::timeout(Duration::from_secs(20), call).await.expect("it is answered at once");
    assert_eq!(answer.refusal().reason, Reason::InvalidMessage);
    assert_eq!(difference(&before, &refusing.tables.rows()), None);
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
