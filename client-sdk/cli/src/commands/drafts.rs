//! `kassa drafts`: carts that wait on the server.

use clap::{Args, Subcommand, ValueEnum};
use kassa_client::{
    line,
    proto::v1::{
        DiscardDraftRequest, Draft, GetDraftRequest, LineItem, ListDraftsRequest, ListDraftsResponse,
        OrderState, SaveDraftRequest, TakeOverDraftRequest, line_item::Item,
    },
};

use super::customers;
use crate::{
    count,
    failure::Failure,
    message,
    output::Output,
    receipt_line::ReceiptLine,
    shop::Shop,
    table::{facts, table},
};

/// The contract's largest page.
const PAGE: i32 = 500;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List them, newest first
    List(List),
    /// Show one with its cart
    Show(One),
    /// Keep a cart: `kassa drafts save --label "table 4" 2x6224074096064`
    Save(Save),
    /// Make this terminal its holder
    TakeOver(One),
    /// End one that will not be sold
    Discard(Discard),
}

#[derive(Debug, Args)]
pub struct List {
    /// Which ones
    #[arg(long, value_enum, default_value = "open")]
    state: State,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Open,
    Completed,
    Discarded,
}

#[derive(Debug, Args)]
pub struct One {
    /// The draft's id
    #[arg(value_name = "ID")]
    draft_id: String,
}

#[derive(Debug, Args)]
pub struct Save {
    /// What is in the cart, all of it
    #[arg(value_name = "LINE")]
    lines: Vec<ReceiptLine>,
    /// The draft to change; a new one without
    #[arg(long, value_name = "ID")]
    draft: Option<String>,
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Who buys
    #[arg(long, value_name = "ID|CODE")]
    customer: Option<String>,
    /// A note for the order
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Debug, Args)]
pub struct Discard {
    /// The draft's id
    #[arg(value_name = "ID")]
    draft_id: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    match command {
        Command::List(asked) => list(shop, &asked, output).await,
        Command::Show(one) => print(shop, &read(shop, &one.draft_id).await?, output).await,
        Command::Save(asked) => save(shop, asked, output).await,
        Command::TakeOver(one) => take_over(shop, &one.draft_id, output).await,
        Command::Discard(asked) => discard(shop, asked, yes, output).await,
    }
}

/// Reads a draft.
pub async fn read(shop: &Shop, draft_id: &str) -> Result<Draft, Failure> {
    let request = GetDraftRequest { draft_id: draft_id.to_owned() };
    let answer = shop.call(shop.kassa.orders().get_draft(request)).await?;
    Ok(answer.into_inner().draft.unwrap_or_default())
}

async fn list(shop: &Shop, asked: &List, output: Output) -> Result<(), Failure> {
    let state = match asked.state {
        State::Open => OrderState::Draft,
        State::Completed => OrderState::Completed,
        State::Discarded => OrderState::Cancelled,
    };
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let mut all = ListDraftsResponse::default();
    loop {
        let left = limit - all.drafts.len();
        let request = ListDraftsRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            state: state.into(),
            ..Default::default()
        };
        let page = shop.call(shop.kassa.orders().list_drafts(request)).await?.into_inner();
        all.drafts.extend(page.drafts);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() || all.drafts.len() >= limit {
            break;
        }
    }
    output.json(|| message::to_json("ListDraftsResponse", &all))?;
    if all.drafts.is_empty() {
        return output.text("no such drafts");
    }
    let clock = shop.clock().await?;
    let mut table = table(&["draft", ">lines", "saved", "label"]);
    for draft in &all.drafts {
        table.add_row([
            draft.draft_id.clone(),
            draft.lines.len().to_string(),
            clock.show(draft.update_time.as_ref()),
            draft.label.clone(),
        ]);
    }
    output.text(table.trim_fmt())?;
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {limit}: see them with --limit"));
    }
    Ok(())
}

async fn save(shop: &Shop, asked: Save, output: Output) -> Result<(), Failure> {
    let before = match &asked.draft {
        Some(id) => read(shop, id).await?,
        None => Draft::default(),
    };
    let customer_id = match &asked.customer {
        None => before.customer_id,
        named => customers::id(shop, named.as_deref()).await?,
    };
    let request = SaveDraftRequest {
        customer_id,
        draft_id: before.draft_id,
        version: before.version,
        label: asked.label.unwrap_or(before.label),
        lines: asked.lines.iter().map(|read| line(&read.code, read.quantity.to_string())).collect(),
        discounts: before.discounts,
        note: asked.note.unwrap_or(before.note),
    };
    let answer = shop.call(shop.kassa.orders().save_draft(request)).await?;
    print(shop, &answer.into_inner().draft.unwrap_or_default(), output).await
}

async fn take_over(shop: &Shop, draft_id: &str, output: Output) -> Result<(), Failure> {
    let draft = read(shop, draft_id).await?;
    let request = TakeOverDraftRequest { draft_id: draft.draft_id, version: draft.version };
    let answer = shop.call(shop.kassa.orders().take_over_draft(request)).await?;
    print(shop, &answer.into_inner().draft.unwrap_or_default(), output).await
}

async fn discard(shop: &Shop, asked: Discard, yes: bool, output: Output) -> Result<(), Failure> {
    let draft = read(shop, &asked.draft_id).await?;
    let name = shop.settings().await?.name;
    let what = if draft.label.is_empty() { &draft.draft_id } else { &draft.label };
    let lines = count::show(draft.lines.len(), "line");
    let question = format!("Shop {name}, draft {what}: discard its {lines}?");
    if !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }
    let request =
        DiscardDraftRequest { draft_id: draft.draft_id, version: draft.version, reason: asked.reason };
    let answer = shop.call(shop.kassa.orders().discard_draft(request)).await?;
    print(shop, &answer.into_inner().draft.unwrap_or_default(), output).await
}

async fn print(shop: &Shop, draft: &Draft, output: Output) -> Result<(), Failure> {
    output.json(|| message::to_json("GetDraftResponse", &wrapped(draft)))?;
    let clock = shop.clock().await?;
    let mut rows = vec![
        ("draft", draft.draft_id.clone()),
        ("state", message::word(draft.state().as_str_name(), "ORDER_STATE_")),
        ("version", draft.version.to_string()),
        ("saved", clock.show(draft.update_time.as_ref())),
    ];
    let optional = [
        ("label", &draft.label),
        ("note", &draft.note),
        ("order id", &draft.order_id),
        ("reason", &draft.reason),
    ];
    rows.extend(
        optional.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, text.clone())),
    );
    output.text(facts(rows))?;
    let mut table = table(&[">quantity", "product"]);
    for line in &draft.lines {
        table.add_row([line.quantity.clone().unwrap_or_default().value, code(line)]);
    }
    output.text("")?;
    output.text(table.trim_fmt())
}

fn wrapped(draft: &Draft) -> kassa_client::proto::v1::GetDraftResponse {
    kassa_client::proto::v1::GetDraftResponse { draft: Some(draft.clone()) }
}

/// How a line names its product.
pub fn code(line: &LineItem) -> String {
    match &line.item {
        Some(Item::Barcode(text) | Item::ProductId(text)) => text.clone(),
        None => String::new(),
    }
}
