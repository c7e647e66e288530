//! Changing the shop's settings.

use chrono_tz::Tz;
use kassa_proto::{
    money::Currency,
    v1::{self as pb, ErrorReason as Reason, JournalKind, journal_record::Entry},
};

use crate::{
    access::limits::{self, RoleLimits},
    admin::decimals::{self, SaidAnew},
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    encoding::time::stored_timestamp,
    error::Error,
    input,
    modules::{self, Module},
    settings::{currency, shop},
    store::{
        engine::Scope,
        entity::{
            business,
            role_limit::{self, RoleLimitIndex},
        },
    },
};

const NAME: usize = 200;
const RECEIPT_TEXT: usize = 1_000;
/// A shift is not ended while its cashier is at lunch, and not kept open over a week.
const IDLE_AT_LEAST: i64 = 600;
const IDLE_AT_MOST: i64 = 7 * 86_400;
/// The smallest coin is less than this: 9,999.99 in most currencies.
const CASH_UNIT_BELOW: i64 = 1_000_000;

/// The settings as the contract sends them.
///
/// # Errors
/// INTERNAL: only currencies of ISO 4217 are ever stored.
pub fn settings_to_pb(
    business: &business::Model,
    limits: &[role_limit::Model],
) -> Result<pb::Settings, Error> {
    let currency = currency(business)?;
    Ok(pb::Settings {
        name: business.name.clone(),
        currency_code: business.currency_code.clone(),
        time_zone: business.time_zone.clone(),
        prices_include_tax: business.prices_include_tax,
        tax_rounding: business.tax_rounding,
        rounding_mode: business.rounding_mode,
        cash_rounding: Some(pb::CashRounding {
            unit_minor: business.cash_unit,
            total: business.cash_total_mode,
            change: business.cash_change_mode,
            refund: business.cash_refund_mode,
            small_coins: business.small_coins,
        }),
        receipt_header: business.receipt_header.clone(),
        receipt_footer: business.receipt_footer.clone(),
        version: business.version,
        update_time: Some(stored_timestamp(business.update_time)),
        blind_close: business.blind_close,
        idle_limit: Some(prost_types::Duration { seconds: business.idle_seconds, nanos: 0 }),
        role_limits: limits.iter().map(|limits| limits::to_pb(limits, currency)).collect(),
        modules: Some(modules::to_pb(business)),
    })
}

/// A change of one setting, checked.
#[derive(Clone, Debug)]
enum Change {
    Name(String),
    Currency(Currency),
    TimeZone(Tz),
    PricesIncludeTax(bool),
    TaxRounding(pb::TaxRounding),
    RoundingMode(pb::RoundingMode),
    CashRounding { unit: i64, modes: [pb::CashRoundingMode; 3], small_coins: bool },
    ReceiptHeader(String),
    ReceiptFooter(String),
    RoleLimits(Vec<RoleLimits>),
    BlindClose(bool),
    IdleSeconds(i64),
    Modules(Vec<(Module, bool)>),
}

/// Settings to be changed: all that the mask names, or none.
#[derive(Debug)]
pub struct PutSettings {
    changes: Vec<Change>,
    version: i64,
}

impl PutSettings {
    /// Checks what the mask names.
    ///
    /// # Errors
    /// `INVALID_FIELD` with the field's path.
    pub fn parse(request: pb::PutSettingsRequest) -> Result<Self, Error> {
        let settings = request.settings.ok_or_else(|| Error::invalid("settings", "is required"))?;
        let mask = request.update_mask.unwrap_or_default();
        if mask.paths.is_empty() {
            return Err(Error::invalid("update_mask", "names no field; say which settings to write"));
        }
        let changes =
            mask.paths.iter().map(|path| Change::parse(path, &settings)).collect::<Result<_, _>>()?;
        Ok(Self { changes, version: settings.version })
    }

    fn currency(&self) -> Option<Currency> {
        self.changes
            .iter()
            .find_map(|change| if let Change::Currency(currency) = change { Some(*currency) } else { None })
    }

    fn roles(&self) -> Vec<i32> {
        let limits = self
            .changes
            .iter()
            .filter_map(|change| if let Change::RoleLimits(limits) = change { Some(limits) } else { None });
        limits.flatten().map(|limits| limits.role().into()).collect()
    }
}

