//! Reading the shop and the server.

use kassa_proto::v1::{
    self as pb, EventKind, IdempotencyKeyState, JournalRecord, ShiftState, journal_record::Entry,
};
use prost::Message as _;
use prost_types::{Duration, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::{
    admin::put_settings::settings_to_pb,
    app::App,
    backup,
    caller::Caller,
    encoding::time::{micros, stored_timestamp, timestamp},
    error::Error,
    input,
    integrity::ProofError,
    readings::{Reading, stopping},
    rpcs,
    settings::queries::business,
    store::{
        StartError, applied_steps,
        entity::{branch, event, idempotency_key, journal_record, order, product, role_limit, shift},
        sqlite,
    },
};

const METHOD: usize = 200;
const KEY: usize = 255;
/// The events among which the status looks for a step of the clock.
const LOOKED_AT: i64 = 10_000;

/// The settings of the caller's business.
///
/// # Errors
/// What the database fails with.
pub async fn settings(database: &Reading, caller: &Caller) -> Result<pb::Settings, Error> {
    let business = business(database, caller).await?;
    let of = role_limit::Column::BusinessId.eq(business.id);
    let find = role_limit::Entity::find().filter(of).order_by_asc(role_limit::Column::Role);
    settings_to_pb(&business, &find.all(database).await?)
}

/// How the server is.
///
/// # Errors
/// What the database fails with.
pub async fn status(app: &App, caller: &Caller) -> Result<pb::GetStatusResponse, Error> {
    let disk_state = app.disk.look().await;
    let reserved = app.disk.reserved().await;
    let limits = app.disk.limits();
    let database = app.folder.database();
    let wal = database.with_extension("db-wal");
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    // Only the size is read: opening the live file would drop SQLite's locks on it.
    let size = |path: &std::path::Path| path.metadata().map_or(0, |data| count(data.len()));
    // Ends before the folders of the backups are looked at: a drive may be slow.
    let books = BooksStatus::read(&app.reading(caller).await?, caller).await?;
    let mut status = pb::GetStatusResponse {
        version: crate::VERSION.to_owned(),
        schema: books.schema,
        epoch: app.epoch,
        database_bytes: size(&database),
        wal_bytes: size(&wal),
        disk_free_bytes: count(app.disk.free()),
        open_shift_count: count(books.open_shifts),
        start_time: Some(timestamp(app.start_time)),
        current_time: Some(timestamp(app.clock.now())),
        engine: books.engine,
        queued_postings: i64::try_from(app.books.waiting()).unwrap_or(i64::MAX),
        product_count: count(books.products),
        order_count: count(books.orders),
        business_name: books.business_name,
        disk_state: disk_state.into(),
        disk_warn_bytes: count(limits.warn),
        disk_sales_only_bytes: count(limits.sales_only),
        disk_reserve_bytes: count(reserved),
        clock_step_time: books.step_back.map(|(time, _)| time),
        clock_step: books.step_back.map(|(_, step)| step),
        ..pb::GetStatusResponse::default()
    };
    app.integrity.add_to_status(&mut status);
    let present = backup::queries::Present { epoch: app.epoch, start: app.start_time, now: app.clock.now() };
    backup::queries::add_to_status(&app.backups, books.founded, present, &mut status).await;
    Ok(status)
}

/// What the books say of how the server is.
struct BooksStatus {
    schema: String,
    engine: String,
    business_name: String,
    open_shifts: u64,
    products: u64,
    orders: u64,
    step_back: Option<(Timestamp, Duration)>,
    founded: backup::queries::Founded,
}

impl BooksStatus {
    async fn read(database: &Reading, caller: &Caller) -> Result<Self, Error> {
        let open = shift::Column::State.eq(i32::from(ShiftState::Open));
        Ok(Self {
            schema: applied_steps(database).await?.pop().unwrap_or_default(),
            engine: format!("SQLite {}", sqlite::version(database).await?),
            business_name: business(database, caller).await?.name,
            open_shifts: shift::in_branch(caller.branch_id).filter(open).count(database).await?,
            products: product::Entity::find().count(database).await?,
            orders: order::in_branch(caller.branch_id).count(database).await?,
            step_back: last_step_back(database, caller).await?,
            founded: backup::queries::Founded::read(database).await?,
        })
    }
}

/// Proves the books for a caller, when it is their turn.
///
/// # Errors
/// `OVERLOADED`, `STOPPING`; what the database fails with.
pub async fn check_integrity(app: &App, caller: &Caller) -> Result<pb::CheckIntegrityResponse, Error> {
    let turn = app.readers.turn_for(caller).await?;
    let report =
        app.integrity.prove(&app.backups, app.clock.as_ref(), turn).await.map_err(|error| match error {
            ProofError::Stopped => stopping(),
            ProofError::Read(StartError::Database(error)) => Error::from(error),
            ProofError::Read(StartError::Engine(failure)) => Error::from(failure),
            ProofError::Read(error) => Error::internal(error),
        })?;
    let lines = report.lines.iter().map(|line| pb::IntegrityLine {
        name: line.name.to_owned(),
        examined_count: i64::try_from(line.examined).unwrap_or(i64::MAX),
        fault_count: i64::try_from(line.fault_count()).unwrap_or(i64::MAX),
        faults: line.faults.iter().map(ToString::to_string).collect(),
    });
    Ok(pb::CheckIntegrityResponse { lines: lines.collect(), sound: report.is_sound() })
}

/// How often keys came again since the server started.
pub fn idempotency_stats(app: &App) -> pb::GetIdempotencyStatsResponse {
    let methods = app.books.key_counts().to_pb();
    pb::GetIdempotencyStatsResponse { methods, since_time: Some(timestamp(app.start_time)) }
}

/// When the clock last went back, and how far, if that is among the branch's last events.
async fn last_step_back(database: &Reading, caller: &Caller) -> Result<Option<(Timestamp, Duration)>, Error> {
    let branch = branch::Entity::find_by_id(caller.branch_id).one(database).await?;
    let last = branch.map_or(0, |branch| branch.last_event_sequence);
    let found = event::in_branch(caller.branch_id)
        .filter(event::Column::Sequence.gt(last.saturating_sub(LOOKED_AT)))
        .filter(event::Column::Kind.eq(i32::from(EventKind::ClockChanged)))
        .order_by_desc(event::Column::Sequence);
    let Some(event) = found.one(database).await? else { return Ok(None) };
    let key = (event.register_id, event.journal_kind, event.journal_sequence);
    let Some(row) = journal_record::Entity::find_by_id(key).one(database).await? else { return Ok(None) };
    let record = JournalRecord::decode(row.bytes()?.as_ref()).map_err(Error::internal)?;
    let (Some(to), Some(Entry::ClockChanged(pb::ClockChangedEntry { from_time: Some(from) }))) =
        (record.create_time, record.entry)
    else {
        return Ok(None);
    };
    let step = micros(&from).unwrap_or_default().saturating_sub(micros(&to).unwrap_or_default());
    let nanos = i32::try_from(step % 1_000_000).unwrap_or_default().saturating_mul(1_000);
    Ok(Some((to, Duration { seconds: step / 1_000_000, nanos })))
}

/// What became of a key of the calling terminal.
///
/// # Errors
/// `INVALID_FIELD` if the method does not exist or takes no keys.
pub async fn look_up_key(
    database: &Reading,
    caller: &Caller,
    request: pb::LookUpIdempotencyKeyRequest,
) -> Result<pb::LookUpIdempotencyKeyResponse, Error> {
    let method = input::sought(request.method, METHOD, || "method".to_owned())?;
    let name = method.trim_start_matches('/');
    let keyed = rpcs::keyed(name);
    let keyed = keyed.ok_or_else(|| Error::invalid("method", format!("{name:?} is no method with keys")))?;
    if request.key.is_empty() || request.key.len() > KEY {
        return Err(Error::invalid("key", format!("must have 1 to {KEY} characters")));
    }
    let row =
        idempotency_key::Entity::find_by_id((caller.terminal_id, keyed.stored_name.clone(), request.key));
    Ok(match row.one(database).await? {
        None => pb::LookUpIdempotencyKeyResponse {
            state: IdempotencyKeyState::Unknown.into(),
            ..pb::LookUpIdempotencyKeyResponse::default()
        },
        Some(row) => pb::LookUpIdempotencyKeyResponse {
            state: IdempotencyKeyState::Done.into(),
            document_kind: row.document_kind,
            document_id: row.document_id.map(|id| id.to_string()).unwrap_or_default(),
            create_time: Some(stored_timestamp(row.create_time)),
        },
    })
}
