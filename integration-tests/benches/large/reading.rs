//! Look-ups at the counter, one after the other.

use std::time::Instant;

use kassa_client::proto::v1 as pb;
use kassa_load::{
    LoadShop, Server,
    latencies::{self, Latencies},
};

use crate::{newest, shown};

/// Orders by their receipt numbers, and products by their barcodes.
pub async fn measure(server: &Server, shop: &LoadShop, readings: usize) -> Vec<(&'static str, String)> {
    let till = shop.terminal(server, 0).expect("a terminal");
    let newest = newest(till.kassa()).await;
    let (series, _) = newest.receipt_number.split_once("-R").expect("a receipt's number");
    let tills = shop.tills.len();
    // Half of what a till sold if all sold as much: so many each of them has.
    let each = (usize::try_from(newest.sequence).expect("a count") / tills / 2).max(1);
    let (mut orders, mut products) = (latencies::none(), latencies::none());
    for reading in 0..readings {
        // Primes: all over the books.
        let (register, number) = (&shop.tills[reading * 7 % tills].register, reading * 7_919 % each + 1);
        let receipt_number = format!("{series}-{register}-{number:06}");
        let asked = Instant::now();
        let request = pb::GetOrderByNumberRequest { receipt_number };
        till.kassa().orders().get_order_by_number(request).await.expect("the order is there");
        latencies::count(&mut orders, asked.elapsed());
        let query = shop.barcode(reading * 919).to_owned();
        let asked = Instant::now();
        let request = pb::FindProductsRequest { query, ..Default::default() };
        let found = till.kassa().catalog().find_products(request).await.expect("products are found");
        latencies::count(&mut products, asked.elapsed());
        assert_eq!(found.products.len(), 1, "a barcode names one product");
    }
    let both = |latencies: &Latencies| {
        let at = |quantile| shown(latencies::at(latencies, quantile));
        format!("{}, {}", at(0.5), at(0.99))
    };
    vec![
        ("`GetOrderByNumber`, p50 and p99 ms", both(&orders)),
        ("`FindProducts` by barcode, p50 and p99 ms", both(&products)),
    ]
}
