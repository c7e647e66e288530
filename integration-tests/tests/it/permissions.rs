//! The whole permission matrix, for whoever reviews a change of it: the contract says it one RPC at a time.

use kassa_server::{
    caller::{Class, role_name},
    rpcs::{Access, Branches, Rpc, rpcs},
};

/// How a changed matrix is accepted: the diff is what is reviewed.
const ACCEPT: &str = "Is this change meant? Then accept it with `INSTA_UPDATE=always cargo test -p \
                      kassa-integration-tests permissions::` and commit the snapshot.";

const COLUMNS: [&str; 10] = [
    "method",
    "caller",
    "branches",
    "key",
    "module",
    "at a full disk",
    "KiB",
    "in maintenance",
    "whole shop",
    "line",
];

fn row(rpc: &Rpc) -> [String; 10] {
    let word = |is: bool, word: &str| if is { word.to_owned() } else { "-".to_owned() };
    let caller = match rpc.access {
        Access::Open => "anybody".to_owned(),
        Access::Terminal => "terminal".to_owned(),
        Access::From(role) => role_name(role),
    };
    let branches = match rpc.branches {
        Branches::None => "none",
        Branches::Own => "own",
        Branches::Any => "any",
    };
    let line = match rpc.class {
        Class::LookUp => "look-up",
        Class::Report => "report",
        Class::Proof => "proof",
    };
    let name = rpc.path.trim_start_matches('/');
    let stored = if rpc.stored_name == name { String::new() } else { format!(" ({})", rpc.stored_name) };
    [
        format!("{name}{stored}"),
        caller,
        branches.to_owned(),
        word(rpc.keyed, "key"),
        rpc.module.map_or_else(|| "-".to_owned(), |module| module.name().to_owned()),
        word(rpc.can_wait, "waits"),
        (rpc.most_bytes / 1_024).to_string(),
        word(rpc.in_maintenance, "there"),
        word(rpc.of_whole_shop, "whole"),
        line.to_owned(),
    ]
}

#[test]
fn who_may_do_what_is_as_it_was_reviewed() {
    let mut rows: Vec<[String; 10]> = rpcs().iter().map(row).collect();
    rows.sort();
    rows.insert(0, COLUMNS.map(str::to_owned));
    let mut widths = [0; 10];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.len().max(*width);
        }
    }
    let line = |row: &[String; 10]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let matrix = rows.iter().map(line).collect::<Vec<_>>().join("\n");
    insta::with_settings!({ description => ACCEPT, omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("permissions", matrix);
    });
}
