//! Who asks, and in which line what they read waits.

use kassa_proto::v1::Role;
use uuid::Uuid;

/// Who is asking.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The terminal.
    pub terminal_id: Uuid,
    /// The terminal's register.
    pub register_id: Uuid,
    /// The register's branch.
    pub branch_id: Uuid,
    /// The business.
    pub business_id: Uuid,
    /// Who is signed in; nil where nobody is.
    pub user_id: Uuid,
    /// What they may do; unspecified where nobody is signed in.
    pub role: Role,
    /// Whether this request may name other branches of the business than the terminal's own: the
    /// method's option in the contract says so, and the user works in all of them.
    pub any_branch: bool,
    /// The only branch where the user works; none where they work in all, or nobody is signed in. They change
    /// nothing of another one: see `books::belongs`.
    pub works_in: Option<Uuid>,
    /// The session by whose token the caller came; none for a terminal's own token.
    pub session_id: Option<Uuid>,
    /// In which line what this request reads waits for its turn: the method's option says so.
    pub class: Class,
}

impl Caller {
    /// Whoever has no token yet. What strangers read waits in one line, for one share.
    pub fn stranger() -> Self {
        Self { role: Role::Unspecified, ..Self::server() }
    }

    /// The server itself, for what it does without being asked.
    pub fn server() -> Self {
        let nobody = Uuid::nil();
        Self {
            terminal_id: nobody,
            register_id: nobody,
            branch_id: nobody,
            business_id: nobody,
            user_id: nobody,
            role: Role::Owner,
            any_branch: false,
            works_in: None,
            session_id: None,
            class: Class::LookUp,
        }
    }
}

/// For how long something reads, and who waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Somebody stands at the till for it: a quote, a product, one document. Over in some milliseconds.
    LookUp,
    /// A page, a report, a part of the journal: thousands of rows.
    Report,
    /// The proof of the books or of a backup: everything.
    Proof,
}

impl Class {
    /// How many are read at once, and how many of them for one terminal.
    pub const fn places(self) -> (u32, u32) {
        match self {
            Self::LookUp => (4, 2),
            Self::Report => (2, 1),
            Self::Proof => (1, 1),
        }
    }

    /// How many are read at once in all classes. There are as many connections: a turn waits for none.
    pub const ALL_PLACES: u32 = Self::LookUp.places().0 + Self::Report.places().0 + Self::Proof.places().0;
}

/// A role in a message to people: `supervisor`.
pub fn role_name(role: Role) -> String {
    role.as_str_name().trim_start_matches("ROLE_").to_lowercase()
}
