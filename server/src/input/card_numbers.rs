//! Card numbers in what people write: PCI DSS forbids storing them, and other numbers are none of its business.

use std::ops::RangeInclusive;

use kassa_proto::signs::is_invisible;

/// The longest that ISO/IEC 7812 allows.
const LONGEST: usize = 19;
/// More than this between two groups of digits, and they are two numbers: a blank, a dash, a blank.
const WIDEST_GAP: usize = 3;

/// Whose numbers begin like this, and how long they are.
struct Issuers {
    first: RangeInclusive<u32>,
    lengths: &'static [usize],
}

const fn issuers(first: u32, last: u32, lengths: &'static [usize]) -> Issuers {
    Issuers { first: first..=last, lengths }
}

const SIXTEEN: &[usize] = &[16];
const SIXTEEN_AND_MORE: &[usize] = &[16, 17, 18, 19];
const DINERS: &[usize] = &[14, 16];
const MAESTRO: &[usize] = &[13, 14, 15, 16, 17, 18, 19];

/// The ranges in which cards are issued. What countries issue for themselves (Mada, Meeza, Elo, RuPay) lies
/// mostly within those of Visa, Mastercard and Discover.
const ISSUERS: [Issuers; 25] = [
    issuers(4, 4, &[13, 16, 19]),          // Visa
    issuers(51, 55, SIXTEEN),              // Mastercard
    issuers(2221, 2720, SIXTEEN),          // Mastercard
    issuers(34, 34, &[15]),                // American Express
    issuers(37, 37, &[15]),                // American Express
    issuers(6011, 6011, SIXTEEN_AND_MORE), // Discover
    issuers(644, 659, SIXTEEN_AND_MORE),   // Discover
    issuers(300, 305, DINERS),             // Diners Club
    issuers(3095, 3095, DINERS),           // Diners Club
    issuers(36, 36, DINERS),               // Diners Club
    issuers(38, 39, DINERS),               // Diners Club
    issuers(3528, 3589, SIXTEEN_AND_MORE), // JCB
    issuers(62, 62, SIXTEEN_AND_MORE),     // UnionPay
    issuers(2200, 2205, SIXTEEN_AND_MORE), // Mir
    issuers(9792, 9792, SIXTEEN),          // Troy
    issuers(5018, 5018, MAESTRO),          // Maestro
    issuers(5020, 5020, MAESTRO),          // Maestro
    issuers(5038, 5038, MAESTRO),          // Maestro
    issuers(5893, 5893, MAESTRO),          // Maestro
    issuers(6304, 6304, MAESTRO),          // Maestro
    issuers(6759, 6763, MAESTRO),          // Maestro
    issuers(506, 509, SIXTEEN_AND_MORE),   // Meeza, Verve, Elo, RuPay
    issuers(588_845, 588_851, SIXTEEN),    // Mada
    issuers(968_201, 968_212, SIXTEEN),    // Mada
    issuers(604_906, 604_906, SIXTEEN),    // Mada
];

/// Digits with nothing between them.
struct Group {
    digits: Vec<u32>,
    /// What stands before it, if it may stand within a card number.
    separator: Option<char>,
}

/// The last four digits of the first card number that a text holds: whoever wrote it knows which one is meant,
/// and the law lets anybody see them.
pub fn last_four(text: &str) -> Option<String> {
    let groups = groups(text);
    let digits = (0..groups.len()).find_map(|first| card_number(groups.get(first..)?))?;
    let last = digits.get(digits.len().saturating_sub(4)..)?;
    Some(last.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect())
}

