use std::collections::BTreeSet;

use fluent_bundle::FluentResource;
use http::HeaderValue;

use super::*;

const LANGUAGES: [Language; 2] = [Language::English, Language::Arabic];
/// Every variable that any error carries, and one that this server's errors will.
const VARIABLES: [(&str, &str); 32] = [
    ("action", "DISCOUNT"),
    ("amount_due_minor", "1250"),
    ("available", "1.235"),
    ("backup", "kassa-backup-20261120-143045"),
    ("balance_minor", "-5"),
    ("branch_code", "B1"),
    ("cash_minor", "100"),
    ("currency", "USD"),
    ("delay_seconds", "30"),
    ("expected_minor", "1200"),
    ("field", "lines[0].quantity"),
    ("given", "EUR"),
    ("outcome", "none"),
    ("key", "01980e3a-5f00"),
    ("module", "customers"),
    ("number", "P-7"),
    ("offer", "FOUND"),
    ("open_drafts", "200"),
    ("order_id", "01980e3a-5f00-7000-8000-000000000000"),
    ("product", "خبز بلدي"),
    ("receipt_number", "B1-R1-000007"),
    ("register", "R1"),
    ("request_id", "01980e3a-5f00-7000-8000-000000000001"),
    ("requested", "3"),
    ("returnable", "2"),
    ("role", "supervisor"),
    ("shift_number", "B1-R1-S000003"),
    ("shop", "USD"),
    ("state", "ORDER_STATE_COMPLETED"),
    ("tender", "CASH"),
    ("total_minor", "123456"),
    ("wait_seconds", "30"),
];

fn reasons() -> impl Iterator<Item = Reason> {
    (1..1_000).filter_map(|number| Reason::try_from(number).ok())
}

fn asked(texts: &[&str]) -> Language {
    let mut headers = HeaderMap::new();
    for text in texts {
        headers.append(ACCEPT_LANGUAGE, HeaderValue::from_str(text).unwrap());
    }
    Language::asked(&headers)
}

#[test]
fn the_language_is_the_one_that_was_asked_for() {
    for arabic in
        ["ar", "AR", "ar-EG", "ar;q=0.1", "fr, ar", "en;q=0.3, ar;q=0.5", "ar, en", "ar; q=1", "en;q=0,ar"]
    {
        assert_eq!(asked(&[arabic]), Language::Arabic, "{arabic}");
    }
    for english in ["en", "en-GB", "*", "fr", "", "en, ar", "ar;q=0", "ar;q=x", "ar;q=nan", ";;,=,", "arabic"]
    {
        assert_eq!(asked(&[english]), Language::English, "{english}");
    }
    assert_eq!(asked(&["en;q=0.5", "ar"]), Language::Arabic);
    assert_eq!(asked(&[]), Language::English);
}

#[test]
fn every_reason_has_its_message_in_both_languages() {
    let names: BTreeSet<&str> = reasons().map(|reason| reason.wire_name()).collect();
    for (language, text) in [
        ("en", include_str!("../../locales/en/errors.ftl")),
        ("ar", include_str!("../../locales/ar/errors.ftl")),
    ] {
        let resource = FluentResource::try_new(text.to_owned());
        assert!(resource.is_ok(), "{language}: {:?}", resource.err().map(|(_, errors)| errors));
        let begins = |line: &&str| line.starts_with(|it: char| it.is_ascii_uppercase());
        let told: Vec<&str> =
            text.lines().filter(begins).filter_map(|line| line.split(" = ").next()).collect();
        let once: BTreeSet<&str> = told.iter().copied().collect();
        assert_eq!(told.len(), once.len(), "{language} has a message twice");
        assert_eq!(once, names, "{language}");
    }
}

#[test]
fn no_message_shows_a_variable_that_is_not_there() {
    for language in LANGUAGES {
        for reason in reasons() {
            let full = language.words(reason, &VARIABLES).unwrap();
            let bare = language.words(reason, &[]).unwrap();
            assert!(!full.contains('{') && !bare.contains('{'), "{reason:?}: {full} {bare}");
            let message = language.bundle().get_message(reason.wire_name()).unwrap();
            let mut faults = Vec::new();
            let arguments = language.arguments(&VARIABLES);
            language.bundle().format_pattern(message.value().unwrap(), Some(&arguments), &mut faults);
            assert!(faults.is_empty(), "{reason:?} uses what no error carries: {faults:?}");
        }
    }
}

