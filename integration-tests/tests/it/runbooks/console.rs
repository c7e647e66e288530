//! A run book's commands and what they print, read from its blocks of ```` ```console ````.
//!
//! `$ ` begins a command; the lines below it are all that it prints. In them `...` stands for any text, and a line of
//! `...` alone for any lines. A command fails only where its block says so: ```` ```console status=3 ```` is the status
//! of the block's last command.

/// A command of a run book.
#[derive(Debug, Clone)]
pub struct Step {
    /// The headings' last one above it.
    pub heading: String,
    /// Its line, for people who look for it.
    pub line: usize,
    pub command: String,
    pub shown: Vec<String>,
    pub status: i32,
}

/// The commands of a run book, in order.
pub fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut heading, mut block) = (String::new(), None::<i32>);
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), block) {
            (Some(kind), None) => block = Some(status_of(kind)),
            (Some(_), Some(status)) => {
                steps.last_mut().filter(|_| status >= 0).expect("a block has commands").status = status;
                block = None;
            }
            (None, None) => heading = line.strip_prefix("## ").map_or(heading, str::to_owned),
            (None, Some(_)) => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step {
                    heading: heading.clone(),
                    line: number + 1,
                    command: command.to_owned(),
                    shown: Vec::new(),
                    status: 0,
                }),
                (None, Some(step)) => step.shown.push(line.to_owned()),
                (None, None) => panic!("line {}: a block begins with a command", number + 1),
            },
        }
    }
    steps
}

fn status_of(kind: &str) -> i32 {
    match kind.strip_prefix("console") {
        Some("") => 0,
        Some(rest) => rest.strip_prefix(" status=").and_then(|status| status.parse().ok()).expect("a status"),
        None => panic!("a run book has blocks of console alone, not of {kind:?}"),
    }
}

/// Whether the lines that were printed are those that are shown.
pub fn fits(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((any, rest)) if any.trim() == "..." => {
            (0..=printed.len()).any(|end| fits(rest, &printed[end..]))
        }
        Some((first, rest)) => {
            printed.split_first().is_some_and(|(line, others)| line_fits(first, line) && fits(rest, others))
        }
    }
}

/// The width of a table's columns follows from what is in them: blanks count as one.
fn line_fits(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (words(shown), words(printed));
    let mut parts = shown.split("...");
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(place) = rest.find(part) else { return false };
        rest = &rest[place + part.len()..];
    }
    rest.ends_with(last)
}

fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_shown_must_come_and_nothing_else() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let printed = lines("size  12.1 KiB\norders 5\nOK");
    for shown in ["size 12.1 KiB\norders 5\nOK", "size ... KiB\n...", "...\nOK", "...\norders 5\n...\nOK"] {
        assert!(fits(&lines(shown), &printed), "{shown}");
    }
    for shown in ["size 12.1 KiB\norders 5", "size ... MiB\n...", "...\nOK\norders ...", "orders 5\n..."] {
        assert!(!fits(&lines(shown), &printed), "{shown}");
    }
}
