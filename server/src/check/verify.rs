//! One chain alone, as far as one call goes, for whoever asks while the shop sells.

use kassa_proto::v1::JournalKind;
use sea_orm::{ConnectionTrait, DbErr, Statement};
use uuid::Uuid;

use super::{
    CheckLine,
    compare::{Stored, select},
    journal::{Chain, cut_off},
};
use crate::{
    hashes::NO_HASH,
    store::{
        cell::Cell,
        conditions::Found,
        entity::{journal_chain as chain, journal_record as record},
        sqlite::cells,
    },
};

/// A part of a chain.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The chain's register.
    pub register_id: Uuid,
    /// The chain's kind.
    pub kind: JournalKind,
    /// After this record; zero is the beginning.
    pub after: i64,
    /// Up to this record; `i64::MAX` is the end, and the head of the chain is proved too.
    pub until: i64,
}

/// What was proved of a part of a chain.
#[derive(Clone, Debug)]
pub struct ChainProof {
    /// How many records were read.
    pub records: u64,
    /// The last of them.
    pub last_sequence: i64,
    /// Its hash, as it is stored.
    pub last_hash: Vec<u8>,
    /// The first record that is not as it must be, and why.
    pub broken: Option<(i64, String)>,
    /// Whether the part was read to its end, or to where it is broken.
    pub ended: bool,
}

/// Proves a part of a chain from the stored bytes, reading so many records at most. A record whose
/// predecessor lies before the part is held against the hash that is stored with that one.
///
/// # Errors
/// What the database says.
pub async fn verify(database: &impl ConnectionTrait, span: Span, most: u64) -> Result<ChainProof, DbErr> {
    let mut line = CheckLine::new("journal chains");
    let anchor = anchor(database, span).await?;
    let is_anchored = anchor.is_some();
    let mut chain = Chain::after(span.register_id, span.kind, (span.after, anchor.unwrap_or_default()));
    chain = chain.until(span.until);
    let mut ended = false;
    while !ended && line.fault_count() == 0 && chain.met < most {
        let left = most.saturating_sub(chain.met);
        let rows = rows(database, chain.select(left)).await?;
        ended = chain.links(&mut line, rows).is_none();
    }
    if ended && is_anchored && span.until == i64::MAX {
        prove_head(database, &mut line, &chain, span).await?;
    }
    let broken = if is_anchored {
        let place = chain.first_broken.unwrap_or_else(|| chain.last_sequence.saturating_add(1));
        line.faults.first().map(|fault| (place, fault.what.clone()))
    } else {
        // A part that begins behind the end of the chain has no records, and nothing is missing.
        (chain.met > 0).then(|| (span.after, "is missing".to_owned()))
    };
    Ok(ChainProof {
        records: chain.met,
        last_sequence: chain.last_sequence,
        ended: ended || broken.is_some(),
        broken,
        last_hash: chain.last_hash,
    })
}

async fn rows(database: &impl ConnectionTrait, statement: Statement) -> Result<Vec<Vec<Cell>>, DbErr> {
    database.query_all_raw(statement).await?.iter().map(cells).collect()
}

async fn load<R: Found>(database: &impl ConnectionTrait, keys: &[R::Key]) -> Result<Vec<Stored>, DbErr> {
    let mut stored = Vec::new();
    for condition in R::by_keys(keys) {
        let rows = rows(database, select::<R>(condition)).await?;
        stored.extend(rows.into_iter().map(|cells| Stored { cells }));
    }
    Ok(stored)
}

/// The hash that the first record of the part builds on; nothing if the record before it is not there.
async fn anchor(database: &impl ConnectionTrait, span: Span) -> Result<Option<Vec<u8>>, DbErr> {
    if span.after == 0 {
        return Ok(Some(NO_HASH.to_vec()));
    }
    let key = (span.register_id, span.kind.into(), span.after);
    let rows = load::<record::Model>(database, &[key]).await?;
    let hash = rows.first().map(|row| row.get::<record::Model>(record::Column::Hash).bytes());
    Ok(hash.map(|hash| hash.unwrap_or_default().to_vec()))
}

/// The head says what the last record says: a chain that was cut off is found.
async fn prove_head(
    database: &impl ConnectionTrait,
    line: &mut CheckLine,
    chain: &Chain,
    span: Span,
) -> Result<(), DbErr> {
    let key = (span.register_id, span.kind.into());
    let heads = load::<chain::Model>(database, &[key]).await?;
    let Some(head) = heads.first() else {
        if chain.last_sequence > 0 {
            line.fault("journal_chains", "", "is the last record of a chain without a head");
        }
        return Ok(());
    };
    cut_off(line, std::slice::from_ref(chain), head);
    let right = chain.head();
    let own = |column| head.get::<chain::Model>(column);
    let agrees = own(chain::Column::LastSequence).number() == Some(right.last_sequence)
        && own(chain::Column::LastHash).bytes() == Some(&right.last_hash);
    if line.fault_count() == 0 && !agrees {
        line.fault("journal_chains", "", "is not the record that the head of the chain names");
    }
    Ok(())
}
