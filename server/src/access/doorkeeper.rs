//! Who a token stands for.
//!
//! The tokens' hashes are in memory, the one thing of the books that is: every call asks for one. They
//! change with terminals, users and branches only, and such a change reloads them before it is answered.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use kassa_proto::v1::{ErrorReason as Reason, Role};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
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

/// Lets callers in by their tokens.
#[derive(Debug, Default)]
pub struct Doorkeeper {
    tokens: RwLock<Arc<Tokens>>,
    /// Whether the books may say something else than what is in memory.
    stale: AtomicBool,
    /// One reload at a time, so that none overtakes a later one.
    reloading: Mutex<()>,
}

/// The callers by the hashes of their tokens.
#[derive(Debug, Default)]
struct Tokens {
    callers: HashMap<TokenHash, Caller>,
}

impl Doorkeeper {
    /// Loads the terminals.
    ///
    /// # Errors
    /// What the database fails with.
    pub async fn load(database: &impl ConnectionTrait) -> Result<Self, Error> {
        let doorkeeper = Self::default();
        doorkeeper.reload(database).await?;
        Ok(doorkeeper)
    }

    /// Learns what the books say now. If it can't, the next caller makes it try again, and nobody comes
    /// in before.
    ///
    /// # Errors
    /// What the database fails with.
    pub async fn reload(&self, database: &impl ConnectionTrait) -> Result<(), Error> {
        let _alone = self.reloading.lock().await;
        self.stale.store(true, Ordering::SeqCst);
        let tokens = Arc::new(Tokens::load(database).await?);
        *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = tokens;
        self.stale.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Who a request's `authorization` stands for.
    ///
    /// # Errors
    /// `TOKEN_INVALID`; what the database fails with.
    pub async fn admit(
        &self,
        authorization: Option<&[u8]>,
        database: &impl ConnectionTrait,
    ) -> Result<Caller, Error> {
        let token = bearer(authorization)?;
        if self.stale.load(Ordering::SeqCst) {
            self.reload(database).await?;
        }
        let tokens = Arc::clone(&self.tokens.read().unwrap_or_else(PoisonError::into_inner));
        tokens.callers.get(&hash(token)).cloned().ok_or_else(|| refused("the token is not valid"))
    }
}

fn refused(message: &str) -> Error {
    Error::new(Reason::TokenInvalid, message)
}

fn bearer(authorization: Option<&[u8]>) -> Result<&str, Error> {
    let bearer = authorization.ok_or_else(|| refused("the call has no `authorization: Bearer TOKEN`"))?;
    let token = std::str::from_utf8(bearer).ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    token.ok_or_else(|| refused("`authorization` is not `Bearer TOKEN`"))
}

/// Where a terminal stands.
struct Places {
    /// The branches of the registers.
    branches: HashMap<Uuid, Uuid>,
    /// The businesses of the branches.
    businesses: HashMap<Uuid, Uuid>,
    users: HashMap<Uuid, user::Model>,
}

impl Tokens {
    async fn load(database: &impl ConnectionTrait) -> Result<Self, Error> {
        let places = Places::load(database).await?;
        let mut callers = HashMap::new();
        let live = terminal::Entity::find().filter(terminal::Column::RevokeTime.is_null());
        for terminal in live.all(database).await? {
            let user = terminal.local.then(|| places.users.get(&terminal.user_id)).flatten();
            let hash = TokenHash::try_from(terminal.token_sha256.as_slice()).ok();
            // A terminal whose rows do not fit together gets nobody in; `check` names it.
            if let (Some(hash), Some(caller)) = (hash, places.caller(&terminal, user)) {
                callers.insert(hash, caller);
            }
        }
        Ok(Self { callers })
    }
}

impl Places {
    async fn load(database: &impl ConnectionTrait) -> Result<Self, Error> {
        let branches = branch::Entity::find().all(database).await?;
        let registers = register::Entity::find().all(database).await?;
        let users = user::Entity::find().all(database).await?;
        Ok(Self {
            branches: registers.into_iter().map(|register| (register.id, register.branch_id)).collect(),
            businesses: branches.into_iter().map(|branch| (branch.id, branch.business_id)).collect(),
            users: users.into_iter().map(|user| (user.id, user)).collect(),
        })
    }

    /// Who calls from a terminal, if somebody may: a user who is signed in, or nobody yet.
    fn caller(&self, terminal: &terminal::Model, user: Option<&user::Model>) -> Option<Caller> {
        if terminal.local && user.is_none() {
            return None;
        }
        let branch_id = *self.branches.get(&terminal.register_id)?;
        let user = user.filter(|user| user.active);
        let role = user.map_or(Role::Unspecified, |user| Role::try_from(user.role).unwrap_or_default());
        Some(Caller {
            terminal_id: terminal.id,
            register_id: terminal.register_id,
            branch_id,
            business_id: *self.businesses.get(&branch_id)?,
            user_id: user.map_or(Uuid::nil(), |user| user.id),
            role,
            any_branch: role >= Role::Admin && user.is_some_and(|user| user.branch_id.is_none()),
        })
    }
}
