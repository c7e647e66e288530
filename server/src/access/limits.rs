//! What each role may do without somebody's approval: settings of the shop.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::Rate,
    money::{Currency, MAX_AMOUNT_MINOR},
    v1::{self as pb, ApprovalAction as Action, ErrorReason as Reason, Role},
};
use uuid::Uuid;

use crate::{
    books::{Caller, Needs, Stop, WorkingSet},
    error::Error,
    input::{self, Amount},
    store::entity::{
        business,
        role_limit::{self, RoleLimitIndex},
    },
};

const WHOLE: i64 = 1_000_000;
/// No amount is larger, so that this is no limit.
const NO_LIMIT: i64 = MAX_AMOUNT_MINOR;

/// What a shop begins with. Books of before there were limits have no record of them: `check` proves
/// theirs against these and the schema step that wrote them has the same, so that they never change.
pub fn first(business_id: Uuid) -> [role_limit::Model; 4] {
    [Role::Cashier, Role::Supervisor, Role::Admin, Role::Owner].map(|role| {
        let may = role > Role::Cashier;
        role_limit::Model {
            business_id,
            role: role.into(),
            most_discount: if may { WHOLE } else { WHOLE / 10 },
            price_override: may,
            void_sale: may,
            open_drawer: may,
            refund_other_tender: may,
            refund_without_receipt: may,
            most_paid_out: if may { NO_LIMIT } else { 0 },
            most_variance: if role > Role::Supervisor { NO_LIMIT } else { 0 },
        }
    })
}

/// Names what [`of`] needs.
pub fn needs(needs: &mut Needs, business_id: Uuid, role: Role) {
    needs.row::<role_limit::Model>((business_id, role.into()));
}

/// The limits of a role.
///
/// # Errors
/// [`Stop::NeedMore`] if they are not loaded.
pub fn of(books: &WorkingSet, business_id: Uuid, role: Role) -> Result<&role_limit::Model, Stop> {
    books.require(&(business_id, role.into()), || Error::internal(format_args!("{role:?} has no limits")))
}

/// The limits of all roles, in the order of the roles.
///
/// # Errors
/// [`Stop::NeedMore`] if they are not loaded.
pub fn all(books: &WorkingSet, business_id: Uuid) -> Result<Vec<role_limit::Model>, Stop> {
    Ok(books.find(&RoleLimitIndex::Business(business_id))?.into_iter().cloned().collect())
}

/// Whether limits allow an action up to an amount. `of` is what a discount is taken off, line by line;
/// without it nobody knows how much is too much, and whoever may give any may approve one.
pub fn allow(limits: &role_limit::Model, action: Action, amount: i64, of: Option<&[i64]>) -> bool {
    match (action, of) {
        (Action::Discount, Some(of)) => amount <= most_off(limits, of),
        (Action::Discount, None) => limits.most_discount > 0,
        (Action::PriceOverride, _) => limits.price_override,
        (Action::VoidSale, _) => limits.void_sale,
        (Action::RefundTender, _) => limits.refund_other_tender,
        (Action::Unspecified, _) => false,
    }
}

/// The most that discounts may take off some lines: a percentage of each, and a minor unit that is begun
/// is a whole one, for what a discount of just that percentage takes off is rounded.
fn most_off(limits: &role_limit::Model, lines: &[i64]) -> i64 {
    let whole = i128::from(WHOLE);
    let most = lines.iter().map(|amount| i128::from((*amount).max(0)) * i128::from(limits.most_discount));
    let most: i128 = most.map(|exact| (exact + whole - 1) / whole).sum();
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// Limits as the contract sends them.
pub fn to_pb(limits: &role_limit::Model, currency: Currency) -> pb::RoleLimits {
    pb::RoleLimits {
        role: limits.role,
        most_discount_percent: Some(Rate::from_ten_thousandths(limits.most_discount).into()),
        price_override: limits.price_override,
        void_sale: limits.void_sale,
        open_drawer: limits.open_drawer,
        refund_other_tender: limits.refund_other_tender,
        refund_without_receipt: limits.refund_without_receipt,
        most_paid_out: Some(pb::Money::new(currency, limits.most_paid_out)),
        most_variance: Some(pb::Money::new(currency, limits.most_variance)),
    }
}

/// Limits to be written, checked but for their currency.
#[derive(Clone, Debug)]
pub struct RoleLimits {
    role: Role,
    most_discount: Rate,
    flags: pb::RoleLimits,
    most_paid_out: Amount,
    most_variance: Amount,
}

/// Checks limits of a request.
///
/// # Errors
/// `INVALID_FIELD`, `AMOUNT_OVERFLOW` with the field's path.
pub fn parse(limits: &[pb::RoleLimits]) -> Result<Vec<RoleLimits>, Error> {
    let mut roles = BTreeSet::new();
    let parse = |(number, limits): (usize, &pb::RoleLimits)| {
        let path = |field: &str| path(number, field);
        let role = Role::try_from(limits.role).ok().filter(|role| *role != Role::Unspecified);
        let role = role.ok_or_else(|| Error::invalid(path("role"), "is required"))?;
        if !roles.insert(role) {
            return Err(Error::invalid(path("role"), "stands twice"));
        }
        Ok(RoleLimits {
            role,
            most_discount: input::rate(limits.most_discount_percent.as_ref(), || {
                path("most_discount_percent")
            })?,
            flags: limits.clone(),
            most_paid_out: input::required_amount(limits.most_paid_out.clone(), || path("most_paid_out"))?,
            most_variance: input::required_amount(limits.most_variance.clone(), || path("most_variance"))?,
        })
    };
    limits.iter().enumerate().map(parse).collect()
}

fn path(number: usize, field: &str) -> String {
    format!("settings.role_limits[{number}].{field}")
}

/// Writes limits.
///
/// # Errors
/// `ROLE_REQUIRED` for a role above the caller's, `CURRENCY_MISMATCH`.
pub fn put(
    books: &mut WorkingSet,
    caller: &Caller,
    business: &business::Model,
    wanted: &[RoleLimits],
) -> Result<(), Stop> {
    for (number, wanted) in wanted.iter().enumerate() {
        let before = of(books, business.id, wanted.role)?.clone();
        let after = wanted.row(business, number)?;
        if after != before && wanted.role > caller.role {
            let message = "the limits of a role are changed by that role or a higher one";
            return Err(Error::of_field(Reason::RoleRequired, path(number, "role"), message).into());
        }
        books.update::<role_limit::Model, _>(&(business.id, wanted.role.into()), |limits| {
            *limits = after;
            Ok(())
        })?;
    }
    Ok(())
}

impl RoleLimits {
    fn row(&self, business: &business::Model, number: usize) -> Result<role_limit::Model, Error> {
        let amount =
            |amount: &Amount, field| amount.in_currency(&business.currency_code, || path(number, field));
        Ok(role_limit::Model {
            business_id: business.id,
            role: self.role.into(),
            most_discount: self.most_discount.ten_thousandths(),
            price_override: self.flags.price_override,
            void_sale: self.flags.void_sale,
            open_drawer: self.flags.open_drawer,
            refund_other_tender: self.flags.refund_other_tender,
            refund_without_receipt: self.flags.refund_without_receipt,
            most_paid_out: amount(&self.most_paid_out, "most_paid_out")?,
            most_variance: amount(&self.most_variance, "most_variance")?,
        })
    }
}
