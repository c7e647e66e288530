//! The shop itself: its settings, its branches and registers.

use std::collections::BTreeMap;

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection, Lines,
    compare::Table,
    defaults,
    drafts::Counted,
    events::LastEvent,
    journal::Record,
    record::{Unreadable, id, money, rate, time},
    shifts::Perpetual,
};
use crate::store::{
    entity::{branch, business, cash_movement, order, register, role_limit},
    row::Row as _,
};

/// The shop as the journal makes it.
#[derive(Default)]
pub struct Shop {
    businesses: BTreeMap<Uuid, business::Model>,
    branches: BTreeMap<Uuid, branch::Model>,
    registers: BTreeMap<Uuid, register::Model>,
    limits: BTreeMap<(Uuid, i32), role_limit::Model>,
}

impl Shop {
    /// The first record of the books.
    pub fn opened(&mut self, record: &Record, entry: &pb::BooksOpenedEntry) -> Result<(), Unreadable> {
        if !self.businesses.is_empty() {
            return Err(Unreadable::new("entry", "opens books that are open already"));
        }
        let (business_id, branch_id, register_id) =
            (id(&entry.business_id, "business_id")?, id(&entry.branch_id, "branch_id")?, record.register_id);
        let business = first_business(business_id, entry)?;
        let branch = branch::Model {
            id: branch_id,
            business_id,
            code: entry.branch_code.clone(),
            name: entry.branch_name.clone(),
            ..branch::Model::unused()
        };
        let register = register::Model {
            id: register_id,
            branch_id,
            code: entry.register_code.clone(),
            name: entry.register_name.clone(),
            ..register::Model::unused()
        };
        // Books that were opened before there were limits have those that the schema gave them.
        self.limits.extend(defaults::limits(business_id).into_iter().map(|limits| (limits.key(), limits)));
        if let Some(settings) = &entry.settings {
            self.limits_put(business_id, &settings.role_limits)?;
        }
        self.businesses.insert(business_id, business);
        self.branches.insert(branch_id, branch);
        self.registers.insert(register_id, register);
        Ok(())
    }

    /// A backup was restored.
    pub fn restored(&mut self, record: &Record, entry: &pb::BooksRestoredEntry) -> Result<(), Unreadable> {
        let business = self.business_of(record)?;
        if entry.epoch <= business.epoch {
            return Err(Unreadable::new("epoch", "is not after the one before"));
        }
        business.epoch = entry.epoch;
        Ok(())
    }

    /// Settings were changed: those with the highest version hold.
    pub fn settings_put(&mut self, record: &Record, entry: &pb::SettingsPutEntry) -> Result<(), Unreadable> {
        let settings = entry.settings.as_ref().ok_or_else(|| Unreadable::new("settings", "are missing"))?;
        let business = self.business_of(record)?;
        if settings.version <= business.version {
            return Ok(());
        }
        write_settings(business, settings)?;
        let business_id = business.id;
        self.limits_put(business_id, &settings.role_limits)
    }

    fn limits_put(&mut self, business_id: Uuid, limits: &[pb::RoleLimits]) -> Result<(), Unreadable> {
        for limits in limits {
            let limits = limits_row(business_id, limits)?;
            self.limits.insert(limits.key(), limits);
        }
        Ok(())
    }

    /// The catalogue was changed.
    pub fn catalogue_put(&mut self, record: &Record, version: i64) -> Result<(), Unreadable> {
        let business = self.business_of(record)?;
        business.catalog_version = business.catalog_version.max(version);
        Ok(())
    }

    /// A customer was changed.
    pub fn customer_put(&mut self, record: &Record, version: i64) -> Result<(), Unreadable> {
        let business = self.business_of(record)?;
        business.customer_version = business.customer_version.max(version);
        Ok(())
    }

    /// Branches were created or changed: of each the highest version holds.
    pub fn branches_put(&mut self, entry: &pb::BranchesPutEntry) -> Result<(), Unreadable> {
        let business_id = id(&entry.business_id, "business_id")?;
        for put in &entry.branches {
            let branch_id = id(&put.branch_id, "branches.branch_id")?;
            let branch = self.branches.entry(branch_id).or_insert_with(|| branch::Model {
                id: branch_id,
                business_id,
                code: put.code.clone(),
                name: String::new(),
                version: 0,
                ..branch::Model::unused()
            });
            if put.version > branch.version {
                (branch.name, branch.version) = (put.name.clone(), put.version);
            }
        }
        Ok(())
    }

