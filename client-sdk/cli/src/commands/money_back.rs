//! How money goes back: the way it came, or as is asked for.

use std::collections::BTreeMap;

use clap::Args;
use kassa_client::proto::{
    money::Currency,
    pricing::{CashBack, CashMode, CashRounding, Rounding, Rules, TaxRounding, cash_back},
    v1::{CashRoundingMode, Money, Order, Settings, Tender, TenderType},
};

use super::order;
use crate::{amount, failure::Failure, shop};

/// What is typed for how much goes which way.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "How it is paid")]
pub struct Ways {
    /// In cash
    #[arg(long, value_name = "AMOUNT")]
    pub cash: Option<String>,
    /// By card
    #[arg(long, value_name = "AMOUNT")]
    pub card: Option<String>,
    /// By voucher
    #[arg(long, value_name = "AMOUNT")]
    voucher: Option<String>,
    /// By wallet
    #[arg(long, value_name = "AMOUNT")]
    wallet: Option<String>,
    /// By bank transfer
    #[arg(long, value_name = "AMOUNT")]
    bank_transfer: Option<String>,
}

/// The option for a kind of tender; goods have none.
fn option(kind: TenderType) -> Option<&'static str> {
    match kind {
        TenderType::Cash => Some("--cash"),
        TenderType::Card => Some("--card"),
        TenderType::Voucher => Some("--voucher"),
        TenderType::Wallet => Some("--wallet"),
        TenderType::BankTransfer => Some("--bank-transfer"),
        TenderType::Exchange | TenderType::Unspecified => None,
    }
}

impl Ways {
    /// All that was asked for.
    fn tenders(&self, currency: Currency) -> Result<Vec<Tender>, Failure> {
        let mut tenders = Vec::new();
        for (kind, text) in [(TenderType::Cash, &self.cash), (TenderType::Card, &self.card)] {
            tenders.extend(read(kind, text.as_deref(), currency)?);
        }
        tenders.extend(self.others(currency)?);
        Ok(tenders)
    }

    /// What was asked for besides cash and card.
    pub fn others(&self, currency: Currency) -> Result<Vec<Tender>, Failure> {
        let mut tenders = Vec::new();
        let ways = [
            (TenderType::Voucher, &self.voucher),
            (TenderType::Wallet, &self.wallet),
            (TenderType::BankTransfer, &self.bank_transfer),
        ];
        for (kind, text) in ways {
            tenders.extend(read(kind, text.as_deref(), currency)?);
        }
        Ok(tenders)
    }
}

fn read(kind: TenderType, text: Option<&str>, currency: Currency) -> Result<Option<Tender>, Failure> {
    let amount = text.map(|text| amount::read(option(kind).unwrap_or_default(), text, currency));
    Ok(amount.transpose()?.map(|amount| tender(kind, amount)))
}

