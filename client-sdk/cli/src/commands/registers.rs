//! `kassa registers`

use clap::{Args, Subcommand};
use kassa_client::proto::v1::{ListRegistersRequest, ListRegistersResponse, PutRegistersRequest, Register};

use crate::{failure::Failure, message, output::Output, shop::Shop, table::table};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the registers of a branch
    List(List),
    /// Create a register, or change its name: `kassa registers put R2 --name "By the door"`
    Put(Put),
}

#[derive(Debug, Args)]
pub struct List {
    /// The branch, such as B2 [default: the terminal's own]
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
}

#[derive(Debug, Args)]
pub struct Put {
    /// The code, such as R2: 1 to 8 capital letters and digits, for ever
    code: String,
    /// The name
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// The branch of a new register, such as B2 [default: the terminal's own]
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
}

pub async fn run(shop: &Shop, command: Command, output: Output) -> Result<(), Failure> {
    match command {
        Command::List(list) => self::list(shop, list, output).await,
        Command::Put(put) => self::put(shop, put, output).await,
    }
}

async fn list(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let mut all = ListRegistersResponse::default();
    loop {
        let (page_token, branch_id) = (all.next_page_token, list.branch.clone());
        let request = ListRegistersRequest { page_size: 500, page_token, branch_id };
        let page = shop.call(shop.kassa.admin().list_registers(request)).await?.into_inner();
        all.registers.extend(page.registers);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() {
            break;
        }
    }
    output.json(|| message::to_json("ListRegistersResponse", &all))?;
    output.text(show(&all.registers))
}

async fn put(shop: &Shop, put: Put, output: Output) -> Result<(), Failure> {
    let Put { code, name, branch } = put;
    let registers = vec![Register { code, name, branch_id: branch, ..Default::default() }];
    let answer = shop.call(shop.kassa.admin().put_registers(PutRegistersRequest { registers })).await?;
    output.json(|| message::to_json("PutRegistersResponse", &*answer))?;
    output.text(show(&answer.registers))
}

fn show(registers: &[Register]) -> String {
    let mut table = table(&["code", "branch", ">version", "name"]);
    for register in registers {
        let Register { code, branch_code, version, name, .. } = register.clone();
        table.add_row([code, branch_code, version.to_string(), name]);
    }
    table.trim_fmt()
}
