//! Customers.

use std::collections::BTreeMap;

use kassa_proto::v1::{self as pb, ErrorReason as Reason};
use uuid::Uuid;

use super::{Judge, Verdict, id, no};
use crate::{encoding::customer::person_of, store::entity::customer};

impl<'a> Judge<'a> {
    pub(super) fn customer(&self, named: &str) -> Result<&'a customer::Model, Option<Reason>> {
        let found = id(named).and_then(|id| self.ledger.customers.get(&id));
        let row = found.ok_or(Some(Reason::CustomerNotFound))?;
        if row.anonymize_time.is_some() { no(Reason::CustomerAnonymized) } else { Ok(row) }
    }

    /// One after the other: a code that one gives up in the same call, another may have.
    pub(super) fn register_people(&self, message: &pb::PutCustomersRequest) -> Verdict {
        let with_code = self.ledger.customers.values().filter_map(|row| Some((row.code.clone()?, row.id)));
        let mut codes: BTreeMap<String, Uuid> = with_code.collect();
        for (place, put) in (1..).zip(&message.customers) {
            let known = match self.customer(&put.customer_id) {
                Err(Some(Reason::CustomerNotFound)) => None,
                other => Some(other?),
            };
            if put.version != 0 && put.version != known.map_or(0, |row| row.version) {
                return no(Reason::VersionMismatch);
            }
            if known.is_some_and(|row| person_of(row) == person_alone(put)) {
                continue;
            }
            let own = known.map(|row| row.id).or(id(&put.customer_id)).unwrap_or(Uuid::from_u128(place));
            if !put.code.is_empty() && codes.get(&put.code).is_some_and(|holder| *holder != own) {
                return no(Reason::CustomerCodeTaken);
            }
            codes.retain(|_, holder| *holder != own);
            codes.insert(put.code.clone(), own);
        }
        Ok(())
    }
}

/// What a request says of a person.
pub fn person_alone(put: &pb::Customer) -> pb::Customer {
    pb::Customer { customer_id: String::new(), version: 0, ..put.clone() }
}
