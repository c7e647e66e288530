//! Closing a shift: it is counted, what differs is written down and explained, the drawer is brought to
//! what stays in it, and the Z report is issued. What was sold was checked when it was sold: a close asks
//! for nothing but its counts, and whoever closes a colleague's shift for a grant.

use std::collections::BTreeMap;

use kassa_proto::v1::{
    self as pb, ApprovalAction, DocumentKind, ErrorReason as Reason, MovementType, ShiftCountPurpose,
    TenderType, journal_record::Entry,
};
use prost::Message as _;
use uuid::Uuid;

use super::{
    convert::shift_to_pb,
    counting::{self, Counts, Tally},
    end_shift::{end_read_set, mark_end, shift_closed, shift_of_document},
    owner::{NamedShift, same_version, version},
    report,
};
use crate::{
    access::{
        approvals::{self, Wanted},
        limits,
        scope::{at_its_register, is_owners_or_supervisors},
    },
    amounts::add,
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    counters::{self, Counters},
    drawer::{Movement, convert::movement_to_pb, drop_at_close, move_counted},
    error::Error,
    hashes::sha256,
    input::{self, Amount},
    settings::{currency, shop},
    store::entity::{
        business, cash_movement, register,
        shift::{self, ShiftIndex},
        shift_count::{self, ShiftCountIndex},
        shift_counter::{self, ShiftCounterIndex},
        shift_denomination::{self, ShiftDenominationIndex},
        shift_report, user,
    },
};

const REASON: usize = 500;
const CASH: i32 = TenderType::Cash as i32;
/// Counts of a shift that are kept; who counts more often than that is not looking for the money.
const MOST_COUNTS: i32 = 100;

/// A shift to be counted and closed.
#[derive(Debug)]
pub struct CloseShift(Closing);

/// A shift to be closed by a supervisor, counted or not.
#[derive(Debug)]
pub struct ForceCloseShift(Closing);

/// What both have in common.
#[derive(Debug)]
struct Closing {
    shift: NamedShift,
    expected_version: i64,
    counts: Counts,
    left_in_drawer: Option<Amount>,
    reason: String,
    grant_ids: Vec<Uuid>,
    forced: bool,
}

impl CloseShift {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::CloseShiftRequest) -> Result<Self, Error> {
        Ok(Self(Closing {
            shift: NamedShift::parse(&request.shift_id, &request.register_id)?,
            expected_version: version(request.expected_version)?,
            counts: Counts::parse(request.counts)?,
            left_in_drawer: input::sum(request.left_in_drawer, || "left_in_drawer".to_owned())?,
            reason: input::free_line(request.reason, REASON, || "reason".to_owned())?.trim().to_owned(),
            grant_ids: approvals::parse(&request.grant_ids)?,
            forced: false,
        }))
    }
}

impl ForceCloseShift {
    /// Checks the fields.
    ///
    /// # Errors
    /// As [`CloseShift::parse`].
    pub fn parse(request: pb::ForceCloseShiftRequest) -> Result<Self, Error> {
        if request.expected_version <= 0 {
            return Err(Error::invalid("expected_version", "is required: the version that was read"));
        }
        if request.reason.trim().is_empty() {
            return Err(Error::invalid("reason", "is required"));
        }
        let id = input::required_id(&request.shift_id, || "shift_id".to_owned())?;
        Ok(Self(Closing {
            shift: NamedShift::of_id(id),
            expected_version: request.expected_version,
            counts: Counts::parse(request.counts)?,
            left_in_drawer: input::sum(request.left_in_drawer, || "left_in_drawer".to_owned())?,
            reason: input::free_line(request.reason, REASON, || "reason".to_owned())?.trim().to_owned(),
            grant_ids: Vec::new(),
            forced: true,
        }))
    }
}

