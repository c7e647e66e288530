//! What is being bought: lines as they were typed, found by the server.

use kassa_client::{
    Reason, line, product_line,
    proto::{
        decimal::Rate,
        money::Currency,
        v1::{
            CompleteSaleRequest, Discount, Draft, GetProductRequest, LineItem, QuoteOrderRequest,
            QuoteOrderResponse, discount::Value,
        },
    },
};

use crate::{amount, commands::drafts::code, failure::Failure, receipt_line::ReceiptLine, shop::Shop};

#[derive(Debug, Clone, Default)]
pub struct Cart {
    /// What was typed for each line: a barcode or a SKU.
    codes: Vec<String>,
    lines: Vec<LineItem>,
    pub discounts: Vec<Discount>,
}

impl Cart {
    pub fn new(lines: &[ReceiptLine]) -> Self {
        let mut cart = Self::default();
        cart.add(lines);
        cart
    }

    /// What a draft holds.
    pub fn of_draft(draft: &Draft) -> Self {
        Self {
            codes: draft.lines.iter().map(code).collect(),
            lines: draft.lines.clone(),
            discounts: draft.discounts.clone(),
        }
    }

    pub fn add(&mut self, lines: &[ReceiptLine]) {
        self.codes.extend(lines.iter().map(|line| line.code.clone()));
        self.lines.extend(lines.iter().map(|read| line(&read.code, read.quantity.to_string())));
    }

    /// Asks for the totals. A code that is no barcode is looked up as a SKU, once for each line.
    pub async fn quote(&mut self, shop: &Shop) -> Result<QuoteOrderResponse, Failure> {
        loop {
            let request = QuoteOrderRequest {
                lines: self.lines.clone(),
                discounts: self.discounts.clone(),
                register_id: shop.register.clone(),
                ..Default::default()
            };
            let failure = match shop.call(shop.kassa.orders().quote_order(request)).await {
                Ok(quote) => return Ok(quote.into_inner()),
                Err(failure) => failure,
            };
            match unknown_barcode(&failure) {
                Some(index) if self.name_by_sku(shop, index).await? => {}
                _ => return Err(failure),
            }
        }
    }

    /// Names a line's product by its id, if its code is a SKU.
    async fn name_by_sku(&mut self, shop: &Shop, index: usize) -> Result<bool, Failure> {
        let (Some(code), Some(line)) = (self.codes.get(index), self.lines.get_mut(index)) else {
            return Ok(false);
        };
        let request = GetProductRequest { sku: code.clone(), ..Default::default() };
        let product = match shop.call(shop.kassa.catalog().get_product(request)).await {
            Ok(answer) => answer.into_inner().product.unwrap_or_default(),
            Err(failure) if failure.call().is_some_and(|error| error.is_unreachable()) => {
                return Err(failure);
            }
            Err(_) => return Ok(false),
        };
        let quantity = line.quantity.clone().unwrap_or_default().value;
        *line = LineItem {
            line_id: std::mem::take(&mut line.line_id),
            unit_price_override: line.unit_price_override.take(),
            discounts: std::mem::take(&mut line.discounts),
            ..product_line(product.product_id, quantity)
        };
        Ok(true)
    }

    /// The sale of this cart, but for its tenders.
    pub fn sale(&self, shop: &Shop, quote: &QuoteOrderResponse) -> CompleteSaleRequest {
        CompleteSaleRequest {
            register_id: shop.register.clone(),
            grant_ids: shop.grants.clone(),
            lines: self.lines.clone(),
            discounts: self.discounts.clone(),
            expected_total: quote.total.clone(),
            ..Default::default()
        }
    }
}

/// The line whose barcode the server does not know: of `lines[2].barcode`, 2.
fn unknown_barcode(failure: &Failure) -> Option<usize> {
    let error = failure.call().filter(|error| error.is(Reason::ProductNotFound))?;
    let path = error.field_violations().first()?.path.as_str();
    path.strip_prefix("lines[")?.strip_suffix("].barcode")?.parse().ok()
}

/// Reads `10%` or `5.00`.
pub fn discount(text: &str, currency: Currency) -> Result<Discount, Failure> {
    let value = match text.strip_suffix('%') {
        Some(percent) => {
            let rate = Rate::parse(percent.trim())
                .map_err(|error| Failure::Usage(format!("--discount {text}: {error}")))?;
            Value::Percent(rate.into())
        }
        None => Value::Amount(amount::read("--discount", text, currency)?),
    };
    Ok(Discount { name: "Discount".to_owned(), value: Some(value) })
}

#[cfg(test)]
mod tests {
    use kassa_client::{money, proto::v1::Decimal};

    use super::*;

    #[test]
    fn discounts_are_percentages_or_amounts() {
        let read = |text| {
            discount(text, Currency::from_code("USD").unwrap()).map(|discount| discount.value.unwrap())
        };
        assert_eq!(read("10%").unwrap(), Value::Percent(Decimal { value: "10".to_owned() }));
        assert_eq!(read("5.00").unwrap(), Value::Amount(money(500)));
        assert!(read("ten%").is_err() && read("5.001").is_err());
    }
}
