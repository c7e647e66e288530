//! One row of a price list, made into a product.

use std::{collections::HashMap, fmt::Display};

use kassa_client::{
    money,
    proto::{
        decimal::{Quantity, Rate},
        money::{Currency, MAX_AMOUNT_MINOR},
        signs::is_invisible,
        v1::{Decimal, Money, Product, PutProduct, StockPolicy},
    },
};

use super::{BadRows, barcodes, spreadsheet};

/// The contract's limits, in characters and pieces.
const LONGEST_SKU: usize = 64;
const LONGEST_NAME: usize = 200;
const LONGEST_CATEGORY: usize = 100;
const LONGEST_UNIT: usize = 16;
const MOST_BARCODES: usize = 20;
const HIGHEST_RATE: Rate = Rate::from_ten_thousandths(1_000_000);

pub struct Row<'a> {
    line: u64,
    order: &'a HashMap<&'static str, usize>,
    record: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    pub fn new(line: u64, order: &'a HashMap<&'static str, usize>, record: &'a csv::StringRecord) -> Self {
        Self { line, order, record }
    }

    /// A column's text, without blanks around it.
    pub fn text(&self, column: &str) -> &'a str {
        self.order.get(column).and_then(|place| self.record.get(*place)).unwrap_or_default()
    }

    /// All columns and their texts.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        super::COLUMNS.into_iter().map(move |column| (column, self.text(column)))
    }

    /// The product, or all that is wrong with the row.
    pub fn product(&self, currency: Currency, bad: &mut BadRows) -> Option<PutProduct> {
        let before = bad.rows.len() + bad.untold;
        let mut sum_up = |column: &str, problem: Result<(), String>| {
            if let Err(problem) = problem {
                bad.add(self.line, column, problem);
            }
        };
        sum_up("sku", self.length("sku", 1, LONGEST_SKU));
        sum_up("name", self.length("name", 1, LONGEST_NAME));
        sum_up("name_ar", self.length("name_ar", 0, LONGEST_NAME));
        sum_up("category", self.length("category", 0, LONGEST_CATEGORY));
        sum_up("unit", self.length("unit", 0, LONGEST_UNIT));
        let mut keep = |column: &str, problem: String| bad.add(self.line, column, problem);
        let sku = self.sku().map_err(|problem| keep("sku", problem)).ok();
        let barcodes = self.barcodes().map_err(|problem| keep("barcodes", problem)).ok();
        let price = self.price(currency).map_err(|problem| keep("price", problem)).ok();
        let tax_rate = self.tax_rate().map_err(|problem| keep("tax_rate", problem)).ok();
        let stock_policy = self.stock_policy().map_err(|problem| keep("stock_policy", problem)).ok();
        let stock = self.stock().map_err(|problem| keep("stock", problem)).ok();
        if bad.rows.len() + bad.untold > before {
            return None;
        }
        let text = |column: &str| self.text(column).to_owned();
        Some(PutProduct {
            product: Some(Product {
                sku: sku?,
                name: text("name"),
                name_ar: text("name_ar"),
                barcodes: barcodes?,
                price: Some(price?),
                tax_rate: Some(tax_rate?),
                category: text("category"),
                unit: text("unit"),
                stock_policy: stock_policy?.into(),
                ..Default::default()
            }),
            opening_stock: Some(stock?),
        })
    }

    fn length(&self, column: &str, least: usize, most: usize) -> Result<(), String> {
        match self.text(column).chars().count() {
            length if length < least => Err("is missing".to_owned()),
            length if length > most => Err(format!("{length} characters, {most} at most")),
            _ => Ok(()),
        }
    }

    fn sku(&self) -> Result<String, String> {
        let sku = spreadsheet::read(self.text("sku"))?;
        if sku.chars().any(is_invisible) {
            let seen = sku.chars().filter(|sign| !is_invisible(*sign)).collect::<String>();
            return Err(format!("`{seen}` has signs in it that nobody sees; type it anew"));
        }
        Ok(sku.to_owned())
    }

    fn barcodes(&self) -> Result<Vec<String>, String> {
        let barcodes = barcodes::split(self.text("barcodes"))?;
        match barcodes.len() {
            count if count > MOST_BARCODES => Err(format!("{count} barcodes, {MOST_BARCODES} at most")),
            _ => Ok(barcodes),
        }
    }

    fn price(&self, currency: Currency) -> Result<Money, String> {
        let minor = self.number("price", |text| currency.parse(text))?;
        match minor {
            ..0 => Err("less than zero".to_owned()),
            0..=MAX_AMOUNT_MINOR => Ok(money(minor)),
            _ => Err("too high".to_owned()),
        }
    }

    fn tax_rate(&self) -> Result<Decimal, String> {
        if self.text("tax_rate").is_empty() {
            return Ok(Rate::default().into());
        }
        let rate = self.number("tax_rate", Rate::parse)?;
        if rate < Rate::default() || rate > HIGHEST_RATE {
            return Err(format!("{rate} is not between 0 and 100"));
        }
        Ok(rate.into())
    }

    fn stock(&self) -> Result<Decimal, String> {
        if self.text("stock").is_empty() {
            return Ok(Quantity::default().into());
        }
        self.number("stock", Quantity::parse).map(Into::into)
    }

    fn stock_policy(&self) -> Result<StockPolicy, String> {
        match self.text("stock_policy").to_uppercase().as_str() {
            "" | "ALLOW" => Ok(StockPolicy::Allow),
            "WARN" => Ok(StockPolicy::Warn),
            "BLOCK" => Ok(StockPolicy::Block),
            other => Err(format!("`{other}` is none of ALLOW, WARN, BLOCK")),
        }
    }

    fn number<T, E: Display>(&self, column: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, String> {
        match self.text(column) {
            "" => Err("is missing".to_owned()),
            text => parse(text).map_err(|error| format!("`{text}`: {error}")),
        }
    }
}

/// The cells of a product in the order of [`super::COLUMNS`]: read again, they give the same product.
pub fn cells(product: &Product, stock: String, currency: Currency) -> [String; 10] {
    [
        spreadsheet::write(&product.sku),
        product.name.clone(),
        product.name_ar.clone(),
        barcodes::join(&product.barcodes),
        currency.format(product.price.as_ref().map_or(0, |price| price.amount_minor)),
        product.tax_rate.as_ref().map_or_else(String::new, |rate| rate.value.clone()),
        product.category.clone(),
        product.unit.clone(),
        product.stock_policy().as_str_name().trim_start_matches("STOCK_POLICY_").to_owned(),
        stock,
    ]
}
