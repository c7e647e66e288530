//! `kassa key` and `kassa keys`

use clap::Args;
use kassa_client::proto::v1::{
    DocumentKind, GetIdempotencyStatsRequest, IdempotencyKeyState, LookUpIdempotencyKeyRequest,
};

use crate::{
    failure::Failure,
    message::{self, word},
    output::Output,
    shop::Shop,
    table::{facts, table},
};

#[derive(Debug, Args)]
pub struct LookUp {
    /// The method, such as CompleteSale
    method: String,
    /// The key
    #[arg(value_name = "THE_KEY")]
    looked_up: String,
}

pub async fn run(shop: &Shop, look_up: LookUp, output: Output) -> Result<(), Failure> {
    let request = LookUpIdempotencyKeyRequest { method: look_up.method, key: look_up.looked_up };
    let found = shop.call(shop.kassa.admin().look_up_idempotency_key(request)).await?;
    output.json(|| message::to_json("LookUpIdempotencyKeyResponse", &*found))?;
    if found.state() != IdempotencyKeyState::Done {
        return output.text("unknown: nothing was carried out under this key");
    }
    let clock = shop.clock().await?;
    let mut rows = vec![
        ("state", word(found.state().as_str_name(), "IDEMPOTENCY_KEY_STATE_")),
        ("carried out", clock.show(found.create_time.as_ref())),
    ];
    if found.document_kind() != DocumentKind::Unspecified {
        let kind = word(found.document_kind().as_str_name(), "DOCUMENT_KIND_");
        rows.push(("made", format!("{kind} {}", found.document_id)));
    }
    output.text(facts(rows))
}

pub async fn stats(shop: &Shop, output: Output) -> Result<(), Failure> {
    let request = GetIdempotencyStatsRequest::default();
    let stats = shop.call(shop.kassa.admin().get_idempotency_stats(request)).await?;
    output.json(|| message::to_json("GetIdempotencyStatsResponse", &*stats))?;
    let mut shown = table(&["method", ">carried out", ">repeated", ">in %", ">reused", ">expired"]);
    for method in &stats.methods {
        let percent = method.repeated_percent.as_ref().map_or("", |it| it.value.as_str());
        let counts = [method.carried_out_count, method.repeated_count].map(|count| count.to_string());
        let refused = [method.reused_count, method.expired_count].map(|count| count.to_string());
        let name = method.method.trim_start_matches("kassa.v1.").to_owned();
        let [carried_out, repeated] = counts;
        let [reused, expired] = refused;
        shown.add_row([name, carried_out, repeated, percent.to_owned(), reused, expired]);
    }
    let since = shop.clock().await?.show(stats.since_time.as_ref());
    output.text(format!("since {since}\n{}", shown.trim_fmt()))
}
