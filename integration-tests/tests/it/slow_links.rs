//! Slow links: a call that takes long hurts nobody else, is made whole, and once.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use kassa_client::{Kassa, proto::v1 as pb};
use kassa_integration_tests::Shop;
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp},
    sync::mpsc,
    time,
};

use crate::wire::{KEY, Wire, framed, in_pieces};

/// A link to the shop's server on which every byte takes so long, each way. It works until the test ends.
async fn slow_link(shop: &Shop, delay: Duration) -> String {
    let server = shop.address;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((terminal, _)) = listener.accept().await {
            let (from_terminal, to_terminal) = terminal.into_split();
            let (from_server, to_server) = TcpStream::connect(server).await.unwrap().into_split();
            carry(from_terminal, to_server, delay);
            carry(from_server, to_terminal, delay);
        }
    });
    address
}

fn carry(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, delay: Duration) {
    let (sent, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        let mut bytes = vec![0; 16_384];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            let arrival = Instant::now() + delay;
            if sent.send((arrival, bytes[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some((arrival, bytes)) = arriving.recv().await {
            time::sleep_until(arrival.into()).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
}

fn terminal(shop: &Shop, address: String) -> kassa_client::Builder {
    Kassa::builder(address).token_file(shop.data().join("keys/local.token"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_whose_bytes_take_a_minute_is_made_once_and_holds_nobody_up() {
    const PIECES: usize = 7;
    const PAUSE: Duration = Duration::from_secs(10);
    let shop = Shop::open().await;
    let sale = shop.sale("3 x bread, cash 6.00").await;
    let message = framed(&sale.encode_to_vec());
    let pieces: Vec<Bytes> =
        message.chunks(message.len().div_ceil(PIECES)).map(Bytes::copy_from_slice).collect();
    assert_eq!(pieces.len(), PIECES);
    let slowly = in_pieces(stream::unfold(pieces.into_iter().enumerate(), |mut pieces| async {
        let (number, piece) = pieces.next()?;
        time::sleep(if number == 0 { Duration::ZERO } else { PAUSE }).await;
        Some((piece, pieces))
    }));
    let wire = Wire::to(&shop);
    let call = wire.call("Orders/CompleteSale").with(KEY, "a-minute");
    let began = Instant::now();
    let slow = tokio::spawn(call.send_body(slowly));
    let mut sold_meanwhile = 0;
    while !slow.is_finished() {
        let patience = Duration::from_secs(5);
        let sold = time::timeout(patience, shop.sell("1 x bread, cash 2.00")).await;
        sold.expect("nobody waits for it");
        sold_meanwhile += 1;
        time::sleep(Duration::from_millis(500)).await;
    }
    let order = slow.await.unwrap().message::<pb::CompleteSaleResponse>().order.unwrap();
    assert!(began.elapsed() >= PAUSE * 6, "it really took a minute");
    assert!(sold_meanwhile > 1, "{sold_meanwhile}");
    let again = shop.kassa.orders().complete_sale(sale).key("a-minute").await.unwrap();
    assert!(again.replayed());
    assert_eq!(again.into_inner().order.unwrap(), order);
    assert_eq!(shop.orders().await.len(), sold_meanwhile + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_breaks_off_on_its_way_leaves_nothing() {
    let shop = Shop::open().await;
    let sale = shop.sale("3 x bread, cash 6.00").await;
    let message = framed(&sale.encode_to_vec());
    let wire = Wire::to(&shop);
    for sent in [0, 1, 5, 6, message.len() / 2, message.len() - 1] {
        let first = message.slice(..sent);
        let (broken, breaking) = tokio::sync::oneshot::channel::<()>();
        let body = in_pieces(stream::unfold(Some((first, broken)), |state| async {
            let Some((first, broken)) = state else { std::future::pending().await };
            // The piece before was taken when this one is asked for.
            drop(broken);
            Some((first, None))
        }));
        let call = tokio::spawn(wire.call("Orders/CompleteSale").with(KEY, "breaks-off").send_body(body));
        breaking.await.unwrap_err();
        call.abort();
    }
    assert_eq!(shop.orders().await, []);
    let sold = shop.kassa.orders().complete_sale(sale).key("breaks-off").await.unwrap();
    assert!(!sold.replayed(), "its key is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_link_of_three_seconds_each_way_a_terminal_sells_with_the_settings_it_has() {
    let shop = Shop::open().await;
    let far = terminal(&shop, slow_link(&shop, Duration::from_secs(3)).await).build().unwrap();
    let began = Instant::now();
    far.orders().complete_sale(shop.sale("1 x bread, cash 2.00").await).await.expect("the sale is made");
    assert!(began.elapsed() >= Duration::from_secs(6), "the link is slow");
    assert_eq!(shop.orders().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_link_that_is_slower_than_a_terminal_waits_the_sale_is_made_once_and_found_by_its_key() {
    let shop = Shop::open().await;
    let link = slow_link(&shop, Duration::from_millis(600)).await;
    let patience = terminal(&shop, link).timeout(Duration::from_secs(1)).total_time(Duration::from_secs(4));
    let impatient = patience.build().unwrap();
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let unknown = impatient.orders().complete_sale(sale.clone()).key("far-away").await.unwrap_err();
    assert!(unknown.is_outcome_unknown() && unknown.attempts() > 1, "{unknown}");
    // The shop's own terminal asks after it.
    let found = shop.kassa.orders().complete_sale(sale).key("far-away").await.unwrap();
    assert!(found.replayed());
    assert_eq!(shop.orders().await.len(), 1, "however often it was sent");
}
