//! A shift's report, X or Z: one function over the counters that the postings keep.

use std::collections::{BTreeMap, BTreeSet};

use kassa_proto::{
    decimal::Rate,
    money::Currency,
    v1::{self as pb, ShiftReportKind, TenderType},
};
use prost::Message as _;
use uuid::Uuid;

use super::counting;
use crate::{
    books::{Stop, WorkingSet},
    counters::Counters,
    encoding::{
        counter::{Counter, Figures},
        time::{date, hours_since_1970, stored_timestamp},
    },
    error::Error,
    store::entity::{branch, business, register, shift, shift_report, user},
};

const CASH: i32 = TenderType::Cash as i32;

/// The figures of a shift; its names are written into it apart. `counted` is what was counted at the close,
/// by tender type.
pub fn figures(
    shift: &shift::Model,
    counters: &Counters,
    counted: &BTreeMap<i32, i64>,
    currency: Currency,
) -> pb::ShiftReport {
    let money = |minor| Some(pb::Money::new(currency, minor));
    let of = |counter: &Counter| counters.get(counter).copied().unwrap_or_default();
    let back = shift.returns_total.saturating_add(shift.voids_total);
    let (discounts, overrides) = (of(&Counter::Discounts), of(&Counter::PriceOverrides));
    pb::ShiftReport {
        kind: ShiftReportKind::X.into(),
        shift_id: shift.id.to_string(),
        shift_number: shift.number.clone(),
        open_time: Some(stored_timestamp(shift.open_time)),
        end_time: shift.end_time.map(stored_timestamp),
        close_time: shift.close_time.map(stored_timestamp),
        business_date: Some(date(shift.business_date)),
        sale_count: shift.sale_count,
        gross_total: money(shift.sales_total),
        return_count: shift.return_count,
        returns_total: money(shift.returns_total),
        void_count: shift.void_count,
        voids_total: money(shift.voids_total),
        net_total: money(shift.sales_total.saturating_sub(back)),
        tax_totals: taxes(counters, currency),
        tenders: tenders(shift, counters, counted, currency),
        categories: categories(counters, currency),
        hours: hours(counters, currency),
        movements: movements(counters, currency),
        discount_count: discounts.count,
        discount_total: money(discounts.amount),
        price_override_count: overrides.count,
        price_override_total: money(overrides.amount),
        rounding_total: money(of(&Counter::Rounding).amount),
        tip_total: money(of(&Counter::Tips).amount),
        drawer_opening_count: of(&Counter::DrawerOpenings).count,
        copy_count: of(&Counter::Copies).count,
        correction_count: of(&Counter::Corrections).count,
        training_count: of(&Counter::Training).count,
        opening_float: money(shift.opening_float),
        left_in_drawer: shift.left_in_drawer.and_then(money),
        to_safe: shift.close_time.and_then(|_| money(shift.to_safe)),
        forced: shift.forced,
        ended_automatically: shift.ended_automatically,
        close_reason: shift.close_reason.clone(),
        ..pb::ShiftReport::default()
    }
}

fn taxes(counters: &Counters, currency: Currency) -> Vec<pb::TaxTotal> {
    let rows = counters.iter().filter_map(|(counter, figures)| match counter {
        Counter::TaxRate(rate) => Some(pb::TaxTotal {
            rate: Some(Rate::from_ten_thousandths(*rate).into()),
            base: Some(pb::Money::new(currency, figures.amount)),
            tax: Some(pb::Money::new(currency, figures.tax)),
        }),
        _ => None,
    });
    rows.collect()
}

fn tenders(
    shift: &shift::Model,
    counters: &Counters,
    counted: &BTreeMap<i32, i64>,
    currency: Currency,
) -> Vec<pb::ReportedTender> {
    let money = |minor| Some(pb::Money::new(currency, minor));
    let expected = counting::expected(shift, counters);
    let kinds: BTreeSet<i32> = expected.keys().chain(counted.keys()).copied().collect();
    let rows = kinds.into_iter().map(|kind| {
        let of = |counter: Counter| -> Figures { counters.get(&counter).copied().unwrap_or_default() };
        let (taken, paid_back) = (of(Counter::TenderIn(kind)), of(Counter::TenderOut(kind)));
        let expected = expected.get(&kind).copied().unwrap_or_default();
        // Cash may have been counted earlier than the close: when the next shift was opened.
        let counted = if kind == CASH { shift.counted_cash } else { counted.get(&kind).copied() };
        pb::ReportedTender {
            r#type: kind,
            opening: money(if kind == CASH { shift.opening_float } else { 0 }),
            received: money(taken.amount),
            returned: money(paid_back.amount),
            expected: money(expected),
            counted: counted.and_then(money),
            variance: counted.and_then(|counted| money(counted.saturating_sub(expected))),
            count: taken.count.saturating_add(paid_back.count),
        }
    });
    rows.collect()
}

