//! What to do next, for those failures where somebody can do something.

use kassa_client::{BuildError, Error, Reason, proto::money::Currency};

use super::{Failure, Repeat};

pub fn of(failure: &Failure) -> Vec<String> {
    match failure {
        Failure::Call { error, method, repeat, .. } if error.is_outcome_unknown() => {
            of_doubt(error, method, repeat)
        }
        Failure::Call { error, .. } if error.is_unreachable() => vec![
            "is the server running? start it: `sudo systemctl start kassa` where it is a service, else `kassa-server`"
                .to_owned(),
            "is it elsewhere? give its address with --server or in KASSA_SERVER".to_owned(),
        ],
        Failure::Call { no_token: Some(_), .. } => vec![token_file()],
        Failure::Call { error, method, .. } => of_refusal(error, method),
        Failure::Build(BuildError::TokenFile { .. } | BuildError::Token) => vec![token_file()],
        _ => Vec::new(),
    }
}

/// "Nobody knows whether it happened": how to find out, and how to go on.
fn of_doubt(error: &Error, method: &str, repeat: &Repeat) -> Vec<String> {
    let key = error.key().unwrap_or_default();
    let name = method.rsplit('/').next().unwrap_or(method);
    let ask = format!("nobody knows whether it happened: ask with `kassa key {name} {key}`, or");
    let repeat_with = |key: &str| format!("repeat with --key {key}");
    match repeat {
        Repeat::WithItsKey => vec![ask, repeat_with(key)],
        Repeat::WithKey(key) => vec!["to go on where it stopped,".to_owned(), repeat_with(key)],
        Repeat::Never => vec![ask.trim_end_matches(", or").to_owned()],
    }
}

fn of_refusal(error: &Error, method: &str) -> Vec<String> {
    let Some(reason) = error.reason() else { return Vec::new() };
    let advice = match reason {
        Reason::ApprovalRequired => return approval(error),
        Reason::ApprovalInvalid | Reason::ApprovalExpired | Reason::ApprovalUsed => {
            "ask somebody who may do it for a new approval: leave --grant out to see for what".to_owned()
        }
        Reason::TokenInvalid => {
            let first = "is a session over? end it with `kassa sign-out`, then `kassa sign-in NAME`";
            return vec![first.to_owned(), token_file()];
        }
        Reason::RoleRequired => {
            "somebody with a higher role must do this: see `kassa whoami`, and `kassa sign-in NAME`"
                .to_owned()
        }
        Reason::ModuleDisabled => {
            let module = error.metadata("module").unwrap_or_default();
            format!("an admin switches it on: `kassa settings set modules.{module}=on`")
        }
        Reason::AlreadyClockedIn => {
            "did they forget to clock out? a supervisor says when they left: `kassa attendance out NAME --at TIME \
             --reason TEXT`"
                .to_owned()
        }
        Reason::NotClockedIn => "see who is in with `kassa attendance list --open`".to_owned(),
        Reason::PinDelayed => "or have it forgiven: `kassa users unlock NAME`".to_owned(),
        Reason::PinNotSet => "an admin sets it: `kassa users pin NAME`".to_owned(),
        Reason::NoOpenShift => "open a shift first: `kassa shift open --float 100.00`".to_owned(),
        Reason::UserHasOpenShift => "see it with `kassa shift show --register CODE`".to_owned(),
        Reason::ProductNotFound => "look for it with `kassa products find WORDS`".to_owned(),
        Reason::BarcodeAmbiguous => {
            "give the SKU instead: `kassa products find BARCODE` shows them".to_owned()
        }
        Reason::InsufficientStock => "see what is there with `kassa products find`".to_owned(),
        Reason::TotalMismatch => "a price changed meanwhile: sell again, with the new total".to_owned(),
        Reason::TenderShort => "give more with --cash or --card; `--card rest` pays what is left".to_owned(),
        Reason::ChangeNotCash => "cards give no change: charge the total, or add --tip".to_owned(),
        Reason::RefundExceedsSale => "see what is left with `kassa order NUMBER`".to_owned(),
        Reason::RefundTenderMismatch => way_back(error),
        Reason::InsufficientCash => "see what is in the drawer with `kassa drawer`".to_owned(),
        Reason::MovementNotFound | Reason::MovementNotReversible => {
            "see the movements with `kassa drawer --limit 50`".to_owned()
        }
        Reason::TransferNotFound | Reason::TransferExists | Reason::TransferReceived => {
            "see the transfers with `kassa drawer transfers --all`".to_owned()
        }
        Reason::PurchaseNotFound | Reason::PurchaseApproved | Reason::PurchaseCancelled => {
            "see the purchases with `kassa purchases list`".to_owned()
        }
        Reason::PurchaseDocumentExists => {
            "is it another delivery? approve it with --allow-duplicate-document".to_owned()
        }
        Reason::StockTransferNotFound | Reason::StockTransferExists | Reason::StockTransferReceived => {
            "see the transfers with `kassa stock transfers --all`".to_owned()
        }
        Reason::StockAdjustmentNotFound | Reason::StockAdjustmentExists => {
            "see the adjustments with `kassa stock adjustments`".to_owned()
        }
        Reason::StockCountNotFound => {
            "see the counts with `kassa stock count list`; `kassa stock count start` starts one".to_owned()
        }
        Reason::StockCountOpen => "see it with `kassa stock count show`".to_owned(),
        Reason::StockCountExists | Reason::StockCountFinished => {
            "see the counts with `kassa stock count list`".to_owned()
        }
        Reason::OrderNotFound => "see the numbers with `kassa orders`".to_owned(),
        Reason::UserNotFound => "see who there is with `kassa users list`".to_owned(),
        Reason::TerminalNotFound => "see which there are with `kassa terminals list --all`".to_owned(),
        Reason::PairingCodeInvalid => {
            "have a new code made: `kassa terminals pair-code NAME --register CODE`".to_owned()
        }
        Reason::OrderExists => "it was sold already: see it with `kassa orders`".to_owned(),
        Reason::IdempotencyKeyReused => {
            "this key belongs to another request: see `kassa key METHOD KEY`, or leave --key out".to_owned()
        }
        Reason::KeyExpired => "it was carried out once, and is not carried out again".to_owned(),
        Reason::VersionMismatch | Reason::EpochChanged => "it changed meanwhile: try again".to_owned(),
        Reason::BackupNotFound | Reason::BackupRunning => "see the backups with `kassa backups`".to_owned(),
        // What was copied just now are the books themselves.
        Reason::BackupDamaged if method.ends_with("/CreateBackup") => {
            "prove the books on the server with `kassa-server check`".to_owned()
        }
        Reason::BackupDamaged => {
            "this backup can't be used: take the one before, see them with `kassa backups`".to_owned()
        }
        Reason::RestoreFailed => {
            "the owner can open them again: `kassa maintenance off`; then call support".to_owned()
        }
        Reason::DiskFull | Reason::DiskLow | Reason::BackupNoSpace => "free space on the server's disk, then try again".to_owned(),
        Reason::Maintenance | Reason::DatabaseCorrupt => "see why, and what to do, with `kassa doctor`".to_owned(),
        Reason::DatabaseBusy | Reason::Overloaded | Reason::Stopping => "try again in a moment".to_owned(),
        _ => return Vec::new(),
    };
    vec![advice]
}

