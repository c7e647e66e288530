//! The first start: a branch, a register, an owner, and the token of the terminal on this machine.

use kassa_proto::v1::{self as pb, JournalKind, Role, RoundingMode, TaxRounding, journal_record::Entry};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::{
    access::{limits, secrets::new_token, session_cache::hash},
    admin::put_settings::settings_to_pb,
    books::{Books, Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::{Clock, to_micros},
    readings::Readers,
    store::{
        DataFolder, StartError,
        engine::Scope,
        entity::{branch, business, register, terminal, user},
    },
};

const BRANCH: &str = "B1";
const REGISTER: &str = "R1";
const OWNER: &str = "owner";
/// A shift that nobody has used for twelve hours is over.
const IDLE_SECONDS: i64 = 12 * 3_600;
/// The terminal on the server's own machine, which reads its token from the data folder.
const LOCAL: &str = "local";

/// Opens the books on the first start, and makes sure on every start that the local token's file
/// opens the door. Says whether this was the first start.
///
/// # Errors
/// [`StartError`] if the file or the books can't be written.
pub async fn open_books(
    folder: &DataFolder,
    readers: &Readers,
    books: &Books,
    clock: &dyn Clock,
) -> Result<bool, StartError> {
    let token = local_token(folder, clock).map_err(|cause| StartError::Books(cause.to_string()))?;
    let token_sha256 = hash(&token).to_vec();
    let terminal = local_terminal_of(&readers.begin().await?).await?;
    let Some(terminal) = terminal else {
        let ids = [(); 5].map(|()| clock.new_id());
        let posting = OpenBooks { ids, token_sha256 };
        books.post(posting.caller(), None, posting).await?;
        return Ok(true);
    };
    if terminal.token_sha256 != token_sha256 {
        // The file was lost, or the database came from another machine.
        let caller = owner_of(&readers.begin().await?, &terminal).await?;
        books.post(caller, None, RenewLocalToken { token_sha256 }).await?;
    }
    Ok(false)
}

/// The terminal on the server's own machine; every shop that was founded has one.
///
/// # Errors
/// What the database says.
pub async fn local_terminal_of(database: &impl ConnectionTrait) -> Result<Option<terminal::Model>, DbErr> {
    terminal::Entity::find().filter(terminal::Column::Local.eq(true)).one(database).await
}

/// The token in the file, or a new one that is there before the books know it.
fn local_token(folder: &DataFolder, clock: &dyn Clock) -> std::io::Result<String> {
    if let Some(token) = folder.read_local_token()?.filter(|token| !token.is_empty()) {
        return Ok(token);
    }
    let token = new_token(clock);
    folder.write_local_token(&token)?;
    Ok(token)
}

/// Who the terminal on this machine acts for.
///
/// # Errors
/// [`StartError`] if the rows do not fit together; what the database says.
pub async fn owner_of(
    database: &impl ConnectionTrait,
    terminal: &terminal::Model,
) -> Result<Caller, StartError> {
    let broken =
        || StartError::Books("the local terminal's register is gone; run `kassa-server check`".to_owned());
    let register =
        register::Entity::find_by_id(terminal.register_id).one(database).await?.ok_or_else(broken)?;
    let branch = branch::Entity::find_by_id(register.branch_id).one(database).await?.ok_or_else(broken)?;
    Ok(Caller {
        terminal_id: terminal.id,
        register_id: register.id,
        branch_id: branch.id,
        business_id: branch.business_id,
        user_id: terminal.user_id,
        ..Caller::server()
    })
}

/// The first posting of a shop.
struct OpenBooks {
    /// Of business, branch, register, user and terminal.
    ids: [Uuid; 5],
    token_sha256: Vec<u8>,
}

impl OpenBooks {
    fn caller(&self) -> Caller {
        let [business_id, branch_id, register_id, user_id, terminal_id] = self.ids;
        Caller { terminal_id, register_id, branch_id, business_id, user_id, ..Caller::server() }
    }
}

impl Posting for OpenBooks {
    const METHOD: &'static str = "kassa.server/OpenBooks";
    /// Nobody waits for an answer.
    type Reply = pb::GetSettingsResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let [business_id, branch_id, register_id, user_id, terminal_id] = self.ids;
        let now = to_micros(context.now);
        let business = first_business(business_id, now);
        let limits = limits::first(business_id);
        let settings = settings_to_pb(&business, &limits)?;
        let branch = branch::Model {
            id: branch_id,
            business_id,
            code: BRANCH.to_owned(),
            name: "Main branch".to_owned(),
            ..branch::Model::unused()
        };
        let register = register::Model {
            id: register_id,
            branch_id,
            code: REGISTER.to_owned(),
            name: "Register 1".to_owned(),
            ..register::Model::unused()
        };
        let role = Role::Owner;
        let user = user::Model {
            id: user_id,
            business_id,
            name: OWNER.to_owned(),
            role: role.into(),
            display_name: OWNER.to_owned(),
            active: true,
            branch_id: None,
            version: 1,
        };
        let opened = pb::BooksOpenedEntry {
            business_id: business_id.to_string(),
            epoch: business.epoch,
            settings: Some(settings.clone()),
            branch_id: branch_id.to_string(),
            branch_code: branch.code.clone(),
            branch_name: branch.name.clone(),
            register_code: register.code.clone(),
            register_name: register.name.clone(),
            user_id: user_id.to_string(),
            user_name: user.name.clone(),
            role: role.into(),
            local_terminal: Some(local_terminal(terminal_id, &self.token_sha256)),
        };
        books.insert(business)?;
        for limits in limits {
            books.insert(limits)?;
        }
        books.insert(branch)?;
        books.insert(register)?;
        books.insert(user)?;
        books.insert(terminal::Model {
            id: terminal_id,
            register_id,
            user_id,
            name: LOCAL.to_owned(),
            token_sha256: self.token_sha256.clone(),
            create_time: now,
            local: true,
            revoke_time: None,
        })?;
        journal::append(books, context, register_id, Entry::BooksOpened(opened))?;
        Ok(Decision::Done(pb::GetSettingsResponse { settings: Some(settings) }))
    }
}

