//! `kassa diagnostics`: one text for a support ticket.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use clap::Args;
use kassa_client::proto::v1::{CollectDiagnosticsRequest, CollectDiagnosticsResponse, GetStatusRequest};

use crate::{failure::Failure, message, new_file::NewFile, output::Output, shop::Shop};

/// Asked all the same, the client would try again for a while.
const CLOSED: &str = "the books are closed, and nothing can be collected from them: send what `kassa status` and \
                      `kassa doctor` say, and the newest files of the folder logs in the server's data folder";

#[derive(Debug, Args)]
pub struct Collect {
    /// The file, which is replaced if it is there [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub async fn run(shop: &Shop, collect: &Collect, output: Output) -> Result<(), Failure> {
    let status = shop.call(shop.kassa.admin().get_status(GetStatusRequest::default())).await?;
    if status.maintenance {
        return Err(Failure::Refused(CLOSED.to_owned()));
    }
    let request = CollectDiagnosticsRequest::default();
    let collected = shop.call(shop.kassa.admin().collect_diagnostics(request)).await?.into_inner();
    output.json(|| message::to_json("CollectDiagnosticsResponse", &collected))?;
    let text = text(&collected);
    let Some(path) = &collect.output else { return output.text(text.trim_end()) };
    let unwritable = |error: io::Error| Failure::Refused(format!("can't write {}: {error}", path.display()));
    let mut file = NewFile::create(path).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    file.finish().map_err(unwritable)?;
    output.text(format!("written to {}: read it, then send it to support", path.display()))
}

fn text(collected: &CollectDiagnosticsResponse) -> String {
    let mut text = format!("Kassa diagnostics, by kassa {}\n", env!("CARGO_PKG_VERSION"));
    for part in &collected.parts {
        let content = if part.text.is_empty() { "none\n" } else { &part.text };
        text.push_str(&format!("\n=== {} ===\n{content}", part.name));
    }
    text
}

#[cfg(test)]
mod tests {
    use kassa_client::proto::v1::DiagnosticPart;

    use super::*;

    #[test]
    fn parts_stand_one_below_the_other_under_their_names() {
        let part = |name: &str, text: &str| DiagnosticPart { name: name.to_owned(), text: text.to_owned() };
        let parts = vec![part("status", "Kassa: 1.0\n"), part("errors", "")];
        let text = text(&CollectDiagnosticsResponse { parts, ..Default::default() });
        let version = env!("CARGO_PKG_VERSION");
        let expected = "=== status ===\nKassa: 1.0\n\n=== errors ===\nnone\n";
        assert_eq!(text, format!("Kassa diagnostics, by kassa {version}\n\n{expected}"));
    }
}
