//! `kassa approve`: somebody who may do it types their PIN, and gives the id for `--grant`.

use clap::{Args, ValueEnum};
use kassa_client::proto::v1::{ApprovalAction, GrantApprovalRequest, MovementType};

use crate::{amount, failure::Failure, message, output::Output, secret::Pins, shop::Shop};

#[derive(Debug, Args)]
#[command(after_help = "What is to be approved says the command that was refused. The id that is printed \
goes behind --grant of that command, within five minutes and once.")]
pub struct Approve {
    /// What may be done
    #[arg(value_enum)]
    action: Action,
    /// Who approves it, and is asked for the PIN
    user: String,
    /// The order, the stock adjustment or the shift it is for, or the register of the drawer
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    order: String,
    /// The line it is for
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    line: String,
    /// How the drawer is moved
    #[arg(long, value_enum)]
    movement: Option<Movement>,
    /// The most it covers
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// Read the PIN from standard input
    #[arg(long)]
    pin_stdin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Action {
    Discount,
    PriceOverride,
    VoidSale,
    OpenDrawer,
    PaidOut,
    RefundTender,
    StockAdjustment,
    Drawer,
    CloseShift,
}

impl From<Action> for ApprovalAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Discount => Self::Discount,
            Action::PriceOverride => Self::PriceOverride,
            Action::VoidSale => Self::VoidSale,
            Action::OpenDrawer => Self::OpenDrawer,
            Action::PaidOut => Self::PaidOut,
            Action::RefundTender => Self::RefundTender,
            Action::StockAdjustment => Self::StockAdjustment,
            Action::Drawer => Self::Drawer,
            Action::CloseShift => Self::CloseShift,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Movement {
    PaidIn,
    PaidOut,
    Expense,
    FloatIn,
    SafeDrop,
    BankDrop,
    TransferOut,
    Over,
    Short,
}

impl From<Movement> for MovementType {
    fn from(movement: Movement) -> Self {
        match movement {
            Movement::PaidIn => Self::PaidIn,
            Movement::PaidOut => Self::PaidOut,
            Movement::Expense => Self::Expense,
            Movement::FloatIn => Self::FloatIn,
            Movement::SafeDrop => Self::SafeDrop,
            Movement::BankDrop => Self::BankDrop,
            Movement::TransferOut => Self::TransferOut,
            Movement::Over => Self::Over,
            Movement::Short => Self::Short,
        }
    }
}

pub async fn run(shop: &Shop, approve: Approve, output: Output) -> Result<(), Failure> {
    let amount = match &approve.amount {
        Some(text) => Some(amount::read("--amount", text, shop.currency().await?)?),
        None => None,
    };
    let pin = Pins::from(approve.pin_stdin).ask(&format!("PIN of {}", approve.user))?;
    let request = GrantApprovalRequest {
        user_id: approve.user,
        pin,
        action: ApprovalAction::from(approve.action).into(),
        order_id: approve.order,
        line_id: approve.line,
        amount,
        movement_type: approve.movement.map_or(MovementType::Unspecified, MovementType::from).into(),
    };
    let granted = shop.call(shop.kassa.access().grant_approval(request)).await?;
    output.json(|| message::to_json("GrantApprovalResponse", &*granted))?;
    let until = shop.clock().await?.show(granted.expire_time.as_ref());
    output.remark(format!(
        "{} approved it, until {until}; do it again with --grant and this:",
        granted.approver_user_name
    ));
    output.text(&granted.grant_id)
}
