//! What a customer's row says of a person: a [`pb::Customer`] with nothing else in it.

use kassa_proto::v1 as pb;
use uuid::Uuid;

use crate::store::entity::customer;

/// A customer of whom nothing is said.
pub fn nobody(id: Uuid, business_id: Uuid) -> customer::Model {
    customer::Model {
        id,
        business_id,
        version: 0,
        code: None,
        name: String::new(),
        name_ar: String::new(),
        phone: String::new(),
        phone_digits: String::new(),
        email: String::new(),
        tax_number: String::new(),
        address: String::new(),
        note: String::new(),
        search_text: String::new(),
        salt: None,
        create_time: 0,
        update_time: 0,
        anonymize_time: None,
    }
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
pub fn write_person(row: &mut customer::Model, person: &pb::Customer) {
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
}
