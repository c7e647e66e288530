//! What a shop's owner looks at afterwards: goods that left for nothing without a discount or a price saying so, and
//! cash that went out for what another tender had paid. The rules stand here twice, side by side: for the rows of an
//! order, and for the database that looks for such orders.

use kassa_proto::{
    money::Currency,
    v1::{self as pb, OrderExceptionKind as Kind, OrderKind, TenderType},
};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, ExprTrait as _, SimpleExpr},
};

use crate::{
    encoding::order::OrderRows,
    store::entity::{order, order_line, order_tender},
};

const CASH: i32 = TenderType::Cash as i32;
const SALE: i32 = OrderKind::Sale as i32;
const VOID: i32 = OrderKind::Void as i32;

/// What is out of the ordinary in an order.
pub fn exceptions(rows: &OrderRows, currency: Currency) -> Vec<pb::OrderException> {
    let order = &rows.order;
    let exception = |kind: Kind, line_id: String, minor| pb::OrderException {
        kind: kind.into(),
        line_id,
        amount: Some(pb::Money::new(currency, minor)),
        ..pb::OrderException::default()
    };
    let lines = rows.lines.iter().filter(|line| order.kind == SALE && is_of_nothing(line));
    let lines = lines.map(|line| exception(Kind::LineOfNothing, line.line_id.to_string(), line.unit_price));
    let rounded = is_settled_by_rounding(rows).then(|| {
        let forgone = order.rounding_adjustment.saturating_neg();
        exception(Kind::SettledByRounding, String::new(), forgone)
    });
    let in_cash = order.paid_back_in_cash_by_user_id.map(|user_id| pb::OrderException {
        allowed_by_user_id: user_id.to_string(),
        ..exception(Kind::PaidBackInCash, String::new(), order.paid_back_in_cash)
    });
    lines.chain(rounded).chain(in_cash).collect()
}

fn is_settled_by_rounding(OrderRows { order, tenders, .. }: &OrderRows) -> bool {
    let cash = tenders.iter().any(|tender| tender.kind == CASH);
    order.kind != VOID && order.rounding_adjustment != 0 && order.change == 0 && !cash
}

/// A line that costs nothing although its product has a price: so little that it rounds to nothing.
fn is_of_nothing(line: &order_line::Model) -> bool {
    line.unit_price > 0 && line.subtotal == 0
}

/// The same of lines of sales, for the database.
pub fn lines_of_nothing() -> Condition {
    Condition::all()
        .add(order_line::Column::UnitPrice.gt(0))
        .add(order_line::Column::Subtotal.eq(0))
        .add(order::Column::Kind.eq(SALE))
}

/// Whether coins made nothing of what an order's other tenders left, for the database.
pub fn settled_by_rounding() -> Condition {
    let in_cash = order_tender::Entity::find()
        .select_only()
        .expr(Expr::val(1))
        .filter(order_tender::Column::Kind.eq(CASH))
        .filter(of_this_order((order_tender::Entity, order_tender::Column::OrderId)))
        .into_query();
    Condition::all()
        .add(order::Column::Kind.ne(VOID))
        .add(order::Column::RoundingAdjustment.ne(0))
        .add(order::Column::Change.eq(0))
        .add(Expr::exists(in_cash).not())
}

/// Whether a refund paid in cash what another tender had paid, for the database.
pub fn paid_back_in_cash() -> Condition {
    Condition::all().add(order::Column::PaidBackInCash.gt(0))
}

/// Orders with any of it, for the database.
pub fn any() -> Condition {
    let lines = order_line::Entity::find()
        .select_only()
        .expr(Expr::val(1))
        .filter(lines_of_nothing())
        .filter(of_this_order((order_line::Entity, order_line::Column::OrderId)))
        .into_query();
    Condition::any().add(Expr::exists(lines)).add(settled_by_rounding()).add(paid_back_in_cash())
}

fn of_this_order(column: impl sea_orm::sea_query::IntoColumnRef) -> SimpleExpr {
    Expr::col(column).equals((order::Entity, order::Column::Id))
}
