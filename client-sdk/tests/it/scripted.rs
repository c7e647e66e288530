//! A server that does as its script says, and remembers what it saw.

use std::{
    collections::{HashMap, VecDeque},
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use hyper_util::rt::TokioIo;
use kassa_client::{Builder, Kassa, proto::v1};
use tokio::{
    io::{DuplexStream, copy_bidirectional, duplex},
    sync::{Notify, mpsc},
    task::AbortHandle,
};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{
    Request, Response, Status,
    metadata::MetadataMap,
    service::Routes,
    transport::{Channel, Endpoint, Server},
};

use crate::fake;

/// What the server does with a request. Without a step left it answers.
pub enum Step {
    /// Refuses it.
    Refuse(Status),
    /// Sells, and cuts every connection before the answer is out.
    SellThenCut,
    /// Sells, and never answers.
    SellThenHang,
    /// Does nothing, and never answers.
    Hang,
    /// Answers when it is let go.
    Hold(Arc<Notify>),
}

/// One attempt, as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub key: Option<String>,
    pub order_id: String,
    pub metadata: MetadataMap,
}

#[derive(Default)]
struct Books {
    steps: VecDeque<Step>,
    /// Every step from now on, once `steps` are used up.
    always: Option<fn() -> Step>,
    seen: Vec<Seen>,
    sold: HashMap<String, v1::Order>,
    pipes: Vec<AbortHandle>,
    down: bool,
}

#[derive(Clone)]
pub struct Scripted {
    books: Arc<Mutex<Books>>,
    arrived: Arc<Notify>,
    channel: Channel,
}

impl Scripted {
    pub fn start() -> Self {
        Self::serving(|scripted| fake::routes(move |path, request| scripted.clone().answer(path, request)))
    }

    /// One without a script.
    pub fn answered_by(routes: Routes) -> Self {
        Self::serving(|_| routes)
    }

    fn serving(routes: impl FnOnce(Self) -> Routes) -> Self {
        let (door, arrivals) = mpsc::unbounded_channel();
        let books = Arc::<Mutex<Books>>::default();
        let host = Arc::clone(&books);
        let connector = tower::service_fn(move |_| {
            let pipe = connect(&host, &door);
            async { pipe.map(TokioIo::new) }
        });
        let channel = Endpoint::from_static("http://scripted").connect_with_connector_lazy(connector);
        let scripted = Self { books, arrived: Arc::default(), channel };
        let server = Server::builder().add_routes(routes(scripted.clone()));
        tokio::spawn(server.serve_with_incoming(UnboundedReceiverStream::new(arrivals)));
        scripted
    }

    pub fn client(&self) -> Kassa {
        self.client_with(|builder| builder)
    }

    pub fn client_with(&self, settings: impl FnOnce(Builder) -> Builder) -> Kassa {
        settings(Kassa::builder("http://scripted").token("secret")).build_on(self.channel.clone()).unwrap()
    }

    pub fn then(&self, step: Step) -> &Self {
        self.books().steps.push_back(step);
        self
    }

    /// Does this with every request that comes after the steps.
    pub fn always(&self, step: fn() -> Step) -> &Self {
        self.books().always = Some(step);
        self
    }

    /// Refuses connections from now on, and cuts those there are; or takes them again.
    pub fn set_down(&self, down: bool) {
        self.books().down = down;
        if down {
            self.cut();
        }
    }

    fn cut(&self) {
        self.books().pipes.drain(..).for_each(|pipe| pipe.abort());
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.books().seen.clone()
    }

