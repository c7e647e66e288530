//! The sums of a sales report: a few aggregates in the database, read as `counters::of_order` reads
//! one order.

use std::collections::BTreeMap;

use kassa_proto::v1::{OrderKind, SalesGrouping, TenderType};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, Select,
    sea_query::{Alias, Expr, ExprTrait as _, Func, IntoCondition as _, SimpleExpr},
};
use uuid::Uuid;

use crate::{
    amounts::add,
    error::Error,
    orders::exceptions,
    readings::Reading,
    store::entity::{order, order_line, order_tender},
};

const SALE: i32 = OrderKind::Sale as i32;
const CASH: i32 = TenderType::Cash as i32;
const MICROS_OF_A_MINUTE: i64 = 60_000_000;

/// What a row stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// All of it.
    All,
    /// Hours since 1970 by the shop's clock, and what it was *behind* UTC: in the order of time.
    Hour(i64, i32),
    /// A business date, YYYYMMDD.
    Day(i32),
    /// A category.
    Category(String),
    /// A product.
    Product(Uuid),
    /// A user.
    Cashier(Uuid),
    /// A tender type.
    Tender(i32),
    /// Ten-thousandths of a percent.
    TaxRate(i64),
}

/// What a row comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Sales.
    pub sales: i64,
    /// Refunds and voids.
    pub returns: i64,
    /// What sales came to.
    pub gross: i64,
    /// What was given back.
    pub back: i64,
    /// Discounts of sales.
    pub discounts: i64,
    /// Tax, less what came back.
    pub tax: i64,
    /// Lines, less what came back.
    pub lines: i64,
    /// Thousandths, less what came back.
    pub quantity: i64,
    /// Cash rounding, less that of what came back.
    pub rounding: i64,
    /// Tips, less what came back.
    pub tips: i64,
    /// Change given.
    pub change: i64,
    /// What goods had cost where it is known, less that of what came back on the shelf.
    pub cost: i64,
    /// Revenue without tax of lines whose cost is known, less what was given back of it.
    pub revenue_with_cost: i64,
    /// The same of lines whose cost is not known.
    pub revenue_without_cost: i64,
    /// Exceptions.
    pub exceptions: i64,
}

/// Rows by what they stand for.
pub type Rows = BTreeMap<Key, Sums>;

/// One kind of order in one group.
#[derive(FromQueryResult)]
struct Group {
    order_kind: i32,
    group_id: Option<Uuid>,
    group_name: Option<String>,
    group_number: Option<i64>,
    group_offset: Option<i32>,
    orders: i64,
    amount: i64,
    discounts: i64,
    tax: i64,
    lines: i64,
    quantity: i64,
    rounding: i64,
    tips: i64,
    change: i64,
    cost: i64,
    revenue_with_cost: i64,
    revenue_without_cost: i64,
    exceptions: i64,
}

impl Group {
    fn key(&self, by: SalesGrouping) -> Option<Key> {
        let small = |number: i64| i32::try_from(number).ok();
        Some(match by {
            SalesGrouping::Unspecified => Key::All,
            SalesGrouping::Hour => Key::Hour(self.group_number?, self.group_offset?.checked_neg()?),
            SalesGrouping::Day => Key::Day(small(self.group_number?)?),
            SalesGrouping::Category => Key::Category(self.group_name.clone()?),
            SalesGrouping::Product => Key::Product(self.group_id?),
            SalesGrouping::Cashier => Key::Cashier(self.group_id?),
            SalesGrouping::Tender => Key::Tender(small(self.group_number?)?),
            SalesGrouping::TaxRate => Key::TaxRate(self.group_number?),
        })
    }

