//! What is said of a person: checked, hashed, made searchable, forgotten. A [`pb::Customer`] with nothing
//! else in it.

use kassa_proto::v1 as pb;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::{error::Error, input, store::entity::customer};

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

/// What a row says of the person.
pub fn person_of(row: &customer::Model) -> pb::Customer {
    pb::Customer {
        code: row.code.clone().unwrap_or_default(),
        name: row.name.clone(),
        name_ar: row.name_ar.clone(),
        phone: row.phone.clone(),
        email: row.email.clone(),
        tax_number: row.tax_number.clone(),
        address: row.address.clone(),
        note: row.note.clone(),
        ..pb::Customer::default()
    }
}

/// Writes a person into a row: nobody's is empty.
pub fn write(row: &mut customer::Model, person: &pb::Customer) {
    row.code = Some(person.code.clone()).filter(|code| !code.is_empty());
    row.name.clone_from(&person.name);
    row.name_ar.clone_from(&person.name_ar);
    row.phone.clone_from(&person.phone);
    row.phone_digits = digits(&person.phone);
    row.email.clone_from(&person.email);
    row.tax_number.clone_from(&person.tax_number);
    row.address.clone_from(&person.address);
    row.note.clone_from(&person.note);
    row.search_text = search_text(person);
}

/// What the journal has of a person. Phone numbers are few enough to be tried all: without the salt,
/// which is gone with the person, nobody can.
pub fn person_sha256(salt: &[u8], person: &pb::Customer) -> Vec<u8> {
    Sha256::new().chain_update(salt).chain_update(person.encode_to_vec()).finalize().to_vec()
}

/// What a person is searched by besides code and phone number. A name begins a line, so that a search can
/// ask for a beginning; the others are lines behind a tab.
fn search_text(person: &pb::Customer) -> String {
    let pb::Customer { name, name_ar, email, tax_number, .. } = person;
    if name.is_empty() {
        return String::new();
    }
    folded(&format!("\n{name}\n{name_ar}\n\t{email}\n\t{tax_number}\n"))
}

/// The same for all ways of writing the same: small letters, Arabic without vowel signs and with one form
/// of the letters that people interchange.
pub fn folded(text: &str) -> String {
    let letters = text.chars().filter_map(|letter| match letter {
        // Vowel signs, and the stroke that only makes a word longer.
        '\u{64b}'..='\u{652}' | '\u{670}' | '\u{640}' => None,
        'أ' | 'إ' | 'آ' | 'ٱ' => Some('ا'),
        'ى' => Some('ي'),
        'ة' => Some('ه'),
        'ؤ' => Some('و'),
        'ئ' => Some('ي'),
        other => Some(digit(other).unwrap_or(other)),
    });
    letters.flat_map(char::to_lowercase).collect()
}

/// The digits of a phone number without the zeros before it: those depend on where one calls from.
pub fn digits(phone: &str) -> String {
    let digits: String = phone.chars().filter_map(digit).collect();
    digits.trim_start_matches('0').to_owned()
}

/// A digit as it is stored, whether it was written `7`, `٧` or `۷`.
fn digit(letter: char) -> Option<char> {
    let value = match letter {
        '0'..='9' => return Some(letter),
        '٠'..='٩' => u32::from(letter) - u32::from('٠'),
        '۰'..='۹' => u32::from(letter) - u32::from('۰'),
        _ => return None,
    };
    char::from_digit(value, 10)
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
    fn a_phone_number_is_its_digits_however_it_is_written() {
        for phone in ["+966 50 123-4567", "00966501234567", "٠٠٩٦٦٥٠١٢٣٤٥٦٧", "(+966) ۵۰۱۲۳۴۵۶۷"]
        {
            assert_eq!(digits(phone), "966501234567", "{phone}");
        }
        assert_eq!(digits("no number"), "");
    }

    #[test]
    fn names_are_the_same_with_and_without_signs_and_capitals() {
        for (one, other) in [("أَحْمَد", "احمد"), ("فاطمة", "فاطمه"), ("ALI", "ali"), ("هدى", "هدي")]
        {
            assert_eq!(folded(one), folded(other));
        }
        assert_ne!(folded("أحمد"), folded("حمد"));
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

    #[test]
    fn another_salt_or_another_person_is_another_hash() {
        let hash = |salt: u8, name: &str| person_sha256(&[salt; SALT], &named(name));
        assert_eq!(hash(1, "Amal"), hash(1, "Amal"));
        assert_ne!(hash(1, "Amal"), hash(2, "Amal"));
        assert_ne!(hash(1, "Amal"), hash(1, "Ama"));
    }
}