    /// Registers were created or changed: of each the highest version holds.
    pub fn registers_put(&mut self, entry: &pb::RegistersPutEntry) -> Result<(), Unreadable> {
        for put in &entry.registers {
            let register_id = id(&put.register_id, "registers.register_id")?;
            let branch_id = id(&put.branch_id, "registers.branch_id")?;
            let register = self.registers.entry(register_id).or_insert_with(|| register::Model {
                id: register_id,
                branch_id,
                code: put.code.clone(),
                version: 0,
                ..register::Model::unused()
            });
            if put.version > register.version {
                (register.name, register.version) = (put.name.clone(), put.version);
            }
        }
        Ok(())
    }

    /// An order was sold.
    pub fn sold(&mut self, order: &order::Model) {
        if let Some(branch) = self.branches.get_mut(&order.branch_id) {
            branch.last_order_sequence = branch.last_order_sequence.max(order.sequence);
        }
        self.bought(order.branch_id);
    }

    /// Money of the shop's currency is in the books: of what was sold, or bought.
    pub fn bought(&mut self, branch_id: Uuid) {
        let branch = self.branches.get(&branch_id);
        if let Some(business) = branch.and_then(|branch| self.businesses.get_mut(&branch.business_id)) {
            business.has_orders = true;
        }
    }

    /// Cash was moved.
    pub fn moved(&mut self, movement: &cash_movement::Model) {
        if let Some(register) = self.registers.get_mut(&movement.register_id)
            && movement.sequence > register.last_movement_sequence
        {
            register.last_movement_sequence = movement.sequence;
            register.drawer_balance = movement.balance;
        }
    }

    /// The reports of a register were counted.
    pub fn reported(&mut self, totals: &Perpetual) {
        if let Some(register) = self.registers.get_mut(&totals.register_id) {
            register.last_report_sequence = totals.last_sequence;
            register.perpetual_total = totals.total;
            register.perpetual_absolute_total = totals.absolute;
        }
    }

    /// The keys of a branch were counted.
    pub fn keys_counted(&mut self, branch_id: Uuid, last_key_sequence: i64) {
        if let Some(branch) = self.branches.get_mut(&branch_id) {
            branch.last_key_sequence = last_key_sequence;
        }
    }

    /// The events of a branch were counted.
    pub fn events_counted(&mut self, branch_id: Uuid, last: LastEvent) {
        if let Some(branch) = self.branches.get_mut(&branch_id) {
            (branch.last_event_sequence, branch.last_time) = (last.sequence, last.time);
        }
    }

    /// The drafts of a branch were counted.
    pub fn drafts_counted(&mut self, counted: &Counted) {
        if let Some(branch) = self.branches.get_mut(&counted.branch_id) {
            branch.last_draft_sequence = counted.last_sequence;
            branch.open_drafts = counted.open;
        }
    }

    /// A register's branch.
    pub fn branch_of_register(&self, register_id: Uuid) -> Option<Uuid> {
        self.registers.get(&register_id).map(|register| register.branch_id)
    }

    /// A branch's code.
    pub fn branch_code(&self, branch_id: Uuid) -> Option<&str> {
        self.branches.get(&branch_id).map(|branch| branch.code.as_str())
    }

    /// A register's code.
    pub fn register_code(&self, register_id: Uuid) -> Option<&str> {
        self.registers.get(&register_id).map(|register| register.code.as_str())
    }

    /// The currency of a branch's business. It can't have changed since the first sale.
    pub fn currency(&self, branch_id: Uuid) -> Option<&str> {
        let branch = self.branches.get(&branch_id)?;
        self.businesses.get(&branch.business_id).map(|business| business.currency_code.as_str())
    }

    /// All registers.
    pub fn register_ids(&self) -> Vec<Uuid> {
        self.registers.keys().copied().collect()
    }

    /// All branches.
    pub fn branch_ids(&self) -> Vec<Uuid> {
        self.branches.keys().copied().collect()
    }

    fn business_of(&mut self, record: &Record) -> Result<&mut business::Model, Unreadable> {
        let register = self.registers.get(&record.register_id);
        let branch = register.and_then(|register| self.branches.get(&register.branch_id));
        let business = branch.and_then(|branch| self.businesses.get_mut(&branch.business_id));
        business.ok_or_else(|| Unreadable::new("register", "is not in the journal"))
    }

    /// Compares what the journal makes of the shop with its tables.
    pub fn compare(self, database: &Inspection, lines: &mut Lines) -> Result<(), Failure> {
        lines.settings.examine(self.businesses.len().saturating_add(self.limits.len()));
        Table::compare_all(database, &mut lines.settings, self.limits.into_values())?;
        Table::compare_all(database, &mut lines.settings, self.businesses.into_values())?;
        let line: &mut CheckLine = &mut lines.shop;
        line.examine(self.branches.len());
        line.examine(self.registers.len());
        Table::compare_all(database, line, self.branches.into_values())?;
        Table::compare_all(database, line, self.registers.into_values())
    }
}

