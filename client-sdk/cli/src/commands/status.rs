//! `kassa status`

use kassa_client::proto::v1::{DiskState, GetStatusRequest, GetStatusResponse};

use crate::{count, failure::Failure, message, output::Output, shop::Shop, table::facts};

pub async fn run(shop: &Shop, output: Output) -> Result<(), Failure> {
    let status = shop.call(shop.kassa.admin().get_status(GetStatusRequest::default())).await?;
    output.json(|| message::to_json("GetStatusResponse", &*status))?;
    let clock = shop.clock().await?;
    output.text(facts([
        ("shop", status.business_name.clone()),
        ("version", format!("{} (schema {})", status.version, status.schema)),
        (
            "database",
            format!("{} of {}, epoch {}", bytes(status.database_bytes), status.engine, status.epoch),
        ),
        ("write-ahead log", bytes(status.wal_bytes)),
        ("free disk", disk(&status)),
        ("products", status.product_count.to_string()),
        ("orders", status.order_count.to_string()),
        ("open shifts", status.open_shift_count.to_string()),
        ("waiting", count::show(status.queued_postings, "change")),
        ("running since", clock.show(status.start_time.as_ref())),
        ("server's clock", format!("{} {}", clock.show(status.current_time.as_ref()), clock.zone())),
    ]))
}

/// `3.1 GiB`, and what follows from it where there is little.
fn disk(status: &GetStatusResponse) -> String {
    let free = bytes(status.disk_free_bytes);
    match status.disk_state() {
        DiskState::Unspecified | DiskState::Ok => free,
        DiskState::Warn => {
            format!("{free}: free space; below {} only sales are taken", bytes(status.disk_sales_only_bytes))
        }
        DiskState::SalesOnly => {
            format!("{free}: only sales and what a till needs are taken; free space, call support")
        }
        DiskState::Full => format!("{free}: the disk is full; free space now, call support"),
    }
}

/// `1.5 MiB`: the largest unit that leaves a number before the point.
pub fn bytes(count: i64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut rest = count as f64;
    let mut unit = "PiB";
    for candidate in units {
        if rest < 1024.0 {
            unit = candidate;
            break;
        }
        rest /= 1024.0;
    }
    if unit == "B" { format!("{count} B") } else { format!("{rest:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_short() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(5 << 30), "5.0 GiB");
    }
}
