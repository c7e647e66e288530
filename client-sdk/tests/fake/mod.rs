//! A server whose methods are answered by one function, whatever the contract has: a test's fake names those alone
//! that its tests call.

use std::future::Future;

use axum::{Router, extract};
use bytes::Bytes;
use prost::Message;
use tonic::{Request, Response, Status, server::Grpc, service::Routes};
use tower::service_fn;

use self::bytewise::Bytewise;

#[path = "../../src/bytewise.rs"]
mod bytewise;

/// Routes every method to `answer`, which is told its path, such as `/kassa.v1.Orders/CompleteSale`.
pub fn routes<A, F>(answer: A) -> Routes
where
    A: Fn(String, Request<Bytes>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Bytes>, Status>> + Send + 'static,
{
    let router = Router::new().fallback(move |request: extract::Request| {
        let (answer, path) = (answer.clone(), request.uri().path().to_owned());
        let method = service_fn(move |request| answer(path.clone(), request));
        async move { Grpc::new(Bytewise).unary(method, request).await }
    });
    Routes::from(router)
}

/// A request, read.
pub fn read<M: Message + Default>(request: &Request<Bytes>) -> M {
    M::decode(request.get_ref().clone()).unwrap()
}

/// An answer, written.
pub fn answer(message: &impl Message) -> Response<Bytes> {
    Response::new(message.encode_to_vec().into())
}
