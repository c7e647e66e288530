//! Counting a shift: what was there of each tender type, beside what should have been.

use std::collections::{BTreeMap, BTreeSet};

use kassa_proto::{
    money::{Currency, MAX_SUM_MINOR},
    v1::{self as pb, ShiftCountPurpose, TenderType},
};
use uuid::Uuid;

use crate::{
    books::{Context, Stop, WorkingSet},
    clock::to_micros,
    counters::Counters,
    encoding::{counter::Counter, time::stored_timestamp},
    error::Error,
    input::{self, Amount},
    store::entity::{
        shift,
        shift_count::{self, ShiftCountIndex},
        shift_denomination::{self, ShiftDenominationIndex},
    },
};

const MOST_DENOMINATIONS: usize = 50;
const MOST_PIECES: i64 = 1_000_000;
const CASH: i32 = TenderType::Cash as i32;

/// What somebody counted, with its fields checked.
#[derive(Clone, Debug)]
pub struct Counts(Vec<Counted>);

/// What somebody counted of one tender type.
#[derive(Clone, Debug)]
struct Counted {
    kind: i32,
    amount: Amount,
    denominations: Vec<(Amount, i64)>,
}

/// What was counted, in the shop's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// By tender type.
    pub tenders: BTreeMap<i32, i64>,
    /// Coins and notes by their value.
    pub denominations: BTreeMap<i64, i64>,
}