    fn add_to(&self, sums: &mut Sums) -> Result<(), Error> {
        let is_sale = self.order_kind == SALE;
        let sign = if is_sale { 1 } else { -1 };
        let (orders, amount) =
            if is_sale { (&mut sums.sales, &mut sums.gross) } else { (&mut sums.returns, &mut sums.back) };
        *orders = add(*orders, self.orders)?;
        *amount = add(*amount, self.amount)?;
        if is_sale {
            sums.discounts = add(sums.discounts, self.discounts)?;
        }
        sums.tax = add(sums.tax, sign * self.tax)?;
        sums.lines = add(sums.lines, sign * self.lines)?;
        sums.quantity = add(sums.quantity, sign * self.quantity)?;
        sums.rounding = add(sums.rounding, sign * self.rounding)?;
        sums.tips = add(sums.tips, sign * self.tips)?;
        sums.change = add(sums.change, self.change)?;
        sums.cost = add(sums.cost, sign * self.cost)?;
        sums.revenue_with_cost = add(sums.revenue_with_cost, sign * self.revenue_with_cost)?;
        sums.revenue_without_cost = add(sums.revenue_without_cost, sign * self.revenue_without_cost)?;
        sums.exceptions = add(sums.exceptions, self.exceptions)?;
        Ok(())
    }
}

/// What a group is made of.
struct By {
    id: Option<SimpleExpr>,
    name: Option<SimpleExpr>,
    number: Option<SimpleExpr>,
    offset: Option<SimpleExpr>,
}

impl By {
    fn of(by: SalesGrouping) -> Self {
        let mut made = Self { id: None, name: None, number: None, offset: None };
        let orders = |column: order::Column| Expr::col((order::Entity, column));
        let lines = |column: order_line::Column| Expr::col((order_line::Entity, column));
        match by {
            SalesGrouping::Unspecified => {}
            SalesGrouping::Hour => {
                // The database divides whole numbers to whole numbers, and no sale is older than 1970.
                let minutes =
                    orders(order::Column::CreateTime).div(Expr::cust(MICROS_OF_A_MINUTE.to_string()));
                let local = minutes.add(orders(order::Column::UtcOffsetMinutes));
                made.number = Some(whole(local.div(Expr::cust("60"))));
                made.offset = Some(orders(order::Column::UtcOffsetMinutes));
            }
            SalesGrouping::Day => made.number = Some(whole(orders(order::Column::BusinessDate))),
            SalesGrouping::Category => made.name = Some(lines(order_line::Column::Category)),
            SalesGrouping::Product => made.id = Some(lines(order_line::Column::ProductId)),
            SalesGrouping::Cashier => made.id = Some(orders(order::Column::UserId)),
            SalesGrouping::Tender => {
                made.number = Some(whole(Expr::col((order_tender::Entity, order_tender::Column::Kind))));
            }
            SalesGrouping::TaxRate => made.number = Some(lines(order_line::Column::TaxRate)),
        }
        made
    }

    /// Groups by it, and by the kind of order.
    fn select<E: EntityTrait>(self, mut find: Select<E>) -> Select<E> {
        find = find.select_only().column_as(order::Column::Kind, "order_kind");
        // Groups are named by their column, which every database takes as the same expression.
        find = find.group_by(Expr::col("order_kind"));
        for (value, name) in [
            (self.id, "group_id"),
            (self.name, "group_name"),
            (self.number, "group_number"),
            (self.offset, "group_offset"),
        ] {
            find = match value {
                Some(value) => find.column_as(value, name).group_by(Expr::col(name)),
                None => find,
            };
        }
        find
    }
}

fn whole(value: impl Into<SimpleExpr>) -> SimpleExpr {
    value.into().cast_as("BIGINT")
}

fn sum(value: impl Into<SimpleExpr>) -> SimpleExpr {
    whole(Func::coalesce([Func::sum(value.into()).into(), Expr::cust("0")]))
}

fn count_where(condition: Condition) -> SimpleExpr {
    sum(Expr::case(condition, Expr::cust("1")).finally(Expr::cust("0")))
}

fn nothing() -> SimpleExpr {
    whole(Expr::cust("0"))
}

