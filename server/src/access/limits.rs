//! What each role may do without somebody's approval: settings of the shop.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::Rate,
    money::{Currency, MAX_AMOUNT_MINOR},
    v1::{self as pb, ApprovalAction as Action, ErrorReason as Reason, MovementType, Role},
};
use uuid::Uuid;

use crate::{
    books::{ReadSet, Stop, WorkingSet},
    caller::Caller,
    error::Error,
    input::{self, Amount},
    movement_kinds::{is_difference, is_drop, is_paid_out},
    store::entity::{
        business,
        role_limit::{self, RoleLimitIndex},
    },
};

/// All of something, in ten-thousandths of a percent.
pub const WHOLE: i64 = 1_000_000;
/// This is no limit, and not a large one: what is counted of many sales together may be more.
const NO_LIMIT: i64 = MAX_AMOUNT_MINOR;

/// What a shop begins with. Books of before there were limits have the same from the schema step that wrote them.
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
            most_paid_out: if may { NO_LIMIT } else { 0 },
            // Whoever counts: a difference is explained, until the shop says how much needs no words.
            most_variance: 0,
            most_stock_adjustment: if may { NO_LIMIT } else { 0 },
            // Drawers get emptied as they fill.
            most_drop: NO_LIMIT,
        }
    })
}

/// Names what [`of`] needs.
pub fn read_set(read_set: &mut ReadSet, business_id: Uuid, role: Role) {
    read_set.row::<role_limit::Model>((business_id, role.into()));
}

/// The limits of a role.
///
/// # Errors
/// [`Stop::MissingRows`] if they are not loaded.
pub fn of(books: &WorkingSet, business_id: Uuid, role: Role) -> Result<&role_limit::Model, Stop> {
    books.require(&(business_id, role.into()), || Error::internal(format_args!("{role:?} has no limits")))
}

/// The limits of all roles, in the order of the roles.
///
/// # Errors
/// [`Stop::MissingRows`] if they are not loaded.
pub fn all(books: &WorkingSet, business_id: Uuid) -> Result<Vec<role_limit::Model>, Stop> {
    Ok(books.find(&RoleLimitIndex::Business(business_id))?.into_iter().cloned().collect())
}

/// Whether limits allow an action, of a drawer with how it is moved, up to an amount. `of` is what a discount is
/// taken off, line by line;
/// without it nobody knows how much is too much, and whoever may give any may approve one.
pub fn allow(
    limits: &role_limit::Model,
    (action, movement): (Action, Option<MovementType>),
    amount: i64,
    of: Option<&[i64]>,
) -> bool {
    match (action, of) {
        (Action::Discount, Some(of)) => amount <= most_off(limits, of),
        (Action::Discount, None) => limits.most_discount > 0,
        (Action::PriceOverride, _) => limits.price_override,
        (Action::VoidSale, _) => limits.void_sale,
        (Action::OpenDrawer, _) => limits.open_drawer,
        (Action::PaidOut, _) => within(amount, limits.most_paid_out),
        (Action::RefundTender, _) => limits.refund_other_tender,
        (Action::StockAdjustment, _) => within(amount, limits.most_stock_adjustment),
        (Action::CloseShift, _) => limits.role >= i32::from(Role::Supervisor),
        // A colleague's drawer is nothing that a limit of cashiers covers.
        (Action::Drawer, _) => {
            let is_covered = movement.is_none_or(|kind| allow_movement(limits, kind, amount));
            limits.role >= i32::from(Role::Supervisor) && is_covered
        }
        (Action::Unspecified, _) => false,
    }
}

/// Whether limits allow so much of a movement of a drawer that is one's own to move.
pub fn allow_movement(limits: &role_limit::Model, kind: MovementType, amount: i64) -> bool {
    if is_paid_out(kind) {
        within(amount, limits.most_paid_out)
    } else if is_drop(kind) {
        within(amount, limits.most_drop)
    } else if is_difference(kind) {
        limits.role >= i32::from(Role::Supervisor) || within(amount, limits.most_variance)
    } else {
        true
    }
}

