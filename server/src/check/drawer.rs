//! Drawers: every movement as it was recorded, and balances that are their sums.

use std::collections::{HashMap, HashSet};

use kassa_proto::v1::{self as pb, MovementType, TenderType};
use sea_orm::{ColumnTrait as _, Condition};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Stored, Table, key_text, load_next, table_name},
    movement_kinds::sign,
    record::{Unreadable, date, id, money, optional_id, time},
};
use crate::{
    encoding::order::OrderRows,
    store::{
        cell::Cell,
        entity::{
            cash_movement::{Column, Model},
            register, shift,
        },
    },
};

const CHUNK: u64 = 2_000;

/// The movements that the journal has.
#[derive(Default)]
pub struct Drawers {
    sequences: HashMap<Uuid, HashSet<i64>>,
    table: Table<Model>,
}

impl Drawers {
    /// Compares movements with their rows.
    pub fn compare(
        &mut self,
        database: &Inspection,
        line: &mut CheckLine,
        movements: Vec<Model>,
    ) -> Result<(), Failure> {
        for movement in &movements {
            line.examine(1);
            if !self.sequences.entry(movement.register_id).or_default().insert(movement.sequence) {
                line.fault(table_name::<Model>(), row(movement), "stands twice in the journal");
            }
        }
        self.table.compare(database, line, movements)
    }

    /// Looks for movements that the journal does not have, and adds all of them up.
    pub fn add_up(
        &self,
        database: &Inspection,
        line: &mut CheckLine,
        registers: &[Uuid],
    ) -> Result<(), Failure> {
        let known = |key: &[Cell]| match key {
            [register, sequence] => {
                let place = register.id().zip(sequence.number());
                place.is_some_and(|(register, sequence)| {
                    self.sequences.get(&register).is_some_and(|known| known.contains(&sequence))
                })
            }
            _ => false,
        };
        self.table.others(database, line, known)?;
        for register_id in registers {
            Running::new(*register_id).run(database, line)?;
        }
        Ok(())
    }
}

/// A drawer's stored movements while they are added up.
struct Running {
    register_id: Uuid,
    sequence: i64,
    balance: i64,
}

impl Running {
    fn new(register_id: Uuid) -> Self {
        Self { register_id, sequence: 0, balance: 0 }
    }

    fn run(mut self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        loop {
            let of = Condition::all().add(Column::RegisterId.eq(self.register_id));
            let rows = load_next::<Model>(database, of, (Column::Sequence, self.sequence), CHUNK)?;
            let before = self.sequence;
            rows.iter().for_each(|row| self.add(line, row));
            if self.sequence == before {
                return self.compare_register(database, line);
            }
        }
    }

    fn add(&mut self, line: &mut CheckLine, row: &Stored) {
        // A value of another type differs from the journal, which is said there.
        let [Some(sequence), Some(kind), Some(amount), Some(balance)] =
            [Column::Sequence, Column::Kind, Column::Amount, Column::Balance]
                .map(|column| row.get::<Model>(column).number())
        else {
            return;
        };
        let next = self.sequence.saturating_add(1);
        if sequence != next {
            let key = [Cell::of(self.register_id.into()), Cell::Number(next)];
            line.fault(table_name::<Model>(), key_text::<Model>(&key), "is missing");
        }
        let kind = i32::try_from(kind).ok().and_then(|kind| MovementType::try_from(kind).ok());
        let sign = kind.and_then(sign);
        let right = sign.map(|sign| self.balance.saturating_add(amount.saturating_mul(sign)));
        if right != Some(balance) && sequence == next {
            let right =
                right.map_or("no sum, for its kind has no sign".to_owned(), |right| right.to_string());
            let what = format!("balance is {balance}, the movements make it {right}");
            line.fault(table_name::<Model>(), key_text::<Model>(&row.key::<Model>()), what);
        }
        (self.sequence, self.balance) = (sequence, balance);
    }

    fn compare_register(&self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        use register::{Column, Model};
        let of = vec![Condition::all().add(Column::Id.eq(self.register_id))];
        for row in super::compare::load::<Model>(database, of)? {
            for (column, sum) in
                [(Column::DrawerBalance, self.balance), (Column::LastMovementSequence, self.sequence)]
            {
                let cell = row.get::<Model>(column);
                if cell.number() != Some(sum) {
                    let name = sea_orm::IdenStatic::as_str(&column);
                    let what = format!("{name} is {cell}, its movements make it {sum}");
                    line.fault(table_name::<Model>(), self.register_id.to_string(), what);
                }
            }
        }
        Ok(())
    }
}

