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

/// Buys juice: so much of it, for this.
async fn buy_juice(shop: &Shop, quantity: &str, cost: &str) {
    let line = pb::PurchaseLine {
        product_id: "juice".to_owned(),
        quantity: Some(pb::Decimal { value: quantity.to_owned() }),
        cost: Some(usd(cost)),
        ..Default::default()
    };
    let put = pb::PutPurchaseRequest {
        supplier: "Delta Farms".to_owned(),
        lines: vec![line],
        ..Default::default()
    };
    let put = shop.kassa.purchases().put_purchase(put).await.unwrap().into_inner().purchase.unwrap();
    let (purchase_id, version) = (put.purchase_id, put.version);
    let approve = pb::ApprovePurchaseRequest { purchase_id, version, ..Default::default() };
    shop.kassa.purchases().approve_purchase(approve).await.unwrap();
}

async fn give_back(shop: &Shop, sale: &pb::Order, words: &str, total: &str, restock: bool) {
    let mut refund = shop.refund(sale, words, total);
    refund.lines[0].restock = restock;
    shop.kassa.orders().refund_sale(refund).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_margin_is_what_goods_brought_less_what_they_had_cost_where_that_is_known() {
    let shop = Shop::open().await;
    // A juice is 3.99 with 14% tax: 3.50 of revenue. What was on the shelf has no known cost; it goes.
    shop.sell("1000 x juice, card 3990.00").await;
    buy_juice(&shop, "10", "20.00").await;
    let first = shop.sell("4 x juice, cash 15.96").await;
    // 6 at 2.00 and 6 for 24.00 are 3.00 each.
    buy_juice(&shop, "6", "24.00").await;
    let second = shop.sell("5 x juice, 3 x bread, cash 25.95").await;
    // One comes back on the shelf with its 2.00, one is broken and so is its 3.00.
    give_back(&shop, &first, "1 x juice, cash 3.99", "3.99", true).await;
    give_back(&shop, &second, "1 x juice, cash 3.99", "3.99", false).await;
    give_back(&shop, &second, "1 x bread, cash 2.00", "2.00", false).await;
    let voided = shop.sell("2 x juice, cash 7.98").await;
    let reason = "rang up the wrong cart".to_owned();
    let void = pb::VoidSaleRequest { order_id: voided.order_id, reason, ..Default::default() };
    shop.kassa.orders().void_sale(void).await.unwrap();

    // Cost: 8.00 + 15.00 - 2.00. Revenue of it: 14.00 + 17.50 - 3.50 - 3.50 = 24.50.
    let of_juice = [21_00, 3_50, 3_500_00];
    let of_bread = [0, 0, 4_00];
    let together = [21_00, 3_50, 3_504_00];
    let read =
        |it: &SalesFigures| [minor(&it.cost_total), minor(&it.margin), minor(&it.revenue_without_cost)];
    let by = async |by| {
        let report = report(&shop, by).await;
        if by != By::Tender {
            assert_eq!(read(&report.total.clone().unwrap()), together, "{by:?}");
        }
        rows(&report, |row, it| {
            let rate = row.tax_rate.clone().unwrap_or_default().value;
            ([row.name.clone(), rate].concat(), read(&it))
        })
    };
    let named = |name: &str, figures| (name.to_owned(), figures);
    let products = BTreeMap::from([named("bread", of_bread), named("juice", of_juice)]);
    assert_eq!(by(By::Product).await, products);
    assert_eq!(by(By::TaxRate).await, BTreeMap::from([named("0", of_bread), named("14", of_juice)]));
    assert_eq!(by(By::Category).await, BTreeMap::from([named("", together)]));
    assert_eq!(by(By::Cashier).await, BTreeMap::from([named("owner", together)]));
    for whole in [By::Hour, By::Day] {
        assert_eq!(by(whole).await, BTreeMap::from([named("", together)]));
    }
    let tenders = report(&shop, By::Tender).await;
    let absent =
        |it: &SalesFigures| (&it.cost_total, &it.margin, &it.revenue_without_cost) == (&None, &None, &None);
    assert!(tenders.rows.iter().filter_map(|row| row.figures.as_ref()).all(absent), "a tender has no cost");
}
