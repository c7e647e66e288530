//! Price lists out of the shop, and into it again.

use std::{fs, path::PathBuf, process::Stdio};

use super::Till;

const HEAD: &str = "sku,name,name_ar,barcodes,price,tax_rate,category,unit,stock_policy,stock\n";

/// Rows as the program writes them, with what is awkward in files of this kind; prices for three places.
const AWKWARD: &str = concat!(
    "007,\"Tea, \"\"black\"\"\",شاي أسود,0001|T1,3.500,14,\"Drinks, hot\",box,BLOCK,12\n",
    "=1+1,=1+1,@sum,=2,0.005,0,-,pc,ALLOW,0\n",
    "N,\"TV 32\"\" LED\",سطر آخر,a\\|b|\\6.22E+12|c\\\\d,1000.000,7.125,,kg,WARN,7.125\n",
);

impl Till {
    fn file(&self, name: &str) -> PathBuf {
        self.place.around().join(name)
    }

    fn write(&self, name: &str, rows: &str) {
        fs::write(self.file(name), format!("{HEAD}{rows}")).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// What a command prints that is carried out, whatever it remarks beside it.
    fn done_with_remarks(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.status, 0, "{arguments:?}: {}", run.complaints);
        run.output
    }
}

/// In every currency: imported, exported, the same; into the same shop nothing changes, into another one
/// everything comes.
#[test]
fn what_is_exported_is_what_was_imported_and_imports_as_the_same() {
    for (currency, rows) in [
        ("KWD", AWKWARD.to_owned()),
        ("USD", AWKWARD.replace("3.500", "3.50").replace("0.005", "0.01").replace("1000.000", "1000.00")),
        ("JPY", AWKWARD.replace("3.500", "350").replace("0.005", "1").replace("1000.000", "100000")),
    ] {
        let till = Till::open();
        till.done(&["settings", "set", &format!("currency_code={currency}")]);
        till.write("list.csv", &rows);
        till.done(&["products", "import", "list.csv"]);
        let exported = till.done_with_remarks(&["products", "export"]);
        assert_eq!(exported, format!("{HEAD}{rows}"), "{currency}");

        till.done_with_remarks(&["products", "export", "out.csv"]);
        let again = till.done(&["products", "import", "out.csv", "--again"]);
        assert_eq!(again, "imported 3 products: 0 created, 0 changed, 3 the same already\n", "{currency}");
        let other = Till::open();
        other.done(&["settings", "set", &format!("currency_code={currency}")]);
        fs::copy(till.file("out.csv"), other.file("list.csv")).unwrap();
        let moved = other.done(&["products", "import", "list.csv"]);
        assert_eq!(moved, "imported 3 products: 3 created, 0 changed, 0 the same already\n");
        assert_eq!(other.done_with_remarks(&["products", "export"]), exported, "{currency}: with its stock");
    }
}

#[test]
fn an_export_has_the_stock_of_its_branch_and_importing_it_changes_none() {
    let till = Till::open();
    till.write("list.csv", "TEA,Tea,,,3.50,0,,pc,ALLOW,2\nRICE,Rice,,,2.25,0,,kg,ALLOW,7.5\n");
    till.done(&["products", "import", "list.csv"]);
    till.done(&["shift", "open"]);
    till.done(&["sell", "3xTEA", "--cash", "10.50"]);
    till.done(&["branches", "put", "B2", "--name", "Harbour"]);
    till.done(&["products", "price", "RICE", "2.50", "--branch", "B2"]);

    let run = till.run(&["products", "export", "ours.csv"]);
    assert_eq!((run.status, run.output.as_str()), (0, "exported 2 products to ours.csv\n"));
    assert!(
        run.complaints.contains("less than nothing on the shelf (written as 0): 1"),
        "{}",
        run.complaints
    );
    let ours = till.read("ours.csv");
    assert!(ours.contains("TEA,Tea,,,3.50,0,,pc,ALLOW,0\n"), "nobody counts less than nothing: {ours}");
    assert!(ours.contains("RICE,Rice,,,2.25,0,,kg,ALLOW,7.5\n"), "{ours}");
    let document = till.json(&["products", "export", "theirs.csv", "--branch", "B2"]);
    assert_eq!((&document["products"], &document["stock_below_zero"]), (&2.into(), &0.into()));
    let theirs = till.read("theirs.csv");
    assert!(theirs.contains("RICE,Rice,,,2.25,0,,kg,ALLOW,0\n"), "its stock, and the list price: {theirs}");

    till.done(&["products", "import", "theirs.csv", "--branch", "B2"]);
    till.done(&["products", "import", "theirs.csv", "--again"]);
    assert_eq!(till.done_with_remarks(&["products", "export"]), ours, "no stock has changed");
}

#[test]
fn an_export_that_fails_leaves_the_file_that_was_there() {
    let mut till = Till::open();
    fs::write(till.file("list.csv"), "what was there").unwrap();
    let run = till.run(&["products", "export", "list.csv", "--branch", "B9"]);
    assert_eq!(run.status, 1);
    till.kill();
    assert_eq!(till.run(&["products", "export", "list.csv"]).status, 3);
    assert_eq!(till.read("list.csv"), "what was there");
    till.start();
    assert_eq!(till.run(&["--json", "products", "export"]).status, 2, "two documents can't be one output");
    assert_eq!(till.run(&["products", "export", "."]).status, 1);
    till.done(&["products", "export", "list.csv"]);
    assert_eq!(till.read("list.csv"), HEAD, "an empty shop has an empty list");
    let left: Vec<_> = fs::read_dir(till.place.around()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".part")), "{left:?}");
}

/// The server dies between the chunks of an import; the same command goes on where it stopped.
#[test]
fn an_import_that_is_cut_off_goes_on_where_it_stopped() {
    let mut till = Till::open();
    let rows: String =
        (0..3_500).map(|number| format!("P-{number:05},Product,,{number:013},1.00,,,pc,,1\n")).collect();
    till.write("list.csv", &rows);
    let import = ["products", "import", "list.csv"];
    let mut command = till.command(&import);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while till.json(&["status"])["product_count"] == 0 && running.try_wait().unwrap().is_none() {}
    till.kill();
    running.wait().unwrap();
    till.start();
    let kept = till.json(&["status"])["product_count"].as_u64().unwrap();
    assert!(kept >= 1_000 && kept.is_multiple_of(500), "whole chunks alone: {kept}");
    let document = till.json(&import);
    assert_eq!(till.json(&["status"])["product_count"], 3_500);
    let created = document["created_count"].as_u64().unwrap();
    assert_eq!(created, 3_500 - kept, "{document}");

    let exported = till.done(&["products", "export"]);
    let mut lines: Vec<&str> = exported.lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 3_500);
    assert!(lines[7].starts_with("P-00007,Product,,0000000000007,1.00,0,"), "{}", lines[7]);
}
