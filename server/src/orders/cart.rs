//! A cart: what is in it, what it costs, how it is paid. Quotes and sales are decided here alike.

use kassa_proto::{
    decimal::{Quantity, Rate},
    money::Currency,
    pricing::{self, PricingError, PricingErrorKind, Rules, Totals},
    v1::{ErrorReason as Reason, TenderType},
};
use uuid::Uuid;

use crate::{
    books::{ReadSet, Stop, WorkingSet},
    caller::Caller,
    catalog::{price_at, same_code},
    error::Error,
    input::Amount,
    settings::{no_coins, pricing_rules},
    store::entity::{branch_price, business, product, product_barcode},
};

/// What is rung up.
#[derive(Clone, Debug)]
pub struct Cart {
    /// 1 to 500 lines.
    pub lines: Vec<CartLine>,
    /// Discounts of the whole order.
    pub discounts: Vec<CartDiscount>,
    /// How it is paid.
    pub tenders: Vec<CartTender>,
    /// What goods that come back in the same exchange pay of it; zero in a sale by itself.
    pub exchanged: i64,
}

/// A line that is rung up.
#[derive(Clone, Debug)]
pub struct CartLine {
    /// The line's id, if the terminal chose one.
    pub line_id: Option<Uuid>,
    /// What is sold.
    pub item: Item,
    /// More than zero.
    pub quantity: Quantity,
    /// Another price than the product's.
    pub unit_price: Option<Amount>,
    /// The line's own discounts.
    pub discounts: Vec<CartDiscount>,
}

/// How a line names its product.
#[derive(Clone, Debug)]
pub enum Item {
    /// By its id.
    Product(Uuid),
    /// By a barcode of one product.
    Barcode(String),
}

/// A discount.
#[derive(Clone, Debug)]
pub struct CartDiscount {
    /// What it is called.
    pub name: String,
    /// How much.
    pub value: DiscountValue,
}

/// How much a discount takes off.
#[derive(Clone, Debug)]
pub enum DiscountValue {
    /// A fixed amount.
    Amount(Amount),
    /// A percentage of what is left.
    Percent(Rate),
}

/// A part of the payment.
#[derive(Clone, Debug)]
pub struct CartTender {
    /// What it comes as.
    pub kind: TenderType,
    /// The tip included.
    pub amount: Amount,
    /// The tip.
    pub tip: Amount,
    /// Scheme, last four digits and authorisation code of a card; empty for others.
    pub card: [String; 3],
}

/// A cart with its products and prices.
pub struct PricedCart {
    /// The product of each line, at the price that it has at the branch.
    pub products: Vec<product::Model>,
    /// The unit price of each line.
    pub unit_prices: Vec<i64>,
    /// The totals of the lines and of the order.
    pub totals: Totals,
    /// The rules that gave them.
    pub rules: Rules,
}

