//! Reading orders.

use std::collections::HashMap;

use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, ErrorReason as Reason, OrderKind, OrderState},
};
use sea_orm::{ColumnTrait, EntityTrait, ModelTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{convert::order_to_pb, exceptions, receipt::Receipt};
use crate::{
    access::{queries::user_names, scope::Named},
    books::{Stop, WorkingSet},
    caller::Caller,
    encoding::order::OrderRows,
    error::Error,
    input,
    page::Page,
    paper,
    readings::Reading,
    settings::{currency, queries::business, time_zone},
    store::entity::{
        customer, order,
        order_discount::{self, OrderDiscountIndex},
        order_line::{self, OrderLineIndex},
        order_line_return, order_return,
        order_tender::{self, OrderTenderIndex},
        register, user,
    },
};

/// The most lines that a page of orders holds: about 2 MiB.
const MOST_LINES: i64 = 5_000;

/// How a request names an order.
#[derive(Debug)]
pub enum OrderName {
    /// By its id.
    Id(Uuid),
    /// By its receipt number.
    Number(String),
}

impl OrderName {
    /// Reads an id or a number, whichever is given.
    ///
    /// # Errors
    /// `INVALID_FIELD` if neither is, or the id is none.
    pub fn parse(order_id: &str, receipt_number: String) -> Result<Self, Error> {
        match input::id(order_id, || "order_id".to_owned())? {
            Some(id) => Ok(Self::Id(id)),
            None if receipt_number.is_empty() => Err(Error::invalid("order_id", "is required")),
            None => Ok(Self::Number(receipt_number)),
        }
    }
}

/// Reads one order of the caller's branch.
///
/// # Errors
/// `ORDER_NOT_FOUND`, also for an order of another branch: it is none of the caller's business.
pub async fn get(database: &Reading, caller: &Caller, name: OrderName) -> Result<OrderRows, Error> {
    let find = order::in_branch(caller.branch_id);
    let (find, text) = match name {
        OrderName::Id(id) => (find.filter(order::Column::Id.eq(id)), id.to_string()),
        OrderName::Number(number) => (find.filter(order::Column::ReceiptNumber.eq(&number)), number),
    };
    let found = find.one(database).await?;
    let found =
        found.ok_or_else(|| Error::new(Reason::OrderNotFound, format!("there is no order {text}")))?;
    let mut orders = with_parts(database, vec![found]).await?;
    orders.pop().ok_or_else(|| Error::internal("an order lost its parts"))
}

/// One order, as it is read.
///
/// # Errors
/// As [`get`].
pub async fn order(reading: &Reading, caller: &Caller, name: OrderName) -> Result<pb::Order, Error> {
    let rows = get(reading, caller, name).await?;
    let read = as_read(reading, caller, &[rows]).await?;
    read.into_iter().next().ok_or_else(|| Error::internal("an order was lost"))
}

/// A page of the branch's orders, newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`; what the filters' branch and register are refused for.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListOrdersRequest,
    epoch: i64,
) -> Result<(Vec<OrderRows>, String), Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("orders", (size, &token), &request, epoch)?;
    let (branch, register) = (Named::parse(&request.branch_id), Named::parse(&request.register_id));
    let (mut branch_id, mut register_id) = (branch.read_branch(database, caller).await?.id, None);
    if register != Named::Own {
        let register = register.read_register(database, caller).await?;
        register_id = Some(register.id);
        // Who names a register only means its branch.
        branch_id = if branch == Named::Own { register.branch_id } else { branch_id };
    }

    let mut find = order::in_branch(branch_id).order_by_desc(order::Column::Sequence).limit(page.limit());
    if let Some(sequence) = page.after.as_ref().and_then(|after| after.first()) {
        find = find.filter(order::Column::Sequence.lt(*sequence));
    }
    if let Some(register) = register_id {
        find = find.filter(order::Column::RegisterId.eq(register));
    }
    if let Some(shift) = input::id(&request.shift_id, || "shift_id".to_owned())? {
        find = find.filter(order::Column::ShiftId.eq(shift));
    }
    if let Some(user) = input::id(&request.user_id, || "user_id".to_owned())? {
        find = find.filter(order::Column::UserId.eq(user));
    }
    if let Some(customer) = input::id(&request.customer_id, || "customer_id".to_owned())? {
        find = find.filter(order::Column::CustomerId.eq(customer));
    }
    if let Some(kind) = input::filter::<OrderKind>(request.kind, || "kind".to_owned())? {
        find = find.filter(order::Column::Kind.eq(kind));
    }
    if !request.include_training {
        find = find.filter(order::Column::Training.eq(false));
    }
    if let Some(state) = input::filter::<OrderState>(request.state, || "state".to_owned())? {
        find = find.filter(order::Column::State.eq(state));
    }
    if request.with_exceptions {
        find = find.filter(exceptions::any());
    }
    if !request.receipt_number.is_empty() {
        let number = input::sought(request.receipt_number, 64, || "receipt_number".to_owned())?;
        // A range and not LIKE: it finds `_` and `%` as they are, and it can use the index.
        let end = format!("{number}\u{10ffff}");
        find = find.filter(order::Column::ReceiptNumber.between(number, end));
    }
    if let Some(start) = input::time(request.start_time.as_ref(), "start_time")? {
        find = find.filter(order::Column::CreateTime.gte(start));
    }
    if let Some(end) = input::time(request.end_time.as_ref(), "end_time")? {
        find = find.filter(order::Column::CreateTime.lt(end));
    }
    let found = find.all(database).await?;
    let most = few_enough(database, &found).await?;
    let (orders, next) = page.cut_to(most, found, |order| vec![order.sequence]);
    Ok((with_parts(database, orders).await?, next))
}