fn categories(counters: &Counters, currency: Currency) -> Vec<pb::ReportedCategory> {
    let rows = counters.iter().filter_map(|(counter, figures)| match counter {
        Counter::Category(name) => Some(pb::ReportedCategory {
            category: name.clone(),
            line_count: figures.count,
            total: Some(pb::Money::new(currency, figures.amount)),
        }),
        _ => None,
    });
    rows.collect()
}

fn hours(counters: &Counters, currency: Currency) -> Vec<pb::ReportedHour> {
    let rows = counters.iter().filter_map(|(counter, figures)| match counter {
        Counter::Hour(local, offset) => Some((*local, *offset, figures)),
        _ => None,
    });
    let mut rows: Vec<_> = rows.collect();
    // By time: an hour that comes twice begins with the larger offset.
    rows.sort_by_key(|(local, offset, _)| (*local, -offset));
    let rows = rows.into_iter().map(|(local, offset, figures)| {
        let (date, hour) = hours_since_1970(local);
        pb::ReportedHour {
            date: Some(date),
            hour,
            utc_offset_minutes: offset,
            sale_count: figures.count,
            total: Some(pb::Money::new(currency, figures.amount)),
        }
    });
    rows.collect()
}

fn movements(counters: &Counters, currency: Currency) -> Vec<pb::ReportedMovement> {
    let rows = counters.iter().filter_map(|(counter, figures)| match counter {
        Counter::Movement(kind) => Some(pb::ReportedMovement {
            r#type: *kind,
            count: figures.count,
            total: Some(pb::Money::new(currency, figures.amount)),
        }),
        _ => None,
    });
    rows.collect()
}

/// Makes a report the Z of a closed shift: the one that its register has just counted.
pub fn make_z(report: &mut pb::ShiftReport, register: &register::Model, currency: Currency) {
    report.kind = ShiftReportKind::Z.into();
    report.sequence = register.last_report_sequence;
    report.perpetual_total = Some(pb::Money::new(currency, register.perpetual_total));
    report.perpetual_absolute_total = Some(pb::Money::new(currency, register.perpetual_absolute_total));
}

/// What a report calls shop, place and people: the names of its day.
pub struct Names {
    business: String,
    branch: String,
    register: String,
    opened_by: String,
    owner: String,
    closed_by: String,
}

impl Names {
    /// The names as they are now.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] until they are loaded.
    pub fn find(books: &WorkingSet, shift: &shift::Model) -> Result<Self, Stop> {
        let missing = || Error::internal("what a shift's report names is gone");
        let branch = books.require::<branch::Model>(&shift.branch_id, missing)?;
        let name = |user: Option<Uuid>| -> Result<String, Stop> {
            let Some(id) = user else { return Ok(String::new()) };
            Ok(books.require::<user::Model>(&id, missing)?.name.clone())
        };
        Ok(Self {
            business: books.require::<business::Model>(&branch.business_id, missing)?.name.clone(),
            branch: branch.code.clone(),
            register: books.require::<register::Model>(&shift.register_id, missing)?.code.clone(),
            opened_by: name(shift.opened_by_user_id)?,
            owner: name(Some(shift.user_id))?,
            closed_by: name(shift.closed_by_user_id)?,
        })
    }

    /// Writes them into a report.
    pub fn write(self, report: &mut pb::ShiftReport) {
        report.business_name = self.business;
        report.branch_code = self.branch;
        report.register_code = self.register;
        report.opened_by = self.opened_by;
        report.owner = self.owner;
        report.closed_by = self.closed_by;
    }
}

/// The Z of a closed shift, as it was issued.
///
/// # Errors
/// [`Stop::MissingRows`] until it is loaded.
pub fn issued(books: &WorkingSet, shift_id: Uuid) -> Result<pb::ShiftReport, Stop> {
    let missing = || Error::internal(format_args!("the report of the closed shift {shift_id} is gone"));
    let row = books.require::<shift_report::Model>(&(shift_id, 0), missing)?;
    Ok(pb::ShiftReport::decode(row.document.as_slice()).map_err(Error::internal)?)
}