impl Posting for CloseShift {
    const METHOD: &'static str = "kassa.v1.Shifts/CloseShift";
    type Reply = pb::CloseShiftResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.0.read_set(known, caller, read_set);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let closed = match self.0.close(books, context)? {
            Outcome::Closed(closed) => closed,
            Outcome::CountKept(error) => return Ok(Decision::RejectedAndCommitted(error)),
        };
        Ok(Decision::Done(pb::CloseShiftResponse { shift: Some(closed.shift), report: Some(closed.report) }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let (shift, report) = (shift_of_document(books, document.id)?, report::issued(books, document.id)?);
        Ok(pb::CloseShiftResponse { shift: Some(shift), report: Some(report) })
    }
}

impl Posting for ForceCloseShift {
    const METHOD: &'static str = "kassa.v1.Shifts/ForceCloseShift";
    type Reply = pb::ForceCloseShiftResponse;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.0.read_set(known, caller, read_set);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let closed = match self.0.close(books, context)? {
            Outcome::Closed(closed) => closed,
            Outcome::CountKept(error) => return Ok(Decision::RejectedAndCommitted(error)),
        };
        Ok(Decision::Done(pb::ForceCloseShiftResponse {
            shift: Some(closed.shift),
            report: Some(closed.report),
        }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let (shift, report) = (shift_of_document(books, document.id)?, report::issued(books, document.id)?);
        Ok(pb::ForceCloseShiftResponse { shift: Some(shift), report: Some(report) })
    }
}

/// What became of a close.
enum Outcome {
    /// It is done.
    Closed(Box<Closed>),
    /// It is refused, and the count that was made is kept.
    CountKept(Error),
}

/// A shift that is closed.
struct Closed {
    shift: pb::Shift,
    report: pb::ShiftReport,
}

/// The cash at a close.
struct Cash {
    /// What was counted, if it ever was.
    counted: Option<i64>,
    /// What stays in the drawer.
    left: Option<i64>,
    /// Whether the drawer was brought to the count before, at the next shift's opening.
    settled: bool,
}

impl Closing {
    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        approvals::read_set(&self.grant_ids, known, caller, read_set);
        self.shift.read_set(known, caller, read_set);
        let Some(shift) = self.shift.known(known, caller) else { return };
        end_read_set(known, shift, read_set);
        read_set.all::<shift_count::Model>(ShiftCountIndex::Shift(shift.id));
        read_set.all::<shift_denomination::Model>(ShiftDenominationIndex::Shift(shift.id));
        read_set.row::<shift_report::Model>((shift.id, 0));
        let users = [Some(caller.user_id), Some(shift.user_id), shift.opened_by_user_id];
        users.into_iter().flatten().for_each(|user| read_set.row::<user::Model>(user));
    }

    fn close(&self, books: &mut WorkingSet, context: &Context) -> Result<Outcome, Stop> {
        let caller = context.caller;
        let business = shop(books, caller)?.clone();
        let currency = currency(&business)?;
        let shift = self.shift.unclosed(books, caller)?.clone();
        let wanted = needed_grant(caller, &shift)?;
        if let Some(wanted) = &wanted {
            if shift.close_time.is_some() {
                return Err(shift_closed(&shift).into());
            }
            // Whoever may not close it does not count it either. Only the close itself uses the grant up.
            approvals::find(books, context, &self.grant_ids, wanted)?;
        }
        let tally = self.counts.tally(currency.code())?;
        if self.forced {
            // Of two at once, one closes and the other sees another version.
            same_version(self.expected_version, &shift)?;
        }
        if shift.close_time.is_some() {
            return self.same_close(books, &shift, &tally, currency.code());
        }
        same_version(self.expected_version, &shift)?;
        let cash = self.cash(&shift, &tally, currency.code())?;
        let rows = books.find::<shift_counter::Model>(&ShiftCounterIndex::Shift(shift.id))?;
        let expected = counting::expected(&shift, &counters::of_rows(rows));
        if !self.forced && self.reason.is_empty() {
            let limit = limits::of(books, caller.business_id, caller.role)?.most_variance;
            if let Some(error) = unexplained(&tally, &expected, limit, business.blind_close) {
                return self.refuse(books, context, &shift, (&tally, &expected), error);
            }
        }
        let approval = wanted.map(|wanted| approvals::consume(books, context, &self.grant_ids, &wanted));
        self.settle(books, context, &shift, (&tally, &expected, &cash), approval.transpose()?)
    }

    /// The close once more: the first result for the same counts, and nothing else.
    fn same_close(
        &self,
        books: &mut WorkingSet,
        shift: &shift::Model,
        tally: &Tally,
        currency: &str,
    ) -> Result<Outcome, Stop> {
        let left = self.left_in_drawer(currency)?;
        let first = counting::last_tally(books, shift.id, ShiftCountPurpose::Close)?.unwrap_or_default();
        let same_left = left.is_none_or(|left| Some(left) == shift.left_in_drawer);
        if self.forced || &first != tally || !same_left {
            return Err(shift_closed(shift).into());
        }
        let (id, report) = (shift.id, report::issued(books, shift.id)?);
        // It was recorded then.
        books.note_document(Document { kind: DocumentKind::Shift, id });
        Ok(Outcome::Closed(Box::new(Closed { shift: shift_of_document(books, id)?, report })))
    }

