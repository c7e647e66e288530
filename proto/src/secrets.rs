//! Messages with a secret in them, as logs and failed tests may show them: without it.

use std::fmt::{Debug, Formatter, Result};

use crate::v1::{CreatePairingCodeResponse, PairTerminalRequest, PairTerminalResponse};

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