/// Whether an amount is within a limit.
pub fn within(amount: i64, most: i64) -> bool {
    amount <= most || most >= NO_LIMIT
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
        most_paid_out: Some(pb::Money::new(currency, limits.most_paid_out)),
        most_variance: Some(pb::Money::new(currency, limits.most_variance)),
        most_stock_adjustment: Some(pb::Money::new(currency, limits.most_stock_adjustment)),
        most_drop: Some(pb::Money::new(currency, limits.most_drop)),
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
    /// None leaves it as it is: clients of before it was there do not know of it.
    most_stock_adjustment: Option<Amount>,
    /// The same.
    most_drop: Option<Amount>,
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
            most_stock_adjustment: input::amount(limits.most_stock_adjustment.clone(), || {
                path("most_stock_adjustment")
            })?,
            most_drop: input::amount(limits.most_drop.clone(), || path("most_drop"))?,
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
        let after = wanted.row(business, number, &before)?;
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
    /// Whose they are.
    pub fn role(&self) -> Role {
        self.role
    }

    fn row(
        &self,
        business: &business::Model,
        number: usize,
        before: &role_limit::Model,
    ) -> Result<role_limit::Model, Error> {
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
            most_paid_out: amount(&self.most_paid_out, "most_paid_out")?,
            most_variance: amount(&self.most_variance, "most_variance")?,
            most_stock_adjustment: match &self.most_stock_adjustment {
                Some(most) => amount(most, "most_stock_adjustment")?,
                None => before.most_stock_adjustment,
            },
            most_drop: match &self.most_drop {
                Some(most) => amount(most, "most_drop")?,
                None => before.most_drop,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use kassa_migration::Migrator;
    use kassa_proto::v1::{JournalKind, journal_record::Entry};
    use sea_orm::{ConnectionTrait as _, Database, EntityTrait as _};
    use sea_orm_migration::MigratorTrait as _;

    use super::*;
    use crate::{admin::put_settings::PutSettings, books::testing::TestShop, modules::Module};

    fn put(limits: Vec<pb::RoleLimits>) -> Result<PutSettings, Error> {
        let settings = pb::Settings { role_limits: limits, ..Default::default() };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["role_limits".to_owned()] });
        PutSettings::parse(pb::PutSettingsRequest { settings: Some(settings), update_mask })
    }

    fn limits(role: Role, percent: &str) -> pb::RoleLimits {
        let most = || Some(pb::Money { amount_minor: 5_00, ..Default::default() });
        pb::RoleLimits {
            role: role.into(),
            most_discount_percent: Some(pb::Decimal { value: percent.to_owned() }),
            void_sale: true,
            most_paid_out: most(),
            most_variance: most(),
            ..Default::default()
        }
    }

    #[test]
    fn the_limits_that_are_named_are_written_and_the_journal_has_all() {
        let mut shop = TestShop::founded();
        let written = shop.decide(&put(vec![limits(Role::Cashier, "12.5")]).unwrap()).unwrap();
        assert_eq!(shop.stops, 0);
        let business = shop.caller.business_id;
        let cashier: &role_limit::Model = shop.row(&(business, Role::Cashier.into()));
        assert_eq!((cashier.most_discount, cashier.void_sale, cashier.most_paid_out), (125_000, true, 5_00));
        let supervisor: &role_limit::Model = shop.row(&(business, Role::Supervisor.into()));
        assert_eq!(*supervisor, first(business)[1]);
        let settings = written.settings.unwrap();
        let roles: Vec<_> = settings.role_limits.iter().map(|limits| limits.role()).collect();
        assert_eq!(roles, [Role::Cashier, Role::Supervisor, Role::Admin, Role::Owner]);
        let Entry::SettingsPut(recorded) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        assert_eq!(recorded.settings, Some(settings));
    }

    #[test]
    fn nobody_changes_the_limits_of_a_role_above_their_own() {
        let mut shop = TestShop::founded();
        shop.caller.role = Role::Admin;
        let refused = shop.decide(&put(vec![limits(Role::Owner, "50")]).unwrap()).unwrap_err();
        assert_eq!(refused.reason(), Reason::RoleRequired);
        assert_eq!(refused.fields()[0].0, "settings.role_limits[0].role");
        shop.decide(&put(vec![limits(Role::Admin, "50")]).unwrap()).unwrap();
        // As they are, they may be sent along.
        let unlimited = first(shop.caller.business_id)[3].clone();
        let unlimited = to_pb(&unlimited, Currency::from_code("USD").unwrap());
        shop.decide(&put(vec![limits(Role::Cashier, "5"), unlimited]).unwrap()).unwrap();
    }

    #[test]
    fn limits_that_mean_nothing_are_refused_by_name() {
        let with = |change: fn(&mut pb::RoleLimits)| {
            let mut limits = limits(Role::Cashier, "10");
            change(&mut limits);
            put(vec![limits]).unwrap_err().fields()[0].0.clone()
        };
        let named = |field: &str| format!("settings.role_limits[0].{field}");
        assert_eq!(with(|limits| limits.role = 0), named("role"));
        assert_eq!(with(|limits| limits.role = 9), named("role"));
        let over = limits(Role::Cashier, "100.0001");
        assert_eq!(put(vec![over]).unwrap_err().fields()[0].0, named("most_discount_percent"));
        put(vec![limits(Role::Cashier, "100")]).unwrap();
        assert_eq!(with(|limits| limits.most_paid_out = None), named("most_paid_out"));
        let negative = |limits: &mut pb::RoleLimits| {
            limits.most_variance = Some(pb::Money { amount_minor: -1, ..Default::default() });
        };
        assert_eq!(with(negative), named("most_variance"));
        let twice = vec![limits(Role::Cashier, "10"), limits(Role::Cashier, "20")];
        assert_eq!(put(twice).unwrap_err().fields()[0].0, "settings.role_limits[1].role");
        let mut shop = TestShop::founded();
        let mut euro = limits(Role::Cashier, "10");
        euro.most_paid_out = Some(pb::Money { currency_code: "EUR".to_owned(), amount_minor: 1 });
        let refused = shop.decide(&put(vec![euro]).unwrap()).unwrap_err();
        assert_eq!(refused.reason(), Reason::CurrencyMismatch);
    }

    #[test]
    fn a_percentage_of_each_line_is_allowed_and_what_is_begun_is_whole() {
        let cashier = &first(Uuid::nil())[0];
        assert_eq!(most_off(cashier, &[1_55, 1_55]), 32);
        assert_eq!(most_off(cashier, &[10_00]), 1_00);
        assert_eq!(most_off(cashier, &[0, -5]), 0);
        assert_eq!(most_off(cashier, &[i64::MAX; 20]), i64::MAX);
        let none = role_limit::Model { most_discount: 0, ..cashier.clone() };
        assert_eq!(most_off(&none, &[10_00]), 0);
    }

    #[tokio::test]
    async fn a_shop_from_before_there_were_limits_and_modules_gets_the_same_as_a_new_one() {
        let database = Database::connect("sqlite::memory:").await.unwrap();
        let steps = Migrator::migrations();
        let before = steps.iter().position(|step| step.name().ends_with("limits_and_grants")).unwrap();
        Migrator::up(&database, u32::try_from(before).ok()).await.unwrap();
        let shop = "INSERT INTO businesses (id, name, currency_code, time_zone, prices_include_tax, \
                    tax_rounding, rounding_mode, cash_unit, cash_total_mode, cash_change_mode, \
                    cash_refund_mode, receipt_header, receipt_footer, version, update_time, has_orders, \
                    catalog_version, epoch) VALUES (x'00000000000000000000000000000007', 'Shop', 'USD', \
                    'Etc/UTC', TRUE, 1, 1, 0, 0, 0, 0, '', '', 1, 0, FALSE, 0, 1)";
        database.execute_unprepared(shop).await.unwrap();
        Migrator::up(&database, None).await.unwrap();
        let limits = role_limit::Entity::find().all(&database).await.unwrap();
        assert_eq!(limits, first(Uuid::from_u128(7)));
        let business = business::Entity::find().one(&database).await.unwrap().unwrap();
        assert!(Module::ALL.into_iter().all(|module| module.is_on(&business)));
    }
}
