//! The shop that sells: its goods, its sales, and the folder that every measurement starts from.

use std::path::{Path, PathBuf};

use kassa_client::{
    Kassa, cash, money, product_line,
    proto::v1::{self as pb, CompleteSaleRequest},
};
use kassa_integration_tests::{Program, usd};
use kassa_server::store::fault::NOTHING_STORED;

/// So many that sales at the same moment rarely share a product.
const PRODUCTS: usize = 1_000;
const LINES: usize = 5;

/// A founded shop: goods, an open shift, and its first sale, so that every sale after it changes the
/// same rows.
pub struct Founded {
    data: PathBuf,
    products: Vec<String>,
    /// The cash in the drawer.
    pub drawer: i64,
}

/// Finds the real program, as a shop runs it.
pub fn program() -> PathBuf {
    let build = "run `cargo build --release` first";
    let bench = std::env::current_exe().expect("the benchmark has a path");
    let found = bench.ancestors().map(|folder| folder.join("kassa-server")).find(|file| file.is_file());
    let found =
        found.unwrap_or_else(|| panic!("there is no kassa-server above {}: {build}", bench.display()));
    let program = std::fs::read(&found).expect("the program can be read");
    let fault = NOTHING_STORED.as_bytes();
    let with_faults = program.windows(fault.len()).any(|part| part == fault);
    assert!(!with_faults, "{} is built with fault injection, which no shop runs: {build}", found.display());
    found
}

/// The database of a data folder.
pub fn database(data: &Path) -> PathBuf {
    data.join("gen-000001").join("kassa.db")
}

impl Founded {
    /// Founds the shop through the real server.
    pub async fn found(folder: &Path) -> Self {
        let data = folder.join("founded");
        let server = Program::start(&data);
        let kassa = server.client(&data);
        let put = pb::PutProductsRequest { products: goods(), ..Default::default() };
        let put = kassa.catalog().put_products(put).await.expect("the goods are put");
        let shift = pb::OpenShiftRequest { opening_float: Some(usd("100.00")), ..Default::default() };
        kassa.shifts().open_shift(shift).await.expect("the shift opens");
        let mut founded = Self { data, products: put.into_inner().product_ids, drawer: 0 };
        let (request, _) = founded.sale(0);
        kassa.orders().complete_sale(request).await.expect("the first sale is made");
        founded.drawer = in_the_drawer(&kassa).await;
        stop(server);
        founded
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        database(&self.data)
    }

    /// A copy to measure on: the server that wrote it has stopped.
    pub fn copy(&self, to: &Path) -> PathBuf {
        copy_folder(&self.data, to);
        to.to_owned()
    }

    /// Sale `number`: five different products, cash with change. And its total.
    pub fn sale(&self, number: usize) -> (CompleteSaleRequest, i64) {
        let places = (0..LINES).map(|line| (number * 919 + line * 211) % PRODUCTS);
        let (mut lines, mut total) = (Vec::with_capacity(LINES), 0);
        for (place, quantity) in places.zip([1, 2, 1, 3, 1]) {
            lines.push(product_line(self.products[place].as_str(), quantity.to_string()));
            total += price(place) * quantity;
        }
        let paid = (total / 1_000 + 1) * 1_000;
        // The client makes a new order id where none is given.
        let request = CompleteSaleRequest {
            lines,
            tenders: vec![cash(money(paid))],
            expected_total: Some(money(total)),
            ..Default::default()
        };
        (request, total)
    }
}

/// The cash that the server says is in the drawer.
pub async fn in_the_drawer(kassa: &Kassa) -> i64 {
    let drawer = kassa.cash_register().get_drawer(pb::GetDrawerRequest::default()).await;
    let drawer = drawer.expect("there is a drawer").into_inner().drawer.expect("a drawer");
    drawer.balance.expect("a balance").amount_minor
}

/// Stops a server as an init system does.
pub fn stop(server: Program) {
    let status = server.terminate();
    assert!(status.success(), "the server stops cleanly, not with {status}");
}

fn goods() -> Vec<pb::PutProduct> {
    let rates = ["0", "5", "14"];
    let goods = (0..PRODUCTS).map(|place| pb::PutProduct {
        product: Some(pb::Product {
            sku: format!("SKU-{place:04}"),
            name: format!("Product number {place}"),
            barcodes: vec![format!("622{place:010}")],
            price: Some(money(price(place))),
            tax_rate: Some(pb::Decimal { value: rates[place % rates.len()].to_owned() }),
            unit: "pc".to_owned(),
            category: "Groceries".to_owned(),
            stock_policy: pb::StockPolicy::Allow.into(),
            ..pb::Product::default()
        }),
        opening_stock: Some(pb::Decimal { value: "100000".to_owned() }),
    });
    goods.collect()
}

/// In cents, with the tax: what a line costs needs no rounding.
fn price(place: usize) -> i64 {
    99 + i64::try_from(place * 7 % 900).expect("a small number")
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("an entry can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("an entry has a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
