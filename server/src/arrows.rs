//! Who may name whom: what `lib.rs` says of the modules, held against their sources.

use std::{collections::BTreeSet, fs, path::Path};

/// What a module may name besides itself.
struct Rule {
    module: &'static str,
    may_name: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        module: "check",
        may_name: &["encoding", "hashes", "store"],
        why: "it proves the rules, so it asks none of them; pricing comes from the contract's crate",
    },
    Rule {
        module: "encoding",
        may_name: &["clock", "store"],
        why: "whoever posts and whoever checks share it, so it decides nothing",
    },
    Rule { module: "hashes", may_name: &["encoding", "store"], why: "as encoding" },
];

/// A file of the server, without its tests and comments.
struct Source {
    /// Such as `check/shifts/report.rs`.
    name: String,
    text: String,
}

impl Source {
    fn module(&self) -> &str {
        self.name.split(['/', '.']).next().unwrap_or_default()
    }

    /// The top modules that it names, by their path from the crate or by `super`s that lead out of its own.
    fn names(&self) -> BTreeSet<String> {
        let depth = self.name.matches('/').count() + usize::from(!self.name.ends_with("/mod.rs"));
        let out_of_module = "super::".repeat(depth);
        let mut names = BTreeSet::new();
        for root in ["crate::", &out_of_module] {
            for (place, _) in self.text.match_indices(root) {
                let is_whole = !self.text[..place].ends_with(['_', ':']) && !root.is_empty();
                if is_whole {
                    names.extend(first_segments(&self.text[place + root.len()..]));
                }
            }
        }
        names
    }
}

/// What comes first in a path, or in each of a tree of paths: `{a::b, c::{d, e}}` begins with `a` and `c`.
fn first_segments(path: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
    };
    let Some(tree) = path.strip_prefix('{') else { return vec![word(path)] };
    let (mut depth, mut segments, mut next) = (0, Vec::new(), true);
    for (place, letter) in tree.char_indices() {
        if next && !letter.is_whitespace() {
            segments.push(word(&tree[place..]));
            next = false;
        }
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => next = true,
            _ => {}
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// The sources of the server.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut sources, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                sources.push(Source { name, text: lines.collect::<Vec<_>>().join("\n") });
            }
        }
    }
    sources
}

#[test]
fn no_module_names_what_it_may_not() {
    let sources = sources();
    let mut wrong = Vec::new();
    for Rule { module, may_name, why } in RULES {
        let of_module: Vec<_> = sources.iter().filter(|source| source.module() == *module).collect();
        assert!(!of_module.is_empty(), "there is no {module}");
        for source in of_module {
            let others = source.names().into_iter().filter(|name| name != module);
            let others = others.filter(|name| !may_name.contains(&name.as_str()));
            wrong.extend(others.map(|name| format!("{} names {name}: {why}", source.name)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// A method is called without naming where it stands: a rule that is one of a shared type's would be asked unseen.
#[test]
fn what_is_shared_has_no_methods_elsewhere() {
    let shared = ["encoding", "hashes", "store"];
    let sources = sources();
    let mut types = BTreeSet::from(["Model".to_owned()]);
    for source in sources.iter().filter(|source| source.module() == "encoding") {
        for line in source.text.lines() {
            let named = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
            types.extend(named.map(|rest| first_segments(rest).concat()));
        }
    }
    assert!(types.contains("OrderRows") && types.contains("Counter"), "{types:?}");
    for source in sources.iter().filter(|source| !shared.contains(&source.module())) {
        for line in source.text.lines().filter(|line| line.starts_with("impl ") && !line.contains(" for ")) {
            let of = line.trim_start_matches("impl ").trim_end_matches(" {").rsplit("::").next().unwrap();
            assert!(!types.contains(of), "{}: {line}", source.name);
        }
    }
}

#[test]
fn a_tree_of_paths_begins_with_each_of_its_branches() {
    assert_eq!(first_segments("store::{row::Row}"), ["store"]);
    assert_eq!(first_segments("{\n    a::{b, c::d},\n    e,\n    f::g,\n}; h"), ["a", "e", "f"]);
    let source = |name: &str, text: &str| Source { name: name.to_owned(), text: text.to_owned() };
    let names = |name: &str, text: &str| source(name, text).names().into_iter().collect::<Vec<_>>();
    assert_eq!(names("check/shifts/mod.rs", "use super::cash; crate::books::x()"), ["books"]);
    assert_eq!(names("check/shifts/mod.rs", "super::super::orders::rule()"), ["orders"]);
    assert_eq!(names("check/cash.rs", "use super::{drawer::row}; super::super::orders::rule()"), ["orders"]);
    assert_eq!(names("hashes.rs", "use super::orders;"), ["orders"]);
}
