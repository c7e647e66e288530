//! The real program on a small disk that is really full. Mounting one needs root; elsewhere the test says
//! so and passes.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
    process::Command,
};

use kassa_client::{
    Kassa, Reason,
    proto::v1::{self as pb, DiskState},
};
use kassa_integration_tests::{Program, usd};
use kassa_server::check::check_folder;
use tempfile::TempDir;

const MOST_SALES: usize = 20_000;

/// A file system in memory of 32 MB. Dropping it takes it away.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        let mount = mount.args(["-t", "tmpfs", "-o", "size=32m", "tmpfs"]).arg(folder.path()).output();
        mount.is_ok_and(|mounted| mounted.status.success()).then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut film = OpenOptions::new().create(true).append(true).open(self.path().join("film")).unwrap();
        for size in [1_024 * 1_024, 4_096, 1] {
            let frames = vec![7; size];
            while film.write_all(&frames).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.path().join("film")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a program that is about to end may still have files open there.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn start(data: &Path) -> Program {
    let mut command = Program::command(data);
    for (limit, megabytes) in [("WARN", "12"), ("SALES_ONLY", "8"), ("RESERVE", "2")] {
        command.env(format!("KASSA_DISK__{limit}_MB"), megabytes);
    }
    Program::start_with(command)
}

async fn status(kassa: &Kassa) -> pb::GetStatusResponse {
    kassa.admin().get_status(pb::GetStatusRequest::default()).await.unwrap().into_inner()
}

/// Goods, and an open shift.
async fn prepare(kassa: &Kassa) -> pb::CompleteSaleRequest {
    let product = pb::Product {
        sku: "bread".to_owned(),
        name: "Bread".to_owned(),
        price: Some(usd("2.00")),
        ..Default::default()
    };
    let products = vec![pb::PutProduct { product: Some(product), opening_stock: None }];
    let put = pb::PutProductsRequest { products, ..Default::default() };
    let id = kassa.catalog().put_products(put).await.unwrap().into_inner().product_ids.remove(0);
    kassa.shifts().open_shift(pb::OpenShiftRequest::default()).await.unwrap();
    pb::CompleteSaleRequest {
        lines: vec![kassa_client::product_line(id, "1")],
        tenders: vec![kassa_client::cash(usd("2.00"))],
        expected_total: Some(usd("2.00")),
        // Sales that take some space.
        note: "n".repeat(1_000),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_disk_that_is_really_full_no_acknowledged_sale_is_lost_and_sales_resume_by_themselves() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: mounting a small disk needs root");
        return;
    };
    let data = disk.path().join("data");
    let program = start(&data);
    let kassa = program.client(&data);
    let sale = prepare(&kassa).await;
    let mut acknowledged = Vec::new();
    let mut sell = async |key: &str| {
        let sold = kassa.orders().complete_sale(sale.clone()).key(key).await;
        sold.map(|sold| acknowledged.push(sold.into_inner().order.unwrap().order_id))
    };
    sell("before").await.unwrap();
    assert_eq!(status(&kassa).await.disk_reserve_bytes, 2 << 20, "the reserve is set aside");
    assert_eq!(status(&kassa).await.disk_state(), DiskState::Ok);

    disk.fill();
    sell("with-the-reserve").await.unwrap();
    let mut sold_since = 0;
    let refused = loop {
        match sell(&format!("full-{sold_since}")).await {
            Ok(()) => sold_since += 1,
            Err(refused) => break refused,
        }
        disk.fill();
        assert!(sold_since < MOST_SALES, "the disk is never full");
    };
    assert_eq!(refused.reason(), Some(Reason::DiskFull), "{refused}");
    assert!(!data.join("reserve").exists());
    let full = status(&kassa).await;
    assert_eq!((full.disk_state(), full.disk_reserve_bytes), (DiskState::Full, 0));

    disk.free();
    let key = format!("full-{sold_since}");
    sell(&key).await.expect("the sale that was refused is made, without a restart");
    for number in 0..20 {
        sell(&format!("after-{number}")).await.unwrap();
    }
    let back = status(&kassa).await;
    assert_eq!((back.disk_state(), back.disk_reserve_bytes), (DiskState::Ok, 2 << 20));
    program.kill();

    let report = check_folder(&data).await.unwrap();
    assert!(report.is_sound(), "the books are not sound:\n{report}");
    let program = start(&data);
    let mut stored = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListOrdersRequest { page_size: 500, page_token, ..Default::default() };
        let page = program.client(&data).orders().list_orders(request).await.unwrap().into_inner();
        stored.extend(page.orders.into_iter().map(|order| order.order_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    stored.reverse();
    assert_eq!(stored, acknowledged, "every acknowledged sale, once, and no other");
    assert!(program.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_on_a_disk_that_filled_up_overnight_gives_the_reserve_up_and_sells() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: mounting a small disk needs root");
        return;
    };
    let data = disk.path().join("data");
    let program = start(&data);
    let sale = prepare(&program.client(&data)).await;
    while status(&program.client(&data)).await.disk_reserve_bytes == 0 {}
    program.kill();
    // A new day begins a new file.
    fs::remove_dir_all(data.join("logs")).unwrap();
    disk.fill();

    let program = start(&data);
    let kassa = program.client(&data);
    assert_eq!(status(&kassa).await.disk_reserve_bytes, 0);
    kassa.orders().complete_sale(sale).await.unwrap();
    disk.free();
    assert!(program.terminate().success());
}
