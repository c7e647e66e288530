//! Reading drafts.

use kassa_proto::v1::{self as pb, OrderState};
use sea_orm::{
    ColumnTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Func},
};

use super::{draft_to_pb, not_found};
use crate::{
    access::scope::Named, caller::Caller, error::Error, input, page::Page, readings::Reading,
    store::entity::draft,
};

/// The most bytes of carts that a page of drafts holds.
const MOST_BYTES: i64 = 2 * 1_024 * 1_024;

/// Reads one draft of the caller's branch.
///
/// # Errors
/// `INVALID_FIELD`; `DRAFT_NOT_FOUND`, also for another branch's.
pub async fn get(
    database: &Reading,
    caller: &Caller,
    request: &pb::GetDraftRequest,
) -> Result<pb::Draft, Error> {
    let id = input::required_id(&request.draft_id, || "draft_id".to_owned())?;
    let found = draft::in_branch(caller.branch_id).filter(draft::Column::Id.eq(id)).one(database).await?;
    draft_to_pb(&found.ok_or_else(|| not_found(id))?)
}

/// A page of the branch's drafts, newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`; what the filter's branch is refused for.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListDraftsRequest,
    epoch: i64,
) -> Result<pb::ListDraftsResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("drafts", (size, &token), &request, epoch)?;
    let branch_id = Named::parse(&request.branch_id).read_branch(database, caller).await?.id;

    let state = match request.state() {
        OrderState::Unspecified if request.state != 0 => {
            return Err(Error::invalid("state", "is no state of a draft"));
        }
        OrderState::Unspecified => OrderState::Draft,
        state => state,
    };
    let mut find = draft::in_branch(branch_id).filter(draft::Column::State.eq(i32::from(state)));
    if let Some(sequence) = page.after.as_ref().and_then(|after| after.first()) {
        find = find.filter(draft::Column::Sequence.lt(*sequence));
    }
    // First how large they are: a page of large carts is shorter, and never in memory whole.
    let content = Expr::col(draft::Column::Content);
    let sizes: Vec<(i64, i64)> = find
        .select_only()
        .column(draft::Column::Sequence)
        .expr(Func::cust("length").arg(content))
        .order_by_desc(draft::Column::Sequence)
        .limit(page.limit())
        .into_tuple()
        .all(database)
        .await?;
    let most = few_enough(&sizes);
    let (sizes, next_page_token) = page.cut_to(most, sizes, |(sequence, _)| vec![*sequence]);
    let sequences = sizes.into_iter().map(|(sequence, _)| sequence);
    let found = draft::in_branch(branch_id)
        .filter(draft::Column::Sequence.is_in(sequences))
        .order_by_desc(draft::Column::Sequence)
        .all(database)
        .await?;
    let drafts = found.iter().map(draft_to_pb).collect::<Result<_, _>>()?;
    Ok(pb::ListDraftsResponse { drafts, next_page_token })
}

/// How many of the drafts, from the first, are small enough for one answer; at least one.
fn few_enough(sizes: &[(i64, i64)]) -> usize {
    let mut bytes = 0_i64;
    let fit = sizes.iter().take_while(|(_, size)| {
        bytes = bytes.saturating_add(*size);
        bytes <= MOST_BYTES
    });
    fit.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_before_it_is_too_large_and_has_one_draft_at_least() {
        assert_eq!(few_enough(&[(3, 10), (2, 10), (1, 10)]), 3);
        assert_eq!(few_enough(&[(3, MOST_BYTES - 10), (2, 10), (1, 10)]), 2);
        assert_eq!(few_enough(&[(3, MOST_BYTES + 1)]), 1);
        assert_eq!(few_enough(&[]), 1);
    }
}
