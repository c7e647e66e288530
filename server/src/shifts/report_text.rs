//! A shift's report as text for a receipt printer: pure, from the report alone.

use chrono_tz::Tz;
use kassa_proto::{
    money::Currency,
    v1::{self as pb, MovementType, ShiftReportKind},
};

use crate::{
    encoding::time::micros,
    paper::{Paper, tender_name},
};

/// The report as lines of at most `width` cells, in the shop's time.
pub fn text(report: &pb::ShiftReport, zone: Tz, width: usize) -> String {
    let mut page = Paper::new(width);
    head(&mut page, report, zone);
    page.rule();
    sales(&mut page, report);
    page.rule();
    taxes(&mut page, report);
    page.rule();
    for tender in &report.tenders {
        self::tender(&mut page, tender);
    }
    page.rule();
    drawer(&mut page, report);
    if !report.categories.is_empty() {
        page.rule();
        for category in &report.categories {
            let name = if category.category.is_empty() { "(no category)" } else { &category.category };
            page.pair(&format!("{name} x {}", category.line_count), &money(category.total.as_ref()));
        }
    }
    page.rule();
    others(&mut page, report);
    if report.kind() == ShiftReportKind::Z {
        page.rule();
        page.pair("Perpetual total", &money(report.perpetual_total.as_ref()));
        page.pair("Perpetual absolute", &money(report.perpetual_absolute_total.as_ref()));
    }
    page.into_text()
}

fn money(money: Option<&pb::Money>) -> String {
    let text = money.and_then(|money| {
        Currency::from_code(&money.currency_code).map(|currency| currency.format(money.amount_minor))
    });
    text.unwrap_or_default()
}

fn head(page: &mut Paper, report: &pb::ShiftReport, zone: Tz) {
    page.centred(&report.business_name);
    match report.kind() {
        ShiftReportKind::Z => page.centred(&format!("Z REPORT {}", report.sequence)),
        ShiftReportKind::X | ShiftReportKind::Unspecified => page.centred("X REPORT (shift not closed)"),
    }
    page.centred(&report.shift_number);
    page.pair("Branch, register", &format!("{} {}", report.branch_code, report.register_code));
    let at = |time: Option<&prost_types::Timestamp>| {
        let time = time.and_then(micros).map(crate::clock::from_micros);
        time.map(|time| time.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string())
    };
    let times = [
        ("Opened", at(report.open_time.as_ref()), &report.opened_by),
        ("Ended", at(report.end_time.as_ref()), &report.owner),
        ("Closed", at(report.close_time.as_ref()), &report.closed_by),
    ];
    for (what, time, by) in times {
        if let Some(time) = time {
            page.pair(what, &format!("{time} {by}"));
        }
    }
    if report.ended_automatically {
        page.paragraph("Ended by the server: nobody used it.");
    }
    if report.forced {
        page.paragraph("Closed by force.");
    }
    if !report.close_reason.is_empty() {
        page.paragraph(&format!("Reason: {}", report.close_reason));
    }
}

fn sales(page: &mut Paper, report: &pb::ShiftReport) {
    page.pair(&format!("Sales x {}", report.sale_count), &money(report.gross_total.as_ref()));
    page.pair(&format!("Refunds x {}", report.return_count), &minus(report.returns_total.as_ref()));
    page.pair(&format!("Voids x {}", report.void_count), &minus(report.voids_total.as_ref()));
    page.pair("NET", &money(report.net_total.as_ref()));
}

fn minus(amount: Option<&pb::Money>) -> String {
    let minus = amount.map(|money| pb::Money {
        amount_minor: money.amount_minor.saturating_neg(),
        currency_code: money.currency_code.clone(),
    });
    money(minus.as_ref())
}

fn taxes(page: &mut Paper, report: &pb::ShiftReport) {
    let rows = report.tax_totals.iter().map(|tax| {
        let rate = tax.rate.as_ref().map_or("", |rate| rate.value.as_str());
        (format!("{rate}%"), [money(tax.base.as_ref()), money(tax.tax.as_ref()), String::new()])
    });
    page.table(("Tax", ["Net", "Tax", ""]), &rows.collect::<Vec<_>>());
}