async fn gather<E: EntityTrait>(
    database: &Reading,
    find: Select<E>,
    by: SalesGrouping,
    most: u64,
    rows: &mut Rows,
) -> Result<(), Error> {
    // Each row is of at most three kinds of order.
    let groups = find.limit(most.saturating_mul(3)).into_model::<Group>().all(database).await?;
    for group in groups {
        let key = group.key(by).ok_or_else(|| Error::internal("a group of sales without its key"))?;
        group.add_to(rows.entry(key).or_default())?;
    }
    Ok(())
}

/// Which orders a report is of.
#[derive(Clone)]
pub struct Wanted {
    /// Whoever made them.
    pub orders: Condition,
    /// Only what this user sold or gave back; of cash for what another tender had paid, what they allowed.
    pub user: Option<Uuid>,
}

/// The sums of the orders that are wanted. Training is in none.
///
/// # Errors
/// `AMOUNT_OVERFLOW`; what the database fails with.
pub async fn sums(
    database: &Reading,
    Wanted { orders: orders_of, user }: Wanted,
    by: SalesGrouping,
    most: u64,
) -> Result<Rows, Error> {
    let orders_of = orders_of.add(order::Column::Training.eq(false));
    let wanted = orders_of.clone().add_option(user.map(|user| order::Column::UserId.eq(user)));
    let mut rows = Rows::new();
    match by {
        SalesGrouping::Unspecified | SalesGrouping::Hour | SalesGrouping::Day | SalesGrouping::Cashier => {
            gather(database, orders(by).filter(wanted.clone()), by, most, &mut rows).await?;
            // What only lines know.
            let mut of_lines = Rows::new();
            gather(database, lines(by).filter(wanted.clone()), by, most, &mut of_lines).await?;
            for (key, of_lines) in of_lines {
                let row = rows.entry(key).or_default();
                let Sums { tax, cost, revenue_with_cost, revenue_without_cost, .. } = of_lines;
                let exceptions = add(row.exceptions, of_lines.exceptions)?;
                *row = Sums { tax, cost, revenue_with_cost, revenue_without_cost, exceptions, ..*row };
            }
            let mut allowed = Rows::new();
            let of_allowed = user.map(|user| order::Column::PaidBackInCashByUserId.eq(user));
            let of_allowed = orders_of.add_option(of_allowed);
            gather(database, paid_back_in_cash(by).filter(of_allowed), by, most, &mut allowed).await?;
            for (key, allowed) in allowed {
                let row = rows.entry(key).or_default();
                row.exceptions = add(row.exceptions, allowed.exceptions)?;
            }
        }
        SalesGrouping::Category | SalesGrouping::Product | SalesGrouping::TaxRate => {
            gather(database, lines(by).filter(wanted), by, most, &mut rows).await?;
        }
        SalesGrouping::Tender => {
            gather(database, tenders().filter(wanted.clone()), by, most, &mut rows).await?;
            // Change is cash that went out again.
            let mut all = Rows::new();
            let whole = SalesGrouping::Unspecified;
            gather(database, orders(whole).filter(wanted), whole, most, &mut all).await?;
            let change = all.get(&Key::All).map_or(0, |all| all.change);
            if change != 0 {
                let cash = rows.entry(Key::Tender(CASH)).or_default();
                cash.gross = add(cash.gross, -change)?;
            }
        }
    }
    Ok(rows)
}

/// What a group is asked for beside its key.
const FIGURES: [&str; 13] = [
    "orders",
    "amount",
    "discounts",
    "tax",
    "lines",
    "quantity",
    "rounding",
    "tips",
    "change",
    "cost",
    "revenue_with_cost",
    "revenue_without_cost",
    "exceptions",
];

/// Asks groups for some figures; the others are nothing.
fn ask<E: EntityTrait>(mut find: Select<E>, mut figures: BTreeMap<&'static str, SimpleExpr>) -> Select<E> {
    for name in FIGURES {
        find = find.column_as(figures.remove(name).unwrap_or_else(nothing), name);
    }
    find
}