    fn left_in_drawer(&self, currency: &str) -> Result<Option<i64>, Error> {
        let left = self.left_in_drawer.as_ref();
        left.map(|left| left.in_currency(currency, || "left_in_drawer".to_owned())).transpose()
    }

    /// What is to happen to the cash.
    fn cash(&self, shift: &shift::Model, tally: &Tally, currency: &str) -> Result<Cash, Error> {
        let left = self.left_in_drawer(currency)?;
        let counted = tally.tenders.get(&CASH).copied();
        if let Some(settled) = shift.counted_cash {
            // The next shift's opening counted this drawer, and sells from it already.
            if counted.is_some_and(|counted| counted != settled) || left.is_some_and(|left| left != settled) {
                let what = "the drawer was counted when the next shift was opened; leave the cash out";
                return Err(Error::invalid("counts", what));
            }
            return Ok(Cash { counted: Some(settled), left: Some(settled), settled: true });
        }
        let Some(counted) = counted else {
            if self.forced && left.is_none() {
                return Ok(Cash { counted: None, left: None, settled: false });
            }
            return Err(Error::invalid("counts", "has no count of the cash; it is 0 if the drawer is empty"));
        };
        let left = left.unwrap_or(counted);
        if left > counted {
            return Err(Error::invalid("left_in_drawer", "is more than was counted"));
        }
        Ok(Cash { counted: Some(counted), left: Some(left), settled: false })
    }

    /// Keeps the count, and refuses the close.
    fn refuse(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        shift: &shift::Model,
        (tally, expected): (&Tally, &BTreeMap<i32, i64>),
        error: Error,
    ) -> Result<Outcome, Stop> {
        if shift.count_attempts >= MOST_COUNTS {
            return Err(error.into());
        }
        let currency = currency(shop(books, context.caller)?)?;
        let purpose = ShiftCountPurpose::RefusedClose;
        let rows = counting::write_down(books, context, shift.id, purpose, (tally, expected))?;
        let missing = || Error::internal("the shift that was counted is gone");
        let counted = books.require::<shift::Model>(&shift.id, missing)?;
        let entry = Entry::ShiftCounted(pb::ShiftCountedEntry {
            shift: Some(shift_to_pb(counted, currency)),
            count: counting::count_to_pb(&rows, &tally.denominations, currency),
        });
        journal::append(books, context, shift.register_id, entry)?;
        Ok(Outcome::CountKept(error))
    }

    /// Ends the shift if it is open, writes the counts down, brings the drawer to what stays in it, and
    /// issues the report.
    fn settle(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        shift: &shift::Model,
        (tally, expected, cash): (&Tally, &BTreeMap<i32, i64>, &Cash),
        approval: Option<pb::Approval>,
    ) -> Result<Outcome, Stop> {
        let currency = currency(shop(books, context.caller)?)?;
        let mut movements = Vec::new();
        if shift.state == shift::OPEN {
            movements.push(mark_end(books, context, shift.id)?.1);
        }
        let mut count = None;
        if !tally.tenders.is_empty() {
            let of = (tally, expected);
            let rows = counting::write_down(books, context, shift.id, ShiftCountPurpose::Close, of)?;
            count = counting::count_to_pb(&rows, &tally.denominations, currency);
        }
        let mut to_safe = 0;
        if let (Some(counted), Some(left), false) = (cash.counted, cash.left, cash.settled) {
            movements.extend(bring_drawer_to(books, context, shift, counted)?);
            to_safe = counted.saturating_sub(left);
            if to_safe > 0 {
                movements.push(drop_at_close(books, context, shift, to_safe)?);
            }
        }
        let shift = books.update::<shift::Model, _>(&shift.id, |shift| {
            shift.state = pb::ShiftState::Closed.into();
            shift.version = shift.version.saturating_add(1);
            shift.close_time = Some(to_micros(context.now));
            shift.closed_by_user_id = Some(context.caller.user_id);
            shift.forced = self.forced;
            shift.close_reason.clone_from(&self.reason);
            shift.counted_cash = cash.counted;
            shift.left_in_drawer = cash.left;
            shift.to_safe = to_safe;
            Ok(shift.clone())
        })?;
        let report = self.issue(books, context, &shift, tally)?;
        let document = report.encode_to_vec();
        books.insert(shift_report::Model {
            shift_id: shift.id,
            supplement: 0,
            register_id: shift.register_id,
            sequence: report.sequence,
            document_sha256: sha256(&document),
            document: document.clone(),
        })?;
        let as_closed = shift_to_pb(&shift, currency);
        let entry = Entry::ShiftClosed(pb::ShiftClosedEntry {
            shift: Some(as_closed.clone()),
            count,
            movements: movements.iter().map(|row| movement_to_pb(row, currency)).collect(),
            report: document,
            approvals: approval.into_iter().collect(),
        });
        journal::append(books, context, shift.register_id, entry)?;
        Ok(Outcome::Closed(Box::new(Closed { shift: as_closed, report })))
    }