/// How many of the orders, from the first, have few enough lines for one answer; at least one.
async fn few_enough(database: &Reading, orders: &[order::Model]) -> Result<usize, Error> {
    let counts: Vec<(Uuid, i64)> = order_line::Entity::find()
        .select_only()
        .column(order_line::Column::OrderId)
        .column_as(order_line::Column::LineId.count(), "lines")
        .filter(order_line::Column::OrderId.is_in(orders.iter().map(|order| order.id)))
        .group_by(order_line::Column::OrderId)
        .into_tuple()
        .all(database)
        .await?;
    let counts: HashMap<Uuid, i64> = counts.into_iter().collect();
    let mut lines = 0_i64;
    let fit = orders.iter().take_while(|order| {
        lines = lines.saturating_add(counts.get(&order.id).copied().unwrap_or_default());
        lines <= MOST_LINES
    });
    Ok(fit.count().max(1))
}

/// Reads lines, discounts and tenders: a statement per table, however many orders there are.
async fn with_parts(database: &Reading, orders: Vec<order::Model>) -> Result<Vec<OrderRows>, Error> {
    let ids: Vec<Uuid> = orders.iter().map(|order| order.id).collect();
    let lines = order_line::Entity::find()
        .filter(order_line::Column::OrderId.is_in(ids.iter().copied()))
        .order_by_asc(order_line::Column::Position)
        .all(database)
        .await?;
    let discounts = order_discount::Entity::find()
        .filter(order_discount::Column::OrderId.is_in(ids.iter().copied()))
        .order_by_asc(order_discount::Column::Position)
        .all(database)
        .await?;
    let tenders = order_tender::Entity::find()
        .filter(order_tender::Column::OrderId.is_in(ids))
        .order_by_asc(order_tender::Column::Position)
        .all(database)
        .await?;
    let mut lines = by_order(lines, |line| line.order_id);
    let mut discounts = by_order(discounts, |discount| discount.order_id);
    let mut tenders = by_order(tenders, |tender| tender.order_id);
    let rows = orders.into_iter().map(|order| OrderRows {
        lines: lines.remove(&order.id).unwrap_or_default(),
        discounts: discounts.remove(&order.id).unwrap_or_default(),
        tenders: tenders.remove(&order.id).unwrap_or_default(),
        order,
    });
    Ok(rows.collect())
}

