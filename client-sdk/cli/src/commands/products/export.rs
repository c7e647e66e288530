//! `kassa products export`: the catalogue as a price list, page by page.

use std::{
    collections::HashSet,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use clap::Args;
use indicatif::ProgressBar;
use kassa_client::proto::{
    money::Currency,
    v1::{Decimal, GetStatusRequest, ListProductsRequest, Product},
};
use serde_json::json;

use super::PAGE;
use crate::{count, failure::Failure, new_file::NewFile, output::Output, price_list, progress, shop::Shop};

#[derive(Debug, Args)]
#[command(after_help = "The file is a CSV in UTF-8 with the columns that `kassa products import` reads:\n\
sku,name,name_ar,barcodes,price,tax_rate,category,unit,stock_policy,stock\n\
Prices are the products' own, not the branch's. Stock is what is on the branch's shelves; what is below\n\
zero is written as 0.\n\
Imported into an empty shop, the file gives the same products with that stock. Imported into this shop, it\n\
changes only what was changed in the file, and never the stock: opening stock counts for new products alone.\n\
Texts are written as they are: a spreadsheet takes those that begin with = + - or @ for formulas.")]
pub struct Export {
    /// The file, which is replaced if it is there; - is standard output
    #[arg(default_value = "-")]
    file: PathBuf,
    /// The branch whose stock is written [default: the terminal's]
    #[arg(long, value_name = "CODE")]
    branch: Option<String>,
}

/// What was written.
#[derive(Debug, Default)]
struct Sum {
    products: usize,
    /// Products that changed while they were read.
    changed: usize,
    /// Products of which there is less than nothing.
    below_zero: usize,
    /// Products with a text that a spreadsheet takes for a formula.
    formulas: usize,
}

pub async fn run(shop: &Shop, export: &Export, output: Output) -> Result<(), Failure> {
    let to_output = export.file.as_os_str() == "-";
    if to_output && output.is_json() {
        return Err(Failure::Usage("with --json give a file: standard output has the document".to_owned()));
    }
    let currency = shop.currency().await?;
    let mut reader = Reader::new(shop, export.branch.clone().unwrap_or_default(), currency, output).await?;
    if to_output {
        reader.write_all(io::stdout().lock()).await?;
    } else {
        let unwritable =
            |error: io::Error| Failure::Refused(format!("can't write {}: {error}", export.file.display()));
        let mut file = NewFile::create(&export.file).map_err(unwritable)?;
        reader.write_all(&mut file).await?;
        file.finish().map_err(unwritable)?;
    }
    report(&reader.sum, export, to_output, output)
}

/// The catalogue on its way into a file.
struct Reader<'a> {
    shop: &'a Shop,
    branch: String,
    currency: Currency,
    bar: ProgressBar,
    /// The ids of what is written already: what changes meanwhile is listed again.
    written: HashSet<String>,
    sum: Sum,
}

impl<'a> Reader<'a> {
    async fn new(
        shop: &'a Shop,
        branch: String,
        currency: Currency,
        output: Output,
    ) -> Result<Self, Failure> {
        let status = shop.call(shop.kassa.admin().get_status(GetStatusRequest::default())).await?;
        let bar = progress::of_products(status.product_count.try_into().unwrap_or_default(), output);
        bar.set_message("exporting");
        Ok(Self { shop, branch, currency, bar, written: HashSet::new(), sum: Sum::default() })
    }

    async fn write_all(&mut self, to: impl Write) -> Result<(), Failure> {
        let mut writer = csv::Writer::from_writer(BufWriter::new(to));
        writer.write_record(price_list::COLUMNS).map_err(io::Error::from)?;
        let mut page_token = String::new();
        loop {
            let request = ListProductsRequest {
                page_size: PAGE,
                page_token,
                branch_id: self.branch.clone(),
                include_stock: true,
                ..Default::default()
            };
            let page = self.shop.call(self.shop.kassa.catalog().list_products(request)).await?.into_inner();
            for (product, stock) in page.products.into_iter().zip(page.stock) {
                self.write(&mut writer, product, stock)?;
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        writer.flush()?;
        self.bar.finish_and_clear();
        Ok(())
    }

    fn write(
        &mut self,
        writer: &mut csv::Writer<impl Write>,
        product: Product,
        stock: Decimal,
    ) -> Result<(), Failure> {
        if self.written.contains(&product.product_id) {
            self.sum.changed += 1;
            return Ok(());
        }
        // Nobody can count less than nothing: such a file could not be imported.
        let is_below_zero = stock.value.starts_with('-');
        let stock = if is_below_zero { "0".to_owned() } else { stock.value };
        let cells = price_list::cells(&product, stock, self.currency);
        writer.write_record(&cells).map_err(io::Error::from)?;
        self.written.insert(product.product_id);
        self.sum.products += 1;
        self.sum.below_zero += usize::from(is_below_zero);
        self.sum.formulas += usize::from(cells.iter().any(|cell| cell.starts_with(['=', '+', '-', '@'])));
        self.bar.inc(1);
        Ok(())
    }
}

fn report(sum: &Sum, export: &Export, to_output: bool, output: Output) -> Result<(), Failure> {
    let Sum { products, changed, below_zero, formulas } = sum;
    output.json(|| {
        Ok(json!({
            "file": export.file,
            "products": products,
            "changed_meanwhile": changed,
            "stock_below_zero": below_zero,
            "like_formulas": formulas,
        }))
    })?;
    if !to_output {
        let products = count::show(*products, "product");
        output.text(format!("exported {products} to {}", export.file.display()))?;
    }
    let remarks = [
        (changed, "changed while they were read (export again for what they are now)"),
        (below_zero, "less than nothing on the shelf (written as 0)"),
        (formulas, "formulas to a spreadsheet (let it read all columns as text)"),
    ];
    for (number, what) in remarks.into_iter().filter(|(number, _)| **number > 0) {
        output.remark(format!("{what}: {}", count::show(*number, "product")));
    }
    Ok(())
}
