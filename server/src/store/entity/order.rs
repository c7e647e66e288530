//! `orders`: an order's header: the sum of its stored parts.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// An order's header: the sum of its stored parts. It never changes: what is given back of a sale
    /// stands in `order_returns`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "orders")]
    pub struct Model {
        /// The order.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// `kassa.v1.OrderKind`.
        pub kind: i32,
        /// `kassa.v1.OrderState`.
        pub state: i32,
        /// Such as `INV-202611-R1-000042`.
        pub receipt_number: String,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// Its place among the branch's orders, without gaps.
        pub sequence: i64,
        /// Of [`super::register`].
        pub register_id: Uuid,
        /// Of [`super::shift`].
        pub shift_id: Uuid,
        /// Who sold.
        pub user_id: Uuid,
        /// Which terminal sold.
        pub terminal_id: Uuid,
        /// Before discounts.
        pub subtotal: i64,
        /// All discounts.
        pub discount_total: i64,
        /// To be paid.
        pub total: i64,
        /// What cash rounding added.
        pub rounding_adjustment: i64,
        /// The tips, in minor units.
        pub tip_total: i64,
        /// The cash given back.
        pub change: i64,
        /// The cashier's note.
        pub note: String,
        /// Frozen at the sale.
        pub prices_include_tax: bool,
        /// Frozen at the sale.
        pub tax_rounding: i32,
        /// Frozen at the sale.
        pub rounding_mode: i32,
        /// YYYYMMDD of the shift.
        pub business_date: i32,
        /// Microseconds UTC.
        pub create_time: i64,
        /// What the shop's clock was ahead of UTC.
        pub utc_offset_minutes: i32,
        /// The sale that a refund or a void takes back.
        pub original_order_id: Option<Uuid>,
        /// The other order of an exchange.
        pub exchange_order_id: Option<Uuid>,
        /// Whether it is in no total, no drawer and no stock.
        pub training: bool,
        /// Who bought.
        pub customer_id: Option<Uuid>,
        /// What a refund gave back in cash of what other tenders had paid, before cash rounding.
        pub paid_back_in_cash: i64,
        /// Who allowed that: whoever approved it, or who did it with a role that may.
        pub paid_back_in_cash_by_user_id: Option<Uuid>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The orders of a branch: every read of orders begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrderIndex {
    /// By its receipt number.
    Number(String),
}

impl Row for Model {
    type Key = Uuid;
    type Index = OrderIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![OrderIndex::Number(self.receipt_number.clone())]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let OrderIndex::Number(number) = index;
        vec![is("receipt_number", number)]
    }
}
