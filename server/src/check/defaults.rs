//! What the schema gave books of before there was a setting: their records say nothing of it. These never change.

use kassa_proto::{money::MAX_AMOUNT_MINOR, v1::Role};
use uuid::Uuid;

use crate::store::entity::role_limit::Model;

/// After how long a shift that nobody uses is over.
pub const IDLE_SECONDS: i64 = 43_200;
/// The most that anybody takes to the safe at once, which is no limit.
pub const MOST_DROP: i64 = MAX_AMOUNT_MINOR;
const ALL_OF_IT: i64 = 100 * 10_000;

/// How much of the stock a role may adjust alone.
pub fn most_stock_adjustment(role: Role) -> i64 {
    if role > Role::Cashier { MAX_AMOUNT_MINOR } else { 0 }
}

/// The limits of all roles.
pub fn limits(business_id: Uuid) -> [Model; 4] {
    [Role::Cashier, Role::Supervisor, Role::Admin, Role::Owner].map(|role| {
        let is_trusted = role != Role::Cashier;
        Model {
            business_id,
            role: role.into(),
            most_discount: if is_trusted { ALL_OF_IT } else { ALL_OF_IT / 10 },
            price_override: is_trusted,
            void_sale: is_trusted,
            open_drawer: is_trusted,
            refund_other_tender: is_trusted,
            most_paid_out: if is_trusted { MAX_AMOUNT_MINOR } else { 0 },
            most_variance: 0,
            most_stock_adjustment: most_stock_adjustment(role),
            most_drop: MOST_DROP,
        }
    })
}
