//! Shifts from their opening to their count.

use kassa_proto::v1::{self as pb, ApprovalAction as Action, ErrorReason as Reason};

use super::{Judge, Verdict, Wanted, expected, id, is_within, no};
use crate::model::ledger::{CASH, CLOSED, ENDED, OPEN, Shift, minor};

/// How a shift is to be closed.
pub(super) struct Closing<'a> {
    pub(super) version: i64,
    pub(super) counts: &'a [pb::TenderCount],
    pub(super) left: Option<&'a pb::Money>,
    pub(super) reason: &'a str,
    pub(super) forced: bool,
    pub(super) grant_ids: &'a [String],
}

impl<'a> Judge<'a> {
    pub(super) fn open(&self, message: &pb::OpenShiftRequest) -> Verdict {
        let register = self.register(&message.register_id)?;
        self.stands_at(register)?;
        if self.ledger.shift_on(register, OPEN).is_some() {
            return Ok(());
        }
        if self.ledger.shift_of(self.caller.user_id).is_some() {
            return no(Reason::UserHasOpenShift);
        }
        if id(&message.shift_id).is_some_and(|id| self.ledger.shifts.contains_key(&id)) {
            return no(Reason::ShiftExists);
        }
        if message.opening_float.is_none() && self.ledger.shift_on(register, ENDED).is_some() {
            return no(Reason::CountRequired);
        }
        Ok(())
    }

    pub(super) fn end(&self, message: &pb::EndShiftRequest) -> Verdict {
        let shift = self.shift(&message.shift_id, &message.register_id, true)?;
        self.may(shift)?;
        match shift.row.state {
            CLOSED => no(Reason::ShiftClosed),
            ENDED => Ok(()),
            _ => self.version(message.expected_version, shift),
        }
    }

    pub(super) fn close(&self, shift: Result<&Shift, Option<Reason>>, closing: &Closing) -> Option<Verdict> {
        let shift = match shift {
            Ok(shift) => shift,
            Err(reason) => return Some(Err(reason)),
        };
        if let Err(reason) = self.stands_at(shift.row.register_id) {
            return Some(Err(reason));
        }
        let closed_it = shift.row.closed_by_user_id == Some(self.caller.user_id);
        if !self.answers_for(shift) && !closed_it {
            if shift.row.state == CLOSED {
                return Some(no(Reason::ShiftClosed));
            }
            let of = Some(shift.row.id);
            let wanted = Wanted { action: Action::CloseShift, of, movement: None, amount: 0 };
            if let Err(reason) = self.granted(closing.grant_ids, wanted) {
                return Some(Err(reason));
            }
        }
        if shift.row.state == CLOSED {
            if !closing.forced {
                // The same once more, or another: `Play` knows.
                return None;
            }
            let other = self.version(closing.version, shift).and(no(Reason::ShiftClosed));
            return Some(other);
        }
        Some(self.version(closing.version, shift).and_then(|()| self.counted(shift, closing)))
    }

    pub(super) fn counted(&self, shift: &Shift, closing: &Closing) -> Verdict {
        let cash = closing.counts.iter().find(|it| it.r#type == CASH).map(|it| minor(&it.amount));
        let left = closing.left.map(|money| money.amount_minor);
        match (shift.row.counted_cash, cash) {
            (Some(settled), _) => {
                if [cash, left].into_iter().flatten().any(|it| it != settled) {
                    return no(Reason::InvalidField);
                }
            }
            (None, None) if closing.forced && left.is_none() => {}
            (None, None) => return no(Reason::InvalidField),
            (None, Some(cash)) if left.is_some_and(|left| left > cash) => return no(Reason::InvalidField),
            (None, Some(_)) => {}
        }
        let most = self.limits().most_variance;
        let differs = |count: &pb::TenderCount| {
            !is_within((minor(&count.amount) - expected(shift, count.r#type)).abs(), most)
        };
        if !closing.forced && closing.reason.trim().is_empty() && closing.counts.iter().any(differs) {
            return no(Reason::VarianceReasonRequired);
        }
        Ok(())
    }

    pub(super) fn hand_over(&self, message: &pb::HandOverShiftRequest) -> Verdict {
        let shift = self.shift(&message.shift_id, &message.register_id, false)?;
        self.may(shift)?;
        if shift.row.state != OPEN {
            return no(Reason::ShiftEnded);
        }
        self.version(message.expected_version, shift)?;
        let to = id(&message.to_user_id).filter(|id| self.people.iter().any(|(user, _)| user == id));
        match to {
            None => no(Reason::UserNotFound),
            Some(to) if to == shift.row.user_id => no(Reason::InvalidField),
            Some(to) if self.ledger.shift_of(to).is_some() => no(Reason::UserHasOpenShift),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn activity(&self, message: &pb::RecordActivityRequest) -> Verdict {
        let shift = self.shift(&message.shift_id, &message.register_id, false)?;
        self.may(shift)?;
        if shift.row.state == OPEN { Ok(()) } else { no(Reason::ShiftEnded) }
    }
}
