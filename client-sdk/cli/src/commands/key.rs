//! `kassa key`

use clap::Args;
use kassa_client::proto::v1::{DocumentKind, IdempotencyKeyState, LookUpIdempotencyKeyRequest};

use crate::{
    failure::Failure,
    message::{self, word},
    output::Output,
    shop::Shop,
    table::facts,
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
