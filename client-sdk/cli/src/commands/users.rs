//! `kassa users`

use clap::{Args, Subcommand, ValueEnum};
use kassa_client::{
    Reason,
    proto::v1::{GetUserRequest, ListUsersRequest, ListUsersResponse, PutUsersRequest, Role, User},
};

use crate::{
    failure::Failure,
    message::{self, word},
    output::Output,
    shop::Shop,
    table::table,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the users
    List,
    /// Create a user, or change what is given: `kassa users put amal --role cashier`
    Put(Put),
}

/// A role as it is typed.
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
