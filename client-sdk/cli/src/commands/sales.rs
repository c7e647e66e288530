//! `kassa sales`: what was sold, less what came back.

use clap::{Args, ValueEnum};
use comfy_table::{Cell, CellAlignment};
use kassa_client::proto::{
    money::Currency,
    v1::{
        Date, GetSalesReportRequest, GetSalesReportResponse, GetStatusRequest, Money, SalesFigures,
        SalesGrouping, SalesReportRow,
    },
};

use crate::{
    amount,
    day::Day,
    failure::Failure,
    message,
    output::Output,
    shop::{Shop, date},
    table::table,
};

#[derive(Debug, Args)]
pub struct Sales {
    /// What each line is
    #[arg(long, value_enum, default_value = "day")]
    by: By,
    /// The first business date [default: the last one]
    #[arg(long, value_name = "DATE")]
    from: Option<Day>,
    /// The last business date [default: today]
    #[arg(long, value_name = "DATE")]
    to: Option<Day>,
    /// Only of this shift, by number or id; then dates are not needed
    #[arg(long, value_name = "SHIFT")]
    shift: Option<String>,
    /// Only of this user, by name or id
    #[arg(long, value_name = "USER")]
    cashier: Option<String>,
    /// Of another branch, by code
    #[arg(long, value_name = "CODE")]
    branch: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Hour,
    Day,
    Category,
    Product,
    Cashier,
    Tender,
    Tax,
}

impl By {
    fn grouping(self) -> SalesGrouping {
        match self {
            Self::Hour => SalesGrouping::Hour,
            Self::Day => SalesGrouping::Day,
            Self::Category => SalesGrouping::Category,
            Self::Product => SalesGrouping::Product,
            Self::Cashier => SalesGrouping::Cashier,
            Self::Tender => SalesGrouping::Tender,
            Self::Tax => SalesGrouping::TaxRate,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Category => "category",
            Self::Product => "product",
            Self::Cashier => "cashier",
            Self::Tender => "tender",
            Self::Tax => "tax rate",
        }
    }
}

pub async fn run(shop: &Shop, sales: &Sales, output: Output) -> Result<(), Failure> {
    let (from, to) = days(shop, sales).await?;
    let request = GetSalesReportRequest {
        group_by: sales.by.grouping().into(),
        branch_id: sales.branch.clone().unwrap_or_default(),
        register_id: shop.register.clone(),
        shift_id: sales.shift.clone().unwrap_or_default(),
        user_id: sales.cashier.clone().unwrap_or_default(),
        first_business_date: from,
        last_business_date: to,
        ..Default::default()
    };
    let report = shop.call(shop.kassa.admin().get_sales_report(request)).await?;
    output.json(|| message::to_json("GetSalesReportResponse", &*report))?;
    if report.rows.is_empty() {
        return output.text("nothing was sold");
    }
    let currency = shop.currency().await?;
    let of = match (&sales.shift, from, to) {
        (Some(shift), ..) => format!("shift {shift}"),
        (None, from, to) if from == to => date(to.as_ref()),
        (None, from, to) => format!("{} to {}", date(from.as_ref()), date(to.as_ref())),
    };
    output.text(format!("sales of {of}, in {}\n", currency.code()))?;
    output.text(lines(&report, sales.by, currency))?;
    let total = report.total.clone().unwrap_or_default();
    let unknown = amount::minor(total.revenue_without_cost.as_ref());
    if knows_a_cost(&total) && unknown != 0 {
        let unknown = currency.format(unknown);
        output.text(format!(
            "\nno cost is known of {unknown} of the revenue without tax: it is in no margin"
        ))?;
    }
    Ok(())
}

/// The dates that were asked for; today by the server's clock.
async fn days(shop: &Shop, sales: &Sales) -> Result<(Option<Date>, Option<Date>), Failure> {
    let dates = (sales.from.map(Date::from), sales.to.map(Date::from));
    if sales.shift.is_some() && dates == (None, None) {
        return Ok((None, None));
    }
    let to = match dates.1 {
        Some(to) => Some(to),
        None => {
            let status = shop.call(shop.kassa.admin().get_status(GetStatusRequest::default())).await?;
            let today = shop.clock().await?.show(status.current_time.as_ref());
            today.get(..10).and_then(|today| today.parse::<Day>().ok()).map(Date::from)
        }
    };
    Ok((dates.0.or(to), to))
}

