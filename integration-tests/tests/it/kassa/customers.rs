//! Customers at the counter.

use super::Till;

#[test]
fn customers_are_registered_found_sold_to_and_forgotten() {
    let till = Till::with_samples();
    assert!(till.done(&["customers", "list"]).contains("no customers yet"));
    let put = ["customers", "put", "--name", "Amal Haddad", "--name-ar", "أمل", "--code", "K-17"];
    let phone = ["--phone", "+966 50 123 4567", "--key", "card"];
    let made = till.json(&[&put[..], &phone].concat());
    let id = made["customers"][0]["customer_id"].as_str().unwrap();
    assert_eq!(till.json(&[&put[..], &phone].concat()), made, "the same command under its key is the same");
    // What is not given stays.
    assert!(till.done(&["customers", "put", "--id", id, "--note", "likes the crust"]).contains("is changed"));
    let shown = till.json(&["customers", "show", "K-17"]);
    assert_eq!((&shown["phone"], &shown["note"]), (&"+966 50 123 4567".into(), &"likes the crust".into()));
    assert_eq!(
        till.refused(&["customers", "put", "--name", "Ziad", "--code", "K-17"])["reason"],
        "CUSTOMER_CODE_TAKEN"
    );
    for query in ["0501234567", "haddad", "أَمَل"] {
        let found = till.done(&["customers", "find", query]);
        assert!(found.contains("Amal Haddad") && found.contains("K-17"), "{query}: {found}");
    }

    let sold = till.json(&["sell", "1x6224074096064", "--customer", "K-17"]);
    assert!(sold["receipt"].as_str().unwrap().contains("Customer: Amal Haddad"));
    let number = sold["order"]["receipt_number"].as_str().unwrap();
    let bought = till.json(&["orders", "--customer", "K-17"]);
    assert_eq!((&bought["orders"][0], bought["orders"].as_array().unwrap().len()), (&sold["order"], 1));

    assert!(till.done(&["customers", "forget", "K-17"]).contains("is forgotten"));
    assert!(!till.done(&["receipt", number]).contains("Amal"));
    assert!(till.done(&["customers", "show", id]).contains("forgotten"));
    assert_eq!(till.refused(&["customers", "show", "K-17"])["reason"], "CUSTOMER_NOT_FOUND");
    assert_eq!(till.refused(&["customers", "forget", id])["reason"], "CUSTOMER_ANONYMIZED");
}