fn tender(kind: TenderType, amount: Money) -> Tender {
    Tender { r#type: kind.into(), amount: Some(amount), ..Default::default() }
}

/// How the money of a sale goes back: as was asked; else the way it came, where that is one way only or all of
/// the sale comes back at once.
pub fn tenders(sale: &Order, ways: &Ways, total: i64, settings: &Settings) -> Result<Vec<Tender>, Failure> {
    let currency = shop::currency(settings)?;
    let asked = ways.tenders(currency)?;
    if !asked.is_empty() || total == 0 {
        return Ok(asked);
    }
    let paid = Paid::of(sale);
    let came = paid.backwards(total, settings)?;
    let money = |(kind, minor)| tender(kind, Money::new(currency, minor));
    if paid.is_one_way() || (paid.is_whole(total) && !paid.has_goods()) {
        return Ok(came.into_iter().map(money).collect());
    }
    let how = if paid.has_goods() {
        "was paid with goods: they go back as money, with an approval"
    } else {
        "was paid in more than one way"
    };
    let such = if paid.knows_what_is_left(total) {
        let such = came.iter().filter_map(|(kind, minor)| Some((option(*kind)?, currency.format(*minor))));
        let such: Vec<String> = such.map(|(option, amount)| format!("{option} {amount}")).collect();
        format!("such as {}", such.join(" "))
    } else {
        "with --cash, --card, --voucher, --wallet and --bank-transfer; what went back before is in \
         `kassa orders --kind return`"
            .to_owned()
    };
    Err(Failure::Usage(format!("{} {how}; say how much goes back which way, {such}", sale.receipt_number)))
}

/// `20.00 EUR cash, 5.00 EUR card`; `nothing to pay` where there is none.
pub fn words(tenders: &[Tender]) -> String {
    if tenders.is_empty() {
        return "nothing to pay".to_owned();
    }
    let words = tenders
        .iter()
        .map(|tender| format!("{} {}", amount::show(tender.amount.as_ref()), order::tender_name(tender)));
    words.collect::<Vec<_>>().join(", ")
}

/// What the shop kept of a sale's tenders: without tips, and cash without its change.
struct Paid {
    total: i64,
    returned: i64,
    cash: Option<i64>,
    /// In the order of their kinds.
    others: BTreeMap<i32, i64>,
}

impl Paid {
    fn of(sale: &Order) -> Self {
        let (mut cash, mut others) = (None, BTreeMap::<i32, i64>::new());
        for tender in &sale.tenders {
            let kept =
                amount::minor(tender.amount.as_ref()).saturating_sub(amount::minor(tender.tip.as_ref()));
            let sum = if tender.r#type() == TenderType::Cash {
                cash.get_or_insert_default()
            } else {
                others.entry(tender.r#type).or_default()
            };
            *sum = sum.saturating_add(kept);
        }
        let change = amount::minor(sale.change.as_ref());
        Self {
            total: amount::minor(sale.total.as_ref()),
            returned: amount::minor(sale.returned_total.as_ref()),
            cash: cash.map(|cash| cash.saturating_sub(change)),
            others,
        }
    }

    fn has_goods(&self) -> bool {
        self.others.contains_key(&TenderType::Exchange.into())
    }

    /// Whether there is one way back alone. Of what coins made nothing of, cash is the way.
    fn is_one_way(&self) -> bool {
        self.others.len() + usize::from(self.cash.is_some()) <= 1 && !self.has_goods()
    }

    /// Whether an amount is the whole sale, of which nothing came back before.
    fn is_whole(&self, total: i64) -> bool {
        self.returned == 0 && total == self.total
    }

    /// Whether [`backwards`](Self::backwards) is right. An order does not say which way went back before: with
    /// one way besides cash, at most all that came back is gone from it.
    fn knows_what_is_left(&self, total: i64) -> bool {
        let others: i64 = self.others.values().sum();
        let one = self.others.len() == 1 && !self.has_goods();
        self.returned == 0 || (one && total <= others.saturating_sub(self.returned))
    }

    /// An amount back the way it came: to the other tenders first, and what they did not pay in cash, in
    /// which goods go back too.
    fn backwards(&self, total: i64, settings: &Settings) -> Result<Vec<(TenderType, i64)>, Failure> {
        let mut rest = total;
        let mut back = Vec::new();
        for (kind, kept) in &self.others {
            let kind = TenderType::try_from(*kind).unwrap_or_default();
            if option(kind).is_some() {
                let now = rest.min(kept.saturating_sub(self.returned).max(0));
                back.push((kind, now));
                rest = rest.saturating_sub(now);
            }
        }
        back.push((TenderType::Cash, self.cash_now(rest, settings)?));
        back.retain(|(_, minor)| *minor > 0);
        Ok(back)
    }

    /// What cash goes out for an amount, by the server's own arithmetic.
    fn cash_now(&self, in_cash: i64, settings: &Settings) -> Result<i64, Failure> {
        let rules = rules(settings);
        let others: i64 = self.others.values().sum();
        let (exact, kept) = (self.total.saturating_sub(others), self.cash.unwrap_or_default());
        let so_far = |returned_exact: i64, returned: i64| {
            cash_back(&rules, &CashBack { exact, kept, returned_exact, returned })
                .map_err(|error| Failure::Refused(error.to_string()))
        };
        // Where there are other tenders, nobody here knows what of it was cash.
        let before = if self.others.is_empty() { self.returned } else { 0 };
        so_far(before.saturating_add(in_cash), so_far(before, 0)?)
    }
}

fn rules(settings: &Settings) -> Rules {
    let cash = settings.cash_rounding.unwrap_or_default();
    let mode = match cash.refund() {
        CashRoundingMode::HalfUp | CashRoundingMode::Unspecified => CashMode::HalfUp,
        CashRoundingMode::HalfDown => CashMode::HalfDown,
        CashRoundingMode::Up => CashMode::Up,
        CashRoundingMode::Down => CashMode::Down,
    };
    Rules {
        prices_include_tax: true,
        tax_rounding: TaxRounding::PerLine,
        rounding: Rounding::HalfAwayFromZero,
        cash: CashRounding {
            unit: cash.unit_minor,
            total: mode,
            change: mode,
            refund: mode,
            small_coins: cash.small_coins,
        },
    }
}
