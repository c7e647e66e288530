//! Products between the wire and the rows.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::{Quantity, Rate},
    goods::barcode_key,
    money::Currency,
    signs::is_invisible,
    v1::{self as pb, StockPolicy},
};
use uuid::Uuid;

use crate::{
    encoding::{search::product_text, time::stored_timestamp},
    error::Error,
    input::{self, Amount},
    store::entity::{branch_price, product},
};

const SKU: usize = 64;
const NAME: usize = 200;
const CATEGORY: usize = 100;
const UNIT: usize = 16;
const MOST_BARCODES: usize = 20;
const BARCODE: usize = 64;

/// A product to be written, checked.
#[derive(Clone, Debug)]
pub struct ProductDraft {
    /// The product, if the request names it.
    pub id: Option<Uuid>,
    /// The shop's own code.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// Its Arabic name.
    pub name_ar: String,
    /// Its barcodes.
    pub barcodes: Vec<String>,
    /// Its price.
    pub price: Amount,
    /// Its tax rate.
    pub tax_rate: Rate,
    /// Its category.
    pub category: String,
    /// What quantities count.
    pub unit: String,
    /// What happens when there is not enough.
    pub stock_policy: StockPolicy,
    /// The version that is changed; 0 is any.
    pub version: i64,
    /// What is on the shelf if the product is new.
    pub opening_stock: Quantity,
}

impl ProductDraft {
    /// Checks a product of a request.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW` with the field's path.
    pub fn parse(put: pb::PutProduct, number: usize) -> Result<Self, Error> {
        let path = |field: &str| format!("products[{number}].product.{field}");
        let product = put.product.ok_or_else(|| Error::invalid(path("sku"), "is required"))?;
        let text = |text: String, least: usize, most: usize, field: &str| {
            let text = text.trim().to_owned();
            if text.chars().count() < least {
                return Err(Error::invalid(path(field), "must not be empty"));
            }
            input::line(text, most, || path(field))
        };
        let stock_path = || format!("products[{number}].opening_stock");
        let opening_stock = match put.opening_stock {
            None => Quantity::default(),
            Some(decimal) => input::quantity_from_zero(Some(&decimal), stock_path)?,
        };
        let unit = text(product.unit.clone(), 0, UNIT, "unit")?;
        Ok(Self {
            id: input::id(&product.product_id, || path("product_id"))?,
            stock_policy: match product.stock_policy() {
                StockPolicy::Unspecified if product.stock_policy != 0 => {
                    return Err(Error::invalid(path("stock_policy"), "is no stock policy"));
                }
                StockPolicy::Unspecified => StockPolicy::Allow,
                policy => policy,
            },
            sku: without_invisible(text(product.sku, 1, SKU, "sku")?, || path("sku"))?,
            name: text(product.name, 1, NAME, "name")?,
            name_ar: text(product.name_ar, 0, NAME, "name_ar")?,
            barcodes: barcodes(product.barcodes, || path("barcodes"))?,
            price: input::required_amount(product.price, || path("price"))?,
            tax_rate: input::rate(product.tax_rate.as_ref(), || path("tax_rate"))?,
            category: text(product.category, 0, CATEGORY, "category")?,
            unit: if unit.is_empty() { "pc".to_owned() } else { unit },
            version: product.version,
            opening_stock,
        })
    }

    /// What the product is searched by.
    pub fn search_text(&self) -> String {
        product_text(&self.name, &self.name_ar, &self.sku)
    }
}

/// A code without signs that nobody sees: with them, two could look like one.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn without_invisible(code: String, path: impl FnOnce() -> String) -> Result<String, Error> {
    if code.chars().any(is_invisible) {
        return Err(Error::invalid(path(), "has signs in it that nobody sees; type it anew"));
    }
    Ok(code)
}

fn barcodes(barcodes: Vec<String>, path: impl Fn() -> String) -> Result<Vec<String>, Error> {
    input::at_most(&barcodes, MOST_BARCODES, &path())?;
    let fits = |barcode: &String| {
        (1..=BARCODE).contains(&barcode.len()) && barcode.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if let Some(barcode) = barcodes.iter().find(|barcode| !fits(barcode)) {
        let description = format!("{barcode:?} is no barcode: 1 to {BARCODE} visible ASCII characters");
        return Err(Error::invalid(path(), description));
    }
    let mut keys = BTreeSet::new();
    match barcodes.iter().find(|barcode| !keys.insert(barcode_key(barcode))) {
        Some(twice) => Err(Error::invalid(path(), format!("has the same barcode twice: {twice}"))),
        None => Ok(barcodes),
    }
}

/// A product as the contract sends it, and as the journal records it: without the price of a branch.
pub fn product_to_pb(row: &product::Model, barcodes: Vec<String>, currency: Currency) -> pb::Product {
    pb::Product {
        product_id: row.id.to_string(),
        sku: row.sku.clone(),
        name: row.name.clone(),
        name_ar: row.name_ar.clone(),
        barcodes,
        price: Some(pb::Money::new(currency, row.price)),
        tax_rate: Some(Rate::from_ten_thousandths(row.tax_rate).into()),
        category: row.category.clone(),
        unit: row.unit.clone(),
        stock_policy: row.stock_policy,
        version: row.version,
        create_time: Some(stored_timestamp(row.create_time)),
        update_time: Some(stored_timestamp(row.update_time)),
        branch_price: None,
    }
}

/// What a product costs at a branch, as the contract sends it.
pub fn branch_price_to_pb(
    branch_id: Uuid,
    product: &product::Model,
    own: Option<&branch_price::Model>,
    currency: Currency,
) -> pb::BranchPrice {
    pb::BranchPrice {
        branch_id: branch_id.to_string(),
        product_id: product.id.to_string(),
        sku: product.sku.clone(),
        price: own.and_then(|own| own.price).map(|price| pb::Money::new(currency, price)),
        list_price: Some(pb::Money::new(currency, product.price)),
        version: own.map_or(0, |own| own.version),
        update_time: own.map(|own| stored_timestamp(own.update_time)),
    }
}

/// A change of a product's price, as the journal records it.
pub fn price_change(
    product: &product::Model,
    before: i64,
    after: i64,
    currency: Currency,
) -> pb::PriceChange {
    pb::PriceChange {
        product_id: product.id.to_string(),
        sku: product.sku.clone(),
        before: Some(pb::Money::new(currency, before)),
        after: Some(pb::Money::new(currency, after)),
    }
}
