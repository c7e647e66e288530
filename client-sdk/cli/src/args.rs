//! What can be typed.

use std::{path::PathBuf, process::ExitCode};

use clap::{
    Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum, error::ErrorKind,
    parser::ValueSource,
};

use crate::{
    commands::{
        approve, attendance, audit, backups, bench, branches, completions, customers, demo, diagnostics,
        drafts, drawer, exchange, key, maintenance, order, orders, products, purchases, receipt, refund,
        registers, sales, sell, settings, shift, sign_in, stock, terminals, users,
    },
    failure::USAGE,
    output::Output,
};

/// A shop's till, catalogue and settings, on a Kassa server.
///
/// Begin with `kassa status`, then `kassa demo`.
///
/// Exit codes: 0 done, 1 refused, 2 wrong usage, 3 server not reached, 4 no access,
/// 5 outcome unknown (repeat the command with the printed --key).
#[derive(Debug, Parser)]
#[command(name = "kassa", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub options: Options,
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// What was typed.
    pub fn typed() -> Result<Self, clap::Error> {
        let mut grammar = Self::command();
        let matches = grammar.try_get_matches_from_mut(std::env::args_os())?;
        let cli = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut grammar))?;
        // An address that is set for all commands is not meant for this one; one that is typed would be.
        let is_server_typed = matches.value_source("server") == Some(ValueSource::CommandLine);
        if is_server_typed && matches!(cli.command, Command::Bench(_)) {
            let what = "bench sells on a server of its own, and never in a shop: leave --server out";
            return Err(grammar.error(ErrorKind::ArgumentConflict, what));
        }
        Ok(cli)
    }
}

#[derive(Debug, Args)]
pub struct Options {
    /// The server's address
    #[arg(
        long,
        global = true,
        env = "KASSA_SERVER",
        default_value = "http://127.0.0.1:50051",
        value_name = "URL",
        help_heading = "Options everywhere"
    )]
    pub server: String,
    /// A file with the terminal's token [default: keys/local.token in KASSA_DATA_DIR, or in ./kassa-data]
    #[arg(
        long,
        global = true,
        env = "KASSA_TOKEN_FILE",
        value_name = "FILE",
        help_heading = "Options everywhere"
    )]
    pub token_file: Option<PathBuf>,
    /// The language of the server's messages to people (ar, en) [default: its words for a log, in English]
    #[arg(
        long,
        global = true,
        env = "KASSA_LANGUAGE",
        value_enum,
        value_name = "LANGUAGE",
        hide_possible_values = true,
        help_heading = "Options everywhere"
    )]
    pub language: Option<Language>,
    /// The register, such as R1 [default: the terminal's own]
    #[arg(long, global = true, value_name = "CODE", help_heading = "Options everywhere")]
    pub register: Option<String>,
    /// The idempotency key of the change; with the key of an earlier try, the change happens once
    #[arg(long, global = true, value_name = "KEY", help_heading = "Options everywhere")]
    pub key: Option<String>,
    /// What somebody approved, by `kassa approve`; may be given again
    #[arg(long = "grant", global = true, value_name = "ID", help_heading = "Options everywhere")]
    pub grants: Vec<String>,
    /// Print one JSON document, errors included
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub json: bool,
    /// Ask nothing: the answer is yes. Needed where nobody can be asked, as in a script
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub yes: bool,
}

/// A language that the server speaks to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    Ar,
    En,
}