impl Cart {
    /// Names the products and what they cost at the caller's branch.
    pub fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<business::Model>(caller.business_id);
        let product = |id: Uuid, read_set: &mut ReadSet| {
            read_set.row::<product::Model>(id);
            read_set.row::<branch_price::Model>((caller.branch_id, id));
        };
        for line in &self.lines {
            match &line.item {
                Item::Product(id) => product(*id, read_set),
                Item::Barcode(barcode) => {
                    for found in same_code::known_with_barcode(known, barcode) {
                        product(found.product_id, read_set);
                    }
                    same_code::barcode_read_set(barcode, read_set);
                }
            }
        }
    }

    /// The ids of the products, as far as they are known: for naming further needs.
    pub fn known_products<'a>(&'a self, known: &'a WorkingSet) -> impl Iterator<Item = Uuid> + 'a {
        self.lines.iter().filter_map(|line| match &line.item {
            Item::Product(id) => Some(*id),
            Item::Barcode(barcode) => {
                same_code::known_with_barcode(known, barcode).first().map(|found| found.product_id)
            }
        })
    }

    /// Finds the products and computes the totals of a sale at a branch.
    ///
    /// # Errors
    /// `PRODUCT_NOT_FOUND`, `BARCODE_AMBIGUOUS`, `CURRENCY_MISMATCH`, and what the arithmetic refuses.
    pub fn price(
        &self,
        books: &WorkingSet,
        business: &business::Model,
        branch_id: Uuid,
    ) -> Result<PricedCart, Stop> {
        let mut products = Vec::with_capacity(self.lines.len());
        let mut unit_prices = Vec::with_capacity(self.lines.len());
        let mut lines = Vec::with_capacity(self.lines.len());
        let currency = business.currency_code.as_str();
        for (number, line) in self.lines.iter().enumerate() {
            let mut product = line.item.find(books, number)?.clone();
            product.price = price_at(books, branch_id, &product)?;
            let unit_price = match &line.unit_price {
                Some(price) => {
                    price.in_currency(currency, || format!("lines[{number}].unit_price_override"))?
                }
                None => product.price,
            };
            let discounts = values(&line.discounts, currency, &format!("lines[{number}]."))?;
            let tax_rate = Rate::from_ten_thousandths(product.tax_rate);
            lines.push(pricing::Line { unit_price, quantity: line.quantity, tax_rate, discounts });
            products.push(product);
            unit_prices.push(unit_price);
        }
        let discounts = values(&self.discounts, currency, "")?;
        let rules = pricing_rules(business);
        let totals = pricing::price(&rules, &lines, &discounts).map_err(|error| refusal(&error))?;
        Ok(PricedCart { products, unit_prices, totals, rules })
    }

    /// Computes change and cash rounding.
    ///
    /// # Errors
    /// `CURRENCY_MISMATCH`, `CHANGE_NOT_CASH`, and what else the arithmetic refuses. Tenders that do
    /// not suffice are no error here: `amount_due` says what is missing.
    pub fn settle(&self, priced: &PricedCart, currency: &str) -> Result<pricing::Settlement, Error> {
        let mut tenders = Vec::with_capacity(self.tenders.len().saturating_add(1));
        if self.exchanged > 0 {
            tenders.push(pricing::Tender { cash: false, amount: self.exchanged, tip: 0 });
        }
        let before = tenders.len();
        for (number, tender) in self.tenders.iter().enumerate() {
            tenders.push(pricing::Tender {
                cash: tender.kind == TenderType::Cash,
                amount: tender.amount.in_currency(currency, || format!("tenders[{number}].amount"))?,
                tip: tender.tip.in_currency(currency, || format!("tenders[{number}].tip"))?,
            });
        }
        pricing::settle(&priced.rules, priced.totals.total, &tenders).map_err(|mut error| {
            if let pricing::Place::Tender(number) = &mut error.place {
                *number = number.saturating_sub(before);
            }
            if error.kind == PricingErrorKind::NotInCoins
                && let Some(currency) = Currency::from_code(currency)
            {
                return Error::invalid(error.place.to_string(), no_coins(currency, &priced.rules.cash));
            }
            refusal(&error)
        })
    }
}

impl Item {
    fn find<'a>(&self, books: &'a WorkingSet, line: usize) -> Result<&'a product::Model, Stop> {
        let not_found = |field: &str, what: &str| {
            let path = format!("lines[{line}].{field}");
            Error::of_field(Reason::ProductNotFound, path, format!("there is no product {what}"))
        };
        match self {
            Self::Product(id) => books.require(id, || not_found("product_id", &id.to_string())),
            Self::Barcode(barcode) => {
                let matches = same_code::with_barcode(books, barcode)?;
                match matches.as_slice() {
                    [] => Err(not_found("barcode", &format!("with the barcode {barcode}")).into()),
                    [one] => books.require(&one.product_id, || not_found("barcode", barcode)),
                    several => Err(ambiguous(line, barcode, several).into()),
                }
            }
        }
    }
}

fn ambiguous(line: usize, barcode: &str, several: &[&product_barcode::Model]) -> Error {
    let path = format!("lines[{line}].barcode");
    let ids: Vec<String> = several.iter().take(4).map(|found| found.product_id.to_string()).collect();
    let message = format!("{} products have the barcode {barcode}; name one by product_id", several.len());
    Error::of_field(Reason::BarcodeAmbiguous, path, message).with("product_ids", ids.join(","))
}

fn values(discounts: &[CartDiscount], currency: &str, prefix: &str) -> Result<Vec<pricing::Discount>, Error> {
    let convert = |(number, discount): (usize, &CartDiscount)| match &discount.value {
        DiscountValue::Percent(rate) => Ok(pricing::Discount::Percent(*rate)),
        DiscountValue::Amount(amount) => {
            let minor = amount.in_currency(currency, || format!("{prefix}discounts[{number}].amount"))?;
            Ok(pricing::Discount::Amount(minor))
        }
    };
    discounts.iter().enumerate().map(convert).collect()
}

/// What the arithmetic refuses, in the contract's words. Its places are paths of the contract.
fn refusal(error: &PricingError) -> Error {
    let path = match error.place {
        pricing::Place::Order => "lines".to_owned(),
        place => place.to_string(),
    };
    match error.kind {
        PricingErrorKind::Overflow => Error::overflow(path),
        PricingErrorKind::ChangeNotCash => {
            let message = "is more than what is left to pay, and only cash gives change";
            Error::of_field(Reason::ChangeNotCash, path, message)
        }
        PricingErrorKind::NotPositive
        | PricingErrorKind::Negative
        | PricingErrorKind::PercentOutOfRange
        | PricingErrorKind::ExceedsRemainder
        | PricingErrorKind::TipExceedsTender
        | PricingErrorKind::NotInCoins => Error::invalid(path, error.kind.to_string()),
    }
}
