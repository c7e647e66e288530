//! Forgetting a person: what is known of them is emptied, and the salt with it. The customer's id stays in
//! the orders, so that their figures stay.

use kassa_proto::v1::{self as pb, JournalKind, journal_record::Entry};
use uuid::Uuid;

use super::{customer_to_pb, known};
use crate::{
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    encoding::customer::nobody,
    error::Error,
    input,
    settings::shop,
    store::{
        engine::Scope,
        entity::{business, customer},
    },
};

/// A person to be forgotten.
#[derive(Debug)]
pub struct AnonymizeCustomer {
    id: Uuid,
    /// The version that was read; 0 is any.
    version: i64,
}

impl AnonymizeCustomer {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(request: pb::AnonymizeCustomerRequest) -> Result<Self, Error> {
        let id = input::required_id(&request.customer_id, || "customer_id".to_owned())?;
        Ok(Self { id, version: request.version })
    }
}

impl Posting for AnonymizeCustomer {
    const METHOD: &'static str = "kassa.v1.Customers/AnonymizeCustomer";
    type Reply = pb::AnonymizeCustomerResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        read_set.row::<customer::Model>(self.id);
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let customer = known(books, context.caller, self.id)?;
        if self.version != 0 && self.version != customer.version {
            let what = "the customer is";
            return Err(Error::version_mismatch("version", what, self.version, customer.version).into());
        }
        let create_time = customer.create_time;
        let business_id = shop(books, context.caller)?.id;
        let version = books.update::<business::Model, _>(&business_id, |business| {
            business.customer_version = business.customer_version.saturating_add(1);
            Ok(business.customer_version)
        })?;
        let now = to_micros(context.now);
        let row = customer::Model {
            version,
            create_time,
            update_time: now,
            anonymize_time: Some(now),
            ..nobody(self.id, business_id)
        };
        let customer = Some(customer_to_pb(&row));
        books.put(row)?;
        let entry = pb::CustomerAnonymizedEntry { customer_id: self.id.to_string(), version };
        let entry = Entry::CustomerAnonymized(entry);
        journal::append(books, context, context.caller.register_id, entry)?;
        Ok(Decision::Done(pb::AnonymizeCustomerResponse { customer }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let missing =
            || Error::internal(format_args!("a key names the customer {}, who is not there", document.id));
        let customer = customer_to_pb(books.require::<customer::Model>(&document.id, missing)?);
        Ok(pb::AnonymizeCustomerResponse { customer: Some(customer) })
    }
}
