//! `kassa products import`: the whole file or, where the line breaks, the rest of it next time.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use indicatif::ProgressBar;
use kassa_client::{
    Answer, Reason, new_id,
    proto::v1::{PutProductsRequest, PutProductsResponse},
};
use serde_json::json;

use crate::{
    count,
    failure::{Failure, Repeat},
    output::Output,
    price_list::{self, BadRows, Entry},
    progress,
    shop::Shop,
};

/// It is held in memory; half a million products are about that much.
const LARGEST_FILE: u64 = 64 << 20;

#[derive(Debug, Args)]
#[command(after_help = "The file is a CSV in UTF-8 with the columns \
sku,name,name_ar,barcodes,price,tax_rate,category,unit,stock_policy,stock in any order.\n\
Barcodes are separated by | (one that holds a | has a backslash before it), prices are in the shop's currency (12.50), stock_policy is ALLOW, WARN or BLOCK.\n\
Products are matched by their SKU; stock counts for new products only.\n\
A file is imported once: running it again goes on where it stopped.")]
pub struct Import {
    /// The file
    file: PathBuf,
    /// The branch whose shelves hold the stock [default: the terminal's]
    #[arg(long, value_name = "CODE")]
    branch: Option<String>,
    /// Import the file once more, though it was imported before
    #[arg(long)]
    again: bool,
}

/// What the chunks came to.
#[derive(Debug, Default)]
struct Sum {
    created: i64,
    updated: i64,
    unchanged: i64,
    /// Chunks that had been imported before, and their products.
    chunks_before: usize,
    products_before: usize,
}

impl Sum {
    fn add(&mut self, reply: &PutProductsResponse) {
        self.created += i64::from(reply.created_count);
        self.updated += i64::from(reply.updated_count);
        self.unchanged += i64::from(reply.unchanged_count);
    }
}

/// A file on its way to a shop.
struct Delivery<'a> {
    shop: &'a Shop,
    branch: String,
    chunks: Vec<&'a [Entry]>,
    bar: ProgressBar,
}

pub async fn run(shop: &Shop, import: &Import, yes: bool, output: Output) -> Result<(), Failure> {
    let file = read(&import.file)?;
    let entries = price_list::read(&file, shop.currency().await?)?;
    let delivery = Delivery::new(shop, import, &entries, output);

    let found = delivery.check().await?;
    let question = format!("Products of the shop that will change: {}. Go on?", found.updated);
    if found.updated > 0 && !output.confirm(&question, yes)? {
        return Err(Failure::Refused("nothing was changed".to_owned()));
    }

    let prefix = match shop.chosen_key() {
        Some(key) => key.to_owned(),
        None if import.again => new_id(),
        None => price_list::key_prefix(&file, import.branch.as_deref()),
    };
    let done = delivery.send(&prefix).await?;
    report(&done, entries.len(), delivery.chunks.len(), &prefix, output)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| Failure::Usage(format!("can't read {}: {error}", path.display()));
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST_FILE {
        return Err(Failure::Refused(format!("{} is larger than 64 MiB: split it", path.display())));
    }
    fs::read(path).map_err(unreadable)
}

impl<'a> Delivery<'a> {
    fn new(shop: &'a Shop, import: &Import, entries: &'a [Entry], output: Output) -> Self {
        let chunks = price_list::chunks(entries);
        let bar = progress::of_products(entries.len() as u64, output);
        Self { shop, branch: import.branch.clone().unwrap_or_default(), chunks, bar }
    }

    /// Lets the server look at all of it before any of it is sent.
    async fn check(&self) -> Result<Sum, Failure> {
        self.begin("checking");
        let mut sum = Sum::default();
        for chunk in &self.chunks {
            let call = self.shop.kassa.catalog().put_products(self.request(chunk, true));
            sum.add(&*self.shop.call_as_is(call).await.map_err(|failure| with_lines(failure, chunk))?);
            self.bar.inc(chunk.len() as u64);
        }
        self.bar.finish_and_clear();
        Ok(sum)
    }