/// The settings that a shop begins with; `PutSettings` changes them.
pub(crate) fn first_business(id: Uuid, now: i64) -> business::Model {
    business::Model {
        id,
        name: "My shop".to_owned(),
        currency_code: "USD".to_owned(),
        time_zone: "Etc/UTC".to_owned(),
        prices_include_tax: true,
        tax_rounding: TaxRounding::PerLine.into(),
        rounding_mode: RoundingMode::HalfAwayFromZero.into(),
        cash_unit: 0,
        cash_total_mode: 0,
        cash_change_mode: 0,
        cash_refund_mode: 0,
        small_coins: false,
        receipt_header: String::new(),
        receipt_footer: String::new(),
        version: 1,
        update_time: now,
        has_orders: false,
        catalog_version: 0,
        customer_version: 0,
        epoch: 1,
        blind_close: false,
        idle_seconds: IDLE_SECONDS,
        customers_on: true,
        purchasing_on: true,
        stock_transfers_on: true,
        attendance_on: true,
        people_version: 0,
    }
}

fn local_terminal(id: Uuid, token_sha256: &[u8]) -> pb::LocalTokenRenewedEntry {
    pb::LocalTokenRenewedEntry {
        terminal_id: id.to_string(),
        terminal_name: LOCAL.to_owned(),
        token_sha256: token_sha256.to_vec(),
    }
}

/// Makes the local token's file the one that opens the door.
struct RenewLocalToken {
    token_sha256: Vec<u8>,
}

impl Posting for RenewLocalToken {
    const METHOD: &'static str = "kassa.server/RenewLocalToken";
    /// Nobody waits for an answer.
    type Reply = pb::WhoAmIResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<terminal::Model>(caller.terminal_id);
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let id = context.caller.terminal_id;
        books.update::<terminal::Model, _>(&id, |terminal| {
            terminal.token_sha256.clone_from(&self.token_sha256);
            Ok(())
        })?;
        let entry = Entry::LocalTokenRenewed(local_terminal(id, &self.token_sha256));
        journal::append(books, context, context.caller.register_id, entry)?;
        Ok(Decision::Done(pb::WhoAmIResponse::default()))
    }
}
