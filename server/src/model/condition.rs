//! The conditions that stand in a schema: comparisons of columns and numbers, and of texts for being the
//! same.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::store::cell::Cell;

/// A condition, or a part of one. `None` is what SQL calls NULL.
#[derive(Clone, Debug)]
pub enum Condition {
    /// A column's number.
    Column(String),
    /// A number.
    Number(i64),
    /// Two parts with an operator between them.
    Two(Box<Condition>, String, Box<Condition>),
    /// `IS NULL` (true) or `IS NOT NULL`.
    IsNull(Box<Condition>, bool),
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Panics
    /// On what it does not know: then it has to learn it.
    pub fn parse(text: &str) -> Self {
        let mut words = words(text).into_iter().rev().collect();
        let condition = Self::level(&mut words, 0);
        assert!(words.is_empty(), "the model does not know how to read {text:?}: {words:?} is left");
        condition
    }

    fn level(words: &mut Vec<String>, level: usize) -> Self {
        const LEVELS: [&[&str]; 4] =
            [&["OR"], &["AND"], &["<", "<=", ">", ">=", "=", "<>", "IS"], &["+", "-", "*"]];
        let Some(operators) = LEVELS.get(level) else { return Self::atom(words) };
        let mut left = Self::level(words, level + 1);
        while let Some(operator) = words.pop_if(|word| operators.contains(&word.to_uppercase().as_str())) {
            if operator.eq_ignore_ascii_case("IS") {
                let not = words.pop_if(|word| word.eq_ignore_ascii_case("NOT")).is_some();
                assert_eq!(words.pop().map(|word| word.to_uppercase()).as_deref(), Some("NULL"));
                left = Self::IsNull(Box::new(left), !not);
            } else {
                let right = Self::level(words, level + 1);
                left = Self::Two(Box::new(left), operator.to_uppercase(), Box::new(right));
            }
        }
        left
    }

    fn atom(words: &mut Vec<String>) -> Self {
        let word = words.pop().expect("a condition goes on");
        match word.as_str() {
            "(" => {
                let inner = Self::level(words, 0);
                assert_eq!(words.pop().as_deref(), Some(")"));
                inner
            }
            "-" => match Self::atom(words) {
                Self::Number(number) => Self::Number(-number),
                other => Self::Two(Box::new(Self::Number(0)), "-".to_owned(), Box::new(other)),
            },
            truth if truth.eq_ignore_ascii_case("TRUE") => Self::Number(1),
            truth if truth.eq_ignore_ascii_case("FALSE") => Self::Number(0),
            number if number.starts_with(|it: char| it.is_ascii_digit()) => {
                Self::Number(number.parse().expect("a number"))
            }
            word => match word.strip_prefix('\'') {
                Some(text) => Self::Number(number_of(text)),
                None => Self::Column(word.to_owned()),
            },
        }
    }

    /// What it says of a row: 1 is true, 0 is false.
    pub fn of(&self, value: &impl Fn(&str) -> Cell) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Column(column) => match value(column) {
                Cell::Null => None,
                Cell::Number(number) => Some(number),
                // Ids are compared for being the same alone, for which their second half is enough.
                Cell::Id(id) => Some(i64::from_ne_bytes(id.as_u64_pair().1.to_ne_bytes())),
                // So are texts.
                ref text => match text.text() {
                    Some(text) => Some(number_of(text)),
                    None => panic!("the model compares numbers, ids and texts, and {column} is {text}"),
                },
            },
            Self::IsNull(inner, wanted) => {
                let is_null = match inner.as_ref() {
                    Self::Column(column) => value(column) == Cell::Null,
                    other => other.of(value).is_none(),
                };
                Some(i64::from(is_null == *wanted))
            }
            Self::Two(left, operator, right) => {
                let (left, right) = (left.of(value), right.of(value));
                match (operator.as_str(), left, right) {
                    ("AND", Some(0), _) | ("AND", _, Some(0)) => return Some(0),
                    ("OR", Some(1), _) | ("OR", _, Some(1)) => return Some(1),
                    _ => {}
                }
                let (left, right) = (left?, right?);
                Some(match operator.as_str() {
                    "AND" | "OR" => i64::from(operator == "AND"),
                    "<" => i64::from(left < right),
                    "<=" => i64::from(left <= right),
                    ">" => i64::from(left > right),
                    ">=" => i64::from(left >= right),
                    "=" => i64::from(left == right),
                    "<>" => i64::from(left != right),
                    "+" => left + right,
                    "-" => left - right,
                    _ => left * right,
                })
            }
        }
    }
}

/// A text as a number that hardly another text has.
fn number_of(text: &str) -> i64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish().cast_signed()
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut word = letter.to_string();
        let more: fn(char) -> bool = match letter {
            _ if letter.is_whitespace() => continue,
            '"' => {
                words.push(letters.by_ref().take_while(|it| *it != '"').collect());
                continue;
            }
            '\'' => {
                words.push(letters.by_ref().take_while(|it| *it != '\'').fold(word, |mut text, it| {
                    text.push(it);
                    text
                }));
                continue;
            }
            '<' | '>' | '=' | '!' => |it| matches!(it, '=' | '>'),
            _ if letter.is_alphanumeric() => |it| it.is_alphanumeric() || it == '_',
            _ => |_| false,
        };
        while let Some(next) = letters.next_if(|it| more(*it)) {
            word.push(next);
        }
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_a_database_reads_them() {
        let row = |column: &str| match column {
            "total" => Cell::Number(7),
            "net" => Cell::Number(5),
            "tax" => Cell::Number(2),
            "name" => Cell::Text(b"Amal".to_vec()),
            _ => Cell::Null,
        };
        for (text, expected) in [
            ("(\"total\" = \"net\" + \"tax\")", Some(1)),
            ("TRUE AND tax = FALSE", Some(0)),
            ("total = (net - tax) AND total > 0", Some(0)),
            ("total >= 7 OR missing > 1", Some(1)),
            ("missing >= 0", None),
            ("net = 5 AND missing IS NULL", Some(1)),
            ("net <> 5 OR missing IS NOT NULL", Some(0)),
            ("(\"net\") >= -5", Some(1)),
            ("\"name\" = 'Amal' AND missing IS NULL", Some(1)),
            ("name = ''", Some(0)),
        ] {
            assert_eq!(Condition::parse(text).of(&row), expected, "{text}");
        }
    }
}
