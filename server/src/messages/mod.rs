//! Messages to people: what is wrong and what to do, in the language they asked for. One message per
//! reason of an error, in `server/locales/{en,ar}/errors.ftl`.
//!
//! A message may use what stands in the error's metadata, under the same names, and besides:
//! - `field`: the path of the first field that is wrong;
//! - `wait_seconds`: in how many seconds to try again.
//!
//! Amounts (`total_minor`) come without the ending and as money, `12.50 USD`, where the metadata has the
//! `currency`; counts choose the plural; everything else is a text. Digits are 0 to 9 in both languages, as on
//! receipts and keys. A message whose variable is missing is told by its attribute `.plain`, which uses none.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use http::{HeaderMap, header::ACCEPT_LANGUAGE};
use kassa_proto::{money::Currency, v1::ErrorReason as Reason};
use unic_langid::LanguageIdentifier;

/// The variables that are counted.
const COUNTS: [&str; 3] = ["wait_seconds", "delay_seconds", "open_drafts"];
/// What amounts in the metadata end with.
const MINOR: &str = "_minor";
/// A name may be long, and details are short.
const MOST_CHARACTERS: usize = 60;
/// Lays out what it begins by its own direction, up to [`POP_ISOLATE`].
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> =
    LazyLock::new(|| bundle(Language::English, include_str!("../../locales/en/errors.ftl")));
static ARABIC: LazyLock<Bundle> =
    LazyLock::new(|| bundle(Language::Arabic, include_str!("../../locales/ar/errors.ftl")));

/// A language that messages to people are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English: where nothing else was asked for.
    #[default]
    English,
    /// Arabic.
    Arabic,
}

impl Language {
    /// The language that a request asks for with `accept-language`, such as `ar-EG, en;q=0.5`: of those that are
    /// there, the one with the highest quality, and the first of these.
    pub fn asked(headers: &HeaderMap) -> Self {
        let texts = headers.get_all(ACCEPT_LANGUAGE).into_iter().filter_map(|value| value.to_str().ok());
        let ranges = texts.flat_map(|text| text.split(',')).filter_map(Self::range);
        let best = ranges.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or_else(Self::default, |(language, _)| language)
    }

    /// A language and its quality; none where it is another language, or is not wanted.
    fn range(text: &str) -> Option<(Self, f32)> {
        let mut parts = text.split(';').map(str::trim);
        let tag = parts.next()?.split('-').next()?.to_ascii_lowercase();
        let language = match tag.as_str() {
            "en" | "*" => Self::English,
            "ar" => Self::Arabic,
            _ => return None,
        };
        let quality =
            parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |it| it.parse().ok())?;
        (quality > 0.0).then_some((language, quality))
    }

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Arabic => "ar",
        }
    }

    /// The message of a reason with these variables.
    pub fn words(self, reason: Reason, variables: &[(&str, &str)]) -> Option<String> {
        let bundle = self.bundle();
        let message = bundle.get_message(reason.wire_name())?;
        let arguments = self.arguments(variables);
        let mut faults = Vec::new();
        let words = bundle.format_pattern(message.value()?, Some(&arguments), &mut faults);
        if faults.is_empty() {
            return Some(words.into_owned());
        }
        let plain = message.get_attribute("plain")?;
        Some(bundle.format_pattern(plain.value(), None, &mut faults).into_owned())
    }

    fn bundle(self) -> &'static Bundle {
        match self {
            Self::English => &ENGLISH,
            Self::Arabic => &ARABIC,
        }
    }

    fn arguments<'a>(self, variables: &[(&'a str, &'a str)]) -> FluentArgs<'a> {
        let currency = variables.iter().find(|(name, _)| *name == "currency");
        let currency = currency.and_then(|(_, code)| Currency::from_code(code));
        let mut arguments = FluentArgs::new();
        for &(name, value) in variables {
            if COUNTS.contains(&name) {
                arguments.set(name, FluentValue::try_number(value));
            } else if let Some(name) = name.strip_suffix(MINOR) {
                let amount = currency.zip(value.parse().ok());
                if let Some((currency, minor)) = amount {
                    let amount = format!("{} {}", currency.format(minor), currency.code());
                    arguments.set(name, self.text(&amount));
                }
            } else {
                arguments.set(name, self.text(value));
            }
        }
        arguments
    }

    /// A text that turns nothing around in the message it stands in.
    fn text(self, text: &str) -> String {
        let clean: String = text.chars().filter(|it| !turns(*it)).take(MOST_CHARACTERS).collect();
        let isolate = self == Self::English && !clean.is_ascii();
        if isolate { format!("{FIRST_STRONG_ISOLATE}{clean}{POP_ISOLATE}") } else { clean }
    }
}

/// Whether a character is a control, or changes the direction of what follows.
fn turns(character: char) -> bool {
    let marks = ['\u{61c}', '\u{200e}', '\u{200f}'];
    character.is_control()
        || marks.contains(&character)
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
}

/// The messages of a language.
///
/// In Arabic fluent isolates each variable (U+2068 and U+2069 around it): a number such as `B1-R1-7`, or an
/// amount, would be laid out from the wrong side. In English only a text that is not ASCII is, by
/// [`Language::text`], so that terminals and logs that know nothing of such marks show none.
///
/// What is wrong with a file is found by the tests; here the rest of it is used.
fn bundle(language: Language, text: &str) -> Bundle {
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(rest, _)| rest);
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    bundle.set_use_isolating(language == Language::Arabic);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests;
