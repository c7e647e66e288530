//! Counts as people read them.

use std::fmt::Display;

/// `1 product`, `2 products`.
pub fn show<N: Display + PartialEq + From<u8>>(count: N, one: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {one}{ending}")
}

/// `2 hours ago`: the largest unit of which there is one.
pub fn ago(seconds: i64) -> String {
    match seconds / 60 {
        ..1 => "just now".to_owned(),
        minutes @ 1..60 => format!("{} ago", show(minutes, "minute")),
        minutes @ 60..2_880 => format!("{} ago", show(minutes / 60, "hour")),
        minutes => format!("{} ago", show(minutes / 1_440, "day")),
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
    use super::{ago, bytes, show};

    #[test]
    fn one_is_one_and_none_are_many() {
        assert_eq!([0, 1, 2].map(|count| show(count, "line")), ["0 lines", "1 line", "2 lines"]);
    }

    #[test]
    fn ages_are_short() {
        assert_eq!([59, 60, 3_599].map(ago), ["just now", "1 minute ago", "59 minutes ago"]);
        assert_eq!([3_600, 172_799, 172_800].map(ago), ["1 hour ago", "47 hours ago", "2 days ago"]);
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(5 << 30), "5.0 GiB");
    }
}
