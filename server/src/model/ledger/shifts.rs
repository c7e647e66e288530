//! Shifts: how they begin, change and end, and what their documents add up to.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, TimeZone as _};
use uuid::Uuid;

use super::{Checked, Ledger, counters::Figures, ensure, same};
use crate::store::entity::shift;

pub const OPEN: i32 = 1;
pub const ENDED: i32 = 2;
pub const CLOSED: i32 = 3;

/// A shift: its row as the books have it, and what its documents add up to.
#[derive(Debug)]
pub struct Shift {
    pub row: shift::Model,
    pub counters: BTreeMap<(i32, String), Figures>,
    pub counted: BTreeMap<(i32, String), Figures>,
    pub expected_cash: i64,
    pub(super) sales: [i64; 2],
    pub(super) returns: [i64; 2],
    pub(super) voids: [i64; 2],
    /// Received, change, paid back.
    pub(super) cash: [i64; 3],
    pub(super) attempts: i32,
}

impl Ledger {
    /// A register's open shift, or the one that has ended and was not counted.
    pub fn shift_on(&self, register: Uuid, state: i32) -> Option<&Shift> {
        self.shifts.values().find(|shift| {
            let row = &shift.row;
            row.register_id == register && row.state == state && (state == OPEN || row.counted_cash.is_none())
        })
    }

    /// A user's open shift.
    pub fn shift_of(&self, user: Uuid) -> Option<&Shift> {
        self.shifts.values().find(|shift| shift.row.user_id == user && shift.row.state == OPEN)
    }

    pub(super) fn shift_row(
        &mut self,
        before: Option<&shift::Model>,
        row: &shift::Model,
        now: i64,
    ) -> Checked {
        let Some(before) = before else {
            ensure!(row.state == OPEN, "a shift begins in the state {}", row.state);
            ensure!(self.drawers.contains_key(&row.register_id), "a shift on no register");
            let zone: chrono_tz::Tz = self.shop().time_zone.parse().expect("a zone");
            let local = zone.timestamp_micros(row.open_time).single().ok_or("no time")?;
            let date =
                local.year() * 10_000 + i32::try_from(local.month() * 100 + local.day()).expect("a date");
            same(|| "a business date".to_owned(), row.business_date, date)?;
            let shift = Shift {
                expected_cash: row.opening_float,
                row: row.clone(),
                counters: BTreeMap::new(),
                counted: BTreeMap::new(),
                sales: [0; 2],
                returns: [0; 2],
                voids: [0; 2],
                cash: [0; 3],
                attempts: 0,
            };
            self.shifts.insert(row.id, shift);
            return Ok(());
        };
        ensure!(row.state >= before.state, "a shift goes back from {} to {}", before.state, row.state);
        ensure!(row.version >= before.version, "a version goes back");
        ensure!(row.last_activity_time >= before.last_activity_time, "activity goes back");
        ensure!(row.last_activity_time <= now, "activity of tomorrow");
        ensure!(row.state == before.state || row.version > before.version, "a state without a version");
        let frozen = |row: &shift::Model| {
            (
                row.number.clone(),
                row.branch_id,
                row.register_id,
                row.open_time,
                row.business_date,
                row.opening_float,
                row.opened_by_user_id,
            )
        };
        same(|| "what a shift began with".to_owned(), frozen(row), frozen(before))?;
        if before.state != OPEN {
            same(|| "the owner of an ended shift".to_owned(), row.user_id, before.user_id)?;
        }
        ensure!(before.state != CLOSED, "a closed shift was changed: {before:?} {row:?}");
        let shift = self.shifts.get_mut(&row.id).ok_or("a shift out of nowhere")?;
        same(|| "a shift as it was".to_owned(), before, &shift.row)?;
        shift.row = row.clone();
        Ok(())
    }

    pub(super) fn shift_adds_up(&self, id: Uuid) -> Checked {
        let shift = &self.shifts[&id];
        let row = &shift.row;
        let what = |what: &str| format!("{what} of {}", row.number);
        same(|| what("the sales"), [row.sale_count, row.sales_total], shift.sales)?;
        same(|| what("the returns"), [row.return_count, row.returns_total], shift.returns)?;
        same(|| what("the voids"), [row.void_count, row.voids_total], shift.voids)?;
        same(|| what("the cash"), [row.cash_received, row.change_given, row.cash_refunded], shift.cash)?;
        same(|| what("the expected cash"), row.expected_cash, shift.expected_cash)?;
        same(|| what("the counts"), row.count_attempts, shift.attempts)?;
        same(|| what("the counters"), &shift.counted, &shift.counters)?;
        if row.state == OPEN {
            ensure!(row.end_time.is_none() && row.close_time.is_none(), "an open shift has ended: {row:?}");
        }
        Ok(())
    }

    pub(super) fn one_open_shift(&self) -> Checked {
        let (mut registers, mut users, mut uncounted) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for shift in self.shifts.values() {
            let row = &shift.row;
            if row.state == OPEN {
                ensure!(registers.insert(row.register_id), "a register has two open shifts");
                ensure!(users.insert(row.user_id), "a user has two open shifts");
            }
            if row.state == ENDED && row.counted_cash.is_none() {
                ensure!(uncounted.insert(row.register_id), "a register has two uncounted shifts");
            }
        }
        Ok(())
    }
}