impl Change {
    fn parse(path: &str, settings: &pb::Settings) -> Result<Self, Error> {
        let own_path = || format!("settings.{path}");
        let invalid = |description: &str| Error::invalid(own_path(), description);
        let modules = settings.modules.unwrap_or_default();
        match path {
            "name" if settings.name.trim().is_empty() => Err(invalid("must not be empty")),
            "name" => input::line(settings.name.clone(), NAME, own_path).map(Self::Name),
            "currency_code" => Currency::from_code(&settings.currency_code)
                .map(Self::Currency)
                .ok_or_else(|| invalid("is no currency of ISO 4217, such as USD")),
            "time_zone" => settings
                .time_zone
                .parse()
                .map(Self::TimeZone)
                .map_err(|_| invalid("is no time zone, such as Africa/Cairo")),
            "prices_include_tax" => Ok(Self::PricesIncludeTax(settings.prices_include_tax)),
            "tax_rounding" => match settings.tax_rounding() {
                pb::TaxRounding::Unspecified => Err(invalid("is required")),
                rounding => Ok(Self::TaxRounding(rounding)),
            },
            "rounding_mode" => match settings.rounding_mode() {
                pb::RoundingMode::Unspecified => Err(invalid("is required")),
                mode => Ok(Self::RoundingMode(mode)),
            },
            "cash_rounding" => {
                let cash = settings.cash_rounding.unwrap_or_default();
                if !(0..CASH_UNIT_BELOW).contains(&cash.unit_minor) {
                    return Err(invalid("unit_minor is the smallest coin in minor units, 0 to 999999"));
                }
                let modes = [cash.total, cash.change, cash.refund].map(pb::CashRoundingMode::try_from);
                match modes {
                    [Ok(total), Ok(change), Ok(refund)]
                        if cash.unit_minor > 0
                            && [total, change, refund].contains(&pb::CashRoundingMode::Unspecified) =>
                    {
                        Err(invalid(
                            "with a smallest coin, total, change and refund each need a way of rounding",
                        ))
                    }
                    [Ok(total), Ok(change), Ok(refund)] => {
                        let (unit, small_coins) = (cash.unit_minor, cash.small_coins);
                        Ok(Self::CashRounding { unit, modes: [total, change, refund], small_coins })
                    }
                    _ => Err(invalid("names a way of rounding that is none")),
                }
            }
            "receipt_header" => {
                input::lines(settings.receipt_header.clone(), RECEIPT_TEXT, own_path).map(Self::ReceiptHeader)
            }
            "receipt_footer" => {
                input::lines(settings.receipt_footer.clone(), RECEIPT_TEXT, own_path).map(Self::ReceiptFooter)
            }
            "role_limits" => limits::parse(&settings.role_limits).map(Self::RoleLimits),
            "blind_close" => Ok(Self::BlindClose(settings.blind_close)),
            "idle_limit" => match settings.idle_limit.unwrap_or_default().seconds {
                seconds @ (0 | IDLE_AT_LEAST..=IDLE_AT_MOST) => Ok(Self::IdleSeconds(seconds)),
                _ => Err(invalid("must be 10 minutes to 7 days, or 0 for never")),
            },
            "modules" => {
                let named =
                    Module::ALL.into_iter().filter_map(|module| Some((module, module.in_pb(&modules)?)));
                Ok(Self::Modules(named.collect()))
            }
            other => match Module::ALL.into_iter().find(|module| other == module.path()) {
                Some(module) => {
                    let on = module.in_pb(&modules).ok_or_else(|| invalid("is required"))?;
                    Ok(Self::Modules(vec![(module, on)]))
                }
                None => Err(Error::invalid("update_mask", format!("names {other:?}, which is no setting"))),
            },
        }
    }

    fn apply(&self, business: &mut business::Model) -> Result<(), Error> {
        match self {
            Self::Name(name) => business.name.clone_from(name),
            Self::Currency(currency) if currency.code() != business.currency_code && business.has_orders => {
                let message = format!(
                    "there are orders or purchases in {}; the currency can't change",
                    business.currency_code
                );
                return Err(
                    Error::new(Reason::CurrencyFrozen, message).field("settings.currency_code", "is frozen")
                );
            }
            Self::Currency(currency) => business.currency_code = currency.code().to_owned(),
            Self::TimeZone(zone) => business.time_zone = zone.name().to_owned(),
            Self::PricesIncludeTax(include) => business.prices_include_tax = *include,
            Self::TaxRounding(rounding) => business.tax_rounding = (*rounding).into(),
            Self::RoundingMode(mode) => business.rounding_mode = (*mode).into(),
            Self::CashRounding { unit, modes: [total, change, refund], small_coins } => {
                business.small_coins = *small_coins;
                business.cash_unit = *unit;
                business.cash_total_mode = (*total).into();
                business.cash_change_mode = (*change).into();
                business.cash_refund_mode = (*refund).into();
            }
            Self::ReceiptHeader(text) => business.receipt_header.clone_from(text),
            Self::ReceiptFooter(text) => business.receipt_footer.clone_from(text),
            // They stand in rows of their own.
            Self::RoleLimits(_) => {}
            Self::BlindClose(blind) => business.blind_close = *blind,
            Self::IdleSeconds(seconds) => business.idle_seconds = *seconds,
            Self::Modules(modules) => {
                for (module, on) in modules {
                    module.switch(business, *on);
                }
            }
        }
        Ok(())
    }
}