fn orders(by: SalesGrouping) -> Select<order::Entity> {
    use order::Column;
    let of = |column: Column| sum(Expr::col((order::Entity, column)));
    let figures = [
        ("orders", Column::Id.count()),
        ("amount", of(Column::Total)),
        ("discounts", of(Column::DiscountTotal)),
        ("rounding", of(Column::RoundingAdjustment)),
        ("tips", of(Column::TipTotal)),
        ("change", of(Column::Change)),
        ("exceptions", count_where(exceptions::settled_by_rounding())),
    ];
    ask(By::of(by).select(order::Entity::find()), figures.into())
}

/// Refunds that paid in cash what another tender had paid. Whoever allowed it answers for it, not the cashier.
fn paid_back_in_cash(by: SalesGrouping) -> Select<order::Entity> {
    let mut of = By::of(by);
    if by == SalesGrouping::Cashier {
        of.id = Some(Expr::col((order::Entity, order::Column::PaidBackInCashByUserId)));
    }
    let find = of.select(order::Entity::find()).filter(exceptions::paid_back_in_cash());
    ask(find, [("exceptions", order::Column::Id.count())].into())
}

/// The line of the sale that a line gives back.
const OF_SALE: &str = "of_sale";

fn lines(by: SalesGrouping) -> Select<order_line::Entity> {
    use order_line::Column;
    let line = |column: Column| Expr::col((order_line::Entity, column));
    let to_order = order_line::Entity::belongs_to(order::Entity).from(Column::OrderId).to(order::Column::Id);
    // What came back is known to have cost what it was sold with, on the shelf again or not.
    let of_sale = |column: Column| Expr::col((Alias::new(OF_SALE), column));
    let to_sale = order_line::Entity::belongs_to(order_line::Entity)
        .from(Column::OriginalLineId)
        .to(Column::LineId)
        .on_condition(|_, of_sale| {
            let order = Expr::col((order::Entity, order::Column::OriginalOrderId));
            order.equals((of_sale, Column::OrderId)).into_condition()
        });
    let cost_is_known = line(Column::Cost).is_not_null().or(of_sale(Column::Cost).is_not_null());
    let revenue_with = |with: SimpleExpr| sum(Expr::case(with, line(Column::Net)).finally(Expr::cust("0")));
    let discounts = line(Column::DiscountTotal).add(line(Column::OrderDiscountShare));
    let find = By::of(by)
        .select(order_line::Entity::find())
        .join(JoinType::InnerJoin, to_order.into())
        .join_as(JoinType::LeftJoin, to_sale.into(), Alias::new(OF_SALE));
    let figures = [
        ("orders", Func::count_distinct(line(Column::OrderId)).into()),
        ("amount", sum(line(Column::Total))),
        ("discounts", sum(discounts)),
        ("tax", sum(line(Column::Tax))),
        ("lines", Column::LineId.count()),
        ("quantity", sum(line(Column::Quantity))),
        ("cost", sum(line(Column::Cost))),
        ("revenue_with_cost", revenue_with(cost_is_known.clone())),
        ("revenue_without_cost", revenue_with(cost_is_known.not())),
        ("exceptions", count_where(exceptions::lines_of_nothing())),
    ];
    ask(find, figures.into())
}

fn tenders() -> Select<order_tender::Entity> {
    use order_tender::Column;
    let tender = |column: Column| Expr::col((order_tender::Entity, column));
    let to_order =
        order_tender::Entity::belongs_to(order::Entity).from(Column::OrderId).to(order::Column::Id);
    let find = By::of(SalesGrouping::Tender)
        .select(order_tender::Entity::find())
        .join(JoinType::InnerJoin, to_order.into());
    let figures = [
        ("orders", Func::count_distinct(tender(Column::OrderId)).into()),
        ("amount", sum(tender(Column::Amount))),
        ("tips", sum(tender(Column::Tip))),
    ];
    ask(find, figures.into())
}
