//! A shift's Z, made anew of what its records count.

use std::collections::{BTreeMap, BTreeSet};

use kassa_proto::{
    decimal::Rate,
    money::Currency,
    v1::{self as pb, ShiftReportKind, TenderType},
};

use super::{Perpetual, counters::Counters};
use crate::{
    encoding::{
        counter::{Counter, Figures},
        time::{date, hours_since_1970, stored_timestamp},
    },
    store::entity::shift,
};

const CASH: i32 = TenderType::Cash as i32;

/// What a Z is made of.
pub struct Source<'a> {
    /// The closed shift.
    pub shift: &'a shift::Model,
    /// What it counted.
    pub counters: &'a Counters,
    /// What was counted at its close, by tender type.
    pub counted: &'a BTreeMap<i32, i64>,
    /// What the reports of its register add up to, with this one.
    pub perpetual: &'a Perpetual,
    /// The shop's currency.
    pub currency: Currency,
}

impl Source<'_> {
    /// The Z, with the names of its day from the one that was issued.
    pub fn report(&self, names: &pb::ShiftReport) -> pb::ShiftReport {
        let Self { shift, counters, perpetual, .. } = self;
        let of = |counter| counters.of(&counter);
        let (discounts, overrides) = (of(Counter::Discounts), of(Counter::PriceOverrides));
        pb::ShiftReport {
            kind: ShiftReportKind::Z.into(),
            sequence: perpetual.last_sequence,
            business_name: names.business_name.clone(),
            branch_code: names.branch_code.clone(),
            register_code: names.register_code.clone(),
            shift_id: shift.id.to_string(),
            shift_number: shift.number.clone(),
            opened_by: names.opened_by.clone(),
            owner: names.owner.clone(),
            closed_by: names.closed_by.clone(),
            open_time: Some(stored_timestamp(shift.open_time)),
            end_time: shift.end_time.map(stored_timestamp),
            close_time: shift.close_time.map(stored_timestamp),
            business_date: Some(date(shift.business_date)),
            sale_count: shift.sale_count,
            gross_total: self.money(shift.sales_total),
            return_count: shift.return_count,
            returns_total: self.money(shift.returns_total),
            void_count: shift.void_count,
            voids_total: self.money(shift.voids_total),
            net_total: self.money(net(shift)),
            tax_totals: self.taxes(),
            tenders: self.tenders(),
            categories: self.categories(),
            hours: self.hours(),
            movements: self.movements(),
            discount_count: discounts.count,
            discount_total: self.money(discounts.amount),
            price_override_count: overrides.count,
            price_override_total: self.money(overrides.amount),
            rounding_total: self.money(of(Counter::Rounding).amount),
            tip_total: self.money(of(Counter::Tips).amount),
            drawer_opening_count: of(Counter::DrawerOpenings).count,
            copy_count: of(Counter::Copies).count,
            correction_count: of(Counter::Corrections).count,
            training_count: of(Counter::Training).count,
            opening_float: self.money(shift.opening_float),
            left_in_drawer: shift.left_in_drawer.and_then(|left| self.money(left)),
            to_safe: self.money(shift.to_safe),
            perpetual_total: self.money(perpetual.total),
            perpetual_absolute_total: self.money(perpetual.absolute),
            forced: shift.forced,
            ended_automatically: shift.ended_automatically,
            close_reason: shift.close_reason.clone(),
        }
    }

    fn money(&self, minor: i64) -> Option<pb::Money> {
        Some(pb::Money::new(self.currency, minor))
    }

    /// What the counters of one kind give, in their order.
    fn each<T>(&self, row: impl Fn(&Counter, &Figures) -> Option<T>) -> Vec<T> {
        self.counters.iter().filter_map(|(counter, figures)| row(counter, figures)).collect()
    }

    fn taxes(&self) -> Vec<pb::TaxTotal> {
        self.each(|counter, figures| {
            let Counter::TaxRate(rate) = counter else { return None };
            let rate = Some(Rate::from_ten_thousandths(*rate).into());
            Some(pb::TaxTotal { rate, base: self.money(figures.amount), tax: self.money(figures.tax) })
        })
    }

    /// Each tender that was used or counted, and cash always: it is expected as the drawer's movements make it, and it
    /// may have been counted before the close, when the next shift was opened.
    fn tenders(&self) -> Vec<pb::ReportedTender> {
        let used = self.each(|counter, _| match counter {
            Counter::TenderIn(kind) | Counter::TenderOut(kind) => Some(*kind),
            Counter::TaxRate(_)
            | Counter::Category(_)
            | Counter::Hour(..)
            | Counter::Movement(_)
            | Counter::Discounts
            | Counter::PriceOverrides
            | Counter::Rounding
            | Counter::Tips
            | Counter::DrawerOpenings
            | Counter::Copies
            | Counter::Corrections
            | Counter::Training => None,
        });
        let kinds: BTreeSet<i32> =
            [CASH].into_iter().chain(used).chain(self.counted.keys().copied()).collect();
        let rows = kinds.into_iter().map(|kind| {
            let [taken, paid_back] =
                [Counter::TenderIn(kind), Counter::TenderOut(kind)].map(|counter| self.counters.of(&counter));
            let (opening, expected, counted) = if kind == CASH {
                (self.shift.opening_float, self.shift.expected_cash, self.shift.counted_cash)
            } else {
                (0, taken.amount.saturating_sub(paid_back.amount), self.counted.get(&kind).copied())
            };
            pb::ReportedTender {
                r#type: kind,
                opening: self.money(opening),
                received: self.money(taken.amount),
                returned: self.money(paid_back.amount),
                expected: self.money(expected),
                counted: counted.and_then(|counted| self.money(counted)),
                variance: counted.and_then(|counted| self.money(counted.saturating_sub(expected))),
                count: taken.count.saturating_add(paid_back.count),
            }
        });
        rows.collect()
    }

    fn categories(&self) -> Vec<pb::ReportedCategory> {
        self.each(|counter, figures| {
            let Counter::Category(category) = counter else { return None };
            let (category, total) = (category.clone(), self.money(figures.amount));
            Some(pb::ReportedCategory { category, line_count: figures.count, total })
        })
    }

    /// By the time at which each hour began, which the hours of the shop's clock do not tell by themselves.
    fn hours(&self) -> Vec<pb::ReportedHour> {
        let mut rows = self.each(|counter, figures| {
            let Counter::Hour(local, offset) = counter else { return None };
            let (date, hour) = hours_since_1970(*local);
            let (sale_count, total) = (figures.count, self.money(figures.amount));
            let row =
                pb::ReportedHour { date: Some(date), hour, utc_offset_minutes: *offset, sale_count, total };
            Some(((*local, offset.saturating_neg()), row))
        });
        rows.sort_by_key(|(place, _)| *place);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn movements(&self) -> Vec<pb::ReportedMovement> {
        self.each(|counter, figures| {
            let Counter::Movement(kind) = counter else { return None };
            let total = self.money(figures.amount);
            Some(pb::ReportedMovement { r#type: *kind, count: figures.count, total })
        })
    }
}

/// What a shift's sales leave after what came back.
pub fn net(shift: &shift::Model) -> i64 {
    shift.sales_total.saturating_sub(shift.returns_total).saturating_sub(shift.voids_total)
}
