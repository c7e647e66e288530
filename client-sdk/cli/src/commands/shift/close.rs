//! `kassa shift close` and `kassa shift force-close`: the counts, and the Z report.

use std::str::FromStr;

use clap::Args;
use kassa_client::{
    money,
    proto::{
        money::Currency,
        v1::{
            CloseShiftRequest, Denomination, ForceCloseShiftRequest, Money, Shift, TenderCount, TenderType,
        },
    },
};

use super::{report, show::find};
use crate::{amount, commands::drawer::Asking, failure::Failure};

#[derive(Debug, Args)]
pub struct Counted {
    /// What was counted of a tender, such as cash=104.00; once for each
    #[arg(long = "count", value_name = "TENDER=AMOUNT")]
    counts: Vec<Count>,
    /// The coins and notes that the cash is, such as 100x1,0.50x8
    #[arg(long, value_name = "VALUExPIECES", value_delimiter = ',')]
    coins: Vec<Coins>,
    /// How much of the cash stays in the drawer; the rest goes to the safe [default: all]
    #[arg(long, value_name = "AMOUNT")]
    left: Option<String>,
}

#[derive(Debug, Args)]
pub struct Close {
    /// Its number or id [default: the open one, or the one that waits for its count]
    #[arg(value_name = "SHIFT")]
    shift: Option<String>,
    #[command(flatten)]
    counted: Counted,
    /// Why the counts differ
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub struct ForceClose {
    /// Its number or id
    #[arg(value_name = "SHIFT")]
    shift: String,
    #[command(flatten)]
    counted: Counted,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// `cash=104.00`
#[derive(Debug, Clone)]
struct Count {
    kind: TenderType,
    amount: String,
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (tender, amount) = text.split_once('=').ok_or("a count looks like cash=104.00")?;
        let name = format!("TENDER_TYPE_{}", tender.trim().to_uppercase().replace([' ', '-'], "_"));
        let kind = TenderType::from_str_name(&name).filter(|kind| *kind != TenderType::Unspecified);
        let kind =
            kind.ok_or_else(|| format!("{tender} is no tender: cash, card, voucher, wallet, bank-transfer"))?;
        Ok(Self { kind, amount: amount.to_owned() })
    }
}

/// `0.50x8`
#[derive(Debug, Clone)]
struct Coins {
    value: String,
    pieces: i64,
}

impl FromStr for Coins {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text}: coins look like 0.50x8, a value and how many");
        let (value, pieces) = text.split_once('x').ok_or_else(wrong)?;
        let pieces = pieces.trim().parse().ok().filter(|pieces| *pieces >= 0).ok_or_else(wrong)?;
        Ok(Self { value: value.trim().to_owned(), pieces })
    }
}

