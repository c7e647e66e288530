//! What sales come to: the sums of a sales report, by hour, day, category, product, cashier, tender or tax rate.
//!
//! The database adds them up (`statements`). Of orders as a whole it adds each one up once: what a shift came to is
//! kept (`kept`) by hour and user, which makes every report of days and shifts but for what only lines and tenders
//! know.

mod figures;
mod kept;
mod statements;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kassa_proto::v1::SalesGrouping;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select,
    sea_query::{Expr, ExprTrait as _, IntoCondition as _, Query, SimpleExpr},
};
use uuid::Uuid;

pub use self::figures::{Key, Part, Rows, Sums};
use self::{
    kept::{Kept, OfShift},
    statements::Orders,
};
use crate::{
    error::Error,
    store::entity::{order, shift},
};

/// Which orders a report is of: of one branch, and of all that is said besides.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The branch.
    pub branch: Uuid,
    /// From the first to the last business date, YYYYMMDD.
    pub dates: Option<[i32; 2]>,
    /// From a time, in microseconds UTC, until before another.
    pub times: Option<[i64; 2]>,
    /// Of this register.
    pub register: Option<Uuid>,
    /// Of this shift.
    pub shift: Option<Uuid>,
    /// Only what this user sold or gave back; of cash for what another tender had paid, what they allowed.
    pub user: Option<Uuid>,
}

impl Wanted {
    fn orders(&self) -> Orders {
        use order::Column;
        let all = Condition::all()
            .add(Column::BranchId.eq(self.branch))
            .add_option(self.dates.map(|[from, to]| Column::BusinessDate.between(from, to)))
            .add_option(self.times.map(|[from, _]| Column::CreateTime.gte(from)))
            .add_option(self.times.map(|[_, to]| Column::CreateTime.lt(to)))
            .add_option(self.register.map(|register| Column::RegisterId.eq(register)))
            .add_option(self.shift.map(|shift| Column::ShiftId.eq(shift)));
        Orders { all, user: self.user }
    }

    /// The shifts of the orders. An order has the branch, the register and the business date of its shift.
    fn shifts(&self) -> Condition {
        use shift::Column;
        Condition::all()
            .add(Column::BranchId.eq(self.branch))
            .add_option(self.dates.map(|[from, to]| Column::BusinessDate.between(from, to)))
            .add_option(self.register.map(|register| Column::RegisterId.eq(register)))
            .add_option(self.shift.map(|shift| Column::Id.eq(shift)))
    }
}

/// A shift, and how far its orders go.
#[derive(FromQueryResult)]
struct Seen {
    id: Uuid,
    business_date: i32,
    until: Option<i64>,
}

/// The sums of these books.
#[derive(Debug, Default)]
pub struct SalesSums(Kept);

impl SalesSums {
    /// The sums of the orders that are wanted, and of all of them together; of more rows than so many not all.
    ///
    /// # Errors
    /// `AMOUNT_OVERFLOW`; what the database fails with.
    pub async fn report(
        &self,
        database: &impl ConnectionTrait,
        wanted: &Wanted,
        by: SalesGrouping,
        most: u64,
    ) -> Result<(Rows, Sums), Error> {
        let orders = wanted.orders();
        let is_of_orders = match by {
            SalesGrouping::Unspecified
            | SalesGrouping::Hour
            | SalesGrouping::Day
            | SalesGrouping::Cashier => true,
            SalesGrouping::Category
            | SalesGrouping::Product
            | SalesGrouping::Tender
            | SalesGrouping::TaxRate => false,
        };
        let of_orders = if is_of_orders { by } else { SalesGrouping::Unspecified };
        let rows = match wanted.times {
            // A shift may be half in it.
            Some(_) => statements::by_order(database, &orders, of_orders, most).await?,
            None => self.of_shifts(database, wanted, of_orders).await?,
        };
        // Each order is in one row, and so is each exception.
        let mut all = Sums::default();
        for sums in rows.values() {
            all.plus(sums)?;
        }
        let rows = match by {
            SalesGrouping::Unspecified
            | SalesGrouping::Hour
            | SalesGrouping::Day
            | SalesGrouping::Cashier => rows,
            SalesGrouping::Category | SalesGrouping::Product | SalesGrouping::TaxRate => {
                statements::by_line(database, &orders, by, most).await?
            }
            SalesGrouping::Tender => statements::by_tender(database, &orders, all.change).await?,
        };
        Ok((rows, all))
    }