impl Language {
    /// Its tag, as `accept-language` has it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Ar => "ar",
            Self::En => "en",
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// How the server is
    Status,
    /// Whom the token stands for
    Whoami,
    /// Sign a user in at this terminal; the PIN is asked for
    SignIn(sign_in::SignIn),
    /// End the session at this terminal
    SignOut,
    /// What the shop sells
    #[command(subcommand)]
    Products(products::Command),
    /// What is on the shelves, and what goes from branch to branch
    #[command(subcommand)]
    Stock(stock::Command),
    /// Who buys
    #[command(subcommand)]
    Customers(customers::Command),
    /// What suppliers deliver, and what it costs
    #[command(subcommand)]
    Purchases(purchases::Command),
    /// Shifts: open one before selling, count and close it at its end
    #[command(subcommand)]
    Shift(shift::Command),
    /// Sell: `kassa sell 2x6224074096064 --cash 200`
    Sell(sell::Sell),
    /// Give back a part of a sale: `kassa refund NUMBER 1x6224074096064 --reason "too salty"`
    Refund(refund::Refund),
    /// Exchange goods of a sale: `kassa exchange NUMBER 1x6224074096071 --back 1x6224074096064 --reason "wrong"`
    Exchange(exchange::Exchange),
    /// Take a whole sale back, while its shift is open
    Void(refund::Void),
    /// Carts that are kept on the server while they are rung up
    #[command(subcommand)]
    Drafts(drafts::Command),
    /// Show an order's receipt
    Receipt(receipt::Receipt),
    /// Give an order's receipt out: the original once, then numbered copies
    Print(receipt::Receipt),
    /// Show one order
    Order(order::Show),
    /// List orders, newest first
    Orders(orders::List),
    /// What was sold, less what came back: `kassa sales --by category`
    Sales(sales::Sales),
    /// The cash drawer: what should be in it, and what moves it besides sales
    Drawer(drawer::Drawer),
    /// The shop's settings
    #[command(subcommand)]
    Settings(settings::Command),
    /// Who works here
    #[command(subcommand)]
    Users(users::Command),
    /// When people come to work and leave
    #[command(subcommand)]
    Attendance(attendance::Command),
    /// The branches of the business
    #[command(subcommand)]
    Branches(branches::Command),
    /// The registers
    #[command(subcommand)]
    Registers(registers::Command),
    /// The programs that may call: pair and revoke them
    #[command(subcommand)]
    Terminals(terminals::Command),
    /// Let who is signed in do one thing, once: a supervisor's PIN is asked for
    Approve(approve::Approve),
    /// What somebody may have to answer for, newest first
    Audit(audit::List),
    /// Prove the whole books while the shop sells
    Check,
    /// Close the shop's books, and open them again
    #[command(subcommand)]
    Maintenance(maintenance::Maintenance),
    /// Make a backup while the shop sells
    Backup,
    /// The backups in the server's folder
    Backups(backups::Backups),
    /// Is everything as it should be? What is wrong, and what to do about it
    Doctor,
    /// What support needs to know, as one text for a ticket; no secrets, nothing of customers
    Diagnostics(diagnostics::Collect),
    /// What became of an idempotency key
    Key(key::LookUp),
    /// How often idempotency keys came again, by method, since the server started
    Keys,
    /// Fill an empty shop with sample groceries, and sell some
    Demo(demo::Demo),
    /// Is this PC fast enough? Sells in a shop of its own, which is gone afterwards
    ///
    /// It starts a server in a new folder, sells there as fast as it can, and says whether that is enough. It never
    /// touches a shop's books, and leaves nothing behind. Do it while no customers wait, for this PC has no time for
    /// them meanwhile. Server and terminals are both on this PC: the shop's network is not measured.
    Bench(bench::Bench),
    /// Print the completions of a shell
    Completions(completions::Completions),
}

impl Command {
    /// The RPC by which it changes the shop, where it is one change: `--key` names it, if the RPC takes keys.
    pub fn changes_by(&self) -> Option<&'static str> {
        match self {
            Self::Sell(_) => Some("CompleteSale"),
            Self::Refund(_) => Some("RefundSale"),
            Self::Exchange(_) => Some("ExchangeSale"),
            Self::Void(_) => Some("VoidSale"),
            Self::Print(_) => Some("PrintReceipt"),
            Self::Drafts(drafts::Command::Discard(_)) => Some("DiscardDraft"),
            Self::Drafts(drafts::Command::TakeOver(_)) => Some("TakeOverDraft"),
            Self::Settings(settings::Command::Set(_)) => Some("PutSettings"),
            Self::Customers(customers::Command::Put(_)) => Some("PutCustomers"),
            Self::Customers(customers::Command::Forget(_)) => Some("AnonymizeCustomer"),
            Self::Users(users::Command::Put(_)) => Some("PutUsers"),
            Self::Users(users::Command::Unlock(_)) => Some("UnlockUser"),
            Self::Branches(branches::Command::Put(_)) => Some("PutBranches"),
            Self::Registers(registers::Command::Put(_)) => Some("PutRegisters"),
            Self::Terminals(terminals::Command::Revoke(_)) => Some("RevokeTerminal"),
            Self::Products(products) => products.changes_by(),
            Self::Purchases(purchases) => purchases.changes_by(),
            Self::Stock(stock) => stock.changes_by(),
            Self::Shift(shift) => shift.changes_by(),
            Self::Drawer(drawer) => drawer.changes_by(),
            Self::Attendance(attendance) => attendance.changes_by(),
            Self::Drafts(drafts::Command::Save(_)) => Some("SaveDraft"),
            Self::Users(users::Command::Pin(_)) => Some("SetPin"),
            Self::Terminals(terminals::Command::PairCode(_)) => Some("CreatePairingCode"),
            Self::Terminals(terminals::Command::Pair(_)) => Some("PairTerminal"),
            Self::SignIn(_) => Some("SignIn"),
            Self::SignOut => Some("SignOut"),
            Self::Approve(_) => Some("GrantApproval"),
            Self::Maintenance(_) => Some("SetMaintenance"),
            Self::Backup => Some("CreateBackup"),
            // These read, or are many changes.
            Self::Drafts(drafts::Command::List(_) | drafts::Command::Show(_))
            | Self::Settings(settings::Command::Show)
            | Self::Customers(
                customers::Command::List(_) | customers::Command::Find(_) | customers::Command::Show(_),
            )
            | Self::Users(users::Command::List)
            | Self::Branches(branches::Command::List)
            | Self::Registers(registers::Command::List(_))
            | Self::Terminals(terminals::Command::List(_))
            | Self::Status
            | Self::Whoami
            | Self::Receipt(_)
            | Self::Order(_)
            | Self::Orders(_)
            | Self::Sales(_)
            | Self::Audit(_)
            | Self::Check
            | Self::Backups(_)
            | Self::Doctor
            | Self::Diagnostics(_)
            | Self::Key(_)
            | Self::Keys
            | Self::Demo(_)
            | Self::Bench(_)
            | Self::Completions(_) => None,
        }
    }
}

