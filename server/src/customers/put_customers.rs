//! Registering and changing customers: all of a call, or none.

use std::collections::BTreeSet;

use kassa_proto::v1::{self as pb, ErrorReason as Reason, JournalKind, journal_record::Entry};
use uuid::Uuid;

use super::{
    anonymized, not_found,
    person::{self, SALT},
    version_text,
};
use crate::{
    books::{self, Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    encoding::{
        customer::{nobody, person_of, write_person},
        time::stored_timestamp,
    },
    error::Error,
    hashes::person_sha256,
    input,
    settings::shop,
    store::{
        engine::Scope,
        entity::{
            business,
            customer::{self, CustomerIndex},
        },
    },
};

const MOST_CUSTOMERS: usize = 500;

/// Customers to be written.
pub struct PutCustomers(Vec<Draft>);

struct Draft {
    id: Option<Uuid>,
    /// The version that is changed; 0 is any.
    version: i64,
    person: pb::Customer,
}

/// The fingerprint of a request, without the people in it. Keys are for ever, and a plain SHA-256 of a
/// phone number is as good as the number: one tries them all. (A secret beside the database would hide it
/// from thieves, but not from the shop, which is to forget it too.) What this leaves out is compared with
/// the row that the key wrote, by [`Posting::is_again`].
pub fn fingerprint(request: &pb::PutCustomersRequest) -> [u8; 32] {
    let customers = request.customers.iter().map(|customer| pb::Customer {
        customer_id: customer.customer_id.clone(),
        version: customer.version,
        ..pb::Customer::default()
    });
    books::fingerprint(&pb::PutCustomersRequest { customers: customers.collect() })
}

impl PutCustomers {
    /// Checks the customers.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::PutCustomersRequest) -> Result<Self, Error> {
        if request.customers.is_empty() {
            return Err(Error::invalid("customers", "is empty"));
        }
        input::at_most(&request.customers, MOST_CUSTOMERS, "customers")?;
        let (mut ids, mut codes) = (BTreeSet::new(), BTreeSet::new());
        let drafts = request.customers.into_iter().enumerate().map(|(number, customer)| {
            let draft = Draft {
                id: input::id(&customer.customer_id, || path(number, "customer_id"))?,
                version: customer.version,
                person: person::parse(customer, |field| path(number, field))?,
            };
            let twice = |field: &str| Error::invalid(path(number, field), "stands twice in this call");
            match draft.id {
                Some(id) if !ids.insert(id) => Err(twice("customer_id")),
                _ if draft.code().is_some_and(|code| !codes.insert(code)) => Err(twice("code")),
                _ => Ok(draft),
            }
        });
        drafts.collect::<Result<_, _>>().map(Self)
    }
}

fn path(number: usize, field: &str) -> String {
    format!("customers[{number}].{field}")
}

impl Draft {
    /// The code, if there is one.
    fn code(&self) -> Option<String> {
        Some(&self.person.code).filter(|code| !code.is_empty()).cloned()
    }

    /// The customer that it changes, if there is one, at the version that was read.
    fn existing<'a>(
        &self,
        books: &'a WorkingSet,
        caller: &Caller,
        number: usize,
    ) -> Result<Option<&'a customer::Model>, Stop> {
        let existing = match self.id {
            None => None,
            Some(id) => books.get::<customer::Model>(&id)?,
        };
        if existing.is_some_and(|row| row.business_id != caller.business_id) {
            return Err(not_found(&path(number, "customer_id"), "with this id").into());
        }
        if existing.is_some_and(|row| row.anonymize_time.is_some()) {
            return Err(anonymized(path(number, "customer_id")).into());
        }
        let version = existing.map_or(0, |row| row.version);
        if self.version != 0 && self.version != version {
            let what = "the customer is";
            return Err(Error::version_mismatch(path(number, "version"), what, self.version, version).into());
        }
        Ok(existing)
    }

    /// Nobody else has the code.
    fn prove_code(
        &self,
        books: &WorkingSet,
        (business_id, id): (Uuid, Uuid),
        number: usize,
    ) -> Result<(), Stop> {
        let Some(code) = self.code() else { return Ok(()) };
        let holder = books.find_one::<customer::Model>(&CustomerIndex::Code(business_id, code))?;
        match holder.filter(|holder| holder.id != id) {
            None => Ok(()),
            Some(holder) => {
                let error = Error::of_field(
                    Reason::CustomerCodeTaken,
                    path(number, "code"),
                    "is another customer's code",
                );
                Err(error.with("customer_id", holder.id).into())
            }
        }
    }
}

