//! The statements: a few aggregates in the database, read as `counters::of_order` reads one order.

use std::collections::BTreeMap;

use kassa_proto::v1::{OrderKind, SalesGrouping, TenderType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QuerySelect, Select,
    sea_query::{Alias, Expr, ExprTrait as _, Func, IntoCondition as _, SimpleExpr},
};
use uuid::Uuid;

use super::figures::{Key, Part, Rows, Sums};
use crate::{
    amounts::add,
    error::Error,
    orders::exceptions,
    store::entity::{order, order_line, order_tender},
};

const SALE: i32 = OrderKind::Sale as i32;
const CASH: i32 = TenderType::Cash as i32;
const MICROS_OF_A_MINUTE: i64 = 60_000_000;
/// Kinds of order: as many groups make one row.
const KINDS: u64 = 3;

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
            SalesGrouping::Hour => {
                let (hour, behind) = self.hour()?;
                Key::Hour(hour, behind)
            }
            SalesGrouping::Day => Key::Day(small(self.group_number?)?),
            SalesGrouping::Category => Key::Category(self.group_name.clone()?),
            SalesGrouping::Product => Key::Product(self.group_id?),
            SalesGrouping::Cashier => Key::Cashier(self.group_id?),
            SalesGrouping::Tender => Key::Tender(small(self.group_number?)?),
            SalesGrouping::TaxRate => Key::TaxRate(self.group_number?),
        })
    }

    fn part(&self) -> Option<Part> {
        Some(Part { hour: self.hour()?, user: self.group_id? })
    }

    fn hour(&self) -> Option<(i64, i32)> {
        Some((self.group_number?, self.group_offset?.checked_neg()?))
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
#[derive(Default)]
struct By {
    id: Option<SimpleExpr>,
    name: Option<SimpleExpr>,
    number: Option<SimpleExpr>,
    offset: Option<SimpleExpr>,
}

impl By {
    fn of(by: SalesGrouping) -> Self {
        let lines = |column: order_line::Column| Some(Expr::col((order_line::Entity, column)));
        match by {
            SalesGrouping::Unspecified => Self::default(),
            SalesGrouping::Hour => Self::hour(),
            SalesGrouping::Day => Self::number(of_order(order::Column::BusinessDate)),
            SalesGrouping::Category => Self { name: lines(order_line::Column::Category), ..Self::default() },
            SalesGrouping::Product => Self { id: lines(order_line::Column::ProductId), ..Self::default() },
            SalesGrouping::Cashier => Self { id: Some(of_order(order::Column::UserId)), ..Self::default() },
            SalesGrouping::Tender => {
                Self::number(Expr::col((order_tender::Entity, order_tender::Column::Kind)))
            }
            SalesGrouping::TaxRate => Self { number: lines(order_line::Column::TaxRate), ..Self::default() },
        }
    }

    fn number(value: SimpleExpr) -> Self {
        Self { number: Some(whole(value)), ..Self::default() }
    }

    fn hour() -> Self {
        // The database divides whole numbers to whole numbers, and no sale is older than 1970.
        let minutes = of_order(order::Column::CreateTime).div(Expr::cust(MICROS_OF_A_MINUTE.to_string()));
        let local = minutes.add(of_order(order::Column::UtcOffsetMinutes));
        Self {
            offset: Some(of_order(order::Column::UtcOffsetMinutes)),
            ..Self::number(local.div(Expr::cust("60")))
        }
    }

    fn part() -> Self {
        Self { id: Some(of_order(order::Column::UserId)), ..Self::hour() }
    }

    /// The same of those who allowed something, where it is by user.
    fn allowed(self) -> Self {
        let id = self.id.is_some().then(|| of_order(order::Column::PaidBackInCashByUserId));
        Self { id, ..self }
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

fn of_order(column: order::Column) -> SimpleExpr {
    Expr::col((order::Entity, column))
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

/// Sums by what they are of.
async fn gather<E: EntityTrait, K: Ord>(
    database: &impl ConnectionTrait,
    find: Select<E>,
    key: impl Fn(&Group) -> Option<K>,
) -> Result<BTreeMap<K, Sums>, Error> {
    let mut rows = BTreeMap::new();
    for group in find.into_model::<Group>().all(database).await? {
        let key = key(&group).ok_or_else(|| Error::internal("a group of sales without its key"))?;
        group.add_to(rows.entry(key).or_default())?;
    }
    Ok(rows)
}

/// Which orders are summed. Those for training never are.
pub struct Orders {
    /// Whoever made them.
    pub all: Condition,
    /// Only what this user sold or gave back; of cash for what another tender had paid, what they allowed.
    pub user: Option<Uuid>,
}

impl Orders {
    fn counted(&self) -> Condition {
        self.all.clone().add(order::Column::Training.eq(false))
    }

    fn of_user(&self) -> Condition {
        self.counted().add_option(self.user.map(|user| order::Column::UserId.eq(user)))
    }

    fn allowed_by_user(&self) -> Condition {
        self.counted().add_option(self.user.map(|user| order::Column::PaidBackInCashByUserId.eq(user)))
    }
}

/// The sums by what an order has one of.
///
/// # Errors
/// `AMOUNT_OVERFLOW`; what the database fails with.
pub async fn by_order(
    database: &impl ConnectionTrait,
    wanted: &Orders,
    by: SalesGrouping,
    most: u64,
) -> Result<Rows, Error> {
    let most = most.saturating_mul(KINDS);
    of_orders(database, wanted, || By::of(by), most, |group| group.key(by)).await
}

/// The sums by part.
///
/// # Errors
/// As [`by_order`].
pub async fn by_part(
    database: &impl ConnectionTrait,
    wanted: &Orders,
) -> Result<BTreeMap<Part, Sums>, Error> {
    of_orders(database, wanted, By::part, u64::MAX >> 1, Group::part).await
}

async fn of_orders<K: Ord>(
    database: &impl ConnectionTrait,
    wanted: &Orders,
    by: impl Fn() -> By,
    most: u64,
    key: impl Fn(&Group) -> Option<K>,
) -> Result<BTreeMap<K, Sums>, Error> {
    let find = orders(by()).filter(wanted.of_user()).limit(most);
    let mut rows = gather(database, find, &key).await?;
    // What only lines know.
    let find = lines(by()).filter(wanted.of_user()).limit(most);
    for (key, of_lines) in gather(database, find, &key).await? {
        let row = rows.entry(key).or_default();
        let Sums { tax, cost, revenue_with_cost, revenue_without_cost, .. } = of_lines;
        let exceptions = add(row.exceptions, of_lines.exceptions)?;
        *row = Sums { tax, cost, revenue_with_cost, revenue_without_cost, exceptions, ..*row };
    }
    let find = paid_back_in_cash(by().allowed()).filter(wanted.allowed_by_user()).limit(most);
    for (key, allowed) in gather(database, find, &key).await? {
        let row = rows.entry(key).or_default();
        row.exceptions = add(row.exceptions, allowed.exceptions)?;
    }
    Ok(rows)
}

/// The sums by what only lines have.
///
/// # Errors
/// As [`by_order`].
pub async fn by_line(
    database: &impl ConnectionTrait,
    wanted: &Orders,
    by: SalesGrouping,
    most: u64,
) -> Result<Rows, Error> {
    let find = lines(By::of(by)).filter(wanted.of_user()).limit(most.saturating_mul(KINDS));
    gather(database, find, |group| group.key(by)).await
}

/// The sums by tender. The change that the orders gave is cash that went out again.
///
/// # Errors
/// As [`by_order`].
pub async fn by_tender(database: &impl ConnectionTrait, wanted: &Orders, change: i64) -> Result<Rows, Error> {
    let by = SalesGrouping::Tender;
    let mut rows = gather(database, tenders().filter(wanted.of_user()), |group| group.key(by)).await?;
    if change != 0 {
        let cash = rows.entry(Key::Tender(CASH)).or_default();
        cash.gross = add(cash.gross, -change)?;
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

fn orders(by: By) -> Select<order::Entity> {
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
    ask(by.select(order::Entity::find()), figures.into())
}

/// Refunds that paid in cash what another tender had paid. Whoever allowed it answers for it, not the cashier.
fn paid_back_in_cash(by: By) -> Select<order::Entity> {
    let find = by.select(order::Entity::find()).filter(exceptions::paid_back_in_cash());
    ask(find, [("exceptions", order::Column::Id.count())].into())
}

/// The line of the sale that a line gives back.
const OF_SALE: &str = "of_sale";

fn lines(by: By) -> Select<order_line::Entity> {
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
    let find = by.select(order_line::Entity::find()).join(JoinType::InnerJoin, to_order.into()).join_as(
        JoinType::LeftJoin,
        to_sale.into(),
        Alias::new(OF_SALE),
    );
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
