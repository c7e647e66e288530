//! The reports of closed shifts.

use std::collections::BTreeSet;

use kassa_proto::v1::ShiftReport;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{CASH, CLOSED, Checked, Ledger, Shift, ensure, minor, same};
use crate::model::change_set::ChangeSet;

impl Ledger {
    pub(super) fn reports(&mut self, changes: &ChangeSet) -> Checked {
        let closed = changes.shifts.iter().filter(|(before, row)| {
            row.state == CLOSED && before.as_ref().is_some_and(|before| before.state != CLOSED)
        });
        let closed: BTreeSet<Uuid> = closed.map(|(_, row)| row.id).collect();
        same(|| "how many reports are issued".to_owned(), changes.reports.len(), closed.len())?;
        for (before, row) in &changes.reports {
            ensure!(
                before.is_none() && closed.contains(&row.shift_id),
                "a report of {} is written again",
                row.shift_id
            );
            same(
                || "a report's hash".to_owned(),
                row.document_sha256.clone(),
                Sha256::digest(&row.document).to_vec(),
            )?;
            let z = ShiftReport::decode(row.document.as_slice()).map_err(|error| error.to_string())?;
            let shift = &self.shifts[&row.shift_id];
            let drawer = self.drawers.get_mut(&row.register_id).ok_or("a report of no register")?;
            drawer.reports += 1;
            let back = shift.returns[1] + shift.voids[1];
            drawer.perpetual[0] += shift.sales[1] - back;
            drawer.perpetual[1] += shift.sales[1] + back;
            same(
                || "a report's place".to_owned(),
                (row.sequence, z.sequence),
                (drawer.reports, drawer.reports),
            )?;
            let perpetual = [minor(&z.perpetual_total), minor(&z.perpetual_absolute_total)];
            same(|| "the perpetual totals of a Z".to_owned(), perpetual, drawer.perpetual)?;
            z_adds_up(&z, shift)?;
            if let (Some(left), Some(z_left)) = (shift.row.left_in_drawer, z.left_in_drawer.as_ref()) {
                same(|| "what a Z leaves in the drawer".to_owned(), z_left.amount_minor, left)?;
            }
        }
        Ok(())
    }
}

/// The figures of a Z are the sums of the shift's documents.
fn z_adds_up(z: &ShiftReport, shift: &Shift) -> Checked {
    let what = |what: &str| format!("{what} of the Z of {}", z.shift_number);
    same(|| what("the sales"), [z.sale_count, minor(&z.gross_total)], shift.sales)?;
    same(|| what("the returns"), [z.return_count, minor(&z.returns_total)], shift.returns)?;
    same(|| what("the voids"), [z.void_count, minor(&z.voids_total)], shift.voids)?;
    let net = shift.sales[1] - shift.returns[1] - shift.voids[1];
    same(|| what("the net"), minor(&z.net_total), net)?;
    let of = |kind: i32, key: &str| shift.counters.get(&(kind, key.to_owned())).copied().unwrap_or_default();
    same(
        || what("the discounts"),
        [z.discount_count, minor(&z.discount_total)],
        of(7, "")[..2].try_into().expect("two"),
    )?;
    same(|| what("the rounding"), minor(&z.rounding_total), of(9, "")[1])?;
    same(|| what("the tips"), minor(&z.tip_total), of(10, "")[1])?;
    let sum = |kind: i32, place: usize| -> i64 {
        shift.counters.iter().filter(|((it, _), _)| *it == kind).map(|(_, figures)| figures[place]).sum()
    };
    let base: i64 = z.tax_totals.iter().map(|row| minor(&row.base)).sum();
    let tax: i64 = z.tax_totals.iter().map(|row| minor(&row.tax)).sum();
    same(|| what("the taxes"), [base, tax], [sum(3, 1), sum(3, 2)])?;
    same(|| what("base and tax"), base + tax, net)?;
    same(|| what("the categories"), z.categories.iter().map(|row| minor(&row.total)).sum::<i64>(), net)?;
    same(|| what("the hours"), z.hours.iter().map(|row| minor(&row.total)).sum::<i64>(), net)?;
    same(|| what("the float"), minor(&z.opening_float), shift.row.opening_float)?;
    same(|| what("what went to the safe"), minor(&z.to_safe), shift.row.to_safe)?;
    for row in &z.tenders {
        let (taken, back) = (of(1, &row.r#type.to_string()), of(2, &row.r#type.to_string()));
        let expected = if row.r#type == CASH { shift.expected_cash } else { taken[1] - back[1] };
        let is = [minor(&row.received), minor(&row.returned), minor(&row.expected), row.count];
        same(|| what("a tender"), is, [taken[1], back[1], expected, taken[0] + back[0]])?;
        if row.counted.is_some() {
            same(|| what("a variance"), minor(&row.variance), minor(&row.counted) - expected)?;
        }
    }
    let tenders = z.tenders.iter().map(|row| minor(&row.received) - minor(&row.returned)).sum::<i64>();
    same(|| what("all tenders"), tenders, net + of(9, "")[1] + of(10, "")[1])?;
    for row in &z.movements {
        let figures = of(6, &row.r#type.to_string());
        same(|| what("the movements"), [row.count, minor(&row.total)], [figures[0], figures[1]])?;
    }
    Ok(())
}
