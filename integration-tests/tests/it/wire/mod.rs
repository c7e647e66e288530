//! The contract as bytes: requests that the client library would not send, and answers with all that
//! stands beside the message. Every refusal that is read here is held against what is true of all of
//! them ([`Refusal::read`]).

mod refusal;
mod tables;

use std::{future::poll_fn, net::SocketAddr};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kassa_integration_tests::Shop;
use prost::Message;
use tokio::net::TcpStream;
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
    patient: Option<Patient>,
    token: String,
}

/// A connection without the client's own timer, and the server's address.
type Patient = (SendRequest<Body>, SocketAddr);

impl Wire {
    pub fn to(shop: &Shop) -> Self {
        let token = std::fs::read_to_string(shop.data().join("keys/local.token")).unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{}", shop.address)).unwrap();
        Self { channel: endpoint.connect_lazy(), patient: None, token: token.trim().to_owned() }
    }

    /// The same over a connection that waits for the server's own word, whatever deadline it was given.
    pub async fn patient(shop: &Shop) -> Self {
        let stream = TcpStream::connect(shop.address).await.unwrap();
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { patient: Some((sender, shop.address)), ..Self::to(shop) }
    }

    /// The same with another token.
    pub fn by(self, token: String) -> Self {
        Self { token, ..self }
    }

    /// A call with a token and a key: of `Orders/CompleteSale`, or of another package's full path.
    pub fn call(&self, method: &str) -> Call {
        let path = if method.starts_with('/') { method.to_owned() } else { format!("/kassa.v1.{method}") };
        let call = Call { wire: self.clone(), method: Method::POST, path, headers: HeaderMap::new() };
        call.with("te", "trailers")
            .with("content-type", "application/grpc")
            .with(TOKEN, format!("Bearer {}", self.token))
            .with(KEY, kassa_client::new_id())
    }
}

/// A call that is not sent yet.
pub struct Call {
    wire: Wire,
    method: Method,
    path: String,
    headers: HeaderMap,
}

impl Call {
    /// By another HTTP method than POST.
    pub fn by(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

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
        let uri = match &self.wire.patient {
            Some((_, address)) => format!("http://{address}{}", self.path),
            None => self.path.clone(),
        };
        let mut request = Request::builder().method(self.method).uri(uri).body(body).unwrap();
        *request.headers_mut() = self.headers;
        let answer = match self.wire.patient {
            Some((mut sender, _)) => sender.send_request(request).await.unwrap().map(Body::new),
            None => {
                let channel = &mut self.wire.channel;
                poll_fn(|context| channel.poll_ready(context)).await.unwrap();
                channel.call(request).await.unwrap()
            }
        };
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap();
        let mut headers = parts.headers;
        headers.extend(body.trailers().cloned().unwrap_or_default());
        Answer { path: self.path, http: parts.status, headers, body: body.to_bytes() }
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
    /// HTTP's own status: 200 for whatever is a call of gRPC's.
    pub http: StatusCode,
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
