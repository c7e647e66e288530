//! Who a token stands for.
//!
//! The tokens' hashes are in memory, the one thing of the books that is: every call asks for one. They
//! change with terminals, users and branches only, and such a change reloads them before it is answered.
//! With them is what a shop has switched off: that is asked for as often, and changes by `PutSettings`.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use kassa_proto::v1::{ErrorReason as Reason, Role};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::sessions::{IDLE, LONGEST};
use crate::{
    caller::{Caller, Class},
    clock::{SharedClock, from_micros, is_good, to_micros},
    error::Error,
    modules::Module,
    readings::{Readers, Reading},
    store::entity::{branch, business, register, session, terminal, user},
};

/// The SHA-256 of a token: what is stored and compared, never the token itself. A guess that shares
/// a beginning with a token shares none with its hash, so that timing tells nothing.
pub type TokenHash = [u8; 32];

/// Hashes a token.
pub fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// Lets callers in by their tokens.
pub struct SessionCache {
    clock: SharedClock,
    tokens: RwLock<Arc<Tokens>>,
    /// Whether the books may say something else than what is in memory.
    stale: AtomicBool,
    /// One reload at a time, so that none overtakes a later one.
    reloading: Mutex<()>,
}

/// The callers by the hashes of their tokens, and what their shops have switched off.
#[derive(Default)]
struct Tokens {
    callers: HashMap<TokenHash, Holder>,
    off: HashSet<(Uuid, Module)>,
}

/// Who holds a token.
struct Holder {
    caller: Caller,
    /// None for a terminal's own token.
    session: Option<Session>,
}

/// What ends a session by itself. The last use is in memory alone: a restart counts as one.
#[derive(Clone)]
struct Session {
    expire_time: i64,
    last_use: Arc<AtomicI64>,
}

impl Session {
    /// Counts a use, if the session is not over.
    fn is_used(&self, now: i64) -> bool {
        let unused =
            from_micros(now).signed_duration_since(from_micros(self.last_use.load(Ordering::Relaxed)));
        // A clock that is put right by less than a day ends nobody's session in the middle of a sale.
        let over = !is_good(from_micros(self.expire_time), from_micros(now), LONGEST * 2) || unused >= IDLE;
        if !over {
            // Later than the clock says now it can't have been used.
            self.last_use.store(now, Ordering::Relaxed);
        }
        !over
    }
}

impl SessionCache {
    /// Loads terminals and sessions.
    ///
    /// # Errors
    /// What the database fails with.
    pub async fn load(readers: &Readers, clock: SharedClock) -> Result<Self, Error> {
        let (tokens, stale, reloading) = (RwLock::default(), AtomicBool::new(true), Mutex::default());
        let session_cache = Self { clock, tokens, stale, reloading };
        session_cache.reload(readers).await?;
        Ok(session_cache)
    }

    /// Learns what the books say now. If it can't, the next caller makes it try again, and nobody comes
    /// in before.
    ///
    /// # Errors
    /// What the database fails with.
    pub async fn reload(&self, readers: &Readers) -> Result<(), Error> {
        let _alone = self.reloading.lock().await;
        self.stale.store(true, Ordering::SeqCst);
        self.learn(readers).await
    }

    /// Waits for the reload that is under way; carries it out if it failed.
    async fn be_sure(&self, readers: &Readers) -> Result<(), Error> {
        if !self.stale.load(Ordering::SeqCst) {
            return Ok(());
        }
        let _alone = self.reloading.lock().await;
        if self.stale.load(Ordering::SeqCst) { self.learn(readers).await } else { Ok(()) }
    }

