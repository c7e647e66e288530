//! What a text may hold: which signs, and on how many lines.

use kassa_proto::signs::{breaks_line, is_invisible};

/// What is wrong with a text of one line, if anything is.
pub fn fault_of_line(text: &str) -> Option<&'static str> {
    if text.chars().any(breaks_line) {
        return Some("must be one line");
    }
    if !text.is_empty() && shows_nothing(text) {
        return Some("holds nothing that can be seen");
    }
    fault(text.chars().any(char::is_control), text)
}

/// What is wrong with a text of several lines, if anything is. `\n` alone ends a line; tabs may stand in it.
pub fn fault_of_lines(text: &str) -> Option<&'static str> {
    let is_bad = |sign: char| sign != '\t' && (sign.is_control() || breaks_line(sign));
    text.split('\n').find_map(|line| fault(line.chars().any(is_bad), line))
}

fn shows_nothing(text: &str) -> bool {
    text.chars().all(|sign| sign.is_whitespace() || is_invisible(sign))
}

fn fault(has_control: bool, line: &str) -> Option<&'static str> {
    if has_control {
        return Some("holds control characters");
    }
    (!is_balanced(line)).then_some("holds a mark that turns the direction of writing, and none that ends it")
}

/// Whether all that turns the direction of writing ends within the text (Unicode Standard Annex 9): what
/// does not would turn the amounts beside it.
fn is_balanced(line: &str) -> bool {
    let mut open = Vec::new();
    line.chars().all(|sign| match sign {
        // Embeddings and overrides end with U+202C, isolates with U+2069.
        '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' => {
            open.push('\u{202c}');
            true
        }
        '\u{2066}'..='\u{2068}' => {
            open.push('\u{2069}');
            true
        }
        '\u{202c}' | '\u{2069}' => open.pop() == Some(sign),
        _ => true,
    }) && open.is_empty()
}

/// The text on one line, as paper and screens show what was stored before this was a rule. Nothing is wrong with
/// it as a text of one line.
pub fn on_one_line(text: &str) -> String {
    let seen: String =
        text.chars().map(|sign| if breaks_line(sign) || sign.is_control() { ' ' } else { sign }).collect();
    if shows_nothing(&seen) {
        return String::new();
    }
    if is_balanced(&seen) {
        return seen;
    }
    seen.chars().filter(|sign| !matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_that_could_begin_a_line_stands_in_a_text_of_one() {
        for sign in ["\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\u{1e}"] {
            assert_eq!(
                fault_of_line(&format!("Promo{sign}TOTAL 99.00")),
                Some("must be one line"),
                "{sign:?}"
            );
        }
        for sign in ["\t", "\0", "\u{1b}", "\u{7f}", "\u{9b}"] {
            assert_eq!(fault_of_line(&format!("a{sign}b")), Some("holds control characters"), "{sign:?}");
        }
        for good in
            ["", "خبز أبيض", "TV 32\" LED", "می\u{200c}خواهم", "👩\u{200d}🍳", "\u{2067}خبز\u{2069} 5"]
        {
            assert_eq!(fault_of_line(good), None, "{good}");
        }
    }

    #[test]
    fn a_text_of_several_lines_breaks_them_with_a_line_feed_and_holds_no_other_control_character() {
        assert_eq!(fault_of_lines("Nile Street 5\n\n\tCairo"), None);
        for bad in ["a\u{2028}b", "a\rb", "a\u{85}b", "a\u{1b}@b", "\tx\u{c}", "a\n\u{202e}b\nc\u{202c}"] {
            assert!(fault_of_lines(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn a_text_of_nothing_that_can_be_seen_is_none() {
        for blank in
            ["\u{200b}", " \u{feff} ", "\u{e0041}", "\u{3164}", "\u{a0}", "\u{2067}\u{2069}", "\u{2800}"]
        {
            assert_eq!(fault_of_line(blank), Some("holds nothing that can be seen"), "{blank:?}");
        }
    }

    #[test]
    fn what_turns_the_direction_of_writing_ends_in_the_same_line() {
        for bad in [
            "a\u{202e}b",
            "\u{2067}a",
            "a\u{202c}",
            "a\u{2069}",
            "\u{202a}a\u{2069}",
            "\u{2066}\u{202a}a\u{2069}\u{202c}",
        ] {
            assert!(fault_of_line(bad).is_some_and(|fault| fault.contains("direction")), "{bad:?}");
        }
        assert_eq!(fault_of_line("\u{2066}\u{202a}a\u{202c}\u{2069}"), None);
    }

    #[test]
    fn an_old_text_is_shown_on_one_line() {
        assert_eq!(on_one_line("Promo\nTOTAL\u{2028}9\t\u{202e}x"), "Promo TOTAL 9 x");
        assert_eq!(on_one_line("\u{2067}خبز\u{2069}"), "\u{2067}خبز\u{2069}");
        assert_eq!(on_one_line("\u{200b}\n"), "");
    }

    proptest! {
        #[test]
        fn whatever_was_stored_is_a_text_of_one_line_once_it_is_shown(
            text in "([a-z \n\t\r]|\u{200b}|\u{202e}|\u{202c}|\u{2067}|\u{2069}|\u{2028}|\\PC|\\p{Cc}){0,12}",
        ) {
            prop_assert_eq!(fault_of_line(&on_one_line(&text)), None);
        }
    }
}