/// Ends the program over what clap found: help and versions too.
pub fn refuse(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|arg| arg == "--json");
    if error.use_stderr() && json {
        return Output::new(true).usage(&error.to_string());
    }
    // A closed pipe is no reason to complain.
    error.print().ok();
    if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::message::takes_key;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_follow_the_command() {
        let cli =
            Cli::try_parse_from(["kassa", "sell", "2x622", "--json", "--key", "K", "--cash", "5"]).unwrap();
        assert!(cli.options.json);
        assert_eq!(cli.options.key.as_deref(), Some("K"));
    }

    #[test]
    fn a_key_names_what_the_contract_gives_one_to() {
        let takes_key = |words: &str| {
            let cli = Cli::try_parse_from(format!("kassa {words}").split(' '));
            let cli = cli.unwrap_or_else(|error| panic!("{words}: {error}"));
            cli.command.changes_by().is_some_and(takes_key)
        };
        let changes = [
            "sell 2x622 --cash 5",
            "refund N 1x622 --reason R",
            "exchange N 1x622 --back 1x623 --reason R",
            "void N --reason R",
            "print N",
            "drafts discard D --reason R",
            "drafts take-over D",
            "settings set name=Corner",
            "products import list.csv",
            "products price bread 2.00 --branch B1",
            "customers put --name Amal",
            "customers forget C",
            "purchases put bread=5@1.00 --supplier S",
            "purchases approve P",
            "purchases cancel P --reason R",
            "stock level bread 5",
            "stock adjust bread=-1 --reason damaged",
            "stock send --line bread=1 --to B2",
            "stock receive T",
            "stock take-back T",
            "stock count start",
            "stock count enter bread=5",
            "stock count finish",
            "stock count cancel --reason R",
            "shift open",
            "shift end",
            "shift close",
            "shift force-close S --reason R",
            "shift hand-over --to huda",
            "drawer in 5 --reason R",
            "drawer out 5 --reason R",
            "drawer expense 5 --reason R",
            "drawer float 5 --reason R",
            "drawer safe-drop 5 --reason R",
            "drawer bank-drop 5 --reason R",
            "drawer reverse M --reason R",
            "drawer open --reason R",
            "drawer transfer 5 --to R2",
            "drawer receive T",
            "drawer count 5 --reason R",
            "attendance in",
            "attendance out",
            "users put huda --role cashier",
            "users unlock huda",
            "branches put B2 --name Two",
            "registers put R2 --name Two",
            "terminals revoke T",
        ];
        for words in changes {
            assert!(takes_key(words), "{words}");
        }
        let others = [
            "status",
            "drawer",
            "shift list",
            "shift activity",
            "products price bread",
            "drafts list",
            "users pin huda",
            "terminals list",
            "sign-out",
            "backup",
        ];
        for words in others {
            assert!(!takes_key(words), "{words}");
        }
    }
}