impl Counted {
    /// The counts of the contract. Coins without a count of cash are that count.
    fn read(&self, currency: Currency) -> Result<Vec<TenderCount>, Failure> {
        let mut counts = Vec::new();
        for Count { kind, amount } in &self.counts {
            let amount = Some(amount::read("--count", amount, currency)?);
            counts.push(TenderCount { r#type: (*kind).into(), amount, ..Default::default() });
        }
        if self.coins.is_empty() {
            return Ok(counts);
        }
        let (mut denominations, mut sum) = (Vec::new(), 0_i64);
        for Coins { value, pieces } in &self.coins {
            let value = amount::read("--coins", value, currency)?;
            sum = sum.saturating_add(value.amount_minor.saturating_mul(*pieces));
            denominations.push(Denomination { value: Some(value), pieces: *pieces });
        }
        let cash = i32::from(TenderType::Cash);
        if !counts.iter().any(|count| count.r#type == cash) {
            counts.push(TenderCount { r#type: cash, amount: Some(money(sum)), ..Default::default() });
        }
        for count in counts.iter_mut().filter(|count| count.r#type == cash) {
            count.denominations.clone_from(&denominations);
        }
        Ok(counts)
    }

    fn left(&self, currency: Currency) -> Result<Option<Money>, Failure> {
        self.left.as_deref().map(|text| amount::read("--left", text, currency)).transpose()
    }
}

pub async fn run(asking: &Asking<'_>, close: Close) -> Result<(), Failure> {
    let shop = asking.shop;
    let currency = shop.currency().await?;
    let shift = match &close.shift {
        Some(name) => find(shop, name).await?,
        None => Shift::default(),
    };
    let request = CloseShiftRequest {
        shift_id: shift.shift_id,
        register_id: shop.register.clone(),
        counts: close.counted.read(currency)?,
        left_in_drawer: close.counted.left(currency)?,
        reason: close.reason.unwrap_or_default(),
        grant_ids: shop.grants.clone(),
        ..Default::default()
    };
    confirm(asking, &shift.number, &request.counts, currency).await?;
    let answer = shop.call(shop.kassa.shifts().close_shift(request)).await?;
    asking.document("CloseShiftResponse", &answer)?;
    closed(asking, answer.shift.as_ref(), answer.replayed()).await
}

pub async fn force(asking: &Asking<'_>, close: ForceClose) -> Result<(), Failure> {
    let shop = asking.shop;
    let currency = shop.currency().await?;
    let shift = find(shop, &close.shift).await?;
    let request = ForceCloseShiftRequest {
        shift_id: shift.shift_id,
        expected_version: shift.version,
        reason: close.reason,
        counts: close.counted.read(currency)?,
        left_in_drawer: close.counted.left(currency)?,
    };
    confirm(asking, &format!("{} by force", shift.number), &request.counts, currency).await?;
    let answer = shop.call(shop.kassa.shifts().force_close_shift(request)).await?;
    asking.document("ForceCloseShiftResponse", &answer)?;
    closed(asking, answer.shift.as_ref(), answer.replayed()).await
}

/// Asks, naming shop, branch and register.
async fn confirm(
    asking: &Asking<'_>,
    shift: &str,
    counts: &[TenderCount],
    currency: Currency,
) -> Result<(), Failure> {
    let me = asking.shop.call(asking.shop.kassa.access().who_am_i(Default::default())).await?;
    let counted: Vec<String> = counts
        .iter()
        .map(|count| {
            let kind = crate::message::word(count.r#type().as_str_name(), "TENDER_TYPE_");
            format!("{kind} {} {}", currency.format(amount::minor(count.amount.as_ref())), currency.code())
        })
        .collect();
    let counted = if counted.is_empty() { "nothing counted".to_owned() } else { counted.join(", ") };
    let shift = if shift.is_empty() { "its shift" } else { shift };
    asking.confirm(&format!("branch {}: close {shift} for good ({counted})", me.branch_code)).await
}

async fn closed(asking: &Asking<'_>, shift: Option<&Shift>, replayed: bool) -> Result<(), Failure> {
    asking.remark(replayed);
    let id = shift.map(|shift| shift.shift_id.clone()).unwrap_or_default();
    report::print(asking.shop, id, 0, asking.output).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_are_counted_and_stand_for_the_cash_where_it_is_not_given() {
        let usd = Currency::from_code("USD").unwrap();
        let counted = |counts: &[&str], coins: &[&str]| Counted {
            counts: counts.iter().map(|text| text.parse().unwrap()).collect(),
            coins: coins.iter().map(|text| text.parse().unwrap()).collect(),
            left: None,
        };
        let read = counted(&["card=3.00"], &["100x1", "0.50x8"]).read(usd).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].r#type(), amount::minor(read[0].amount.as_ref())), (TenderType::Card, 3_00));
        assert_eq!((read[1].r#type(), amount::minor(read[1].amount.as_ref())), (TenderType::Cash, 104_00));
        assert_eq!(read[1].denominations.len(), 2);
        assert_eq!(counted(&["cash=104"], &["100x1"]).read(usd).unwrap()[0].denominations.len(), 1);
        for wrong in ["cash", "gold=1"] {
            assert!(wrong.parse::<Count>().is_err(), "{wrong}");
        }
        for wrong in ["5", "5x", "5x-1"] {
            assert!(wrong.parse::<Coins>().is_err(), "{wrong}");
        }
    }
}
