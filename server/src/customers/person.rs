//! What is said of a person: checked, hashed, made searchable, forgotten. A [`pb::Customer`] with nothing
//! else in it.

use kassa_proto::v1 as pb;

use crate::{encoding::customer::digits, error::Error, input};

/// Random bytes that a person is hashed with.
pub const SALT: usize = 32;

const CODE: usize = 64;
const NAME: usize = 200;
const PHONE: usize = 40;
const EMAIL: usize = 254;
const TAX_NUMBER: usize = 40;
const ADDRESS: usize = 500;
const NOTE: usize = 1_000;

/// What a request says of a person. Errors name fields and never repeat what stood there.
///
/// # Errors
/// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
pub fn parse(customer: pb::Customer, path: impl Fn(&str) -> String) -> Result<pb::Customer, Error> {
    let line = |text: String, most: usize, field: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        input::line(words.join(" "), most, || path(field))
    };
    let person = pb::Customer {
        code: line(customer.code, CODE, "code")?,
        name: line(customer.name, NAME, "name")?,
        name_ar: line(customer.name_ar, NAME, "name_ar")?,
        phone: line(customer.phone, PHONE, "phone")?,
        email: line(customer.email, EMAIL, "email")?,
        tax_number: line(customer.tax_number, TAX_NUMBER, "tax_number")?,
        address: input::free_lines(customer.address, ADDRESS, || path("address"))?,
        note: input::free_lines(customer.note, NOTE, || path("note"))?,
        ..pb::Customer::default()
    };
    if person.name.is_empty() {
        return Err(Error::invalid(path("name"), "is required"));
    }
    if !person.phone.is_empty() && digits(&person.phone).is_empty() {
        return Err(Error::invalid(path("phone"), "has no digit"));
    }
    let is_address = |email: &str| {
        let parts = email.split_once('@');
        parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
    };
    if !person.email.is_empty() && (!is_address(&person.email) || person.email.contains(' ')) {
        return Err(Error::invalid(path("email"), "is no e-mail address such as amal@example.com"));
    }
    Ok(person)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(customer: pb::Customer) -> String {
        parse(customer, |field| field.to_owned()).unwrap_err().fields()[0].0.clone()
    }

    fn named(name: &str) -> pb::Customer {
        pb::Customer { name: name.to_owned(), ..Default::default() }
    }

    #[test]
    fn what_can_be_no_person_is_refused_by_its_field() {
        assert_eq!(path(named(" \t ")), "name");
        assert_eq!(path(named(&"خ".repeat(201))), "name");
        assert_eq!(path(pb::Customer { phone: "ask her".to_owned(), ..named("Amal") }), "phone");
        for email in ["amal", "@example.com", "amal@", "a@b@c", "a b@c"] {
            assert_eq!(path(pb::Customer { email: email.to_owned(), ..named("Amal") }), "email", "{email}");
        }
        let card = "4111 1111 1111 1111".to_owned();
        assert_eq!(path(pb::Customer { note: card, ..named("Amal") }), "note");
        // A tax number may look like a card's.
        let company = pb::Customer { tax_number: "4111111111111111".to_owned(), ..named("Haddad  &\nSons ") };
        assert_eq!(parse(company, |field| field.to_owned()).unwrap().name, "Haddad & Sons");
    }
}
