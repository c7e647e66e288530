//! What the reservations have to know of the live books: which epoch they are in, and how far their series have gone.

use std::io;

use kassa_proto::v1::{EventKind, JournalRecord, journal_record::Entry};
use prost::Message as _;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};

use crate::{
    books::{EpochMark, Issued, NumberReservations, first_epoch},
    store::{
        DataFolder, StartError,
        entity::{branch, branch_series, business, event, journal_record, number_series, register},
    },
};

/// Adopts the live books of a folder for its reservations, as far as they are not: after a restore, or because the file
/// was lost. All that they ever gave out in this folder is in them; a copy that is being restored is not live.
///
/// # Errors
/// [`StartError`] if the books or the reservations can't be read.
pub async fn adopt(folder: &DataFolder, database: &impl ConnectionTrait) -> Result<(), StartError> {
    let Some(business) = business::Entity::find().one(database).await? else { return Ok(()) };
    let failed = |cause| StartError::folder(folder.path(), cause);
    let mut reservations = NumberReservations::read(folder).map_err(failed)?;
    // Looking for the mark takes longer the more has happened, and it is there but after a restore.
    let mark =
        if reservations.cover_number(business.epoch) { None } else { mark(database, &business).await? };
    let issued = issued(database).await?;
    let adopted = tokio::task::spawn_blocking(move || reservations.adopt(mark, issued)).await;
    if let Err(cause) = adopted.map_err(io::Error::other).flatten() {
        // A full disk is no reason to sell nothing: a restore leaves more numbers out than it would have to.
        tracing::warn!(%cause, "the number reservations can't be written; the next start tries again");
    }
    Ok(())
}

/// The mark of the epoch that books are in. Of one that a restore began it is the hash of the record that tells of it:
/// the time is in it, and all that was in the chain before.
///
/// # Errors
/// What the database says.
pub async fn mark(
    database: &impl ConnectionTrait,
    business: &business::Model,
) -> Result<Option<EpochMark>, DbErr> {
    if let Some(mark) = first_epoch(business) {
        return Ok(Some(mark));
    }
    let restores = event::Entity::find().filter(event::Column::Kind.eq(i32::from(EventKind::BooksRestored)));
    for event in restores.all(database).await? {
        let key = (event.register_id, event.journal_kind, event.journal_sequence);
        let Some(row) = journal_record::Entity::find_by_id(key).one(database).await? else { continue };
        let record = row.bytes().ok().and_then(|bytes| JournalRecord::decode(bytes.as_ref()).ok());
        if let Some(Entry::BooksRestored(entry)) = record.and_then(|record| record.entry)
            && entry.epoch == business.epoch
        {
            let begun_by = row.hash.iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok(Some(EpochMark { epoch: business.epoch, begun_by }));
        }
    }
    Ok(None)
}

async fn issued(database: &impl ConnectionTrait) -> Result<Vec<Issued>, DbErr> {
    let registers = register::Entity::find().all(database).await?;
    let branches = branch::Entity::find().all(database).await?;
    let numbers = number_series::Entity::find().all(database).await?.into_iter().map(|row| {
        let owner = registers.iter().find(|register| register.id == row.register_id);
        let code = owner.map(|register| register.code.clone());
        Issued { series: (row.register_id, row.prefix), last: row.last_number, code }
    });
    let of_branches = branch_series::Entity::find().all(database).await?.into_iter().map(|row| {
        let code = branches.iter().find(|branch| branch.id == row.branch_id).map(|it| it.code.clone());
        Issued { series: (row.branch_id, row.prefix), last: row.last_number, code }
    });
    Ok(numbers.chain(of_branches).collect())
}
