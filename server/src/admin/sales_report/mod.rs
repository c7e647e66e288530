//! What a branch sold: by hour, day, category, product, cashier, tender, tax rate.

mod request;

use std::collections::BTreeMap;

use kassa_proto::{
    decimal::{Quantity, Rate},
    money::Currency,
    v1::{self as pb, SalesGrouping},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::{
    access::queries::user_names,
    caller::Caller,
    encoding::time::{date, hours_since_1970},
    error::Error,
    input,
    readings::Reading,
    sales_sums::{Key, Rows, SalesSums, Sums},
    settings::{currency, queries::business},
    store::entity::product,
};

/// How many rows a report has at most.
const MOST_ROWS: usize = 5_000;
/// How many names are read at a time.
const NAMES: usize = 500;

/// Adds up the sales that a request names.
///
/// # Errors
/// `INVALID_FIELD`, `BRANCH_NOT_FOUND`, `REGISTER_NOT_FOUND`, `SHIFT_NOT_FOUND`, `USER_NOT_FOUND`,
/// `WRONG_BRANCH`.
pub async fn sales_report(
    (database, sums): (&Reading, &SalesSums),
    caller: &Caller,
    request: &pb::GetSalesReportRequest,
) -> Result<pb::GetSalesReportResponse, Error> {
    let by = input::filter::<SalesGrouping>(request.group_by, || "group_by".to_owned())?;
    if by.is_none() {
        return Err(Error::invalid("group_by", "is required"));
    }
    let by = request.group_by();
    let wanted = request::wanted(database, caller, request).await?;
    let currency = currency(&business(database, caller).await?)?;
    let most = MOST_ROWS as u64 + 1;
    let (rows, all) = sums.report(database, &wanted, by, most).await?;
    if rows.len() > MOST_ROWS {
        let message = format!("gives more than {MOST_ROWS} rows: name a shorter time or a register");
        return Err(Error::invalid("group_by", message));
    }
    let names = names(database, &rows).await?;
    let mut rows: Vec<(Key, Sums)> = rows.into_iter().collect();
    if !matches!(by, SalesGrouping::Hour | SalesGrouping::Day) {
        rows.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.gross.saturating_sub(sums.back)));
    }
    let rows = rows.into_iter().map(|(key, sums)| row(&key, &sums, by, &names, currency)).collect();
    Ok(pb::GetSalesReportResponse {
        rows,
        total: Some(figures(&all, SalesGrouping::Unspecified, currency)),
        rounding_total: Some(pb::Money::new(currency, all.rounding)),
        tip_total: Some(pb::Money::new(currency, all.tips)),
    })
}

/// The names of products and users now.
async fn names(database: &Reading, rows: &Rows) -> Result<BTreeMap<Uuid, String>, Error> {
    let (mut products, mut users) = (Vec::new(), Vec::new());
    for key in rows.keys() {
        match key {
            Key::Product(id) => products.push(*id),
            Key::Cashier(id) => users.push(*id),
            _ => {}
        }
    }
    let mut names: BTreeMap<Uuid, String> = BTreeMap::new();
    for ids in products.chunks(NAMES) {
        let find =
            product::Entity::find().select_only().column(product::Column::Id).column(product::Column::Name);
        let found = find.filter(product::Column::Id.is_in(ids.iter().copied())).into_tuple();
        names.extend(found.all(database).await?);
    }
    names.extend(user_names(database, users).await?);
    Ok(names)
}

fn row(
    key: &Key,
    sums: &Sums,
    by: SalesGrouping,
    names: &BTreeMap<Uuid, String>,
    currency: Currency,
) -> pb::SalesReportRow {
    let mut row =
        pb::SalesReportRow { figures: Some(figures(sums, by, currency)), ..pb::SalesReportRow::default() };
    match key {
        Key::All => {}
        Key::Hour(local, behind) => {
            let (date, hour) = hours_since_1970(*local);
            (row.date, row.hour, row.utc_offset_minutes) = (Some(date), hour, -behind);
        }
        Key::Day(number) => row.date = Some(date(*number)),
        Key::Category(name) => row.name.clone_from(name),
        Key::Product(id) | Key::Cashier(id) => {
            row.id = id.to_string();
            row.name = names.get(id).cloned().unwrap_or_default();
        }
        Key::Tender(kind) => row.tender = *kind,
        Key::TaxRate(rate) => row.tax_rate = Some(Rate::from_ten_thousandths(*rate).into()),
    }
    row
}

fn figures(sums: &Sums, by: SalesGrouping, currency: Currency) -> pb::SalesFigures {
    let money = |minor| Some(pb::Money::new(currency, minor));
    let of_lines = |minor| (by != SalesGrouping::Tender).then(|| pb::Money::new(currency, minor));
    pb::SalesFigures {
        sale_count: sums.sales,
        return_count: sums.returns,
        gross: money(sums.gross),
        returns: money(sums.back),
        net: money(sums.gross.saturating_sub(sums.back)),
        discounts: of_lines(sums.discounts),
        tax: of_lines(sums.tax),
        line_count: sums.lines,
        quantity: (by == SalesGrouping::Product).then(|| Quantity::from_thousandths(sums.quantity).into()),
        cost_total: of_lines(sums.cost),
        margin: of_lines(sums.revenue_with_cost.saturating_sub(sums.cost)),
        revenue_without_cost: of_lines(sums.revenue_without_cost),
        exception_count: sums.exceptions,
    }
}
