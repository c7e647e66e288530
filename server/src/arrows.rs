//! Who may name whom: what `lib.rs` says of the modules, held against their sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

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
    Rule {
        module: "store",
        may_name: &["caller"],
        why: "it is where the books are kept, whatever is done with them",
    },
    Rule { module: "config", may_name: &["store"], why: "everybody reads it" },
    Rule { module: "caller", may_name: &[], why: "everybody asks who asks" },
    Rule { module: "clock", may_name: &[], why: "everybody asks it" },
    Rule {
        module: "rpcs",
        may_name: &["caller", "modules", "store"],
        why: "it says what the contract says, and the books ask it",
    },
    Rule {
        module: "error",
        may_name: &["faults", "messages", "store"],
        why: "every module fails with it, so it would take along whatever it names",
    },
];

/// Words that only some files may hold, by how their names begin.
struct Word {
    word: &'static str,
    files: &'static [&'static str],
    why: &'static str,
}

const NAME_THE_WIRE: &[&str] = &["services/", "app.rs", "server.rs", "error.rs", "layers/"];

const WORDS: &[Word] = &[
    Word { word: "tonic", files: NAME_THE_WIRE, why: "a rule knows nothing of the wire" },
    Word { word: "tonic_types", files: &["error.rs"], why: "as above" },
    Word { word: "tonic_reflection", files: &["server.rs"], why: "as above" },
    Word { word: "tonic_health", files: &["server.rs", "lifecycle/health.rs"], why: "as above" },
    Word { word: "InvalidArgument", files: &["error.rs"], why: "which gRPC code a reason has stands once" },
    Word {
        word: "Unimplemented",
        files: &["error.rs", "layers/request.rs"],
        why: "as above, and what tonic says by itself gets its reason in the layers",
    },
    Word { word: "sqlx", files: &["store/"], why: "only the store knows the driver" },
    Word {
        word: "rusqlite",
        files: &["backup/", "store/sqlite/"],
        why: "only the books' engine drives SQLite itself, and backups copy its pages",
    },
    Word { word: "PRAGMA", files: &["store/sqlite/"], why: "what only SQLite understands stands once" },
    Word {
        word: "execute_unprepared",
        files: &["store/sqlite/", "readings/mod.rs"],
        why: "nothing but the books writes a table, and they write by prepared statements",
    },
    Word {
        word: "ActiveModelBehavior",
        files: &["store/entity/"],
        why: "nothing but the books writes a table, and they write by statements of their own",
    },
    Word { word: "ActiveModelTrait", files: &[], why: "as above" },
    Word { word: "insert_many", files: &[], why: "as above" },
    Word { word: "update_many", files: &[], why: "as above" },
    Word { word: "delete_many", files: &[], why: "as above" },
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

    /// Whether a word stands in it by itself.
    fn holds(&self, word: &str) -> bool {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        self.text.match_indices(word).any(|(place, _)| {
            let (before, after) = (&self.text[..place], &self.text[place + word.len()..]);
            !before.ends_with(is_part) && !after.starts_with(is_part)
        })
    }

    /// The beginnings of the names of the files that it declares for tests alone.
    fn modules_for_tests(&self) -> Vec<String> {
        let folder = self.name.trim_end_matches("lib.rs").trim_end_matches("mod.rs");
        let declared = self.text.split("#[cfg(test)]\n").skip(1);
        let declared = declared.map(|text| text.trim_start_matches("pub(crate) ").trim_start_matches("pub "));
        let names = declared.filter_map(|text| text.strip_prefix("mod ")?.split_once(';'));
        names.flat_map(|(name, _)| [format!("{folder}{name}.rs"), format!("{folder}{name}/")]).collect()
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

/// The sources of the server: what is built for tests alone is none.
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
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
                let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                sources.push(Source { name, text: lines.collect::<Vec<_>>().join("\n") });
            }
        }
    }
    let for_tests: Vec<String> = sources.iter().flat_map(Source::modules_for_tests).collect();
    sources.retain(|source| !for_tests.iter().any(|module| source.name.starts_with(module)));
    sources
}

/// The arrows between the top modules. `lib.rs` and `main.rs` are the map and the door.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources().iter().filter(|source| !["lib.rs", "main.rs"].contains(&source.name.as_str())) {
        arrows.entry(source.module().to_owned()).or_default().extend(source.names());
    }
    let modules: BTreeSet<String> = arrows.keys().cloned().collect();
    for (module, named) in &mut arrows {
        named.retain(|name| name != module && modules.contains(name));
    }
    arrows
}

/// The modules that reach themselves: what is left once those that name none of the rest are taken away, again and
/// again.
fn in_circles(mut arrows: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    loop {
        let left: BTreeSet<String> = arrows.keys().cloned().collect();
        for named in arrows.values_mut() {
            named.retain(|name| left.contains(name));
        }
        arrows.retain(|_, named| !named.is_empty());
        if arrows.len() == left.len() {
            return arrows;
        }
    }
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

/// What the reading of paths above does not see is not written.
#[test]
fn every_path_out_of_a_module_can_be_read() {
    for source in sources() {
        for hidden in ["{super::", "self::super", "crate::*", "crate as ", "super::super::*", "#[path"] {
            assert!(!source.text.contains(hidden), "{} has {hidden:?}", source.name);
        }
    }
}

#[test]
fn no_module_reaches_itself_through_others() {
    let arrows = arrows();
    assert!(arrows.len() > 40 && arrows["orders"].contains("books"), "{arrows:?}");
    assert_eq!(in_circles(arrows), BTreeMap::new(), "each names others of the circle, or leads to one");
}

#[test]
fn no_file_holds_a_word_that_is_not_for_it() {
    let sources = sources();
    let mut wrong = Vec::new();
    for Word { word, files, why } in WORDS {
        for source in sources.iter().filter(|source| source.holds(word)) {
            if !files.iter().any(|beginning| source.name.starts_with(beginning)) {
                wrong.push(format!("{} names {word}: {why}", source.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_posting_knows_no_database() {
    let sources = sources();
    let rules: Vec<_> = sources.iter().filter(|source| source.text.contains("impl Posting for ")).collect();
    assert!(rules.len() > 40, "{} files", rules.len());
    // The job and the lifecycle read what is there before they post.
    let read_first =
        ["jobs/expire_answers.rs", "lifecycle/first_start.rs", "lifecycle/restore/begin_epoch.rs"];
    for rule in rules.iter().filter(|rule| !read_first.contains(&rule.name.as_str())) {
        assert!(!rule.holds("sea_orm"), "{}", rule.name);
    }
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
fn a_circle_is_found_and_what_only_stands_beside_it_is_not() {
    let arrows = |arrows: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
        let named = |named: &[&str]| named.iter().map(|name| (*name).to_owned()).collect();
        arrows.iter().map(|(module, names)| ((*module).to_owned(), named(names))).collect()
    };
    let line = arrows(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])]);
    assert_eq!(in_circles(line), BTreeMap::new());
    let circle = arrows(&[("a", &["b"]), ("b", &["c", "d"]), ("c", &["a"]), ("d", &[])]);
    assert_eq!(in_circles(circle).into_keys().collect::<Vec<_>>(), ["a", "b", "c"]);
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