    /// The Z: the next of its register.
    fn issue(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        shift: &shift::Model,
        tally: &Tally,
    ) -> Result<pb::ShiftReport, Stop> {
        let (gross, back) = (shift.sales_total, add(shift.returns_total, shift.voids_total)?);
        let register = books.update::<register::Model, _>(&shift.register_id, |register| {
            register.last_report_sequence = register.last_report_sequence.saturating_add(1);
            register.perpetual_total = add(register.perpetual_total, gross.saturating_sub(back))?;
            register.perpetual_absolute_total = add(register.perpetual_absolute_total, add(gross, back)?)?;
            Ok(register.clone())
        })?;
        let rows = books.find::<shift_counter::Model>(&ShiftCounterIndex::Shift(shift.id))?;
        let counters: Counters = counters::of_rows(rows);
        let currency = currency(shop(books, context.caller)?)?;
        let names = report::Names::find(books, shift)?;
        let mut report = report::figures(shift, &counters, &tally.tenders, currency);
        names.write(&mut report);
        report::make_z(&mut report, &register, currency);
        Ok(report)
    }
}

/// What has to be granted for a close; nothing if the shift is the caller's to close.
fn needed_grant(caller: &Caller, shift: &shift::Model) -> Result<Option<Wanted<'static>>, Error> {
    at_its_register(caller, shift.register_id)?;
    // Whoever closed it with a grant may ask again what became of it.
    if is_owners_or_supervisors(caller, shift) || shift.closed_by_user_id == Some(caller.user_id) {
        return Ok(None);
    }
    Ok(Some(Wanted {
        action: ApprovalAction::CloseShift,
        order_id: Some(shift.id),
        document_id: shift.id,
        ..Wanted::default()
    }))
}

/// Brings the drawer to what was counted in it: a difference is an OVER or a SHORT of the shift.
///
/// # Errors
/// [`Stop::MissingRows`] if the register or the shift's counters are not loaded.
pub fn bring_drawer_to(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    counted: i64,
) -> Result<Option<cash_movement::Model>, Stop> {
    let missing = || Error::internal("the shift's register is gone");
    let register = books.require::<register::Model>(&shift.register_id, missing)?;
    let difference = counted.saturating_sub(register.drawer_balance);
    let kind = match difference {
        0 => return Ok(None),
        1.. => MovementType::Over,
        _ => MovementType::Short,
    };
    let amount = difference.saturating_abs();
    move_counted(books, context, shift, Movement { kind, amount, ..Movement::default() }).map(Some)
}

/// Why the counts can't be taken without a reason, if they can't. Tender types are never netted.
fn unexplained(tally: &Tally, expected: &BTreeMap<i32, i64>, limit: i64, blind: bool) -> Option<Error> {
    let variance =
        |kind: &i32, counted: i64| counted.saturating_sub(expected.get(kind).copied().unwrap_or_default());
    let differing: Vec<(i32, i64)> = tally
        .tenders
        .iter()
        .map(|(kind, counted)| (*kind, variance(kind, *counted)))
        .filter(|(_, variance)| !limits::within(variance.saturating_abs(), limit))
        .collect();
    let (first, variance) = *differing.first()?;
    let names: Vec<&str> = differing.iter().map(|(kind, _)| tender(*kind)).collect();
    let message = format!("the count of {} differs; count again, or give a reason", names.join(" and "));
    let error = Error::new(Reason::VarianceReasonRequired, message).field("reason", "is required");
    let error = error.with("tender", tender(first));
    // Who counts blind learns that it differs, and not by how much.
    Some(if blind { error } else { error.with("variance_minor", variance) })
}

