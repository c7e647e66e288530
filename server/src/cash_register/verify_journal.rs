//! Proving the chains of a branch's registers while the shop sells, in parts that a call can bear.

use kassa_proto::v1::{self as pb, ChainKind, JournalKind};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use crate::{
    access::scope::Named,
    caller::Caller,
    check::{ChainProof, Span, verify},
    error::Error,
    page::{Page, id_of_parts, id_parts},
    readings::Reading,
    store::entity::register,
};

/// Records that one call reads.
const MOST_RECORDS: u64 = 20_000;

/// Where a call begins in its chains.
struct Place {
    register_id: Uuid,
    kind: i32,
    sequence: i64,
}

/// What was asked for, and how much of it a call still reads.
struct Asked {
    first: i64,
    last: i64,
    kind: Option<ChainKind>,
    left: u64,
    begin: Option<Place>,
}

/// Proves chains from where the page before stopped, until all are proved or enough is read.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `REGISTER_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn verify_journal(
    database: &Reading,
    caller: &Caller,
    mut request: pb::VerifyJournalRequest,
    epoch: i64,
) -> Result<pb::VerifyJournalResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("verified chains", (0, &token), &request, epoch)?;
    let mut asked = Asked::parse(&request, size, &page)?;
    let registers = registers(database, caller, &request.register_id).await?;
    let (mut chains, mut next_page_token) = (Vec::new(), String::new());
    'all: for register in &registers {
        for kind in asked.kinds() {
            let Some(span) = asked.span(register.id, kind) else { continue };
            let proof = verify(database, span, asked.left).await?;
            asked.left = asked.left.saturating_sub(proof.records);
            let (ended, last) = (proof.ended, proof.last_sequence);
            if proof.records > 0 || proof.broken.is_some() {
                chains.push(verified(register, span, proof));
            }
            if !ended {
                let [high, low] = id_parts(register.id);
                next_page_token = page.token(vec![high, low, i64::from(i32::from(kind)), last]);
                break 'all;
            }
        }
    }
    Ok(pb::VerifyJournalResponse { chains, next_page_token })
}

/// The registers whose chains are proved, by their codes.
async fn registers(
    database: &Reading,
    caller: &Caller,
    register_id: &str,
) -> Result<Vec<register::Model>, Error> {
    match Named::parse(register_id) {
        Named::Own => {
            let of_branch = register::Entity::find().filter(register::Column::BranchId.eq(caller.branch_id));
            Ok(of_branch.order_by_asc(register::Column::Code).all(database).await?)
        }
        named => Ok(vec![named.read_register(database, caller).await?]),
    }
}

impl Asked {
    fn parse(request: &pb::VerifyJournalRequest, size: i32, page: &Page) -> Result<Self, Error> {
        let left = match u64::try_from(size) {
            Err(_) => return Err(Error::invalid("page_size", "must not be negative")),
            Ok(0) => MOST_RECORDS,
            Ok(size) => size.min(MOST_RECORDS),
        };
        let kind = match ChainKind::try_from(request.kind) {
            Ok(ChainKind::Unspecified) => None,
            Ok(kind) => Some(kind),
            Err(_) => return Err(Error::invalid("kind", "is no kind of chain")),
        };
        let (first, last) = (request.first_sequence, request.last_sequence);
        if first < 0 {
            return Err(Error::invalid("first_sequence", "must not be negative"));
        }
        if last < 0 || (last > 0 && last < first) {
            return Err(Error::invalid("last_sequence", "must not be negative or before first_sequence"));
        }
        let begin = match page.after.as_deref() {
            None => None,
            Some([high, low, kind, sequence]) => {
                let kind = i32::try_from(*kind).map_err(|_| Error::invalid("page_token", "is none"))?;
                Some(Place { register_id: id_of_parts([*high, *low]), kind, sequence: *sequence })
            }
            Some(_) => return Err(Error::invalid("page_token", "is no token of this list")),
        };
        let last = if last == 0 { i64::MAX } else { last };
        Ok(Self { first: first.max(1), last, kind, left, begin })
    }

    fn kinds(&self) -> Vec<JournalKind> {
        let all = (1..=6).filter_map(|number| JournalKind::try_from(number).ok());
        all.filter(|kind| self.kind.is_none_or(|asked| i32::from(asked) == i32::from(*kind))).collect()
    }

    /// What is to be proved of a chain; nothing before the place where this call begins.
    fn span(&mut self, register_id: Uuid, kind: JournalKind) -> Option<Span> {
        let mut after = self.first.saturating_sub(1);
        if let Some(begin) = self.begin.take() {
            if (begin.register_id, begin.kind) != (register_id, i32::from(kind)) {
                self.begin = Some(begin);
                return None;
            }
            after = begin.sequence.max(after);
        }
        Some(Span { register_id, kind, after, until: self.last })
    }
}

fn verified(register: &register::Model, span: Span, proof: ChainProof) -> pb::VerifiedChain {
    let (broken_sequence, problem) = proof.broken.unwrap_or_default();
    let records = i64::try_from(proof.records).unwrap_or(i64::MAX);
    pb::VerifiedChain {
        register_id: register.id.to_string(),
        register_code: register.code.clone(),
        kind: span.kind.into(),
        record_count: records,
        first_sequence: if records == 0 { 0 } else { span.after.saturating_add(1) },
        last_sequence: proof.last_sequence,
        last_hash: proof.last_hash,
        ok: problem.is_empty(),
        broken_sequence,
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chain_of_the_journal_can_be_asked_for_by_its_name() {
        for kind in (1..100).filter_map(|number| JournalKind::try_from(number).ok()) {
            let asked = ChainKind::try_from(i32::from(kind)).unwrap();
            let name = asked.as_str_name().trim_start_matches("CHAIN_KIND_");
            assert_eq!(kind.as_str_name(), format!("JOURNAL_KIND_{name}"));
            let all = Asked { first: 1, last: 1, kind: None, left: 1, begin: None };
            assert!(all.kinds().contains(&kind), "{kind:?} is left out");
        }
    }
}
