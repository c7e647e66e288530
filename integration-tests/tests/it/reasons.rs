//! The reasons of errors as the contract's own text tells them: what terminals are written after.

use std::collections::{BTreeMap, BTreeSet};

use kassa_client::{Code, Reason, proto::v1::Role};
use kassa_server::rpcs::Access;

const REASONS: &str = include_str!("../../../proto/kassa/v1/error_reason.proto");
const SERVICES: [&str; 10] = [
    include_str!("../../../proto/kassa/v1/access.proto"),
    include_str!("../../../proto/kassa/v1/admin.proto"),
    include_str!("../../../proto/kassa/v1/backups.proto"),
    include_str!("../../../proto/kassa/v1/cash_register.proto"),
    include_str!("../../../proto/kassa/v1/catalog.proto"),
    include_str!("../../../proto/kassa/v1/customers.proto"),
    include_str!("../../../proto/kassa/v1/orders.proto"),
    include_str!("../../../proto/kassa/v1/purchases.proto"),
    include_str!("../../../proto/kassa/v1/shifts.proto"),
    include_str!("../../../proto/kassa/v1/stock.proto"),
];

/// What any call may be refused for, whatever its method: no method lists these.
const OF_EVERY_CALL: [Reason; 9] = [
    Reason::InvalidMessage,
    Reason::InvalidMetadata,
    Reason::TokenInvalid,
    // Nobody is signed in. Who needs more than a cashier lists it all the same: see below.
    Reason::RoleRequired,
    Reason::RequestTooLarge,
    Reason::UnknownMethod,
    Reason::DeadlinePassed,
    Reason::Overloaded,
    Reason::Internal,
];

/// The comments of a `.proto` file, each with the line of code that it stands above.
fn comments(text: &str) -> Vec<(String, &str)> {
    let mut commented = Vec::new();
    let mut comment = String::new();
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("//") {
            Some(words) => comment = format!("{comment} {}", words.trim()).trim().to_owned(),
            None => commented.push((std::mem::take(&mut comment), line)),
        }
    }
    commented
}

/// The comment of each reason.
fn told() -> BTreeMap<Reason, String> {
    let told = comments(REASONS).into_iter().filter_map(|(comment, line)| {
        let (name, _) = line.strip_prefix("ERROR_REASON_")?.split_once(" =")?;
        Some((Reason::from_str_name(&format!("ERROR_REASON_{name}"))?, comment))
    });
    told.filter(|(reason, _)| *reason != Reason::Unspecified).collect()
}

/// The code that the contract promises for a reason.
pub fn code(reason: Reason) -> Code {
    let told = told();
    let comment = told.get(&reason).unwrap_or_else(|| panic!("{reason:?} has no comment"));
    let (promise, _) = comment.split_once(": ").unwrap_or_else(|| panic!("{reason:?}: {comment}"));
    let name = promise.split(' ').next().unwrap_or_default();
    let known = (0..=16).map(Code::from_i32).find(|code| name == format!("{code:?}").to_uppercase_words());
    known.unwrap_or_else(|| panic!("{reason:?}: {name} is no code of gRPC"))
}

trait UppercaseWords {
    /// `InvalidArgument` as gRPC writes it: `INVALID_ARGUMENT`.
    fn to_uppercase_words(&self) -> String;
}

impl UppercaseWords for String {
    fn to_uppercase_words(&self) -> String {
        let spaced = self.chars().enumerate().flat_map(|(place, letter)| {
            let space = (place > 0 && letter.is_uppercase()).then_some('_');
            space.into_iter().chain(letter.to_uppercase())
        });
        spaced.collect()
    }
}

/// The reasons that each method's comment lists, by the methods' paths.
fn listed() -> BTreeMap<String, BTreeSet<String>> {
    let mut listed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for text in SERVICES {
        let mut service = "";
        for (comment, line) in comments(text) {
            if let Some(name) = line.strip_prefix("service ") {
                service = name.trim_end_matches(" {");
            }
            let Some((method, _)) = line.strip_prefix("rpc ").and_then(|line| line.split_once('(')) else {
                continue;
            };
            let (_, errors) = comment.split_once("Errors: ").unwrap_or_else(|| panic!("{method}: {comment}"));
            let mut reasons = BTreeSet::new();
            for word in errors.split([' ', ',', '.']).filter(|word| !word.is_empty()) {
                match listed.get(&format!("/kassa.v1.{service}/{word}")) {
                    Some(others) => reasons.extend(others.iter().cloned()),
                    None if word.contains('_') || word.to_uppercase() == word => {
                        reasons.insert(word.to_owned());
                    }
                    None => {}
                }
            }
            listed.insert(format!("/kassa.v1.{service}/{method}"), reasons);
        }
    }
    listed
}

/// A method is refused for nothing that its comment keeps quiet about.
pub fn assert_listed(path: &str, reason: Reason) {
    let Some(reasons) = listed().remove(path) else { return };
    let name = reason.wire_name();
    assert!(
        OF_EVERY_CALL.contains(&reason) || reasons.contains(name),
        "{path} was refused with {name}, which its comment does not list: {reasons:?}"
    );
}

/// All reasons but the one that is never sent.
fn all() -> impl Iterator<Item = Reason> {
    (1..1_000).filter_map(|number| Reason::try_from(number).ok())
}

#[test]
fn every_reason_is_sent_with_the_code_that_its_comment_promises() {
    assert!(all().count() > 40);
    for reason in all() {
        assert_eq!(kassa_server::error::code(reason), code(reason), "{reason:?}");
    }
}

#[test]
fn every_reason_has_an_example() {
    let told = told();
    for reason in all() {
        let comment = &told[&reason];
        assert!(comment.contains(" Example: "), "{reason:?}: {comment}");
    }
    assert_eq!(told.len(), all().count(), "every reason is told once");
}

#[test]
fn a_method_that_needs_more_than_a_cashier_says_so() {
    let listed = listed();
    for rpc in kassa_server::rpcs::rpcs().iter().filter(|rpc| rpc.path.starts_with("/kassa.")) {
        let needs_more = matches!(rpc.access, Access::From(role) if role > Role::Cashier);
        let says_so = listed[&rpc.path].contains("ROLE_REQUIRED");
        assert!(says_so || !needs_more, "{}", rpc.path);
    }
}

#[test]
fn the_methods_comments_list_reasons_that_exist() {
    let listed = listed();
    let methods: BTreeSet<String> = listed.keys().cloned().collect();
    assert_eq!(methods, crate::contract::methods().into_iter().collect());
    for (method, reasons) in listed {
        for name in reasons {
            let known = Reason::from_str_name(&format!("ERROR_REASON_{name}"));
            assert!(known.is_some(), "{method} lists {name}, which is no reason");
        }
    }
}
