//! Messages with a secret in them, or with what is said of a person, as logs and failed tests may show
//! them: without it.

use std::fmt::{Debug, Formatter, Result};

use crate::v1::{
    CreatePairingCodeResponse, Customer, FindCustomersRequest, GetCustomerRequest, PairTerminalRequest,
    PairTerminalResponse, SetPinRequest, SignInRequest, SignInResponse,
};

/// What stands where a secret is, so that one can see whether it was there at all.
fn hidden(secret: &str) -> &'static str {
    if secret.is_empty() { "" } else { "(hidden)" }
}

impl Debug for CreatePairingCodeResponse {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { code, expire_time } = self;
        f.debug_struct("CreatePairingCodeResponse")
            .field("code", &hidden(code))
            .field("expire_time", expire_time)
            .finish()
    }
}

impl Debug for Customer {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { customer_id, code, name, name_ar, phone, email, tax_number, address, note, .. } = self;
        let mut shown = f.debug_struct("Customer");
        shown.field("customer_id", customer_id).field("version", &self.version);
        for (field, value) in [
            ("code", code),
            ("name", name),
            ("name_ar", name_ar),
            ("phone", phone),
            ("email", email),
            ("tax_number", tax_number),
            ("address", address),
            ("note", note),
        ] {
            shown.field(field, &hidden(value));
        }
        shown
            .field("create_time", &self.create_time)
            .field("update_time", &self.update_time)
            .field("anonymize_time", &self.anonymize_time)
            .finish()
    }
}

impl Debug for FindCustomersRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { query, page_size } = self;
        f.debug_struct("FindCustomersRequest")
            .field("query", &hidden(query))
            .field("page_size", page_size)
            .finish()
    }
}

impl Debug for GetCustomerRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { customer_id, code } = self;
        f.debug_struct("GetCustomerRequest")
            .field("customer_id", customer_id)
            .field("code", &hidden(code))
            .finish()
    }
}

impl Debug for PairTerminalRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { code } = self;
        f.debug_struct("PairTerminalRequest").field("code", &hidden(code)).finish()
    }
}

impl Debug for PairTerminalResponse {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { token, terminal_id, terminal_name, register_id, register_code } = self;
        f.debug_struct("PairTerminalResponse")
            .field("token", &hidden(token))
            .field("terminal_id", terminal_id)
            .field("terminal_name", terminal_name)
            .field("register_id", register_id)
            .field("register_code", register_code)
            .finish()
    }
}

impl Debug for SignInRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { user_id, pin } = self;
        f.debug_struct("SignInRequest").field("user_id", user_id).field("pin", &hidden(pin)).finish()
    }
}

impl Debug for SignInResponse {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { token, user_id, user_name, user_display_name, role, expire_time } = self;
        f.debug_struct("SignInResponse")
            .field("token", &hidden(token))
            .field("user_id", user_id)
            .field("user_name", user_name)
            .field("user_display_name", user_display_name)
            .field("role", role)
            .field("expire_time", expire_time)
            .finish()
    }
}

impl Debug for SetPinRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { user_id, old_pin, new_pin } = self;
        f.debug_struct("SetPinRequest")
            .field("user_id", user_id)
            .field("old_pin", &hidden(old_pin))
            .field("new_pin", &hidden(new_pin))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::PutCustomersRequest;

    #[test]
    fn a_message_shows_that_there_is_a_secret_and_not_which() {
        let pin = SignInRequest { user_id: "amal".to_owned(), pin: "480213".to_owned() };
        let set = SetPinRequest { old_pin: "480213".to_owned(), ..Default::default() };
        let token = SignInResponse { token: "480213".to_owned(), ..Default::default() };
        let code = PairTerminalRequest { code: "480213".to_owned() };
        let made = CreatePairingCodeResponse { code: "480213".to_owned(), ..Default::default() };
        let paired = PairTerminalResponse { token: "480213".to_owned(), ..Default::default() };
        for shown in [
            format!("{pin:?}"),
            format!("{set:?}"),
            format!("{token:?}"),
            format!("{code:?}"),
            format!("{made:?}"),
            format!("{paired:?}"),
        ] {
            assert!(shown.contains("(hidden)") && !shown.contains("480213"), "{shown}");
        }
    }

    #[test]
    fn a_message_about_a_person_shows_who_by_id_alone() {
        let secret = || "amal".to_owned();
        let customer = Customer {
            customer_id: "0198".to_owned(),
            code: secret(),
            name: secret(),
            name_ar: secret(),
            phone: secret(),
            email: secret(),
            tax_number: secret(),
            address: secret(),
            note: secret(),
            ..Default::default()
        };
        let find = FindCustomersRequest { query: secret(), ..Default::default() };
        let get = GetCustomerRequest { code: secret(), ..Default::default() };
        let put = PutCustomersRequest { customers: vec![customer] };
        for shown in [format!("{put:?}"), format!("{find:?}"), format!("{get:?}")] {
            assert!(shown.contains("(hidden)") && !shown.contains("amal"), "{shown}");
        }
        assert!(format!("{put:?}").contains("0198"));
    }
}