    async fn learn(&self, readers: &Readers) -> Result<(), Error> {
        let reading = readers.begin().await?;
        let before = Arc::clone(&self.tokens.read().unwrap_or_else(PoisonError::into_inner));
        let tokens = Arc::new(Tokens::load(&reading, &before, to_micros(self.clock.now())).await?);
        *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = tokens;
        self.stale.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Who a request's `authorization` stands for.
    ///
    /// # Errors
    /// `TOKEN_INVALID`; what the database fails with.
    pub async fn admit(&self, authorization: Option<&[u8]>, readers: &Readers) -> Result<Caller, Error> {
        let token = bearer(authorization)?;
        self.be_sure(readers).await?;
        self.find(token)
    }

    /// The same from memory alone, while the books are closed.
    ///
    /// # Errors
    /// `TOKEN_INVALID`.
    pub fn remember(&self, token: &str) -> Result<Caller, Error> {
        // The books may have said something else last.
        if self.stale.load(Ordering::SeqCst) {
            return Err(unknown_token());
        }
        self.find(token)
    }

    fn find(&self, token: &str) -> Result<Caller, Error> {
        let tokens = Arc::clone(&self.tokens.read().unwrap_or_else(PoisonError::into_inner));
        let holder = tokens.callers.get(&hash(token)).ok_or_else(unknown_token)?;
        let now = to_micros(self.clock.now());
        if holder.session.as_ref().is_some_and(|session| !session.is_used(now)) {
            return Err(refused("the session is over; sign in again"));
        }
        Ok(holder.caller.clone())
    }

    /// Whether the caller's shop uses a module.
    pub fn has_module(&self, caller: &Caller, module: Module) -> bool {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        !tokens.off.contains(&(caller.business_id, module))
    }
}

fn refused(message: &str) -> Error {
    Error::new(Reason::TokenInvalid, message)
}

/// Nobody has this token.
pub fn unknown_token() -> Error {
    refused("the token is not valid")
}

/// The token of an `authorization: Bearer TOKEN`.
///
/// # Errors
/// `TOKEN_INVALID`.
pub fn bearer(authorization: Option<&[u8]>) -> Result<&str, Error> {
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
    /// Reads who holds a token. What is known of the use of sessions is taken over.
    async fn load(database: &Reading, before: &Self, now: i64) -> Result<Self, Error> {
        let places = Places::load(database).await?;
        let mut callers = HashMap::new();
        let mut terminals = HashMap::new();
        let live = terminal::Entity::find().filter(terminal::Column::RevokeTime.is_null());
        for terminal in live.all(database).await? {
            let user = terminal.local.then(|| places.users.get(&terminal.user_id)).flatten();
            let hash = TokenHash::try_from(terminal.token_sha256.as_slice()).ok();
            // A terminal whose rows do not fit together gets nobody in; `check` names it.
            if let (Some(hash), Some(caller)) = (hash, places.caller(&terminal, user)) {
                callers.insert(hash, Holder { caller, session: None });
            }
            terminals.insert(terminal.id, terminal);
        }
        let open = session::Entity::find()
            .filter(session::Column::EndTime.is_null())
            .filter(session::Column::ExpireTime.gt(now));
        for session in open.all(database).await? {
            let user = places.users.get(&session.user_id).filter(|user| user.active);
            let terminal = terminals.get(&session.terminal_id);
            let caller = terminal.zip(user).and_then(|(terminal, user)| places.caller(terminal, Some(user)));
            let hash = TokenHash::try_from(session.token_sha256.as_slice()).ok();
            if let (Some(hash), Some(caller)) = (hash, caller) {
                let known = before.callers.get(&hash).and_then(|holder| holder.session.as_ref());
                let last_use =
                    known.map_or_else(|| Arc::new(AtomicI64::new(now)), |known| Arc::clone(&known.last_use));
                let caller = Caller { session_id: Some(session.id), ..caller };
                let session = Some(Session { expire_time: session.expire_time, last_use });
                callers.insert(hash, Holder { caller, session });
            }
        }
        let businesses = business::Entity::find().all(database).await?;
        let off = businesses.iter().flat_map(|business| {
            let off = Module::ALL.into_iter().filter(|module| !module.is_on(business));
            off.map(|module| (business.id, module))
        });
        Ok(Self { callers, off: off.collect() })
    }
}

impl Places {
    async fn load(database: &Reading) -> Result<Self, Error> {
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
            works_in: user.and_then(|user| user.branch_id),
            session_id: None,
            class: Class::LookUp,
        })
    }
}