fn by_order<R: ModelTrait>(rows: Vec<R>, order_id: impl Fn(&R) -> Uuid) -> HashMap<Uuid, Vec<R>> {
    let mut by_order: HashMap<Uuid, Vec<R>> = HashMap::new();
    for row in rows {
        by_order.entry(order_id(&row)).or_default().push(row);
    }
    by_order
}

/// The rows of an order that a posting has made, for an answer that has expired.
///
/// # Errors
/// [`Stop::MissingRows`] until they are loaded.
pub fn order_rows(books: &WorkingSet, order_id: Uuid) -> Result<OrderRows, Stop> {
    let missing = || Error::internal(format_args!("a key names the order {order_id}, which is not there"));
    let order = books.require::<order::Model>(&order_id, missing)?.clone();
    let lines = books.find::<order_line::Model>(&OrderLineIndex::Order(order_id))?;
    let discounts = books.find::<order_discount::Model>(&OrderDiscountIndex::Order(order_id))?;
    let tenders = books.find::<order_tender::Model>(&OrderTenderIndex::Order(order_id))?;
    let mut rows = OrderRows {
        order,
        lines: lines.into_iter().cloned().collect(),
        discounts: discounts.into_iter().cloned().collect(),
        tenders: tenders.into_iter().cloned().collect(),
    };
    rows.lines.sort_by_key(|line| line.position);
    rows.discounts.sort_by_key(|discount| discount.position);
    rows.tenders.sort_by_key(|tender| tender.position);
    Ok(rows)
}

/// The orders as readings send them: with what was given back of them up to now.
///
/// # Errors
/// What the database fails with.
pub async fn as_read(
    database: &Reading,
    caller: &Caller,
    orders: &[OrderRows],
) -> Result<Vec<pb::Order>, Error> {
    let currency = currency(&business(database, caller).await?)?;
    let ids = || orders.iter().map(|rows| rows.order.id);
    let given_back =
        order_return::Entity::find().filter(order_return::Column::OrderId.is_in(ids())).all(database).await?;
    let lines = order_line_return::Entity::find()
        .filter(order_line_return::Column::OrderId.is_in(ids()))
        .all(database)
        .await?;
    let given_back: HashMap<Uuid, _> = given_back.into_iter().map(|row| (row.order_id, row)).collect();
    let lines: HashMap<Uuid, _> = lines.into_iter().map(|row| (row.line_id, row)).collect();
    let originals = orders.iter().filter_map(|rows| rows.order.original_order_id);
    let voids = given_back.values().filter_map(|row| row.voided_by_order_id);
    let numbers = numbers(database, originals.chain(voids)).await?;
    let allowed_by = orders.iter().filter_map(|rows| rows.order.paid_back_in_cash_by_user_id);
    let names = user_names(database, allowed_by).await?;
    let number = |id: Option<Uuid>| id.and_then(|id| numbers.get(&id)).cloned().unwrap_or_default();
    let read = orders.iter().map(|rows| {
        let mut order = order_to_pb(rows, currency);
        order.original_receipt_number = number(rows.order.original_order_id);
        if let Some(row) = given_back.get(&rows.order.id) {
            order.returned_total = Some(pb::Money::new(currency, row.returned_total));
            order.voided_by_order_id = row.voided_by_order_id.map(|id| id.to_string()).unwrap_or_default();
            order.voided_by_receipt_number = number(row.voided_by_order_id);
        }
        for exception in &mut order.exceptions {
            let allowed_by = Uuid::try_parse(&exception.allowed_by_user_id).ok();
            let name: Option<&String> = allowed_by.and_then(|id| names.get(&id));
            exception.allowed_by_user_name = name.cloned().unwrap_or_default();
        }
        for (line, row) in order.lines.iter_mut().zip(&rows.lines) {
            if let Some(row) = lines.get(&row.line_id) {
                line.returned_quantity = Some(Quantity::from_thousandths(row.returned_quantity).into());
                line.returned_total = Some(pb::Money::new(currency, row.returned_total));
            }
        }
        order
    });
    Ok(read.collect())
}

