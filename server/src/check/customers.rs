//! Customers. The journal has a hash of each person instead of the person, and no fault tells what stands
//! in a row either.

use std::collections::BTreeMap;

use kassa_proto::v1 as pb;
use sea_orm::{Condition, IdenStatic as _};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Stored, Table, key_text, load},
    journal::Record,
    record::{Unreadable, id, time},
};
use crate::{
    encoding::customer::{nobody, person_of, write_person},
    hashes::person_sha256,
    store::{
        cell::Cell,
        entity::customer::{Column, Model},
    },
};

const TABLE: &str = "customers";

/// A hash does not tell what of it is another.
const ANOTHER: &str = "is not who was registered, in code, name, name_ar, phone, email, tax_number, address, \
                       note or salt: the journal has another hash";

/// The customers as the journal makes them.
#[derive(Default)]
pub struct Customers {
    put: BTreeMap<Uuid, Put>,
    /// Who was forgotten: at which version, and when.
    anonymized: BTreeMap<Uuid, (i64, i64)>,
}

/// A customer as the journal has it: without the person, but with their hash.
struct Put {
    row: Model,
    person_sha256: Vec<u8>,
}

impl Customers {
    /// Customers were registered or changed: of each the highest version holds.
    pub fn put(&mut self, record: &Record, entry: &pb::CustomersPutEntry) -> Result<(), Unreadable> {
        let business_id = id(&entry.business_id, "business_id")?;
        for state in &entry.customers {
            let row = Model {
                version: state.version,
                create_time: time(state.create_time.as_ref(), "customers.create_time")?,
                update_time: record.time()?,
                ..nobody(id(&state.customer_id, "customers.customer_id")?, business_id)
            };
            if self.put.get(&row.id).is_none_or(|known| known.row.version < row.version) {
                self.put.insert(row.id, Put { row, person_sha256: state.person_sha256.clone() });
            }
        }
        Ok(())
    }

    /// A customer was forgotten, for good.
    pub fn anonymized(
        &mut self,
        record: &Record,
        entry: &pb::CustomerAnonymizedEntry,
    ) -> Result<Uuid, Unreadable> {
        let id = id(&entry.customer_id, "customer_id")?;
        self.anonymized.insert(id, (entry.version, record.time()?));
        Ok(id)
    }

    /// Whether the journal has a customer.
    pub fn contains(&self, id: Uuid) -> bool {
        self.put.contains_key(&id)
    }

    /// Compares the customers with their rows.
    pub fn compare(mut self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        line.examine(self.put.len());
        for (id, (version, time)) in self.anonymized {
            if let Some(Put { row, .. }) = self.put.get_mut(&id) {
                (row.version, row.update_time, row.anonymize_time) = (version, time, Some(time));
            }
        }
        for stored in load::<Model>(database, vec![Condition::all()])? {
            let put = stored.get::<Model>(Column::Id).id().and_then(|id| self.put.get_mut(&id));
            if let Some(put) = put {
                let name = key_text::<Model>(&stored.key::<Model>());
                put.prove(&stored, |what| line.fault(TABLE, name.clone(), what));
            }
        }
        Table::compare_all(database, line, self.put.into_values().map(|put| put.row))
    }
}

impl Put {
    /// Proves what is stored of the person, and takes it over: it has been judged, and is to be shown
    /// nowhere.
    fn prove(&mut self, stored: &Stored, mut fault: impl FnMut(String)) {
        if self.row.anonymize_time.is_none() {
            match salt_and_person(stored) {
                Err(column) => fault(format!("{} is nothing that it can be", column.as_str())),
                Ok((salt, person)) => {
                    if person_sha256(salt, &person) != self.person_sha256 {
                        fault(ANOTHER.to_owned());
                    }
                    write_person(&mut self.row, &person);
                    self.row.salt = Some(salt.to_vec());
                }
            }
        }
        for (column, right) in [
            (Column::Name, &mut self.row.name),
            (Column::NameAr, &mut self.row.name_ar),
            (Column::Phone, &mut self.row.phone),
            (Column::PhoneDigits, &mut self.row.phone_digits),
            (Column::Email, &mut self.row.email),
            (Column::TaxNumber, &mut self.row.tax_number),
            (Column::Address, &mut self.row.address),
            (Column::Note, &mut self.row.note),
            (Column::SearchText, &mut self.row.search_text),
        ] {
            let Some(text) = stored.get::<Model>(column).text() else { continue };
            if text != right {
                fault(format!("{} is not what follows from the journal", column.as_str()));
                text.clone_into(right);
            }
        }
        // Whoever was forgotten has neither; that one who is known has the right ones is proved above.
        let (code, salt) = (stored.get::<Model>(Column::Code), stored.get::<Model>(Column::Salt));
        if self.row.code.is_none() && *code != Cell::Null {
            fault("code is not what follows from the journal".to_owned());
            self.row.code = code.text().map(str::to_owned);
        }
        if self.row.salt.is_none() && *salt != Cell::Null {
            fault("salt is not what follows from the journal".to_owned());
            self.row.salt = salt.bytes().map(<[u8]>::to_vec);
        }
    }
}

/// What a row says of a person, or the first column that says what it can't.
fn salt_and_person(stored: &Stored) -> Result<(&[u8], pb::Customer), Column> {
    let text = |column| stored.get::<Model>(column).text().map(str::to_owned).ok_or(column);
    let code = match stored.get::<Model>(Column::Code) {
        Cell::Null => None,
        _ => Some(text(Column::Code)?),
    };
    let row = Model {
        code,
        name: text(Column::Name)?,
        name_ar: text(Column::NameAr)?,
        phone: text(Column::Phone)?,
        email: text(Column::Email)?,
        tax_number: text(Column::TaxNumber)?,
        address: text(Column::Address)?,
        note: text(Column::Note)?,
        ..nobody(Uuid::nil(), Uuid::nil())
    };
    let salt = stored.get::<Model>(Column::Salt).bytes().ok_or(Column::Salt)?;
    Ok((salt, person_of(&row)))
}