fn lines(report: &GetSalesReportResponse, by: By, currency: Currency) -> String {
    let mut names = vec![by.heading(), ">sales", ">back", ">gross", ">returns", ">net"];
    let extra: &[&str] = match by {
        By::Tender => &[],
        By::Product => &[">discounts", ">tax", ">quantity"],
        By::Tax => &[">discounts", ">tax", ">base"],
        By::Hour | By::Day | By::Category | By::Cashier => &[">discounts", ">tax"],
    };
    names.extend(extra);
    let total =
        if by == By::Tender { summed(&report.rows) } else { report.total.clone().unwrap_or_default() };
    let shows_margin = knows_a_cost(&total);
    if shows_margin {
        names.extend([">cost", ">margin", ">%"]);
    }
    let shows_exceptions = total.exception_count > 0;
    if shows_exceptions {
        names.push(">exceptions");
    }
    let mut table = table(&names);
    let rows = report.rows.iter().map(|row| (name(row, by), row.figures.clone().unwrap_or_default()));
    for (name, figures) in rows.chain([("TOTAL".to_owned(), total)]) {
        let show = |amount: &Option<Money>| currency.format(amount::minor(amount.as_ref()));
        let mut cells = vec![
            name,
            figures.sale_count.to_string(),
            figures.return_count.to_string(),
            show(&figures.gross),
            show(&figures.returns),
            show(&figures.net),
        ];
        if by != By::Tender {
            cells.extend([show(&figures.discounts), show(&figures.tax)]);
        }
        if by == By::Product {
            cells.push(figures.quantity.clone().unwrap_or_default().value);
        }
        if by == By::Tax {
            let (net, tax) = (amount::minor(figures.net.as_ref()), amount::minor(figures.tax.as_ref()));
            cells.push(currency.format(net.saturating_sub(tax)));
        }
        if shows_margin {
            let earned = [show(&figures.cost_total), show(&figures.margin), percent(&figures)];
            cells.extend(if knows_a_cost(&figures) { earned } else { Default::default() });
        }
        if shows_exceptions {
            // Below a margin's columns, also where a row has none.
            cells.resize(names.len().saturating_sub(1), String::new());
            cells.push(figures.exception_count.to_string());
        }
        let right = |(place, text): (usize, String)| {
            Cell::new(text).set_alignment(if place == 0 { CellAlignment::Left } else { CellAlignment::Right })
        };
        table.add_row(cells.into_iter().enumerate().map(right));
    }
    table.trim_fmt()
}

/// Whether the cost of anything is known.
fn knows_a_cost(figures: &SalesFigures) -> bool {
    [&figures.cost_total, &figures.margin].into_iter().any(|amount| amount::minor(amount.as_ref()) != 0)
}

/// The margin in percent of the revenue whose cost is known, to one place; nothing where there is none.
fn percent(figures: &SalesFigures) -> String {
    let [cost, margin] =
        [&figures.cost_total, &figures.margin].map(|it| i128::from(amount::minor(it.as_ref())));
    let revenue = cost + margin;
    if revenue == 0 {
        return String::new();
    }
    let half = if (margin < 0) == (revenue < 0) { revenue / 2 } else { -(revenue / 2) };
    let tenths = (margin * 1_000 + half) / revenue;
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10)
}

/// What all tenders took: with tips and rounding, which no order's total has. Their orders overlap.
fn summed(rows: &[SalesReportRow]) -> SalesFigures {
    let mut total = SalesFigures::default();
    let add = |to: &mut Option<Money>, amount: &Option<Money>| {
        let sum = amount::minor(to.as_ref()).saturating_add(amount::minor(amount.as_ref()));
        *to = Some(Money { amount_minor: sum, ..amount.clone().unwrap_or_default() });
    };
    for figures in rows.iter().filter_map(|row| row.figures.as_ref()) {
        total.sale_count = total.sale_count.saturating_add(figures.sale_count);
        total.return_count = total.return_count.saturating_add(figures.return_count);
        add(&mut total.gross, &figures.gross);
        add(&mut total.returns, &figures.returns);
        add(&mut total.net, &figures.net);
    }
    total
}

fn name(row: &SalesReportRow, by: By) -> String {
    match by {
        By::Hour => {
            let minutes = row.utc_offset_minutes;
            let (sign, ahead) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
            let day = date(row.date.as_ref());
            format!("{day} {:02}:00{sign}{:02}:{:02}", row.hour, ahead / 60, ahead % 60)
        }
        By::Day => date(row.date.as_ref()),
        By::Tender => message::word(row.tender().as_str_name(), "TENDER_TYPE_"),
        By::Tax => format!("{}%", row.tax_rate.clone().unwrap_or_default().value),
        By::Category | By::Product | By::Cashier if row.name.is_empty() => "(none)".to_owned(),
        By::Category | By::Product | By::Cashier => row.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use kassa_client::money;

    use super::*;

    #[test]
    fn the_margin_is_in_percent_of_the_revenue_whose_cost_is_known() {
        let of = |cost: i64, margin: i64| {
            percent(&SalesFigures {
                cost_total: Some(money(cost)),
                margin: Some(money(margin)),
                ..Default::default()
            })
        };
        assert_eq!(of(21_00, 3_50), "14.3");
        assert_eq!(of(10_00, -1_00), "-11.1");
        assert_eq!(of(10_00, -4), "-0.4");
        assert_eq!(of(0, 5_00), "100.0");
        assert_eq!(of(0, 0), "");
        // More came back than was sold.
        assert_eq!(of(-10_00, -5_00), "33.3");
    }
}
