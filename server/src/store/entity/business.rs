//! `businesses`: the shop: its settings and the catalogue's version.

use sea_orm::entity::prelude::*;

use crate::store::{
    engine::ShopMark,
    row::{NoIndex, Row, Term, stored},
};

stored! {
    /// The shop: its settings and the catalogue's version.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "businesses")]
    pub struct Model {
        /// The business.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Its name on receipts.
        pub name: String,
        /// ISO 4217.
        pub currency_code: String,
        /// An IANA name.
        pub time_zone: String,
        /// Whether prices include tax.
        pub prices_include_tax: bool,
        /// `kassa.v1.TaxRounding`.
        pub tax_rounding: i32,
        /// `kassa.v1.RoundingMode`.
        pub rounding_mode: i32,
        /// The smallest coin in minor units; 0 is no cash rounding.
        pub cash_unit: i64,
        /// `kassa.v1.CashRoundingMode` for totals.
        pub cash_total_mode: i32,
        /// The same for change.
        pub cash_change_mode: i32,
        /// The same for refunds.
        pub cash_refund_mode: i32,
        /// Whether sales take cash in coins below the smallest.
        pub small_coins: bool,
        /// Above every receipt.
        pub receipt_header: String,
        /// Below every receipt.
        pub receipt_footer: String,
        /// Grows with every change of the settings.
        pub version: i64,
        /// Microseconds UTC.
        pub update_time: i64,
        /// Whether anything was ever sold or bought: freezes the currency.
        pub has_orders: bool,
        /// Grows with every change of the catalogue.
        pub catalog_version: i64,
        /// Grows with every change of a customer.
        pub customer_version: i64,
        /// Grows with each restore.
        pub epoch: i64,
        /// Whether cashiers count without seeing what is expected.
        pub blind_close: bool,
        /// After how many seconds without activity the server ends a shift; 0 is never.
        pub idle_seconds: i64,
        /// Whether the shop keeps customers.
        pub customers_on: bool,
        /// Whether it buys through Kassa.
        pub purchasing_on: bool,
        /// Whether its branches send each other goods through Kassa.
        pub stock_transfers_on: bool,
        /// Whether its people clock in and out.
        pub attendance_on: bool,
        /// Grows with whatever is done to people, their limits, terminals and sessions. No record proves it: what is kept in
        /// memory hangs on it.
        pub people_version: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Key = Uuid;
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}

impl ShopMark {
    /// The mark of a business.
    pub fn of(business: &Model) -> Self {
        Self {
            epoch: business.epoch,
            version: business.version,
            catalog_version: business.catalog_version,
            customer_version: business.customer_version,
            people_version: business.people_version,
            has_orders: business.has_orders,
        }
    }
}
