//! The names of error reasons on the wire, which drop the prefix that the contract's style asks for.

use crate::v1::ErrorReason;

const PREFIX: &str = "ERROR_REASON_";

impl ErrorReason {
    /// Such as `SHIFT_ENDED`.
    pub fn wire_name(&self) -> &'static str {
        let name = self.as_str_name();
        name.strip_prefix(PREFIX).unwrap_or(name)
    }

    /// The reason of such a name; `None` for one that this contract does not have.
    pub fn from_wire_name(name: &str) -> Option<Self> {
        Self::from_str_name(&format!("{PREFIX}{name}"))
    }
}
