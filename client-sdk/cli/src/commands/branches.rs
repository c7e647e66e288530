//! `kassa branches`

use clap::{Args, Subcommand};
use kassa_client::proto::v1::{Branch, ListBranchesRequest, ListBranchesResponse, PutBranchesRequest};

use crate::{failure::Failure, message, output::Output, shop::Shop, table::table};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the branches
    List,
    /// Create a branch, or change its name: `kassa branches put B2 --name Harbour`
    Put(Put),
}

#[derive(Debug, Args)]
pub struct Put {
    /// The code, such as B2: 1 to 8 capital letters and digits, for ever
    code: String,
    /// The name
    #[arg(long, value_name = "TEXT")]
    name: String,
}

pub async fn run(shop: &Shop, command: Command, output: Output) -> Result<(), Failure> {
    match command {
        Command::List => list(shop, output).await,
        Command::Put(put) => self::put(shop, put, output).await,
    }
}

async fn list(shop: &Shop, output: Output) -> Result<(), Failure> {
    let mut all = ListBranchesResponse::default();
    loop {
        let request = ListBranchesRequest { page_size: 500, page_token: all.next_page_token };
        let page = shop.call(shop.kassa.admin().list_branches(request)).await?.into_inner();
        all.branches.extend(page.branches);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() {
            break;
        }
    }
    output.json(|| message::to_json("ListBranchesResponse", &all))?;
    output.text(show(&all.branches))
}

async fn put(shop: &Shop, put: Put, output: Output) -> Result<(), Failure> {
    let branches = vec![Branch { code: put.code, name: put.name, ..Default::default() }];
    let answer = shop.call(shop.kassa.admin().put_branches(PutBranchesRequest { branches })).await?;
    output.json(|| message::to_json("PutBranchesResponse", &*answer))?;
    output.text(show(&answer.branches))
}

fn show(branches: &[Branch]) -> String {
    let mut table = table(&["code", ">version", "name"]);
    for branch in branches {
        table.add_row([branch.code.clone(), branch.version.to_string(), branch.name.clone()]);
    }
    table.trim_fmt()
}
