//! Reading shifts and their reports.

use std::collections::BTreeMap;

use kassa_proto::v1::{self as pb, ErrorReason as Reason, ShiftState};
use prost::Message as _;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{convert::shift_for, counting::count_to_pb, report, report_text, selling::no_open_shift};
use crate::{
    access::{blind_count::withheld_from, scope::Named},
    books::consult,
    caller::Caller,
    counters,
    error::Error,
    input,
    page::Page,
    paper,
    readings::Reading,
    settings::{currency, queries::business, time_zone},
    store::entity::{
        business as business_row,
        shift::{self, ShiftIndex},
        shift_count, shift_counter, shift_denomination, shift_report,
    },
};

const NUMBER: usize = 64;

/// The shift that is open on a register.
///
/// # Errors
/// `REGISTER_NOT_FOUND`, `WRONG_BRANCH`, `NO_OPEN_SHIFT`.
pub async fn current(
    database: &Reading,
    caller: &Caller,
    request: &pb::GetCurrentShiftRequest,
) -> Result<pb::GetCurrentShiftResponse, Error> {
    let shift = open_on(database, caller, &request.register_id).await?;
    let business = business(database, caller).await?;
    let shift = shift_for(caller, &business, &shift, currency(&business)?);
    Ok(pb::GetCurrentShiftResponse { shift: Some(shift) })
}

async fn open_on(database: &Reading, caller: &Caller, register: &str) -> Result<shift::Model, Error> {
    let named = Named::parse(register);
    consult(
        database,
        |_, read_set| named.register_read_set(caller, read_set),
        |books| {
            let register = named.register(books, caller)?;
            let open = books.find_one::<shift::Model>(&ShiftIndex::OpenOn(register.id))?;
            Ok(open.ok_or_else(|| no_open_shift(&register.code))?.clone())
        },
    )
    .await
}

/// A shift of a branch by its id or its number.
///
/// # Errors
/// `INVALID_FIELD`, `SHIFT_NOT_FOUND`.
pub async fn find(database: &Reading, branch_id: Uuid, name: String) -> Result<shift::Model, Error> {
    let find = shift::in_branch(branch_id);
    let find = match Uuid::try_parse(&name) {
        Ok(id) => find.filter(shift::Column::Id.eq(id)),
        Err(_) => {
            let number = input::sought(name.clone(), NUMBER, || "shift_id".to_owned())?;
            find.filter(shift::Column::Number.eq(number))
        }
    };
    find.one(database).await?.ok_or_else(|| {
        Error::of_field(Reason::ShiftNotFound, "shift_id", format!("there is no shift {name}"))
    })
}

/// A shift with its counts.
///
/// # Errors
/// `INVALID_FIELD`, `SHIFT_NOT_FOUND`.
pub async fn get(
    database: &Reading,
    caller: &Caller,
    request: pb::GetShiftRequest,
) -> Result<pb::GetShiftResponse, Error> {
    if request.shift_id.is_empty() {
        return Err(Error::invalid("shift_id", "is required"));
    }
    let shift = find(database, caller.branch_id, request.shift_id).await?;
    let business = business(database, caller).await?;
    let currency = currency(&business)?;
    let mut counts = counts(database, shift.id, currency).await?;
    if withheld_from(caller, &business, &shift) {
        for tender in counts.iter_mut().flat_map(|count| &mut count.tenders) {
            (tender.expected, tender.variance) = (None, None);
        }
    }
    Ok(pb::GetShiftResponse { shift: Some(shift_for(caller, &business, &shift, currency)), counts })
}

async fn counts(
    database: &Reading,
    shift_id: Uuid,
    currency: kassa_proto::money::Currency,
) -> Result<Vec<pb::ShiftCount>, Error> {
    let rows = shift_count::Entity::find()
        .filter(shift_count::Column::ShiftId.eq(shift_id))
        .order_by_asc(shift_count::Column::Attempt)
        .order_by_asc(shift_count::Column::TenderKind)
        .all(database)
        .await?;
    let pieces = shift_denomination::Entity::find()
        .filter(shift_denomination::Column::ShiftId.eq(shift_id))
        .all(database)
        .await?;
    let counts = rows.chunk_by(|one, other| one.attempt == other.attempt).filter_map(|rows| {
        let attempt = rows.first()?.attempt;
        let of_attempt = pieces.iter().filter(|it| it.attempt == attempt);
        let pieces: BTreeMap<i64, i64> = of_attempt.map(|it| (it.value, it.pieces)).collect();
        count_to_pb(rows, &pieces, currency)
    });
    Ok(counts.collect())
}

