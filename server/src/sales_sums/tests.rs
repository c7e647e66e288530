//! The sums of shops that the model plays, against a plain walk over all their orders.

use std::collections::BTreeSet;

use kassa_migration::Migrator;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, EntityTrait as _, IntoActiveModel as _};
use sea_orm_migration::MigratorTrait as _;

use super::*;
use crate::{
    encoding::order::OrderRows,
    model::{Random, played},
    store::{
        entity::{order_line, order_tender},
        sqlite,
    },
};

const SHOPS: u64 = 6;
const REPORTS: usize = 8;
const GROUPINGS: [SalesGrouping; 7] = [
    SalesGrouping::Hour,
    SalesGrouping::Day,
    SalesGrouping::Category,
    SalesGrouping::Product,
    SalesGrouping::Cashier,
    SalesGrouping::Tender,
    SalesGrouping::TaxRate,
];
const SALE: i32 = 1;
const VOID: i32 = 3;
const CASH: i32 = 1;

fn is_wanted(wanted: &Wanted, rows: &OrderRows) -> bool {
    let order = &rows.order;
    !order.training
        && order.branch_id == wanted.branch
        && wanted.dates.is_none_or(|[from, to]| (from..=to).contains(&order.business_date))
        && wanted.times.is_none_or(|[from, to]| (from..to).contains(&order.create_time))
        && wanted.register.is_none_or(|it| it == order.register_id)
        && wanted.shift.is_none_or(|it| it == order.shift_id)
}

fn key_of_order(rows: &OrderRows, by: SalesGrouping, user: Uuid) -> Key {
    let order = &rows.order;
    let minutes = order.create_time.div_euclid(60_000_000) + i64::from(order.utc_offset_minutes);
    match by {
        SalesGrouping::Hour => Key::Hour(minutes.div_euclid(60), -order.utc_offset_minutes),
        SalesGrouping::Day => Key::Day(order.business_date),
        SalesGrouping::Cashier => Key::Cashier(user),
        _ => Key::All,
    }
}

fn key_of_line(line: &order_line::Model, by: SalesGrouping) -> Key {
    match by {
        SalesGrouping::Category => Key::Category(line.category.clone()),
        SalesGrouping::Product => Key::Product(line.product_id),
        _ => Key::TaxRate(line.tax_rate),
    }
}

/// What a line adds to a row, but how often and how much was sold.
fn line(orders: &[OrderRows], rows: &OrderRows, line: &order_line::Model) -> Sums {
    let sign = if rows.order.kind == SALE { 1 } else { -1 };
    let of_sale = orders.iter().filter(|it| Some(it.order.id) == rows.order.original_order_id);
    let mut of_sale = of_sale.flat_map(|it| &it.lines);
    let cost_of_sale = of_sale.find(|it| Some(it.line_id) == line.original_line_id).and_then(|it| it.cost);
    let knows = line.cost.is_some() || cost_of_sale.is_some();
    Sums {
        tax: sign * line.tax,
        cost: sign * line.cost.unwrap_or_default(),
        revenue_with_cost: if knows { sign * line.net } else { 0 },
        revenue_without_cost: if knows { 0 } else { sign * line.net },
        exceptions: i64::from(sign == 1 && line.unit_price > 0 && line.subtotal == 0),
        ..Sums::default()
    }
}

fn of_kind(kind: i32, count: i64, amount: i64, discounts: i64) -> Sums {
    if kind == SALE {
        Sums { sales: count, gross: amount, discounts, ..Sums::default() }
    } else {
        Sums { returns: count, back: amount, ..Sums::default() }
    }
}

/// The rows of a report, one order after the other.
fn walk(orders: &[OrderRows], wanted: &Wanted, by: SalesGrouping) -> Rows {
    let mut found = Rows::new();
    let mut add = |key: Key, sums: Sums| found.entry(key).or_default().plus(&sums).unwrap();
    for rows in orders.iter().filter(|rows| is_wanted(wanted, rows)) {
        let order = &rows.order;
        let sign = if order.kind == SALE { 1 } else { -1 };
        let is_mine = |user: Uuid| wanted.user.is_none_or(|it| it == user);
        let by_line = matches!(by, SalesGrouping::Category | SalesGrouping::Product | SalesGrouping::TaxRate);
        if by == SalesGrouping::Tender && is_mine(order.user_id) {
            let mut met = BTreeSet::new();
            for order_tender::Model { kind, amount, tip, .. } in &rows.tenders {
                let count = i64::from(met.insert(*kind));
                add(Key::Tender(*kind), of_kind(order.kind, count, *amount, 0));
                add(Key::Tender(*kind), Sums { tips: sign * tip, ..Sums::default() });
            }
            if order.change != 0 {
                add(Key::Tender(CASH), Sums { gross: -order.change, ..Sums::default() });
            }
        } else if by_line && is_mine(order.user_id) {
            let mut met = BTreeSet::new();
            for it in &rows.lines {
                let key = key_of_line(it, by);
                let count = i64::from(met.insert(key.clone()));
                let discounts = it.discount_total + it.order_discount_share;
                add(key.clone(), of_kind(order.kind, count, it.total, discounts));
                add(key.clone(), line(orders, rows, it));
                add(key, Sums { lines: sign, quantity: sign * it.quantity, ..Sums::default() });
            }
        } else if !by_line && by != SalesGrouping::Tender {
            if is_mine(order.user_id) {
                let key = key_of_order(rows, by, order.user_id);
                let in_cash = rows.tenders.iter().any(|it| it.kind == CASH);
                let rounded = order.kind != VOID && order.rounding_adjustment != 0;
                add(key.clone(), of_kind(order.kind, 1, order.total, order.discount_total));
                let rest = Sums {
                    rounding: sign * order.rounding_adjustment,
                    tips: sign * order.tip_total,
                    change: order.change,
                    exceptions: i64::from(rounded && order.change == 0 && !in_cash),
                    ..Sums::default()
                };
                add(key.clone(), rest);
                rows.lines.iter().for_each(|it| add(key.clone(), line(orders, rows, it)));
            }
            if let Some(user) = order.paid_back_in_cash_by_user_id.filter(|user| is_mine(*user)) {
                add(key_of_order(rows, by, user), Sums { exceptions: 1, ..Sums::default() });
            }
        }
    }
    found
}

