//! `--json`: a document for every command, with the right figures in it.

use super::{Till, minor};

#[test]
fn every_command_has_a_document() {
    let till = Till::open();
    let whoami = till.json(&["whoami"]);
    let told =
        ["terminal_name", "register_code", "branch_code", "user_name", "role"].map(|name| &whoami[name]);
    assert_eq!(told, ["local", "R1", "B1", "owner", "ROLE_OWNER"]);

    let demo = till.json(&["demo"]);
    assert_eq!(demo["products"]["created_count"], 126);
    assert_eq!((&demo["shift"]["joined"], demo["sales"].as_array().unwrap().len()), (&false.into(), 5));

    let status = till.json(&["status"]);
    let counts = ["product_count", "order_count", "open_shift_count", "epoch"].map(|name| &status[name]);
    assert_eq!(counts, [126, 5, 1, 1]);
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert!(status["database_bytes"].as_i64().unwrap() > 100_000);

    let found = till.json(&["products", "find", "6224074096064"]);
    let product = &found["products"][0];
    assert_eq!(
        (&product["match"], &product["product"]["sku"]),
        (&"PRODUCT_MATCH_BARCODE".into(), &"BAK-001".into())
    );
    assert_eq!(minor(&product["product"]["price"]), 50);
    assert_eq!(found["products"].as_array().unwrap().len(), 1);
    assert_eq!(till.json(&["products", "list"])["products"].as_array().unwrap().len(), 126);
    assert_eq!(till.json(&["products", "list", "--limit", "7"])["products"].as_array().unwrap().len(), 7);

    let sold = till.json(&["sell", "2x6224074096064", "--cash", "20", "--key", "till-1-17"]);
    let order = &sold["order"];
    assert_eq!((minor(&order["total"]), minor(&order["change"])), (1_00, 19_00));
    assert_eq!((&sold["replayed"], &sold["key"]), (&false.into(), &"till-1-17".into()));
    let number = order["receipt_number"].as_str().unwrap();
    assert!(sold["receipt"].as_str().unwrap().contains(number));

    assert_eq!(&till.json(&["order", number])["order"], order);
    let orders = till.json(&["orders", "--limit", "2"]);
    assert_eq!((&orders["orders"][0], orders["orders"].as_array().unwrap().len()), (order, 2));
    let receipt = till.json(&["receipt", number]);
    assert_eq!(receipt["text"].as_str().unwrap().trim_end(), sold["receipt"]);
    assert_eq!(receipt["order_id"], order["order_id"]);

    let shift = till.json(&["shift", "show"]);
    assert_eq!(
        (&shift["shift"]["sale_count"], &shift["shift"]["state"]),
        (&6.into(), &"SHIFT_STATE_OPEN".into())
    );
    let joined = till.json(&["shift", "open"]);
    assert_eq!((&joined["joined"], &joined["shift"]), (&true.into(), &shift["shift"]));
    let drawer = till.json(&["drawer", "--limit", "1"]);
    assert_eq!(drawer["drawer"]["balance"], shift["shift"]["expected_cash"]);
    assert_eq!(drawer["movements"][0]["order_id"], order["order_id"]);

    let key = till.json(&["key", "CompleteSale", "till-1-17"]);
    assert_eq!(
        (&key["state"], &key["document_id"]),
        (&"IDEMPOTENCY_KEY_STATE_DONE".into(), &order["order_id"])
    );
    let unknown = till.json(&["key", "CompleteSale", "till-1-18"]);
    assert_eq!(unknown["state"], "IDEMPOTENCY_KEY_STATE_UNKNOWN");

    let settings = till.json(&["settings", "set", "name=Corner shop", "cash_rounding=0.05"]);
    assert_eq!(till.json(&["settings", "show"]), settings);
    assert_eq!(
        (&settings["settings"]["name"], &settings["settings"]["version"]),
        (&"Corner shop".into(), &2.into())
    );
}