impl Posting for PutCustomers {
    const METHOD: &'static str = "kassa.v1.Customers/PutCustomers";
    type Reply = pb::PutCustomersResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
        for draft in &self.0 {
            if let Some(id) = draft.id {
                read_set.row::<customer::Model>(id);
            }
            if let Some(code) = draft.code() {
                read_set.all::<customer::Model>(CustomerIndex::Code(caller.business_id, code));
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let mut business = shop(books, context.caller)?.clone();
        let version = business.customer_version.saturating_add(1);
        let mut reply = pb::PutCustomersResponse::default();
        let mut changed = Vec::new();
        for (number, draft) in self.0.iter().enumerate() {
            let existing = draft.existing(books, context.caller, number)?.cloned();
            if let Some(row) = existing.as_ref().filter(|row| person_of(row) == draft.person) {
                reply.unchanged_count += 1;
                reply.customers.push(written(row));
                continue;
            }
            let created =
                if existing.is_some() { &mut reply.updated_count } else { &mut reply.created_count };
            *created += 1;
            let id = existing.as_ref().map(|row| row.id).or(draft.id).unwrap_or_else(|| context.new_id());
            draft.prove_code(books, (business.id, id), number)?;
            let row = row(context, (id, version), existing.as_ref(), &draft.person);
            reply.customers.push(written(&row));
            changed.push(state(&row));
            books.put(row)?;
        }
        if !changed.is_empty() {
            business = books.update::<business::Model, _>(&business.id, |business| {
                business.customer_version = version;
                Ok(business.clone())
            })?;
            let business_id = business.id.to_string();
            let entry = Entry::CustomersPut(pb::CustomersPutEntry { customers: changed, business_id });
            journal::append(books, context, context.caller.register_id, entry)?;
        }
        reply.customer_version = version_text(&business);
        Ok(Decision::Done(reply))
    }

    /// Compared are those who still are as this key left them. Who was changed or forgotten since then
    /// can't be compared, and need not be: nothing is written again.
    fn is_again(&self, answer: &Self::Reply, books: &WorkingSet) -> Result<bool, Stop> {
        for (draft, written) in self.0.iter().zip(&answer.customers) {
            let id = Uuid::try_parse(&written.customer_id).map_err(Error::internal)?;
            let row = books.get::<customer::Model>(&id)?;
            let as_written = row.filter(|row| row.version == written.version && row.anonymize_time.is_none());
            if as_written.is_some_and(|row| person_of(row) != draft.person) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The row of a customer as it is to be.
fn row(
    context: &Context,
    (id, version): (Uuid, i64),
    existing: Option<&customer::Model>,
    person: &pb::Customer,
) -> customer::Model {
    let now = to_micros(context.now);
    let mut row = customer::Model {
        create_time: existing.map_or(now, |row| row.create_time),
        ..nobody(id, context.caller.business_id)
    };
    (row.version, row.update_time) = (version, now);
    row.salt = Some(context.random::<SALT>().to_vec());
    write_person(&mut row, person);
    row
}

fn written(row: &customer::Model) -> pb::CustomerVersion {
    pb::CustomerVersion { customer_id: row.id.to_string(), version: row.version }
}

/// A customer as the journal has it.
fn state(row: &customer::Model) -> pb::CustomerState {
    let salt = row.salt.as_deref().unwrap_or_default();
    pb::CustomerState {
        customer_id: row.id.to_string(),
        version: row.version,
        person_sha256: person_sha256(salt, &person_of(row)),
        create_time: Some(stored_timestamp(row.create_time)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        books::testing::TestShop, customers::anonymize_customer::AnonymizeCustomer,
        orders::complete_sale::CompleteSale, store::entity::order,
    };

    fn put(shop: &mut TestShop, customer: pb::Customer) -> Result<pb::PutCustomersResponse, Error> {
        let posting = PutCustomers::parse(pb::PutCustomersRequest { customers: vec![customer] })?;
        shop.decide(&posting)
    }

    fn named(name: &str, code: &str) -> pb::Customer {
        pb::Customer { name: name.to_owned(), code: code.to_owned(), ..Default::default() }
    }

    fn id(reply: &pb::PutCustomersResponse) -> Uuid {
        Uuid::try_parse(&reply.customers[0].customer_id).unwrap()
    }

    #[test]
    fn the_journal_has_a_hash_of_the_person_that_is_another_each_time() {
        let mut shop = TestShop::founded();
        let mut hashes = BTreeSet::new();
        let id = id(&put(&mut shop, named("Amal", "K-17")).unwrap());
        for name in ["Amal H.", "Amal"] {
            let Entry::CustomersPut(recorded) = shop.last_entry(JournalKind::Audit) else {
                panic!("no entry")
            };
            let row: &customer::Model = shop.row(&id);
            let hash = person_sha256(row.salt.as_deref().unwrap(), &person_of(row));
            assert_eq!(recorded.customers[0].person_sha256, hash);
            hashes.insert(hash);
            let customer_id = id.to_string();
            put(&mut shop, pb::Customer { customer_id, ..named(name, "K-17") }).unwrap();
        }
        assert_eq!((shop.stops, hashes.len()), (0, 2));
        assert!(!format!("{:?}", shop.row::<customer::Model>(&id)).contains("Amal"), "a row is not shown");
    }

    #[test]
    fn who_is_forgotten_is_nobody_and_can_not_be_written_again() {
        let mut shop = TestShop::founded();
        let id = id(&put(&mut shop, named("Amal", "K-17")).unwrap());
        let customer_id = id.to_string();
        let forget = pb::AnonymizeCustomerRequest { customer_id: customer_id.clone(), version: 1 };
        shop.decide(&AnonymizeCustomer::parse(forget).unwrap()).unwrap();
        let row: &customer::Model = shop.row(&id);
        let times = (row.create_time, row.update_time, row.anonymize_time, row.version);
        let nobody = nobody(id, shop.caller.business_id);
        let (create_time, update_time, anonymize_time, version) = times;
        assert_eq!(*row, customer::Model { create_time, update_time, anonymize_time, version, ..nobody });
        let dirty = shop.books.dirty();
        let back = pb::Customer { customer_id, ..named("Amal", "") };
        assert_eq!(put(&mut shop, back).unwrap_err().reason(), Reason::CustomerAnonymized);
        assert_eq!((shop.books.dirty(), shop.stops), (dirty, 0), "a refusal leaves nothing behind");
        // The code is free again.
        put(&mut shop, named("Ziad", "K-17")).unwrap();
    }

    #[test]
    fn a_sale_loads_its_customer_with_everything_else() {
        let mut shop = TestShop::with_shift();
        shop.put_product("bread", 2_00, pb::StockPolicy::Allow, 10);
        let id = id(&put(&mut shop, named("Amal", "")).unwrap());
        let line = pb::LineItem {
            item: Some(pb::line_item::Item::Barcode("bread".to_owned())),
            quantity: Some(pb::Decimal { value: "1".to_owned() }),
            ..Default::default()
        };
        let money = || Some(pb::Money { amount_minor: 2_00, ..Default::default() });
        let cash = pb::Tender { r#type: pb::TenderType::Cash.into(), amount: money(), ..Default::default() };
        let sale = pb::CompleteSaleRequest {
            customer_id: id.to_string(),
            lines: vec![line],
            tenders: vec![cash],
            expected_total: money(),
            ..Default::default()
        };
        let sold = shop.decide(&CompleteSale::parse(sale).unwrap()).unwrap().order.unwrap();
        let sold = shop.row::<order::Model>(&Uuid::try_parse(&sold.order_id).unwrap());
        assert_eq!((sold.customer_id, shop.stops), (Some(id), 0));
    }
}
