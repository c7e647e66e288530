//! What each program is made of.

use std::process::Command;

#[test]
fn no_terminal_has_a_database_to_touch() {
    let tree =
        ["tree", "-p", "kassa-client", "-p", "kassa-cli", "-e", "normal", "--prefix", "none", "--offline"];
    let run =
        Command::new(env!("CARGO")).args(tree).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let tree = String::from_utf8(run.stdout).unwrap();
    assert!(tree.contains("kassa-proto"), "{tree}{}", String::from_utf8_lossy(&run.stderr));
    let parts = tree.lines().filter_map(|line| line.split_whitespace().next());
    for part in parts {
        for database in
            ["sea-", "sqlx", "rusqlite", "libsqlite3", "kassa-server", "kassa-migration", "postgres"]
        {
            assert!(!part.starts_with(database), "{part}");
        }
    }
}
