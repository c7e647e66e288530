//! Drawers: movements of cash, and transfers between registers.

use super::{CLOSED, Checked, Ledger, VOID, ensure, same};
use crate::{
    model::change_set::{Change, ChangeSet},
    store::entity::{cash_movement, register, shift},
};

/// The types of movements, as domain.md signs them; 12 and 13 are what counts find.
const IN: [i32; 5] = [1, 4, 7, 11, 12];
const OUT: [i32; 8] = [2, 3, 5, 6, 8, 9, 10, 13];
const OVER: i32 = 12;
const SHORT: i32 = 13;
const SAFE_DROP: i32 = 8;
const TRANSFER_IN: i32 = 11;

/// A drawer and its register.
#[derive(Debug)]
pub struct Drawer {
    pub row: register::Model,
    pub balance: i64,
    pub(super) movements: i64,
    pub(super) perpetual: [i64; 2],
    pub(super) reports: i64,
}

impl Ledger {
    pub(super) fn movement(&mut self, changes: &ChangeSet, row: &cash_movement::Model, now: i64) -> Checked {
        let sign = i64::from(IN.contains(&row.kind)) - i64::from(OUT.contains(&row.kind));
        ensure!(row.amount >= 0, "a negative movement: {row:?}");
        ensure!(sign != 0 || row.amount == 0, "a movement of no type moves cash: {row:?}");
        let drawer = self.drawers.get_mut(&row.register_id).ok_or("a movement in no drawer")?;
        drawer.movements += 1;
        drawer.balance += sign * row.amount;
        same(|| "a movement's place".to_owned(), row.sequence, drawer.movements)?;
        same(|| format!("the balance beside {row:?}"), row.balance, drawer.balance)?;
        same(|| "a movement's time".to_owned(), row.create_time, now)?;
        if let Some(id) = row.reverses_movement_id {
            let original = self.movements.get(&id).ok_or("a reversal of no movement")?;
            let both = (row.register_id, row.shift_id, row.amount);
            same(
                || "what is reversed".to_owned(),
                both,
                (original.register_id, original.shift_id, original.amount),
            )?;
            ensure!(IN.contains(&original.kind) == OUT.contains(&row.kind), "a reversal goes the same way");
            ensure!(
                original.reverses_movement_id.is_none() && self.reversed.insert(id),
                "reversed twice: {row:?}"
            );
        }
        if row.order_id.is_none() && !row.at_opening {
            self.movements.insert(row.id, row.clone());
        }
        let shift = self.shifts.get_mut(&row.shift_id).ok_or("a movement without a shift")?;
        same(|| "a movement's register".to_owned(), row.register_id, shift.row.register_id)?;
        if row.at_opening {
            return Ok(());
        }
        let so_far = shift.counters.entry((6, row.kind.to_string())).or_default();
        so_far[0] += 1;
        so_far[1] += row.amount;
        // What a close takes out was counted before.
        let closing = |(before, after): &Change<shift::Model>| {
            after.id == row.shift_id
                && after.state == CLOSED
                && before.as_ref().is_some_and(|it| it.state != CLOSED)
        };
        let at_close = row.kind == SAFE_DROP && changes.shifts.iter().any(closing);
        let is_count = [OVER, SHORT].contains(&row.kind) || at_close;
        if !is_count {
            shift.expected_cash += sign * row.amount;
            self.made_of_coins(changes, row)?;
        }
        Ok(())
    }

    /// Nothing that coins can't make comes into a drawer or goes out of it, but what takes back what was there before
    /// (a void, a reversal, a transfer that arrives), and what was in it beside its coins.
    fn made_of_coins(&self, changes: &ChangeSet, row: &cash_movement::Model) -> Checked {
        let coin = self.shop().cash_unit;
        let odd = |amount: i64| coin > 0 && amount % coin != 0;
        let is_void = changes.orders.iter().any(|(_, it)| Some(it.id) == row.order_id && it.kind == VOID);
        let takes_back = is_void || row.reverses_movement_id.is_some() || row.kind == TRANSFER_IN;
        let rest_goes = OUT.contains(&row.kind) && row.order_id.is_none() && !odd(row.balance);
        let is_fine = self.shop().small_coins || takes_back || rest_goes || !odd(row.amount);
        ensure!(is_fine, "coins of {coin} can't make {row:?}");
        Ok(())
    }

    pub(super) fn registers(&mut self, changes: &ChangeSet) -> Checked {
        for (_, row) in &changes.registers {
            self.drawers.get_mut(&row.id).ok_or("a register out of nowhere")?.row = row.clone();
        }
        for drawer in self.drawers.values() {
            let row = &drawer.row;
            same(|| format!("the drawer of {}", row.code), row.drawer_balance, drawer.balance)?;
            same(|| format!("the movements of {}", row.code), row.last_movement_sequence, drawer.movements)?;
            same(|| format!("the reports of {}", row.code), row.last_report_sequence, drawer.reports)?;
            let perpetual = [row.perpetual_total, row.perpetual_absolute_total];
            same(|| format!("the perpetual totals of {}", row.code), perpetual, drawer.perpetual)?;
        }
        // A drawer that was counted holds what was left in it.
        for (before, row) in &changes.shifts {
            let counted = before.as_ref().is_some_and(|before| before.left_in_drawer.is_none());
            if let (true, Some(left)) = (counted, row.left_in_drawer) {
                same(
                    || "the drawer after the count".to_owned(),
                    self.drawers[&row.register_id].balance,
                    left,
                )?;
            }
        }
        Ok(())
    }

    /// Cash that is sent is in transit until it comes in once.
    pub(super) fn transfers(&mut self, changes: &ChangeSet) -> Checked {
        for (before, row) in &changes.transfers {
            let of_transfer =
                changes.movements.iter().map(|(_, it)| it).filter(|it| it.transfer_id == Some(row.id));
            let moved: Vec<_> = of_transfer.map(|it| (it.kind, it.amount, it.register_id)).collect();
            match before {
                None => {
                    same(|| "what is sent".to_owned(), moved, vec![(10, row.amount, row.from_register_id)])?;
                    same(|| "the state of what is sent".to_owned(), row.state, 1)?;
                }
                Some(before) => {
                    ensure!(before.state == 1 && row.state != 1, "a transfer is received twice: {row:?}");
                    let to = if row.state == 2 { row.to_register_id } else { row.from_register_id };
                    same(|| "what is received".to_owned(), moved, vec![(11, before.amount, to)])?;
                }
            }
            self.transfers.insert(row.id, row.clone());
        }
        let halves = changes.movements.iter().filter(|(_, row)| row.transfer_id.is_some()).count();
        same(|| "the halves of transfers".to_owned(), halves, changes.transfers.len())
    }
}
