//! The contract as bytes: requests that the client library would not send, and answers with all that
//! stands beside the message. Every refusal that is read here is held against what is true of all of
//! them ([`Refusal::read`]).

mod refusal;
mod tables;

use std::future::poll_fn;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use kassa_integration_tests::Shop;
use prost::Message;
use tonic::{
    body::Body,
    client::GrpcService as _,
    transport::{Channel, Endpoint},
};

pub use refusal::Refusal;
pub use tables::{Tables, difference};

pub const KEY: &str = "idempotency-key";
pub const TOKEN: &str = "authorization";

/// A connection of the local terminal.
#[derive(Clone)]
pub struct Wire {
    channel: Channel,
    token: String,
}

impl Wire {
    pub fn to(shop: &Shop) -> Self {
        let token = std::fs::read_to_string(shop.data().join("keys/local.token")).unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{}", shop.address)).unwrap();
        Self { channel: endpoint.connect_lazy(), token: token.trim().to_owned() }
    }

    /// The same with another token.
    pub fn by(self, token: String) -> Self {
        Self { token, ..self }
    }

    /// A call with a token and a key: of `Orders/CompleteSale`, or of another package's full path.
    pub fn call(&self, method: &str) -> Call {
        let path = if method.starts_with('/') { method.to_owned() } else { format!("/kassa.v1.{method}") };
        let call = Call { channel: self.channel.clone(), path, headers: HeaderMap::new() };
        call.with("te", "trailers")
            .with("content-type", "application/grpc")
            .with(TOKEN, format!("Bearer {}", self.token))
            .with(KEY, kassa_client::new_id())
    }
}

/// A call that is not sent yet.
pub struct Call {
    channel: Channel,
    path: String,
    headers: HeaderMap,
}

impl Call {
    /// With this header instead of the one that is there.
    pub fn with(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).unwrap();
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// With this header beside the one that is there.
    pub fn and(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(HeaderName::from_static(name), value.parse().unwrap());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Sends a message.
    pub async fn send(self, message: &impl Message) -> Answer {
        self.send_bytes(&message.encode_to_vec()).await
    }

    /// Sends bytes in a message's place.
    pub async fn send_bytes(self, bytes: &[u8]) -> Answer {
        self.send_body(Body::new(Full::new(framed(bytes)))).await
    }

    /// Sends anything.
    pub async fn send_body(mut self, body: Body) -> Answer {
        let mut request = Request::post(&self.path).body(body).unwrap();
        *request.headers_mut() = self.headers;
        poll_fn(|context| self.channel.poll_ready(context)).await.unwrap();
        let (parts, body) = self.channel.call(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap();
        let mut headers = parts.headers;
        headers.extend(body.trailers().cloned().unwrap_or_default());
        Answer { path: self.path, headers, body: body.to_bytes() }
    }
}

/// A message as gRPC frames it: not compressed, its length, itself.
pub fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat().into()
}

/// A body that is sent as its pieces come.
pub fn in_pieces(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Body {
    Body::new(StreamBody::new(pieces.map(|piece| Ok::<_, tonic::Status>(Frame::data(piece)))))
}

/// All that a call got back.
#[derive(Debug)]
pub struct Answer {
    path: String,
    /// Headers and trailers.
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// A header or trailer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn status(&self) -> tonic::Status {
        tonic::Status::from_header_map(&self.headers).unwrap()
    }

    /// The bytes of what a call answered.
    pub fn message_bytes(&self) -> &[u8] {
        self.body.get(5..).unwrap_or_default()
    }

    /// What a call answered that was carried out.
    pub fn message<M: Message + Default>(&self) -> M {
        assert_eq!(self.status().code(), tonic::Code::Ok, "{}: {:?}", self.path, self.status());
        M::decode(self.body.get(5..).unwrap()).unwrap()
    }

    /// What a call answered that was refused.
    pub fn refusal(&self) -> Refusal {
        Refusal::read(self)
    }
}
