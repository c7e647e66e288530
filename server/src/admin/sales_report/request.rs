//! Which orders a sales report is of.

use kassa_proto::v1 as pb;

use crate::{
    access::{named_user::NamedUser, scope::Named},
    caller::Caller,
    error::Error,
    input,
    readings::Reading,
    sales_sums::Wanted,
    shifts::queries::find,
};

const MOST_DAYS: i64 = 400;
const MICROS_OF_A_DAY: i64 = 24 * 3_600 * 1_000_000;

/// The orders that a request names.
///
/// # Errors
/// `INVALID_FIELD`, `BRANCH_NOT_FOUND`, `REGISTER_NOT_FOUND`, `SHIFT_NOT_FOUND`, `USER_NOT_FOUND`,
/// `WRONG_BRANCH`.
pub async fn wanted(
    database: &Reading,
    caller: &Caller,
    request: &pb::GetSalesReportRequest,
) -> Result<Wanted, Error> {
    let (dates, times) = (dates(request)?, times(request)?);
    if request.shift_id.is_empty() && dates.is_none() && times.is_none() {
        let message = "is required where no shift_id and no start_time with end_time is given";
        return Err(Error::invalid("first_business_date", message));
    }
    let branch = Named::parse(&request.branch_id).read_branch(database, caller).await?;
    let mut wanted = Wanted { branch: branch.id, dates, times, ..Wanted::default() };
    if !request.register_id.is_empty() {
        let register = Named::parse(&request.register_id).read_register(database, caller).await?;
        wanted.register = Some(register.id);
    }
    if !request.shift_id.is_empty() {
        let shift = find(database, branch.id, request.shift_id.clone()).await?;
        wanted.shift = Some(shift.id);
    }
    if !request.user_id.is_empty() {
        wanted.user = Some(NamedUser::parse(&request.user_id)?.read(database).await?.id);
    }
    Ok(wanted)
}

fn dates(request: &pb::GetSalesReportRequest) -> Result<Option<[i32; 2]>, Error> {
    let last = "last_business_date";
    let (from, to) = match (&request.first_business_date, &request.last_business_date) {
        (None, None) => return Ok(None),
        (Some(from), Some(to)) => (input::date(from, "first_business_date")?, input::date(to, last)?),
        (Some(_), None) => return Err(Error::invalid(last, "is required with first_business_date")),
        (None, Some(_)) => {
            return Err(Error::invalid("first_business_date", "is required with last_business_date"));
        }
    };
    let days = to.signed_duration_since(from).num_days();
    in_bounds(days >= 0, days < MOST_DAYS, last)?;
    let number = |date: &Option<pb::Date>| {
        date.as_ref().map_or(0, |date| date.year * 10_000 + date.month * 100 + date.day)
    };
    Ok(Some([&request.first_business_date, &request.last_business_date].map(number)))
}

fn times(request: &pb::GetSalesReportRequest) -> Result<Option<[i64; 2]>, Error> {
    let start = input::time(request.start_time.as_ref(), "start_time")?;
    let end = input::time(request.end_time.as_ref(), "end_time")?;
    let (start, end) = match (start, end) {
        (None, None) => return Ok(None),
        (Some(start), Some(end)) => (start, end),
        (Some(_), None) => return Err(Error::invalid("end_time", "is required with start_time")),
        (None, Some(_)) => return Err(Error::invalid("start_time", "is required with end_time")),
    };
    in_bounds(end >= start, end.saturating_sub(start) <= MOST_DAYS * MICROS_OF_A_DAY, "end_time")?;
    Ok(Some([start, end]))
}

fn in_bounds(in_order: bool, short: bool, path: &str) -> Result<(), Error> {
    if !in_order {
        return Err(Error::invalid(path, "is before the beginning"));
    }
    if !short {
        return Err(Error::invalid(path, format!("is more than {MOST_DAYS} days after the beginning")));
    }
    Ok(())
}
