//! What the books had some time ago, when goods were counted that are entered now.
//!
//! The journal of the stock only grows, so what it says of the past is read before the posting. A sale
//! that was on its way to the disk meanwhile is met by the posting itself, one change after the other.

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::{
    books::{ReadSet, Stop, WorkingSet, consult},
    caller::Caller,
    catalog::named_product::NamedProduct,
    error::Error,
    readings::Reading,
    store::entity::{
        stock,
        stock_change::{self, Column},
    },
};

/// What there was after a change of the stock; nothing before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The change; zero if there was none.
    pub sequence: i64,
    /// Thousandths.
    pub quantity: i64,
}

impl From<&stock_change::Model> for Balance {
    fn from(change: &stock_change::Model) -> Self {
        Self { sequence: change.sequence, quantity: change.balance }
    }
}

impl From<&stock::Model> for Balance {
    fn from(stock: &stock::Model) -> Self {
        Self { sequence: stock.change_count, quantity: stock.quantity }
    }
}

/// A product at a branch.
pub type Place = (Uuid, Uuid);

/// Reads what there was of products at certain times, in the order of `moments`. Of a product that is not
/// there nothing is known; the posting says so.
///
/// # Errors
/// What the database fails with.
pub async fn read(
    database: &Reading,
    caller: &Caller,
    moments: &[Option<(&NamedProduct, i64)>],
) -> Result<Vec<Balance>, Error> {
    let ids = products(database, moments).await?;
    let mut balances = Vec::with_capacity(moments.len());
    for (moment, product_id) in moments.iter().zip(ids) {
        let last = match (moment, product_id) {
            (Some((_, time)), Some(product_id)) => {
                let changes = stock_change::in_branch(caller.branch_id)
                    .filter(Column::ProductId.eq(product_id))
                    .filter(Column::CreateTime.lte(*time));
                changes.order_by_desc(Column::Sequence).one(database).await?
            }
            _ => None,
        };
        balances.push(last.as_ref().map(Balance::from).unwrap_or_default());
    }
    Ok(balances)
}

/// The products' ids, in the order of `moments`.
async fn products(
    database: &Reading,
    moments: &[Option<(&NamedProduct, i64)>],
) -> Result<Vec<Option<Uuid>>, Error> {
    let named = || moments.iter().map(|moment| moment.map(|(product, _)| product));
    consult(
        database,
        |_, read_set| named().flatten().for_each(|product| product.read_set(read_set)),
        |books| Ok(named().map(|product| product?.known_id(books)).collect()),
    )
    .await
}

/// Names the change that follows, up to a time, on what was read and on the changes that are known.
pub fn read_set(
    (branch_id, product_id): Place,
    read: Balance,
    time: i64,
    known: &WorkingSet,
    read_set: &mut ReadSet,
) {
    let mut next = read.sequence.saturating_add(1);
    while known
        .known::<stock_change::Model>(&(branch_id, product_id, next))
        .is_some_and(|it| it.create_time <= time)
    {
        next = next.saturating_add(1);
    }
    read_set.row::<stock_change::Model>((branch_id, product_id, next));
}

/// What there was at a time: the last change up to it, from the one that was read on.
///
/// # Errors
/// [`Stop::MissingRows`] if a change that follows is not loaded.
pub fn balance_at(
    books: &WorkingSet,
    (branch_id, product_id): Place,
    read: Balance,
    time: i64,
) -> Result<Balance, Stop> {
    let mut last = read;
    loop {
        let next = (branch_id, product_id, last.sequence.saturating_add(1));
        match books.get::<stock_change::Model>(&next)? {
            Some(change) if change.create_time <= time => last = Balance::from(change),
            _ => return Ok(last),
        }
    }
}