/// The card number that begins with the first group, if there is one. Its groups are separated alike: what
/// joins a date with dashes and a telephone number with blanks is no card's.
fn card_number(groups: &[Group]) -> Option<Vec<u32>> {
    let separator = groups.get(1).and_then(|group| group.separator);
    let mut digits = Vec::new();
    let mut lengths = Vec::new();
    for group in groups {
        if !lengths.is_empty() && (group.separator.is_none() || group.separator != separator) {
            return None;
        }
        digits.extend(&group.digits);
        lengths.push(group.digits.len());
        if digits.len() > LONGEST {
            return None;
        }
        if is_written_so(&lengths) && is_issued(&digits) && passes_luhn(&digits) {
            return Some(digits);
        }
    }
    None
}

fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut gap = Vec::new();
    for sign in text.chars().filter(|sign| !is_invisible(*sign)) {
        let Some(digit) = digit(sign) else {
            // A gap wider than any that joins is as good as a longer one.
            if gap.len() <= WIDEST_GAP {
                gap.push(sign);
            }
            continue;
        };
        match groups.last_mut() {
            Some(group) if gap.is_empty() => group.digits.push(digit),
            Some(_) | None => {
                groups.push(Group { digits: vec![digit], separator: separator(&gap) });
                gap.clear();
            }
        }
    }
    groups
}

/// What a gap separates the groups of a card number by: blanks and line breaks, or a dash, a dot, a slash with
/// or without blanks around it.
fn separator(gap: &[char]) -> Option<char> {
    if gap.len() > WIDEST_GAP {
        return None;
    }
    let mut signs = gap.iter().copied().filter(|sign| !sign.is_whitespace());
    match (signs.next(), signs.next()) {
        (None, _) => Some(' '),
        (Some('-' | '\u{2010}'..='\u{2015}' | '\u{2212}'), None) => Some('-'),
        (Some(sign @ ('.' | '\u{b7}' | '/' | '_' | '|')), None) => Some(sign),
        (Some(_), _) => None,
    }
}

/// A digit of any script that shops write in: `7`, `٧`, `۷`, `７`.
fn digit(sign: char) -> Option<u32> {
    const ZEROS: [char; 21] = [
        '0',
        '٠',
        '۰',
        '߀',
        '०',
        '০',
        '੦',
        '૦',
        '୦',
        '௦',
        '౦',
        '೦',
        '൦',
        '๐',
        '໐',
        '༠',
        '၀',
        '០',
        '᠐',
        '０',
        '\u{1d7ce}',
    ];
    ZEROS
        .into_iter()
        .find_map(|zero| u32::from(sign).checked_sub(u32::from(zero)).filter(|digit| *digit < 10))
}

/// Whether people cut card numbers into groups of these lengths. A date beside a telephone number is cut
/// otherwise.
fn is_written_so(lengths: &[usize]) -> bool {
    match lengths {
        // American Express and Diners Club, and numbers cut behind the issuer's digits.
        [4, 6, 4 | 5] | [6, (7..)] | [8, (5..)] => true,
        // All alike, and what is left over.
        [first, .., last] => last <= first && lengths.iter().rev().skip(1).all(|length| length == first),
        [_] => true,
        [] => false,
    }
}

fn is_issued(digits: &[u32]) -> bool {
    ISSUERS.iter().any(|Issuers { first, lengths }| {
        let places = first.start().ilog10() + 1;
        let begins = digits.iter().zip(0..places).fold(0, |number, (digit, _)| number * 10 + digit);
        lengths.contains(&digits.len()) && first.contains(&begins)
    })
}