/// A movement by its place in its drawer's history.
pub fn row(movement: &Model) -> String {
    key_text::<Model>(&[Cell::of(movement.register_id.into()), Cell::Number(movement.sequence)])
}

/// Proves that a sale's movements are its cash: what was handed over, and the change.
pub fn prove_sale(line: &mut CheckLine, rows: &OrderRows, movements: &[Model]) {
    let order = &rows.order;
    let cash = rows.tenders.iter().filter(|tender| tender.kind == i32::from(TenderType::Cash));
    let cash = cash.fold(0, |sum: i64, tender| sum.saturating_add(tender.amount));
    let right: Vec<(i32, i64)> = [(MovementType::SaleCash, cash), (MovementType::Change, order.change)]
        .into_iter()
        .filter(|(_, amount)| *amount > 0)
        .map(|(kind, amount)| (kind.into(), amount))
        .collect();
    prove_movements(line, rows, movements, &right);
}

/// Proves that an order's movements are these kinds and amounts, and its own.
pub fn prove_movements(line: &mut CheckLine, rows: &OrderRows, movements: &[Model], right: &[(i32, i64)]) {
    let order = &rows.order;
    let moved: Vec<(i32, i64)> = movements.iter().map(|movement| (movement.kind, movement.amount)).collect();
    if moved != right {
        line.fault(
            "orders",
            order.id.to_string(),
            format!("moved cash as {moved:?}, its tenders say {right:?}"),
        );
    }
    let place = (order.branch_id, order.register_id, order.shift_id, order.business_date);
    for movement in movements {
        let of = (movement.branch_id, movement.register_id, movement.shift_id, movement.business_date);
        if of != place || movement.order_id != Some(order.id) || movement.at_opening {
            line.fault(
                table_name::<Model>(),
                row(movement),
                "does not belong to the order that it is recorded with",
            );
        }
    }
}

/// Proves that movements that are recorded with a shift are its own.
pub fn prove_of_shift(line: &mut CheckLine, shift: &shift::Model, movements: &[Model]) {
    let place = (shift.branch_id, shift.register_id, shift.id, shift.business_date);
    for movement in movements {
        let of = (movement.branch_id, movement.register_id, movement.shift_id, movement.business_date);
        if of != place || movement.order_id.is_some() || movement.at_opening {
            let what = "does not belong to the shift that it is recorded with";
            line.fault(table_name::<Model>(), row(movement), what);
        }
    }
}

/// Proves that a shift's opening brought the drawer to what was counted.
pub fn prove_opening(line: &mut CheckLine, shift: &shift::Model, movements: &[Model]) {
    let place = (shift.branch_id, shift.register_id, shift.id, shift.business_date);
    for movement in movements {
        let of = (movement.branch_id, movement.register_id, movement.shift_id, movement.business_date);
        if of != place || movement.order_id.is_some() || !movement.at_opening {
            line.fault(
                table_name::<Model>(),
                row(movement),
                "does not belong to the shift that it is recorded with",
            );
        }
    }
    if let Some(last) = movements.last().filter(|last| last.balance != shift.opening_float) {
        let what = format!("balance is {}, the shift counted {}", last.balance, shift.opening_float);
        line.fault(table_name::<Model>(), row(last), what);
    }
}

/// The row of a movement.
pub fn movement_row(movement: &pb::CashMovement) -> Result<Model, Unreadable> {
    let order_id = optional_id(&movement.order_id, "movements.order_id")?;
    Ok(Model {
        register_id: id(&movement.register_id, "movements.register_id")?,
        sequence: movement.sequence,
        id: id(&movement.movement_id, "movements.movement_id")?,
        branch_id: id(&movement.branch_id, "movements.branch_id")?,
        kind: movement.r#type,
        amount: money(movement.amount.as_ref(), "movements.amount")?,
        balance: money(movement.balance.as_ref(), "movements.balance")?,
        shift_id: id(&movement.shift_id, "movements.shift_id")?,
        order_id,
        user_id: id(&movement.user_id, "movements.user_id")?,
        business_date: date(movement.business_date, "movements.business_date")?,
        at_opening: movement.at_opening,
        create_time: time(movement.create_time.as_ref(), "movements.create_time")?,
        reason: movement.reason.clone(),
        reference: movement.reference.clone(),
        transfer_id: optional_id(&movement.transfer_id, "movements.transfer_id")?,
        reverses_movement_id: optional_id(&movement.reverses_movement_id, "movements.reverses_movement_id")?,
    })
}

/// The rows of movements.
pub fn movement_rows(movements: &[pb::CashMovement]) -> Result<Vec<Model>, Unreadable> {
    movements.iter().map(movement_row).collect()
}
