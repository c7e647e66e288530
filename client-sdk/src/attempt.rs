//! One attempt of a call: a request out, an answer or a status back.

use std::time::Duration;

use bytes::Bytes;
use tonic::{
    Code, Request, Response, Status, Streaming, client::Grpc, codegen::http::uri::PathAndQuery,
    metadata::MetadataValue, transport::Channel,
};

use crate::{
    answer::{About, Raw},
    bytewise::Bytewise,
    call::EncodedRequest,
    kassa::Connection,
};

/// Beyond any request of the contract (2 MiB), so that the server's own refusal is what callers see.
pub(crate) const LARGEST_REQUEST: usize = 4 << 20;
/// A page of 500 long orders; tonic's own limit is 4 MiB.
const LARGEST_ANSWER: usize = 32 << 20;

pub(crate) async fn attempt(
    connection: &Connection,
    encoded: &EncodedRequest,
    patience: Duration,
) -> Result<Raw, Status> {
    let mut request = request(connection, encoded)?;
    request.set_timeout(patience);
    // tonic's own timer stops at the first byte of the answer; this one waits for the last.
    match tokio::time::timeout(patience, send(connection.channel.clone(), encoded.method, request)).await {
        Ok(Ok(response)) => {
            let (metadata, body, _) = response.into_parts();
            Ok(Raw { body, about: About::read(&metadata, encoded.key.as_deref()) })
        }
        Ok(Err(status)) if !is_timeout(&status) => Err(status),
        _ => Err(Status::deadline_exceeded(format!("no answer within {patience:.1?}"))),
    }
}

/// Begins a call that is answered in parts. It may take as long as it takes: only its beginning is waited for
/// with patience.
pub(crate) async fn open(
    connection: &Connection,
    encoded: &EncodedRequest,
    patience: Duration,
) -> Result<Response<Streaming<Bytes>>, Status> {
    let request = request(connection, encoded)?;
    let opening = async {
        let mut client = Grpc::new(connection.channel.clone()).max_decoding_message_size(LARGEST_ANSWER);
        client.ready().await.map_err(|error| Status::from_error(error.into()))?;
        client.server_streaming(request, PathAndQuery::from_static(encoded.method), Bytewise).await
    };
    match tokio::time::timeout(patience, opening).await {
        Ok(opened) => opened,
        Err(_) => Err(Status::deadline_exceeded(format!("no answer within {patience:.1?}"))),
    }
}

/// tonic's timer here, and in servers that left the deadline to theirs, calls an expired one CANCELLED. A server
/// that says DEADLINE_PASSED is judged by what it says of the outcome.
fn is_timeout(status: &Status) -> bool {
    status.code() == Code::Cancelled && status.message() == "Timeout expired"
}

async fn send(
    channel: Channel,
    method: &'static str,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, Status> {
    let mut client = Grpc::new(channel)
        .max_encoding_message_size(LARGEST_REQUEST)
        .max_decoding_message_size(LARGEST_ANSWER);
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    client.unary(request, PathAndQuery::from_static(method), Bytewise).await
}

fn request(connection: &Connection, encoded: &EncodedRequest) -> Result<Request<Bytes>, Status> {
    let mut request = Request::new(encoded.body.clone());
    let metadata = request.metadata_mut();
    if let Some(authorization) = &connection.authorization {
        metadata.insert("authorization", authorization.clone());
    }
    if let Some(language) = &connection.language {
        metadata.insert("accept-language", language.clone());
    }
    if let Some(key) = &encoded.key {
        let key =
            MetadataValue::try_from(key).map_err(|_| Status::invalid_argument("the key is no metadata"))?;
        metadata.insert("idempotency-key", key);
    }
    Ok(request)
}
