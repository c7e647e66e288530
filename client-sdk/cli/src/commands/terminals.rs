//! `kassa terminals`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kassa_client::proto::v1::{
    CreatePairingCodeRequest, ListTerminalsRequest, ListTerminalsResponse, PairTerminalRequest,
    RevokeTerminalRequest, Terminal,
};
use serde_json::json;

use crate::{failure::Failure, message, output::Output, secret, shop::Shop, table::table};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the terminals of a branch
    List(List),
    /// Make a code with which one terminal is paired, within ten minutes; --register says where it stands
    PairCode(PairCode),
    /// Make this machine a terminal: `kassa terminals pair 7K4M-PW2R`
    Pair(Pair),
    /// Take a terminal's token away, at once and for good
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub struct List {
    /// The branch, such as B2 [default: the terminal's own]
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
    /// Revoked ones too
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub struct PairCode {
    /// The terminal's name, such as "By the door"
    name: String,
}

#[derive(Debug, Args)]
pub struct Pair {
    /// The code that `kassa terminals pair-code` printed
    code: String,
    /// Where to keep the terminal's token
    #[arg(long, value_name = "FILE", default_value = "terminal.token")]
    save: PathBuf,
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// The terminal's id, as `kassa terminals list` shows it
    terminal: String,
}

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    match command {
        Command::List(list) => self::list(shop, list, output).await,
        Command::PairCode(code) => pair_code(shop, code, output).await,
        Command::Pair(pair) => self::pair(shop, pair, output).await,
        Command::Revoke(revoke) => self::revoke(shop, revoke, yes, output).await,
    }
}

async fn read(shop: &Shop, list: List) -> Result<ListTerminalsResponse, Failure> {
    let mut all = ListTerminalsResponse::default();
    loop {
        let request = ListTerminalsRequest {
            page_size: 500,
            page_token: all.next_page_token,
            branch_id: list.branch.clone(),
            include_revoked: list.all,
        };
        let page = shop.call(shop.kassa.admin().list_terminals(request)).await?.into_inner();
        all.terminals.extend(page.terminals);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() {
            return Ok(all);
        }
    }
}

async fn list(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let all = read(shop, list).await?;
    output.json(|| message::to_json("ListTerminalsResponse", &all))?;
    show(shop, &all.terminals, output).await
}

async fn show(shop: &Shop, terminals: &[Terminal], output: Output) -> Result<(), Failure> {
    let clock = shop.clock().await?;
    let mut table = table(&["id", "register", "paired", "state", "name"]);
    for terminal in terminals {
        let state = match &terminal.revoke_time {
            Some(time) => format!("revoked {}", clock.show(Some(time))),
            None if terminal.local => "local".to_owned(),
            None => "paired".to_owned(),
        };
        let paired = clock.show(terminal.create_time.as_ref());
        let (id, name) = (terminal.terminal_id.clone(), terminal.name.clone());
        table.add_row([id, terminal.register_code.clone(), paired, state, name]);
    }
    output.text(table.trim_fmt())
}

async fn pair_code(shop: &Shop, code: PairCode, output: Output) -> Result<(), Failure> {
    let request = CreatePairingCodeRequest { register_id: shop.register.clone(), terminal_name: code.name };
    let made = shop.call(shop.kassa.admin().create_pairing_code(request)).await?;
    output.json(|| message::to_json("CreatePairingCodeResponse", &*made))?;
    let until = shop.clock().await?.show(made.expire_time.as_ref());
    output.text(format!("{}\nType it at the terminal before {until}: kassa terminals pair CODE", made.code))
}

async fn pair(shop: &Shop, pair: Pair, output: Output) -> Result<(), Failure> {
    secret::must_be_free(&pair.save)?;
    let request = PairTerminalRequest { code: pair.code };
    let paired = shop.call(shop.kassa.access().pair_terminal(request)).await?.into_inner();
    secret::write(&pair.save, &paired.token)?;
    let file = pair.save.display().to_string();
    output.json(|| {
        Ok(json!({
            "terminal_id": paired.terminal_id,
            "terminal_name": paired.terminal_name,
            "register_id": paired.register_id,
            "register_code": paired.register_code,
            "token_file": file,
        }))
    })?;
    output.text(format!(
        "{} is a terminal of register {} now. Its token is in {file}: give it with --token-file or KASSA_TOKEN_FILE",
        paired.terminal_name, paired.register_code
    ))
}

async fn revoke(shop: &Shop, revoke: Revoke, yes: bool, output: Output) -> Result<(), Failure> {
    let name = shop.settings().await?.name;
    let question = format!("Shop {name}: take the token of terminal {} away for good?", revoke.terminal);
    if !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }
    let request = RevokeTerminalRequest { terminal_id: revoke.terminal };
    let revoked = shop.call(shop.kassa.admin().revoke_terminal(request)).await?;
    output.json(|| message::to_json("RevokeTerminalResponse", &*revoked))?;
    show(shop, revoked.terminal.as_slice(), output).await
}