/// A page of a branch's shifts, the newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `REGISTER_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListShiftsRequest,
    epoch: i64,
) -> Result<pb::ListShiftsResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("shifts", (size, &token), &request, epoch)?;
    let (branch, register) = (Named::parse(&request.branch_id), Named::parse(&request.register_id));
    let (branch_id, register_id) = consult(
        database,
        |_, read_set| {
            branch.branch_read_set(caller, read_set);
            register.register_read_set(caller, read_set);
        },
        |books| {
            let branch_id = branch.branch(books, caller)?.id;
            let one = if register == Named::Own { None } else { Some(register.register(books, caller)?.id) };
            Ok((branch_id, one))
        },
    )
    .await?;
    // Two shifts of a branch may be opened in the same microsecond on two registers; their ids differ.
    let mut find = shift::in_branch(branch_id)
        .order_by_desc(shift::Column::OpenTime)
        .order_by_desc(shift::Column::Id)
        .limit(page.limit());
    if let Some([time, high, low]) = page.after.as_deref() {
        let id = Uuid::from_u64_pair(high.cast_unsigned(), low.cast_unsigned());
        let same = Condition::all().add(shift::Column::OpenTime.eq(*time)).add(shift::Column::Id.lt(id));
        find = find.filter(Condition::any().add(shift::Column::OpenTime.lt(*time)).add(same));
    }
    if let Some(register) = register_id {
        find = find.filter(shift::Column::RegisterId.eq(register));
    }
    if let Some(user) = input::id(&request.user_id, || "user_id".to_owned())? {
        find = find.filter(shift::Column::UserId.eq(user));
    }
    if let Some(state) = input::filter::<ShiftState>(request.state, || "state".to_owned())? {
        find = find.filter(shift::Column::State.eq(state));
    }
    if let Some(start) = input::time(request.start_time.as_ref(), "start_time")? {
        find = find.filter(shift::Column::OpenTime.gte(start));
    }
    if let Some(end) = input::time(request.end_time.as_ref(), "end_time")? {
        find = find.filter(shift::Column::OpenTime.lt(end));
    }
    let (rows, next_page_token) = page.cut(find.all(database).await?, |shift| {
        let (high, low) = shift.id.as_u64_pair();
        vec![shift.open_time, high.cast_signed(), low.cast_signed()]
    });
    let business = business(database, caller).await?;
    let currency = currency(&business)?;
    let shifts = rows.iter().map(|shift| shift_for(caller, &business, shift, currency)).collect();
    Ok(pb::ListShiftsResponse { shifts, next_page_token })
}

/// A shift's report: computed while it is not closed, then the stored one.
///
/// # Errors
/// `INVALID_FIELD`, `REGISTER_NOT_FOUND`, `WRONG_BRANCH`, `NO_OPEN_SHIFT`, `SHIFT_NOT_FOUND`,
/// `FIGURES_WITHHELD`.
pub async fn shift_report(
    database: &Reading,
    caller: &Caller,
    request: pb::GetShiftReportRequest,
) -> Result<pb::GetShiftReportResponse, Error> {
    let width = paper::width(request.width).ok_or_else(|| Error::invalid("width", "must be 32 to 80"))?;
    let shift = if request.shift_id.is_empty() {
        open_on(database, caller, &request.register_id).await?
    } else {
        find(database, caller.branch_id, request.shift_id).await?
    };
    let business = business(database, caller).await?;
    let zone = time_zone(&business)?;
    if withheld_from(caller, &business, &shift) {
        let message = "this shop counts blind: the report is there after the close";
        return Err(Error::new(Reason::FiguresWithheld, message));
    }
    let stored = shift_report::Entity::find_by_id((shift.id, 0)).one(database).await?;
    let (report, document, document_sha256) = match stored {
        Some(row) => {
            let report = pb::ShiftReport::decode(row.document.as_slice()).map_err(Error::internal)?;
            (report, row.document, row.document_sha256)
        }
        None => (x_report(database, &shift, &business).await?, Vec::new(), Vec::new()),
    };
    let text = report_text::text(&report, zone, width);
    Ok(pb::GetShiftReportResponse { report: Some(report), text, document, document_sha256 })
}

/// Where a shift stands that is not closed.
async fn x_report(
    database: &Reading,
    shift: &shift::Model,
    business: &business_row::Model,
) -> Result<pb::ShiftReport, Error> {
    let rows = shift_counter::Entity::find()
        .filter(shift_counter::Column::ShiftId.eq(shift.id))
        .all(database)
        .await?;
    let counters = counters::of_rows(&rows);
    let mut report = report::figures(shift, &counters, &BTreeMap::new(), currency(business)?);
    let names = consult(database, |_, _| {}, |books| report::Names::find(books, shift)).await?;
    names.write(&mut report);
    Ok(report)
}