fn tender(kind: i32) -> &'static str {
    let name = TenderType::try_from(kind).unwrap_or_default().as_str_name();
    name.trim_start_matches("TENDER_TYPE_")
}

/// Names what [`count_at_next_opening`] needs.
pub fn next_opening_read_set(known: &WorkingSet, register_id: Uuid, read_set: &mut ReadSet) {
    let uncounted = ShiftIndex::UncountedOn(register_id);
    if let Some(shift) = known.known_all::<shift::Model>(&uncounted).into_iter().next() {
        counters::read_set(shift.id, read_set);
    }
    read_set.all::<shift::Model>(uncounted);
}

/// The count of a shift that ended uncounted, made when the next one is opened: its drawer is brought to
/// the count, and all of it stays in.
///
/// # Errors
/// As [`bring_drawer_to`].
pub fn count_at_next_opening(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    counted: i64,
) -> Result<(shift::Model, pb::ShiftCount, Vec<cash_movement::Model>), Stop> {
    let currency = currency(shop(books, context.caller)?)?;
    let tally = Tally { tenders: BTreeMap::from([(CASH, counted)]), denominations: BTreeMap::new() };
    let expected = BTreeMap::from([(CASH, shift.expected_cash)]);
    let purpose = ShiftCountPurpose::NextOpening;
    let rows = counting::write_down(books, context, shift.id, purpose, (&tally, &expected))?;
    let movements = bring_drawer_to(books, context, shift, counted)?;
    let shift = books.update::<shift::Model, _>(&shift.id, |shift| {
        shift.version = shift.version.saturating_add(1);
        shift.counted_cash = Some(counted);
        shift.left_in_drawer = Some(counted);
        Ok(shift.clone())
    })?;
    let count = counting::count_to_pb(&rows, &tally.denominations, currency).unwrap_or_default();
    Ok((shift, count, movements.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{JournalKind, Role};

    use super::*;
    use crate::{
        books::testing::TestShop,
        shifts::{end_shift::EndShift, hand_over_shift::HandOverShift, open_shift::OpenShift},
    };

    fn money(minor: i64) -> Option<pb::Money> {
        Some(pb::Money { amount_minor: minor, ..Default::default() })
    }

    fn cash(minor: i64) -> Vec<pb::TenderCount> {
        vec![pb::TenderCount { r#type: CASH, amount: money(minor), ..Default::default() }]
    }

    fn closing(counted: i64, reason: &str) -> CloseShift {
        let reason = reason.to_owned();
        CloseShift::parse(pb::CloseShiftRequest { counts: cash(counted), reason, ..Default::default() })
            .unwrap()
    }

    fn force(version: i64) -> ForceCloseShift {
        ForceCloseShift::parse(pb::ForceCloseShiftRequest {
            shift_id: Uuid::from_u128(6).to_string(),
            expected_version: version,
            reason: "went home".to_owned(),
            ..Default::default()
        })
        .unwrap()
    }

    fn kinds(shop: &TestShop) -> Vec<MovementType> {
        let Entry::ShiftClosed(entry) = shop.last_entry(JournalKind::Shifts) else { panic!("no close") };
        entry.movements.iter().map(pb::CashMovement::r#type).collect()
    }

    #[test]
    fn a_close_names_all_it_needs_and_settles_the_drawer() {
        let mut shop = TestShop::with_shift();
        let request = pb::CloseShiftRequest {
            counts: cash(101_00),
            left_in_drawer: money(40_00),
            reason: "found one".to_owned(),
            ..Default::default()
        };
        let closed = shop.decide(&CloseShift::parse(request).unwrap()).unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        assert_eq!(kinds(&shop), [MovementType::ShiftEnd, MovementType::Over, MovementType::SafeDrop]);
        let register: &register::Model = shop.row(&shop.caller.register_id);
        assert_eq!((register.drawer_balance, register.last_report_sequence), (40_00, 1));
        let cash = &closed.report.unwrap().tenders[0];
        assert_eq!((&cash.expected, &cash.variance), (&money_usd(100_00), &money_usd(1_00)));
    }

    fn money_usd(minor: i64) -> Option<pb::Money> {
        Some(pb::Money { currency_code: "USD".to_owned(), amount_minor: minor })
    }

    #[test]
    fn a_refused_count_is_kept_and_the_shift_sells_on() {
        let mut shop = TestShop::with_shift();
        let refused = shop.decide(&closing(99_00, "")).unwrap_err();
        assert_eq!(refused.reason(), Reason::VarianceReasonRequired);
        let shift: &shift::Model = shop.row(&Uuid::from_u128(6));
        assert_eq!((shift.state, shift.count_attempts, shift.version), (shift::OPEN, 1, 1));
        let count: &shift_count::Model = shop.row(&(Uuid::from_u128(6), 1, CASH));
        assert_eq!((count.expected, count.counted), (100_00, 99_00));
        shop.decide(&closing(99_00, "a note is missing")).unwrap();
        assert_eq!(kinds(&shop), [MovementType::ShiftEnd, MovementType::Short]);
    }

    #[test]
    fn who_counts_blind_is_not_told_by_how_much_it_differs() {
        let mut shop = TestShop::with_shift();
        let business = shop.caller.business_id;
        shop.change::<business::Model>(&business, |business| business.blind_close = true);
        let refused = shop.decide(&closing(99_00, "")).unwrap_err();
        assert!(!format!("{refused:?}").contains("variance_minor"), "{refused:?}");
    }

    #[test]
    fn a_forced_close_invents_nothing_and_comes_once() {
        let mut shop = TestShop::with_shift();
        assert_eq!(shop.decide(&force(7)).unwrap_err().reason(), Reason::VersionMismatch);
        let closed = shop.decide(&force(1)).unwrap().shift.unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        assert_eq!((closed.counted_cash, closed.left_in_drawer, closed.forced), (None, None, true));
        assert_eq!(kinds(&shop), [MovementType::ShiftEnd]);
        assert_eq!(shop.decide(&force(1)).unwrap_err().reason(), Reason::VersionMismatch);
        assert_eq!(shop.decide(&force(closed.version)).unwrap_err().reason(), Reason::ShiftClosed);
    }

    #[test]
    fn a_colleague_without_a_supervisors_role_is_refused() {
        let mut shop = TestShop::with_shift();
        shop.caller.user_id = Uuid::from_u128(77);
        shop.caller.role = Role::Cashier;
        assert_eq!(shop.decide(&closing(100_00, "")).unwrap_err().reason(), Reason::ApprovalRequired);
        let end = EndShift::parse(pb::EndShiftRequest::default()).unwrap();
        assert_eq!(shop.decide(&end).unwrap_err().reason(), Reason::NotYourShift);
        let give = HandOverShift::parse(pb::HandOverShiftRequest {
            to_user_id: Uuid::from_u128(77).to_string(),
            ..Default::default()
        });
        assert_eq!(shop.decide(&give.unwrap()).unwrap_err().reason(), Reason::NotYourShift);
    }

    #[test]
    fn the_next_opening_counts_what_ended_uncounted() {
        let mut shop = TestShop::with_shift();
        shop.decide(&EndShift::parse(pb::EndShiftRequest::default()).unwrap()).unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        let open = |float: Option<pb::Money>| {
            OpenShift::parse(pb::OpenShiftRequest { opening_float: float, ..Default::default() }).unwrap()
        };
        assert_eq!(shop.decide(&open(None)).unwrap_err().reason(), Reason::CountRequired);
        shop.decide(&open(money(98_00))).unwrap();
        let shift: &shift::Model = shop.row(&Uuid::from_u128(6));
        assert_eq!((shift.counted_cash, shift.left_in_drawer), (Some(98_00), Some(98_00)));
        let Entry::ShiftOpened(opened) = shop.last_entry(JournalKind::Shifts) else { panic!("no opening") };
        assert_eq!(opened.movements[0].shift_id, shift.id.to_string(), "the difference is the old shift's");
        // The old one is closed without touching the drawer of the new one.
        let close = CloseShift::parse(pb::CloseShiftRequest {
            shift_id: shift.id.to_string(),
            reason: "counted in the morning".to_owned(),
            ..Default::default()
        });
        shop.decide(&close.unwrap()).unwrap();
        assert_eq!(kinds(&shop), []);
        assert_eq!(shop.row::<register::Model>(&shop.caller.register_id).drawer_balance, 98_00);
    }
}
