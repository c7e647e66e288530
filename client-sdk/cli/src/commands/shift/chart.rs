//! Sales by hour as bars of blocks, readable without colour.

use kassa_client::proto::{money::Currency, v1::ReportedHour};

use crate::{amount, shop::date};

/// A line for each hour, at most `width` characters wide; hours without sales between others are shown too.
pub fn of_hours(hours: &[ReportedHour], width: usize) -> String {
    let Some(currency) =
        hours.iter().find_map(|hour| Currency::from_code(&hour.total.as_ref()?.currency_code))
    else {
        return String::new();
    };
    let lines = lines(hours);
    let amounts: Vec<String> = lines.iter().map(|line| currency.format(line.total)).collect();
    let label = lines.iter().map(|line| line.label.chars().count()).max().unwrap_or_default();
    let amount = amounts.iter().map(String::len).max().unwrap_or_default();
    let most = lines.iter().map(|line| line.total).max().unwrap_or_default();
    let room = width.saturating_sub(label + amount + 3);
    let mut chart = format!("Sales by hour, {}\n", currency.code());
    for (line, text) in lines.iter().zip(&amounts) {
        let row = format!("{:<label$} {text:>amount$}  {}", line.label, bar(line.total, most, room));
        chart.push_str(row.trim_end());
        chart.push('\n');
    }
    chart
}

struct Line {
    label: String,
    total: i64,
}

fn lines(hours: &[ReportedHour]) -> Vec<Line> {
    let more_than_one = |differ: &dyn Fn(&ReportedHour, &ReportedHour) -> bool| {
        hours.windows(2).any(|pair| matches!(pair, [one, other] if differ(one, other)))
    };
    let days = more_than_one(&|one, other| one.date != other.date);
    let offsets = more_than_one(&|one, other| one.utc_offset_minutes != other.utc_offset_minutes);
    let label = |like: &ReportedHour, hour: i32| {
        let mut label = format!("{hour:02}:00");
        if offsets {
            let (sign, minutes) =
                (if like.utc_offset_minutes < 0 { '-' } else { '+' }, like.utc_offset_minutes.abs());
            label = format!("{label}{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
        if days { format!("{} {label}", date(like.date.as_ref())) } else { label }
    };
    let mut lines = Vec::new();
    let mut last: Option<&ReportedHour> = None;
    for hour in hours {
        if let Some(last) =
            last.filter(|last| (&last.date, last.utc_offset_minutes) == (&hour.date, hour.utc_offset_minutes))
        {
            lines.extend(
                (last.hour + 1..hour.hour).map(|between| Line { label: label(last, between), total: 0 }),
            );
        }
        lines.push(Line { label: label(hour, hour.hour), total: amount::minor(hour.total.as_ref()) });
        last = Some(hour);
    }
    lines
}

/// Eighths of blocks; what is more than nothing is seen.
fn bar(total: i64, most: i64, room: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if total <= 0 || most <= 0 {
        return String::new();
    }
    let eighths = i128::from(total) * (room as i128 * 8) / i128::from(most);
    let eighths = usize::try_from(eighths).unwrap_or_default().max(1);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS.get(eighths % 8).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use kassa_client::proto::v1::{Date, Money};

    use super::*;

    fn hour(day: i32, hour: i32, utc_offset_minutes: i32, minor: i64) -> ReportedHour {
        let total = Some(Money { currency_code: "USD".to_owned(), amount_minor: minor });
        ReportedHour {
            date: Some(Date { year: 2026, month: 10, day }),
            hour,
            utc_offset_minutes,
            sale_count: 1,
            total,
        }
    }

    #[test]
    fn the_best_hour_fills_the_width_and_empty_hours_are_shown() {
        let chart = of_hours(&[hour(5, 9, 120, 10_00), hour(5, 11, 120, 5_00), hour(5, 12, 120, -1_00)], 24);
        let expected = "Sales by hour, USD\n\
                        09:00 10.00  ███████████\n\
                        10:00  0.00\n\
                        11:00  5.00  █████▌\n\
                        12:00 -1.00\n";
        assert_eq!(chart, expected);
        assert_eq!(of_hours(&[], 42), "");
    }

    #[test]
    fn an_hour_that_comes_twice_is_told_apart_and_days_are_named() {
        let chart = of_hours(&[hour(24, 23, 180, 1_00), hour(24, 23, 120, 2_00)], 40);
        assert!(chart.contains("23:00+03:00") && chart.contains("23:00+02:00"), "{chart}");
        let chart = of_hours(&[hour(24, 23, 120, 1_00), hour(25, 0, 120, 2_00)], 40);
        assert!(chart.contains("2026-10-24 23:00") && chart.contains("2026-10-25 00:00"), "{chart}");
    }
}
