//! Reading transfers of goods.

use std::collections::HashMap;

use kassa_proto::v1::{self as pb, StockTransferDirection, StockTransferState};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    convert::{self, hide_costs, transfer_to_pb, whole},
    named_transfer::NamedTransfer,
};
use crate::{
    access::scope::Named,
    books::consult,
    caller::Caller,
    error::Error,
    page::{Page, id_of_parts, id_parts},
    readings::Reading,
    store::entity::{
        branch,
        stock_transfer::{Column, in_branch},
    },
};

/// One transfer, if the branch sent it or gets it.
///
/// # Errors
/// `INVALID_FIELD`, `STOCK_TRANSFER_NOT_FOUND`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn get(
    database: &Reading,
    caller: &Caller,
    request: &pb::GetStockTransferRequest,
) -> Result<pb::GetStockTransferResponse, Error> {
    let named = NamedTransfer::parse(&request.transfer_id)?;
    let branch = Named::parse(&request.branch_id);
    let mut transfer = consult(
        database,
        |known, read_set| {
            branch.branch_read_set(caller, read_set);
            named.read_set(read_set);
            named.known(known).into_iter().for_each(|row| convert::read_set(row, read_set));
        },
        |books| whole(books, named.transfer(books, branch.branch(books, caller)?.id)?),
    )
    .await?;
    hide_costs(caller, &mut transfer);
    Ok(pb::GetStockTransferResponse { transfer: Some(transfer) })
}

/// A page of the transfers from a branch and to it, newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
pub async fn list(
    database: &Reading,
    caller: &Caller,
    mut request: pb::ListStockTransfersRequest,
    epoch: i64,
) -> Result<pb::ListStockTransfersResponse, Error> {
    let (size, token) = (request.page_size, std::mem::take(&mut request.page_token));
    request.page_size = 0;
    let page = Page::parse("stock transfers", (size, &token), &request, epoch)?;
    let branch_id = Named::parse(&request.branch_id).read_branch(database, caller).await?.id;
    let mut find =
        in_branch(branch_id).order_by_desc(Column::SendTime).order_by_desc(Column::Id).limit(page.limit());
    match StockTransferDirection::try_from(request.direction) {
        Ok(StockTransferDirection::Unspecified) => {}
        Ok(StockTransferDirection::In) => find = find.filter(Column::ToBranchId.eq(branch_id)),
        Ok(StockTransferDirection::Out) => find = find.filter(Column::FromBranchId.eq(branch_id)),
        Err(_) => return Err(Error::invalid("direction", "is neither in nor out")),
    }
    match StockTransferState::try_from(request.state) {
        Ok(StockTransferState::Unspecified) => {}
        Ok(state) => find = find.filter(Column::State.eq(i32::from(state))),
        Err(_) => return Err(Error::invalid("state", "is no state of a transfer")),
    }
    if let Some([time, high, low]) = page.after.as_deref() {
        let same_time = Condition::all().add(Column::SendTime.eq(*time));
        let same_time = same_time.add(Column::Id.lt(id_of_parts([*high, *low])));
        find = find.filter(Condition::any().add(Column::SendTime.lt(*time)).add(same_time));
    }
    let (rows, next_page_token) = page
        .cut(find.all(database).await?, |last| [vec![last.send_time], id_parts(last.id).to_vec()].concat());
    let branches = branch::of_business(caller.business_id).all(database).await?.into_iter();
    let codes: HashMap<Uuid, String> = branches.map(|branch| (branch.id, branch.code)).collect();
    let code = |id: Uuid| codes.get(&id).map(String::as_str).unwrap_or_default();
    let transfers = rows.iter().map(|row| {
        let transfer = transfer_to_pb(row, (code(row.from_branch_id), code(row.to_branch_id)))?;
        Ok(pb::StockTransfer { lines: Vec::new(), ..transfer })
    });
    Ok(pb::ListStockTransfersResponse {
        transfers: transfers.collect::<Result<_, Error>>()?,
        next_page_token,
    })
}