/// Luhn's check (ISO/IEC 7812-1).
fn passes_luhn(digits: &[u32]) -> bool {
    let weighted =
        digits.iter().rev().enumerate().map(|(place, digit)| {
            if place.is_multiple_of(2) { *digit } else { digit * 2 / 10 + digit * 2 % 10 }
        });
    weighted.sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers that the schemes give out for testing.
    const CARDS: [&str; 16] = [
        "4111111111111111",
        "4222222222222",
        "5500000000000004",
        "2223000048400011",
        "378282246310005",
        "340000000000009",
        "6011111111111117",
        "30569309025904",
        "36227206271667",
        "3530111333300000",
        "6200000000000005",
        "6759649826438453",
        "5018000000000009",
        "5078031234567890",
        "5888450000000003",
        "4000000000000000006",
    ];

    fn in_groups(number: &str, lengths: &[usize], separator: &str) -> String {
        let mut rest = number;
        let mut groups = Vec::new();
        for length in lengths.iter().cycle() {
            let (group, after) = rest.split_at((*length).min(rest.len()));
            groups.push(group);
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        groups.join(separator)
    }

    #[test]
    fn a_card_number_is_found_however_it_is_written_and_told_by_its_last_digits() {
        for text in [
            "4111 1111 1111 1111",
            "card 4111-1111-1111-1111 ok",
            "x4111111111111111y",
            "4111.1111.1111.1111",
            "4111/1111/1111/1111",
            "4111\n1111\n1111\n1111",
            "4111 - 1111 - 1111 - 1111 12/28 123",
            "4\u{200b}111 1111 1111 1111",
            "٤١١١ ١١١١ ١١١١ ١١١١",
            "۴۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱",
            "４１１１　１１１１　１１１１　１１１１",
            "411111 1111111111",
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            "table 12 4111 1111 1111 1111",
        ] {
            assert_eq!(last_four(text).as_deref(), Some("1111"), "{text}");
        }
        assert_eq!(last_four("3782 822463 10005").as_deref(), Some("0005"));
    }

    #[test]
    fn numbers_that_are_no_cards_are_left_alone() {
        for text in [
            "",
            "call 01001234567",
            "IMEI 356938035643809",
            "2026-11-30 010 0123 4561",
            "0000000000000000",
            "1234 5678 9012",
            "4111 1111 1111 1112",
            "4111 1111, 1111 1111",
            "4111 1111 to 1111 1111",
            "4111 1111 1111     1111",
            "IBAN DE89 3704 0044 0532 0130 00",
            "41111111111111111111111111",
        ] {
            assert_eq!(last_four(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_schemes_numbers_are_found_among_words(
            card in prop::sample::select(&CARDS[..]),
            separator in "[ ./_\n-]| - |\u{2013}|\u{a0}",
            zero in prop::sample::select(vec!['0', '٠', '۰', '０']),
            words in "[a-z ,;]{0,12}",
        ) {
            let digits: String = card.chars().filter_map(|digit| {
                char::from_u32(u32::from(zero) + digit.to_digit(10)?)
            }).collect();
            let whole = format!("{words}{digits}{words}");
            let written = in_groups(card, &[4], &separator);
            let cut = format!("{words}x {written} x{words}");
            for text in [whole, cut] {
                prop_assert_eq!(last_four(&text), Some(card[card.len() - 4..].to_owned()), "{}", text);
            }
        }

        #[test]
        fn a_digit_that_is_mistyped_makes_no_card(card in prop::sample::select(&CARDS[..]), place in 1..12_usize) {
            let wrong: String = card.chars().enumerate().map(|(at, digit)| {
                if at == place { char::from_digit((digit.to_digit(10).unwrap() + 1) % 10, 10).unwrap() } else { digit }
            }).collect();
            prop_assert_eq!(last_four(&wrong), None);
        }

        #[test]
        fn dates_beside_telephone_numbers_and_serial_numbers_are_no_cards(
            (year, month, day) in (2000..2100_u32, 1..13_u32, 1..29_u32),
            telephone in "01[0-9] [0-9]{4} [0-9]{4}|\\+20 1[0-9] [0-9]{4} [0-9]{4}",
            imei in "(01|35|86|99)[0-9]{13}",
        ) {
            for text in [
                format!("{year}-{month:02}-{day:02} {telephone}"),
                format!("{day:02}/{month:02}/{year} {telephone}"),
                format!("{telephone} {year}.{month}.{day}"),
                format!("IMEI {imei}"),
            ] {
                prop_assert_eq!(last_four(&text), None, "{}", text);
            }
        }
    }
}
