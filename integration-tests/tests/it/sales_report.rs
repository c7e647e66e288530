//! Sales reports, against the Zs of the same shifts.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use kassa_client::{
    Reason,
    proto::v1::{self as pb, Money, SalesFigures, SalesGrouping as By, TenderType},
};
use kassa_integration_tests::{Shop, usd};

use crate::check::day::day;

fn minor(amount: &Option<Money>) -> i64 {
    amount.as_ref().map_or(0, |amount| amount.amount_minor)
}

/// The report of a wide range of days.
fn wide(by: By) -> pb::GetSalesReportRequest {
    pb::GetSalesReportRequest {
        group_by: by.into(),
        first_business_date: Some(pb::Date { year: 2026, month: 11, day: 1 }),
        last_business_date: Some(pb::Date { year: 2027, month: 12, day: 5 }),
        ..Default::default()
    }
}

async fn report(shop: &Shop, by: By) -> pb::GetSalesReportResponse {
    shop.kassa.admin().get_sales_report(wide(by)).await.unwrap().into_inner()
}

/// Rows as names with figures that are read from them.
fn rows<K: Ord, F>(
    report: &pb::GetSalesReportResponse,
    read: impl Fn(&pb::SalesReportRow, SalesFigures) -> (K, F),
) -> BTreeMap<K, F> {
    report.rows.iter().map(|row| read(row, row.figures.clone().unwrap())).collect()
}

/// Adds up the Zs.
fn of_zs<K: Ord, const N: usize>(
    zs: &[pb::ShiftReport],
    read: impl Fn(&pb::ShiftReport) -> Vec<(K, [i64; N])>,
) -> BTreeMap<K, [i64; N]> {
    let mut sums = BTreeMap::new();
    for (key, figures) in zs.iter().flat_map(read) {
        let sum = sums.entry(key).or_insert([0; N]);
        sum.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
    }
    sums
}

async fn zs(shop: &Shop) -> Vec<pb::ShiftReport> {
    let shifts = shop.kassa.shifts();
    let listed = shifts.list_shifts(pb::ListShiftsRequest::default()).await.unwrap().into_inner().shifts;
    let mut zs = Vec::new();
    for shift in listed.iter().rev() {
        if shift.close_time.is_none() {
            let (shift_id, version) = (shift.shift_id.clone(), shift.version);
            let reason = "the end of the day".to_owned();
            let close = pb::ForceCloseShiftRequest {
                shift_id,
                expected_version: version,
                reason,
                ..Default::default()
            };
            shifts.force_close_shift(close).await.unwrap();
        }
        let request = pb::GetShiftReportRequest { shift_id: shift.shift_id.clone(), ..Default::default() };
        zs.push(shifts.get_shift_report(request).await.unwrap().into_inner().report.unwrap());
    }
    zs
}