/// With fewer variables than a message uses, it is told without any.
#[test]
fn a_message_lacks_any_one_of_its_variables_in_peace() {
    for language in LANGUAGES {
        for reason in reasons() {
            for left_out in 0..VARIABLES.len() {
                let mut rest = VARIABLES.to_vec();
                rest.remove(left_out);
                let words = language.words(reason, &rest).unwrap();
                assert!(!words.contains('{') && words.chars().count() > 10, "{reason:?}: {words}");
            }
        }
    }
}

#[test]
fn a_message_is_short_and_turns_nothing_around() {
    for reason in reasons() {
        let long = "م".repeat(5_000);
        let hostile: Vec<(&str, &str)> = VARIABLES
            .iter()
            .map(|(name, value)| {
                if *name == "product" || *name == "field" { (*name, long.as_str()) } else { (*name, *value) }
            })
            .collect();
        for language in LANGUAGES {
            for variables in [&VARIABLES[..], &[], &hostile] {
                let words = language.words(reason, variables).unwrap();
                assert!(words.len() < 600, "{reason:?}: {} bytes", words.len());
                let mut depth = 0;
                for character in words.chars() {
                    match character {
                        FIRST_STRONG_ISOLATE => depth += 1,
                        POP_ISOLATE => depth -= 1,
                        other => assert!(!turns(other), "{reason:?}: {other:?}"),
                    }
                    assert!((0..=1).contains(&depth), "{reason:?}: {words}");
                }
                assert_eq!(depth, 0, "{reason:?}: {words}");
                // The first letter says from which side a message is laid out.
                let first = words.chars().next().unwrap();
                assert_eq!(
                    first.is_ascii(),
                    language == Language::English || first.is_ascii_digit(),
                    "{words}"
                );
            }
        }
    }
}

#[test]
fn what_was_typed_can_turn_no_message_around() {
    let words = Language::Arabic.words(
        Reason::InsufficientStock,
        &[("product", "milk\u{202e}\u{2069}\u{2069}\n"), ("available", "1"), ("requested", "2")],
    );
    assert!(words.unwrap().contains("\u{2068}milk\u{2069}"));
}

#[test]
fn english_for_plain_terminals_has_no_marks() {
    let words = Language::English.words(Reason::TenderShort, &VARIABLES).unwrap();
    assert_eq!(words, "12.50 USD of 1234.56 USD is still to be paid. Take the rest.");
    let words = Language::English.words(Reason::InsufficientStock, &VARIABLES).unwrap();
    assert!(words.starts_with("There is not enough of \u{2068}خبز بلدي\u{2069}: 1.235 left"), "{words}");
}

#[test]
fn amounts_are_written_in_one_way() {
    let of = |currency, minor| {
        let variables = [("currency", currency), ("balance_minor", minor)];
        Language::Arabic.words(Reason::InsufficientCash, &variables).unwrap()
    };
    assert!(of("USD", "123456").contains("\u{2068}1234.56 USD\u{2069}"));
    assert!(of("USD", "-5").contains("\u{2068}-0.05 USD\u{2069}"));
    assert!(of("KWD", "1500").contains("\u{2068}1.500 KWD\u{2069}"));
    assert!(of("JPY", "1500").contains("\u{2068}1500 JPY\u{2069}"));
    // Without its currency an amount is not told at all.
    assert!(of("", "1500").starts_with("النقد في الدرج لا يكفي"));
}

#[test]
fn arabic_counts_in_six_ways() {
    let waits = |seconds| {
        let words = Language::Arabic.words(Reason::PinDelayed, &[("wait_seconds", seconds)]).unwrap();
        words.replace([FIRST_STRONG_ISOLATE, POP_ISOLATE], "")
    };
    for (seconds, words) in [
        ("0", "أعد المحاولة الآن"),
        ("1", "انتظر ثانية واحدة"),
        ("2", "انتظر ثانيتين"),
        ("3", "انتظر 3 ثوانٍ"),
        ("11", "انتظر 11 ثانيةً"),
        ("100", "انتظر 100 ثانية،"),
    ] {
        assert!(waits(seconds).contains(words), "{}", waits(seconds));
    }
    let english =
        |seconds| Language::English.words(Reason::PinDelayed, &[("wait_seconds", seconds)]).unwrap();
    assert!(english("1").contains("Wait one second,") && english("2").contains("Wait 2 seconds,"));
}