/// Renders a receipt, with what is known of its customer now, and of a void.
///
/// # Errors
/// `INVALID_FIELD`, `ORDER_NOT_FOUND`.
pub async fn receipt(
    database: &Reading,
    caller: &Caller,
    request: pb::GetReceiptRequest,
) -> Result<pb::GetReceiptResponse, Error> {
    let width = width(request.width)?;
    let name = OrderName::parse(&request.order_id, request.receipt_number)?;
    let rows = get(database, caller, name).await?;
    let text = text(database, caller, &rows, (0, width)).await?;
    Ok(pb::GetReceiptResponse { text, order_id: rows.order.id.to_string() })
}

/// Renders the paper that a posting gave out. Its number is in the books, its words are not: the customer's
/// name must not stand in an answer that is kept with a key, and a paper of a sale that was voided meanwhile
/// says so.
///
/// # Errors
/// What the database fails with; asked again with the same key, it is the same paper.
pub async fn paper(
    database: &Reading,
    caller: &Caller,
    printed: &pb::PrintReceiptResponse,
    width: usize,
) -> Result<String, Error> {
    let name = OrderName::parse(&printed.order_id, String::new())?;
    let rows = get(database, caller, name).await?;
    text(database, caller, &rows, (printed.copy_number, width)).await
}

/// Characters a line.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn width(asked: i32) -> Result<usize, Error> {
    paper::width(asked).ok_or_else(|| Error::invalid("width", "must be 32 to 80"))
}

async fn text(
    database: &Reading,
    caller: &Caller,
    rows: &OrderRows,
    (copy_number, width): (i64, usize),
) -> Result<String, Error> {
    let missing = || Error::internal("an order's rows are gone");
    let order = &rows.order;
    let register =
        register::Entity::find_by_id(order.register_id).one(database).await?.ok_or_else(missing)?;
    let user = user::Entity::find_by_id(order.user_id).one(database).await?.ok_or_else(missing)?;
    let business = business(database, caller).await?;
    let customer = match order.customer_id {
        None => None,
        Some(id) => customer::Entity::find_by_id(id).one(database).await?,
    };
    let original = match order.original_order_id {
        None => None,
        Some(id) => Some(get(database, caller, OrderName::Id(id)).await?),
    };
    let voided_by = order_return::Entity::find_by_id(order.id).one(database).await?;
    let voided_by = voided_by.and_then(|row| row.voided_by_order_id);
    let numbers = numbers(database, order.exchange_order_id.into_iter().chain(voided_by)).await?;
    let number = |id: Option<Uuid>| id.and_then(|id| numbers.get(&id)).map(String::as_str);
    let receipt = Receipt {
        rows,
        business: &business,
        currency: currency(&business)?,
        zone: time_zone(&business)?,
        register: &register.code,
        cashier: &user.name,
        customer: customer.as_ref(),
        original: original.as_ref(),
        voided_by: number(voided_by),
        exchange: number(order.exchange_order_id),
        copy_number,
    };
    Ok(receipt.text(width))
}

/// The receipt numbers of orders that others name.
async fn numbers(
    database: &Reading,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>, Error> {
    let found: Vec<(Uuid, String)> = order::Entity::find()
        .select_only()
        .columns([order::Column::Id, order::Column::ReceiptNumber])
        .filter(order::Column::Id.is_in(ids))
        .into_tuple()
        .all(database)
        .await?;
    Ok(found.into_iter().collect())
}
