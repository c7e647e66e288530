//! `customers`: somebody who buys, known to all branches.

use std::fmt;

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// Somebody who buys. What is said of the person is in no other row: it is empty once they are forgotten.
    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "customers")]
    pub struct Model {
        /// The customer.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::business`].
        pub business_id: Uuid,
        /// The business's `customer_version` of the last change.
        pub version: i64,
        /// The shop's own code, unique where there is one.
        pub code: Option<String>,
        /// The name.
        pub name: String,
        /// The name in Arabic.
        pub name_ar: String,
        /// The phone number as people write it.
        pub phone: String,
        /// Its digits without zeros before them, for searching.
        pub phone_digits: String,
        /// The e-mail address.
        pub email: String,
        /// The tax number.
        pub tax_number: String,
        /// The address.
        pub address: String,
        /// A note.
        pub note: String,
        /// Names, e-mail address and tax number as they are searched.
        pub search_text: String,
        /// 32 random bytes of this version: with them the journal's hash is of this person, without them of
        /// nobody.
        pub salt: Option<Vec<u8>>,
        /// Microseconds UTC.
        pub create_time: i64,
        /// Microseconds UTC.
        pub update_time: i64,
        /// Microseconds UTC: when the person was forgotten.
        pub anonymize_time: Option<i64>,
    }
}

impl fmt::Debug for Model {
    /// Without the person: logs are kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("customer")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("anonymize_time", &self.anonymize_time)
            .finish_non_exhaustive()
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The customers of a business: every read of customers begins here.
pub fn of_business(business_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BusinessId.eq(business_id))
}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CustomerIndex {
    /// Of a business, by the shop's own code.
    Code(Uuid, String),
}

impl Row for Model {
    type Key = Uuid;
    type Index = CustomerIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        self.code.iter().map(|code| CustomerIndex::Code(self.business_id, code.clone())).collect()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let CustomerIndex::Code(business_id, code) = index;
        vec![is("business_id", business_id), is("code", code)]
    }
}
