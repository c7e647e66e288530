//! Who a token stands for.
//!
//! The tokens' hashes are in memory, the one thing of the books that is: every call asks for one.
//! They change with the terminals only, and the change reloads them before it is answered.

use std::collections::HashMap;

use kassa_proto::v1::{ErrorReason as Reason, Role};
use sea_orm::{ConnectionTrait, EntityTrait};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    books::Caller,
    error::Error,
    store::entity::{branch, register, terminal, user},
};

/// The SHA-256 of a token: what is stored and compared, never the token itself. A guess that shares
/// a beginning with a token shares none with its hash, so that timing tells nothing.
pub type TokenHash = [u8; 32];

/// Hashes a token.
pub fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The callers by the hashes of their tokens.
#[derive(Debug, Default)]
pub struct Doorkeeper {
    callers: HashMap<TokenHash, Caller>,
}

impl Doorkeeper {
    /// Loads the terminals.
    ///
    /// # Errors
    /// What the database fails with.
    pub async fn load(database: &impl ConnectionTrait) -> Result<Self, Error> {
        let branches = branch::Entity::find().all(database).await?;
        let registers = register::Entity::find().all(database).await?;
        let users = user::Entity::find().all(database).await?;
        let businesses: HashMap<Uuid, Uuid> =
            branches.into_iter().map(|branch| (branch.id, branch.business_id)).collect();
        let branches: HashMap<Uuid, Uuid> =
            registers.into_iter().map(|register| (register.id, register.branch_id)).collect();
        let roles: HashMap<Uuid, Role> =
            users.into_iter().map(|user| (user.id, Role::try_from(user.role).unwrap_or_default())).collect();
        let mut callers = HashMap::new();
        for terminal in terminal::Entity::find().all(database).await? {
            let branch = branches.get(&terminal.register_id).copied();
            let business = branch.and_then(|branch| businesses.get(&branch).copied());
            let role = roles.get(&terminal.user_id).copied();
            let hash = TokenHash::try_from(terminal.token_sha256.as_slice()).ok();
            // A terminal whose rows do not fit together gets nobody in; `check` names it.
            if let (Some(branch_id), Some(business_id), Some(role), Some(hash)) =
                (branch, business, role, hash)
            {
                let caller = Caller {
                    terminal_id: terminal.id,
                    register_id: terminal.register_id,
                    branch_id,
                    business_id,
                    user_id: terminal.user_id,
                    role,
                };
                callers.insert(hash, caller);
            }
        }
        Ok(Self { callers })
    }

    /// Who a request's `authorization` stands for.
    ///
    /// # Errors
    /// `TOKEN_INVALID`.
    pub fn admit(&self, authorization: Option<&[u8]>) -> Result<&Caller, Error> {
        let refused = |message: &str| Error::new(Reason::TokenInvalid, message);
        let bearer = authorization.ok_or_else(|| refused("the call has no `authorization: Bearer TOKEN`"))?;
        let token = std::str::from_utf8(bearer).ok().and_then(|text| {
            let (scheme, token) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        let token = token.ok_or_else(|| refused("`authorization` is not `Bearer TOKEN`"))?;
        self.callers.get(&hash(token)).ok_or_else(|| refused("the token is not valid"))
    }
}