impl Counts {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW` with the field's path.
    pub fn parse(counts: Vec<pb::TenderCount>) -> Result<Self, Error> {
        let mut kinds = BTreeSet::new();
        let counts = counts.into_iter().enumerate().map(|(number, count)| {
            let path = |field: &str| format!("counts[{number}].{field}");
            let kind = count.r#type();
            if kind == TenderType::Unspecified {
                return Err(Error::invalid(path("type"), "is required"));
            }
            if !kinds.insert(i32::from(kind)) {
                return Err(Error::invalid(path("type"), "is counted twice"));
            }
            if kind != TenderType::Cash && !count.denominations.is_empty() {
                return Err(Error::invalid(path("denominations"), "are for TENDER_TYPE_CASH only"));
            }
            let amount = input::required_sum(count.amount, || path("amount"))?;
            let denominations = denominations(count.denominations, &amount, number)?;
            Ok(Counted { kind: kind.into(), amount, denominations })
        });
        counts.collect::<Result<_, _>>().map(Self)
    }

    /// A count of the drawer alone.
    pub fn of_cash(amount: Amount) -> Self {
        Self(vec![Counted { kind: CASH, amount, denominations: Vec::new() }])
    }

    /// What was counted, if it is in the shop's currency.
    ///
    /// # Errors
    /// `CURRENCY_MISMATCH`.
    pub fn tally(&self, currency: &str) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        for (number, count) in self.0.iter().enumerate() {
            let amount = count.amount.in_currency(currency, || format!("counts[{number}].amount"))?;
            tally.tenders.insert(count.kind, amount);
            for (value, pieces) in &count.denominations {
                let value =
                    value.in_currency(currency, || format!("counts[{number}].denominations[].value"))?;
                tally.denominations.insert(value, *pieces);
            }
        }
        Ok(tally)
    }
}

fn denominations(
    denominations: Vec<pb::Denomination>,
    amount: &Amount,
    number: usize,
) -> Result<Vec<(Amount, i64)>, Error> {
    let path = format!("counts[{number}].denominations");
    input::at_most(&denominations, MOST_DENOMINATIONS, &path)?;
    let (mut counted, mut values, mut sum) = (Vec::new(), BTreeSet::new(), 0_i64);
    for (place, denomination) in denominations.into_iter().enumerate() {
        let path = |field: &str| format!("{path}[{place}].{field}");
        let value = input::required_amount(denomination.value, || path("value"))?;
        if value.minor == 0 || !values.insert(value.minor) {
            return Err(Error::invalid(path("value"), "must be more than zero, and each value once"));
        }
        if !(0..=MOST_PIECES).contains(&denomination.pieces) {
            return Err(Error::invalid(path("pieces"), "must be 0 to 1,000,000"));
        }
        let worth = value.minor.checked_mul(denomination.pieces).and_then(|worth| sum.checked_add(worth));
        sum = worth
            .filter(|sum| *sum <= MAX_SUM_MINOR)
            .ok_or_else(|| Error::beyond(MAX_SUM_MINOR, path("pieces")))?;
        counted.push((value, denomination.pieces));
    }
    if !counted.is_empty() && sum != amount.minor {
        return Err(Error::invalid(path, "do not make up the amount"));
    }
    Ok(counted)
}

/// What should be there of each tender type that was used, and always of cash.
pub fn expected(shift: &shift::Model, counters: &Counters) -> BTreeMap<i32, i64> {
    let mut expected = BTreeMap::new();
    for (counter, figures) in counters {
        match counter {
            Counter::TenderIn(kind) => {
                let sum: &mut i64 = expected.entry(*kind).or_default();
                *sum = sum.saturating_add(figures.amount);
            }
            Counter::TenderOut(kind) => {
                let sum: &mut i64 = expected.entry(*kind).or_default();
                *sum = sum.saturating_sub(figures.amount);
            }
            _ => {}
        }
    }
    // What moved through the drawer besides sales counts, too.
    expected.insert(CASH, shift.expected_cash);
    expected
}

/// Writes a count down beside what was expected. Counts are only ever added.
///
/// # Errors
/// [`Stop::MissingRows`] if the shift is not loaded.
pub fn write_down(
    books: &mut WorkingSet,
    context: &Context,
    shift_id: Uuid,
    purpose: ShiftCountPurpose,
    (tally, expected): (&Tally, &BTreeMap<i32, i64>),
) -> Result<Vec<shift_count::Model>, Stop> {
    let attempt = books.update::<shift::Model, _>(&shift_id, |shift| {
        shift.count_attempts = shift.count_attempts.saturating_add(1);
        Ok(shift.count_attempts)
    })?;
    let mut rows = Vec::with_capacity(tally.tenders.len());
    for (kind, counted) in &tally.tenders {
        let row = shift_count::Model {
            shift_id,
            attempt,
            tender_kind: *kind,
            purpose: purpose.into(),
            expected: expected.get(kind).copied().unwrap_or_default(),
            counted: *counted,
            user_id: context.caller.user_id,
            create_time: to_micros(context.now),
        };
        books.insert(row.clone())?;
        rows.push(row);
    }
    for (value, pieces) in &tally.denominations {
        let (value, pieces) = (*value, *pieces);
        books.insert(shift_denomination::Model { shift_id, attempt, value, pieces })?;
    }
    Ok(rows)
}

/// What the last count of a shift for a purpose found.
///
/// # Errors
/// [`Stop::MissingRows`] if the shift's counts are not loaded.
pub fn last_tally(
    books: &WorkingSet,
    shift_id: Uuid,
    purpose: ShiftCountPurpose,
) -> Result<Option<Tally>, Stop> {
    let counts = books.find::<shift_count::Model>(&ShiftCountIndex::Shift(shift_id))?;
    let denominations = books.find::<shift_denomination::Model>(&ShiftDenominationIndex::Shift(shift_id))?;
    let of_purpose = counts.iter().filter(|count| count.purpose == i32::from(purpose));
    let Some(attempt) = of_purpose.map(|count| count.attempt).max() else { return Ok(None) };
    Ok(Some(Tally {
        tenders: counts
            .iter()
            .filter(|count| count.attempt == attempt)
            .map(|count| (count.tender_kind, count.counted))
            .collect(),
        denominations: denominations
            .iter()
            .filter(|it| it.attempt == attempt)
            .map(|it| (it.value, it.pieces))
            .collect(),
    }))
}

/// A count as the contract sends it.
pub fn count_to_pb(
    rows: &[shift_count::Model],
    denominations: &BTreeMap<i64, i64>,
    currency: Currency,
) -> Option<pb::ShiftCount> {
    let first = rows.first()?;
    let money = |minor| Some(pb::Money::new(currency, minor));
    let tenders = rows.iter().map(|row| pb::TenderCount {
        r#type: row.tender_kind,
        amount: money(row.counted),
        denominations: if row.tender_kind == CASH {
            let pieces = denominations.iter();
            pieces.map(|(value, pieces)| pb::Denomination { value: money(*value), pieces: *pieces }).collect()
        } else {
            Vec::new()
        },
        expected: money(row.expected),
        variance: money(row.counted.saturating_sub(row.expected)),
    });
    Some(pb::ShiftCount {
        attempt: first.attempt,
        purpose: first.purpose,
        user_id: first.user_id.to_string(),
        create_time: Some(stored_timestamp(first.create_time)),
        tenders: tenders.collect(),
    })
}
