//! The settings of a shop, read.

use sea_orm::EntityTrait as _;

use crate::{caller::Caller, error::Error, readings::Reading, store::entity::business};

/// The caller's business.
///
/// # Errors
/// What the database fails with.
pub async fn business(database: &Reading, caller: &Caller) -> Result<business::Model, Error> {
    let found = business::Entity::find_by_id(caller.business_id).one(database).await?;
    found.ok_or_else(|| Error::internal("no business"))
}
