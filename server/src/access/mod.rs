//! Who may do what: the local terminal, tokens, roles, branches.

pub mod approvals;
pub mod blind_count;
pub mod convert;
pub mod create_pairing_code;
pub mod grant_approval;
pub mod limits;
pub mod named_user;
pub mod pair_terminal;
pub mod pairing_guard;
pub mod pin;
pub mod pin_hash;
pub mod queries;
pub mod revoke_terminal;
pub mod scope;
pub mod secrets;
pub mod session_cache;
pub mod sessions;
pub mod set_pin;
pub mod sign_in;