#[test]
fn a_sale_that_is_repeated_under_its_key_is_the_same_sale() {
    let till = Till::with_samples();
    let sell = ["sell", "6224074096064", "--cash", "5", "--key", "till-1-17"];
    let first = till.json(&sell);
    let again = till.json(&sell);
    assert_eq!((&again["replayed"], &again["order"]), (&true.into(), &first["order"]));
    let other = till.refused(&["sell", "2x6224074096064", "--cash", "5", "--key", "till-1-17"]);
    assert_eq!(other["reason"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(till.json(&["status"])["order_count"], 6);
}

#[test]
fn a_cart_is_kept_shown_taken_over_and_sold_or_discarded() {
    let till = Till::with_samples();
    let kept = till.json(&["drafts", "save", "--label", "table 4", "2x6224074096064"]);
    let id = kept["draft"]["draft_id"].as_str().unwrap();
    assert_eq!((&kept["draft"]["version"], &kept["draft"]["label"]), (&1.into(), &"table 4".into()));
    let kept = till.json(&["drafts", "save", "--draft", id, "3x6224074096064"]);
    assert_eq!((&kept["draft"]["version"], &kept["draft"]["label"]), (&2.into(), &"table 4".into()));
    assert_eq!(till.json(&["drafts", "list"])["drafts"][0], kept["draft"]);
    assert!(till.done(&["drafts", "list"]).contains("table 4"));
    let taken = till.json(&["drafts", "take-over", id]);
    assert_eq!(taken["draft"]["version"], 3);
    assert_eq!(till.json(&["drafts", "show", id]), taken);

    let sold = till.json(&["sell", "--draft", id, "1x6224074096064"]);
    assert_eq!(minor(&sold["order"]["total"]), 2_00);
    assert_eq!(till.json(&["drafts", "show", id])["draft"]["order_id"], sold["order"]["order_id"]);
    assert_eq!(till.refused(&["sell", "--draft", id])["reason"], "DRAFT_ENDED");

    let kept = till.json(&["drafts", "save", "6224074096064"]);
    let id = kept["draft"]["draft_id"].as_str().unwrap();
    let discarded = till.json(&["drafts", "discard", id, "--reason", "went away"]);
    assert_eq!(discarded["draft"]["state"], "ORDER_STATE_CANCELLED");
    assert_eq!(till.done(&["drafts", "list"]).trim(), "no such drafts");
    assert_eq!(till.json(&["drafts", "list", "--state", "discarded"])["drafts"][0], discarded["draft"]);
}

#[test]
fn goods_are_exchanged_for_the_difference() {
    let till = Till::with_samples();
    let sold = till.json(&["sell", "2x6224074096064", "--cash", "1"]);
    let number = sold["order"]["receipt_number"].as_str().unwrap();
    let back = ["--back", "1x6224074096064", "--reason", "stale"];
    let paid = till.json(&[&["exchange", number, "3x6224074096064"], &back[..]].concat());
    assert_eq!(paid["sold"]["exchange_order_id"], paid["returned"]["order_id"]);
    assert_eq!((minor(&paid["sold"]["total"]), minor(&paid["returned"]["total"])), (1_50, 50));
    assert_eq!(paid["sold"]["tenders"][0]["type"], "TENDER_TYPE_CASH");
    assert_eq!(minor(&paid["sold"]["tenders"][0]["amount"]), 1_00);
    assert!(paid["receipts"][1].as_str().unwrap().contains("in exchange with RET-"));
    let more = ["exchange", number, "6224074096064", "--back", "2x6224074096064", "--reason", "stale"];
    let refused = till.refused(&more);
    assert_eq!(refused["reason"], "REFUND_EXCEEDS_SALE");
}

#[test]
fn receipts_are_given_out_and_training_is_set_apart() {
    let till = Till::with_samples();
    let sold = till.json(&["sell", "2x6224074096064", "--cash", "1"]);
    let number = sold["order"]["receipt_number"].as_str().unwrap();
    let print = || till.json(&["print", number]);
    assert_eq!([&print()["copy_number"], &print()["copy_number"]], [0, 1]);
    assert!(till.done(&["print", number]).contains("COPY 2"));

    let drawer = till.json(&["drawer"]);
    let training = till.json(&["sell", "6224074096064", "--training"]);
    assert_eq!(training["order"]["receipt_number"].as_str().unwrap()[..4], *"TRN-");
    assert_eq!(till.json(&["drawer"])["drawer"], drawer["drawer"]);
    let count = |arguments: &[&str]| {
        till.json(&[&["orders"], arguments].concat())["orders"].as_array().unwrap().len()
    };
    assert_eq!((count(&[]), count(&["--training"]), count(&["--number", "TRN-", "--training"])), (6, 7, 1));
    assert_eq!((count(&["--kind", "return"]), count(&["--kind", "sale"])), (0, 6));
    assert_eq!(
        (count(&["--from", "2100-01-01T00:00:00Z"]), count(&["--to", "2100-01-01T00:00:00Z"])),
        (0, 6)
    );
}
