//! A file per command. Each asks the server, then prints text for people or a document for programs.

pub mod approve;
pub mod attendance;
pub mod audit;
pub mod backups;
pub mod bench;
pub mod branches;
pub mod check;
pub mod completions;
pub mod customers;
pub mod demo;
pub mod diagnostics;
pub mod doctor;
pub mod drafts;
pub mod drawer;
pub mod exchange;
pub mod key;
pub mod maintenance;
pub mod money_back;
pub mod order;
pub mod orders;
pub mod products;
pub mod purchases;
pub mod receipt;
pub mod refund;
pub mod registers;
pub mod returned_lines;
pub mod sales;
pub mod sell;
pub mod settings;
pub mod shift;
pub mod sign_in;
pub mod status;
pub mod stock;
pub mod terminals;
pub mod users;
pub mod whoami;

use std::time::Duration;

use crate::{
    args::{Cli, Command},
    failure::Failure,
    message,
    output::Output,
    shop::{As, Shop},
};

/// Runs what was typed.
/// How long an answer may take.
fn patience(command: &Command) -> Duration {
    match command {
        // A chunk is up to 2 MiB, and the line may be slow.
        Command::Products(products::Command::Import(_)) => Duration::from_secs(60),
        // It reads the books of years.
        Command::Check => Duration::from_secs(3_600),
        _ => Duration::from_secs(15),
    }
}

pub async fn run(cli: Cli, output: Output) -> Result<(), Failure> {
    let Cli { options, command } = cli;
    if options.key.is_some() && !command.changes_by().is_some_and(message::takes_key) {
        let keyed = "sell, refund, exchange, void, print, drafts discard, drafts take-over, shift, drawer, \
                     settings set, products import, stock level, stock send, stock receive, \
                     stock take-back, attendance, terminals revoke, customers forget, products price, \
                     purchases approve, purchases cancel, stock adjust, stock count, and each put";
        return Err(Failure::Usage(format!("--key names one change: it goes with {keyed}")));
    }
    if let Command::Completions(completions) = command {
        return completions::run(&completions, output);
    }
    if let Command::Bench(bench) = command {
        return bench::run(&bench, output).await;
    }
    let patience = patience(&command);
    let of_the_terminal = matches!(command, Command::SignIn(_) | Command::SignOut);
    let who = if of_the_terminal { As::Terminal } else { As::User };
    let shop = Shop::connect(&options, patience, who)?;
    match command {
        Command::Status => status::run(&shop, output).await,
        Command::Check => check::run(&shop, output).await,
        Command::Maintenance(command) => maintenance::run(&shop, command, output).await,
        Command::SignIn(sign_in) => sign_in::sign_in(&shop, sign_in, output).await,
        Command::SignOut => sign_in::sign_out(&shop, output).await,
        Command::Whoami => whoami::run(&shop, output).await,
        Command::Products(command) => products::run(&shop, command, options.yes, output).await,
        Command::Purchases(command) => purchases::run(&shop, command, options.yes, output).await,
        Command::Stock(command) => stock::run(&shop, command, options.yes, output).await,
        Command::Customers(command) => customers::run(&shop, command, options.yes, output).await,
        Command::Shift(command) => shift::run(&shop, command, options.yes, output).await,
        Command::Sell(sell) => sell::run(&shop, sell, output).await,
        Command::Refund(refund) => refund::run(&shop, refund, options.yes, output).await,
        Command::Exchange(exchange) => exchange::run(&shop, exchange, options.yes, output).await,
        Command::Void(void) => refund::void(&shop, void, options.yes, output).await,
        Command::Drafts(command) => drafts::run(&shop, command, options.yes, output).await,
        Command::Receipt(receipt) => receipt::run(&shop, receipt, output).await,
        Command::Print(receipt) => receipt::print(&shop, receipt, output).await,
        Command::Order(show) => order::run(&shop, show, output).await,
        Command::Orders(list) => orders::run(&shop, list, output).await,
        Command::Sales(sales) => sales::run(&shop, &sales, output).await,
        Command::Drawer(drawer) => drawer::run(&shop, drawer, options.yes, output).await,
        Command::Settings(command) => settings::run(&shop, command, output).await,
        Command::Approve(approve) => approve::run(&shop, approve, output).await,
        Command::Attendance(command) => attendance::run(&shop, command, options.yes, output).await,
        Command::Audit(list) => audit::run(&shop, list, output).await,
        Command::Backup => backups::create(&shop, output).await,
        Command::Backups(command) => backups::run(&shop, command, options.yes, output).await,
        Command::Users(command) => users::run(&shop, command, output).await,
        Command::Branches(command) => branches::run(&shop, command, output).await,
        Command::Registers(command) => registers::run(&shop, command, output).await,
        Command::Terminals(command) => terminals::run(&shop, command, options.yes, output).await,
        Command::Doctor => doctor::run(&shop, output).await,
        Command::Diagnostics(collect) => diagnostics::run(&shop, &collect, output).await,
        Command::Key(look_up) => key::run(&shop, look_up, output).await,
        Command::Keys => key::stats(&shop, output).await,
        Command::Demo(demo) => demo::run(&shop, &demo, options.yes, output).await,
        // These need no shop.
        Command::Bench(_) | Command::Completions(_) => Ok(()),
    }
}