    pub fn keys(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.key.unwrap_or_default()).collect()
    }

    pub fn sales(&self) -> usize {
        self.books().sold.len()
    }

    /// Waits until this many attempts have arrived.
    pub async fn attempts(&self, count: usize) {
        loop {
            let arrived = self.arrived.notified();
            if self.books().seen.len() >= count {
                return;
            }
            arrived.await;
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// Notes an attempt and says what is to be done with it.
    fn arrive(&self, order_id: &str, metadata: &MetadataMap) -> Option<Step> {
        let key = metadata.get("idempotency-key").map(|key| key.to_str().unwrap().to_owned());
        let mut books = self.books();
        books.seen.push(Seen { key, order_id: order_id.to_owned(), metadata: metadata.clone() });
        let step = books.steps.pop_front().or_else(|| books.always.map(|step| step()));
        drop(books);
        self.arrived.notify_waiters();
        step
    }

    fn sell(&self, sale: &v1::CompleteSaleRequest, key: &str) -> Response<Bytes> {
        let mut books = self.books();
        let replayed = books.sold.contains_key(key);
        let number = books.sold.len() + 1;
        let order = books.sold.entry(key.to_owned()).or_insert_with(|| v1::Order {
            order_id: sale.order_id.clone(),
            receipt_number: format!("INV-202611-R1-{number:06}"),
            ..Default::default()
        });
        let reply = v1::CompleteSaleResponse { order: Some(order.clone()), warnings: Vec::new() };
        let mut response = fake::answer(&reply);
        let metadata = response.metadata_mut();
        metadata.insert("x-request-id", "request-1".parse().unwrap());
        metadata.insert("kassa-epoch", "3".parse().unwrap());
        if replayed {
            metadata.insert("idempotent-replayed", "true".parse().unwrap());
        }
        response
    }
}

fn connect(
    books: &Mutex<Books>,
    door: &mpsc::UnboundedSender<io::Result<DuplexStream>>,
) -> io::Result<DuplexStream> {
    let mut books = books.lock().unwrap();
    if books.down {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    let (client, mut near) = duplex(64 << 10);
    let (mut far, server) = duplex(64 << 10);
    let pipe = tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
    books.pipes.push(pipe.abort_handle());
    door.send(Ok(server)).unwrap();
    Ok(client)
}

impl Scripted {
    async fn answer(self, path: String, request: Request<Bytes>) -> Result<Response<Bytes>, Status> {
        match path.as_str() {
            "/kassa.v1.Orders/CompleteSale" => self.complete_sale(&request).await,
            "/kassa.v1.Orders/GetOrder" => self.get_order(&request).await,
            "/kassa.v1.Catalog/PutProducts" => self.put_products(&request).await,
            _ => Err(Status::unimplemented("not in the script")),
        }
    }

    async fn complete_sale(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Status> {
        let key = request.metadata().get("idempotency-key").unwrap().to_str().unwrap().to_owned();
        let sale: v1::CompleteSaleRequest = fake::read(request);
        match self.arrive(&sale.order_id, request.metadata()) {
            None => Ok(self.sell(&sale, &key)),
            Some(Step::Refuse(status)) => Err(status),
            Some(Step::SellThenCut) => {
                let answer = self.sell(&sale, &key);
                self.cut();
                Ok(answer)
            }
            Some(Step::SellThenHang) => {
                self.sell(&sale, &key);
                std::future::pending().await
            }
            Some(Step::Hang) => std::future::pending().await,
            Some(Step::Hold(go)) => {
                go.notified().await;
                Ok(self.sell(&sale, &key))
            }
        }
    }

    async fn get_order(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Status> {
        let asked: v1::GetOrderRequest = fake::read(request);
        match self.arrive(&asked.order_id, request.metadata()) {
            None => {}
            Some(Step::Refuse(status)) => return Err(status),
            Some(Step::SellThenCut) => self.cut(),
            Some(Step::SellThenHang | Step::Hang) => std::future::pending().await,
            Some(Step::Hold(go)) => go.notified().await,
        }
        let order = v1::Order { sequence: self.sales() as i64, ..Default::default() };
        Ok(fake::answer(&v1::GetOrderResponse { order: Some(order) }))
    }

    /// A change that makes no document.
    async fn put_products(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Status> {
        let put: v1::PutProductsRequest = fake::read(request);
        match self.arrive("", request.metadata()) {
            None => {}
            Some(Step::Refuse(status)) => return Err(status),
            Some(Step::Hold(go)) => go.notified().await,
            Some(_) => return Err(Status::unimplemented("not in the script")),
        }
        let created_count = put.products.len() as i32;
        Ok(fake::answer(&v1::PutProductsResponse { created_count, ..Default::default() }))
    }
}
