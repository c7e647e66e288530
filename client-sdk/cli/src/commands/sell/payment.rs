//! What the customer pays with.

use kassa_client::{
    card, cash, money,
    proto::{
        money::Currency,
        v1::{Card, QuoteOrderResponse, Tender},
    },
};

use crate::{amount, failure::Failure};

#[derive(Debug, Clone, Default)]
pub struct Payment {
    pub cash: Option<i64>,
    pub card: Option<Charge>,
    pub tip: i64,
}

/// What is charged to a card, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    Amount(i64),
    /// What the cash leaves to be paid.
    Rest,
}

impl Payment {
    pub fn read(
        cash: Option<&str>,
        card: Option<&str>,
        tip: Option<&str>,
        currency: Currency,
    ) -> Result<Self, Failure> {
        let read = |option: &str, text: Option<&str>| {
            text.map(|text| amount::read(option, text, currency).map(|amount| amount.amount_minor))
                .transpose()
        };
        let card = match card {
            Some("rest") => Some(Charge::Rest),
            card => read("--card", card)?.map(Charge::Amount),
        };
        Ok(Self { cash: read("--cash", cash)?, card, tip: read("--tip", tip)?.unwrap_or_default() })
    }

    /// The tenders for a quote. None of nothing: an amount of zero is left out.
    pub fn tenders(&self, quote: &QuoteOrderResponse) -> Vec<Tender> {
        let due = amount::minor(quote.total.as_ref()).saturating_add(self.tip);
        let in_cash = match (self.cash, self.card) {
            (None, None) => amount::minor(quote.cash_total.as_ref()).saturating_add(self.tip),
            (given, _) => given.unwrap_or_default(),
        };
        let charged = match self.card {
            None => 0,
            Some(Charge::Amount(amount)) => amount,
            Some(Charge::Rest) => due.saturating_sub(in_cash),
        };
        let mut tenders = Vec::new();
        if charged > 0 {
            tenders.push(card(money(charged), Card::default()));
        }
        if in_cash > 0 {
            tenders.push(cash(money(in_cash)));
        }
        if let Some(first) = tenders.first_mut().filter(|_| self.tip > 0) {
            first.tip = Some(money(self.tip));
        }
        tenders
    }
}

#[cfg(test)]
mod tests {
    use kassa_client::proto::v1::TenderType;

    use super::*;

    fn pay(cash: Option<i64>, card: Option<Charge>, tip: i64) -> Vec<(TenderType, i64, i64)> {
        let quote = QuoteOrderResponse {
            total: Some(money(1_002)),
            cash_total: Some(money(1_000)),
            ..Default::default()
        };
        let tenders = Payment { cash, card, tip }.tenders(&quote);
        let minor = |amount: &Option<_>| amount::minor(amount.as_ref());
        tenders.iter().map(|tender| (tender.r#type(), minor(&tender.amount), minor(&tender.tip))).collect()
    }

    #[test]
    fn without_a_word_it_is_exact_cash_after_cash_rounding() {
        assert_eq!(pay(None, None, 0), [(TenderType::Cash, 1_000, 0)]);
        assert_eq!(pay(None, None, 50), [(TenderType::Cash, 1_050, 50)]);
    }

    #[test]
    fn the_rest_goes_to_the_card_with_the_tip() {
        let expected = [(TenderType::Card, 552, 50), (TenderType::Cash, 500, 0)];
        assert_eq!(pay(Some(500), Some(Charge::Rest), 50), expected);
        assert_eq!(pay(None, Some(Charge::Rest), 0), [(TenderType::Card, 1_002, 0)]);
    }

    #[test]
    fn a_rest_of_nothing_is_no_tender() {
        assert_eq!(pay(Some(2_000), Some(Charge::Rest), 0), [(TenderType::Cash, 2_000, 0)]);
    }

    #[test]
    fn amounts_are_taken_as_they_are() {
        let expected = [(TenderType::Card, 300, 0), (TenderType::Cash, 800, 0)];
        assert_eq!(pay(Some(800), Some(Charge::Amount(300)), 0), expected);
    }
}
