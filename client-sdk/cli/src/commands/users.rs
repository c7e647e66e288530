//! `kassa users`

use clap::{Args, Subcommand, ValueEnum};
use kassa_client::{
    Reason,
    proto::v1::{
        GetUserRequest, ListUsersRequest, ListUsersResponse, PutUsersRequest, Role, SetPinRequest,
        UnlockUserRequest, User, WhoAmIRequest,
    },
};
use serde_json::json;

use crate::{
    failure::Failure,
    message::{self, word},
    output::Output,
    secret::Pins,
    shop::Shop,
    table::table,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the users
    List,
    /// Create a user, or change what is given: `kassa users put amal --role cashier`
    Put(Put),
    /// Set a user's PIN, or your own; it is asked for
    Pin(SetPin),
    /// Forgive a user's wrong PINs
    Unlock(Unlock),
}

#[derive(Debug, Args)]
pub struct SetPin {
    /// The user; without one it is you
    user: Option<String>,
    /// Read the PINs from standard input, a line each: the old one if it is your own, then the new one
    #[arg(long)]
    pin_stdin: bool,
}

#[derive(Debug, Args)]
pub struct Unlock {
    /// The user, such as amal
    user: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TypedRole {
    Cashier,
    Supervisor,
    Admin,
    Owner,
}

#[derive(Debug, Args)]
pub struct Put {
    /// The name to sign in with
    name: String,
    /// What the user may do; needed for a new one
    #[arg(long)]
    role: Option<TypedRole>,
    /// The name that people read
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// The only branch where the user works, such as B2; `all` is every branch
    #[arg(long, value_name = "CODE")]
    branch: Option<String>,
    /// Whether the user may sign in
    #[arg(long, value_name = "YES")]
    active: Option<bool>,
}

pub async fn run(shop: &Shop, command: Command, output: Output) -> Result<(), Failure> {
    match command {
        Command::List => list(shop, output).await,
        Command::Put(put) => self::put(shop, put, output).await,
        Command::Pin(pin) => set_pin(shop, pin, output).await,
        Command::Unlock(unlock) => self::unlock(shop, unlock, output).await,
    }
}

async fn list(shop: &Shop, output: Output) -> Result<(), Failure> {
    let mut all = ListUsersResponse::default();
    loop {
        let request = ListUsersRequest { page_size: 500, page_token: all.next_page_token };
        let page = shop.call(shop.kassa.admin().list_users(request)).await?.into_inner();
        all.users.extend(page.users);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() {
            break;
        }
    }
    output.json(|| message::to_json("ListUsersResponse", &all))?;
    output.text(show(&all.users))
}

async fn put(shop: &Shop, put: Put, output: Output) -> Result<(), Failure> {
    let request = GetUserRequest { user_id: put.name.clone() };
    let mut user = match shop.call(shop.kassa.admin().get_user(request)).await {
        Ok(found) => found.into_inner().user.unwrap_or_default(),
        Err(failure) if failure.is(Reason::UserNotFound) => User { name: put.name, ..User::default() },
        Err(failure) => return Err(failure),
    };
    if let Some(role) = put.role {
        user.set_role(role.into());
    }
    if let Some(display_name) = put.display_name {
        user.display_name = display_name;
    }
    if let Some(branch) = put.branch {
        user.branch_id = if branch == "all" { String::new() } else { branch };
    }
    user.active = put.active.or(user.active);
    // The same command must make the same request, so that `--key` can repeat it: no id, no version.
    (user.user_id, user.version) = (String::new(), 0);
    let users = vec![user];
    let answer = shop.call(shop.kassa.admin().put_users(PutUsersRequest { users })).await?;
    output.json(|| message::to_json("PutUsersResponse", &*answer))?;
    output.text(show(&answer.users))
}

async fn set_pin(shop: &Shop, set: SetPin, output: Output) -> Result<(), Failure> {
    let pins = Pins::from(set.pin_stdin);
    let me = shop.call(shop.kassa.access().who_am_i(WhoAmIRequest::default())).await?;
    // Without a session it is the server's own machine, where the owner needs no old PIN.
    let has_session = me.session_expire_time.is_some();
    let own = set.user.as_ref().is_none_or(|user| [&me.user_name, &me.user_id].contains(&user));
    let old_pin = if own && has_session { pins.ask("your PIN up to now")? } else { String::new() };
    let user_id = set.user.unwrap_or_default();
    let name = if own { "yourself".to_owned() } else { user_id.clone() };
    let new_pin = pins.ask(&format!("the new PIN for {name}"))?;
    if matches!(pins, Pins::Keyboard) && pins.ask("the new PIN again")? != new_pin {
        return Err(Failure::Refused("the two are not the same; nothing was changed".to_owned()));
    }
    let request = SetPinRequest { user_id, old_pin, new_pin };
    shop.call(shop.kassa.access().set_pin(request)).await?;
    output.json(|| Ok(json!({ "user": name })))?;
    output.text(format!("the PIN for {name} is set"))
}

async fn unlock(shop: &Shop, unlock: Unlock, output: Output) -> Result<(), Failure> {
    let request = UnlockUserRequest { user_id: unlock.user.clone() };
    let unlocked = shop.call(shop.kassa.access().unlock_user(request)).await?;
    output.json(|| message::to_json("UnlockUserResponse", &*unlocked))?;
    let count = unlocked.forgiven_count;
    output.text(format!("{}: {count} wrong PINs are forgiven", unlock.user))
}

impl From<TypedRole> for Role {
    fn from(role: TypedRole) -> Self {
        match role {
            TypedRole::Cashier => Self::Cashier,
            TypedRole::Supervisor => Self::Supervisor,
            TypedRole::Admin => Self::Admin,
            TypedRole::Owner => Self::Owner,
        }
    }
}

fn show(users: &[User]) -> String {
    let mut table = table(&["name", "role", "active", "branch", ">version", "display name"]);
    for user in users {
        table.add_row([
            user.name.clone(),
            word(user.role().as_str_name(), "ROLE_"),
            if user.active() { "yes" } else { "no" }.to_owned(),
            if user.branch_id.is_empty() { "all" } else { user.branch_id.as_str() }.to_owned(),
            user.version.to_string(),
            user.display_name.clone(),
        ]);
    }
    table.trim_fmt()
}
