//! `kassa status`

use kassa_client::proto::v1::GetStatusRequest;

use crate::{count, failure::Failure, message, output::Output, shop::Shop, table::facts};

pub async fn run(shop: &Shop, output: Output) -> Result<(), Failure> {
    let status = shop.call(shop.kassa.admin().get_status(GetStatusRequest::default())).await?;
    output.json(|| message::to_json("GetStatusResponse", &*status))?;
    let clock = shop.clock().await?;
    let step = status.clock_step.as_ref().map(|step| {
        let (hours, minutes) = (step.seconds / 3_600, step.seconds / 60 % 60);
        let back =
            format!("by {hours}:{minutes:02} hours, to {}", clock.show(status.clock_step_time.as_ref()));
        ("clock went back", back)
    });
    output.text(facts(
        [
            ("shop", status.business_name.clone()),
            ("version", format!("{} (schema {})", status.version, status.schema)),
            (
                "database",
                format!("{} of {}, epoch {}", bytes(status.database_bytes), status.engine, status.epoch),
            ),
            ("write-ahead log", bytes(status.wal_bytes)),
            ("free disk", bytes(status.disk_free_bytes)),
            ("products", status.product_count.to_string()),
            ("orders", status.order_count.to_string()),
            ("open shifts", status.open_shift_count.to_string()),
            ("waiting", count::show(status.queued_postings, "change")),
            ("running since", clock.show(status.start_time.as_ref())),
            ("server's clock", format!("{} {}", clock.show(status.current_time.as_ref()), clock.zone())),
        ]
        .into_iter()
        .chain(step),
    ))
}

/// `1.5 MiB`: the largest unit that leaves a number before the point.
fn bytes(count: i64) -> String {
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