    /// Of so many of the newest shifts those whose sums are not kept, the newest first.
    ///
    /// # Errors
    /// What the database fails with.
    pub async fn behind(&self, database: &impl ConnectionTrait, most: u64) -> Result<Vec<Uuid>, Error> {
        let newest = find_seen(Condition::all()).order_by_desc(shift::Column::OpenTime).limit(most);
        let newest: Vec<Seen> = newest.into_model().all(database).await?;
        let behind =
            newest.into_iter().filter(|seen| seen.until.is_some_and(|until| !self.0.has(seen.id, until)));
        Ok(behind.map(|seen| seen.id).collect())
    }

    /// Adds up what came to a shift since its sums were kept.
    ///
    /// # Errors
    /// As [`SalesSums::report`].
    pub async fn catch_up(&self, database: &impl ConnectionTrait, shift: Uuid) -> Result<(), Error> {
        let seen: Option<Seen> =
            find_seen(shift::Column::Id.eq(shift).into_condition()).into_model().one(database).await?;
        match seen {
            Some(Seen { id, until: Some(until), .. }) => self.of_shift(database, id, until).await.map(|_| ()),
            Some(Seen { until: None, .. }) | None => Ok(()),
        }
    }

    /// The sums by hour, day or cashier of all orders of shifts.
    async fn of_shifts(
        &self,
        database: &impl ConnectionTrait,
        wanted: &Wanted,
        by: SalesGrouping,
    ) -> Result<Rows, Error> {
        let mut rows = Rows::new();
        let seen: Vec<Seen> = find_seen(wanted.shifts()).into_model().all(database).await?;
        for seen in seen {
            let Some(until) = seen.until else { continue };
            let parts = self.of_shift(database, seen.id, until).await?.parts;
            for (part, sums) in parts.iter().filter(|(part, _)| wanted.user.is_none_or(|it| it == part.user))
            {
                let key = match by {
                    SalesGrouping::Hour => Key::Hour(part.hour.0, part.hour.1),
                    SalesGrouping::Day => Key::Day(seen.business_date),
                    SalesGrouping::Cashier => Key::Cashier(part.user),
                    SalesGrouping::Unspecified
                    | SalesGrouping::Category
                    | SalesGrouping::Product
                    | SalesGrouping::Tender
                    | SalesGrouping::TaxRate => Key::All,
                };
                rows.entry(key).or_default().plus(sums)?;
            }
        }
        Ok(rows)
    }

    /// A shift's sums up to its last order that the reading sees: those that are kept, and what came after them.
    async fn of_shift(
        &self,
        database: &impl ConnectionTrait,
        shift: Uuid,
        until: i64,
    ) -> Result<OfShift, Error> {
        let kept = self.0.get(shift, until).unwrap_or_default();
        if kept.until == until {
            return Ok(kept);
        }
        let all = Condition::all()
            .add(order::Column::ShiftId.eq(shift))
            .add(order::Column::Sequence.gt(kept.until))
            .add(order::Column::Sequence.lte(until));
        let later = statements::by_part(database, &Orders { all, user: None }).await?;
        let mut parts: BTreeMap<Part, Sums> = kept.parts.iter().copied().collect();
        for (part, sums) in later {
            parts.entry(part).or_default().plus(&sums)?;
        }
        let sums = OfShift { until, parts: parts.into_iter().collect() };
        self.0.put(shift, sums.clone());
        Ok(sums)
    }
}

fn find_seen(shifts: Condition) -> Select<shift::Entity> {
    let last = Query::select()
        .expr(order::Column::Sequence.max())
        .from(order::Entity)
        .and_where(
            Expr::col((order::Entity, order::Column::ShiftId)).equals((shift::Entity, shift::Column::Id)),
        )
        .to_owned();
    shift::Entity::find()
        .select_only()
        .columns([shift::Column::Id, shift::Column::BusinessDate])
        .expr_as(SimpleExpr::SubQuery(None, Box::new(last.into())), "until")
        .filter(shifts)
}