    async fn send(&self, prefix: &str) -> Result<Sum, Failure> {
        self.begin("importing");
        let mut sum = Sum::default();
        for (number, chunk) in (1..).zip(&self.chunks) {
            match self.send_chunk(chunk, &format!("{prefix}-{number}"), prefix).await? {
                Some(reply) if !reply.replayed() => sum.add(&reply),
                _ => {
                    sum.chunks_before += 1;
                    sum.products_before += chunk.len();
                }
            }
            self.bar.inc(chunk.len() as u64);
        }
        self.bar.finish_and_clear();
        Ok(sum)
    }

    /// Sends a chunk; none where it was imported so long ago that its answer is gone.
    async fn send_chunk(
        &self,
        chunk: &[Entry],
        key: &str,
        prefix: &str,
    ) -> Result<Option<Answer<PutProductsResponse>>, Failure> {
        let call = self.shop.kassa.catalog().put_products(self.request(chunk, false)).key(key);
        let failure = match self.shop.call_as_is(call).await {
            Ok(reply) => return Ok(Some(reply)),
            Err(failure) => failure,
        };
        self.bar.finish_and_clear();
        match failure.call().and_then(kassa_client::Error::reason) {
            Some(Reason::KeyExpired) => Ok(None),
            Some(Reason::IdempotencyKeyReused) => Err(Failure::Refused(
                "this file was imported before, into another currency or branch; use --again to import it once more"
                    .to_owned(),
            )),
            // With the prefix as `--key` the next run makes the same keys.
            _ => Err(with_lines(failure, chunk).repeated(Repeat::WithKey(prefix.to_owned()))),
        }
    }

    fn begin(&self, message: &'static str) {
        self.bar.reset();
        self.bar.set_message(message);
        self.bar.tick();
    }

    fn request(&self, chunk: &[Entry], validate_only: bool) -> PutProductsRequest {
        let products = chunk.iter().map(|entry| entry.product.clone()).collect();
        PutProductsRequest { branch_id: self.branch.clone(), products, validate_only }
    }
}

/// Says the line of the file where the server named a product of the request.
fn with_lines(failure: Failure, chunk: &[Entry]) -> Failure {
    let Some(error) = failure.call() else { return failure };
    let mut bad = BadRows::default();
    for violation in error.field_violations() {
        let Some((index, field)) = product_field(&violation.path) else { return failure };
        let Some(entry) = chunk.get(index) else { return failure };
        bad.add(entry.line, field, violation.description.clone());
    }
    if bad.rows.is_empty() { failure } else { bad.into() }
}

/// Takes `products[12].product.price.amount_minor` apart: 12, and `price.amount_minor`.
fn product_field(path: &str) -> Option<(usize, &str)> {
    let (index, field) = path.strip_prefix("products[")?.split_once(']')?;
    let field = field.trim_start_matches('.');
    Some((index.parse().ok()?, field.strip_prefix("product.").unwrap_or(field)))
}

fn report(done: &Sum, products: usize, chunks: usize, prefix: &str, output: Output) -> Result<(), Failure> {
    let Sum { created, updated, unchanged, chunks_before, products_before } = done;
    output.json(|| {
        Ok(json!({
            "products": products,
            "created_count": created,
            "updated_count": updated,
            "unchanged_count": unchanged,
            "chunks": chunks,
            "chunks_already_imported": chunks_before,
            "already_imported": *chunks_before == chunks,
            "key": prefix,
        }))
    })?;
    if *chunks_before == chunks {
        return output.text(format!(
            "already imported ({}), nothing was changed; use --again to import once more",
            count::show(products, "product")
        ));
    }
    if *chunks_before > 0 {
        output.text(format!(
            "{products_before} of {products} products were already imported by an earlier run"
        ))?;
    }
    let sent = count::show(products - products_before, "product");
    output
        .text(format!("imported {sent}: {created} created, {updated} changed, {unchanged} the same already"))
}

#[cfg(test)]
mod tests {
    use super::product_field;

    #[test]
    fn the_servers_paths_lead_to_a_line() {
        assert_eq!(
            product_field("products[12].product.price.amount_minor"),
            Some((12, "price.amount_minor"))
        );
        assert_eq!(product_field("products[0].opening_stock"), Some((0, "opening_stock")));
        assert_eq!(product_field("products[3]"), Some((3, "")));
        assert_eq!(product_field("branch_id"), None);
    }
}
