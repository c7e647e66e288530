//! People and terminals at the counter.

use kassa_integration_tests::Run;

use super::Till;

#[test]
fn branches_registers_and_users_are_put_and_listed() {
    let till = Till::open();
    assert!(till.done(&["branches", "put", "B2", "--name", "Harbour"]).contains("Harbour"));
    till.done(&["registers", "put", "R2", "--name", "By the sea", "--branch", "B2"]);
    let listed = till.done(&["registers", "list", "--branch", "B2"]);
    assert!(listed.contains("R2") && listed.contains("B2") && listed.contains("By the sea"), "{listed}");
    assert!(till.done(&["branches", "list"]).contains("B2"));
    till.done(&["users", "put", "amal", "--role", "cashier", "--display-name", "Amal H."]);
    // What is not given stays.
    till.done(&["users", "put", "amal", "--branch", "B2"]);
    let user = till.json(&["users", "put", "amal", "--active", "false"])["users"][0].clone();
    assert_eq!((user["display_name"].as_str(), user["active"].as_bool()), (Some("Amal H."), Some(false)));
    assert_eq!((user["role"].as_str(), user["version"].as_i64()), (Some("ROLE_CASHIER"), Some(3)));
    assert_eq!(till.refused(&["users", "put", "ziad"])["reason"], "INVALID_FIELD");
    assert_eq!(till.refused(&["users", "put", "owner", "--role", "cashier"])["reason"], "OWNER_REQUIRED");
}

#[test]
fn a_cashier_signs_in_at_the_servers_machine_and_out_again() {
    let till = Till::open();
    till.done(&["users", "put", "amal", "--role", "cashier"]);
    assert_eq!(till.told(&["users", "pin", "amal", "--pin-stdin"], "480213\n"), "the PIN for amal is set\n");
    let signed_in = till.told(&["sign-in", "amal", "--pin-stdin"], "480213\n");
    assert!(signed_in.contains("as cashier"), "{signed_in}");
    let me = till.done(&["whoami"]);
    assert!(me.contains("amal") && me.contains("cashier"), "{me}");
    // Only who made it reads the session's token.
    let session = till.place.data().join("keys/local.token.session");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&session).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let refused = till.run(&["settings", "set", "name=Mine"]);
    assert_eq!(refused.status, 4, "{refused:?}");
    assert!(refused.complaints.contains("kassa sign-in"), "{refused:?}");
    till.told(&["users", "pin", "--pin-stdin"], "480213\n739184\n");
    till.done(&["sign-out"]);
    assert!(!session.exists());
    assert!(till.done(&["whoami"]).contains("owner"));

    for _ in 0..3 {
        let wrong = Run::with_input(&mut till.command(&["sign-in", "amal", "--pin-stdin"]), "480213\n");
        assert_eq!(wrong.status, 4, "{wrong:?}");
        assert!(wrong.complaints.contains("PIN_WRONG"), "{wrong:?}");
    }
    let delayed = Run::with_input(&mut till.command(&["sign-in", "amal", "--pin-stdin"]), "739184\n");
    assert!(delayed.complaints.contains("PIN_DELAYED"), "{delayed:?}");
    assert!(till.done(&["users", "unlock", "amal"]).contains("3 wrong PINs are forgiven"));
    till.told(&["sign-in", "amal", "--pin-stdin"], "739184\n");
    // Where nobody types, a PIN is asked for by name of the option.
    let nobody = till.run(&["sign-in", "amal"]);
    assert_eq!(nobody.status, 2, "{nobody:?}");
    assert!(nobody.complaints.contains("--pin-stdin"), "{nobody:?}");
}

#[test]
fn people_clock_in_and_out_until_the_shop_switches_it_off() {
    let till = Till::open();
    till.done(&["users", "put", "amal", "--role", "cashier"]);
    assert!(till.done(&["attendance", "in"]).contains("is in"));
    assert_eq!(till.refused(&["attendance", "in"])["reason"], "ALREADY_CLOCKED_IN");
    let came = till.json(&["attendance", "in", "amal", "--note", "early", "--key", "k1"]);
    assert_eq!(
        (came["attendance"]["user_name"].as_str(), came["replayed"].as_bool()),
        (Some("amal"), Some(false))
    );
    let long_ago = ["attendance", "out", "amal", "--at", "2020-01-01 17:30", "--reason", "forgot it"];
    assert_eq!(till.refused(&long_ago)["reason"], "INVALID_FIELD");
    assert_eq!(till.run(&long_ago[..5]).status, 2, "why is asked for");
    let left = till.done(&["attendance", "out", "amal", "--reason", "the dentist"]);
    assert!(left.contains("early; the dentist") && left.contains("0:0"), "{left}");
    let open = till.json(&["attendance", "list", "--open"]);
    assert_eq!(open["attendance"].as_array().unwrap().len(), 1);
    assert!(till.done(&["attendance", "list", "--to", "2020-01-01"]).contains("nobody"));
    assert_eq!(till.run(&["attendance", "list", "--key", "k"]).status, 2, "listing has no key");

    till.done(&["settings", "set", "modules.attendance=off"]);
    let off = till.run(&["attendance", "list"]);
    assert_eq!(off.status, 4, "{off:?}");
    assert!(off.complaints.contains("kassa settings set modules.attendance=on"), "{off:?}");
    let settings = till.done(&["settings", "set", "modules.attendance=on", "modules.purchasing=off"]);
    assert!(settings.contains("modules.purchasing       off"), "{settings}");
    assert!(till.done(&["attendance", "list"]).contains("amal"));
}

#[test]
fn a_terminal_is_paired_and_revoked() {
    let till = Till::open();
    let code = till.json(&["terminals", "pair-code", "By the door"])["code"].as_str().unwrap().to_owned();
    let paired = till.done(&["terminals", "pair", &code]);
    assert!(paired.contains("By the door") && paired.contains("terminal.token"), "{paired}");
    let me = till.done(&["whoami", "--token-file", "terminal.token"]);
    assert!(me.contains("nobody is signed in") && me.contains("By the door"), "{me}");
    // A token that is there is not overwritten.
    assert_eq!(till.run(&["terminals", "pair", &code]).status, 1);
    let again = till.run(&["terminals", "pair", &code, "--save", "other.token"]);
    assert!(again.complaints.contains("PAIRING_CODE_INVALID"), "{again:?}");

    let listed = till.json(&["terminals", "list"]);
    let terminals = listed["terminals"].as_array().unwrap();
    let door = terminals.iter().find(|terminal| terminal["name"] == "By the door").unwrap();
    let id = door["terminal_id"].as_str().unwrap();
    assert!(till.done(&["terminals", "revoke", id]).contains("revoked"));
    assert_eq!(till.run(&["whoami", "--token-file", "terminal.token"]).status, 4);
    assert!(till.done(&["terminals", "list", "--all"]).contains("revoked"));
}
