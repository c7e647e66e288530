//! `kassa drawer verify`: the journal's chains, proved by the server from the stored bytes.

use clap::{Args, ValueEnum};
use kassa_client::proto::v1::{ChainKind, VerifiedChain, VerifyJournalRequest, VerifyJournalResponse};

use crate::{count, failure::Failure, message, output::Output, shop::Shop, table::table};

#[derive(Debug, Args)]
pub struct Verify {
    /// Only chains of this kind
    #[arg(long)]
    kind: Option<Kind>,
    /// Only from this record
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    from: i64,
    /// Only to this record
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    to: i64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Sales and returns
    Sales,
    /// Copies of receipts
    Copies,
    /// Shifts
    Shifts,
    /// The drawer besides sales
    Drawer,
    /// Changes of the shop, and who worked in it
    Audit,
}

impl From<Kind> for ChainKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Sales => Self::Sales,
            Kind::Copies => Self::Copies,
            Kind::Shifts => Self::Shifts,
            Kind::Drawer => Self::Drawer,
            Kind::Audit => Self::Audit,
        }
    }
}

pub async fn run(shop: &Shop, verify: Verify, output: Output) -> Result<(), Failure> {
    let request = VerifyJournalRequest {
        register_id: shop.register.clone(),
        kind: verify.kind.map_or(ChainKind::Unspecified, ChainKind::from).into(),
        first_sequence: verify.from,
        last_sequence: verify.to,
        ..Default::default()
    };
    let whole = VerifyJournalResponse { chains: prove(shop, request).await?, next_page_token: String::new() };
    output.json(|| message::to_json("VerifyJournalResponse", &whole))?;
    print(&whole.chains, output)?;
    match whole.chains.iter().filter(|chain| !chain.ok).count() {
        0 => Ok(()),
        broken => Err(Failure::Refused(format!(
            "{} of the journal broken: keep the data folder as it is, run `kassa-server check` on the server",
            count::show(broken, "chain")
        ))),
    }
}

/// Proves chains part by part.
pub async fn prove(shop: &Shop, mut request: VerifyJournalRequest) -> Result<Vec<VerifiedChain>, Failure> {
    let mut chains = Vec::new();
    loop {
        let page = shop.call(shop.kassa.cash_register().verify_journal(request.clone())).await?.into_inner();
        for chain in page.chains {
            join(&mut chains, chain);
        }
        if page.next_page_token.is_empty() {
            return Ok(chains);
        }
        request.page_token = page.next_page_token;
    }
}

/// A chain that was read in several parts is one chain.
fn join(chains: &mut Vec<VerifiedChain>, part: VerifiedChain) {
    match chains.last_mut() {
        Some(chain) if chain.register_id == part.register_id && chain.kind == part.kind && chain.ok => {
            let (first_sequence, record_count) =
                (chain.first_sequence, chain.record_count.saturating_add(part.record_count));
            *chain = VerifiedChain { first_sequence, record_count, ..part };
        }
        _ => chains.push(part),
    }
}

fn print(chains: &[VerifiedChain], output: Output) -> Result<(), Failure> {
    let mut table = table(&["register", "chain", ">records", ">from", ">to", "last hash", "state"]);
    for chain in chains {
        let state = if chain.ok {
            "ok".to_owned()
        } else {
            format!("BROKEN at {}: {}", chain.broken_sequence, chain.problem)
        };
        let hash: String = chain.last_hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        table.add_row([
            chain.register_code.clone(),
            message::word(chain.kind().as_str_name(), "CHAIN_KIND_"),
            chain.record_count.to_string(),
            chain.first_sequence.to_string(),
            chain.last_sequence.to_string(),
            hash,
            state,
        ]);
    }
    output.text(table.trim_fmt())
}