#[tokio::test(flavor = "multi_thread")]
async fn every_grouping_sums_to_the_zs_of_its_shifts() {
    let mut shop = day().await;
    shop.start().await;
    let zs = zs(&shop).await;
    assert!(zs.len() >= 3 && zs.iter().all(|z| z.sequence > 0));
    let sum = |read: &dyn Fn(&pb::ShiftReport) -> i64| zs.iter().map(read).sum::<i64>();
    for by in [By::Hour, By::Day, By::Category, By::Product, By::Cashier, By::Tender, By::TaxRate] {
        let report = report(&shop, by).await;
        let total = report.total.clone().unwrap();
        assert_eq!(total.sale_count, sum(&|z| z.sale_count), "{by:?}");
        assert_eq!(total.return_count, sum(&|z| z.return_count + z.void_count), "{by:?}");
        assert_eq!(minor(&total.gross), sum(&|z| minor(&z.gross_total)), "{by:?}");
        assert_eq!(
            minor(&total.returns),
            sum(&|z| minor(&z.returns_total) + minor(&z.voids_total)),
            "{by:?}"
        );
        assert_eq!(minor(&total.net), sum(&|z| minor(&z.net_total)), "{by:?}");
        assert_eq!(minor(&total.discounts), sum(&|z| minor(&z.discount_total)), "{by:?}");
        let tax = sum(&|z| z.tax_totals.iter().map(|rate| minor(&rate.tax)).sum());
        assert_eq!(minor(&total.tax), tax, "{by:?}");
        assert_eq!(minor(&report.rounding_total), sum(&|z| minor(&z.rounding_total)), "{by:?}");
        assert_eq!(minor(&report.tip_total), sum(&|z| minor(&z.tip_total)), "{by:?}");
        if by != By::Tender {
            let rows = report.rows.iter().filter_map(|row| row.figures.as_ref());
            let (net, tax) =
                rows.fold((0, 0), |(net, tax), row| (net + minor(&row.net), tax + minor(&row.tax)));
            assert_eq!((net, tax), (minor(&total.net), minor(&total.tax)), "{by:?}");
        }
    }
    let tenders = rows(&report(&shop, By::Tender).await, |row, it| {
        (row.tender, [minor(&it.gross), minor(&it.returns)])
    });
    let of_z = |z: &pb::ShiftReport| {
        let tenders = z.tenders.iter();
        tenders.map(|it| (it.r#type, [minor(&it.received), minor(&it.returned)])).collect()
    };
    let mut expected = of_zs(&zs, of_z);
    expected.retain(|_, figures| *figures != [0, 0]);
    assert_eq!(tenders, expected);

    let rates = rows(&report(&shop, By::TaxRate).await, |row, it| {
        let base = minor(&it.net) - minor(&it.tax);
        (row.tax_rate.clone().unwrap().value, [base, minor(&it.tax)])
    });
    let of_z = |z: &pb::ShiftReport| {
        let rates = z.tax_totals.iter();
        rates.map(|it| (it.rate.clone().unwrap().value, [minor(&it.base), minor(&it.tax)])).collect()
    };
    assert_eq!(rates, of_zs(&zs, of_z));

    let categories = rows(&report(&shop, By::Category).await, |row, it| {
        (row.name.clone(), [it.line_count, minor(&it.net)])
    });
    let of_z = |z: &pb::ShiftReport| {
        z.categories.iter().map(|it| (it.category.clone(), [it.line_count, minor(&it.total)])).collect()
    };
    assert_eq!(categories, of_zs(&zs, of_z));

    let name =
        |date: &Option<pb::Date>, hour, offset| (date.map(|it| (it.year, it.month, it.day)), hour, offset);
    let hours = rows(&report(&shop, By::Hour).await, |row, it| {
        (name(&row.date, row.hour, row.utc_offset_minutes), [it.sale_count, minor(&it.net)])
    });
    let of_z = |z: &pb::ShiftReport| {
        let hours = z.hours.iter();
        hours
            .map(|it| (name(&it.date, it.hour, it.utc_offset_minutes), [it.sale_count, minor(&it.total)]))
            .collect()
    };
    assert_eq!(hours, of_zs(&zs, of_z));

    let one = pb::GetSalesReportRequest {
        group_by: By::Product.into(),
        shift_id: zs[0].shift_number.clone(),
        ..Default::default()
    };
    let one = shop.kassa.admin().get_sales_report(one).await.unwrap().into_inner();
    assert_eq!(one.total.unwrap().net, zs[0].net_total);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hour_that_comes_twice_in_autumn_is_two_rows() {
    let shop = Shop::found().await;
    let settings = pb::Settings { time_zone: "Europe/Berlin".to_owned(), ..Default::default() };
    let mut put = pb::PutSettingsRequest { settings: Some(settings), ..Default::default() };
    put.update_mask.get_or_insert_default().paths = vec!["time_zone".to_owned()];
    shop.kassa.admin().put_settings(put).await.unwrap();
    // From noon of 20 November 2026 to half past two, summer time, of 31 October 2027.
    shop.clock.advance(TimeDelta::days(344) + TimeDelta::minutes(12 * 60 + 30));
    shop.open_shift("100.00").await;
    shop.sell("1 x bread, cash 2.00").await;
    shop.clock.advance(TimeDelta::hours(1));
    shop.sell("1 x juice, card 3.99").await;
    let rows = rows(&report(&shop, By::Hour).await, |row, it| {
        ((-row.utc_offset_minutes, row.date.unwrap().day, row.hour), it.net)
    });
    let expected = [((-120, 31, 2), Some(usd("2.00"))), ((-60, 31, 2), Some(usd("3.99")))];
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), expected);
    let x = shop.kassa.shifts().get_shift_report(pb::GetShiftReportRequest::default()).await.unwrap();
    assert_eq!(x.into_inner().report.unwrap().hours.len(), 2, "and so they are in its report");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_of_what_was_named_and_of_no_more_than_400_days() {
    let shop = Shop::open().await;
    shop.sell("1 x bread, cash 2.00").await;
    let ask = async |request: pb::GetSalesReportRequest| shop.kassa.admin().get_sales_report(request).await;
    let reason = async |request| ask(request).await.unwrap_err().reason();
    let day = |year, day| Some(pb::Date { year, month: 11, day });
    for request in [
        wide(By::Unspecified),
        pb::GetSalesReportRequest { group_by: By::Day.into(), ..Default::default() },
        pb::GetSalesReportRequest { last_business_date: None, ..wide(By::Day) },
        pb::GetSalesReportRequest { last_business_date: day(2027, 31), ..wide(By::Day) },
        pb::GetSalesReportRequest { first_business_date: day(2025, 1), ..wide(By::Day) },
        pb::GetSalesReportRequest { start_time: Some(Default::default()), ..wide(By::Day) },
    ] {
        assert_eq!(reason(request).await, Some(Reason::InvalidField));
    }
    let register = pb::GetSalesReportRequest { register_id: "R9".to_owned(), ..wide(By::Day) };
    assert_eq!(reason(register).await, Some(Reason::RegisterNotFound));
    let shift = pb::GetSalesReportRequest { shift_id: "SHF-1".to_owned(), ..wide(By::Day) };
    assert_eq!(reason(shift).await, Some(Reason::ShiftNotFound));
    let user = pb::GetSalesReportRequest { user_id: "nobody".to_owned(), ..wide(By::Day) };
    assert_eq!(reason(user).await, Some(Reason::UserNotFound));

    let own = pb::GetSalesReportRequest {
        register_id: "R1".to_owned(),
        user_id: "owner".to_owned(),
        ..wide(By::Tender)
    };
    let own = ask(own).await.unwrap().into_inner();
    assert_eq!((own.rows.len(), own.rows[0].tender()), (1, TenderType::Cash));
    let before = pb::GetSalesReportRequest { last_business_date: day(2026, 19), ..wide(By::Day) };
    let before = ask(before).await.unwrap().into_inner();
    assert!(before.rows.is_empty() && before.total.unwrap().sale_count == 0);

    shop.user("amal", pb::Role::Cashier).await;
    let cashier = shop.signed_in("amal", "R1").await;
    let refused = cashier.admin().get_sales_report(wide(By::Day)).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::RoleRequired));
}
