//! The bounded look at the books before they are served: what it takes does not grow with them. The whole
//! proof runs while the shop sells.

use kassa_proto::v1::JournalKind;
use sea_orm::{ConnectionTrait, EntityTrait as _};

use crate::{
    check::{Span, verify},
    store::{StartError, entity::journal_chain, faults_of_the_schema},
};

/// The records at the end of each chain that are looked at: those that a broken disk had under its head last.
const LAST_RECORDS: i64 = 50;

/// Looks at the schema, reads the head of every chain of the journal and the last records of each.
///
/// # Errors
/// [`StartError::Damaged`] names the first table or chain that does not hold; [`StartError::Database`] is what the database
/// says, which may be damage as well.
pub async fn look(database: &impl ConnectionTrait) -> Result<(), StartError> {
    if let Some(fault) = faults_of_the_schema(database).await?.damaged.into_iter().next() {
        return Err(StartError::Damaged(fault));
    }
    for head in journal_chain::Entity::find().all(database).await? {
        let kind = JournalKind::try_from(head.kind).map_err(|_| {
            StartError::Damaged(format!("a chain of the journal is of the kind {}", head.kind))
        })?;
        let span = Span {
            register_id: head.register_id,
            kind,
            after: head.last_sequence.saturating_sub(LAST_RECORDS).max(0),
            until: i64::MAX,
        };
        let (register, chain) = (head.register_id, kind.as_str_name());
        // One more than there are, so that the end is seen, and held against the head.
        let proof = verify(database, span, LAST_RECORDS.unsigned_abs().saturating_add(1)).await?;
        let cut_off = (head.last_sequence, "is missing".to_owned());
        let broken = proof.broken.or_else(|| (proof.last_sequence != head.last_sequence).then_some(cut_off));
        if let Some((sequence, why)) = broken {
            return Err(StartError::Damaged(format!(
                "the chain {chain} of register {register} is broken at record {sequence}: {why}"
            )));
        }
    }
    Ok(())
}