impl Posting for PutSettings {
    const METHOD: &'static str = "kassa.v1.Admin/PutSettings";
    type Reply = pb::PutSettingsResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        read_set.all::<role_limit::Model>(RoleLimitIndex::Business(caller.business_id));
        if self.currency().is_some() {
            decimals::read_set(read_set);
        }
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let (now, id) = (to_micros(context.now), context.caller.business_id);
        if let Some(currency) = self.currency() {
            let roles = self.roles();
            let coin = self.changes.iter().any(|change| matches!(change, Change::CashRounding { .. }));
            let anew = SaidAnew { coin, roles: &roles };
            decimals::keep(books, shop(books, context.caller)?, currency, &anew)?;
        }
        let business = books.update::<business::Model, _>(&id, |business| {
            if self.version != 0 && self.version != business.version {
                let (given, current) = (self.version, business.version);
                return Err(Error::version_mismatch("settings.version", "the settings are", given, current));
            }
            for change in &self.changes {
                change.apply(business)?;
            }
            business.version = business.version.saturating_add(1);
            business.update_time = now;
            Ok(business.clone())
        })?;
        for change in &self.changes {
            if let Change::RoleLimits(wanted) = change {
                limits::put(books, context.caller, &business, wanted)?;
            }
        }
        let settings = settings_to_pb(&business, &limits::all(books, id)?)?;
        let entry = Entry::SettingsPut(pb::SettingsPutEntry { settings: Some(settings.clone()) });
        journal::append(books, context, context.caller.register_id, entry)?;
        Ok(Decision::Done(pb::PutSettingsResponse { settings: Some(settings) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{books::testing::TestShop, store::entity::register};

    fn put(paths: &[&str], settings: pb::Settings) -> Result<PutSettings, Error> {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let update_mask = Some(prost_types::FieldMask { paths });
        PutSettings::parse(pb::PutSettingsRequest { settings: Some(settings), update_mask })
    }

    #[test]
    fn only_what_the_mask_names_is_written_and_the_journal_has_it() {
        let mut shop = TestShop::founded();
        let wanted = pb::Settings {
            name: "Corner".to_owned(),
            receipt_footer: "ignored".to_owned(),
            ..Default::default()
        };
        let written = shop.decide(&put(&["name"], wanted).unwrap()).unwrap().settings.unwrap();
        assert_eq!(shop.stops, 0);
        assert_eq!(
            (written.name.as_str(), written.receipt_footer.as_str(), written.version),
            ("Corner", "", 2)
        );
        let Entry::SettingsPut(recorded) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        assert_eq!(recorded.settings, Some(written));
    }

    #[test]
    fn the_currency_is_frozen_by_the_first_order() {
        let mut shop = TestShop::founded();
        let euro = pb::Settings { currency_code: "EUR".to_owned(), ..Default::default() };
        let to_euro = put(&["currency_code"], euro).unwrap();
        shop.decide(&to_euro).unwrap();
        let business = shop.caller.business_id;
        shop.change::<business::Model>(&business, |business| business.has_orders = true);
        shop.decide(&to_euro).unwrap();
        let dollar = pb::Settings { currency_code: "USD".to_owned(), ..Default::default() };
        let refused = shop.decide(&put(&["currency_code"], dollar).unwrap()).unwrap_err();
        assert_eq!(refused.reason(), Reason::CurrencyFrozen);
    }

    #[test]
    fn a_currency_with_other_decimals_is_refused_while_amounts_are_stored() {
        let switch = |shop: &mut TestShop, code: &str, paths: &[&str]| {
            let limits = |role: pb::Role| pb::RoleLimits {
                role: role.into(),
                most_paid_out: Some(pb::Money { amount_minor: 7, ..Default::default() }),
                most_variance: Some(pb::Money::default()),
                ..Default::default()
            };
            let to = pb::Settings {
                currency_code: code.to_owned(),
                role_limits: vec![limits(pb::Role::Cashier)],
                ..Default::default()
            };
            shop.decide(&put(&[&["currency_code"], paths].concat(), to).unwrap())
        };
        type Store = fn(&mut TestShop);
        let stored: [(&str, Store); 4] = [
            ("prices", |shop| {
                let id = shop.caller.business_id;
                shop.change::<business::Model>(&id, |business| business.catalog_version = 1);
            }),
            ("amounts in a drawer", |shop| {
                let id = shop.caller.register_id;
                shop.change::<register::Model>(&id, |register| register.last_movement_sequence = 1);
            }),
            ("a smallest coin", |shop| {
                let id = shop.caller.business_id;
                shop.change::<business::Model>(&id, |business| business.cash_unit = 5);
            }),
            ("limits of roles", |shop| {
                let key = (shop.caller.business_id, pb::Role::Cashier.into());
                shop.change::<role_limit::Model>(&key, |limits| limits.most_paid_out = 5_00);
            }),
        ];
        for (what, store) in stored {
            let mut shop = TestShop::founded();
            store(&mut shop);
            for code in ["KWD", "JPY"] {
                let refused = switch(&mut shop, code, &[]).unwrap_err();
                assert_eq!(refused.reason(), Reason::CurrencyFrozen);
                assert_eq!(refused.fields()[0].0, "settings.currency_code");
                assert!(refused.fields()[0].1.contains(what), "{what}: {refused:?}");
            }
            switch(&mut shop, "GBP", &[]).unwrap();
        }
        let mut shop = TestShop::founded();
        switch(&mut shop, "KWD", &[]).unwrap();
        // What is said anew in the same change is said in the new currency.
        stored[2].1(&mut shop);
        stored[3].1(&mut shop);
        switch(&mut shop, "USD", &["cash_rounding", "role_limits"]).unwrap();
    }

    #[test]
    fn a_version_that_is_old_is_refused() {
        let mut shop = TestShop::founded();
        let old = pb::Settings { version: 7, name: "x".to_owned(), ..Default::default() };
        let refused = shop.decide(&put(&["name"], old).unwrap()).unwrap_err();
        assert_eq!(refused.reason(), Reason::VersionMismatch);
    }

    #[test]
    fn a_module_is_switched_alone_or_with_others_and_the_rest_stay() {
        let mut shop = TestShop::founded();
        let mut switch = |paths: &[&str], modules: pb::Modules| {
            let settings = pb::Settings { modules: Some(modules), ..Default::default() };
            let put = put(paths, settings)?;
            let modules = shop.decide(&put)?.settings.unwrap_or_default().modules.unwrap();
            Ok::<_, Error>(Module::ALL.map(|module| module.in_pb(&modules).unwrap()))
        };
        let (on, off) = (Some(true), Some(false));
        let all_off = pb::Modules { customers: off, purchasing: off, stock_transfers: off, attendance: off };
        assert_eq!(switch(&["modules.purchasing"], all_off).unwrap(), [true, false, true, true]);
        let two = pb::Modules { customers: off, purchasing: on, ..Default::default() };
        assert_eq!(switch(&["modules"], two).unwrap(), [false, true, true, true]);
        assert_eq!(switch(&["modules"], all_off).unwrap(), [false; 4]);
        let missing = switch(&["modules.attendance"], two).unwrap_err();
        assert_eq!(missing.fields()[0].0, "settings.modules.attendance");
        assert_eq!(switch(&["modules.events"], all_off).unwrap_err().fields()[0].0, "update_mask");
    }

    #[test]
    fn settings_that_mean_nothing_are_refused_by_name() {
        let bad = pb::Settings {
            time_zone: "Mars/Base".to_owned(),
            currency_code: "XXX".to_owned(),
            cash_rounding: Some(pb::CashRounding { unit_minor: 7, ..Default::default() }),
            ..Default::default()
        };
        for path in ["name", "time_zone", "currency_code", "cash_rounding", "tax_rounding", "rounding_mode"] {
            let refused = put(&[path], bad.clone()).unwrap_err();
            assert_eq!(refused.fields()[0].0, format!("settings.{path}"));
        }
        assert_eq!(put(&["nonsense"], bad.clone()).unwrap_err().fields()[0].0, "update_mask");
        assert_eq!(put(&[], bad).unwrap_err().fields()[0].0, "update_mask");
    }
}