fn random_wanted(random: &mut Random, orders: &[OrderRows]) -> Wanted {
    let one = random.pick(orders).expect("a shop that sold").order;
    let other = random.pick(orders).expect("a shop that sold").order;
    let users = [Some(one.user_id), other.paid_back_in_cash_by_user_id];
    let users: Vec<Uuid> = users.into_iter().flatten().collect();
    let (mut dates, mut times) =
        ([one.business_date, other.business_date], [one.create_time, other.create_time]);
    dates.sort_unstable();
    times.sort_unstable();
    Wanted {
        branch: one.branch_id,
        dates: random.one_in(2).then_some(dates),
        times: random.one_in(3).then_some(times),
        register: random.one_in(4).then_some(one.register_id),
        shift: random.one_in(4).then_some(one.shift_id),
        user: random.one_in(2).then(|| random.pick(&users)).flatten(),
    }
}

async fn empty() -> DatabaseConnection {
    let database = sqlite::in_memory().await.unwrap();
    Migrator::up(&database, None).await.unwrap();
    // The shop's other rows don't matter.
    database.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
    database
}

async fn store(database: &DatabaseConnection, rows: &OrderRows) {
    order::Entity::insert(rows.order.clone().into_active_model()).exec(database).await.unwrap();
    for line in &rows.lines {
        order_line::Entity::insert(line.clone().into_active_model()).exec(database).await.unwrap();
    }
    for tender in &rows.tenders {
        order_tender::Entity::insert(tender.clone().into_active_model()).exec(database).await.unwrap();
    }
}

#[test]
fn the_sums_of_random_shops_are_those_of_a_walk_over_their_orders() {
    // The model has a runtime of its own.
    let shops = (0..SHOPS).map(played).collect();
    tokio::runtime::Runtime::new().unwrap().block_on(compare(shops));
}

async fn compare(shops: Vec<(Vec<shift::Model>, Vec<OrderRows>)>) {
    let mut met = BTreeSet::new();
    for (number, (shifts, mut orders)) in (0..).zip(shops) {
        let random = &mut Random::of(number);
        for rows in &mut orders {
            // Nothing else in the books looks at training, and it is rare.
            rows.order.training |= random.one_in(10);
        }
        let database = empty().await;
        for shift in shifts {
            shift::Entity::insert(shift.into_active_model()).exec(&database).await.unwrap();
        }
        let sums = SalesSums::default();
        let mut stored = 0;
        // What is kept of a first part of the orders is gone on with.
        for part in 1..=3 {
            let until = orders.len() * part / 3;
            for rows in &orders[stored..until] {
                store(&database, rows).await;
            }
            stored = until;
            let orders = &orders[..stored];
            for _ in 0..if orders.is_empty() { 0 } else { REPORTS } {
                let wanted = random_wanted(random, orders);
                let mut all = walk(orders, &wanted, SalesGrouping::Unspecified);
                let all = all.remove(&Key::All).unwrap_or_default();
                for by in GROUPINGS {
                    let most = u64::from(u32::MAX);
                    let found = sums.report(&database, &wanted, by, most).await.unwrap();
                    let walked = walk(orders, &wanted, by);
                    assert_eq!(found, (walked, all), "shop {number}, {by:?} of {wanted:?}");
                    let anew = SalesSums::default().report(&database, &wanted, by, most).await.unwrap();
                    assert_eq!(anew, found, "shop {number}, {by:?} of {wanted:?}");
                    met.extend(
                        found
                            .0
                            .into_keys()
                            .map(|key| std::mem::discriminant(&key))
                            .map(|it| format!("{it:?}")),
                    );
                }
                if all.exceptions > 0 {
                    met.insert(format!("an exception, by user: {}", wanted.user.is_some()));
                }
                if all.returns > 0 && wanted.user.is_some() && wanted.times.is_some() {
                    met.insert("a return, by user and time".to_owned());
                }
            }
        }
    }
    assert_eq!(met.len(), GROUPINGS.len() + 3, "the shops show little: {met:?}");
}