fn tender(page: &mut Paper, tender: &pb::ReportedTender) {
    page.pair(&format!("{} x {}", tender_name(tender.r#type), tender.count), "");
    page.pair("  expected", &money(tender.expected.as_ref()));
    match &tender.counted {
        None => page.pair("  counted", "not counted"),
        Some(counted) => {
            page.pair("  counted", &money(Some(counted)));
            page.pair("  variance", &money(tender.variance.as_ref()));
        }
    }
}

fn drawer(page: &mut Paper, report: &pb::ShiftReport) {
    page.pair("Opening float", &money(report.opening_float.as_ref()));
    for movement in report.movements.iter().filter(|it| it.r#type() != MovementType::ShiftEnd) {
        let name = movement.r#type().as_str_name().trim_start_matches("MOVEMENT_TYPE_").to_lowercase();
        let name = format!("{} x {}", name.replace('_', " "), movement.count);
        page.pair(&name, &money(movement.total.as_ref()));
    }
    for (what, amount) in [("To the safe", &report.to_safe), ("Left in drawer", &report.left_in_drawer)] {
        if amount.is_some() {
            page.pair(what, &money(amount.as_ref()));
        }
    }
}

fn others(page: &mut Paper, report: &pb::ShiftReport) {
    let counted = [
        ("Discounts", report.discount_count, &report.discount_total),
        ("Price overrides", report.price_override_count, &report.price_override_total),
    ];
    for (what, count, total) in counted {
        page.pair(&format!("{what} x {count}"), &money(total.as_ref()));
    }
    page.pair("Rounding", &money(report.rounding_total.as_ref()));
    page.pair("Tips", &money(report.tip_total.as_ref()));
    let counts = [
        ("Drawer openings", report.drawer_opening_count),
        ("Copies of receipts", report.copy_count),
        ("Discarded carts", report.correction_count),
        ("Training sales", report.training_count),
    ];
    for (what, count) in counts {
        page.pair(what, &count.to_string());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::paper::tests::{holds, names};

    fn usd(minor: i64) -> Option<pb::Money> {
        Currency::from_code("USD").map(|currency| pb::Money::new(currency, minor))
    }

    fn report(texts: &[String], sums: &[i64]) -> pb::ShiftReport {
        let (text, sum) = (|at: usize| texts[at].clone(), |at: usize| usd(sums[at]));
        let tax = pb::TaxTotal {
            rate: Some(pb::Decimal { value: "8.8751".to_owned() }),
            base: sum(0),
            tax: sum(1),
        };
        let tender = pb::ReportedTender {
            expected: sum(2),
            counted: sum(3),
            variance: sum(4),
            count: i64::MAX,
            ..Default::default()
        };
        let category = pb::ReportedCategory { category: text(0), line_count: i64::MAX, total: sum(5) };
        pb::ShiftReport {
            kind: ShiftReportKind::Z.into(),
            business_name: text(1),
            branch_code: text(2),
            open_time: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
            opened_by: text(3),
            close_reason: text(4),
            tax_totals: vec![tax],
            tenders: vec![tender],
            categories: vec![category],
            movements: vec![pb::ReportedMovement { total: sum(6), ..Default::default() }],
            gross_total: sum(7),
            perpetual_total: sum(8),
            perpetual_absolute_total: sum(9),
            ..Default::default()
        }
    }

    proptest! {
        #[test]
        fn a_report_fits_its_paper_whatever_the_sums_and_names(
            width in 32_usize..=80,
            texts in proptest::collection::vec(names(), 5),
            sums in proptest::collection::vec(any::<i64>(), 10),
        ) {
            let amounts: Vec<String> = sums.iter().map(|minor| money(usd(*minor).as_ref())).collect();
            holds(&text(&report(&texts, &sums), Tz::UTC, width), width, &amounts)?;
        }
    }
}