/// How a refund is paid that was asked for in another way: where the server names its cash, with that.
fn way_back(error: &Error) -> String {
    let ways = "--cash, --card, --voucher, --wallet and --bank-transfer";
    let cash = error.metadata("currency").and_then(Currency::from_code).zip(error.metadata("cash_minor"));
    match cash.and_then(|(currency, minor)| Some(currency.format(minor.parse().ok()?))) {
        Some(cash) => {
            format!("say how much goes back which way with {ways}; as it is split now: --cash {cash}")
        }
        None => format!("say how much goes back which way with {ways}"),
    }
}

/// Which command gives the grant, and how to go on with it.
fn approval(error: &Error) -> Vec<String> {
    let named = |name: &str| error.metadata(name).unwrap_or_default();
    let action = named("action").to_lowercase().replace('_', "-");
    let mut command = format!("kassa approve {action} NAME");
    for (option, value) in [("--order", named("order_id")), ("--line", named("line_id"))] {
        if !value.is_empty() {
            command = format!("{command} {option} {value}");
        }
    }
    let is_drawer = action == "drawer";
    let currency = Currency::from_code(named("currency"));
    match (named("movement_type"), currency, named("amount_minor").parse::<i64>()) {
        // Who counts blind learns neither; up to how much it may differ, the approver says, and either way is good.
        ("", _, Err(_)) if is_drawer => command.push_str(" --movement over --amount AMOUNT"),
        (movement, Some(currency), Ok(minor)) if is_drawer => {
            let movement = movement.to_lowercase().replace('_', "-");
            command = format!("{command} --movement {movement} --amount {}", currency.format(minor));
        }
        (_, Some(currency), Ok(minor @ 1..)) => {
            command = format!("{command} --amount {}", currency.format(minor));
        }
        _ => {}
    }
    let document = match action.as_str() {
        "discount" | "price-override" => format!(" and --order-id {}", named("order_id")),
        "stock-adjustment" => format!(" and --id {}", named("order_id")),
        _ => String::new(),
    };
    vec![
        format!("somebody who may do it approves it with their PIN: `{command}`"),
        format!("then do it again with --grant and the id that it prints{document}"),
    ]
}

fn token_file() -> String {
    "name the server's data folder in KASSA_DATA_DIR, or a file with --token-file or KASSA_TOKEN_FILE, and be a user \
     who may read it"
        .to_owned()
}