fn first_business(id: Uuid, entry: &pb::BooksOpenedEntry) -> Result<business::Model, Unreadable> {
    let settings = entry.settings.as_ref().ok_or_else(|| Unreadable::new("settings", "are missing"))?;
    let mut business = business::Model {
        id,
        people_version: 0,
        name: String::new(),
        currency_code: String::new(),
        time_zone: String::new(),
        prices_include_tax: false,
        tax_rounding: 0,
        rounding_mode: 0,
        cash_unit: 0,
        cash_total_mode: 0,
        cash_change_mode: 0,
        cash_refund_mode: 0,
        small_coins: false,
        receipt_header: String::new(),
        receipt_footer: String::new(),
        version: 0,
        update_time: 0,
        has_orders: false,
        catalog_version: 0,
        customer_version: 0,
        epoch: entry.epoch,
        blind_close: false,
        idle_seconds: 0,
        customers_on: false,
        purchasing_on: false,
        stock_transfers_on: false,
        attendance_on: false,
    };
    write_settings(&mut business, settings)?;
    Ok(business)
}

/// The row of a role's limits.
fn limits_row(business_id: Uuid, limits: &pb::RoleLimits) -> Result<role_limit::Model, Unreadable> {
    Ok(role_limit::Model {
        business_id,
        role: limits.role,
        most_discount: rate(limits.most_discount_percent.as_ref(), "role_limits.most_discount_percent")?,
        price_override: limits.price_override,
        void_sale: limits.void_sale,
        open_drawer: limits.open_drawer,
        refund_other_tender: limits.refund_other_tender,
        most_paid_out: money(limits.most_paid_out.as_ref(), "role_limits.most_paid_out")?,
        most_variance: money(limits.most_variance.as_ref(), "role_limits.most_variance")?,
        // Records of before there were adjustments have none: that of the schema step.
        most_stock_adjustment: limits
            .most_stock_adjustment
            .as_ref()
            .map_or_else(|| defaults::most_stock_adjustment(limits.role()), |money| money.amount_minor),
        // The same of records of before there was a limit of drops.
        most_drop: limits.most_drop.as_ref().map_or(defaults::MOST_DROP, |money| money.amount_minor),
    })
}

/// Writes settings into a business.
fn write_settings(business: &mut business::Model, settings: &pb::Settings) -> Result<(), Unreadable> {
    let cash = settings.cash_rounding.unwrap_or_default();
    // Records of before a module could be switched off do not name it: it is on.
    let modules = settings.modules.unwrap_or_default();
    *business = business::Model {
        name: settings.name.clone(),
        currency_code: settings.currency_code.clone(),
        time_zone: settings.time_zone.clone(),
        prices_include_tax: settings.prices_include_tax,
        tax_rounding: settings.tax_rounding,
        rounding_mode: settings.rounding_mode,
        cash_unit: cash.unit_minor,
        cash_total_mode: cash.total,
        cash_change_mode: cash.change,
        cash_refund_mode: cash.refund,
        small_coins: cash.small_coins,
        receipt_header: settings.receipt_header.clone(),
        receipt_footer: settings.receipt_footer.clone(),
        version: settings.version,
        blind_close: settings.blind_close,
        // Books that were opened before there was a limit have the one that the schema gave them.
        idle_seconds: settings.idle_limit.as_ref().map_or(defaults::IDLE_SECONDS, |limit| limit.seconds),
        update_time: time(settings.update_time.as_ref(), "settings.update_time")?,
        customers_on: modules.customers.unwrap_or(true),
        purchasing_on: modules.purchasing.unwrap_or(true),
        stock_transfers_on: modules.stock_transfers.unwrap_or(true),
        attendance_on: modules.attendance.unwrap_or(true),
        ..business.clone()
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_from_before_there_were_modules_have_them_all_on() {
        let update_time = Some(prost_types::Timestamp::default());
        let purchasing = pb::Modules { purchasing: Some(false), ..Default::default() };
        for (modules, on) in [(None, [true; 4]), (Some(purchasing), [true, false, true, true])] {
            let settings = Some(pb::Settings { modules, update_time, ..Default::default() });
            let opened = pb::BooksOpenedEntry { settings, ..Default::default() };
            let is = first_business(Uuid::from_u128(1), &opened).unwrap();
            assert_eq!([is.customers_on, is.purchasing_on, is.stock_transfers_on, is.attendance_on], on);
        }
    }
}
