//! The audit log: the journal in words, but for sales, which are listed as orders.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};

use kassa_proto::v1::{self as pb, EventKind, JournalRecord};
use prost::Message as _;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    caller::Caller,
    error::Error,
    input,
    journal::entries::{About, about},
    page::Page,
    readings::Reading,
    store::entity::{
        event::{self, in_branch},
        journal_record, register, user,
    },
};

const MOST_KINDS: usize = 100;
/// The numbers of `SALE_COMPLETED` and `SHIFT_ACTIVITY`, in the words of the index for this.
const LISTED: &str = "kind NOT IN (1, 21)";

/// A page of the log, newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`; what the database fails with.
pub async fn entries(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListAuditLogRequest,
    epoch: i64,
) -> Result<pb::ListAuditLogResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("audit log", (size, &token), &request, epoch)?;
    input::at_most(&request.kinds, MOST_KINDS, "kinds")?;
    for (kind, place) in request.kinds.iter().zip(0..) {
        let path = || format!("kinds[{place}]");
        if input::filter::<EventKind>(*kind, path)?.is_none() {
            return Err(Error::invalid(path(), "is required"));
        }
    }
    let mut find = in_branch(caller.branch_id)
        .filter(Expr::cust(LISTED))
        .order_by_desc(event::Column::Sequence)
        .limit(page.limit());
    if let Some(sequence) = page.after.as_ref().and_then(|after| after.first()) {
        find = find.filter(event::Column::Sequence.lt(*sequence));
    }
    if !request.kinds.is_empty() {
        find = find.filter(event::Column::Kind.is_in(request.kinds));
    }
    let (events, next_page_token) = page.cut(find.all(database).await?, |event| vec![event.sequence]);
    let registers = register::in_branch(caller.branch_id).all(database).await?;
    let codes: HashMap<Uuid, String> =
        registers.into_iter().map(|register| (register.id, register.code)).collect();
    let mut names = Names::default();
    let mut entries = Vec::with_capacity(events.len());
    for event in events {
        // One by one: a record may be as large as a request.
        let key = (event.register_id, event.journal_kind, event.journal_sequence);
        let record = journal_record::Entity::find_by_id(key).one(database).await?;
        let record = record.and_then(|record| JournalRecord::decode(record.bytes().ok()?.as_ref()).ok());
        let register_code = codes.get(&event.register_id).cloned().unwrap_or_default();
        entries.push(names.entry(database, &event, record.unwrap_or_default(), register_code).await?);
    }
    Ok(pb::ListAuditLogResponse { entries, next_page_token })
}

/// The names of users, each read once.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    async fn entry(
        &mut self,
        database: &Reading,
        event: &event::Model,
        record: JournalRecord,
        register_code: String,
    ) -> Result<pb::AuditEntry, Error> {
        let mut ids = record.entry.as_ref().map(|entry| names_in(&about(entry))).unwrap_or_default();
        ids.insert(record.user_id.clone());
        for id in ids {
            self.read(database, &id).await?;
        }
        let name = |id: &str| self.0.get(id).cloned().unwrap_or_default();
        Ok(pb::AuditEntry {
            sequence: event.sequence,
            kind: EventKind::try_from(event.kind).unwrap_or_default().into(),
            create_time: record.create_time,
            user_name: name(&record.user_id),
            register_id: event.register_id.to_string(),
            register_code,
            // A record that can't be read is for `check` to name.
            words: record
                .entry
                .as_ref()
                .map_or_else(|| "can't be read".to_owned(), |entry| about(entry).words(&name)),
            user_id: known(record.user_id),
            terminal_id: known(record.terminal_id),
            method: record.method,
        })
    }

    async fn read(&mut self, database: &Reading, id: &str) -> Result<(), Error> {
        let Ok(key) = Uuid::try_parse(id) else { return Ok(()) };
        if !self.0.contains_key(id) {
            let found = user::Entity::find_by_id(key).one(database).await?;
            self.0.insert(id.to_owned(), found.map(|user| user.name).unwrap_or_default());
        }
        Ok(())
    }
}

/// The users whose names the words ask for.
fn names_in(about: &About) -> BTreeSet<String> {
    let ids = RefCell::new(BTreeSet::new());
    about.words(&|id| {
        ids.borrow_mut().insert(id.to_owned());
        String::new()
    });
    ids.into_inner()
}

/// The server itself is nobody.
fn known(id: String) -> String {
    if Uuid::try_parse(&id).is_ok_and(|id| !id.is_nil()) { id } else { String::new() }
}
