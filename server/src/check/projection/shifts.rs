//! What a shift's records are to the nouns.

use kassa_proto::v1::{self as pb, DocumentKind};
use uuid::Uuid;

use crate::check::{
    Lines,
    drawer::{self, movement_rows},
    numbers::{Numbered, of_register},
    projection::{ChunkRows, Projection},
    record::Unreadable,
    shifts::shift_row,
};

impl Projection {
    pub(super) fn shift_opened(
        &mut self,
        lines: &mut Lines,
        entry: &pb::ShiftOpenedEntry,
        rows_of_chunk: &mut ChunkRows,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let shift = entry.shift.as_ref().ok_or_else(|| Unreadable::new("shift", "is missing"))?;
        let shift = shift_row(shift)?;
        let movements = movement_rows(&entry.movements)?;
        match &entry.counted_shift {
            None => drawer::prove_opening(&mut lines.drawer, &shift, &movements),
            Some(counted) => {
                let counted = shift_row(counted)?;
                drawer::prove_of_shift(&mut lines.drawer, &counted, &movements);
                self.shifts.changed(&mut lines.shifts, counted, entry.count.as_ref())?;
            }
        }
        let number = Numbered {
            table: "shifts",
            id: shift.id,
            prefix: of_register::SHIFTS,
            owner_id: shift.register_id,
            owner_code: self.shop.register_code(shift.register_id).unwrap_or_default(),
            business_date: shift.business_date,
            number: &shift.number,
        };
        self.numbers.issued(&mut lines.numbers, &number);
        let id = shift.id;
        self.shifts.opened(&mut lines.shifts, shift);
        self.moved(movements, rows_of_chunk);
        Ok((DocumentKind::Shift, id))
    }

    /// A shift was handed over, has ended, or was counted.
    pub(super) fn shift_changed(
        &mut self,
        lines: &mut Lines,
        shift: Option<&pb::Shift>,
        count: Option<&pb::ShiftCount>,
        moved: &[pb::CashMovement],
        rows_of_chunk: &mut ChunkRows,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let shift = shift_row(shift.ok_or_else(|| Unreadable::new("shift", "is missing"))?)?;
        let movements = movement_rows(moved)?;
        drawer::prove_of_shift(&mut lines.drawer, &shift, &movements);
        let id = shift.id;
        self.shifts.changed(&mut lines.shifts, shift, count)?;
        self.moved(movements, rows_of_chunk);
        Ok((DocumentKind::Shift, id))
    }

    pub(super) fn shift_closed(
        &mut self,
        lines: &mut Lines,
        entry: &pb::ShiftClosedEntry,
        rows_of_chunk: &mut ChunkRows,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let (shift, count) = (entry.shift.as_ref(), entry.count.as_ref());
        let closed = self.shift_changed(lines, shift, count, &entry.movements, rows_of_chunk)?;
        for movement in &entry.movements {
            self.shifts.dropped_at_close(movement);
        }
        self.shifts.reported(&mut lines.shifts, closed.1, entry)?;
        Ok(closed)
    }
}
