//! The real `kassa-server` program: how it starts, what it is told, how it ends.

mod configuration;
mod diagnostics;
mod folder;
mod logs;
mod place;
mod service_manager;
mod start;

use std::path::Path;

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{Program, usd};

pub use self::place::Place;

/// Opens a shift and sells something to the till's own product.
async fn sell(program: &Program, data: &Path) -> pb::Order {
    let kassa = program.client(data);
    let bread = pb::Product {
        sku: "bread".to_owned(),
        name: "Bread".to_owned(),
        price: Some(usd("2.00")),
        ..Default::default()
    };
    let put = pb::PutProduct { product: Some(bread), opening_stock: None };
    let put = pb::PutProductsRequest { products: vec![put], ..Default::default() };
    let id = kassa.catalog().put_products(put).await.unwrap().into_inner().product_ids.remove(0);
    kassa.shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap();
    let sale = pb::CompleteSaleRequest {
        lines: vec![kassa_client::product_line(id, "1")],
        tenders: vec![kassa_client::cash(usd("2.00"))],
        expected_total: Some(usd("2.00")),
        ..Default::default()
    };
    kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap()
}

async fn status(program: &Program, data: &Path) -> pb::GetStatusResponse {
    program.client(data).admin().get_status(pb::GetStatusRequest::default()).await.unwrap().into_inner()
}
